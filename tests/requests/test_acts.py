"""A request from draft to closed between two nodes, and what every act refuses."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from tests.offices import Offices, console, entries
from tests.requests.desk import Pair, preservation, stored, urgent
from tocsin.base.ids import RequestId, new_uuid
from tocsin.base.instant import text
from tocsin.journal import acts as journal
from tocsin.law.vocabulary import LetterKind
from tocsin.people.errors import (
    OfficeMissingError,
    OwnConfirmationError,
    OwnSignOffError,
    RightMissingError,
    SignOffMissingError,
)
from tocsin.requests import reads
from tocsin.requests.acts.draft import change_draft, discard_draft, write_draft
from tocsin.requests.acts.look import look_at_request, take_request
from tocsin.requests.acts.receive import take_back
from tocsin.requests.acts.release import decide_release
from tocsin.requests.acts.send import send_request
from tocsin.requests.acts.sign_off import confirm_document, enter_document, sign_off
from tocsin.requests.acts.write import write_letter
from tocsin.requests.errors import (
    DraftChangedError,
    DraftFaultsError,
    DraftFieldError,
    LetterKindError,
    LookReasonError,
    NoReleaseDraftError,
    NotYourMoveError,
    PersonNeededError,
    UnknownDraftError,
    UnknownRequestError,
    UnknownSignOffError,
)
from tocsin.requests.models import Alarm, ClockShift, Draft, Look, ReleaseDraft, Request, StoredSignOff, Wording
from tocsin.requests.rules import letters as say
from tocsin.requests.rules.marks import Stage
from tocsin.wire import reads as wire
from tocsin.wire.handlers import ReturnedLetter
from tocsin.wire.rules.letter import Letter

SCAN = "ab" * 32
Act = Callable[[], Any]
Write = Callable[[RequestId, say.Body], Letter]


@pytest.fixture
def pair(offices: Offices) -> Pair:
    return Pair(offices)


# --- The whole way ------------------------------------------------------------------------------


def test_a_request_goes_from_draft_to_closed_and_both_sides_agree_at_every_step(pair: Pair) -> None:
    keep = pair.sent()
    steps: list[tuple[Write, say.Body]] = [
        (pair.pt_writes, say.Acknowledge(reference="PT-118", words=None)),
        (
            pair.pt_writes,
            say.Query(fields=(say.FieldQuery(field="period", why=say.Why.UNCLEAR),), preserved=False, words=None),
        ),
        (
            pair.ro_writes,
            say.Supplement(
                fields={"period": {"from": "2026-11-18T00:00:00Z", "until": "2026-11-19T00:00:00Z"}}, cannot={}
            ),
        ),
        (pair.pt_writes, say.Accept(reference="PT-99")),
        (pair.pt_writes, say.Preserved(effected_at=pair.at, scope="account example.user")),
    ]
    for write, body in steps:
        pair.later(minutes=10)
        write(keep, body)
        ours, theirs = pair.at_ro(keep), pair.at_pt(keep)
        assert ours.thread.state == theirs.thread.state
        assert [each.state for each in ours.clocks] == [each.state for each in theirs.clocks]
    data = pair.sent(stored(pair.at, earlier=keep))
    issued = say.FollowUp(
        stage=Stage.ISSUED, reference="RO-55", at=pair.at, instrument=pair.at_ro(data).thread.instrument.id
    )
    pair.ro_writes(keep, issued)
    pair.pt_writes(data, say.Refuse(ground="ETS185_ORDRE_PUBLIC", reason="It would prejudice essential interests."))
    pair.pt_writes(keep, replace(issued, stage=Stage.DECIDED, outcome=say.Outcome.REFUSED))
    pair.ro_writes(keep, say.Close(words="Thank you."))
    assert pair.at_ro(keep).thread.line.state == pair.at_pt(keep).thread.line.state == "closed"
    pair.ro()
    assert [each.id for each in reads.watch(pair.ioana)] == []
    kinds = [each["kind"] for each in entries() if each.get("thread") == keep or each.get("request") == keep]
    assert kinds.count("letter-sent") == 4
    assert {"draft-written", "draft-signed-off", "request-opened"} <= set(kinds)


def test_every_act_leaves_its_entry(pair: Pair) -> None:
    told: list[str] = []

    def newly() -> set[str]:
        kinds = [each["kind"] for each in entries()]
        fresh, told[:] = kinds[len(told) :], kinds
        return set(fresh)

    newly()
    draft = pair.draft()
    assert newly() == {"draft-written"}
    draft = change_draft(draft.id, {"case_reference": "RO-2026-0043"}, by=pair.ioana, at=pair.at)
    assert newly() == {"draft-written"}
    enter_document(
        draft.id,
        draft_sha256=draft.content.sha256,
        document_sha256=SCAN,
        signer="Ana Judecator",
        function="judge",
        by=pair.ioana,
        at=pair.at,
    )
    assert newly() == {"draft-signed-off"}
    document = reads.draft_for(pair.ioana, draft.id).sign_offs[0]
    duty = pair.offices.person("ro", "Dan Exemplu", "duty-officer", function="police")
    newly()
    confirm_document(document.id, by=duty, at=pair.at)
    assert newly() == {"sign-off-confirmed"}
    letter = send_request(draft.id, by=pair.ioana, at=pair.at)
    assert newly() == {"letter-sent", "request-opened"}
    take_request(letter.thread, by=pair.ioana, at=pair.at)
    assert newly() == {"request-taken"}
    look_at_request(letter.thread, reason="I drafted it", by=pair.ioana, at=pair.at)
    assert newly() == {"request-looked"}
    other = pair.draft()
    discard_draft(other.id, by=pair.ioana, at=pair.at)
    assert newly() == {"draft-written", "draft-discarded"}


def test_the_database_refuses_the_row_of_an_act_without_its_entry(pair: Pair) -> None:
    request = pair.sent()
    pair.ro()
    row, draft = Request.objects.get(id=request), Draft.objects.get()
    person = pair.ioana.person
    acts: dict[str, Act] = {
        "a draft": lambda: Draft.objects.filter(id=draft.id).update(content={}),
        "a sign-off": lambda: StoredSignOff.objects.create(
            id=new_uuid(), draft=draft, person=person, name="x", function="judge", draft_sha256="0" * 64, at=pair.at
        ),
        "an alarm": lambda: Alarm.objects.create(request=row, key="k", clock="c", kind="missed", at=pair.at),
        "a release": lambda: ReleaseDraft.objects.create(id=new_uuid(), request=row, drafted_at=pair.at),
        "a look": lambda: Look.objects.create(id=new_uuid(), request=row, person=person, reason="x", at=pair.at),
        "a shift": lambda: ClockShift.objects.create(seconds=1, at=pair.at),
        "who has it": lambda: Request.objects.filter(id=request).update(case_holder=new_uuid()),
        "whom it is with": lambda: Request.objects.filter(id=request).update(counterpart="gr"),
    }
    for name, act in acts.items():
        with pytest.raises(IntegrityError, match="without an entry"), transaction.atomic():
            act()
        assert name


def test_bookkeeping_alone_needs_no_entry(pair: Pair) -> None:
    from tocsin.requests.acts.ring import ring_clocks  # noqa: PLC0415 - it has a file of tests of its own

    pair.sent(urgent(pair.at))
    pair.ro()
    before = len(entries())
    assert ring_clocks(at=pair.at + timedelta(minutes=1)) == 0
    assert len(entries()) == before


# --- Refusals: rights ---------------------------------------------------------------------------


def test_each_act_needs_its_right_whether_or_not_its_object_exists(pair: Pair) -> None:
    request = pair.sent()
    draft = pair.draft()
    auditor = pair.offices.person("ro", "Aurel Auditor", "auditor")
    for the_request in (request, new_uuid()):
        acts: list[Act] = [
            partial(look_at_request, the_request, reason="curious", by=auditor, at=pair.at),
            partial(take_request, the_request, by=auditor, at=pair.at),
            partial(write_letter, the_request, say.Close(), by=auditor, at=pair.at),
            partial(decide_release, the_request, release=True, scope="x", by=auditor, at=pair.at),
            partial(reads.standing_for, auditor, the_request, at=pair.at),
            partial(reads.line_for, auditor, the_request),
            partial(reads.children_for, auditor, the_request),
            partial(reads.alarms_for, auditor, the_request),
            partial(reads.looks_for, auditor, the_request),
            partial(reads.release_draft_for, auditor, the_request),
        ]
        for act in acts:
            with pytest.raises(RightMissingError):
                act()
    for the_draft in (draft.id, new_uuid()):
        drafting: list[Act] = [
            lambda: write_draft(preservation(pair.at), by=auditor, at=pair.at),
            partial(change_draft, the_draft, {}, by=auditor, at=pair.at),
            partial(discard_draft, the_draft, by=auditor, at=pair.at),
            partial(sign_off, the_draft, draft_sha256="0" * 64, by=auditor, at=pair.at),
            partial(send_request, the_draft, by=auditor, at=pair.at),
            partial(confirm_document, the_draft, by=auditor, at=pair.at),
            partial(reads.draft_for, auditor, the_draft),
        ]
        for act in drafting:
            with pytest.raises(RightMissingError):
                act()


def test_who_may_not_see_requests_learns_nothing_from_writing_to_one(pair: Pair) -> None:
    request = pair.sent()
    pair.ro()
    administrator = pair.offices.person("ro", "Adina Admin", "administrator")
    told = set()
    for the_request in (request, new_uuid()):
        with pytest.raises(RightMissingError) as refused:
            write_letter(the_request, say.Close(), by=administrator, at=pair.at)
        told.add(str(refused.value))
    assert len(told) == 1


def test_what_does_not_exist_is_unknown(pair: Pair) -> None:
    pair.ro()
    for nothing in (new_uuid(), "x", "", "0" * 32):
        with pytest.raises(UnknownRequestError):
            look_at_request(nothing, reason="where is it", by=pair.ioana, at=pair.at)
        with pytest.raises(UnknownRequestError):
            write_letter(nothing, say.Close(), by=pair.ioana, at=pair.at)
        with pytest.raises(UnknownDraftError):
            send_request(nothing, by=pair.ioana, at=pair.at)
        with pytest.raises(UnknownSignOffError):
            confirm_document(nothing, by=pair.ioana, at=pair.at)
    assert {each["kind"] for each in entries()} == {"card-signed", "card-taken", "person-added"}


def test_the_console_runs_the_node_and_acts_in_no_request(pair: Pair) -> None:
    pair.ro()
    officer = replace(console(), roles=frozenset({"duty-officer", "issuing-authority"}))
    draft = pair.draft()
    acts: list[Act] = [
        lambda: write_draft(preservation(pair.at), by=officer, at=pair.at),
        lambda: change_draft(draft.id, {}, by=officer, at=pair.at),
        lambda: sign_off(draft.id, draft_sha256=draft.content.sha256, by=officer, at=pair.at),
        lambda: send_request(draft.id, by=officer, at=pair.at),
        lambda: look_at_request(draft.request, reason="x", by=officer, at=pair.at),
        lambda: write_letter(draft.request, say.Close(), by=officer, at=pair.at),
    ]
    for act in acts:
        with pytest.raises(PersonNeededError):
            act()


# --- Refusals: four eyes ------------------------------------------------------------------------


def test_nobody_signs_off_what_he_wrote_first_or_last(pair: Pair) -> None:
    both = pair.offices.person("ro", "Mara Ambele", "duty-officer", "issuing-authority", function="prosecutor")
    draft = pair.draft(by=both)
    with pytest.raises(OwnSignOffError):
        sign_off(draft.id, draft_sha256=draft.content.sha256, by=both, at=pair.at)
    changed = change_draft(draft.id, {"form": {"facts": "Other facts."}}, by=pair.ioana, at=pair.at)
    with pytest.raises(OwnSignOffError):  # somebody else wrote last, and she wrote nearly all of it
        sign_off(draft.id, draft_sha256=changed.content.sha256, by=both, at=pair.at)
    signed = sign_off(draft.id, draft_sha256=changed.content.sha256, by=pair.radu, at=pair.at)
    assert [each.name for each in signed.signed] == ["Radu Model"]


def test_who_changes_a_draft_has_written_it_and_the_old_signatures_fall(pair: Pair) -> None:
    draft = pair.draft()
    sign_off(draft.id, draft_sha256=draft.content.sha256, by=pair.radu, at=pair.at)
    changed = change_draft(draft.id, {"form": {"duration_days": 30}}, by=pair.ioana, at=pair.at)
    assert changed.signed == ()
    with pytest.raises(DraftChangedError):
        sign_off(draft.id, draft_sha256=draft.content.sha256, by=pair.radu, at=pair.at)
    with pytest.raises(SignOffMissingError):
        send_request(draft.id, by=pair.ioana, at=pair.at)


def test_a_field_that_is_changed_to_null_is_taken_out(pair: Pair) -> None:
    draft = pair.draft()
    changed = change_draft(draft.id, {"form": {"confidentiality": None}}, by=pair.ioana, at=pair.at)
    assert "confidentiality" in draft.content.form
    assert "confidentiality" not in changed.content.form


def test_a_signer_without_an_office_signs_nothing(pair: Pair) -> None:
    nobody = pair.offices.person("ro", "Nina Nimeni", "issuing-authority")
    draft = pair.draft()
    with pytest.raises(OfficeMissingError):
        sign_off(draft.id, draft_sha256=draft.content.sha256, by=nobody, at=pair.at)


def test_a_signed_document_counts_once_a_second_person_confirmed_it(pair: Pair) -> None:
    draft = pair.draft()
    entered = enter_document(
        draft.id,
        draft_sha256=draft.content.sha256,
        document_sha256=SCAN,
        signer="Ana Judecator",
        function="judge",
        by=pair.ioana,
        at=pair.at,
    )
    assert entered.signed == ()
    with pytest.raises(SignOffMissingError):
        send_request(draft.id, by=pair.ioana, at=pair.at)
    (document,) = entered.sign_offs
    with pytest.raises(OwnConfirmationError):
        confirm_document(document.id, by=pair.ioana, at=pair.at)
    second = pair.offices.person("ro", "Dan Exemplu", "duty-officer", function="police")
    confirmed = confirm_document(document.id, by=second, at=pair.at)
    assert [each.name for each in confirmed.signed] == ["Ana Judecator"]
    before = len(entries())
    confirm_document(document.id, by=second, at=pair.at)
    assert len(entries()) == before
    assert send_request(draft.id, by=pair.ioana, at=pair.at).kind is LetterKind.ASK


def test_a_document_under_another_draft_is_not_confirmed(pair: Pair) -> None:
    draft = pair.draft()
    entered = enter_document(
        draft.id,
        draft_sha256=draft.content.sha256,
        document_sha256=SCAN,
        signer="Ana Judecator",
        function="judge",
        by=pair.ioana,
        at=pair.at,
    )
    change_draft(draft.id, {"case_reference": "RO-2"}, by=pair.ioana, at=pair.at)
    second = pair.offices.person("ro", "Dan Exemplu", "duty-officer", function="police")
    with pytest.raises(DraftChangedError):
        confirm_document(entered.sign_offs[0].id, by=second, at=pair.at)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"function": "clerk"}, OfficeMissingError),
        ({"signer": "  "}, DraftFieldError),
        ({"document_sha256": "abc"}, DraftFieldError),
        ({"draft_sha256": "0" * 64}, DraftChangedError),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_signed_document_is_entered_whole_or_not_at_all(
    pair: Pair, wrong: dict[str, str], error: type[Exception]
) -> None:
    draft = pair.draft()
    told: dict[str, Any] = {
        "draft_sha256": draft.content.sha256,
        "document_sha256": SCAN,
        "signer": "Ana Judecator",
        "function": "judge",
    }
    with pytest.raises(error):
        enter_document(draft.id, **(told | wrong), by=pair.ioana, at=pair.at)
    assert reads.draft_for(pair.ioana, draft.id).sign_offs == ()


# --- Refusals: what is sent and written ---------------------------------------------------------


def test_a_draft_with_faults_is_not_sent_and_each_fault_names_its_rule_and_cure(pair: Pair) -> None:
    draft = pair.draft(preservation(pair.at, identifiers=None, duration_days=900))
    sign_off(draft.id, draft_sha256=draft.content.sha256, by=pair.radu, at=pair.at)
    found = [each for each in reads.faults_of_draft(draft, at=pair.at) if each.severity == "stops"]
    with pytest.raises(DraftFaultsError) as refused:
        send_request(draft.id, by=pair.ioana, at=pair.at)
    assert found
    for each in found:
        assert each.rule
        assert each.rule in str(refused.value)
        assert each.cure in str(refused.value)
    assert not Request.objects.exists()
    assert reads.draft_for(pair.ioana, draft.id).id == draft.id


def test_a_draft_that_was_sent_is_sent_once(pair: Pair) -> None:
    pair.sent()
    pair.ro()
    draft = str(Draft.objects.get().id)
    with pytest.raises(UnknownDraftError):
        send_request(draft, by=pair.ioana, at=pair.at)
    assert Request.objects.count() == 1


def test_an_addressee_who_is_not_in_the_directory_is_a_fault_and_no_surprise(pair: Pair) -> None:
    draft = pair.draft({**preservation(pair.at), "to": "nobody"})
    faults = reads.faults_of_draft(draft, at=pair.at)
    assert [(each.field, each.code) for each in faults] == [("to", "addressee-unknown")]
    sign_off(draft.id, draft_sha256=draft.content.sha256, by=pair.radu, at=pair.at)
    with pytest.raises(DraftFaultsError, match="nobody"):
        send_request(draft.id, by=pair.ioana, at=pair.at)


def test_a_case_without_a_reference_is_a_fault(pair: Pair) -> None:
    draft = pair.draft({**preservation(pair.at), "case_reference": " "})
    assert "case_reference" in [each.field for each in reads.faults_of_draft(draft, at=pair.at)]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"to": 5}, "to"),
        ({"to": "Not A Member"}, "to"),
        ({"form": []}, "form"),
        ({"form": {"facts": 0.5}}, "form"),
        ({"form": {"facts": "a\0b"}}, "form"),
        ({"form": {"facts": "\ud800"}}, "form"),
        ({"earlier": ["x"]}, "earlier"),
        ({"other_way": "paper"}, "ground"),
        ({"overrides": [1]}, "rule"),
        ({"case_reference": "x" * 300}, "case_reference"),
        ({"unheard_of": 1}, "unheard_of"),
    ],
    ids=str,
)
def test_a_draft_of_a_wrong_shape_is_refused_with_the_name_of_its_field(
    pair: Pair, wrong: dict[str, Any], field: str
) -> None:
    with pytest.raises(DraftFieldError) as refused:
        pair.draft({**preservation(pair.at), **wrong})
    assert refused.value.fields["field"] == field
    draft = pair.draft()
    with pytest.raises(DraftFieldError):
        change_draft(draft.id, wrong, by=pair.ioana, at=pair.at)
    assert reads.draft_for(pair.ioana, draft.id).content.sha256 == draft.content.sha256


def test_what_is_not_lawful_now_is_not_written_and_leaves_nothing(pair: Pair) -> None:
    request = pair.sent()
    for side, person in (("ro", pair.ioana), ("pt", pair.ines)):
        pair.offices.be(side)
        wrong = say.Accept() if side == "ro" else say.Supplement(fields={"facts": "x"}, cannot={})
        before = (len(entries()), reads.standing_for(person, request, at=pair.at).thread.state)
        with pytest.raises((NotYourMoveError, RightMissingError)):
            write_letter(request, wrong, by=person, at=pair.at)
        assert (len(entries()), reads.standing_for(person, request, at=pair.at).thread.state) == before


def test_an_ask_is_sent_and_not_written(pair: Pair) -> None:
    request = pair.sent()
    pair.ro()
    ask = say.parse_body(LetterKind.ASK, pair.at_ro(request).thread.ask.body)
    with pytest.raises(LetterKindError):
        write_letter(request, ask, by=pair.ioana, at=pair.at)


def test_a_release_is_decided_only_where_one_is_drafted(pair: Pair) -> None:
    request = pair.sent()
    pair.pt()
    with pytest.raises(NoReleaseDraftError):
        decide_release(request, release=True, scope="all", by=pair.ines, at=pair.at)


# --- Looks --------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501, "two\nlines", "a\0b"])
def test_a_look_needs_a_reason(pair: Pair, reason: str) -> None:
    request = pair.sent()
    pair.pt()
    with pytest.raises(LookReasonError):
        look_at_request(request, reason=reason, by=pair.ines, at=pair.at)
    assert entries("request-looked") == []


def test_a_look_is_recorded_with_its_reason_and_the_sender_learns_that_it_was_opened(pair: Pair) -> None:
    request = pair.sent()
    pair.pt()
    look_at_request(request, reason="a new request on my watch", by=pair.ines, at=pair.later(minutes=2))
    look_at_request(request, reason="once more", by=pair.ines, at=pair.later(minutes=2))
    assert [each["reason"] for each in entries("request-looked")] == ["a new request on my watch", "once more"]
    assert [each.reason for each in reads.looks_for(pair.ines, request)] == ["once more", "a new request on my watch"]
    assert len(entries("letter-opened")) == 1
    pair.carry()
    pair.ro()
    (kept,) = reads.thread_for(pair.ioana, request).kept
    stages = [each.stage.value for each in kept.receipts]
    assert stages == ["stored", "opened"]


# --- What came back after a restored backup ---------------------------------------------------------


def test_a_request_whose_ask_came_back_is_its_writers_again_and_its_draft_has_left(pair: Pair) -> None:
    request = pair.sent(urgent(pair.at))
    pair.pt_writes(request, say.Acknowledge())
    pair.ro()
    before, letters = Request.objects.get(id=request), wire.letters_of(request)
    clocks = [each.state for each in pair.at_ro(request).clocks]
    with transaction.atomic():  # the backup knows the draft, and nothing of what became of it
        before.clocks.all().delete()
        before.subjects.all().delete()
        Wording.objects.filter(request=before).delete()
        Request.objects.filter(id=request).delete()
        Draft.objects.update(sent_at=None)
        back = [ReturnedLetter(letter=each, stored=None if each.sender == "ro" else pair.at) for each in letters]
        journal.record_all(take_back(back, pair.at), by=console(), at=pair.at)
    row = Request.objects.get(id=request)
    assert (row.side, row.counterpart, row.case_reference, row.case_holder) == (
        before.side,
        before.counterpart,
        before.case_reference,
        before.case_holder,
    )
    assert (row.state, row.opened_at, row.subjects.count()) == ("acknowledged", before.opened_at, 1)
    assert [each.state for each in pair.at_ro(request).clocks] == clocks
    assert Draft.objects.get().sent_at is not None
    assert reads.drafts_for(pair.ioana) == []
    assert entries("request-opened")[-1]["request"] == request


# --- What is kept twice is the same -------------------------------------------------------------


def test_the_copies_in_the_rows_are_what_the_letters_yield(pair: Pair) -> None:
    first, second = pair.sent(), pair.sent(urgent(pair.at))
    pair.pt_writes(first, say.Accept(reference="PT-1"))
    pair.pt_writes(first, say.Preserved(effected_at=pair.later(minutes=5), scope="all"))
    pair.pt_writes(second, say.Acknowledge())
    for member in ("ro", "pt"):
        pair.offices.be(member)
        for row in Request.objects.all():
            standing = reads.standing_of(row, at=pair.at)
            assert row.state == standing.thread.state.phase.value
            nearest = standing.nearest
            assert (row.due_clock, row.due_strict, row.due_latest) == (
                (nearest.clock.id, nearest.strict, nearest.legal_latest) if nearest else ("", None, None)
            )
            kept = {each.key: (each.clock, each.phase, each.strict, each.latest) for each in row.clocks.all()}
            assert kept == {
                each.key: (each.clock.id, each.state.phase.value, each.strict, each.legal_latest)
                for each in standing.clocks
            }
            assert row.earlier == list(say.parse_body(LetterKind.ASK, standing.thread.ask.body).earlier)  # type: ignore[union-attr]
            assert row.subjects.count() == 1


def test_written_instants_are_those_of_the_act(pair: Pair) -> None:
    request = pair.sent()
    assert text(pair.at_pt(request).thread.ask.written) == text(pair.at)
