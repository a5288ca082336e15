"""What a letter leaves behind when it is erased: its marks, and no word of anybody.

A thread's state and clocks are computed from *steps*: a letter's place in the thread, its kind,
its instants, its hash, and the marks of its kind. Everything else that a letter says (names, facts,
reasons, addresses) can be erased, and nothing here changes: that is why state and clocks take
steps and never bodies. A tombstone is a step that was kept when its letter was erased.

A mark is a code, a number, an instant, a truth value, or the name of a field of the form. A case
reference may name a person, so a follow-up's reference is kept as its SHA-256 alone.

Tombstones are stored as JSON: ``{"kind": "refuse", "ground": "ETS185_POLITICAL", "part": null}``.
Renaming a member here breaks what nodes have stored.

Source: design, section 6 (an erased letter leaves a tombstone: place, kind, instants, hash).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import lru_cache
from typing import Any, ClassVar, TypeAlias

from tocsin.base import instant
from tocsin.base.ids import InstrumentId
from tocsin.base.instant import Instant
from tocsin.law.vocabulary import ClockId, DataCategory, LetterKind
from tocsin.proof.canonical import Json
from tocsin.requests.errors import TombstoneError
from tocsin.requests.rules.shape import Shape

FIELD_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,99}")
GROUND_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]{0,63}")
CLOCK_ID = re.compile(r"[a-z0-9][a-z0-9_.]{0,79}")
INSTRUMENT_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
PART = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
HEX_64 = re.compile(r"[0-9a-f]{64}")

MOST_CLOCKS = 32
MOST_FIELDS = 300


class Urgency(StrEnum):
    """How pressing the ask is; what counts as urgent or as an emergency each instrument says itself."""

    ORDINARY = "ordinary"
    URGENT = "urgent"
    EMERGENCY = "emergency"


class Whether(StrEnum):
    """Whether the request will be answered (2013/40, Art. 13(1))."""

    YES = "yes"
    IN_PART = "in-part"
    NO = "no"


class Stage(StrEnum):
    """How far a follow-up request has come (Art. 29(7); 2023/1543, Annex V)."""

    ANNOUNCED = "announced"
    ISSUED = "issued"
    DECIDED = "decided"


@dataclass(frozen=True, slots=True, order=True)
class CarriedClock:
    """A clock that the ask says to run, and the instrument whose clock it is."""

    id: ClockId
    of: InstrumentId


@dataclass(frozen=True, slots=True, kw_only=True)
class AskMarks:
    kind: ClassVar = LetterKind.ASK
    categories: tuple[DataCategory, ...] = ()
    clocks: tuple[CarriedClock, ...] = ()
    urgency: Urgency = Urgency.ORDINARY
    reply_by: Instant | None = None
    validation_follows: bool = False
    conditional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AcknowledgeMarks:
    kind: ClassVar = LetterKind.ACKNOWLEDGE


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicateMarks:
    kind: ClassVar = LetterKind.INDICATE
    whether: Whether
    when: Instant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryMarks:
    kind: ClassVar = LetterKind.QUERY
    fields: tuple[str, ...]
    preserved: bool | None = None


@dataclass(frozen=True, slots=True)
class NewDeadline:
    """A deadline that the asking side set anew for a clock (2023/1543, Art. 10(8))."""

    clock: ClockId
    until: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplementMarks:
    kind: ClassVar = LetterKind.SUPPLEMENT
    fields: tuple[str, ...] = ()
    validated: bool = False
    deadline: NewDeadline | None = None
    confirms: bool = False
    """It tells that the notified authority will raise no ground (2023/1543, Art. 10(2))."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptMarks:
    kind: ClassVar = LetterKind.ACCEPT
    conditional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseMarks:
    kind: ClassVar = LetterKind.REFUSE
    ground: str
    part: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostponeMarks:
    kind: ClassVar = LetterKind.POSTPONE
    ground: str
    until: Instant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtendMarks:
    kind: ClassVar = LetterKind.EXTEND
    clock: ClockId
    days: int | None = None
    until: Instant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PreservedMarks:
    kind: ClassVar = LetterKind.PRESERVED
    effected_at: Instant
    complete: bool
    keeps_until: Instant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscloseMarks:
    kind: ClassVar = LetterKind.DISCLOSE
    lines: int
    ground: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverMarks:
    kind: ClassVar = LetterKind.DELIVER
    package: str
    complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseMarks:
    kind: ClassVar = LetterKind.RELEASE
    released_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpMarks:
    kind: ClassVar = LetterKind.FOLLOW_UP
    stage: Stage
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawMarks:
    kind: ClassVar = LetterKind.WITHDRAW


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseMarks:
    kind: ClassVar = LetterKind.CLOSE


Marks: TypeAlias = (
    AskMarks
    | AcknowledgeMarks
    | IndicateMarks
    | QueryMarks
    | SupplementMarks
    | AcceptMarks
    | RefuseMarks
    | PostponeMarks
    | ExtendMarks
    | PreservedMarks
    | DiscloseMarks
    | DeliverMarks
    | ReleaseMarks
    | FollowUpMarks
    | WithdrawMarks
    | CloseMarks
)

_CLASSES: tuple[type[Marks], ...] = (
    AskMarks,
    AcknowledgeMarks,
    IndicateMarks,
    QueryMarks,
    SupplementMarks,
    AcceptMarks,
    RefuseMarks,
    PostponeMarks,
    ExtendMarks,
    PreservedMarks,
    DiscloseMarks,
    DeliverMarks,
    ReleaseMarks,
    FollowUpMarks,
    WithdrawMarks,
    CloseMarks,
)
MARKS_OF_KIND: Mapping[LetterKind, type[Marks]] = {marks.kind: marks for marks in _CLASSES}


def marks_payload(marks: Marks) -> dict[str, Json]:
    """The marks as they are stored; ``parse_marks`` gives the same marks back."""
    return {
        "kind": marks.kind.value,
        **{field.name: _json_of(getattr(marks, field.name)) for field in fields(marks)},
    }


def parse_marks(payload: Mapping[str, Json]) -> Marks:
    """The marks in a tombstone; raises ``TombstoneError`` with the first fault."""
    shape = Shape(payload)
    kind = LetterKind(shape.one_of("kind", [kind.value for kind in LetterKind]))
    marks_class = MARKS_OF_KIND[kind]
    members: dict[str, Any] = {field.name: _READERS[field.name](shape) for field in fields(marks_class)}
    shape.finish()
    if shape.faults:
        raise TombstoneError(field=shape.faults[0].field, rule=shape.faults[0].rule)
    return marks_class(**members)


def _json_of(value: object) -> Json:
    if isinstance(value, Instant):
        return instant.text(value)
    if isinstance(value, CarriedClock):
        return {"id": value.id, "of": value.of}
    if isinstance(value, NewDeadline):
        return {"clock": value.clock, "until": instant.text(value.until)}
    if isinstance(value, tuple):
        return [_json_of(item) for item in value]
    if value is None or isinstance(value, str | int):
        return value
    raise TypeError(f"a {type(value).__name__} is not a mark")


_CATEGORIES = re.compile("|".join(category.value for category in DataCategory))


def read_categories(shape: Shape) -> tuple[DataCategory, ...]:
    return tuple(DataCategory(code) for code in shape.matches("categories", _CATEGORIES, "a data category", most=16))


def read_clocks(shape: Shape) -> tuple[CarriedClock, ...]:
    clocks = _faultless_clocks(shape.peek("clocks"))
    if clocks is None:
        clocks = [_read_clock(each) for each in shape.objects("clocks", most=MOST_CLOCKS)]
    else:
        shape.take("clocks")
    if len({clock.id for clock in clocks}) != len(clocks):
        shape.fault("clocks", "each only once")
    return tuple(clocks)


def _faultless_clocks(said: Json) -> list[CarriedClock] | None:
    """The clocks in a list of which each is as it has to be; nothing where one is to be looked at for its faults."""
    if not isinstance(said, list) or len(said) > MOST_CLOCKS:
        return None
    clocks = []
    for each in said:
        if not isinstance(each, dict) or each.keys() != _CLOCK_MEMBERS:
            return None
        clock = _named_clock(each["id"], each["of"]) if type(each["id"]) is type(each["of"]) is str else None
        if clock is None:
            return None
        clocks.append(clock)
    return clocks


_CLOCK_MEMBERS = {"id", "of"}


# The clocks of the law are few, and every ask carries some of them.
@lru_cache(maxsize=1024)
def _named_clock(clock: str, of: str) -> CarriedClock | None:
    good = CLOCK_ID.fullmatch(clock) and INSTRUMENT_ID.fullmatch(of)
    return CarriedClock(id=ClockId(clock), of=InstrumentId(of)) if good else None


def _read_clock(shape: Shape) -> CarriedClock:
    clock = CarriedClock(
        id=ClockId(shape.match("id", CLOCK_ID, "a clock id")),
        of=InstrumentId(shape.match("of", INSTRUMENT_ID, "an instrument id")),
    )
    shape.finish()
    return clock


def read_deadline(shape: Shape, name: str) -> NewDeadline:
    """A clock and the instant until which it runs from now on."""
    inner = shape.object(name)
    read = NewDeadline(ClockId(inner.match("clock", CLOCK_ID, "a clock id")), inner.instant("until"))
    inner.finish()
    return read


def _instant(name: str) -> Callable[[Shape], Instant]:
    return lambda shape: shape.instant(name)


def _optional_instant(name: str) -> Callable[[Shape], Instant | None]:
    return lambda shape: shape.optional(name, lambda: shape.instant(name))


def _boolean(name: str) -> Callable[[Shape], bool]:
    return lambda shape: shape.boolean(name)


# A member of one name means the same in every kind of letter, so one table reads them all.
_READERS: Mapping[str, Callable[[Shape], object]] = {
    "categories": read_categories,
    "clocks": read_clocks,
    "urgency": lambda shape: Urgency(shape.one_of("urgency", Urgency)),
    "reply_by": _optional_instant("reply_by"),
    "validation_follows": _boolean("validation_follows"),
    "whether": lambda shape: Whether(shape.one_of("whether", Whether)),
    "when": _optional_instant("when"),
    "fields": lambda shape: shape.matches("fields", FIELD_NAME, "the name of a field", most=MOST_FIELDS),
    "preserved": lambda shape: shape.optional("preserved", lambda: shape.boolean("preserved")),
    "validated": _boolean("validated"),
    "deadline": lambda shape: shape.optional("deadline", lambda: read_deadline(shape, "deadline")),
    "confirms": _boolean("confirms"),
    "conditional": _boolean("conditional"),
    "ground": lambda shape: shape.optional("ground", lambda: shape.match("ground", GROUND_CODE, "a ground's code")),
    "part": lambda shape: shape.optional("part", lambda: shape.match("part", PART, "the name of a part")),
    "until": _optional_instant("until"),
    "clock": lambda shape: ClockId(shape.match("clock", CLOCK_ID, "a clock id")),
    "days": lambda shape: shape.optional("days", lambda: shape.integer("days", at_least=1, at_most=3660)),
    "effected_at": _instant("effected_at"),
    "complete": _boolean("complete"),
    "keeps_until": _optional_instant("keeps_until"),
    "lines": lambda shape: shape.integer("lines", at_least=0, at_most=1000),
    "package": lambda shape: shape.match("package", HEX_64, "64 lower-case hexadecimal digits"),
    "released_at": _instant("released_at"),
    "stage": lambda shape: Stage(shape.one_of("stage", Stage)),
    "reference": lambda shape: shape.match("reference", HEX_64, "64 lower-case hexadecimal digits"),
}
