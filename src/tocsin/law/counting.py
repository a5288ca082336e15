"""How law counts time."""

from enum import StrEnum


class Counting(StrEnum):
    """By whose rule a time limit is counted."""

    EU_1182_71 = "eu_1182_71"
    """Regulation (EEC, Euratom) No 1182/71."""
    TREATY_NO_RULE = "treaty_no_rule"
    """The treaty gives a number and no way to count it."""
    NATIONAL_LAW = "national_law"
    """The law of the State where the act is due: a number only once that State has recorded it."""
    NATIONAL_LAW_OF_ISSUING_AUTHORITY = "national_law_of_issuing_authority"
    """The law of the State that issued the order (2023/1543, Article 17(9))."""


class Unit(StrEnum):
    """What a time limit is measured in: first those that are counted, then a date, then bare words."""

    HOURS = "hours"
    DAYS = "days"
    CALENDAR_DAYS = "calendar_days"
    WORKING_DAYS = "working_days"
    WEEKS = "weeks"
    MONTHS = "months"
    YEAR = "year"

    DATE = "date"

    IMMEDIATELY = "immediately"
    PROMPTLY = "promptly"
    EXPEDITIOUSLY = "expeditiously"
    RAPIDLY_EXPEDITED = "rapidly_expedited"
    WITHOUT_UNDUE_DELAY = "without_undue_delay"
    SIMULTANEOUSLY = "simultaneously"
    BEFORE_TRANSMISSION = "before_transmission"
    AT_EFFECT = "at_effect"
    AT_RESTRICTION = "at_restriction"
    ON_REQUEST = "on_request"
    NATIONAL = "national"
    SAME_AS_PRODUCTION_DEADLINE = "same_as_production_deadline"
