"""The pages for those who have no node: a request is taken in, an answer typed in, read again, taken out and joined."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.desk.door import Officer, desk_open, signed_in
from tests.forms.pdfs import attached_to, text_of
from tests.offices import Offices, entries
from tests.requests.desk import Pair, preservation
from tests.requests.test_by_form import listed
from tocsin.base import instant
from tocsin.base.ids import new_uuid
from tocsin.forms.acts.check import check_file
from tocsin.requests import reads
from tocsin.requests.acts.draft import write_draft
from tocsin.requests.acts.sign_off import sign_off
from tocsin.requests.models import Arrival, BroughtFile, Request, StepElsewhere
from tocsin.requests.rules.ways import UNKNOWN

HOSTILE = "<script>alert(1)</script>"


class Night:
    """The desk of pt with two officers and a prosecutor, and Bulgaria on its list."""

    def __init__(self, offices: Offices) -> None:
        offices.at = instant.true_now() - timedelta(minutes=5)
        self.pair = Pair(offices)
        self.sofia = offices.person("pt", "Sofia Procuradora", "issuing-authority", function="prosecutor")
        self.ines = signed_in(offices, "pt", roles=["duty-officer"], name="Inês Exemplo")
        self.rui = signed_in(offices, "pt", roles=["duty-officer"], name="Rui Leitor")
        self.bulgaria = listed(self.ines.actor, offices.at)

    @property
    def received(self) -> str:
        return (instant.true_now() - timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M")

    def form(self, **changes: Any) -> dict[str, Any]:
        """What the take-in page sends for an urgent request on paper."""
        return {
            "once": new_uuid(),
            "instrument": "dir2013-40-13-urgent",
            "way": "paper",
            "received_at": self.received,
            "sender": self.bulgaria,
            "checked": "called-back",
            "sender_name": HOSTILE,
            "case_reference": "BG-17/26",
            "language": "bg",
            "words": f"Моля {HOSTILE} 203.0.113.7",
            "do": "take",
            **changes,
        }

    def taken(self, **changes: Any) -> Request:
        answer = self.ines.client.post("/take-in/", self.form(**changes))
        assert answer.status_code == 302, answer.content.decode()[:3000]
        return Request.objects.get(id=answer["Location"].strip("/").partition("/")[2].partition("/")[0])


@pytest.fixture
def night(offices: Offices) -> Iterator[Night]:
    with desk_open():
        yield Night(offices)


def scan(name: str = "fax.pdf", content: bytes = b"%PDF-1.7 a fax") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="application/pdf")


def shown(officer: Officer, path: str, *, status: int = 200) -> str:
    answer = officer.client.get(path)
    assert answer.status_code == status, answer.content.decode()[:2000]
    return answer.content.decode()


def open_page(officer: Officer, request: Request) -> str:
    """The request's page, with the reason given where it is asked for."""
    path = f"/requests/{request.id}/"
    officer.client.post(path, {"reason": "second reader"})
    return shown(officer, path)


def test_the_instrument_comes_first_and_then_its_fields_alone(night: Night) -> None:
    choose = shown(night.ines, "/take-in/")
    assert 'value="budapest-29-preserve"' in choose
    assert 'value="eev-epoc-notification"' not in choose
    form = shown(night.ines, "/take-in/?instrument=dir2013-40-13-urgent")
    assert 'name="received_at"' in form
    assert 'name="identifiers.0.value"' in form
    assert "unknown sender" in form


def test_a_request_on_paper_is_taken_in_and_runs(night: Night) -> None:
    row = night.taken(file=scan())
    page = open_page(night.ines, row)
    assert HOSTILE not in page
    assert "&lt;script&gt;" in page
    assert "known by hearsay, without keys" in page
    assert "+35925550100" in page
    assert "not read by a second person" in page
    assert "signed by nobody" in page
    assert row.due_strict is not None
    assert BroughtFile.objects.get().name == "fax.pdf"


def test_sent_twice_it_is_taken_in_once(night: Night) -> None:
    form = night.form()
    first, second = (night.ines.client.post("/take-in/", form) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert Arrival.objects.count() == 1


def test_what_is_recognised_in_its_words_goes_into_the_form(night: Night) -> None:
    answer = night.ines.client.post("/take-in/", night.form(do="recognise"))
    assert re.search(r'name="identifiers.0.value" value="203.0.113.7"', answer.content.decode())
    assert not Arrival.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"received_at": "yesterday"}, "received_at"),
        ({"received_at": "2999-01-01T00:00"}, "received_at"),
        ({"sender": "nobody-here"}, "sender"),
        ({"way": "order-page"}, "way"),
        ({"checked": "not-checked"}, "checked"),
        ({"sender": UNKNOWN, "checked": "not-checked"}, "country"),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(
    night: Night, changes: dict[str, Any], field: str
) -> None:
    answer = night.ines.client.post("/take-in/", night.form(**changes))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'href="#f-{field}' in page
    assert 'value="BG-17/26"' in page
    assert not Arrival.objects.exists()


def test_an_unknown_sender_has_no_button_that_gives_anything(night: Night) -> None:
    row = night.taken(sender=UNKNOWN, checked="not-checked", country="BG", instrument="budapest-31-stored")
    page = open_page(night.ines, row)
    assert "not a known authority" in page
    assert "/write/" not in page
    assert "/record/deliver/" not in page
    assert "/record/query/" in page
    told = {"member": night.bulgaria, "checked": "called-back", "reason": "rang the number of the list"}
    night.ines.client.post(f"/requests/{row.id}/sender/", {"once": new_uuid(), **told})
    page = open_page(night.ines, row)
    assert "/write/" in page
    assert "known by hearsay" in page


def test_the_fax_night(night: Night) -> None:
    """S13: an urgent request goes out as a form; its answer on paper is typed in next morning, with its scan."""
    content = {**preservation(night.pair.at), "to": night.bulgaria}
    draft = write_draft(content, by=night.ines.actor, at=night.pair.at)
    sign_off(draft.id, draft_sha256=draft.content.sha256, by=night.sofia, at=night.pair.at)
    letter_page = shown(night.ines, f"/drafts/{draft.id}/letter/")
    assert f"/drafts/{draft.id}/by-form/" in letter_page
    assert "As Example point of Bulgaria will read it" in letter_page
    sent = night.ines.client.post(f"/drafts/{draft.id}/by-form/", {"once": new_uuid(), "seen": draft.content.sha256})
    request = Request.objects.get(id=draft.request)
    assert sent["Location"] == f"/requests/{request.id}/form/"
    assert "goes as a form" in open_page(night.ines, request)

    record = f"/requests/{request.id}/record/preserved/"
    blank = shown(night.ines, record)
    seen = re.search(r'name="seen" value="(\w+)"', blank)
    assert seen
    typed = {
        "once": new_uuid(),
        "seen": seen[1],
        "way": "paper",
        "said_by": "P. Primer",
        "received_at": instant.true_now().strftime("%Y-%m-%dT%H:%M"),
        "effected_at": instant.true_now().strftime("%Y-%m-%dT%H:%M"),
        "scope": "",
        "complete": "yes",
        "file": scan("fax night.pdf"),
    }
    assert night.ines.client.post(record, typed).status_code == 422
    answer = night.ines.client.post(record, {**typed, "scope": "The account", "file": scan("fax night.pdf")})
    assert answer.status_code == 302, answer.content.decode()[:4000]
    page = open_page(night.rui, request)
    assert "on paper or by fax" in page
    assert "P. Primer" in page
    assert "typed by Inês Exemplo" in page
    assert "fax night.pdf" in page
    step = reads.standing_for(night.rui.actor, str(request.id), at=instant.now()).beside.steps[0].step.sha256
    read = f"/requests/{request.id}/steps/{step}/read/"
    night.ines.client.post(read, {"once": new_uuid(), "agrees": "yes"})
    assert StepElsewhere.objects.get().second_reader is None
    night.rui.client.post(read, {"once": new_uuid(), "agrees": "yes"})
    assert "read by Rui Leitor" in open_page(night.ines, request)
    assert Request.objects.get(id=request.id).state == "preserved"

    file = BroughtFile.objects.get()
    taken_out = night.rui.client.post(f"/requests/{request.id}/brought/{file.id}/")
    assert taken_out.content == b"%PDF-1.7 a fax"
    assert taken_out["Content-Type"] == "application/octet-stream"
    assert taken_out["Content-Disposition"].startswith("attachment")
    assert len(entries("brought-file-opened")) == 1


def test_the_second_typist_sees_what_the_first_typed(night: Night) -> None:
    row = night.taken(sender=UNKNOWN, checked="not-checked", country="BG")
    record = f"/requests/{row.id}/record/acknowledge/"
    page = shown(night.ines, record)
    seen = re.search(r'name="seen" value="(\w+)"', page)
    assert seen
    typed = {"seen": seen[1], "way": "telephone", "received_at": instant.true_now().strftime("%Y-%m-%dT%H:%M")}
    assert night.ines.client.post(record, {"once": new_uuid(), **typed}).status_code == 302
    night.rui.client.post(f"/requests/{row.id}/", {"reason": "helps"})
    second = night.rui.client.post(record, {"once": new_uuid(), **typed, "words": "the same call"})
    assert second.status_code == 409
    assert "the same call" in second.content.decode()


def test_the_same_request_on_three_ways_is_joined(night: Night) -> None:
    rows = [night.taken(way=way) for way in ("paper", "mail", "telephone")]
    page = open_page(night.ines, rows[0])
    assert str(rows[1].id) in page
    for other in rows[1:]:
        night.ines.client.post(
            f"/requests/{rows[0].id}/join/", {"once": new_uuid(), "other": str(other.id), "reason": "the same"}
        )
    page = open_page(night.ines, rows[0])
    assert "on 3 ways" in page
    assert "is the same request as" in open_page(night.ines, rows[1])


def test_the_receipt_of_our_form_is_written_down(night: Night) -> None:
    row = night.taken()
    path = f"/requests/{row.id}/write/acknowledge/"
    page = shown(night.ines, path)
    seen = re.search(r'name="seen" value="(\w+)"', page)
    assert seen
    answer = night.ines.client.post(path, {"once": new_uuid(), "seen": seen[1], "do": "send"})
    assert answer.status_code == 302, answer.content.decode()[:3000]
    letter = reads.standing_for(night.ines.actor, str(row.id), at=instant.now()).thread.letters[0].sha256
    page = f"/requests/{row.id}/form/?letter={letter}"
    assert page in open_page(night.ines, row)
    assert letter[:12] in shown(night.ines, page)
    told = {"way": "telephone", "received_at": (instant.true_now() + timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M")}
    receipt = f"/requests/{row.id}/letters/{letter}/receipt/"
    night.ines.client.post(receipt, {"once": new_uuid(), **told})
    assert "no receipt of it is known" in open_page(night.ines, row)


def test_our_answer_is_printed_as_a_form_that_can_be_verified(night: Night) -> None:
    row = night.taken()
    write = f"/requests/{row.id}/write/refuse/"
    seen = re.search(r'name="seen" value="(\w+)"', shown(night.ines, write))
    ground = re.search(r'name="ground" value="(\w+)"', shown(night.ines, write))
    assert seen
    assert ground
    said = {"once": new_uuid(), "seen": seen[1], "do": "send", "ground": ground[1], "reason": "Not ours to keep."}
    assert night.ines.client.post(write, said).status_code == 302
    letter = reads.standing_for(night.ines.actor, str(row.id), at=instant.now()).thread.letters[0]
    path = f"/requests/{row.id}/form/"
    made = night.ines.client.post(path, {"language": "en", "letter": letter.sha256})
    assert made["Content-Type"] == "application/pdf", made.content[:2000]
    assert attached_to(made.content, "letter.jws") == letter.jws
    found = check_file([letter.jws], at=instant.true_now())
    assert found is not None
    assert found.letter_sha256 == letter.sha256
    written = " ".join(text_of(made.content))
    for words in ("Refusal", "Not ours to keep.", "Example point of Bulgaria"):
        assert words in written
    copy = night.ines.client.post(path, {"language": "en"})
    assert copy["Content-Type"] == "application/pdf"
    assert night.ines.client.post(path, {"language": "en", "letter": "0" * 64}).status_code == 422
