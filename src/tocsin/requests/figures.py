"""Reports: how many requests, how soon they were answered, which clocks were met, on what grounds they were refused.

Figures are counted over all requests of the node and hold no personal data: who may read reports sees them whole, also
of dossiers that she may not open (decision 0157). What is not known is never 0: a country with which nothing is
recorded, a month before the first record, a receipt that nobody told of. Counts that are small enough to be somebody's
are masked, and where one alone in its column is, the next smallest as well, so that no sum gives it away.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from tocsin.base.actor import Actor
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.directory import reads as directory
from tocsin.law.instrument import clock_named
from tocsin.law.provisions import Side
from tocsin.law.running import Phase as ClockPhase
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.people.viewing.seen import the_node_acts
from tocsin.requests.models import Counted
from tocsin.requests.rules.clocks import PROMISED
from tocsin.requests.rules.moves import Phase

NOT_KNOWN = ""
"""The key of a row of what is not known: no country, no ground."""


@dataclass(frozen=True, slots=True)
class Number:
    """A count, or a number of seconds; nothing where it is not known, or where it is masked."""

    value: int | None
    masked: bool = False


@dataclass(frozen=True, slots=True)
class TableRow:
    """What a row is of, and its numbers in the order of the columns."""

    key: tuple[str, ...]
    numbers: tuple[Number, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of a report. Its id stands for its title, its definition and its denominator (``desk.report_words``)."""

    id: str
    keys: tuple[str, ...]
    """What the parts of a row's key are: month, instrument, country, clock, side, ground."""
    columns: tuple[str, ...]
    seconds: frozenset[str] = frozenset()
    """Columns that are durations."""
    rows: tuple[TableRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The figures of a period."""

    since: date
    until: date
    """A day of the last month that counts."""
    counted: Instant | None
    """When the figures were made; nothing before the first time."""
    first: date | None
    """The first month of which there is any record."""
    mask_below: int
    tables: tuple[Table, ...]

    def table(self, name: str) -> Table | None:
        """One of the tables."""
        return next((each for each in self.tables if each.id == name), None)


def report_for(viewer: Actor, *, since: date, until: date) -> Report:
    """The figures of requests that began in these months, both counted; raises ``RightMissingError``.

    ``since`` and ``until`` are days of the first and the last month.
    """
    rights.check(viewer, Right.READ_REPORTS)
    with the_node_acts():
        counted = Counted.objects.first()
        first = _ask("SELECT min(month) FROM requests_figure", {})[0][0] if counted else None
        tables = tuple(_tables(since, until, first)) if counted else ()
    return Report(
        since=since,
        until=until,
        counted=counted.at if counted else None,
        first=first,
        mask_below=this_node().limits.mask_below,
        tables=tables,
    )


_Counts = dict[tuple[str, ...], Sequence[Any] | None]

# --- The tables ---------------------------------------------------------------------------------

_VOLUMES = """
SELECT {key}, coalesce(sum(count) FILTER (WHERE side = 'asked'), 0)::bigint,
       coalesce(sum(count) FILTER (WHERE side = 'asker'), 0)::bigint,
       coalesce(sum(count) FILTER (WHERE NOT ended), 0)::bigint,
       coalesce(sum(count) FILTER (WHERE state = %(refused)s), 0)::bigint,
       coalesce(sum(count) FILTER (WHERE state = %(withdrawn)s), 0)::bigint
  FROM requests_figure WHERE month BETWEEN %(since)s AND %(until)s GROUP BY {key}
"""
_VOLUME_COLUMNS = ("came", "went", "open", "refused", "withdrawn")
_REACTIONS = """
WITH keyed AS (
    SELECT side, {key} AS key, seconds, sum(count)::bigint AS count
      FROM requests_reaction {of} WHERE month BETWEEN %(since)s AND %(until)s AND {kind} <> '' GROUP BY 1, 2, 3
), placed AS (
    SELECT side, key, seconds, sum(count) OVER (PARTITION BY side, key ORDER BY seconds) AS upto,
           sum(count) OVER (PARTITION BY side, key) AS whole FROM keyed
), middle AS (
    SELECT side, key, max(whole)::bigint AS answered, min(seconds) FILTER (WHERE upto >= whole * 0.5) AS median,
           min(seconds) FILTER (WHERE upto >= whole * 0.9) AS ninety FROM placed GROUP BY side, key
), whole AS (
    SELECT side, {key} AS key, coalesce(sum(count) FILTER (WHERE NOT answered), 0)::bigint AS unanswered,
           coalesce(sum(count) FILTER (WHERE answered AND NOT timed), 0)::bigint AS not_known
      FROM requests_figure {of} WHERE month BETWEEN %(since)s AND %(until)s GROUP BY 1, 2
)
SELECT side, key, coalesce(answered, 0), median, ninety, unanswered, not_known
  FROM whole LEFT JOIN middle USING (side, key)
"""
_OF_COUNTRY = (
    "LEFT JOIN unnest(%(members)s::text[], %(countries)s::text[]) AS its(member, country) ON its.member = counterpart"
)
_REACTION_COLUMNS = ("answered", "median", "ninety", "unanswered", "not-known")
_CLOCKS = """
SELECT {key}, clock, side, phase, sum(count)::bigint FROM requests_clockfigure
 WHERE month BETWEEN %(since)s AND %(until)s GROUP BY {key}, clock, side, phase
"""
_CLOCK_COLUMNS = ("met", "met-late", "missed", "running", "not-recorded")
_PHASES: Mapping[str, str] = {
    ClockPhase.MET: "met",
    ClockPhase.MET_LATE: "met-late",
    ClockPhase.MISSED: "missed",
    ClockPhase.RUNNING: "running",
    ClockPhase.WARNING: "running",
    ClockPhase.STRICT_PASSED: "running",
    ClockPhase.OPEN: "not-recorded",
    ClockPhase.NOT_RECORDED: "not-recorded",
}
_GROUNDS = """
SELECT ground, coalesce(sum(count) FILTER (WHERE side = 'asked'), 0)::bigint,
       coalesce(sum(count) FILTER (WHERE side = 'asker'), 0)::bigint
  FROM requests_figure WHERE month BETWEEN %(since)s AND %(until)s AND state = %(refused)s GROUP BY ground
"""


def _tables(since: date, until: date, first: date | None) -> Iterable[Table]:
    said: dict[str, Any] = {
        "since": since.replace(day=1),
        "until": until,
        "refused": Phase.REFUSED.value,
        "withdrawn": Phase.WITHDRAWN.value,
    }
    countries = _countries()

    def counts(statement: str, key: str) -> list[tuple[Any, ...]]:
        return _ask(statement.format(key=key), said)

    by_month = {row[0]: row[1:3] for row in counts(_VOLUMES, "month")}
    yield _masked(
        Table(
            id="volumes-by-month",
            keys=("month",),
            columns=("came", "went"),
            rows=tuple(_month(month, by_month, first) for month in _months(since, until)),
        )
    )
    by_instrument: _Counts = {(str(row[0]),): row[1:] for row in counts(_VOLUMES, "instrument")}
    yield _counted("volumes-by-instrument", ("instrument",), _VOLUME_COLUMNS, by_instrument)
    by_country = _summed(counts(_VOLUMES, "counterpart"), countries)
    silent: _Counts = {(each,): None for each in set(countries.values()) if (each,) not in by_country}
    yield _counted("volumes-by-country", ("country",), _VOLUME_COLUMNS, {**by_country, **silent})
    of_instrument = _REACTIONS.format(key="instrument", kind="instrument", of="")
    yield _reaction("reactions-by-instrument", ("side", "instrument"), _ask(of_instrument, said))
    of_country = _REACTIONS.format(key="coalesce(its.country, '')", kind="counterpart", of=_OF_COUNTRY)
    known = {**said, "members": list(countries), "countries": list(countries.values())}
    yield _reaction("reactions-by-country", ("side", "country"), _ask(of_country, known))
    yield _clocks("clocks-by-instrument", "instrument", counts(_CLOCKS, "instrument"), str)
    yield _clocks(
        "clocks-by-country", "country", counts(_CLOCKS, "counterpart"), lambda each: countries.get(each, NOT_KNOWN)
    )
    grounds: _Counts = {(str(row[0]),): row[1:] for row in _ask(_GROUNDS, said)}
    yield _counted("refusals-by-ground", ("ground",), ("came", "went"), grounds)


def _ask(statement: str, said: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, said)
        return list(cursor.fetchall())


def _countries() -> dict[str, str]:
    """The country of every contact that is known, with a node or by hearsay."""
    return {each.member: each.country for each in directory.contacts()}


def _months(since: date, until: date) -> list[date]:
    found, month = [], since.replace(day=1)
    while month <= until:
        found.append(month)
        month = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return found


def _month(month: date, counted: Mapping[date, Sequence[int]], first: date | None) -> TableRow:
    key = (f"{month:%Y-%m}",)
    if month in counted:
        return TableRow(key, tuple(Number(int(each)) for each in counted[month]))
    recorded = first is not None and month >= first.replace(day=1)  # before the first record nothing is known
    return TableRow(key, (Number(0), Number(0)) if recorded else (Number(None), Number(None)))


def _summed(rows: Iterable[Sequence[Any]], countries: Mapping[str, str]) -> dict[tuple[str, ...], Sequence[int]]:
    found: dict[tuple[str, ...], list[int]] = {}
    for counterpart, *numbers in rows:
        kept = found.setdefault((countries.get(counterpart, NOT_KNOWN),), [0] * len(numbers))
        kept[:] = [before + int(more) for before, more in zip(kept, numbers, strict=True)]
    return dict(found)


def _counted(
    name: str,
    keys: tuple[str, ...],
    columns: tuple[str, ...],
    found: Mapping[tuple[str, ...], Sequence[Any] | None],
) -> Table:
    rows = (
        TableRow(key, tuple(Number(int(each)) for each in numbers) if numbers else (Number(None),) * len(columns))
        for key, numbers in sorted(found.items())
    )
    return _masked(Table(id=name, keys=keys, columns=columns, rows=tuple(rows)))


def _reaction(name: str, keys: tuple[str, ...], found: Iterable[Sequence[Any]]) -> Table:
    rows = []
    for side, key, answered, *rest in sorted(found, key=lambda row: (str(row[0]), str(row[1]))):
        whose = Side.ASKED if side == Side.ASKED.value else Side.ASKER
        # what we were asked, we answered; what we asked, they answered
        numbers = (answered, *rest)
        rows.append(
            TableRow(
                (whose.value, str(key)), tuple(Number(int(each) if each is not None else None) for each in numbers)
            )
        )
    table = Table(
        id=name, keys=keys, columns=_REACTION_COLUMNS, seconds=frozenset({"median", "ninety"}), rows=tuple(rows)
    )
    return _masked(table)


def _clocks(name: str, key: str, found: Iterable[Sequence[Any]], named: Callable[[str], str]) -> Table:
    counts: dict[tuple[str, ...], dict[str, int]] = {}
    for what, clock, side, phase, count in found:
        column = _PHASES.get(phase)
        whose = _whose(clock, side)
        if column is None or whose is None:
            continue
        kept = counts.setdefault((named(what), clock, whose), dict.fromkeys(_CLOCK_COLUMNS, 0))
        kept[column] += int(count)
    rows = tuple(
        TableRow(each, tuple(Number(numbers[column]) for column in _CLOCK_COLUMNS))
        for each, numbers in sorted(counts.items())
    )
    return _masked(Table(id=name, keys=(key, "clock", "whose"), columns=_CLOCK_COLUMNS, rows=rows))


def _whose(clock: str, side: str) -> str | None:
    """``ours`` or ``theirs``; nothing for a right that lapses, and for a clock that no letter moves."""
    if clock == PROMISED:
        by = Side.ASKED
    else:
        try:
            law = clock_named(clock)
        except KeyError:
            return None
        if law.is_right:
            return None
        by = law.by
    return "ours" if by.value == side else "theirs"


# --- Masking ------------------------------------------------------------------------------------


def _masked(table: Table) -> Table:
    """Small counts left out, with what would give them away."""
    below = this_node().limits.mask_below
    rows = [list(row.numbers) for row in table.rows]
    for place, column in enumerate(table.columns):
        if column in table.seconds:
            continue
        small = [row for row in rows if _is_small(row[place], below)]
        if len(small) == 1:  # it would be what is left of a sum
            others = [row for row in rows if row not in small and row[place].value]
            small += sorted(others, key=lambda row: row[place].value or 0)[:1]
        for row in small:
            row[place] = Number(None, masked=True)
    for row in rows:
        hidden = row[0].masked and bool(table.seconds)
        for place, column in enumerate(table.columns):
            if hidden and column in table.seconds:
                row[place] = Number(None, masked=True)  # of a few, a median is somebody's
    kept = tuple(TableRow(row.key, tuple(numbers)) for row, numbers in zip(table.rows, rows, strict=True))
    return Table(id=table.id, keys=table.keys, columns=table.columns, seconds=table.seconds, rows=kept)


def _is_small(number: Number, below: int) -> bool:
    return number.value is not None and 0 < number.value < below
