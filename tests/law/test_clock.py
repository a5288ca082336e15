"""Clock rules, and what is due when: every clock of the law, and what none of them may be called."""

import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.law.limits import instants, places
from tests.law.places import VECTORS, place_in
from tocsin.law.calendar import GivenHolidays, Place
from tocsin.law.clock import (
    ClockKind,
    ClockRule,
    Due,
    FixedDate,
    NationalLimit,
    Standing,
    due,
    due_extended,
    until,
)
from tocsin.law.counting import RULES, Counting, CountingRule, Interpretation, Length, Readings, Span, Unit
from tocsin.law.errors import (
    CalendarUnknownError,
    ClockFactsFaultyError,
    ClockRuleFaultyError,
    InstantWithoutZoneError,
    NationalLimitElsewhereError,
)
from tocsin.law.vocabulary import ClockId

BRUSSELS = place_in("Europe/Brussels")
MONDAY = datetime.fromisoformat("2026-11-23T10:17:00+01:00")
ROWS: list[dict[str, Any]] = tomllib.loads((VECTORS / "clocks.toml").read_text(encoding="utf-8"))["clock"]


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def rule_of(row: dict[str, Any]) -> ClockRule:
    return ClockRule(
        id=ClockId(row["id"]),
        article=row["article"],
        kind=ClockKind(row["kind"]),
        unit=Unit(row["unit"]),
        counting=Counting(row["counting"]),
        value=row.get("value"),
        date={"31 March": FixedDate(3, 31), "1 March": FixedDate(3, 1), None: None}[row.get("date")],
        of=row.get("of"),
        confirmed=row["confirmed"],
    )


CLOCKS = {row["id"]: rule_of(row) for row in ROWS}


def plain(**fields: Any) -> ClockRule:
    """An invented clock of 10 days, changed as the test wants."""
    defaults: dict[str, Any] = {
        "id": ClockId("invented.1"),
        "article": "1",
        "kind": ClockKind.DEADLINE_MAX,
        "unit": Unit.DAYS,
        "counting": Counting.EU_1182_71,
        "value": 10,
    }
    return ClockRule(**{**defaults, **fields})


def due_on_monday(name: str, **more: Any) -> Due:
    return due(CLOCKS[name], since=MONDAY, place=BRUSSELS, **more)


# Every clock of the law


def test_all_clocks_of_the_law_are_here() -> None:
    assert len(CLOCKS) == len(ROWS) == 101


SPAN = Span(instant("2026-12-01T10:17:00+01:00"), instant("2026-12-04T00:00:00+01:00"), date(2026, 12, 3))


@pytest.mark.parametrize("rule", CLOCKS.values(), ids=lambda rule: rule.id)
def test_each_clock_of_the_law_is_counted_or_says_why_not(rule: ClockRule) -> None:
    if rule.kind is ClockKind.LOOKBACK_WINDOW:
        with pytest.raises(ClockFactsFaultyError):
            due(rule, since=MONDAY, place=BRUSSELS)
        return
    answer = due(rule, since=MONDAY, place=BRUSSELS, of=SPAN if rule.of else None)
    has_number = answer.standing not in {Standing.WORD, Standing.NOT_RECORDED}
    assert (answer.span is not None) is has_number
    assert (answer.country is not None) is (answer.standing is Standing.NOT_RECORDED)
    if answer.span is not None:
        assert MONDAY < answer.span.strict <= answer.span.legal_latest


@pytest.mark.parametrize(
    ("name", "standing", "strict", "legal_latest"),
    [
        # eight hours, five meanings, five clocks (twenty facts, no. 8)
        ("dir2013_40.13.1.urgent", Standing.DEADLINE, "2026-11-23T18:17:00+01:00", "2026-11-23T19:00:00+01:00"),
        ("dir2019_713.14.1.urgent", Standing.DEADLINE, "2026-11-23T18:17:00+01:00", "2026-11-23T19:00:00+01:00"),
        ("d977.5.1a.urgent_direct", Standing.DEADLINE, "2026-11-23T18:17:00+01:00", "2026-11-23T19:00:00+01:00"),
        ("eev.10.4.emergency", Standing.DEADLINE, "2026-11-23T18:17:00+01:00", "2026-11-23T19:00:00+01:00"),
        ("fd960.4.1.urgent", Standing.DEADLINE, "2026-11-23T18:17:00+01:00", "2026-11-23T19:00:00+01:00"),
        # a floor and a ceiling of sixty days each (twenty facts, no. 11)
        ("ets185.29.7.preserve_min", Standing.DURATION, "2027-01-22T10:17:00+01:00", "2027-01-23T00:00:00+01:00"),
        ("eev.11.1.preserve", Standing.DURATION, "2027-01-22T10:17:00+01:00", "2027-01-23T00:00:00+01:00"),
        ("eev.10.3.produce", Standing.DEADLINE, "2026-12-03T10:17:00+01:00", "2026-12-04T00:00:00+01:00"),
        ("eev.16.2.recognition", Standing.DEADLINE, "2026-11-30T10:17:00+01:00", "2026-12-01T00:00:00+01:00"),
        ("tco.3.2.prior_info", Standing.OPENING, "2026-11-23T22:17:00+01:00", "2026-11-23T23:00:00+01:00"),
        # a treaty's number for an answer is an aim, since nothing says how to count it
        ("cets224.8.6.return_subscriber", Standing.TARGET, "2026-12-13T10:17:00+01:00", "2026-12-14T00:00:00+01:00"),
        # dates: statistics of 2026 are due by the end of 31 March 2027, a report before 1 March
        ("eev.28.2.stats", Standing.DEADLINE, "2027-04-01T00:00:00+02:00", "2027-04-01T00:00:00+02:00"),
        ("tco.7.2.transparency", Standing.DEADLINE, "2027-03-01T00:00:00+01:00", "2027-03-01T00:00:00+01:00"),
        ("uncc.65.entry", Standing.DATE, "2027-02-21T00:00:00+01:00", "2027-02-21T00:00:00+01:00"),
    ],
)
def test_what_is_due_on_a_monday_in_brussels(name: str, standing: Standing, strict: str, legal_latest: str) -> None:
    answer = due_on_monday(name)
    assert answer.span is not None
    assert (answer.standing, answer.span.strict, answer.span.legal_latest) == (
        standing, instant(strict), instant(legal_latest),
    )  # fmt: skip


# Bare words


@pytest.mark.parametrize(
    "rule", [rule for rule in CLOCKS.values() if rule.kind is ClockKind.QUALITATIVE and not rule.of], ids=lambda r: r.id
)
def test_a_bare_word_gives_no_number_and_a_target_is_never_called_a_deadline(rule: ClockRule) -> None:
    assert due(rule, since=MONDAY, place=BRUSSELS) == Due(Standing.WORD)
    aim = MONDAY + timedelta(hours=4)
    with_target = due(rule, since=MONDAY, place=BRUSSELS, target=aim)
    assert with_target.standing is Standing.TARGET
    assert with_target.span is not None
    assert with_target.span.strict == with_target.span.legal_latest == aim


def test_a_target_does_not_touch_a_deadline_of_the_law() -> None:
    assert due_on_monday("eev.10.3.produce", target=MONDAY) == due_on_monday("eev.10.3.produce")


# Clocks that hang on others


def test_an_extension_is_to_be_sent_before_the_unextended_and_unrolled_end() -> None:
    """2023/1543, Art. 11(1), note: ignore the roll-over. Here the sixtieth day is Saturday 31 October 2026."""
    paris = place_in("Europe/Paris")
    keep = due(CLOCKS["eev.11.1.preserve"], since=instant("2026-09-01T11:00:00+02:00"), place=paris)
    assert keep.span is not None
    assert keep.span.last_day == date(2026, 11, 2)
    send = due(
        CLOCKS["eev.11.1.extension"], since=instant("2026-09-01T11:00:00+02:00"), place=paris, of=keep.span
    )  # fmt: skip
    assert send.standing is Standing.RIGHT
    assert send.span is not None
    assert send.span.strict == send.span.legal_latest == instant("2026-10-31T10:00:00+01:00")
    assert send.span.last_day is None


def test_a_reason_for_not_producing_is_due_when_the_production_is() -> None:
    assert due_on_monday("eev.10.8.other_reason", of=SPAN) == Due(Standing.DEADLINE, SPAN)


@pytest.mark.parametrize("name", ["eev.11.1.extension", "eev.10.8.other_reason"])
def test_a_clock_that_hangs_on_another_is_an_error_without_it(name: str) -> None:
    with pytest.raises(ClockFactsFaultyError) as raised:
        due_on_monday(name)
    assert raised.value.fields["field"] == "of"


# National law


@pytest.mark.parametrize(
    ("name", "law_of", "country"),
    [
        ("ets185.16.2.preserve_max", None, "BE"),  # the law of the State where the act is due
        ("eev.17.2.objection", "RO", "RO"),  # the law of the issuing authority (twenty facts, no. 1)
        ("dir2013_40.14.3.stats", None, "BE"),
    ],
)
def test_national_law_that_is_not_recorded_has_no_number(name: str, law_of: str | None, country: str) -> None:
    assert due_on_monday(name, law_of=law_of) == Due(Standing.NOT_RECORDED, None, country)


def test_an_aim_may_help_where_an_answer_is_due_under_unknown_law_and_never_where_data_are_kept() -> None:
    aim = MONDAY + timedelta(days=5)
    answer = due_on_monday("eev.17.2.objection", law_of="RO", target=aim)
    assert (answer.standing, answer.country) == (Standing.TARGET, "RO")
    assert due_on_monday("ets185.16.2.preserve_max", target=aim).standing is Standing.NOT_RECORDED


def test_the_same_ten_days_are_counted_by_two_laws() -> None:
    """Twenty facts, no. 1. The national rule is invented: the tenth day is the last, whatever day it is."""
    saturday = instant("2026-11-25T09:00:00+01:00")  # ten days on
    invented = NationalLimit(
        country="RO",
        clock=ClockId("eev.17.2.objection"),
        rule=CountingRule(source="an example", skips_event_day=True),
    )
    objection = due(CLOCKS["eev.17.2.objection"], since=saturday, place=BRUSSELS, law_of="RO", national=invented)
    production = due(CLOCKS["eev.10.3.produce"], since=saturday, place=BRUSSELS)
    assert objection.span is not None
    assert production.span is not None
    assert objection.standing is Standing.DEADLINE
    assert (objection.span.last_day, production.span.last_day) == (date(2026, 12, 5), date(2026, 12, 7))


def test_a_recorded_law_may_set_its_own_number() -> None:
    invented = NationalLimit(
        country="BE",
        clock=ClockId("ets185.16.2.preserve_max"),
        rule=RULES[Counting.TREATY_NO_RULE],
        length=Length(30, Unit.DAYS),
    )
    answer = due_on_monday("ets185.16.2.preserve_max", national=invented)
    assert answer.span is not None
    assert (answer.standing, answer.span.last_day) == (Standing.DURATION, date(2026, 12, 23))


@pytest.mark.parametrize(("country", "clock"), [("FR", "ets185.16.2.preserve_max"), ("BE", "eev.17.2.objection")])
def test_a_recorded_law_of_another_state_or_for_another_clock_is_an_error(country: str, clock: str) -> None:
    other = NationalLimit(country=country, clock=ClockId(clock), rule=RULES[Counting.TREATY_NO_RULE])
    with pytest.raises(NationalLimitElsewhereError):
        due_on_monday("ets185.16.2.preserve_max", national=other)


# Readings


def test_a_reading_belongs_to_the_clock() -> None:
    friday = instant("2026-11-27T18:45:00+01:00")
    usual = CLOCKS["nis2.23.4b.notification"]
    stretched = replace(usual, readings=Readings(hours_min_two_working_days=True))
    ends = [due(rule, since=friday, place=BRUSSELS).span for rule in (usual, stretched)]
    assert [end.legal_latest for end in ends if end] == [
        instant("2026-11-30T19:00:00+01:00"), instant("2026-12-02T00:00:00+01:00"),
    ]  # fmt: skip


# Errors


def test_an_event_without_an_offset_is_an_error_for_every_clock() -> None:
    for rule in CLOCKS.values():
        if rule.kind is not ClockKind.LOOKBACK_WINDOW:
            with pytest.raises(InstantWithoutZoneError):
                due(rule, since=datetime(2026, 11, 23, 10), place=BRUSSELS, of=SPAN)  # noqa: DTZ001


def test_a_year_without_a_calendar_is_an_error() -> None:
    with pytest.raises(CalendarUnknownError):
        due(CLOCKS["eev.16.2.recognition"], since=datetime(2101, 3, 1, tzinfo=UTC), place=BRUSSELS)
    listed = GivenHolidays.of([], years=range(2101, 2102))
    known = due(CLOCKS["eev.16.2.recognition"], since=datetime(2101, 3, 1, tzinfo=UTC), place=BRUSSELS, holidays=listed)
    assert known.span is not None


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"value": None}, "value"),
        ({"value": 0}, "value"),
        ({"value": -3}, "value"),
        ({"value": Fraction(1, 2)}, "value"),
        ({"kind": ClockKind.QUALITATIVE}, "unit"),
        ({"unit": Unit.PROMPTLY, "value": None}, "unit"),
        ({"unit": Unit.PROMPTLY, "kind": ClockKind.QUALITATIVE}, "value"),
        ({"date": FixedDate(3, 31)}, "date"),
        ({"unit": Unit.DATE, "value": None, "kind": ClockKind.PERIODIC}, "date"),
        ({"unit": Unit.DATE, "value": None, "date": FixedDate(3, 31)}, "kind"),
        ({"kind": ClockKind.PERIODIC_BEFORE}, "kind"),
        ({"kind": ClockKind.EXTENSION}, "of"),
        ({"of": ClockId("invented.2")}, "of"),
        ({"unit": Unit.WORKING_DAYS, "counting": Counting.TREATY_NO_RULE}, "unit"),
        ({"warnings": (timedelta(0),)}, "warnings"),
    ],
)
def test_a_clock_rule_that_contradicts_itself_is_an_error_that_names_the_field(
    fields: dict[str, Any], fault: str
) -> None:
    with pytest.raises(ClockRuleFaultyError) as raised:
        plain(**fields)
    assert (raised.value.fields["clock"], raised.value.fields["field"]) == ("invented.1", fault)


@pytest.mark.parametrize(("month", "day"), [(2, 29), (4, 31), (13, 1), (0, 1)])
def test_a_fixed_date_comes_every_year(month: int, day: int) -> None:
    with pytest.raises(ValueError, match=r"day|month"):
        FixedDate(month, day)


def test_what_has_no_number_cannot_be_extended() -> None:
    with pytest.raises(ClockFactsFaultyError):
        due_extended(CLOCKS["eev.10.1.preserve"], Length(30, Unit.DAYS), since=MONDAY, place=BRUSSELS)


# How an end is shown


@pytest.mark.parametrize(
    ("end", "shown", "day"),
    [
        (
            "2026-12-04T00:00:00+01:00",
            "until the end of 3 December 2026 (Europe/Brussels)",
            date(2026, 12, 3),
        ),
        ("2026-11-23T19:00:00+01:00", "until 19:00 on 23 November 2026 (Europe/Brussels)", None),
        ("2026-11-23T18:17:05+01:00", "until 18:17:05 on 23 November 2026 (Europe/Brussels)", None),
        ("2026-12-03T23:00:00+00:00", "until the end of 3 December 2026 (Europe/Brussels)", date(2026, 12, 3)),
    ],
)
def test_an_exclusive_midnight_is_shown_as_the_end_of_the_day_before(end: str, shown: str, day: date | None) -> None:
    answer = until(instant(end), BRUSSELS)
    assert (str(answer), answer.day) == (shown, day)


def test_the_end_of_a_day_whose_midnight_is_left_out_is_shown_as_such_too() -> None:
    assert until(instant("2027-03-28T01:00:00+00:00"), place_in("Atlantic/Azores")).day == date(2027, 3, 27)


# Both sides come to the same


@settings(max_examples=100, deadline=None)
@given(since=instants(), place=places(), name=st.sampled_from(sorted(CLOCKS)))
def test_two_computations_of_one_clock_agree(since: datetime, place: Place, name: str) -> None:
    """Whatever was computed before: caches hold nothing that changes an answer."""
    if CLOCKS[name].kind is ClockKind.LOOKBACK_WINDOW or CLOCKS[name].of:
        return
    again = due(CLOCKS[name], since=since, place=Place(place.zone, place.country, place.subdivision))
    assert again == due(CLOCKS[name], since=since, place=place)


def test_choices_are_told_with_the_end_that_rests_on_them() -> None:
    answer = due_on_monday("ets185.29.7.preserve_min")
    assert answer.span is not None
    assert answer.span.interpretations == {Interpretation.TREATY_COUNTED}
