"""Verify an order: what the page says to whoever holds a form, and to everybody else."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from tests.forms.pdfs import attached_to
from tests.offices import Offices, entries
from tests.requests.desk import Pair
from tocsin.base import instant
from tocsin.base.calls import Counts
from tocsin.base.ids import RequestId
from tocsin.forms import reads
from tocsin.forms.acts.check import take_in_checks
from tocsin.forms.acts.print_form import PrintedForm, print_form
from tocsin.forms.models import Check, Miss
from tocsin.node.entrances import PUBLIC
from tocsin.public import limits


@contextmanager
def public_open() -> Iterator[None]:
    """This process answers at the door of strangers and at no other."""
    limits._counts = Counts()
    with override_settings(ROOT_URLCONF=PUBLIC.urls, MIDDLEWARE=list(PUBLIC.middleware)):
        yield


@dataclass
class Stranger:
    """Somebody at the door of ro's node, and a form that ro printed for the other side."""

    offices: Offices
    pair: Pair = field(init=False)
    request: RequestId = field(init=False)
    form: PrintedForm = field(init=False)

    def __post_init__(self) -> None:
        self.pair = Pair(self.offices)
        self.request = self.pair.sent()
        self.pair.ro()
        self.form = print_form(self.request, by=self.pair.ioana, at=self.pair.at, language="en")
        self.client = Client()

    def asks(self, **given: Any) -> str:
        answer = self.client.post("/", given)
        assert answer.status_code == 200, answer.content
        return said(answer.content)

    def drops(self, content: bytes) -> str:
        return self.asks(file=SimpleUploadedFile("order.pdf", content))

    def checks(self) -> list[tuple[str, bool]]:
        (line,) = reads.forms_of(self.pair.ioana, self.request)
        return [(each.way, each.found) for each in line.checks]


def said(content: bytes) -> str:
    """A page's words, without the token that keeps other pages from sending its form and without the instant."""
    plain = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", content.decode())
    return " ".join(plain.split())


@pytest.fixture
def stranger(offices: Offices) -> Iterator[Stranger]:
    with public_open():
        yield Stranger(offices)


GENUINE = "Genuine: sent by this authority, and unaltered"
PRINTED = "This authority printed a form with this number and code"
LETTER = "The signed letter is genuine and unaltered"
UNKNOWN = "Not found"


# --- Who holds it -------------------------------------------------------------------------------


def test_the_file_itself_is_genuine_and_unaltered(stranger: Stranger) -> None:
    page = stranger.drops(stranger.form.pdf)
    assert GENUINE in page
    assert stranger.form.sha256 in page


def test_number_and_code_show_who_sent_it_and_that_the_text_is_not_yet_checked(stranger: Stranger) -> None:
    page = stranger.asks(number=stranger.form.number, code=stranger.form.code)
    assert PRINTED in page
    assert GENUINE not in page
    assert "Not yet checked: the text." in page
    assert "(ro, RO)" in page


def test_small_letters_and_blanks_do_not_matter(stranger: Stranger) -> None:
    number, code = (each.lower().replace("-", " ") for each in (stranger.form.number, stranger.form.code))
    assert PRINTED in stranger.asks(number=number, code=code)


def test_the_letter_taken_out_of_the_form_is_known_by_itself(stranger: Stranger) -> None:
    assert LETTER in stranger.drops(attached_to(stranger.form.pdf, "letter.jws"))


# --- Who does not -------------------------------------------------------------------------------


def test_one_altered_byte_is_no_form_of_ours(stranger: Stranger) -> None:
    altered = bytearray(stranger.form.pdf)
    altered[len(altered) // 2] ^= 1
    page = stranger.drops(bytes(altered))
    assert UNKNOWN in page
    assert GENUINE not in page


def test_all_wrong_codes_have_one_answer(stranger: Stranger) -> None:
    tries = [
        {"number": stranger.form.number, "code": "0000-0000-0000"},
        {"number": "RO-0000-0000", "code": stranger.form.code},
        {"number": "RO-0000-0000", "code": "0000-0000-0000"},
        {"number": "\u202e'; DROP TABLE forms_check; --", "code": "x" * 5000},
        {"number": stranger.form.number.upper() + "X", "code": stranger.form.code},
    ]
    answers = [stranger.asks(**each) for each in tries]
    assert UNKNOWN in answers[0]
    assert len(set(answers)) == 1


def test_a_right_and_a_wrong_code_ask_the_database_the_same(stranger: Stranger) -> None:
    asked = []
    for code in (stranger.form.code, "0000-0000-0000"):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            stranger.asks(number=stranger.form.number, code=code)
        asked.append([each["sql"].split("(")[0] for each in queries])
    assert asked[0] == asked[1]
    assert sum("forms_check_form" in each for each in asked[0]) == 1


def test_nothing_of_the_request_is_in_any_answer(stranger: Stranger) -> None:
    pages = [
        *(said(stranger.client.get("/").content), stranger.drops(stranger.form.pdf), stranger.drops(b"%PDF-1.7")),
        stranger.asks(number=stranger.form.number, code=stranger.form.code),
    ]
    for secret in (
        "example.user",
        "mailbox",
        "Radu",
        "RO-2026-0042",
        str(stranger.request),
        "Ioana",
        stranger.form.code,
    ):
        assert not any(secret in page for page in pages), secret


# --- Its issuer learns of it --------------------------------------------------------------------


def test_the_issuer_sees_each_check_at_once_and_the_journal_within_the_minute(stranger: Stranger) -> None:
    stranger.asks(number=stranger.form.number, code=stranger.form.code)
    stranger.asks(number=stranger.form.number, code="0000-0000-0000")
    stranger.drops(stranger.form.pdf)
    assert stranger.checks() == [("file", True), ("code", False), ("code", True)]
    at = stranger.pair.at + timedelta(minutes=1)
    assert take_in_checks(at=at) == 3
    assert take_in_checks(at=at) == 0
    told = [each for each in entries() if each["kind"] == "form-checked"]
    assert [(each["way"], each["found"]) for each in told] == [("code", True), ("code", False), ("file", True)]
    assert {each["request"] for each in told} == {stranger.request}


def test_asking_for_what_there_is_not_is_counted_and_fills_no_table(stranger: Stranger) -> None:
    for _ in range(5):
        stranger.asks(number="RO-0000-0000", code="0000-0000-0000")
        stranger.drops(b"no form")
    assert not Check.objects.exists()
    assert sum(Miss.objects.values_list("count", flat=True)) == 10


# --- The page -----------------------------------------------------------------------------------


def test_who_asks_too_often_waits_and_is_told_how_long(stranger: Stranger) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "MOST_OF_ONE", 3)
        at = instant.true_now().replace(second=0, microsecond=0)
        patch.setattr("tocsin.public.limits.instant.true_now", lambda: at)
        codes = [stranger.client.post("/", {"number": "a", "code": "b"}).status_code for _ in range(5)]
        refused = stranger.client.post("/", {"number": stranger.form.number, "code": stranger.form.code})
    assert codes == [200, 200, 200, 429, 429]
    assert (refused.status_code, refused["Retry-After"]) == (429, "60")
    assert PRINTED not in said(refused.content)


def test_all_together_are_limited_as_well(stranger: Stranger) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "MOST_OF_ALL", 2)
        at = stranger.pair.at
        waits = [limits.seconds_to_wait(f"192.0.2.{each}", at=at) for each in range(1, 5)]
    assert [bool(each) for each in waits] == [False, False, True, True]


@pytest.mark.parametrize("given", [{}, {"number": "RO-1"}, {"code": "x"}, {"number": " ", "code": " "}])
def test_what_is_missing_is_said_and_what_was_typed_is_kept(stranger: Stranger, given: dict[str, str]) -> None:
    answer = stranger.client.post("/", given)
    assert answer.status_code == 422
    assert 'role="alert"' in said(answer.content)
    assert not given.get("number", "").strip() or 'value="RO-1"' in said(answer.content)


def test_it_has_no_script_no_other_host_and_is_kept_by_nobody(stranger: Stranger) -> None:
    answer = stranger.client.get("/")
    page = said(answer.content)
    assert "<script" not in page
    assert "style=" not in page
    assert not re.search(r'(?:src|href|action)="(?:https?:)?//', page)
    assert "no-store" in answer["Cache-Control"]
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert len(answer.content) < 20_000


@pytest.mark.usefixtures("stranger")
def test_a_form_that_another_page_sends_is_refused() -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/", {"number": "a", "code": "b"}).status_code == 403


def test_every_official_language_is_offered_and_kept_once_it_is_chosen(stranger: Stranger) -> None:
    page = said(stranger.client.get("/").content)
    assert len(re.findall(r'href="\?language=\w\w"', page)) == 24
    assert stranger.client.get("/?language=el")["Content-Language"] == "el"
    assert '<html lang="el">' in said(stranger.client.get("/").content)
    assert stranger.client.get("/?language=../x").status_code == 200


def test_what_it_does_not_tell_stands_on_it(stranger: Stranger) -> None:
    page = said(stranger.client.get("/").content)
    assert "What this page does not tell" in page
    assert "Who sat at the keyboard" in page
    assert "In an emergency call the authority" in page


def test_no_page_of_the_desk_is_behind_this_door(stranger: Stranger) -> None:
    for path in ("/people/", f"/requests/{stranger.request}/", "/sign-in/", "/api/docs", "/wire/inbox"):
        assert stranger.client.get(path).status_code == 404
