"""S10: a provider without a node or a duty desk reads an order on its own page at night, and answers it there."""

import hashlib
import re
from collections.abc import Iterator
from datetime import date, timedelta
from html import unescape
from typing import Any

import pyrage
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.law import cases
from tests.offices import Offices, entries
from tests.public.test_verify import public_open
from tests.requests.desk import Pair
from tocsin.base import instant
from tocsin.base.ids import MemberId, new_uuid
from tocsin.directory.acts.contacts import write_contact
from tocsin.directory.rules.card import CardKind
from tocsin.directory.rules.hearsay import Listed
from tocsin.forms import place
from tocsin.forms.acts.order_page import close_page, take_in_sayings
from tocsin.forms.acts.print_form import print_form
from tocsin.forms.errors import OrderPageError, UnknownPageError
from tocsin.forms.models import Check, Miss, Saying
from tocsin.forms.rules.order import Kind, body_of
from tocsin.law.provisions import Side
from tocsin.public.sealing import AGE, MOST_BYTES
from tocsin.requests import reads
from tocsin.requests.acts.brought import open_brought
from tocsin.requests.acts.by_form import send_by_form
from tocsin.requests.acts.sign_off import sign_off
from tocsin.requests.models import BroughtFile, StepElsewhere
from tocsin.requests.reads import Standing
from tocsin.requests.rules.letters import Acknowledge, Query
from tocsin.requests.rules.ways import Way

FILE = b"an invented subscriber's record"


class Provider:
    """A mail provider that runs no node, and the production order that ro sent it as a form."""

    def __init__(self, offices: Offices) -> None:
        offices.at = instant.true_now() - timedelta(hours=2)
        self.pair = Pair(offices)
        self.judge = offices.person("ro", "Ana Judecator", "issuing-authority", function="judge")
        self.member = self.on_the_list()
        filled = cases.filled("eev-epoc").draft
        content = {
            "instrument": "eev-epoc",
            "to": self.member,
            "case_reference": "RO-2026-0050",
            "channel": "tocsin",
            "other_way": {"ground": "disruption", "words": "The portal is down."},
            "form": {**filled.form, **filled.for_authority},
        }
        draft = self.pair.draft(content)
        sign_off(draft.id, draft_sha256=draft.content.sha256, by=self.judge, at=self.pair.at)
        self.request = send_by_form(draft.id, by=self.pair.ioana, at=self.pair.at).thread
        place.use(place.Place(name="Romania", phone="+40215550100", address="https://orders.ro.example/"))
        self.form = print_form(self.request, by=self.pair.ioana, at=self.pair.at, language="en", order_page=True)
        self.client = Client()

    def on_the_list(self) -> MemberId:
        told = Listed(
            key="small-mail",
            name="Small Mail",
            kind=CardKind.PROVIDER,
            country="PT",
            zone="Europe/Lisbon",
            subdivision=None,
            languages=("pt", "en"),
            hours="",
            phone="+351215550100",
            email="abuse@small-mail.example",
            smime=None,
            competences=(),
        )
        source, day = "Ministry of Examples", date(2026, 11, 1)
        return write_contact(told, source=source, source_date=day, by=self.pair.ioana, at=self.pair.at)

    def posts(self, *, status: int = 200, **given: Any) -> str:
        sent = {"number": self.form.number, "code": self.form.code, "once": new_uuid(), "name": "R. Gestor", **given}
        answer = self.client.post("/order/", sent)
        assert answer.status_code == status, answer.content.decode()[:3000]
        return answer.content.decode()

    def taken(self) -> Standing:
        self.pair.ro()
        take_in_sayings(at=instant.now())
        return reads.standing_for(self.pair.ioana, self.request, at=instant.now())


@pytest.fixture
def provider(offices: Offices) -> Iterator[Provider]:
    before = place.here()
    with public_open():
        yield Provider(offices)
    place.use(before)


def text_of(page: str) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", page))


# --- What it shows ------------------------------------------------------------------------------


def test_who_holds_number_and_code_reads_what_the_form_says(provider: Provider) -> None:
    page = text_of(provider.posts())
    for said in ("RO-2026-0050", "2023/1543", "Small Mail", "By when", "It is impossible, because"):
        assert said in page, said
    assert "Ana Judecator" in page


def test_its_words_are_in_the_readers_language(provider: Provider) -> None:
    provider.client.get("/order/?language=pt")
    assert 'lang="pt"' in provider.posts()


def test_the_deadline_is_in_the_providers_time_from_when_it_was_opened(provider: Provider) -> None:
    first = text_of(provider.posts())
    due = re.findall(r"By when.*?UTC", first, re.DOTALL)
    assert due
    assert due == re.findall(r"By when.*?UTC", text_of(provider.posts()), re.DOTALL)


def test_what_only_the_notified_authority_may_read_is_on_no_page(provider: Provider) -> None:
    page = text_of(provider.posts())
    for value in cases.filled("eev-epoc").draft.for_authority.values():
        if isinstance(value, str) and len(value) > 20:
            assert value not in page
    assert "part" not in str(Saying.objects.values())


@pytest.mark.parametrize("given", [{"code": "AAAA-AAAA-AAAA"}, {"number": "RO-0000-0000"}, {"number": "", "code": ""}])
def test_all_that_is_wrong_is_one_answer(provider: Provider, given: dict[str, str]) -> None:
    page = text_of(provider.posts(status=422, do="acknowledge", **given))
    assert "Not found" in page
    assert "Small Mail" not in page
    assert not Saying.objects.exists()


def test_the_issuer_learns_of_each_opening(provider: Provider) -> None:
    provider.posts()
    provider.posts(status=422, code="AAAA-AAAA-AAAA")
    provider.posts(status=422, number="RO-0000-0000")
    assert list(Check.objects.order_by("at").values_list("way", "found")) == [("page", True), ("page", False)]
    assert Miss.objects.get().count == 1


def test_a_form_without_a_page_has_none(provider: Provider) -> None:
    other = print_form(provider.request, by=provider.pair.ioana, at=provider.pair.at, language="en")
    page = provider.posts(status=422, number=other.number, code=other.code)
    assert "Not found" in page


def test_only_what_goes_as_a_form_has_a_page(provider: Provider) -> None:
    by_wire = provider.pair.sent()
    provider.pair.ro()
    with pytest.raises(OrderPageError):
        print_form(by_wire, by=provider.pair.ioana, at=provider.pair.at, language="en", order_page=True)
    place.use(place.Place())
    with pytest.raises(OrderPageError):
        print_form(provider.request, by=provider.pair.ioana, at=provider.pair.at, language="en", order_page=True)


# --- What is said on it -------------------------------------------------------------------------


def test_an_acknowledgement_stands_in_the_thread_at_once(provider: Provider) -> None:
    page = text_of(provider.posts(do="acknowledge", reference="SM-7", words="Received by the night watch."))
    assert "It is kept" in page
    assert "acknowledged" in page
    (line,) = provider.taken().beside.steps
    assert (line.way, line.said_by, line.recorded_by, line.unread) == (Way.ORDER_PAGE, "R. Gestor", None, False)
    assert line.body["reference"] == "SM-7"
    assert abs(line.received_at - instant.now()) < timedelta(minutes=1)
    assert reads.line_for(provider.pair.ioana, provider.request).unread_since is not None
    assert [each["way"] for each in entries("step-taken-down")] == ["order-page"]
    saying = Saying.objects.get()
    assert (saying.said, saying.problem) == ({}, "")
    assert saying.taken_at is not None


def test_its_clocks_run_from_the_acknowledgement(provider: Provider) -> None:
    before = reads.standing_for(provider.pair.ioana, provider.request, at=instant.now())
    assert not [each for each in before.clocks if each.clock.by is Side.ASKED and each.strict]
    provider.posts(do="acknowledge")
    after = provider.taken()
    assert [each for each in after.clocks if each.clock.by is Side.ASKED and each.strict]


def test_sent_twice_it_is_said_once(provider: Provider) -> None:
    once = new_uuid()
    provider.posts(do="acknowledge", once=once)
    assert "has one effect" in provider.posts(do="acknowledge", once=once)
    assert len(provider.taken().beside.steps) == 1
    provider.taken()
    assert StepElsewhere.objects.count() == 1


def test_what_arrives_while_the_worker_takes_in_waits_for_its_next_turn(provider: Provider) -> None:
    begun = instant.now()
    provider.posts(do="acknowledge")
    provider.pair.ro()
    assert take_in_sayings(at=begun) == 0
    assert Saying.objects.get().taken_at is None
    assert len(provider.taken().beside.steps) == 1
    assert not Saying.objects.exclude(problem="").exists()


def test_impossible_needs_a_listed_ground_and_words(provider: Provider) -> None:
    for given in ("", "NO_SUCH"):
        page = provider.posts(status=422, do="impossible", ground=given, words="x")
        assert "Choose a ground." in page
        assert ">x</textarea>" in page
    ground = re.search(r'name="ground" value="(\w+)"', provider.posts())
    assert ground
    provider.posts(status=422, do="impossible", ground=ground[1], words=" ")
    provider.posts(do="impossible", ground=ground[1], words="The account was closed in 2019.")
    standing = provider.taken()
    assert standing.thread.line.state == "refused"
    assert standing.beside.steps[0].body["ground"] == ground[1]


def test_a_question_names_fields_of_the_form(provider: Provider) -> None:
    asked: dict[str, Any] = {"why-identifiers": "unclear", "words": "Which of the two?"}
    provider.posts(do="ask", **asked)
    standing = provider.taken()
    assert standing.thread.line.state == "queried"
    provider.posts(status=422, do="ask", words="")


def test_a_file_is_never_kept_in_the_clear(provider: Provider) -> None:
    provider.posts(do="upload", complete="yes", file=SimpleUploadedFile("../../rec\u202eord.csv", FILE))
    saying = Saying.objects.get()
    assert saying.file is not None
    assert bytes(saying.file).startswith(AGE)
    assert FILE not in bytes(saying.file)
    assert saying.file_sha256 == hashlib.sha256(FILE).hexdigest()
    standing = provider.taken()
    assert standing.thread.line.state == "delivered"
    (line,) = standing.beside.steps
    assert line.file is not None
    assert line.body["package"] == line.file.sha256 == hashlib.sha256(FILE).hexdigest()
    taken_out = open_brought(
        provider.request, line.file.id, reason="the answer", by=provider.pair.ioana, at=instant.now()
    )
    assert (taken_out.content, taken_out.name) == (FILE, "record.csv")
    assert Saying.objects.get().file is None


def test_a_file_that_its_sender_encrypted_stays_as_it_came(provider: Provider) -> None:
    recipient = re.search(r"age1[a-z0-9]+", provider.posts())
    assert recipient
    age = pyrage.encrypt(FILE, [pyrage.x25519.Recipient.from_str(recipient[0])])
    provider.posts(do="upload", complete="no", file=SimpleUploadedFile("record.csv.age", age))
    (line,) = provider.taken().beside.steps
    assert line.file is not None
    assert line.file.age_only
    assert bytes(BroughtFile.objects.get().age) == age
    opened = open_brought(provider.request, line.file.id, reason="x", by=provider.pair.ioana, at=instant.now())
    assert opened.content == FILE


@pytest.mark.parametrize("content", [b"", b"x" * (MOST_BYTES + 1)])
def test_an_empty_or_endless_file_is_refused(provider: Provider, content: bytes) -> None:
    page = provider.posts(status=422, do="upload", file=SimpleUploadedFile("a.bin", content))
    assert "at most 20 MB" in page
    assert not Saying.objects.exists()


def test_who_is_on_call_is_told(provider: Provider) -> None:
    provider.posts(status=422, do="on-call", on_call="M. Guarda", phone="")
    provider.posts(do="on-call", on_call="M. Guarda", phone="+351 21 555 0199")
    (line,) = provider.taken().beside.steps
    assert line.body["words"] == "On call: M. Guarda, +351 21 555 0199"


def test_what_the_thread_does_not_take_is_kept_for_a_person(provider: Provider) -> None:
    ground = re.search(r'name="ground" value="(\w+)"', provider.posts())
    assert ground
    provider.posts(do="impossible", ground=ground[1], words="No.")
    provider.posts(do="upload", complete="yes", file=SimpleUploadedFile("a.bin", FILE))
    provider.taken()
    standing = provider.taken()
    assert standing.thread.line.state == "refused"
    aside = Saying.objects.exclude(problem="").get()
    assert aside.kind == "upload"
    assert aside.file is not None
    assert len(entries("saying-set-aside")) == 1
    assert len(standing.beside.steps) == 1


def test_a_hundred_things_are_said_on_a_page_and_no_more(provider: Provider) -> None:
    provider.posts(do="acknowledge")
    row = Saying.objects.get()
    copies = [
        Saying(id=new_uuid(), page_id=row.page_id, once=new_uuid(), kind="on-call", said={}, at=row.at)
        for _ in range(99)
    ]
    Saying.objects.bulk_create(copies)
    assert "So much is not taken here" in provider.posts(status=422, do="acknowledge")


def test_a_closed_page_shows_and_takes_nothing(provider: Provider) -> None:
    with pytest.raises(UnknownPageError):
        close_page(provider.request, "RO-0000-0000", by=provider.pair.ioana, at=provider.pair.at)
    close_page(provider.request, provider.form.number, by=provider.pair.ioana, at=provider.pair.at)
    page = provider.posts(do="acknowledge")
    assert "The authority closed this page" in page
    assert "RO-2026-0050" not in page
    assert not Saying.objects.exists()


def test_another_page_cannot_send_its_forms(provider: Provider) -> None:
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post("/order/", {"number": provider.form.number, "code": provider.form.code, "do": "acknowledge"})
    assert answer.status_code == 403
    assert not Saying.objects.exists()


def test_so_many_questions_of_one_address_and_no_more(provider: Provider) -> None:
    for _ in range(20):
        provider.client.post("/order/", {"number": "x", "code": "y"})
    assert provider.client.post("/order/", {"number": "x", "code": "y"}).status_code == 429


# --- Rules --------------------------------------------------------------------------------------


def test_a_question_without_a_field_is_an_acknowledgement_with_words() -> None:
    assert isinstance(body_of(Kind.ASK, {"words": "Who are you?"}, package=""), Acknowledge)
    asked = {"fields": [{"field": "period", "why": "missing"}], "words": ""}
    assert isinstance(body_of(Kind.ASK, asked, package=""), Query)
