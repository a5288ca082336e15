"""The page of a request and its steps: every button's act, every fault at its field, nothing done twice or unseen."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from html import unescape
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.browser.scene import HOSTILE, Night
from tests.desk.door import Officer, desk_open, hidden, signed_in
from tests.offices import Offices, entries
from tests.requests.desk import urgent
from tocsin.base.ids import RequestId, new_uuid
from tocsin.base.instant import text
from tocsin.evidence import reads as evidence
from tocsin.law.vocabulary import LetterKind
from tocsin.requests import reads
from tocsin.requests.acts.look import hand_over_request, take_request
from tocsin.requests.acts.ring import ring_clocks
from tocsin.requests.acts.write import write_letter
from tocsin.requests.errors import HandOverError, TakenMeanwhileError, ThreadMovedError
from tocsin.requests.models import DoneOnce, Look, ReleaseDraft, Request
from tocsin.requests.rules import letters as say

Send = Callable[..., Any]


@pytest.fixture
def night(offices: Offices) -> Iterator[Night]:
    with desk_open():
        yield Night(offices)


@pytest.fixture
def ines(night: Night) -> Officer:
    return signed_in(night.offices, "pt", roles=["duty-officer"], name="Inês Exemplo")


@pytest.fixture
def ioana(night: Night) -> Officer:
    return signed_in(night.offices, "ro", roles=["duty-officer"], name="Ioana Exemplu")


def page(officer: Officer, path: str, *, status: int = 200) -> str:
    answer = officer.client.get(path)
    assert answer.status_code == status, answer.content.decode()[:2000]
    return answer.content.decode()


def form_of(officer: Officer, request: RequestId, kind: str) -> dict[str, str]:
    """The hidden fields of a step's form as its page has them."""
    shown = page(officer, f"/requests/{request}/write/{kind}/")
    return {"once": hidden(shown, "once"), "seen": hidden(shown, "seen"), "do": "send"}


def send(officer: Officer, request: RequestId, kind: str, **typed: str) -> Any:
    return officer.client.post(f"/requests/{request}/write/{kind}/", {**form_of(officer, request, kind), **typed})


def last_body(night: Night, member: str, request: RequestId) -> tuple[str, dict[str, Any]]:
    night.offices.be(member)
    viewer = {"pt": night.ines, "ro": night.ioana}[member]
    letter = reads.thread_for(viewer, request).letters[-1]
    return letter.kind.value, json.loads(json.dumps(letter.body))


def near(night: Night) -> str:
    """An instant of the present, as an officer in Lisbon types it."""
    return text(night.at)[:16]


# --- Opening ------------------------------------------------------------------------------------


def test_opening_sends_the_opened_receipt_and_journals_the_reason(night: Night, ines: Officer) -> None:
    request = night.sent()
    night.pt()
    page(ines, f"/requests/{request}/")
    (look,) = Look.objects.filter(request_id=request)
    assert look.reason == "a step of this side is due"
    assert [entry["reason"] for entry in entries("request-looked")] == [look.reason]
    night.carry_now()
    night.ro()
    (kept,) = reads.thread_for(night.ioana, request).kept
    assert {each.stage.value for each in kept.receipts} == {"stored", "opened"}


def test_a_look_is_journalled_once_a_session_and_again_when_something_new_came(night: Night, ines: Officer) -> None:
    request = night.sent()
    night.pt()
    page(ines, f"/requests/{request}/")
    page(ines, f"/requests/{request}/")
    assert Look.objects.filter(request_id=request).count() == 1
    night.ro_writes(request, say.Withdraw(reason="found elsewhere"))
    night.pt()
    page(ines, f"/requests/{request}/")
    assert Look.objects.filter(request_id=request).count() == 2


def test_who_has_nothing_to_do_with_it_is_asked_why(night: Night) -> None:
    request = night.sent()
    night.pt()
    judge = signed_in(night.offices, "pt", roles=["validating-authority"], name="Ana Juíza")
    assert "Why do you open this request?" in page(judge, f"/requests/{request}/")
    assert not Look.objects.filter(request_id=request).exists()
    refused = judge.client.post(f"/requests/{request}/", {"reason": "  "})
    assert refused.status_code == 422
    assert 'aria-describedby="reason-error"' in refused.content.decode()
    opened = judge.client.post(f"/requests/{request}/", {"reason": "A call about it came in"}, follow=True)
    assert "Next step" in opened.content.decode()
    assert "You may read this request and not write in it." in opened.content.decode()
    assert Look.objects.get(request_id=request).reason == "A call about it came in"


def test_an_urgent_request_shows_who_really_issued_it_above_its_text(night: Night, ines: Officer) -> None:
    request = night.sent(urgent(night.at))
    night.pt()
    shown = page(ines, f"/requests/{request}/")
    issuer, letter = shown.index("who really issued it"), shown.index('id="story-title"')
    assert letter < shown.index("Somebody entered the mailbox")
    assert issuer < letter
    box = shown[issuer:letter]
    assert "Invented point ro" in box
    assert "known authority" in box
    assert "a card confirmed by voice" in box
    assert "Radu Model" in box
    assert "2013/40" in box
    assert "+44 20 7946 0123" in box
    assert "+40215550100" not in box, "the number of the message is not the one to call"


def test_a_request_that_is_not_there_is_not_there(night: Night, ines: Officer) -> None:
    night.pt()
    shown = page(ines, f"/requests/{new_uuid()}/", status=404)
    assert "There is no such page here." in shown


def test_clocks_tell_both_instants_whose_they_are_and_on_which_article_they_rest(night: Night, ines: Officer) -> None:
    request = night.sent(urgent(night.at))
    night.pt()
    shown = page(ines, f"/requests/{request}/")
    clocks = shown[shown.index('id="clocks-title"') : shown.index('id="held-title"')]
    assert "Article 13(1)" in clocks
    assert "ours: " in clocks
    assert "missed only after" in clocks
    assert "Bucharest" in clocks


@pytest.mark.parametrize("field", ["facts", "holder", "data_link", "necessity", "confidentiality", "legal_basis"])
def test_hostile_text_in_a_field_is_text(night: Night, ines: Officer, field: str) -> None:
    request = night.sent(night.named("RO-2026-0666", **{field: HOSTILE}))
    night.pt()
    shown = page(ines, f"/requests/{request}/")
    assert "<script>alert" not in shown
    assert "<img src=x" not in shown
    assert "&lt;script&gt;alert(2)" in shown
    assert "{{ 7*7 }}" in shown
    assert 'dir="auto"' in shown


def test_hostile_text_in_every_letter_note_and_hand_over_is_text(night: Night, ines: Officer) -> None:
    request = night.sent(night.named("RO-2026-0667"))
    night.pt()
    page(ines, f"/requests/{request}/")
    rui = signed_in(night.offices, "pt", roles=["duty-officer"], name="Rui Exemplo")
    send(ines, request, "query", **{"why-period": "unclear", "words": HOSTILE})
    once = {"once": new_uuid(), "words": HOSTILE}
    ines.client.post(f"/requests/{request}/notes/", once)
    ines.client.post(f"/requests/{request}/hand-over/", {"once": new_uuid(), "to": rui.actor.person, "words": HOSTILE})
    night.carry_now()
    given = say.Supplement(fields={}, cannot={"period": HOSTILE}, words=HOSTILE)
    night.ro_writes(request, given)
    night.pt()
    for path in ("/", f"/requests/{request}/", f"/requests/{request}/write/accept/", "/?q=alert"):
        shown = page(rui, path)
        assert "<script>alert" not in shown, path
        assert "<img src=x" not in shown, path
    assert page(rui, f"/requests/{request}/").count("&lt;script&gt;alert(2)") >= 5


# --- Steps --------------------------------------------------------------------------------------


STEPS: dict[str, tuple[dict[str, str], dict[str, Any]]] = {
    "acknowledge": ({"reference": "PT-1", "words": ""}, {"reference": "PT-1", "words": None}),
    "accept": (
        {"reference": "PT-1", "condition": "use", "condition_words": "for this case only", "words": "bem"},
        {"conditions": [{"kind": "use", "words": "for this case only"}], "reference": "PT-1", "words": "bem"},
    ),
    "refuse": (
        {"ground": "ETS185_ORDRE_PUBLIC", "reason": "It would prejudice us.", "part": ""},
        {"ground": "ETS185_ORDRE_PUBLIC", "reason": "It would prejudice us.", "part": None},
    ),
    "postpone": (
        {"ground": "ETS185_POSTPONE", "reason": "An investigation here.", "until": "2027-01-07T12:00"},
        {"ground": "ETS185_POSTPONE", "reason": "An investigation here.", "until": "2027-01-07T12:00:00.000Z"},
    ),
    "query": (
        {"why-period": "unclear", "why-identifiers": "insufficient", "preserved": "yes", "words": ""},
        {
            "fields": [{"field": "identifiers", "why": "insufficient"}, {"field": "period", "why": "unclear"}],
            "preserved": True,
            "words": None,
        },
    ),
    "indicate": (
        {"whether": "yes", "form": "a confirmation", "when": "2027-01-07T12:00", "words": ""},
        {"whether": "yes", "form": "a confirmation", "when": "2027-01-07T12:00:00.000Z", "words": None},
    ),
    "preserved": (
        {
            "effected_at": "2026-01-07T12:00",
            "scope": "the account",
            "complete": "no",
            "keeps_until": "",
            "reference": "",
        },
        {
            "effected_at": "2026-01-07T12:00:00.000Z",
            "scope": "the account",
            "complete": False,
            "keeps_until": None,
            "reference": None,
        },
    ),
    "disclose": (
        {"provider-1": "Example Transit", "path-1": "AS 64500, port 443", "country-1": "es", "withheld": ""},
        {
            "lines": [{"provider": "Example Transit", "path": "AS 64500, port 443", "country": "ES"}],
            "withheld": None,
        },
    ),
}


@pytest.mark.parametrize("kind", STEPS)
def test_a_step_of_the_asked_side_leaves_as_it_was_typed(night: Night, ines: Officer, kind: str) -> None:
    request = night.sent()
    night.pt()
    typed, body = STEPS[kind]
    answer = send(ines, request, kind, **typed)
    assert answer.status_code == 302, re.findall(r'class="error".*?</p>', answer.content.decode())
    assert last_body(night, "pt", request) == (kind, body)
    night.pt()
    night.carry_now()
    night.ro()
    assert reads.thread_for(night.ioana, request).letters[-1].kind.value == kind


def test_the_asking_side_supplements_extends_follows_up_withdraws_and_closes(
    night: Night, ines: Officer, ioana: Officer
) -> None:
    request = night.sent()
    night.pt_writes(request, say.Query(fields=(say.FieldQuery(field="period", why=say.Why.UNCLEAR),)))
    night.ro()
    period = {"period.from": "2026-11-17T21:00", "period.until": "2026-11-20T21:00"}
    assert send(ioana, request, "supplement", **period).status_code == 302
    kind, body = last_body(night, "ro", request)
    assert (kind, body["fields"]) == (
        "supplement",
        {"period": {"from": "2026-11-17T19:00:00.000Z", "until": "2026-11-20T19:00:00.000Z"}},
    )
    night.carry_now()
    night.pt_writes(request, say.Preserved(effected_at=night.at, scope="all"))
    night.ro()
    typed = {"clock": "ets185.29.7.preserve_min", "days": "90", "reason": "more time"}
    assert send(ioana, request, "extend", **typed).status_code == 302
    assert last_body(night, "ro", request)[1]["days"] == 90
    follow = {"stage": "issued", "reference": "MLA-7", "at": near(night), "instrument": "budapest-31-stored"}
    assert send(ioana, request, "follow-up", **follow).status_code == 302
    assert last_body(night, "ro", request)[1]["reference"] == "MLA-7"
    night.carry_now()
    night.pt()
    decided = {"stage": "decided", "reference": "MLA-7", "at": near(night), "outcome": "refused"}
    assert send(ines, request, "follow-up", **decided).status_code == 302
    night.carry_now()
    night.ro()
    assert send(ioana, request, "withdraw", reason="no longer needed", obtained="deleted").status_code == 302
    night.carry_now()
    night.pt()
    assert send(ines, request, "close", words="").status_code == 302
    night.carry_now()
    night.ro()
    assert Request.objects.get(id=request).state == "closed"


@pytest.mark.parametrize(
    ("kind", "typed", "field", "told"),
    [
        ("refuse", {"ground": "", "reason": ""}, "reason", "This field is required."),
        ("refuse", {"ground": "INVENTED", "reason": "no"}, "ground", "Select a valid choice"),
        ("indicate", {"whether": "yes", "form": "", "when": ""}, "form", "says in what form"),
        ("indicate", {"whether": "yes", "form": "x", "when": "tomorrow"}, "when", "Enter day and time"),
        (
            "preserved",
            {"effected_at": "", "scope": "KEEP-ME", "complete": "yes"},
            "effected_at",
            "This field is required.",
        ),
        ("accept", {"condition": "use", "condition_words": ""}, "condition_words", "This has to be said."),
        ("query", {"words": "KEEP-ME"}, "", "Say at least for one field"),
        ("disclose", {"provider-1": "A", "path-1": ""}, "path-1", "This has to be said."),
        ("disclose", {"provider-1": "A", "path-1": "p", "country-1": "Spain"}, "country-1", "at most 2 characters"),
        ("disclose", {}, "", "Either name providers"),
    ],
)
def test_a_fault_stands_at_its_field_and_what_was_typed_is_kept(
    night: Night, ines: Officer, kind: str, typed: dict[str, str], field: str, told: str
) -> None:
    request = night.sent()
    night.pt()
    answer = send(ines, request, kind, **typed)
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert told in unescape(shown)
    assert "data-error-summary" in shown
    if field:
        assert f'id="f-{field}_error"' in shown
        assert re.search(rf'aria-describedby="[^"]*f-{re.escape(field)}_error', shown)
    for value in filter(None, typed.values()):
        assert value in shown
    assert len(reads.thread_for(night.ines, request).letters) == 1


def test_what_leaves_is_shown_before_it_leaves(night: Night, ines: Officer) -> None:
    request = night.sent()
    night.pt()
    typed = {"ground": "ETS185_POLITICAL", "reason": HOSTILE}
    answer = send(ines, request, "refuse", **typed, do="preview")
    shown = answer.content.decode()
    assert answer.status_code == 200
    assert "This leaves the house" in shown
    assert "Articles 27(4)(a), 29(5)(a), 30(2)(a)" in shown
    assert "<script>alert" not in shown
    assert len(reads.thread_for(night.ines, request).letters) == 1
    assert (
        ines.client.post(
            f"/requests/{request}/write/refuse/",
            {**typed, "once": hidden(shown, "once"), "seen": hidden(shown, "seen"), "do": "send"},
        ).status_code
        == 302
    )
    assert last_body(night, "pt", request)[1]["reason"] == HOSTILE


def test_a_double_click_sends_one_letter(night: Night, ines: Officer) -> None:
    request = night.sent()
    night.pt()
    form = form_of(ines, request, "indicate") | {"whether": "no", "words": "not ours"}
    first = ines.client.post(f"/requests/{request}/write/indicate/", form)
    second = ines.client.post(f"/requests/{request}/write/indicate/", form)
    assert first.status_code == second.status_code == 302
    assert first["Location"] == second["Location"]
    assert len(reads.thread_for(night.ines, request).letters) == 2
    assert DoneOnce.objects.count() == 1


def test_a_key_whose_act_was_refused_is_free_again(night: Night, ines: Officer) -> None:
    request = night.sent()
    night.pt()
    form = form_of(ines, request, "accept")
    night.ro_writes(request, say.Withdraw(reason="found elsewhere"))
    night.pt()
    form["seen"] = reads.thread_for(night.ines, request).head
    refused = ines.client.post(f"/requests/{request}/write/accept/", form)
    assert refused.status_code == 422
    assert "the request was withdrawn" in refused.content.decode()
    assert not DoneOnce.objects.exists()


def test_the_second_officer_learns_what_the_first_did(night: Night, ines: Officer) -> None:
    request = night.sent()
    night.pt()
    rui = signed_in(night.offices, "pt", roles=["duty-officer"], name="Rui Exemplo")
    form = form_of(rui, request, "refuse")
    send(ines, request, "accept", reference="PT-77")
    answer = rui.client.post(
        f"/requests/{request}/write/refuse/", {**form, "ground": "ETS185_POLITICAL", "reason": "I had typed this."}
    )
    shown = unescape(answer.content.decode())
    assert answer.status_code == 409
    assert "Meanwhile Inês Exemplo of this side wrote a letter of the kind accept." in shown
    assert "PT-77" in shown
    assert "I had typed this." in shown
    assert [each.kind for each in reads.thread_for(night.ines, request).letters] == [LetterKind.ASK, LetterKind.ACCEPT]
    with pytest.raises(ThreadMovedError):
        write_letter(request, say.Acknowledge(), by=night.ines, at=night.at, expects=form["seen"])


def test_a_step_that_the_thread_does_not_permit_says_so(night: Night, ines: Officer) -> None:
    request = night.sent()
    night.pt()
    assert "does not permit this step now" in page(ines, f"/requests/{request}/write/close/")
    answer = send(ines, request, "close")
    assert answer.status_code == 422
    assert "the matter is not at rest" in answer.content.decode()


def test_who_may_not_write_cannot(night: Night) -> None:
    request = night.sent()
    night.pt()
    judge = signed_in(night.offices, "pt", roles=["validating-authority"], name="Ana Juíza")
    page(judge, f"/requests/{request}/write/accept/", status=403)
    assert judge.client.post(f"/requests/{request}/write/accept/", {"once": new_uuid()}).status_code == 403
    assert judge.client.post(f"/requests/{request}/take/", {"once": new_uuid()}, follow=True).status_code == 200
    assert Request.objects.get(id=request).case_holder is None


# --- Hands, notes -------------------------------------------------------------------------------


def test_taking_and_handing_over_is_seen_by_all_and_told_to_who_was_late(night: Night, ines: Officer) -> None:
    request = night.sent()
    night.pt()
    rui = signed_in(night.offices, "pt", roles=["duty-officer"], name="Rui Exemplo")
    before = page(rui, f"/requests/{request}/")
    ines.client.post(f"/requests/{request}/take/", {"once": new_uuid(), "holder": ""})
    assert str(Request.objects.get(id=request).case_holder) == ines.actor.person
    late = rui.client.post(
        f"/requests/{request}/take/", {"once": hidden(before, "once"), "holder": hidden(before, "holder")}, follow=True
    )
    assert "Inês Exemplo has it now" in unescape(late.content.decode())
    give = {"once": new_uuid(), "holder": ines.actor.person, "to": rui.actor.person, "words": "boa noite"}
    ines.client.post(f"/requests/{request}/hand-over/", give)
    shown = unescape(page(rui, f"/requests/{request}/"))
    assert "Inês Exemplo took it" in shown
    assert "Inês Exemplo gave it to Rui Exemplo" in shown
    assert "boa noite" in shown
    assert [entry["kind"] for entry in entries() if entry["kind"].startswith(("request-taken", "request-handed"))] == [
        "request-taken",
        "request-handed-over",
    ]


def test_a_request_goes_to_nobody_who_may_not_answer(night: Night, ines: Officer) -> None:
    request = night.sent()
    night.pt()
    auditor = signed_in(night.offices, "pt", roles=["auditor"], name="Ana Auditora")
    with pytest.raises(HandOverError):
        hand_over_request(request, to=auditor.actor.person, words="", by=ines.actor, at=night.at)
    take_request(request, by=ines.actor, at=night.at)
    with pytest.raises(TakenMeanwhileError):
        take_request(request, by=ines.actor, at=night.at, expects="")


def test_a_note_stays_in_the_house(night: Night, ines: Officer) -> None:
    request = night.sent()
    night.pt()
    key = new_uuid()
    for _ in range(2):
        ines.client.post(f"/requests/{request}/notes/", {"once": key, "words": "Called the provider.\r\nBusy."})
    (note,) = reads.notes_for(ines.actor, request)
    assert note.words == "Called the provider.\nBusy."
    (entry,) = entries("note-written")
    assert "Called" not in json.dumps(entry)
    send(ines, request, "accept")
    night.carry_now()
    night.ro()
    assert "Called" not in json.dumps([dict(each.body) for each in reads.thread_for(night.ioana, request).letters])
    assert reads.notes_for(night.ioana, request) == []
    night.pt()
    empty = ines.client.post(f"/requests/{request}/notes/", {"once": new_uuid(), "words": " "}, follow=True)
    assert "a note holds 1 to 20000 characters" in empty.content.decode()


def test_a_forged_form_is_refused(night: Night, ines: Officer) -> None:
    request = night.sent()
    night.pt()
    ines.client.handler.enforce_csrf_checks = True
    answer = ines.client.post(f"/requests/{request}/take/", {"once": new_uuid()})
    assert answer.status_code == 403
    assert "did not come from this desk" in answer.content.decode()
    assert Request.objects.get(id=request).case_holder is None


# --- Evidence and proof -------------------------------------------------------------------------


def test_files_are_put_here_packed_and_delivered(night: Night, ines: Officer) -> None:
    request = night.sent(urgent(night.at))
    night.pt()
    path = f"/requests/{request}/write/deliver/"
    if LetterKind.DELIVER not in reads.standing_for(night.ines, request, at=night.at).may_write:
        pytest.fail("this instrument should permit a delivery")
    empty = ines.client.post(path, {"once": new_uuid(), "do": "send", "title": "Records", "complete": "yes"})
    assert empty.status_code == 422
    assert "Put at least one file here first." in empty.content.decode()
    files = [SimpleUploadedFile("log 1.csv", b"a,b\n1,2\n"), SimpleUploadedFile("mail.eml", b"From: x\n")]
    assert ines.client.post(path, {"do": "upload", "files": files}).status_code == 302
    shown = page(ines, path)
    assert "log 1.csv" in shown
    faulty = ines.client.post(
        path, {"once": new_uuid(), "do": "send", "title": "", "complete": "yes", "words": "KEEP-ME"}
    )
    assert faulty.status_code == 422
    assert "KEEP-ME" in faulty.content.decode()
    sent = ines.client.post(path, {"once": hidden(shown, "once"), "do": "send", "title": "Records", "complete": "yes"})
    assert sent.status_code == 302
    (package,) = evidence.packages_for(night.ines, request)
    assert [file.name for file in package.manifest.files] == ["log 1.csv", "mail.eml"]
    assert "log 1.csv" not in page(ines, path)


@pytest.mark.parametrize("name", ["../../etc/passwd", ".hidden", "a/b", "con\x00", "x" * 300])
def test_a_hostile_file_name_leaves_nothing_outside_its_folder(night: Night, ines: Officer, name: str) -> None:
    request = night.sent(urgent(night.at))
    night.pt()
    path = f"/requests/{request}/write/deliver/"
    ines.client.post(path, {"do": "upload", "files": [SimpleUploadedFile(name, b"x")]})
    home = night.offices.be("pt").node.home
    strange = [each for each in home.rglob("*") if each.is_file() and each.read_bytes() == b"x"]
    assert all("uploads" in str(each.parent) for each in strange)


def test_the_proof_of_a_letter_is_opened_and_checked(night: Night, ines: Officer) -> None:
    request = night.sent()
    night.pt()
    shown = page(ines, f"/requests/{request}/")
    href = re.search(r'class="badge" href="([^"]+)"', shown)
    assert href
    proof = unescape(page(ines, href[1]))
    assert "checked just now" in proof
    assert "c2sp.org/tlog-proof@v1" in proof
    assert "is in the journal pt.example/journal" in proof
    send(ines, request, "accept")
    night.carry_now()
    night.pt()
    letter = reads.thread_for(night.ines, request).letters[-1]
    proof = unescape(page(ines, f"/requests/{request}/proof/{letter.sha256}/"))
    assert "is in the journal ro.example/journal" in proof
    page(ines, f"/requests/{request}/proof/{'0' * 64}/", status=404)


def test_the_bundle_is_downloaded_and_journalled(night: Night, ines: Officer) -> None:
    request = night.sent()
    night.pt()
    answer = ines.client.post(f"/requests/{request}/bundle/")
    assert answer["Content-Type"] == "application/zip"
    assert answer["Cache-Control"] == "no-store"
    names = ZipFile(BytesIO(b"".join(answer.streaming_content))).namelist()  # type: ignore[attr-defined]
    assert "letters/001.jws" in names
    assert len(entries("bundle-written")) == 1


def test_who_may_not_export_gets_no_bundle(night: Night) -> None:
    request = night.sent()
    night.pt()
    judge = signed_in(night.offices, "pt", roles=["validating-authority"], name="Ana Juíza")
    answer = judge.client.post(f"/requests/{request}/bundle/", follow=True)
    assert answer.get("Content-Type", "").startswith("text/html")
    assert not entries("bundle-written")


def test_a_lapsed_preservation_is_let_go_only_by_a_persons_decision(night: Night, ines: Officer) -> None:
    request = night.sent()
    night.pt_writes(request, say.Preserved(effected_at=night.at, scope="all"))
    night.pt()
    ring_clocks(at=night.at + timedelta(days=70))
    assert ReleaseDraft.objects.filter(request_id=request, decision="").exists()
    page(ines, f"/requests/{request}/")
    ines.client.post(f"/requests/{request}/", {"reason": "the clock lapsed"})
    shown = page(ines, f"/requests/{request}/")
    assert "You may release the data" in shown
    ines.client.post(f"/requests/{request}/release/", {"once": new_uuid(), "decision": "keep", "scope": ""})
    assert ReleaseDraft.objects.get(request_id=request).decision == "keep"


def test_a_request_is_passed_on_as_an_order_that_takes_over_what_both_ask_for(night: Night, ines: Officer) -> None:
    night.offices.found("example-mail")
    request = night.sent()
    night.pt()
    shown = page(ines, f"/requests/{request}/")
    assert '<option value="example-mail">' in shown
    key = {"once": new_uuid(), "to": "example-mail"}
    for _ in range(2):
        answer = ines.client.post(f"/requests/{request}/pass-on/", key, follow=True)
    assert "The order is drafted" in answer.content.decode()
    (draft,) = reads.drafts_of(ines.actor, request)
    assert (draft.content.instrument, draft.parent, draft.content.to) == ("budapest-16-order", request, "example-mail")
    asked = reads.thread_for(ines.actor, request).ask.body["form"]
    assert isinstance(asked, dict)
    assert draft.content.form["identifiers"] == asked["identifiers"]
    assert draft.content.form["period"] == asked["period"]
    assert "requesting_authority" not in draft.content.form
