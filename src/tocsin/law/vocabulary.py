"""The closed lists of words that the law as data is written in.

A value here is also the value on the wire and in the files: changing one is a change of protocol.
"""

from enum import StrEnum
from typing import NewType

StateCode = NewType("StateCode", str)
"""A State by its ISO 3166-1 alpha-2 code: ``RO``."""
ClockId = NewType("ClockId", str)
"""``ets185.29.7.preserve_min``: the act, the article, the step."""


class Confidence(StrEnum):
    """How far a line of the law as data may be trusted; shown on form, clock and screen."""

    PAGE = "page"
    """Read on a stored copy of the legal text."""
    MEMORY = "from memory"
    """Not confirmed on any page: to be looked up before anybody relies on it."""
    INTERPRETATION = "interpretation"
    """The law is silent or disputed: a choice of ours."""


class Known(StrEnum):
    """An answer in three values. ``NO`` is given only where a source says no."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class DataCategory(StrEnum):
    """What kind of data is asked for."""

    SUBSCRIBER = "SUBSCRIBER"
    IDENTIFICATION = "IDENTIFICATION"
    TRAFFIC = "TRAFFIC"
    CONTENT = "CONTENT"


class Function(StrEnum):
    """As what somebody signs."""

    JUDGE = "judge"
    COURT = "court"
    INVESTIGATING_JUDGE = "investigating-judge"
    PROSECUTOR = "prosecutor"
    POLICE = "police"
    OTHER_AUTHORITY = "other-competent-authority"
    CONTACT_POINT = "contact-point"
    SINGLE_POINT = "single-point-of-contact"
    CENTRAL_AUTHORITY = "central-authority"


class PartyKind(StrEnum):
    """What stands at an end of a request."""

    STATE = "state"
    PROVIDER = "provider"


class Reader(StrEnum):
    """For whom a rendering of a form is made."""

    ADDRESSEE = "addressee"
    ENFORCING_AUTHORITY = "enforcing-authority"


class LetterKind(StrEnum):
    """The letters of a thread."""

    ASK = "ask"
    ACKNOWLEDGE = "acknowledge"
    INDICATE = "indicate"
    QUERY = "query"
    SUPPLEMENT = "supplement"
    ACCEPT = "accept"
    REFUSE = "refuse"
    POSTPONE = "postpone"
    EXTEND = "extend"
    PRESERVED = "preserved"
    DISCLOSE = "disclose"
    DELIVER = "deliver"
    RELEASE = "release"
    FOLLOW_UP = "follow-up"
    WITHDRAW = "withdraw"
    CLOSE = "close"


class Purpose(StrEnum):
    """What a request under an instrument is for."""

    INFORM = "inform"
    """Tell another State what may help it, unasked."""
    PRESERVE = "preserve"
    DISCLOSE = "disclose"
    """Name further providers and the path: a few lines of traffic data."""
    PRODUCE = "produce"
    ASSIST = "assist"


class GroundUse(StrEnum):
    """For what a ground may be invoked."""

    REFUSE = "refuse"
    POSTPONE = "postpone"
    WITHHOLD = "withhold"
    """Keep back the lines of a partial disclosure (ETS 185, Article 30(2))."""


class InvokedBy(StrEnum):
    """Who may invoke a ground of refusal."""

    REQUESTED_PARTY = "requested-party"
    ENFORCING_AUTHORITY = "enforcing-authority"
    EXECUTING_AUTHORITY = "executing-authority"
    ADDRESSEE = "addressee"
    SINGLE_POINT = "single-point-of-contact"


class Danger(StrEnum):
    """What may be threatened. Each instrument says which of these it calls an emergency, or urgent."""

    LIFE = "life"
    PHYSICAL_INTEGRITY = "physical-integrity"
    SAFETY = "safety"
    CRITICAL_INFRASTRUCTURE = "critical-infrastructure"
    PUBLIC_SECURITY = "public-security"
    CUSTODY = "custody"
    LOSING_RELEVANCE = "losing-relevance"
    LOSS_OF_DATA = "loss-of-data"
    PROPERTY = "property"


class OffenceList(StrEnum):
    """Lists of offences that instruments refer to; the asking side says in which an offence is."""

    ETS185_2_11 = "ets185.2-11"
    DIR2013_40_3_8 = "dir2013_40.3-8"
    DIR2019_713_3_8 = "dir2019_713.3-8"
    DIR2011_93_3_7 = "dir2011_93.3-7"
    DIR2017_541 = "dir2017_541.3-12+14"
    EEV_ANNEX_IV = "reg2023_1543.annex-iv"


class Privilege(StrEnum):
    """Whose protected data a request may touch; anything but ``none`` asks for a judge."""

    NONE = "none"
    LAWYER = "lawyer"
    DOCTOR = "doctor"
    JOURNALIST = "journalist"
    CLERGY = "clergy"
    IMMUNITY = "immunity"
