"""What can go wrong with the law as data and with its clocks."""

from typing import Any

from tocsin.base.errors import RuleError


class ZoneUnknownError(RuleError):
    """A card names a time zone that the tz database does not have."""

    code = "zone-unknown"
    sentence = "{zone!r} is not a time zone of the tz database; write it as in Europe/Bucharest."


class CountryUnknownError(RuleError):
    """A card names a country for whose public holidays there is no calendar."""

    code = "country-unknown"
    sentence = (
        "There is no calendar of public holidays for the country {country!r}; write its ISO 3166-1 code (GR, not EL)."
    )


class SubdivisionUnknownError(RuleError):
    """A card names a part of a country whose holidays the calendar does not tell apart."""

    code = "subdivision-unknown"
    sentence = "The calendar of {country} knows no subdivision {subdivision!r}; it knows: {known}."


class CalendarUnknownError(RuleError):
    """Nothing is known of the public holidays of that year; never read as "there are none"."""

    code = "calendar-unknown"
    sentence = "The public holidays of {country} in {year} are not known; the years from {first} to {last} are."


class InstantWithoutZoneError(RuleError):
    """An instant that names no UTC offset cannot be placed on the time line."""

    code = "instant-without-zone"
    sentence = "The instant {instant} names no UTC offset."


class InstantOutOfReachError(RuleError):
    """An instant so far off that it can only be a slip of the pen."""

    code = "instant-out-of-reach"
    sentence = "The instant {instant} does not lie in the years {first} to {last}."


class LengthNotPositiveError(RuleError):
    """A period is at least one unit long."""

    code = "length-not-positive"
    sentence = "A period of {value} {unit} is not longer than nothing."


class LengthTooLongError(RuleError):
    """A period so long that it can only be a slip of the pen."""

    code = "length-too-long"
    sentence = "A period of {value} {unit} is longer than a hundred years."


class LengthNotWholeError(RuleError):
    """Only months have parts, of thirtieths (1182/71, Article 3(2)(d))."""

    code = "length-not-whole"
    sentence = "A period of {value} {unit} is not a whole number of units; only months may have parts, of whole days."


class UnitNotCountedError(RuleError):
    """The unit is a word or a date, or the counting rule has no way to count it."""

    code = "unit-not-counted"
    sentence = "{unit} cannot be counted under {counting}: {reason}."


class NationalLawNotRecordedError(RuleError):
    """How long, or how to count, is left to a State that has not filled in its table."""

    code = "national-law-not-recorded"
    sentence = "National law of {country}: not recorded."


class NationalLimitElsewhereError(RuleError):
    """A line of a member's table was given to a clock or a State that it does not speak of."""

    code = "national-limit-elsewhere"
    sentence = "The recorded limit for {clock} in {country} was given for {wanted_clock} in {wanted_country}."


class ClockRuleFaultyError(RuleError):
    """A clock's line in an instrument contradicts itself."""

    code = "clock-rule-faulty"
    sentence = "The clock {clock} is faulty in {field}: {reason}."


class ClockFactsFaultyError(RuleError):
    """What is said to have happened to a running clock cannot have happened to it."""

    code = "clock-facts-faulty"
    sentence = "The clock {clock} cannot have {field}: {reason}."


class LawFileError(RuleError):
    """A file of law as data breaks a rule of its form; ``faults`` holds all of them."""

    code = "law-file"
    sentence = "{count} fault(s) in the law as data. First: {first}"

    def __init__(self, **fields: object) -> None:
        super().__init__(**fields)
        faults = fields.get("faults")
        self.faults: tuple[Any, ...] = faults if isinstance(faults, tuple) else ()


class UnknownInstrumentError(RuleError):
    """No instrument of that id is shipped."""

    code = "instrument-unknown"
    sentence = "There is no instrument {instrument!r}; there are: {known}."
    status = 404


class UnknownStateError(RuleError):
    """A State is named by its two-letter code."""

    code = "state-unknown"
    sentence = "{state!r} is not the two-letter code of a State; write it as in RO (GR, not EL)."


class NationalTableError(RuleError):
    """A member's table of its national law does not hold together; ``faults`` holds all of it."""

    code = "national-table"
    sentence = "The national table of {member} has {count} fault(s). First, at {field}: {first}"

    def __init__(self, **fields: object) -> None:
        super().__init__(**fields)
        faults = fields.get("faults")
        self.faults: tuple[Any, ...] = faults if isinstance(faults, tuple) else ()
