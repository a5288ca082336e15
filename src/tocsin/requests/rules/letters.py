"""What each kind of letter says: the ``body`` of a letter, as values.

A body is a JSON object with exactly the members of its kind; where there is nothing to say a member
is null (or an empty list or object), never absent. Texts are at most ``MOST_WORDS`` characters.

====================  ==============================================================================
kind                  members
====================  ==============================================================================
ask                   form, categories, clocks [{id, of}], urgency {level, reason, reply_by},
                      case_reference, earlier [thread ids], signed_off [{name, role, at}],
                      validation_follows, overrides [{rule, reason}], other_way {ground, words} | null,
                      conditions [{kind, words}]
acknowledge           reference, words
indicate              whether (yes, in-part, no), form, when, words
query                 fields [{field, why}], preserved (true, false, null), words
supplement            fields {name: value}, cannot {name: why}, validation {name, role, at} | null, words
accept                conditions [{kind, words}], reference, words
refuse                ground, reason, part
postpone              ground, reason, until
extend                clock, days | until, reason
preserved             effected_at, scope, complete, keeps_until, reference
disclose              lines [{provider, country, path}], withheld {ground, reason} | null
deliver               package (SHA-256 of the manifest), complete, words
release               released_at, scope, why (lapsed, withdrawn, decided, no-longer-needed)
follow-up             stage (announced, issued, decided), instrument, reference, at, authority,
                      outcome (granted, refused, executed) | null
withdraw              reason, obtained (none, deleted, restricted, kept)
close                 words
====================  ==============================================================================

Two names in a supplement's ``fields`` are no field of a form: ``new_deadline`` {clock, until} sets a deadline anew
(2023/1543, Art. 10(8)), ``no_ground_raised`` {by, at, letter} tells the addressee that the notified authority said so
(Art. 10(2)): by whom, when it came, and the SHA-256 of that letter.

The ask names every clock that it sets running, its own instrument's and those of others that also
apply: whether a clock's condition holds is decided once, by the side that asks, where the other can
see and dispute it, and both sides then run the same clocks whatever their own data say.

Sources: Budapest Convention, Arts. 26, 27(5)-(8), 29(2), 29(6)-(7), 30; Directive 2013/40, Art. 13(1);
Regulation 2023/1543, Arts. 4(5), 10(6), 10(8), 11 and Annexes III, V, VI.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import ClassVar, TypeAlias

from tocsin.base import instant
from tocsin.base.ids import MEMBER_PATTERN, InstrumentId, RequestId
from tocsin.base.instant import Instant
from tocsin.law.vocabulary import ClockId, DataCategory, LetterKind
from tocsin.proof.canonical import Json
from tocsin.requests.errors import LetterBodyError
from tocsin.requests.rules import marks
from tocsin.requests.rules.marks import CarriedClock, Stage, Urgency, Whether
from tocsin.requests.rules.shape import Fault, Shape

MOST_WORDS = 20_000
MOST_LINE = 500
MOST_LIST = 100
MOST_FAULTS_TOLD = 20

_COUNTRY = re.compile(r"[A-Z]{2}")
_ROLE = re.compile(r"[a-z][a-z-]{0,63}")
NEW_DEADLINE = "new_deadline"
NO_GROUND_RAISED = "no_ground_raised"
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_RULE = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")


class Why(StrEnum):
    """Why the answering side asks for a field (2023/1543, Art. 10(6); Budapest, Art. 29(6))."""

    MISSING = "missing"
    UNCLEAR = "unclear"
    MANIFEST_ERROR = "manifest-error"
    INSUFFICIENT = "insufficient"
    GO_ON = "go-on"
    """Preservation would not secure the data, or would harm: does the asking side still want it?"""


class ReleaseReason(StrEnum):
    """Why preserved data were set free; always a person's decision."""

    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"
    DECIDED = "decided"
    NO_LONGER_NEEDED = "no-longer-needed"


class Outcome(StrEnum):
    """How a follow-up request was decided."""

    GRANTED = "granted"
    REFUSED = "refused"
    EXECUTED = "executed"


class Obtained(StrEnum):
    """What became of data already obtained when a request is withdrawn (2023/1543, Art. 4(5))."""

    NONE = "none"
    DELETED = "deleted"
    RESTRICTED = "restricted"
    KEPT = "kept"


class ConditionKind(StrEnum):
    """What a condition of the answering side is about (Budapest, Arts. 26(2), 27(6), 28)."""

    CONFIDENTIALITY = "confidentiality"
    USE = "use"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Who signed an ask off, or validated it, as what and when."""

    name: str
    role: str
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A check that said no and was overruled: the receiver sees by which reason."""

    rule: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherWay:
    """Why this way was taken instead of the one that comes first in law (2023/1543, Art. 19)."""

    ground: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    kind: ClassVar = LetterKind.ASK
    form: Mapping[str, Json]
    categories: tuple[DataCategory, ...] = ()
    clocks: tuple[CarriedClock, ...] = ()
    urgency: Urgency = Urgency.ORDINARY
    urgency_reason: str | None = None
    reply_by: Instant | None = None
    case_reference: str = ""
    earlier: tuple[RequestId, ...] = ()
    signed_off: tuple[Signature, ...] = ()
    validation_follows: bool = False
    overrides: tuple[Override, ...] = ()
    other_way: OtherWay | None = None
    conditions: tuple["Condition", ...] = ()
    """Under which the side that opens the thread gives what it has (Budapest, Art. 26(2))."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledge:
    kind: ClassVar = LetterKind.ACKNOWLEDGE
    reference: str | None = None
    words: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicate:
    """Whether the request will be answered, in what form and when: a ``yes`` says all three."""

    kind: ClassVar = LetterKind.INDICATE
    whether: Whether
    form: str | None = None
    when: Instant | None = None
    words: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldQuery:
    field: str
    why: Why


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Fields asked for; ``preserved`` says whether the data are held meanwhile (Annex III, G)."""

    kind: ClassVar = LetterKind.QUERY
    fields: tuple[FieldQuery, ...]
    preserved: bool | None = None
    words: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplement:
    """Fields given, or why they cannot be; ``validation`` is the validation that was to follow."""

    kind: ClassVar = LetterKind.SUPPLEMENT
    fields: Mapping[str, Json]
    cannot: Mapping[str, str]
    validation: Signature | None = None
    words: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    kind: ConditionKind
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Accept:
    kind: ClassVar = LetterKind.ACCEPT
    conditions: tuple[Condition, ...] = ()
    reference: str | None = None
    words: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse:
    """A refusal, of the whole or of one part; never without its reason (Budapest, Art. 27(7))."""

    kind: ClassVar = LetterKind.REFUSE
    ground: str
    reason: str
    part: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Postpone:
    """A postponement; never without its reason (Budapest, Art. 27(5) and (7))."""

    kind: ClassVar = LetterKind.POSTPONE
    ground: str
    reason: str
    until: Instant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Extend:
    """A clock made longer, by days or until an instant (2023/1543, Annex VI: 30 days, once)."""

    kind: ClassVar = LetterKind.EXTEND
    clock: ClockId
    days: int | None = None
    until: Instant | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preserved:
    """Data are held since ``effected_at``: the floor of Art. 29(7) runs from there, not from the ask."""

    kind: ClassVar = LetterKind.PRESERVED
    effected_at: Instant
    scope: str
    complete: bool = True
    keeps_until: Instant | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PathLine:
    """One further provider on the path of the communication (Budapest, Art. 30(1))."""

    provider: str
    path: str
    country: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """Why the lines are kept back; only the two grounds of Art. 30(2) will do."""

    ground: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclose:
    kind: ClassVar = LetterKind.DISCLOSE
    lines: tuple[PathLine, ...] = ()
    withheld: Withheld | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliver:
    """A package handed over, named by the hash of its manifest; ``complete`` when nothing more comes."""

    kind: ClassVar = LetterKind.DELIVER
    package: str
    complete: bool = True
    words: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    kind: ClassVar = LetterKind.RELEASE
    released_at: Instant
    scope: str
    why: ReleaseReason


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """The request for the preserved data themselves: announced, issued, or decided upon."""

    kind: ClassVar = LetterKind.FOLLOW_UP
    stage: Stage
    reference: str
    at: Instant
    instrument: InstrumentId | None = None
    authority: str | None = None
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw:
    kind: ClassVar = LetterKind.WITHDRAW
    reason: str
    obtained: Obtained = Obtained.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    kind: ClassVar = LetterKind.CLOSE
    words: str | None = None


Body: TypeAlias = (
    Ask
    | Acknowledge
    | Indicate
    | Query
    | Supplement
    | Accept
    | Refuse
    | Postpone
    | Extend
    | Preserved
    | Disclose
    | Deliver
    | Release
    | FollowUp
    | Withdraw
    | Close
)


def parse_body(kind: LetterKind, body: Mapping[str, Json]) -> Body:
    """What a letter of ``kind`` says; raises ``LetterBodyError`` that lists every fault."""
    read, faults = _read(kind, body)
    if faults:
        told = "; ".join(map(str, faults[:MOST_FAULTS_TOLD]))
        more = len(faults) - MOST_FAULTS_TOLD
        raise LetterBodyError(kind=kind.value, faults=f"{told}; and {more} more" if more > 0 else told)
    return read


def faults_of(kind: LetterKind, body: Mapping[str, Json]) -> tuple[Fault, ...]:
    """Every fault of a body that is being written, for the one who writes it."""
    return tuple(_read(kind, body)[1])


def body_payload(body: Body) -> dict[str, Json]:
    """The body as it stands in a letter; ``parse_body`` gives the same value back."""
    match body:
        case Ask():
            return _write_ask(body)
        case Query():
            return _write_query(body)
        case Supplement():
            return _write_supplement(body)
        case Accept():
            return _write_accept(body)
        case Disclose():
            return _write_disclose(body)
        case _:
            return _write_flat(body)


def reference_hash(reference: str) -> str:
    """How a follow-up's reference is kept when its letter is erased: a case number may name a person."""
    return hashlib.sha256(reference.encode()).hexdigest()


def marks_of(body: Body) -> marks.Marks:  # noqa: PLR0911, C901, PLR0912 - one flat table of kinds
    """What of this body stays when the letter is erased, and all that the state is computed from."""
    match body:
        case Ask():
            return marks.AskMarks(
                categories=body.categories,
                clocks=body.clocks,
                urgency=body.urgency,
                reply_by=body.reply_by,
                validation_follows=body.validation_follows,
                conditional=bool(body.conditions),
            )
        case Acknowledge():
            return marks.AcknowledgeMarks()
        case Indicate():
            return marks.IndicateMarks(whether=body.whether, when=body.when)
        case Query():
            return marks.QueryMarks(fields=tuple(each.field for each in body.fields), preserved=body.preserved)
        case Supplement():
            return marks.SupplementMarks(
                fields=(*body.fields, *body.cannot),
                validated=body.validation is not None,
                deadline=_deadline_in(body.fields),
                confirms=NO_GROUND_RAISED in body.fields,
            )
        case Accept():
            return marks.AcceptMarks(conditional=bool(body.conditions))
        case Refuse():
            return marks.RefuseMarks(ground=body.ground, part=body.part)
        case Postpone():
            return marks.PostponeMarks(ground=body.ground, until=body.until)
        case Extend():
            return marks.ExtendMarks(clock=body.clock, days=body.days, until=body.until)
        case Preserved():
            return marks.PreservedMarks(
                effected_at=body.effected_at, complete=body.complete, keeps_until=body.keeps_until
            )
        case Disclose():
            return marks.DiscloseMarks(
                lines=len(body.lines), ground=None if body.withheld is None else body.withheld.ground
            )
        case Deliver():
            return marks.DeliverMarks(package=body.package, complete=body.complete)
        case Release():
            return marks.ReleaseMarks(released_at=body.released_at)
        case FollowUp():
            return marks.FollowUpMarks(stage=body.stage, reference=reference_hash(body.reference))
        case Withdraw():
            return marks.WithdrawMarks()
        case Close():
            return marks.CloseMarks()


def _read(kind: LetterKind, body: Mapping[str, Json]) -> tuple[Body, list[Fault]]:
    shape = Shape(body)
    read = _PARSERS[kind](shape)
    shape.finish()
    return read, shape.faults


# --- one reader and one writer for each kind ----------------------------------------------------


def _read_ask(shape: Shape) -> Ask:
    urgency = shape.object("urgency")
    ask = Ask(
        form=shape.mapping("form", marks.FIELD_NAME, "the name of a field", most=marks.MOST_FIELDS),
        categories=marks.read_categories(shape),
        clocks=marks.read_clocks(shape),
        urgency=Urgency(urgency.one_of("level", Urgency)),
        urgency_reason=urgency.words("reason", most=MOST_WORDS),
        reply_by=urgency.optional("reply_by", lambda: urgency.instant("reply_by")),
        case_reference=shape.text("case_reference", most=MOST_LINE),
        earlier=tuple(RequestId(each) for each in shape.matches("earlier", _UUID, "a UUID in lower case", most=32)),
        signed_off=tuple(_read_signature(each) for each in shape.objects("signed_off", most=16)),
        validation_follows=shape.boolean("validation_follows"),
        overrides=tuple(_read_override(each) for each in shape.objects("overrides", most=MOST_LIST)),
        other_way=shape.optional("other_way", lambda: _read_other_way(shape.object("other_way"))),
        conditions=_read_conditions(shape),
    )
    urgency.finish()
    if ask.urgency is not Urgency.ORDINARY and ask.urgency_reason is None:
        shape.fault("urgency.reason", "who says it is urgent says why")
    return ask


def _write_ask(ask: Ask) -> dict[str, Json]:
    return {
        "form": dict(ask.form),
        "categories": [category.value for category in ask.categories],
        "clocks": [{"id": clock.id, "of": clock.of} for clock in ask.clocks],
        "urgency": {
            "level": ask.urgency.value,
            "reason": ask.urgency_reason,
            "reply_by": _text(ask.reply_by),
        },
        "case_reference": ask.case_reference,
        "earlier": list(ask.earlier),
        "signed_off": [_write_signature(each) for each in ask.signed_off],
        "validation_follows": ask.validation_follows,
        "conditions": _write_conditions(ask.conditions),
        "overrides": [{"rule": each.rule, "reason": each.reason} for each in ask.overrides],
        "other_way": None if ask.other_way is None else {"ground": ask.other_way.ground, "words": ask.other_way.words},
    }


def _read_acknowledge(shape: Shape) -> Acknowledge:
    return Acknowledge(reference=shape.words("reference", most=MOST_LINE), words=shape.words("words", most=MOST_WORDS))


def _read_indicate(shape: Shape) -> Indicate:
    indicate = Indicate(
        whether=Whether(shape.one_of("whether", Whether)),
        form=shape.words("form", most=MOST_LINE),
        when=shape.optional("when", lambda: shape.instant("when")),
        words=shape.words("words", most=MOST_WORDS),
    )
    if indicate.whether is not Whether.NO:
        if indicate.form is None:
            shape.fault("form", "who will answer says in what form (2013/40, Art. 13(1))")
        if indicate.when is None:
            shape.fault("when", "who will answer says when (2013/40, Art. 13(1))")
    return indicate


def _read_query(shape: Shape) -> Query:
    query = Query(
        fields=tuple(_read_field_query(each) for each in shape.objects("fields", most=MOST_LIST, at_least=1)),
        preserved=shape.optional("preserved", lambda: shape.boolean("preserved")),
        words=shape.words("words", most=MOST_WORDS),
    )
    if len({each.field for each in query.fields}) != len(query.fields):
        shape.fault("fields", "each field only once")
    return query


def _read_field_query(shape: Shape) -> FieldQuery:
    query = FieldQuery(
        field=shape.match("field", marks.FIELD_NAME, "the name of a field"), why=Why(shape.one_of("why", Why))
    )
    shape.finish()
    return query


def _write_query(query: Query) -> dict[str, Json]:
    return {
        "fields": [{"field": each.field, "why": each.why.value} for each in query.fields],
        "preserved": query.preserved,
        "words": query.words,
    }


def _read_supplement(shape: Shape) -> Supplement:
    cannot = shape.mapping("cannot", marks.FIELD_NAME, "the name of a field", most=marks.MOST_FIELDS)
    reasons = Shape(cannot, where="cannot", faults=shape.faults)
    supplement = Supplement(
        fields=shape.mapping("fields", marks.FIELD_NAME, "the name of a field", most=marks.MOST_FIELDS),
        cannot={name: reasons.text(name, most=MOST_WORDS) for name in cannot},
        validation=shape.optional("validation", lambda: _read_signature(shape.object("validation"))),
        words=shape.words("words", most=MOST_WORDS),
    )
    _check_reserved(supplement.fields, shape)
    if set(supplement.fields) & set(supplement.cannot):
        shape.fault("cannot", "a field is given or it is not")
    if not (supplement.fields or supplement.cannot or supplement.validation):
        shape.fault("fields", "a supplement gives a field, says why it cannot, or brings a validation")
    return supplement


def _check_reserved(given: Mapping[str, Json], shape: Shape) -> None:
    """The two names that carry a meaning of their own have a form of their own."""
    inner = Shape({name: given[name] for name in (NEW_DEADLINE, NO_GROUND_RAISED) if name in given}, where="fields")
    if NEW_DEADLINE in given:
        marks.read_deadline(inner, NEW_DEADLINE)
    if NO_GROUND_RAISED in given:
        told = inner.object(NO_GROUND_RAISED)
        told.match("by", MEMBER_PATTERN, "a member id")
        told.instant("at")
        told.match("letter", marks.HEX_64, "64 lower-case hexadecimal digits")
        told.finish()
    shape.faults.extend(inner.faults)


def _deadline_in(given: Mapping[str, Json]) -> marks.NewDeadline | None:
    return marks.read_deadline(Shape(given), NEW_DEADLINE) if NEW_DEADLINE in given else None


def _write_supplement(supplement: Supplement) -> dict[str, Json]:
    return {
        "fields": dict(supplement.fields),
        "cannot": dict(supplement.cannot),
        "validation": None if supplement.validation is None else _write_signature(supplement.validation),
        "words": supplement.words,
    }


def _read_accept(shape: Shape) -> Accept:
    return Accept(
        conditions=_read_conditions(shape),
        reference=shape.words("reference", most=MOST_LINE),
        words=shape.words("words", most=MOST_WORDS),
    )


def _read_conditions(shape: Shape) -> tuple[Condition, ...]:
    return tuple(_read_condition(each) for each in shape.objects("conditions", most=MOST_LIST))


def _write_conditions(conditions: tuple[Condition, ...]) -> list[Json]:
    return [{"kind": each.kind.value, "words": each.words} for each in conditions]


def _read_condition(shape: Shape) -> Condition:
    condition = Condition(
        kind=ConditionKind(shape.one_of("kind", ConditionKind)), words=shape.text("words", most=MOST_WORDS)
    )
    shape.finish()
    return condition


def _write_accept(accept: Accept) -> dict[str, Json]:
    return {
        "conditions": _write_conditions(accept.conditions),
        "reference": accept.reference,
        "words": accept.words,
    }


def _read_refuse(shape: Shape) -> Refuse:
    return Refuse(
        ground=shape.match("ground", marks.GROUND_CODE, "a ground's code"),
        reason=shape.text("reason", most=MOST_WORDS),
        part=shape.optional("part", lambda: shape.match("part", marks.PART, "the name of a part")),
    )


def _read_postpone(shape: Shape) -> Postpone:
    return Postpone(
        ground=shape.match("ground", marks.GROUND_CODE, "a ground's code"),
        reason=shape.text("reason", most=MOST_WORDS),
        until=shape.optional("until", lambda: shape.instant("until")),
    )


def _read_extend(shape: Shape) -> Extend:
    extend = Extend(
        clock=ClockId(shape.match("clock", marks.CLOCK_ID, "a clock id")),
        days=shape.optional("days", lambda: shape.integer("days", at_least=1, at_most=3660)),
        until=shape.optional("until", lambda: shape.instant("until")),
        reason=shape.words("reason", most=MOST_WORDS),
    )
    if (extend.days is None) == (extend.until is None):
        shape.fault("days", "either a number of days or an instant, and not both")
    return extend


def _read_preserved(shape: Shape) -> Preserved:
    return Preserved(
        effected_at=shape.instant("effected_at"),
        scope=shape.text("scope", most=MOST_WORDS),
        complete=shape.boolean("complete"),
        keeps_until=shape.optional("keeps_until", lambda: shape.instant("keeps_until")),
        reference=shape.words("reference", most=MOST_LINE),
    )


def _read_disclose(shape: Shape) -> Disclose:
    disclose = Disclose(
        lines=tuple(_read_line(each) for each in shape.objects("lines", most=MOST_LIST)),
        withheld=shape.optional("withheld", lambda: _read_withheld(shape.object("withheld"))),
    )
    if bool(disclose.lines) == (disclose.withheld is not None):
        shape.fault("lines", "either lines or why they are withheld (Budapest, Art. 30(2)), and not both")
    return disclose


def _read_line(shape: Shape) -> PathLine:
    line = PathLine(
        provider=shape.text("provider", most=MOST_LINE),
        path=shape.text("path", most=MOST_WORDS),
        country=shape.optional("country", lambda: shape.match("country", _COUNTRY, "two capital letters")),
    )
    shape.finish()
    return line


def _read_withheld(shape: Shape) -> Withheld:
    withheld = Withheld(
        ground=shape.match("ground", marks.GROUND_CODE, "a ground's code"),
        reason=shape.text("reason", most=MOST_WORDS),
    )
    shape.finish()
    return withheld


def _write_disclose(disclose: Disclose) -> dict[str, Json]:
    return {
        "lines": [{"provider": line.provider, "path": line.path, "country": line.country} for line in disclose.lines],
        "withheld": None
        if disclose.withheld is None
        else {"ground": disclose.withheld.ground, "reason": disclose.withheld.reason},
    }


def _read_deliver(shape: Shape) -> Deliver:
    return Deliver(
        package=shape.match("package", marks.HEX_64, "64 lower-case hexadecimal digits"),
        complete=shape.boolean("complete"),
        words=shape.words("words", most=MOST_WORDS),
    )


def _read_release(shape: Shape) -> Release:
    return Release(
        released_at=shape.instant("released_at"),
        scope=shape.text("scope", most=MOST_WORDS),
        why=ReleaseReason(shape.one_of("why", ReleaseReason)),
    )


def _read_follow_up(shape: Shape) -> FollowUp:
    follow_up = FollowUp(
        stage=Stage(shape.one_of("stage", Stage)),
        reference=shape.text("reference", most=MOST_LINE),
        at=shape.instant("at"),
        instrument=shape.optional("instrument", lambda: _read_instrument(shape)),
        authority=shape.words("authority", most=MOST_LINE),
        outcome=shape.optional("outcome", lambda: Outcome(shape.one_of("outcome", Outcome))),
    )
    if (follow_up.stage is Stage.DECIDED) != (follow_up.outcome is not None):
        shape.fault("outcome", "stands there when the follow-up is decided, and only then")
    return follow_up


def _read_instrument(shape: Shape) -> InstrumentId:
    return InstrumentId(shape.match("instrument", marks.INSTRUMENT_ID, "an instrument id"))


def _read_withdraw(shape: Shape) -> Withdraw:
    return Withdraw(reason=shape.text("reason", most=MOST_WORDS), obtained=Obtained(shape.one_of("obtained", Obtained)))


def _read_close(shape: Shape) -> Close:
    return Close(words=shape.words("words", most=MOST_WORDS))


def _read_signature(shape: Shape) -> Signature:
    signature = Signature(
        name=shape.text("name", most=200),
        role=shape.match("role", _ROLE, "a role in lower-case words joined by hyphens"),
        at=shape.instant("at"),
    )
    shape.finish()
    return signature


def _write_signature(signature: Signature) -> dict[str, Json]:
    return {"name": signature.name, "role": signature.role, "at": instant.text(signature.at)}


def _read_override(shape: Shape) -> Override:
    override = Override(rule=shape.match("rule", _RULE, "a rule's code"), reason=shape.text("reason", most=MOST_WORDS))
    shape.finish()
    return override


def _read_other_way(shape: Shape) -> OtherWay:
    way = OtherWay(ground=shape.match("ground", _RULE, "a ground's code"), words=shape.text("words", most=MOST_WORDS))
    shape.finish()
    return way


def _text(at: Instant | None) -> str | None:
    return None if at is None else instant.text(at)


def _write_flat(body: Body) -> dict[str, Json]:
    """A body whose members are its fields, each a text, a number, a truth value or an instant."""
    return {field.name: _flat(getattr(body, field.name)) for field in fields(body)}


def _flat(value: object) -> Json:
    if isinstance(value, Instant):
        return instant.text(value)
    if isinstance(value, StrEnum):
        return value.value
    if value is None or isinstance(value, str | int):
        return value
    raise TypeError(f"a {type(value).__name__} needs a writer of its own")


_PARSERS: Mapping[LetterKind, Callable[[Shape], Body]] = {
    LetterKind.ASK: _read_ask,
    LetterKind.ACKNOWLEDGE: _read_acknowledge,
    LetterKind.INDICATE: _read_indicate,
    LetterKind.QUERY: _read_query,
    LetterKind.SUPPLEMENT: _read_supplement,
    LetterKind.ACCEPT: _read_accept,
    LetterKind.REFUSE: _read_refuse,
    LetterKind.POSTPONE: _read_postpone,
    LetterKind.EXTEND: _read_extend,
    LetterKind.PRESERVED: _read_preserved,
    LetterKind.DISCLOSE: _read_disclose,
    LetterKind.DELIVER: _read_deliver,
    LetterKind.RELEASE: _read_release,
    LetterKind.FOLLOW_UP: _read_follow_up,
    LetterKind.WITHDRAW: _read_withdraw,
    LetterKind.CLOSE: _read_close,
}
