"""What a member says of its own State's law: who may order what there, for how long, in which words.

The treaties leave competence, form and limits to national law, and Tocsin ships none: until a
member has filled in its table, signed, the answer is "national law of X: not recorded". The payload
of a table's JWS (``typ`` ``tocsin-national+jws``) is one JSON object with exactly these members:

    {"v": 1, "type": "national", "member": "pt", "state": "PT", "as_of": "2026-11-01",
     "source": "Lei n.º 109/2009",            where it is written, in the member's words
     "languages": ["pt", "en"],               in which requests to this State are accepted
     "competences": [{"instrument": "budapest-16-order", "categories": ["TRAFFIC"],
                      "alone": ["judge", "prosecutor"], "validated": ["police"],
                      "validators": ["prosecutor"], "provision": "Article 12", "form": ""}],
     "limits": [{"clock": "ets185.16.2.preserve_max", "value": 90, "unit": "days",
                 "counting": {"source": "Civil Code, Article 279", "skips_event_day": true}}],
     "reservations": [{"provision": "ets185.29.4", "answer": "no", "since": null}]}

A table may not say more than the instrument allows: a limit stays under the treaty's ceiling (ninety
days, ETS 185, Article 16(2)), and only what the instrument leaves to national law can be filled in.
The signature is checked by whoever keeps the tables; here the shape is.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TypeVar

from tocsin.base.errors import RuleError
from tocsin.law.clock import ClockKind, NationalLimit
from tocsin.law.conditions import Json
from tocsin.law.counting import Counting, CountingRule, Length, Unit
from tocsin.law.errors import NationalTableError, UnknownInstrumentError, UnknownStateError
from tocsin.law.form import is_language
from tocsin.law.instrument import clock_named, instrument
from tocsin.law.treaty import Provision, name_of, state_code
from tocsin.law.vocabulary import ClockId, DataCategory, Function, Known, StateCode

VERSION = 1
_TOP = ("v", "type", "member", "state", "as_of", "source", "languages", "competences", "limits", "reservations")
_COMPETENCE = ("instrument", "categories", "alone", "validated", "validators", "provision", "form")
_LIMIT = ("clock", "value", "unit", "counting")
_COUNTING = ("source", "skips_event_hour", "skips_event_day", "rolls_over", "least_working_days", "has_working_days")
_RESERVATION = ("provision", "answer", "since")
_Word = TypeVar("_Word", bound=StrEnum)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFault:
    """One thing wrong with a table: where, and what."""

    field: str
    detail: str

    def __str__(self) -> str:
        return self.detail


@dataclass(frozen=True, slots=True, kw_only=True)
class NationalCompetence:
    """Who may order under an instrument, as national law has it."""

    instrument: str
    categories: frozenset[DataCategory]
    alone: tuple[Function, ...]
    validated: tuple[Function, ...]
    validators: tuple[Function, ...]
    provision: str
    form: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NationalTable:
    """A member's table of its State's law."""

    member: str
    state: StateCode
    as_of: date
    source: str
    languages: tuple[str, ...]
    competences: tuple[NationalCompetence, ...] = ()
    limits: Mapping[ClockId, NationalLimit] = field(default_factory=dict)
    reservations: Mapping[str, tuple[Known, date | None]] = field(default_factory=dict)

    def competence(self, instrument_id: str, category: DataCategory) -> NationalCompetence | None:
        """Who may order that; ``None`` when the table does not say."""
        for each in self.competences:
            if each.instrument == instrument_id and category in each.categories:
                return each
        return None

    def reserved(self, provision: str, *, on: date) -> Known:
        """Whether the State made the reservation, as it says itself."""
        answer, since = self.reservations.get(provision, (Known.UNKNOWN, None))
        return Known.NO if answer is Known.YES and since is not None and on < since else answer


Tables = Mapping[StateCode, NationalTable]
"""The tables that are known, by State."""


def not_recorded(state: str) -> str:
    """What is said where a table is missing, or silent."""
    return f"National law of {name_of(state)}: not recorded"


def read_national_table(payload: Json) -> NationalTable:
    """The table in ``payload``.

    Raises `NationalTableError`, with every fault, for what does not hold together.
    """
    reader = _Reader()
    top = reader.table(payload, "", _TOP)
    if top.get("v") != VERSION or top.get("type") != "national":
        reader.fault("v", f"this is no national table of version {VERSION}")
    read = NationalTable(
        member=reader.text(top, "member"),
        state=reader.parsed(top, "state", state_code) or StateCode(""),
        as_of=reader.parsed(top, "as_of", date.fromisoformat) or date.min,
        source=reader.text(top, "source"),
        languages=reader.languages(top),
        competences=tuple(_competence(reader, each, path) for each, path in reader.tables(top, "competences")),
        limits=_limits(reader, top),
        reservations=_reservations(reader, top),
    )
    _check_twice(reader, read)
    if reader.faults:
        first = reader.faults[0]
        raise NationalTableError(
            member=read.member or "?",
            count=len(reader.faults),
            field=first.field,
            first=first,
            faults=tuple(reader.faults),
        )
    return read


def _competence(reader: "_Reader", value: Json, path: str) -> NationalCompetence:
    table = reader.table(value, path, _COMPETENCE)
    read = NationalCompetence(
        instrument=reader.text(table, "instrument", path),
        categories=frozenset(reader.words(table, "categories", DataCategory, path)),
        alone=reader.words(table, "alone", Function, path),
        validated=reader.words(table, "validated", Function, path),
        validators=reader.words(table, "validators", Function, path),
        provision=reader.text(table, "provision", path),
        form=str(table.get("form", "")),
    )
    if not read.categories:
        reader.fault(f"{path}.categories", "no category of data is named")
    if not (read.alone or read.validated):
        reader.fault(f"{path}.alone", "nobody is named who may order")
    if bool(read.validated) != bool(read.validators):
        reader.fault(f"{path}.validators", "whoever must be validated needs validators, and only then")
    _check_left_to_national_law(reader, read, path)
    return read


def _check_left_to_national_law(reader: "_Reader", read: NationalCompetence, path: str) -> None:
    try:
        named = instrument(read.instrument)
    except UnknownInstrumentError as error:
        reader.fault(f"{path}.instrument", str(error))
        return
    for category in sorted(read.categories):
        if category not in named.categories:
            reader.fault(f"{path}.categories", f"{named.id} does not cover {category} data")
        elif not named.competence(category).national:
            basis = named.competence(category).basis
            reader.fault(f"{path}.instrument", f"{basis} says itself who may order {category} data")


def _limits(reader: "_Reader", top: Mapping[str, Json]) -> dict[ClockId, NationalLimit]:
    found: dict[ClockId, NationalLimit] = {}
    for value, path in reader.tables(top, "limits"):
        limit = _limit(reader, value, path, country=str(top.get("state", "")))
        if limit is not None:
            if limit.clock in found:
                reader.fault(f"{path}.clock", f"a second limit for {limit.clock}")
            found[limit.clock] = limit
    return found


def _limit(reader: "_Reader", value: Json, path: str, *, country: str) -> NationalLimit | None:
    table = reader.table(value, path, _LIMIT)
    clock = ClockId(reader.text(table, "clock", path))
    counting = reader.table(table.get("counting"), f"{path}.counting", _COUNTING)
    source = reader.text(counting, "source", f"{path}.counting")
    length = _length(reader, table, path)
    try:
        rule = clock_named(clock).rule
    except KeyError:
        reader.fault(f"{path}.clock", f"no instrument has a clock {clock}")
        return None
    if rule.counting not in (Counting.NATIONAL_LAW, Counting.NATIONAL_LAW_OF_ISSUING_AUTHORITY):
        reader.fault(f"{path}.clock", f"{clock} is not left to national law")
    ceiling = rule.length
    if length is not None and ceiling is not None and rule.kind is ClockKind.MAXIMUM_DURATION:
        if length.unit is not ceiling.unit:
            reader.fault(f"{path}.unit", f"the ceiling of {rule.article} is in {ceiling.unit}")
        elif length.value > ceiling.value:
            reader.fault(f"{path}.value", f"{rule.article} allows {ceiling.value} {ceiling.unit} at most")
    flags = {name: reader.truth(counting, name, f"{path}.counting") for name in _COUNTING if "_event_" in name}
    rolls = reader.truth(counting, "rolls_over", f"{path}.counting")
    working = reader.truth(counting, "has_working_days", f"{path}.counting")
    least = counting.get("least_working_days", 0)
    if not isinstance(least, int) or isinstance(least, bool) or least < 0:
        reader.fault(f"{path}.counting.least_working_days", "it is a whole number")
        least = 0
    counted = CountingRule(source=source, rolls_over=rolls, has_working_days=working, least_working_days=least, **flags)
    return NationalLimit(country=country, clock=clock, rule=counted, length=length)


def _length(reader: "_Reader", table: Mapping[str, Json], path: str) -> Length | None:
    value, unit = table.get("value"), table.get("unit")
    if value is None and unit is None:
        return None
    try:
        if isinstance(value, int) and not isinstance(value, bool):
            return Length(value, Unit(str(unit)))
    except (ValueError, RuleError) as error:
        reader.fault(f"{path}.value", str(error))
        return None
    reader.fault(f"{path}.value", "it is a whole number of a unit")
    return None


def _reservations(reader: "_Reader", top: Mapping[str, Json]) -> dict[str, tuple[Known, date | None]]:
    found = {}
    for value, path in reader.tables(top, "reservations"):
        table = reader.table(value, path, _RESERVATION)
        provision = reader.parsed(table, "provision", Provision, path)
        answer = reader.parsed(table, "answer", Known, path)
        since = reader.parsed(table, "since", date.fromisoformat, path) if table.get("since") is not None else None
        if provision is not None and answer is not None:
            found[str(provision)] = (answer, since)
    return found


def _check_twice(reader: "_Reader", read: NationalTable) -> None:
    seen: set[tuple[str, DataCategory]] = set()
    for number, each in enumerate(read.competences):
        for category in each.categories:
            if (each.instrument, category) in seen:
                reader.fault(f"competences[{number}].categories", f"{each.instrument}, {category}: named twice")
            seen.add((each.instrument, category))


_Parsed = TypeVar("_Parsed")


class _Reader:
    """Takes values out of JSON and gathers what is wrong with them."""

    def __init__(self) -> None:
        self.faults: list[TableFault] = []

    def fault(self, path: str, detail: str) -> None:
        self.faults.append(TableFault(field=path or "payload", detail=detail))

    def table(self, value: Json, path: str, keys: Iterable[str]) -> Mapping[str, Json]:
        if not isinstance(value, Mapping):
            self.fault(path, "it is a table")
            return {}
        for key in value:
            if key not in set(keys):
                self.fault(_join(path, str(key)), "unknown")
        return value

    def tables(self, table: Mapping[str, Json], key: str) -> list[tuple[Json, str]]:
        return [(item, f"{key}[{number}]") for number, item in enumerate(self._list(table, key, ""))]

    def text(self, table: Mapping[str, Json], key: str, path: str = "") -> str:
        value = table.get(key)
        if isinstance(value, str) and value.strip():
            return value
        self.fault(_join(path, key), "it is missing, or no text")
        return ""

    def truth(self, table: Mapping[str, Json], key: str, path: str) -> bool:
        value = table.get(key, False)
        if not isinstance(value, bool):
            self.fault(_join(path, key), "it is true or false")
        return value is True

    def words(self, table: Mapping[str, Json], key: str, words: type[_Word], path: str) -> tuple[_Word, ...]:
        found = []
        for number, item in enumerate(self._list(table, key, path)):
            try:
                found.append(words(str(item)))
            except ValueError:
                self.fault(f"{_join(path, key)}[{number}]", f"{item!r} is none of {', '.join(words)}")
        return tuple(found)

    def languages(self, table: Mapping[str, Json]) -> tuple[str, ...]:
        items = self._list(table, "languages", "")
        for number, item in enumerate(items):
            if not is_language(item):
                self.fault(f"languages[{number}]", f"{item!r} is no language tag")
        return tuple(str(item) for item in items)

    def parsed(
        self, table: Mapping[str, Json], key: str, parse: Callable[[str], _Parsed], path: str = ""
    ) -> _Parsed | None:
        try:
            return parse(self.text(table, key, path))
        except (ValueError, UnknownStateError) as error:
            if table.get(key):
                self.fault(_join(path, key), str(error))
            return None

    def _list(self, table: Mapping[str, Json], key: str, path: str) -> list[Json]:
        value = table.get(key, [])
        if isinstance(value, list):
            return value
        self.fault(_join(path, key), "it is a list")
        return []


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
