"""The features of a forged request: what lets others know it again, and nothing of whom it was about.

There is no field for words. Each value is a code, a domain, a number of a telephone, a hash, a key id or an instant
cut down to its hour, so no name, no case and no account can be written into a warning (decision 0161)::

    {"channel": "mail",                       how it came: see Channel
     "claimed": {"member": "pt",              whom it claimed to come from: a member's id, or null
                 "country": "PT",             that State, or null
                 "office": "police"},         what kind of authority, or null: see Office
     "domains": ["police-pt.example"],        of the addresses that were used
     "addresses": ["<64 hex>"],               SHA-256 of each whole address, as ``normal_address`` writes it
     "phones": ["+351210000000"],             numbers that it gave or came from
     "files": ["<64 hex>"],                   SHA-256 of each file that came with it
     "keys": ["<16 hex>"],                    ids of the keys that signed it: a stolen key or account
     "wording": ["deadline-within-hours"],    what is striking about it: see Wording
     "instrument": "budapest-35-assist",      under which it claimed to be made, or null
     "asked": ["SUBSCRIBER"],                 what kind of data it wanted
     "seen": "2026-11-24T03:00:00.000Z"}      the hour in which it came

An address is told as its hash: whoever gets a mail from it can compare, and nobody learns the address of an officer
whose mailbox was stolen. Its domain is told as it is, so that people can see it.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from tocsin.base import instant
from tocsin.base.ids import MEMBER_PATTERN, InstrumentId, MemberId
from tocsin.base.instant import Instant
from tocsin.law.vocabulary import DataCategory
from tocsin.notices.errors import FeaturesFaultyError
from tocsin.proof.canonical import Json

MOST_OF_EACH = 20
_DOMAIN = re.compile(r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?!\d+\Z)[a-z0-9-]{2,63}")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_HEX_64 = re.compile(r"[0-9a-f]{64}")
_KID = re.compile(r"[0-9a-f]{16}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_INSTRUMENT = re.compile(r"(?=.{1,64}\Z)[a-z0-9]+(?:-[a-z0-9]+)*")
_ADDRESS = re.compile(r"[^\s@<>\"]{1,64}@(?P<domain>[^\s@<>\"]{4,253})")
_PHONE_LIKE = re.compile(r"(?:\+|\b00)[0-9](?:[\s().\u2010-\u2015/-]{0,3}[0-9]){6,16}")
_MOST_READ = 200_000
_SPELLED = re.compile(r"[\s().\u2010-\u2015/-]+")


class Channel(StrEnum):
    """By which channel a forged request came. The values are on the wire: never rename one."""

    NODE = "node"
    """By a member's own node: a stolen account or key."""
    MAIL = "mail"
    UPLOAD = "upload"
    PAPER = "paper"
    TELEPHONE = "telephone"
    OTHER = "other"


class Office(StrEnum):
    """What kind of authority somebody claimed to be."""

    POLICE = "police"
    CONTACT_POINT = "contact-point"
    PROSECUTOR = "prosecutor"
    JUDGE = "judge"
    CENTRAL_AUTHORITY = "central-authority"
    AGENCY = "agency"
    PROVIDER = "provider"
    OTHER = "other"


class Wording(StrEnum):
    """What is striking about a forged request: codes, never its words."""

    LIFE_IN_DANGER = "life-in-danger"
    DEADLINE_WITHIN_HOURS = "deadline-within-hours"
    GENUINE_LETTERHEAD = "genuine-letterhead"
    CALL_THIS_NUMBER = "call-this-number"
    NO_CALL_BACK = "no-call-back"
    TELL_NOBODY = "tell-nobody"
    ANSWER_ELSEWHERE = "answer-elsewhere"
    LINK_TO_FOLLOW = "link-to-follow"
    THREAT_OF_PENALTY = "threat-of-penalty"
    WRONG_ARTICLE = "wrong-article"
    WRONG_AUTHORITY = "wrong-authority"
    UNUSUAL_LANGUAGE = "unusual-language"
    COPIED_FROM_GENUINE = "copied-from-genuine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """Whom a forged request claimed to come from."""

    member: MemberId | None = None
    country: str | None = None
    office: Office | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """What lets others know a forged request again."""

    channel: Channel
    seen: Instant
    """The hour in which it came; ``hour_of`` cuts an instant down to it."""
    claimed: Claimed = Claimed()
    domains: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    wording: tuple[Wording, ...] = ()
    instrument: InstrumentId | None = None
    asked: tuple[DataCategory, ...] = ()


class Trait(StrEnum):
    """A feature by which something that arrives can be compared."""

    DOMAIN = "domain"
    ADDRESS = "address"
    PHONE = "phone"
    FILE = "file"
    KEY = "key"
    CLAIMED = "claimed"


def traits_of(features: Features) -> list[tuple[Trait, str]]:
    """What can be compared, each as its kind and value."""
    claimed = (features.claimed.member,) if features.claimed.member else ()
    listed: dict[Trait, Sequence[str]] = {
        Trait.DOMAIN: features.domains,
        Trait.ADDRESS: features.addresses,
        Trait.PHONE: features.phones,
        Trait.FILE: features.files,
        Trait.KEY: features.keys,
        Trait.CLAIMED: claimed,
    }
    return [(trait, value) for trait, values in listed.items() for value in values]


# --- Writing down what somebody types -------------------------------------------------------------


def normal_address(written: str) -> str:
    """An e-mail address as its hash is taken: without spaces around it, in lower case."""
    return written.strip().lower()


def address_hash(written: str) -> str:
    """The SHA-256 of an address, in hex."""
    return hashlib.sha256(normal_address(written).encode()).hexdigest()


def domain_of(address: str) -> str | None:
    """The domain of an e-mail address in the letters that go over the wire; nothing for what is no address."""
    found = _ADDRESS.fullmatch(normal_address(address))
    return normal_domain(found["domain"]) if found else None


def normal_domain(written: str) -> str | None:
    """A domain in lower case and ASCII (IDNA); nothing for what is none."""
    try:
        name = written.strip().lower().rstrip(".").encode("idna").decode("ascii")
    except UnicodeError:
        return None
    return name if _DOMAIN.fullmatch(name) else None


def normal_phone(written: str) -> str | None:
    """A telephone number as E.164 writes it; nothing without its country code."""
    plain = _SPELLED.sub("", written.strip().replace("(0)", ""))
    if plain.startswith("00"):
        plain = "+" + plain[2:]
    return plain if _PHONE.fullmatch(plain) else None


def phones_in(text: str) -> frozenset[str]:
    """The telephone numbers with a country code that stand in a text, as E.164 writes them."""
    found = (normal_phone(each) for each in _PHONE_LIKE.findall(text[:_MOST_READ]))
    return frozenset(phone for phone in found if phone)


def hour_of(at: Instant) -> Instant:
    """The hour that an instant lies in: a minute could be found again in somebody's case."""
    return at.replace(minute=0, second=0, microsecond=0)


# --- JSON -----------------------------------------------------------------------------------------


def features_payload(features: Features) -> dict[str, Json]:
    """The features as they stand in a warning; ``read_features`` gives the same value back."""
    claimed = features.claimed
    return {
        "channel": features.channel.value,
        "claimed": {
            "member": claimed.member,
            "country": claimed.country,
            "office": claimed.office.value if claimed.office else None,
        },
        "domains": list(features.domains),
        "addresses": list(features.addresses),
        "phones": list(features.phones),
        "files": list(features.files),
        "keys": list(features.keys),
        "wording": [each.value for each in features.wording],
        "instrument": features.instrument,
        "asked": [each.value for each in features.asked],
        "seen": instant.text(features.seen),
    }


MEMBERS = frozenset(
    (
        *("channel", "claimed", "domains", "addresses", "phones", "files", "keys"),
        *("wording", "instrument", "asked", "seen"),
    )
)
_CLAIMED = frozenset(("member", "country", "office"))
_NEVER = instant.parse("1970-01-01T00:00:00.000Z")
_Code = TypeVar("_Code", bound=StrEnum)


def read_features(value: Json) -> tuple[Features, list[str]]:
    """The features in a warning, and every rule that they break; with a fault the features are worth nothing."""
    reader = _Reader(value)
    features = Features(
        channel=reader.code("channel", Channel) or Channel.OTHER,
        claimed=_claimed(reader),
        domains=reader.matching("domains", _DOMAIN, "domains in lower case and ASCII, with no address before them"),
        addresses=reader.matching("addresses", _HEX_64, "SHA-256 of an address, 64 hexadecimal digits"),
        phones=reader.matching("phones", _PHONE, "telephone numbers with + and the country code"),
        files=reader.matching("files", _HEX_64, "SHA-256 of a file, 64 hexadecimal digits"),
        keys=reader.matching("keys", _KID, "key ids, 16 hexadecimal digits"),
        wording=reader.codes("wording", Wording),
        instrument=reader.instrument(),
        asked=reader.codes("asked", DataCategory),
        seen=reader.hour(),
    )
    reader.finish(MEMBERS)
    if not reader.faults and not traits_of(features):
        reader.fault("features", "at least one of domains, addresses, phones, files, keys or claimed.member")
    return features, reader.faults


def _claimed(reader: "_Reader") -> Claimed:
    inside = _Reader(reader.members.get("claimed"), where="claimed.", faults=reader.faults)
    member = inside.optional("member", MEMBER_PATTERN, "null or a member's id")
    claimed = Claimed(
        member=MemberId(member) if member else None,
        country=inside.optional("country", _COUNTRY, "null or a country in two letters"),
        office=inside.code("office", Office, nothing=True),
    )
    inside.finish(_CLAIMED)
    return claimed


class _Reader:
    """The members of one object; each that breaks its rule becomes a fault, and reading goes on."""

    def __init__(self, value: Json, *, where: str = "", faults: list[str] | None = None) -> None:
        self.faults: list[str] = [] if faults is None else faults
        self._where = where
        if not isinstance(value, Mapping):
            self.fault("", "an object")
        self.members: Mapping[str, Json] = value if isinstance(value, Mapping) else {}

    def fault(self, name: str, rule: str) -> None:
        self.faults.append(f"{self._where}{name}: {rule}")

    def finish(self, known: Iterable[str]) -> None:
        for name in sorted(frozenset(known) ^ self.members.keys()):
            self.fault(name[:64], "every member has to be there, and no other")

    def code(self, name: str, kind: type[_Code], *, nothing: bool = False) -> _Code | None:
        value = self.members.get(name)
        if value is None and nothing:
            return None
        if isinstance(value, str) and value in list(kind):
            return kind(value)
        self.fault(name, f"{'null or ' if nothing else ''}one of {', '.join(kind)}")
        return None

    def codes(self, name: str, kind: type[_Code]) -> tuple[_Code, ...]:
        known = list(kind)
        found = self._list(name, lambda each: each in known, f"each one of {', '.join(kind)}")
        return tuple(kind(each) for each in found)

    def matching(self, name: str, pattern: re.Pattern[str], rule: str) -> tuple[str, ...]:
        return self._list(name, lambda each: pattern.fullmatch(each) is not None, rule)

    def _list(self, name: str, good: Callable[[str], bool], rule: str) -> tuple[str, ...]:
        value = self.members.get(name)
        listed = value if isinstance(value, list) else None
        if listed is None or len(listed) > MOST_OF_EACH or len({str(each) for each in listed}) < len(listed):
            self.fault(name, f"a list of at most {MOST_OF_EACH}, each only once")
            return ()
        if not all(isinstance(each, str) and good(each) for each in listed):
            self.fault(name, rule)
            return ()
        return tuple(str(each) for each in listed)

    def optional(self, name: str, pattern: re.Pattern[str], rule: str) -> str | None:
        value = self.members.get(name)
        if value is None:
            return None
        if isinstance(value, str) and pattern.fullmatch(value):
            return value
        self.fault(name, rule)
        return None

    def instrument(self) -> InstrumentId | None:
        found = self.optional("instrument", _INSTRUMENT, "null or an instrument's id")
        return InstrumentId(found) if found else None

    def hour(self) -> Instant:
        try:
            found = instant.parse(str(self.members.get("seen")))
        except (ValueError, OverflowError):
            found = None
        if found is None or instant.text(found) != self.members.get("seen") or hour_of(found) != found:
            self.fault("seen", "a whole hour in UTC, like 2026-11-24T03:00:00.000Z")
            return _NEVER
        return found


# --- What a program or a command says -------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """The features as somebody types them: whole addresses, numbers with blanks, codes as texts."""

    channel: str
    seen: Instant
    member: str = ""
    country: str = ""
    office: str = ""
    addresses: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    wording: tuple[str, ...] = ()
    instrument: str = ""
    asked: tuple[str, ...] = ()


def features_of(typed: Typed) -> Features:
    """The features that are told of what was typed; raises ``FeaturesFaultyError`` with every fault."""
    domains = [normal_domain(each) or each for each in typed.domains]
    of_addresses = [domain_of(each) or each for each in typed.addresses]
    told: dict[str, Json] = {
        "channel": typed.channel,
        "claimed": {
            "member": typed.member or None,
            "country": typed.country.upper() or None,
            "office": typed.office or None,
        },
        "domains": list(dict.fromkeys([*domains, *of_addresses])),
        "addresses": list(dict.fromkeys(map(address_hash, typed.addresses))),
        "phones": list(dict.fromkeys(normal_phone(each) or each for each in typed.phones)),
        "files": [each.lower() for each in dict.fromkeys(typed.files)],
        "keys": [each.lower() for each in dict.fromkeys(typed.keys)],
        "wording": list(dict.fromkeys(typed.wording)),
        "instrument": typed.instrument or None,
        "asked": list(dict.fromkeys(typed.asked)),
        "seen": instant.text(hour_of(typed.seen)),
    }
    features, faults = read_features(told)
    if faults:
        raise FeaturesFaultyError(faults="; ".join(faults))
    return features
