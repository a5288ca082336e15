"""What letters say: read strictly, every fault at once, and back again without loss."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.requests.said import EARLY, LATER, ask, every_body, new_deadline, no_ground_raised, supplement, validation
from tocsin.base.ids import RequestId
from tocsin.law.provisions import Side
from tocsin.law.vocabulary import ClockId, LetterKind
from tocsin.proof.canonical import canonical, parse_canonical
from tocsin.requests.errors import LetterBodyError, TombstoneError
from tocsin.requests.rules.letters import (
    MOST_WORDS,
    Accept,
    Acknowledge,
    Body,
    Close,
    Condition,
    ConditionKind,
    Deliver,
    Disclose,
    Extend,
    FollowUp,
    Indicate,
    OtherWay,
    Override,
    PathLine,
    Postpone,
    Preserved,
    Query,
    Refuse,
    Release,
    ReleaseReason,
    Signature,
    Supplement,
    Withdraw,
    body_payload,
    faults_of,
    marks_of,
    parse_body,
)
from tocsin.requests.rules.marks import MARKS_OF_KIND, CarriedClock, Stage, Urgency, Whether, marks_payload, parse_marks

FULL = ask(
    clocks=(CarriedClock(ClockId("eev.10.3.produce"), of="eev-epoc"),),  # type: ignore[arg-type]
    urgency=Urgency.URGENT,
    urgency_reason="The logs are overwritten after three days.",
    reply_by=LATER,
    earlier=(RequestId("51c0a7de-7f0a-4f63-8c8b-0d6c4f0f4c9e"),),
    signed_off=(Signature(name="Ana Exemplu", role="prosecutor", at=EARLY),),
    validation_follows=True,
    overrides=(Override(rule="too-broad", reason="The account has one user."),),
    other_way=OtherWay(ground="eev.19.5", words="The decentralised system was down."),
    conditions=(Condition(kind=ConditionKind.USE, words="As a lead only."),),
)
BODIES: tuple[Body, ...] = (
    FULL,
    *every_body(Side.ASKER),
    *every_body(Side.ASKED),
    supplement("time", cannot=("port",)),
    new_deadline("eev.10.3.produce", LATER),
    no_ground_raised(),
    Extend(clock=ClockId("eev.11.1.preserve"), until=LATER),
    Withdraw(reason="Validation was refused."),
)


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.kind.value)
def test_what_a_letter_says_comes_back_as_it_was(body: Body) -> None:
    payload = body_payload(body)
    read = parse_canonical(canonical(payload))
    assert isinstance(read, dict)
    assert parse_body(body.kind, read) == body
    assert body_payload(parse_body(body.kind, read)) == payload


def test_every_kind_of_letter_says_something_here() -> None:
    assert {body.kind for body in BODIES} == set(LetterKind)
    assert set(MARKS_OF_KIND) == set(LetterKind)


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.kind.value)
def test_a_member_that_is_missing_or_unknown_is_named(body: Body) -> None:
    payload = body_payload(body)
    for name in payload:
        faults = faults_of(body.kind, {key: value for key, value in payload.items() if key != name})
        assert name in {fault.field.split(".")[0] for fault in faults}
    assert [fault.field for fault in faults_of(body.kind, {**payload, "more": None})] == ["more"]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.kind.value)
@pytest.mark.parametrize("wrong", [5, [5], {"x": 5}, "", "\x1b"], ids=repr)
def test_a_member_of_a_wrong_shape_is_named(body: Body, wrong: Any) -> None:
    payload = body_payload(body)
    for name in payload:
        if name in {"form", "fields", "cannot"} and isinstance(wrong, dict):
            continue  # any object may stand there
        faults = faults_of(body.kind, {**payload, name: wrong})
        if not (name == "days" and wrong == 5):
            assert name in {fault.field.split(".")[0] for fault in faults}, (name, faults)


FAULTY: dict[str, tuple[LetterKind, dict[str, Any], set[str]]] = {
    "whoever will answer says how and when": (
        LetterKind.INDICATE,
        {"whether": "yes", "form": None, "when": None, "words": None},
        {"form", "when"},
    ),
    "a refusal has a reason": (LetterKind.REFUSE, {"ground": "ETS185_LAW", "reason": " ", "part": None}, {"reason"}),
    "a query asks for something": (LetterKind.QUERY, {"fields": [], "preserved": None, "words": None}, {"fields"}),
    "a query asks for a field once": (
        LetterKind.QUERY,
        {"fields": [{"field": "a", "why": "missing"}] * 2, "preserved": None, "words": None},
        {"fields"},
    ),
    "a supplement gives something": (
        LetterKind.SUPPLEMENT,
        {"fields": {}, "cannot": {}, "validation": None, "words": "hello"},
        {"fields"},
    ),
    "a field is given or it is not": (
        LetterKind.SUPPLEMENT,
        {"fields": {"a": 1}, "cannot": {"a": "unknown"}, "validation": None, "words": None},
        {"cannot"},
    ),
    "an extension has one length": (
        LetterKind.EXTEND,
        {"clock": "a.b", "days": 30, "until": "2026-11-24T03:00:00.000Z", "reason": None},
        {"days"},
    ),
    "an extension has some length": (
        LetterKind.EXTEND,
        {"clock": "a.b", "days": None, "until": None, "reason": None},
        {"days"},
    ),
    "lines or why not": (LetterKind.DISCLOSE, {"lines": [], "withheld": None}, {"lines"}),
    "only a decision has an outcome": (
        LetterKind.FOLLOW_UP,
        {
            "stage": "issued",
            "instrument": None,
            "reference": "x",
            "at": "2026-11-24T03:00:00.000Z",
            "authority": None,
            "outcome": "granted",
        },
        {"outcome"},
    ),
    "a new deadline names its clock and its instant": (
        LetterKind.SUPPLEMENT,
        {"fields": {"new_deadline": {"until": "soon"}}, "cannot": {}, "validation": None, "words": None},
        {"fields.new_deadline.clock", "fields.new_deadline.until"},
    ),
    "a new deadline is an object": (
        LetterKind.SUPPLEMENT,
        {"fields": {"new_deadline": "2026-12-01"}, "cannot": {}, "validation": None, "words": None},
        {"fields.new_deadline"},
    ),
    "who says that no ground is raised says by whom": (
        LetterKind.SUPPLEMENT,
        {
            "fields": {"no_ground_raised": {"by": "IE", "at": None, "letter": "x"}},
            "cannot": {},
            "validation": None,
            "words": None,
        },
        {"fields.no_ground_raised.by", "fields.no_ground_raised.at", "fields.no_ground_raised.letter"},
    ),
    "a package is named by a hash": (
        LetterKind.DELIVER,
        {"package": "AB", "complete": True, "words": None},
        {"package"},
    ),
}


@pytest.mark.parametrize("name", FAULTY)
def test_each_rule_of_what_letters_say_is_told_by_field(name: str) -> None:
    kind, body, fields = FAULTY[name]
    assert {fault.field for fault in faults_of(kind, body)} == fields
    with pytest.raises(LetterBodyError) as refused:
        parse_body(kind, body)
    assert refused.value.fields["kind"] == kind.value
    assert all(field in str(refused.value) for field in fields)


def test_who_says_it_is_urgent_says_why() -> None:
    faults = faults_of(LetterKind.ASK, body_payload(ask(urgency=Urgency.EMERGENCY)))
    assert [fault.field for fault in faults] == ["urgency.reason"]


def test_every_fault_is_told_at_once() -> None:
    faults = faults_of(LetterKind.REFUSE, {"ground": "no ground!", "reason": "", "more": 1})
    assert {fault.field for fault in faults} == {"ground", "reason", "part", "more"}


def test_a_hostile_body_gets_a_short_answer() -> None:
    body = body_payload(supplement()) | {f"x{n}": n for n in range(500)}
    with pytest.raises(LetterBodyError) as refused:
        parse_body(LetterKind.SUPPLEMENT, body)
    assert "and 480 more" in str(refused.value)
    assert len(str(refused.value)) < 2000


def test_words_have_a_longest_length() -> None:
    assert not faults_of(LetterKind.REFUSE, body_payload(Refuse(ground="A", reason="x" * MOST_WORDS)))
    assert faults_of(LetterKind.REFUSE, body_payload(Refuse(ground="A", reason="x" * (MOST_WORDS + 1))))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(BODIES), st.data())
def test_nothing_else_than_a_letters_own_error_comes_of_any_body(body: Body, data: st.DataObject) -> None:
    payload: dict[str, Any] = dict(body_payload(body))
    for name in data.draw(st.lists(st.sampled_from([*payload, "more"]), max_size=3)):
        payload[name] = data.draw(JSON)
    try:
        read = parse_body(body.kind, payload)
    except LetterBodyError:
        return
    assert parse_body(body.kind, body_payload(read)) == read


# --- marks -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.kind.value)
def test_marks_come_back_as_they_were_and_are_read_strictly(body: Body) -> None:
    marks = marks_of(body)
    payload = marks_payload(marks)
    assert parse_marks(payload) == marks
    with pytest.raises(TombstoneError):
        parse_marks({**payload, "more": 1})
    for name in payload:
        with pytest.raises(TombstoneError):
            parse_marks({key: value for key, value in payload.items() if key != name})


PRIVATE = "Ioana Secreta, 198.51.100.7"
PERSONAL: tuple[Body, ...] = (
    ask(
        form={"account": PRIVATE},
        case_reference=PRIVATE,
        urgency=Urgency.URGENT,
        urgency_reason=PRIVATE,
        signed_off=(Signature(name=PRIVATE, role="judge", at=EARLY),),
        overrides=(Override(rule="x", reason=PRIVATE),),
        other_way=OtherWay(ground="x", words=PRIVATE),
        conditions=(Condition(kind=ConditionKind.OTHER, words=PRIVATE),),
    ),
    Acknowledge(reference=PRIVATE, words=PRIVATE),
    Indicate(whether=Whether.YES, form=PRIVATE, when=LATER, words=PRIVATE),
    Query(fields=(), words=PRIVATE),
    validation(),
    new_deadline("eev.10.3.produce", LATER),
    no_ground_raised(),
    Supplement(fields={"time": PRIVATE}, cannot={"port": PRIVATE}, words=PRIVATE),
    Preserved(effected_at=EARLY, scope=PRIVATE, reference=PRIVATE),
    Deliver(package="ab" * 32, words=PRIVATE),
    Refuse(ground="ETS185_LAW", reason=PRIVATE),
    Extend(clock=ClockId("eev.11.1.preserve"), days=30, reason=PRIVATE),
    FollowUp(stage=Stage.ISSUED, reference=PRIVATE, at=EARLY, authority=PRIVATE),
    Accept(conditions=(Condition(kind=ConditionKind.USE, words=PRIVATE),), reference=PRIVATE, words=PRIVATE),
    Postpone(ground="ETS185_POSTPONE", reason=PRIVATE),
    Disclose(lines=(PathLine(provider=PRIVATE, path=PRIVATE),)),
    Release(released_at=LATER, scope=PRIVATE, why=ReleaseReason.LAPSED),
    Withdraw(reason=PRIVATE),
    Close(words=PRIVATE),
)


@pytest.mark.parametrize("body", PERSONAL, ids=lambda body: body.kind.value)
def test_marks_hold_no_word_that_anybody_wrote(body: Body) -> None:
    kept = repr(marks_payload(marks_of(body)))
    assert PRIVATE not in kept
    assert "Exemplu" not in kept
