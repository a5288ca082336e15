"""Filing by a link: once, without an account; nothing is shown back but a receipt, and the desk alone reads it."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client, override_settings

from tests.desk.door import Officer, desk_open, signed_in
from tests.offices import Offices, entries
from tests.public.test_verify import public_open
from tests.requests.desk import Pair
from tocsin.base import instant
from tocsin.base.ids import new_uuid
from tocsin.forms import place
from tocsin.forms.acts.filing import (
    KEPT,
    filed_file,
    filings_for,
    make_link,
    open_filing,
    revoke_link,
    settle_filing,
    take_in_filings,
)
from tocsin.forms.errors import FilingFieldError, UnknownFilingError
from tocsin.forms.models import Filing, FilingLink
from tocsin.node.entrances import DESK, PUBLIC
from tocsin.people.errors import RightMissingError
from tocsin.public.sealing import AGE

SAID = {
    "name": "D. Exemplu",
    "office": "Prosecutor's office of Example",
    "phone": "+40 21 555 0101",
    "case_reference": "77/P/2026",
    "whom": "Portugal",
    "what": "Keep the account.",
    "facts": "An invoice was changed <script>.",
    "identifiers": "203.0.113.7",
    "language": "ro",
}
FILE = b"an invented log"


class Desk:
    """The desk of ro, and somebody with a link."""

    def __init__(self, offices: Offices) -> None:
        offices.at = instant.true_now() - timedelta(minutes=1)
        self.pair = Pair(offices)
        self.pair.ro()
        self.client = Client()

    def link(self, *, hours: int = 48) -> str:
        return make_link("D. Exemplu, by telephone", hours=hours, by=self.pair.ioana, at=instant.true_now())

    def opens(self, token: str, *, status: int = 200) -> str:
        answer = self.client.get(f"/file/{token}/")
        assert answer.status_code == status
        return answer.content.decode()

    def files(self, token: str, *, status: int = 200, **changes: object) -> str:
        answer = self.client.post(f"/file/{token}/", {**SAID, **changes})
        assert answer.status_code == status, answer.content.decode()[:2000]
        return answer.content.decode()


@pytest.fixture
def desk(offices: Offices) -> Iterator[Desk]:
    with public_open():
        yield Desk(offices)


def test_she_files_once_and_sees_a_receipt_alone(desk: Desk) -> None:
    token = desk.link()
    assert "Your office" in desk.opens(token)
    page = desk.files(token, file=SimpleUploadedFile("log.txt", FILE))
    row = Filing.objects.get()
    assert str(row.id)[:8].upper() in page
    assert "invoice" not in page
    assert row.file is not None
    assert bytes(row.file).startswith(AGE)
    again = desk.opens(token, status=404)
    assert "This link is not open" in again
    assert "77/P/2026" not in again
    assert desk.files(token, status=404).count("This link is not open") >= 1
    assert Filing.objects.count() == 1


def test_what_is_missing_stands_at_its_field_and_uses_no_link_up(desk: Desk) -> None:
    token = desk.link()
    page = desk.files(token, status=422, what="", whom="x" * 201)
    assert 'href="#what"' in page
    assert 'href="#whom"' in page
    assert 'value="77/P/2026"' in page
    assert "&lt;script&gt;" in page
    assert not Filing.objects.exists()
    desk.files(token)


def test_what_no_database_takes_is_left_out(desk: Desk) -> None:
    desk.files(desk.link(), language="ro\0", what="Keep\0 the account.")
    said = Filing.objects.get().said
    assert (said["language"], said["what"]) == ("ro", "Keep the account.")


def test_wrong_used_revoked_and_expired_links_get_one_answer(desk: Desk) -> None:
    used, revoked, expired = desk.link(), desk.link(), desk.link()
    desk.files(used)
    line = filings_for(desk.pair.ioana)[1]
    revoke_link(line.link, by=desk.pair.ioana, at=instant.true_now())
    FilingLink.objects.filter(used_at=None, revoked_at=None).update(made_at=instant.true_now())
    with transaction.atomic():
        make_link("x", hours=1, by=desk.pair.ioana, at=instant.true_now())
        FilingLink.objects.filter(used_at=None, revoked_at=None).update(expires_at=instant.true_now())
    pages = {
        re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", desk.opens(token, status=404))
        for token in (used, revoked, expired, "A" * 43)
    }
    assert len(pages) == 1
    with pytest.raises(UnknownFilingError):
        revoke_link(line.link, by=desk.pair.ioana, at=instant.true_now())


def test_the_token_is_in_no_row_and_no_entry(desk: Desk) -> None:
    token = desk.link()
    assert token not in str(list(FilingLink.objects.values()))
    assert token not in str(entries())
    assert [each["link"] for each in entries("filing-link-made")] == [str(FilingLink.objects.get().id)]


def test_the_desk_reads_it_and_the_journal_knows(desk: Desk) -> None:
    desk.files(desk.link(), file=SimpleUploadedFile("log.txt", FILE))
    row, at = Filing.objects.get(), instant.true_now()
    assert take_in_filings(at=at) == 1
    assert take_in_filings(at=at) == 0
    found = open_filing(str(row.id), reason="the morning's filings", by=desk.pair.ioana, at=at)
    assert found.said["case_reference"] == "77/P/2026"
    assert filed_file(str(row.id), reason="the log", by=desk.pair.ioana, at=at) == ("log.txt", FILE)
    assert [each["reason"] for each in entries("filing-opened")] == ["the morning's filings", "the log"]
    settle_filing(str(row.id), outcome="drafted", by=desk.pair.ioana, at=at)
    row.refresh_from_db()
    assert (row.said, row.file, row.file_name) == ({}, None, "")
    with pytest.raises(UnknownFilingError):
        open_filing(str(row.id), reason="again", by=desk.pair.ioana, at=at)
    assert [each["kind"] for each in entries() if each["kind"].startswith("filing-")] == [
        "filing-link-made",
        "filing-arrived",
        "filing-opened",
        "filing-opened",
        "filing-settled",
    ]


def test_what_nobody_settles_is_erased_in_its_time(desk: Desk) -> None:
    desk.files(desk.link())
    take_in_filings(at=instant.true_now() + KEPT - timedelta(hours=1))
    assert Filing.objects.get().said
    take_in_filings(at=instant.true_now() + KEPT + timedelta(hours=1))
    assert Filing.objects.get().said == {}
    assert entries("filing-settled")[0]["outcome"] == "expired"


def test_who_may_not_draft_makes_and_reads_nothing(desk: Desk) -> None:
    auditor = desk.pair.offices.person("ro", "Ada Auditor", "auditor")
    for act in (
        lambda: make_link("x", hours=1, by=auditor, at=instant.true_now()),
        lambda: filings_for(auditor),
        lambda: open_filing(new_uuid(), reason="x", by=auditor, at=instant.true_now()),
    ):
        with pytest.raises(RightMissingError):
            act()


@pytest.mark.parametrize(("meant_for", "hours"), [("", 1), ("two\nlines", 1), ("x", 0), ("x", 24 * 15)])
def test_a_link_is_for_somebody_and_for_a_time(desk: Desk, meant_for: str, hours: int) -> None:
    with pytest.raises(FilingFieldError):
        make_link(meant_for, hours=hours, by=desk.pair.ioana, at=instant.true_now())


def test_a_link_without_an_entry_is_not_made(desk: Desk) -> None:
    desk.link()
    with pytest.raises(IntegrityError), transaction.atomic():
        FilingLink.objects.update(meant_for="Somebody else")


def test_the_pages_of_the_desk(offices: Offices) -> None:
    """From the link made at the desk to the draft that is begun from what was filed."""
    before = place.here()
    place.use(place.Place(address="https://orders.ro.example/"))
    with desk_open():
        Desk(offices)
        ioana: Officer = signed_in(offices, "ro", roles=["duty-officer"], name="Ioana Exemplu")
        page = ioana.client.post("/filings/", {"meant_for": "D. Exemplu", "hours": 24}).content.decode()
        link = re.search(r"https://orders\.ro\.example(/file/[\w-]+/)", page)
        assert link
        assert ioana.client.post("/filings/", {"meant_for": "", "hours": 0}).status_code == 422
        assert link[1] not in ioana.client.get("/filings/").content.decode()
    with override_settings(ROOT_URLCONF=PUBLIC.urls, MIDDLEWARE=list(PUBLIC.middleware)):
        assert Client().post(link[1], {**SAID, "file": SimpleUploadedFile("log.txt", FILE)}).status_code == 200
    with override_settings(ROOT_URLCONF=DESK.urls, MIDDLEWARE=list(DESK.middleware)):
        filing = Filing.objects.get()
        shown = ioana.client.get(f"/filings/{filing.id}/").content.decode()
        assert "77/P/2026" in shown
        assert "&lt;script&gt;" in shown
        assert "nobody has checked" in shown
        taken = ioana.client.post(f"/filings/{filing.id}/file/")
        assert taken.content == FILE
        begun = ioana.client.post("/compose/", {"pasted": "203.0.113.7", "case_reference": "77/P/2026"})
        assert "203.0.113.7" in begun.content.decode()
        ioana.client.post(f"/filings/{filing.id}/", {"do": "drafted"})
        assert ioana.client.get(f"/filings/{filing.id}/").status_code == 404
    place.use(before)
