"""When the other side has no node: what comes on paper, by mail or telephone, and what goes out as a form."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from tests.offices import START, Offices, entries
from tests.requests.desk import Pair, preservation, urgent
from tocsin.base import jose
from tocsin.base.actor import Actor
from tocsin.base.ids import InstrumentId, LetterId, MemberId, RequestId, new_uuid
from tocsin.base.instant import Instant
from tocsin.base.jose import Typ
from tocsin.directory.acts.contacts import write_contact
from tocsin.directory.rules.card import CardKind
from tocsin.directory.rules.hearsay import Listed
from tocsin.dossiers.acts.dossiers import make_dossier
from tocsin.dossiers.acts.members import let_in
from tocsin.law.provisions import Side
from tocsin.law.running import Phase
from tocsin.law.vocabulary import LetterKind
from tocsin.people.errors import RightMissingError
from tocsin.requests import reads
from tocsin.requests.acts.brought import open_brought
from tocsin.requests.acts.by_form import record_form_receipt, send_by_form
from tocsin.requests.acts.dossier import put_in_dossier
from tocsin.requests.acts.draft import write_draft
from tocsin.requests.acts.elsewhere import Heard, read_again, take_down
from tocsin.requests.acts.erase import erase_request
from tocsin.requests.acts.send import send_request
from tocsin.requests.acts.sign_off import sign_off
from tocsin.requests.acts.take_in import TakenIn, identify_sender, join, take_in
from tocsin.requests.acts.write import write_letter
from tocsin.requests.errors import (
    BroughtFaultyError,
    DraftFaultsError,
    ElsewhereFieldError,
    JoinError,
    LetterKindError,
    NotByFormError,
    NotYourMoveError,
    SecondReaderError,
    SenderKnownError,
    TakeInFaultsError,
    ThreadMovedError,
    UnknownBroughtError,
    UnknownRequestError,
    UnknownSenderError,
)
from tocsin.requests.models import Arrival, BroughtFile, StepElsewhere
from tocsin.requests.reads import DraftView, Standing
from tocsin.requests.rules import letters as say
from tocsin.requests.rules.elsewhere import received_by_form
from tocsin.requests.rules.letters import MOST_WORDS
from tocsin.requests.rules.marks import Whether
from tocsin.requests.rules.steps import Step
from tocsin.requests.rules.ways import ANY_BYTES, MOST_BYTES, UNKNOWN, Checked, Way, brought
from tocsin.wire.models import Outgoing
from tocsin.wire.rules.letter import CardSource, parse_letter

URGENT = InstrumentId("dir2013-40-13-urgent")
ANSWER = "dir2013-40.13.indicate"
SCAN = brought("C:\\scans\\fax 7.pdf", b"%PDF-1.7 an invented answer", "application/pdf")
IMPOSSIBLE = say.Refuse(ground="DATA_NOT_HELD", reason="The account was closed in 2019.")


class Desk:
    """The desk of pt, and Bulgaria, which has no node and is on its list."""

    def __init__(self, offices: Offices) -> None:
        self.pair = Pair(offices)
        self.rui = offices.person("pt", "Rui Leitor", "duty-officer", function="police")
        self.sofia = offices.person("pt", "Sofia Procuradora", "issuing-authority", function="prosecutor")
        self.pair.pt()
        self.bulgaria = listed(self.ines, self.at)

    @property
    def ines(self) -> Actor:
        return self.pair.ines

    @property
    def at(self) -> Instant:
        return self.pair.at

    def came(self, **changes: Any) -> TakenIn:
        content = urgent(self.at)
        plain = TakenIn(
            way=Way.MAIL,
            received_at=self.at - timedelta(hours=1),
            instrument=URGENT,
            sender=self.bulgaria,
            sender_name="P. Primer",
            sender_address="desk@point.bg.example",
            checked=Checked.KNOWN_ADDRESS,
            case_reference="BG-17/26",
            form=content["form"],
            words="Моля, запазете данните.",
            language="bg",
        )
        return replace(plain, **changes)

    def taken(self, **changes: Any) -> Standing:
        self.pair.pt()
        return take_in(self.came(**changes), by=self.ines, at=self.at)

    def unknown(self, **changes: Any) -> Standing:
        return self.taken(**{"sender": UNKNOWN, "country": "BG", "checked": Checked.NOT, **changes})

    def now(self, request: RequestId) -> Standing:
        return reads.standing_for(self.ines, request, at=self.at)

    def draft(self, **changes: Any) -> DraftView:
        self.pair.pt()
        content = {**preservation(self.at), "to": self.bulgaria, **changes}
        draft = write_draft(content, by=self.ines, at=self.at)
        return sign_off(draft.id, draft_sha256=draft.content.sha256, by=self.sofia, at=self.at)

    def sent(self) -> RequestId:
        return send_by_form(self.draft().id, by=self.ines, at=self.at).thread

    def heard(self, body: say.Body, **changes: Any) -> Heard:
        plain = Heard(body=body, side=Side.ASKED, way=Way.PAPER, received_at=self.at, said_by="P. Primer", file=SCAN)
        return replace(plain, **changes)


def listed(by: Actor, at: Instant) -> MemberId:
    bulgaria = Listed(
        key="bg-point",
        name="Example point of Bulgaria",
        kind=CardKind.STATE,
        country="BG",
        zone="Europe/Sofia",
        subdivision=None,
        languages=("bg", "en"),
        hours="24/7",
        phone="+35925550100",
        email="desk@point.bg.example",
        smime=None,
        competences=(),
    )
    return write_contact(bulgaria, source="Ministry of Examples", source_date=date(2026, 11, 1), by=by, at=at)


@pytest.fixture
def desk(offices: Offices) -> Desk:
    return Desk(offices)


# --- Taking in ----------------------------------------------------------------------------------


def test_what_came_by_mail_runs_from_its_receipt_there(desk: Desk) -> None:
    standing = desk.taken()
    line = standing.thread.line
    assert (line.side, line.counterpart, line.state, line.channel) == (Side.ASKED, desk.bulgaria, "asked", "form")
    assert line.held_by == desk.ines.person
    clock = next(each for each in standing.clocks if each.clock.by is Side.ASKED and each.strict)
    assert clock.clock.running.since == desk.at - timedelta(hours=1)
    (arrival,) = standing.beside.arrivals
    assert (arrival.way, arrival.checked, arrival.country) == (Way.MAIL, Checked.KNOWN_ADDRESS, "BG")
    (told,) = entries("request-taken-in")
    assert told["step_sha256"] == standing.thread.ask_step.step.sha256  # type: ignore[union-attr]
    assert standing.thread.ask_said.case_reference == "BG-17/26"
    assert line == reads.line_for(desk.ines, line.id)


def test_its_words_are_found_in_its_own_language(desk: Desk) -> None:
    request = desk.taken().thread.line.id
    assert [each.id for each in reads.search(desk.ines, "запазете").lines] == [request]


def test_a_form_that_lacks_fields_is_taken_in_all_the_same(desk: Desk) -> None:
    standing = desk.taken(form={}, words="They rang and asked us to keep an account.", way=Way.TELEPHONE)
    assert standing.thread.line.state == "asked"
    assert LetterKind.QUERY in standing.may_write


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"way": Way.ORDER_PAGE}, "way"),
        ({"received_at": START + timedelta(days=400)}, "at"),
        ({"case_reference": "two\nlines"}, "case_reference"),
        ({"words": "w" * (MOST_WORDS + 1)}, "words"),
        ({"checked_words": "w" * 501}, "checked_words"),
        ({"checked": Checked.NOT}, "checked"),
        ({"sender": UNKNOWN, "country": "ZZ"}, "country"),
        ({"form": {"no_such_field": "x"}}, "no_such_field"),
        ({"form": {"facts": 1.5}}, "form"),
        ({"instrument": InstrumentId("eev-epoc-notification")}, "instrument"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(desk: Desk, changes: dict[str, Any], field: str) -> None:
    with pytest.raises((ElsewhereFieldError, TakeInFaultsError)) as refused:
        desk.taken(**changes)
    assert refused.value.fields["field"] == field
    assert not Arrival.objects.exists()


def test_a_provider_asks_under_no_instrument_of_states(desk: Desk) -> None:
    desk.pair.offices.found("example-mail")
    with pytest.raises(SenderKnownError):
        desk.taken(sender=MemberId("example-mail"))


def test_who_may_not_answer_takes_nothing_in(desk: Desk) -> None:
    with pytest.raises(RightMissingError):
        take_in(desk.came(), by=desk.sofia, at=desk.at)


def test_an_arrival_leaves_an_entry_or_is_not(desk: Desk) -> None:
    desk.taken()
    with pytest.raises(IntegrityError), transaction.atomic():
        Arrival.objects.update(sender_name="Somebody else")


# --- An unknown sender --------------------------------------------------------------------------


def test_nothing_is_handed_to_a_sender_whom_nobody_knows(desk: Desk) -> None:
    standing = desk.unknown(instrument=InstrumentId("budapest-31-stored"), form={})
    request = standing.thread.line.id
    assert standing.may_write == ()
    down = standing.may_take_down(Side.ASKED)
    assert LetterKind.QUERY in down
    assert not {LetterKind.DELIVER, LetterKind.DISCLOSE} & set(down)
    for body in (say.Deliver(package="ab" * 32), say.Acknowledge()):
        with pytest.raises(UnknownSenderError):
            write_letter(request, body, by=desk.ines, at=desk.at)
    with pytest.raises(UnknownSenderError):
        take_down(request, desk.heard(say.Deliver(package="ab" * 32)), by=desk.ines, at=desk.at)


def test_what_he_was_told_is_taken_down(desk: Desk) -> None:
    request = desk.unknown().thread.line.id
    query = say.Query(fields=(say.FieldQuery(field="facts", why=say.Why.UNCLEAR),))
    take_down(request, desk.heard(query, way=Way.TELEPHONE, file=None), by=desk.ines, at=desk.at)
    assert desk.now(request).thread.line.state == "queried"


def test_a_known_contact_in_his_place_opens_what_was_closed(desk: Desk) -> None:
    request = desk.unknown().thread.line.id
    take_down(request, desk.heard(say.Acknowledge(), file=None), by=desk.ines, at=desk.at)
    before = desk.now(request).thread.ask_step
    with pytest.raises(SenderKnownError):
        identify_sender(request, desk.bulgaria, checked=Checked.NOT, reason="?", by=desk.ines, at=desk.at)
    identify_sender(
        request, desk.bulgaria, checked=Checked.CALLED_BACK, reason="called the listed number", by=desk.ines, at=desk.at
    )
    standing = desk.now(request)
    assert standing.thread.line.counterpart == desk.bulgaria
    assert standing.thread.state.complete
    assert standing.thread.ask_step.step.sha256 == before.step.sha256  # type: ignore[union-attr]
    letter = write_letter(
        request, say.Indicate(whether=Whether.YES, form="by form", when=desk.at), by=desk.ines, at=desk.at
    )
    assert letter.addressee == desk.bulgaria
    assert [each["counterpart"] for each in entries("sender-identified")] == [desk.bulgaria]
    with pytest.raises(SenderKnownError):
        identify_sender(request, MemberId("ro"), checked=Checked.CALLED_BACK, reason="x", by=desk.ines, at=desk.at)


# --- Answering by form --------------------------------------------------------------------------


def test_our_answer_is_a_signed_letter_that_waits_for_no_node(desk: Desk) -> None:
    request = desk.taken().thread.line.id
    letter = write_letter(
        request, say.Indicate(whether=Whether.YES, form="by form", when=desk.at), by=desk.ines, at=desk.at
    )
    key = jose.verifying_key(desk.pair.offices.be("pt").node.keys.signing.public_key().public_bytes_raw())
    signed = parse_letter(jose.payload_of(letter.jws, typ=Typ.LETTER, key=key), jws=letter.jws)
    assert signed.directory.source is CardSource.HEARSAY
    assert signed.seen == desk.now(request).thread.ask_step.step.sha256  # type: ignore[union-attr]
    assert not Outgoing.objects.exists()
    assert [each["letter_sha256"] for each in entries("letter-written-down")] == [letter.sha256]
    assert [each.letter and each.letter.kind for each in desk.now(request).thread.kept] == [LetterKind.INDICATE]


def test_our_answer_meets_its_clock_once_somebody_says_that_it_came(desk: Desk) -> None:
    request = desk.taken().thread.line.id
    letter = write_letter(
        request, say.Indicate(whether=Whether.YES, form="by form", when=desk.at), by=desk.ines, at=desk.at
    )
    running = [each for each in desk.now(request).clocks if each.clock.id != "promised" and each.clock.by is Side.ASKED]
    assert all(each.state.phase is not Phase.MET for each in running)
    desk.pair.later(minutes=30)
    record_form_receipt(
        request,
        letter.sha256,
        way=Way.TELEPHONE,
        received_at=desk.at - timedelta(minutes=20),
        said_by="P. Primer",
        by=desk.ines,
        at=desk.at,
    )
    assert Phase.MET in {each.state.phase for each in desk.now(request).clocks}
    (told,) = entries("letter-receipt-recorded")
    assert told["letter_sha256"] == letter.sha256


# --- S13: the fax night -------------------------------------------------------------------------


def test_an_ask_goes_by_form_to_who_is_known_by_hearsay(desk: Desk) -> None:
    letter = send_by_form(desk.draft().id, by=desk.ines, at=desk.at)
    assert (letter.addressee, letter.seq, letter.directory.source) == (desk.bulgaria, 1, CardSource.HEARSAY)
    assert not Outgoing.objects.exists()
    standing = desk.now(letter.thread)
    assert (standing.thread.line.side, standing.thread.line.state) == (Side.ASKER, "asked")
    assert standing.thread.ask.sha256 == letter.sha256


def test_a_letter_does_not_go_where_no_node_is(desk: Desk) -> None:
    with pytest.raises(DraftFaultsError):
        send_request(desk.draft().id, by=desk.ines, at=desk.at)


def test_a_form_does_not_go_where_letters_go(desk: Desk) -> None:
    with pytest.raises(NotByFormError):
        send_by_form(desk.draft(to="ro").id, by=desk.ines, at=desk.at)
    letter = send_by_form(desk.draft(to="ro", channel="email-form").id, by=desk.ines, at=desk.at)
    assert letter.directory.source is CardSource.VOICE or letter.directory.source is CardSource.TUF


def test_the_answer_on_paper_stands_in_the_same_thread_under_the_same_clocks(desk: Desk) -> None:
    request = desk.sent()
    asked = desk.now(request)
    clocks = {each.key for each in asked.clocks}
    desk.pair.later(hours=9)
    body = say.Preserved(effected_at=desk.at - timedelta(hours=2), scope="The account", complete=True)
    take_down(request, desk.heard(body, received_at=desk.at - timedelta(hours=1)), by=desk.ines, at=desk.at)
    standing = desk.now(request)
    assert standing.thread.line.state == "preserved"
    assert clocks <= {each.key for each in standing.clocks}
    (line,) = standing.beside.steps
    assert (line.way, line.said_by, line.recorded_by, line.second_reader) == (
        Way.PAPER,
        "P. Primer",
        desk.ines.person,
        None,
    )
    assert line.unread
    assert line.file is not None
    assert (line.file.name, line.file.sha256) == ("fax 7.pdf", line.record["file"])
    assert line.step.seen == asked.thread.ask.sha256


def test_an_answer_says_that_the_ask_was_received(desk: Desk) -> None:
    request = desk.sent()
    assert not any(each.clock.by is Side.ASKED and each.ticking for each in desk.now(request).clocks)
    desk.pair.later(hours=3)
    take_down(request, desk.heard(say.Acknowledge()), by=desk.ines, at=desk.at)
    since = {each.clock.running.since for each in desk.now(request).clocks}
    assert since <= {desk.at}


def test_a_second_reader_is_another_person_and_reads_once(desk: Desk) -> None:
    request = desk.sent()
    take_down(request, desk.heard(say.Acknowledge()), by=desk.ines, at=desk.at)
    step = desk.now(request).beside.steps[0].step.sha256
    with pytest.raises(SecondReaderError):
        read_again(request, step, by=desk.ines, at=desk.at)
    with pytest.raises(RightMissingError):
        read_again(request, step, by=desk.sofia, at=desk.at)
    before = desk.now(request)
    read_again(request, step, differs="The stamp says 3, not 8.", by=desk.rui, at=desk.at)
    line = desk.now(request).beside.steps[0]
    assert (line.second_reader, line.differs, line.unread) == (desk.rui.person, "The stamp says 3, not 8.", False)
    assert [each.key for each in before.clocks] == [each.key for each in desk.now(request).clocks]
    assert [each["agrees"] for each in entries("step-read-again")] == [False]
    with pytest.raises(SecondReaderError):
        read_again(request, step, by=desk.rui, at=desk.at)


def test_what_this_side_says_is_a_letter_and_not_typed_in(desk: Desk) -> None:
    request = desk.sent()
    with pytest.raises(NotByFormError):
        take_down(request, desk.heard(say.Withdraw(reason="over"), side=Side.ASKER), by=desk.ines, at=desk.at)
    with pytest.raises(LetterKindError):
        take_down(request, desk.heard(say.Ask(form={})), by=desk.ines, at=desk.at)
    with pytest.raises(NotYourMoveError):
        take_down(request, desk.heard(say.Withdraw(reason="over"), side=Side.ASKED), by=desk.ines, at=desk.at)
    with pytest.raises(ElsewhereFieldError):
        take_down(
            request, desk.heard(say.Acknowledge(), received_at=desk.at - timedelta(days=1)), by=desk.ines, at=desk.at
        )
    assert not StepElsewhere.objects.exists()
    assert not BroughtFile.objects.exists()


def test_the_second_of_two_typists_learns_what_the_first_did(desk: Desk) -> None:
    request = desk.sent()
    head = desk.now(request).thread.head
    take_down(request, desk.heard(say.Acknowledge()), by=desk.ines, at=desk.at, expects=head)
    with pytest.raises(ThreadMovedError) as moved:
        take_down(request, desk.heard(IMPOSSIBLE), by=desk.rui, at=desk.at, expects=head)
    assert moved.value.fields["kind"] == "acknowledge"


def test_a_scan_comes_out_as_it_went_in_and_the_journal_knows(desk: Desk) -> None:
    request = desk.sent()
    take_down(request, desk.heard(say.Acknowledge()), by=desk.ines, at=desk.at)
    file = desk.now(request).beside.steps[0].file
    assert file is not None
    row = BroughtFile.objects.get()
    assert SCAN.content not in bytes(row.age)
    opened = open_brought(request, file.id, reason="second reading", by=desk.rui, at=desk.at)
    assert (opened.content, opened.name) == (SCAN.content, "fax 7.pdf")
    assert [each["reason"] for each in entries("brought-file-opened")] == ["second reading"]
    other = desk.taken().thread.line.id
    for request_id, file_id in ((other, file.id), (request, new_uuid()), (request, "x")):
        with pytest.raises(UnknownBroughtError):
            open_brought(request_id, file_id, reason="curious", by=desk.rui, at=desk.at)


def test_erased_its_steps_stand_without_a_name_or_a_word(desk: Desk) -> None:
    request = desk.sent()
    take_down(request, desk.heard(say.Acknowledge(words="Received, says P. Primer.")), by=desk.ines, at=desk.at)
    before = desk.now(request)
    with transaction.atomic():
        erase_request(request, before.thread.letters, at=desk.at)
        row = StepElsewhere.objects.get()
        assert (row.record, row.said_by, row.recorded_by, row.file) == ({}, "", None, None)
        assert not BroughtFile.objects.exists()
        transaction.set_rollback(True)  # a part of retention's act, which records it


# --- Joining ------------------------------------------------------------------------------------


def test_one_request_on_three_ways_is_one_with_three_arrivals(desk: Desk) -> None:
    mail = desk.taken().thread.line.id
    paper = desk.unknown(way=Way.PAPER, received_at=desk.at - timedelta(hours=3)).thread.line.id
    phone = desk.taken(way=Way.TELEPHONE, received_at=desk.at, checked=Checked.CALLED_BACK).thread.line.id
    join(mail, paper, reason="the same fax, later as mail", by=desk.ines, at=desk.at)
    standing = join(mail, phone, reason="they rang about it", by=desk.ines, at=desk.at)
    assert [each.way for each in standing.beside.arrivals] == [Way.PAPER, Way.MAIL, Way.TELEPHONE]
    assert [each.came_as for each in standing.beside.arrivals] == [paper, mail, phone]
    clock = next(each for each in standing.clocks if each.clock.by is Side.ASKED and each.strict)
    assert clock.clock.running.since == desk.at - timedelta(hours=3)
    assert {each.id for each in reads.watch(desk.ines)} == {mail}
    assert desk.now(paper).may_write == ()
    assert desk.now(paper).thread.line.joined_to == mail
    with pytest.raises(JoinError):
        take_down(paper, desk.heard(say.Acknowledge()), by=desk.ines, at=desk.at)
    assert [each["other"] for each in entries("request-joined")] == [paper, phone]


def test_a_letter_of_the_wire_is_joined_by_its_fax_and_keeps_its_clocks(desk: Desk) -> None:
    request = desk.pair.sent(urgent(desk.at))
    desk.pair.pt()
    fax = desk.taken(sender=MemberId("ro"), way=Way.PAPER, received_at=desk.at - timedelta(hours=1)).thread.line.id
    before = [(each.key, each.strict) for each in desk.now(request).clocks]
    with pytest.raises(JoinError):
        join(fax, request, reason="the wrong way round", by=desk.ines, at=desk.at)
    standing = join(request, fax, reason="the fax of the letter", by=desk.ines, at=desk.at)
    assert [(each.key, each.strict) for each in standing.clocks] == before
    assert [each.way for each in standing.beside.arrivals] == [Way.PAPER]


def test_what_is_not_one_request_is_not_joined(desk: Desk) -> None:
    one = desk.taken().thread.line.id
    others = [
        desk.taken(sender=MemberId("ro")).thread.line.id,
        desk.taken(instrument=InstrumentId("budapest-31-stored"), form={}).thread.line.id,
        one,
    ]
    answered = desk.taken().thread.line.id
    write_letter(answered, say.Acknowledge(), by=desk.ines, at=desk.at)
    for other in (*others, answered):
        with pytest.raises(JoinError):
            join(one, other, reason="the same", by=desk.ines, at=desk.at)
    with pytest.raises(ElsewhereFieldError):
        join(one, others[0], reason=" ", by=desk.ines, at=desk.at)


def test_nobody_joins_what_he_may_not_see(desk: Desk) -> None:
    one, other = desk.taken().thread.line.id, desk.taken().thread.line.id
    dossier = make_dossier("Lighthouse", members_only=True, by=desk.ines, at=desk.at)
    let_in(dossier, "Sofia Procuradora", capacity="member", reason="signs", by=desk.ines, at=desk.at)
    put_in_dossier(one, dossier, reason="the case", by=desk.ines, at=desk.at)
    with pytest.raises(UnknownRequestError):
        join(one, other, reason="the same", by=desk.rui, at=desk.at)
    with pytest.raises(JoinError):
        join(other, one, reason="the same", by=desk.ines, at=desk.at)
    join(one, other, reason="the same", by=desk.ines, at=desk.at)
    with pytest.raises(UnknownRequestError):
        reads.line_for(desk.rui, other)


# --- Rules --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\x\\a.pdf", "a.pdf"),
        ("a\u202efdp.exe", "file"),
        ("", "file"),
        (".hidden", "hidden"),
        ("ж.pdf", "ж.pdf"),
    ],
)
def test_a_file_name_is_plain_before_it_is_kept(name: str, kept: str) -> None:
    assert brought(name, b"x", "text/html; charset=x").name == kept
    assert brought(name, b"x", "text/html; charset=x").media_type == ANY_BYTES


@pytest.mark.parametrize("content", [b"", b"x" * (MOST_BYTES + 1)])
def test_a_file_is_neither_empty_nor_endless(content: bytes) -> None:
    with pytest.raises(BroughtFaultyError):
        brought("a.pdf", content, "application/pdf")


def _step(seq: int, *, seen: str | None = None) -> Step:
    return Step(
        id=LetterId("8f2d7a0e-7f0a-4f63-8c8b-0d6c4f0f4c9e"),
        sha256=f"{seq:064x}",
        thread=RequestId("51c0a7de-7f0a-4f63-8c8b-0d6c4f0f4c9e"),
        instrument=URGENT,
        kind=LetterKind.ACKNOWLEDGE,
        sender=MemberId("pt"),
        addressee=MemberId("ro"),
        seq=seq,
        prev=None,
        seen=seen,
        written=START,
        exercise=False,
        marks=None,
    )


@given(st.integers(1, 5), st.lists(st.tuples(st.integers(1, 5), st.integers(0, 100)), max_size=6))
def test_a_letter_was_there_when_the_first_answer_built_on_it(count: int, answers: list[tuple[int, int]]) -> None:
    ours = [_step(seq) for seq in range(1, count + 1)]
    theirs = [(_step(9, seen=f"{seq:064x}"), START + timedelta(minutes=at)) for seq, at in answers]
    found = received_by_form(ours, theirs, {})
    for step in ours:
        built = [START + timedelta(minutes=at) for seq, at in answers if step.seq <= seq <= count]
        assert found.get(step.sha256) == min(built, default=None)
    told = {ours[0].sha256: START - timedelta(days=1)}
    assert received_by_form(ours, theirs, told)[ours[0].sha256] == START - timedelta(days=1)
