"""The instruments that are shipped, read once and checked whole.

    instrument("budapest-29-preserve").form.fields
    instruments(on=date(2026, 11, 24))          # those in force that day

A faulty file stops the start: `LawFileError` names the file, the line and the rule of each fault.
"""

from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib import resources

from tocsin.base.ids import InstrumentId
from tocsin.law.errors import LawFileError, UnknownInstrumentError
from tocsin.law.instrument_file import read_instruments, read_other_clocks
from tocsin.law.provisions import Instrument, InstrumentClock, OtherClock
from tocsin.law.vocabulary import ClockId

__all__ = ["Instrument", "clock_named", "instrument", "instruments", "notifications", "other_clocks", "texts_shipped"]

_SUFFIX = ".toml"


def instruments(on: date | None = None) -> Mapping[InstrumentId, Instrument]:
    """All instruments by id; with a day, those in force that day.

    Raises `LawFileError` when a file breaks a rule.
    """
    if on is None:
        return _all()
    return {name: each for name, each in _all().items() if each.in_force(on)}


def instrument(instrument_id: str) -> Instrument:
    """The instrument of that id; raises `UnknownInstrumentError`."""
    found = _all().get(InstrumentId(instrument_id)) or notifications().get(InstrumentId(instrument_id))
    if found is None:
        raise UnknownInstrumentError(instrument=instrument_id, known=", ".join(sorted([*_all(), *notifications()])))
    return found


@cache
def notifications() -> Mapping[InstrumentId, Instrument]:
    """The threads in which an enforcing authority is told of an order, by id: no way to ask for anything by itself."""
    told = (each.notification for each in _all().values())
    return {each.id: each for each in told if each is not None}


def clock_named(clock_id: str) -> InstrumentClock:
    """The clock of that id, whichever instrument states it; raises ``KeyError``."""
    return _clocks()[clock_id]


def other_clocks() -> Mapping[ClockId, OtherClock]:
    """Clocks that no shipped instrument carries, by id; raises `LawFileError`."""
    return _others()


def texts_shipped() -> dict[str, str]:
    """The files of the instruments by name, as they lie in the package."""
    folder = resources.files("tocsin.law.instruments")
    files = sorted((each for each in folder.iterdir() if each.name.endswith(_SUFFIX)), key=lambda each: each.name)
    return {each.name: each.read_text("utf-8") for each in files}


@cache
def _all() -> Mapping[InstrumentId, Instrument]:
    found, faults = read_instruments(texts_shipped())
    if faults:
        raise LawFileError(count=len(faults), first=faults[0], faults=faults)
    return found


@cache
def _clocks() -> Mapping[str, InstrumentClock]:
    return {clock.id: clock for each in _all().values() for clock in each.clocks}


@cache
def _others() -> Mapping[ClockId, OtherClock]:
    text = resources.files("tocsin.law.sources").joinpath("other_clocks.toml").read_text("utf-8")
    found, faults = read_other_clocks(text, file="other_clocks.toml")
    if faults:
        raise LawFileError(count=len(faults), first=faults[0], faults=faults)
    return found
