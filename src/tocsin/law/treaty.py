"""Who is bound by what, as data: one line per State and treaty, each with its source.

An answer is *yes*, *no* or *unknown*. **No is given only where a source says no**: a belief from
memory is not a source, so it is unknown with a hint; and a "no" that was read on some day ages: a
State that had not ratified then may be bound from the first day on which a ratification of the day
after could take effect (ETS 185, Articles 36(4) and 37(2): the first day of the month after three
full months). From that day on the answer is unknown, with what was last read.

A State that is no Member State of the European Union is not bound by its acts; that is read from
the list of the 27, unless a line of its own says otherwise.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from importlib import resources

from tocsin.law.errors import LawFileError, UnknownStateError
from tocsin.law.reading import FileFault, FileRule
from tocsin.law.vocabulary import Confidence, Known, StateCode

_CODE_LETTERS = 2
_DELAY_MONTHS = 3
_FIRST_ROW_LINE = 2


class Treaty(StrEnum):
    """The treaties and acts that bind, by the names that the data use."""

    ETS185 = "ets185"
    CETS224 = "cets224"
    DIR2013_40 = "dir2013_40"
    DIR2014_41 = "dir2014_41"
    DIR2023_977 = "dir2023_977"
    REG2023_1543 = "reg2023_1543"

    @property
    def full_name(self) -> str:
        return _TITLES[self]

    @property
    def is_union_act(self) -> bool:
        return self not in (Treaty.ETS185, Treaty.CETS224)


_TITLES = {
    Treaty.ETS185: "Convention on Cybercrime (ETS 185)",
    Treaty.CETS224: "Second Additional Protocol to the Convention on Cybercrime (CETS 224)",
    Treaty.DIR2013_40: "Directive 2013/40/EU",
    Treaty.DIR2014_41: "Directive 2014/41/EU",
    Treaty.DIR2023_977: "Directive (EU) 2023/977",
    Treaty.REG2023_1543: "Regulation (EU) 2023/1543",
}


class Provision(StrEnum):
    """Where a Party may make a reservation or a declaration that changes what may be asked of it."""

    ETS185_27_9_E = "ets185.27.9.e"
    ETS185_29_4 = "ets185.29.4"
    CETS224_7_2_B = "cets224.7.2.b"
    CETS224_7_5_A = "cets224.7.5.a"
    CETS224_7_5_B = "cets224.7.5.b"
    CETS224_7_8 = "cets224.7.8"
    CETS224_7_9_A = "cets224.7.9.a"
    CETS224_7_9_B = "cets224.7.9.b"
    CETS224_8_4 = "cets224.8.4"
    CETS224_8_11 = "cets224.8.11"
    CETS224_8_13 = "cets224.8.13"
    CETS224_9_1_B = "cets224.9.1.b"
    CETS224_9_5 = "cets224.9.5"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A State that the tables name."""

    code: StateCode
    name: str
    is_member_state: bool
    languages: tuple[str, ...]
    """Official languages, where known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One line of the treaty status table, or of the reservations table."""

    state: StateCode
    subject: str
    """A `Treaty` or a `Provision`."""
    answer: Known
    since: date | None
    since_confidence: Confidence
    signed: date | None = None
    deposited: date | None = None
    as_of: date | None
    """The day for which the source speaks."""
    source: str
    confidence: Confidence
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """Whether a State is bound on a day, why, and what to say to the one who relies on it."""

    state: StateCode
    subject: str
    answer: Known
    since: date | None = None
    source: str = ""
    confidence: Confidence = Confidence.MEMORY
    warning: str = ""
    """Empty when there is nothing to warn of."""


def bound(state: str, treaty: Treaty, *, on: date) -> Bound:
    """Whether ``state`` is bound by ``treaty`` on that day.

    Raises `UnknownStateError` for what is no two-letter code.
    """
    code = state_code(state)
    cell = _cells().get((code, treaty))
    if cell is not None:
        return _answer(cell, on=on, ages=not treaty.is_union_act, what=treaty.full_name)
    if treaty.is_union_act and not is_member_state(code):
        return Bound(state=code, subject=treaty, answer=Known.NO, source="EU27", confidence=Confidence.PAGE)
    warning = f"Whether {name_of(code)} is bound by the {treaty.full_name} is not recorded"
    return Bound(state=code, subject=treaty, answer=Known.UNKNOWN, warning=warning)


def reserved(state: str, provision: Provision, *, on: date) -> Bound:
    """Whether ``state`` made that reservation or declaration; unknown unless a source speaks."""
    code = state_code(state)
    cell = _reservations().get((code, provision))
    if cell is not None:
        return _answer(cell, on=on, ages=False, what=f"reservation {provision}")
    warning = f"Whether {name_of(code)} made the reservation or declaration {provision} is not recorded"
    return Bound(state=code, subject=provision, answer=Known.UNKNOWN, warning=warning)


def states() -> Mapping[StateCode, State]:
    """Every State that the tables name, by its code."""
    return _states()


def is_member_state(code: str) -> bool:
    """Whether it is one of the 27."""
    state = _states().get(state_code(code))
    return state is not None and state.is_member_state


def name_of(code: str) -> str:
    """The State's name in English; its code when the tables do not name it."""
    state = _states().get(StateCode(code))
    return state.name if state else code


def state_code(text: str) -> StateCode:
    """``text`` as a code; raises `UnknownStateError`."""
    if len(text) == _CODE_LETTERS and text.isascii() and text.isalpha() and text.isupper() and text != "EL":
        return StateCode(text)
    raise UnknownStateError(state=text)


def cells() -> tuple[Cell, ...]:
    """The whole treaty status table."""
    return tuple(_cells().values())


def reservation_cells() -> tuple[Cell, ...]:
    """The whole table of reservations and declarations."""
    return tuple(_reservations().values())


def earliest_if_ratified_after(day: date) -> date:
    """The first day on which a ratification deposited on the day after ``day`` takes effect."""
    deposited = day + timedelta(days=1)
    # three full months from the deposit, then the first day of the month that follows
    months = deposited.year * 12 + deposited.month - 1 + _DELAY_MONTHS + 1
    return date(months // 12, months % 12 + 1, 1)


def _answer(cell: Cell, *, on: date, ages: bool, what: str) -> Bound:
    if cell.answer is Known.YES:
        return _yes(cell, on=on, what=what)
    if cell.answer is Known.NO and cell.confidence is Confidence.PAGE and _still_no(cell, on=on, ages=ages):
        return _said(cell, Known.NO, warning=_aged(cell, what) if ages else "")
    return _said(cell, Known.UNKNOWN, warning=_hint(cell, what))


def _yes(cell: Cell, *, on: date, what: str) -> Bound:
    name = name_of(cell.state)
    memory = cell.confidence is not Confidence.PAGE
    warning = f"That {name} is bound by the {what} is from memory" if memory else ""
    if cell.since is None:
        if cell.as_of is not None and on < cell.as_of:
            unknown = f"Since when {name} is bound by the {what} is not recorded"
            return _said(cell, Known.UNKNOWN, warning=unknown)
        return _said(cell, Known.YES, warning=warning)
    if on >= cell.since:
        return _said(cell, Known.YES, warning=warning)
    if cell.since_confidence is Confidence.PAGE and not memory:
        return _said(cell, Known.NO, warning="")
    not_yet = f"{name} is bound by the {what} since {cell.since}, from memory"
    return _said(cell, Known.UNKNOWN, warning=not_yet)


def _still_no(cell: Cell, *, on: date, ages: bool) -> bool:
    return not ages or cell.as_of is None or on < earliest_if_ratified_after(cell.as_of)


def _aged(cell: Cell, what: str) -> str:
    return f"Read for {cell.as_of}: {name_of(cell.state)} is not bound by the {what}; look again"


def _hint(cell: Cell, what: str) -> str:
    name = name_of(cell.state)
    if cell.answer is Known.UNKNOWN:
        return f"Whether {name} is bound by the {what} is not recorded ({cell.note})"
    if cell.confidence is not Confidence.PAGE:
        return f"{name} is believed not to be bound by the {what}, from memory; no source says so"
    return (
        f"{name} was not bound by the {what} on {cell.as_of}, and may be since "
        f"{earliest_if_ratified_after(cell.as_of or date.min)}: look again"
    )


def _said(cell: Cell, answer: Known, *, warning: str) -> Bound:
    return Bound(
        state=cell.state,
        subject=cell.subject,
        answer=answer,
        since=cell.since,
        source=cell.source,
        confidence=cell.confidence,
        warning=warning,
    )


# -- reading the tables ----------------------------------------------------------------------------


@cache
def _states() -> Mapping[StateCode, State]:
    found = {}
    for _, row in _rows("states.csv"):
        code = StateCode(row["state"])
        languages = tuple(row["languages"].split(";")) if row["languages"] else ()
        found[code] = State(code=code, name=row["name"], is_member_state=row["eu_member"] == "yes", languages=languages)
    return found


@cache
def _cells() -> Mapping[tuple[StateCode, str], Cell]:
    return _read_cells("treaty_status.csv", column="treaty", subjects=Treaty)


@cache
def _reservations() -> Mapping[tuple[StateCode, str], Cell]:
    return _read_cells("reservations.csv", column="provision", subjects=Provision)


def _read_cells(file: str, *, column: str, subjects: type[StrEnum]) -> Mapping[tuple[StateCode, str], Cell]:
    text = resources.files("tocsin.law.sources").joinpath(file).read_text("utf-8")
    found, faults = read_cells(text, file=file, column=column, subjects=subjects)
    if faults:
        raise LawFileError(count=len(faults), first=faults[0], faults=faults)
    return found


def read_cells(
    text: str, *, file: str, column: str, subjects: type[StrEnum]
) -> tuple[dict[tuple[StateCode, str], Cell], tuple[FileFault, ...]]:
    """The lines of a table by State and subject, and every fault in it with its line."""
    found: dict[tuple[StateCode, str], Cell] = {}
    faults = []
    for line, row in _lines(text):
        try:
            cell = _cell(row, subject=subjects(row[column]))
        except (ValueError, KeyError, UnknownStateError) as error:
            faults.append(FileFault(file, line, FileRule.CELL, f"{type(error).__name__}: {error}"))
            continue
        place = (cell.state, cell.subject)
        wrong = _contradiction(cell) or ("a second line for the same" if place in found else "")
        if wrong:
            faults.append(FileFault(file, line, FileRule.CELL, f"{cell.state}, {cell.subject}: {wrong}"))
        found[place] = cell
    return found, tuple(faults)


def _cell(row: Mapping[str, str], *, subject: str) -> Cell:
    return Cell(
        state=state_code(row["state"]),
        subject=subject,
        answer=Known(row["answer"]),
        since=_day(row["since"]),
        since_confidence=Confidence(row.get("since_confidence") or row["confidence"]),
        signed=_day(row.get("signed", "")),
        deposited=_day(row.get("deposited", "")),
        as_of=_day(row["as_of"]),
        source=row["source"],
        confidence=Confidence(row["confidence"]),
        note=row["note"],
    )


def _contradiction(cell: Cell) -> str:
    """What in a line cannot be: a page without a source, a source for a memory, a no with a date."""
    if (cell.confidence is Confidence.PAGE) != bool(cell.source):
        return "a page needs its source, and what is from memory has none"
    if cell.answer is not Known.YES and cell.since is not None:
        return "only a yes has a date since when"
    if cell.answer is not Known.UNKNOWN and cell.as_of is None:
        return "an answer names the day for which it was read"
    return ""


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _rows(file: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    return _lines(resources.files("tocsin.law.sources").joinpath(file).read_text("utf-8"))


def _lines(text: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    return enumerate(csv.DictReader(text.splitlines()), start=_FIRST_ROW_LINE)
