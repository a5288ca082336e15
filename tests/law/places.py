"""Where the tests of clocks take place: all 27 Member States, in every zone of theirs."""

from pathlib import Path

import holidays

from tocsin.law.calendar import Place

VECTORS = Path(__file__).parent / "vectors"


def _places() -> tuple[Place, ...]:
    lines = (VECTORS / "places.csv").read_text(encoding="utf-8").splitlines()
    rows = [line.split(",") for line in lines if not line.startswith("#")][1:]
    return tuple(Place(zone=zone, country=country) for country, zone in rows)


def _parts_of(place: Place) -> tuple[Place, ...]:
    calendar: type[holidays.HolidayBase] = getattr(holidays, place.country)
    return tuple(Place(place.zone, place.country, part) for part in calendar.subdivisions)


PLACES = _places()
"""Every Member State in each of its time zones."""
STATES = tuple(sorted({place.country for place in PLACES}))
PARTS = tuple(part for place in PLACES for part in _parts_of(place))
"""Every part of a Member State whose holidays the calendar tells apart."""


def place_in(zone: str) -> Place:
    """The place of a worked example, which names its zone alone."""
    return next(place for place in PLACES if place.zone == zone)
