"""Every length that a clock of the law has, and instants at which counting is hard."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from tests.law.places import PARTS, PLACES
from tocsin.law.calendar import Place
from tocsin.law.counting import Length, Unit

HOURS = tuple(Length(value, Unit.HOURS) for value in (1, 8, 12, 24, 48, 72, 96))
DAYS = tuple(Length(value, Unit.DAYS) for value in (1, 2, 3, 5, 7, 10, 14, 20, 30, 45, 60, 90))
OTHERS = (
    *(Length(value, Unit.CALENDAR_DAYS) for value in (3, 7)),
    *(Length(value, Unit.WORKING_DAYS) for value in (1, 2, 5)),
    *(Length(value, Unit.WEEKS) for value in (1, 2, 6)),
    *(Length(value, Unit.MONTHS) for value in (1, 3, 6, 12, 18)),
    Length(1, Unit.YEAR),
)
LIMITS = HOURS + DAYS + OTHERS

DST_NIGHTS = tuple(
    datetime(year, month, day, 1, tzinfo=UTC)  # directive 2000/84: 01:00 UTC everywhere in the Union
    for year, month, day in (
        (2026, 3, 29),
        (2026, 10, 25),
        (2027, 3, 28),
        (2027, 10, 31),
        (2028, 3, 26),
        (2028, 10, 29),
    )
)
TURNS = tuple(
    datetime(year, month, day, tzinfo=UTC)
    for year in (2026, 2027, 2028)
    for month, day in ((1, 1), (1, 31), (2, 28), (3, 31), (5, 1), (5, 31), (8, 31), (11, 1), (12, 24), (12, 31))
)
EASTERS = tuple(datetime(*day, tzinfo=UTC) for day in ((2026, 4, 5), (2027, 3, 28), (2028, 4, 16)))
HARD = DST_NIGHTS + TURNS + EASTERS


@st.composite
def instants(draw: st.DrawFn) -> datetime:
    """Instants within three days of a hard one, often on a full hour, or anywhere in three years."""
    near = st.tuples(st.sampled_from(HARD), st.integers(-3 * 86400, 3 * 86400))
    at_the_hour = st.tuples(st.sampled_from(HARD), st.integers(-72, 72).map(lambda hours: hours * 3600))
    anywhere = st.tuples(st.just(datetime(2026, 1, 1, tzinfo=UTC)), st.integers(0, 3 * 365 * 86400))
    start, seconds = draw(st.one_of(near, at_the_hour, anywhere))
    return start + timedelta(seconds=seconds, microseconds=draw(st.sampled_from((0, 0, 0, 1, 999_999))))


def places() -> st.SearchStrategy[Place]:
    """Every State in each of its zones as often as its parts together."""
    return st.one_of(st.sampled_from(PLACES), st.sampled_from(PARTS))
