"""The form of a card: what every field must be, as a table of checks.

A check takes the field's value and yields the rule that it breaks, or ``None``. All faults of a card
are found at once. The same form stands as JSON Schema in ``docs/formats/card.schema.json``; what a
schema cannot say (a key's id follows from the key, the verifier keys are among the keys) is checked
here alone.
"""

import base64
import binascii
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import available_timezones

from cryptography.x509 import load_pem_x509_certificate

from tocsin.base import instant
from tocsin.base.ids import MEMBER_PATTERN
from tocsin.base.jose import SUITE, kid_of
from tocsin.directory.rules import age_key
from tocsin.directory.rules.endpoint import fault_of_endpoint
from tocsin.proof.canonical import MAX_INT, Json
from tocsin.proof.note import SIGNER, WITNESS, VerifierKey

Check = Callable[[Json], "str | None"]

BY_HEARSAY = "hearsay-"
"""How the ids of contacts begin that only a list tells of (``hearsay.py``): no member has such an id."""
NOBODY = "exercise"
"""The addressee of sample cases: no member has such an id, so nothing can be sent to it."""
KINDS = ("state", "provider", "hub", "private")
USES = ("sign", "seal", "journal", "witness", "age")

_MOST = {"competences": 100, "keys": 40, "languages": 24, "suites": 8, "tls": 4}
_KEY_SIZE = 32
_COUNTRY = re.compile(r"[A-Z]{2}")
_SUBDIVISION = re.compile(r"[A-Z0-9]{1,8}")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_PHONE = re.compile(r"\+[0-9](?:[ -]?[0-9]){6,14}")
_DAY = r"(?:Mo|Tu|We|Th|Fr|Sa|Su)"
_TIME = r"(?:[01][0-9]|2[0-4]):[0-5][0-9]"
_SPAN = rf"{_DAY}(?:-{_DAY})? {_TIME}-{_TIME}"
_HOURS = re.compile(rf"24/7|{_SPAN}(?:; {_SPAN})*")
_NAME_ID = re.compile(r"(?=.{1,64}\Z)[a-z0-9]+(?:-[a-z0-9]+)*")
_NOTE_NAME_FORM = re.compile(r"[!-*,-~]{1,200}")  # printable, no space, no plus
_KID = re.compile(r"[0-9a-f]{16}")
_OF_A_STATE = re.compile(r"([a-z]{2})(?:-.*)?")


@dataclass(frozen=True, slots=True)
class Fault:
    """A field and the rule that it breaks."""

    field: str
    rule: str

    def __str__(self) -> str:
        return f"{self.field}: {self.rule}"


def faults_of(payload: dict[str, Json]) -> list[Fault]:
    """Every rule that the payload of a card breaks; none for a good card."""
    checks = _CARD | (_EXERCISE if "exercise" in payload else {})
    faults = list(_member_faults(payload, checks, at=""))
    return faults or list(_faults_between_fields(payload))


def fault_of_zone(zone: str) -> str | None:
    """The rule that a time zone's name breaks, if it breaks one."""
    return _zone(zone)


def state_of_member(member: str) -> str | None:
    """The country code of the State that a member id belongs to, or ``None`` for other members.

    Ids of two letters, and those that begin with two letters and a hyphen, are the States': no private
    member can carry a name that a State may need later.
    """
    found = _OF_A_STATE.fullmatch(member)
    return found[1].upper() if found else None


# --- Single fields ------------------------------------------------------------------------------


def _is(expected: Json) -> Check:
    return lambda value: None if value == expected and type(value) is type(expected) else f"is {expected!r}"


def _one_of(allowed: tuple[str, ...]) -> Check:
    return lambda value: None if value in allowed else f"is one of {', '.join(allowed)}"


def _matching(pattern: re.Pattern[str], rule: str) -> Check:
    return lambda value: None if isinstance(value, str) and pattern.fullmatch(value) else rule


def _or_null(check: Check) -> Check:
    return lambda value: None if value is None else check(value)


def _list_of(check: Check, *, least: int, most: int) -> Check:
    def check_list(value: Json) -> str | None:
        if not isinstance(value, list) or not least <= len(value) <= most:
            return f"is a list of {least} to {most}"
        if any(value.index(item) != place for place, item in enumerate(value)):
            return "names nothing twice"
        return next((rule for rule in map(check, value) if rule), None)

    return check_list


def _name(value: Json) -> str | None:
    good = isinstance(value, str) and 0 < len(value) <= 200 and value == value.strip()  # noqa: PLR2004 - a line
    if not good or any(unicodedata.category(character)[0] == "C" for character in str(value)):
        return "is one line of 1 to 200 characters without control characters"
    return None


def _serial(value: Json) -> str | None:
    good = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_INT
    return None if good else "is a whole number from 1"


def _instant(value: Json) -> str | None:
    try:
        good = isinstance(value, str) and instant.text(instant.parse(value)) == value
    except (ValueError, OverflowError):
        good = False
    return None if good else "is an instant in UTC with milliseconds, like 2026-11-24T03:00:00.000Z"


def _zone(value: Json) -> str | None:
    known = isinstance(value, str) and value in _zones()
    return None if known else "is a time zone of the IANA database, like Europe/Bucharest"


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())  # looks at every file of the zone database


def _endpoint(value: Json) -> str | None:
    return fault_of_endpoint(value) if isinstance(value, str) else "is an address like https://node.example:8443"


def _certificate(value: Json) -> str | None:
    try:
        load_pem_x509_certificate(value.encode("ascii") if isinstance(value, str) else b"")
    except ValueError:  # UnicodeEncodeError is one
        return "holds certificates in PEM"
    if str(value).count("-----BEGIN ") != 1:
        return "holds one certificate in each string"
    return None


# --- Objects ------------------------------------------------------------------------------------


def _member_faults(value: Json, checks: dict[str, Check], *, at: str) -> Iterator[Fault]:
    if not isinstance(value, dict):
        yield Fault(at.removesuffix("."), "is an object")
        return
    for name in sorted(set(value) - set(checks)):
        yield Fault(f"{at}{name[:40]}", "is not a field of this version")
    for name, check in checks.items():
        rule = check(value[name]) if name in value else "is missing"
        if rule:
            yield Fault(at + name, rule)


def _object(checks: dict[str, Check]) -> Check:
    def check_object(value: Json) -> str | None:
        faults = [str(fault) for fault in _member_faults(value, checks, at="")]
        return "; ".join(faults) or None

    return check_object


_HOLIDAYS: dict[str, Check] = {
    "country": _matching(_COUNTRY, "is a country code of two capitals"),
    "subdivision": _or_null(_matching(_SUBDIVISION, "is null or a subdivision's code, like BY")),
}
_KEY: dict[str, Check] = {
    "kid": _matching(_KID, "is 16 lower-case hexadecimal digits"),
    "use": _one_of(USES),
    "suite": _matching(_NAME_ID, "is the name of a suite"),
    "public": lambda value: None if isinstance(value, str) and 0 < len(value) <= 4000 else "is a key as text",  # noqa: PLR2004 - room for post-quantum keys
    "from": _instant,
    "until": _or_null(_instant),
}
_NOTE_NAME = _matching(_NOTE_NAME_FORM, "is printable, without spaces and without +")
_VKEY = _matching(re.compile(r"[!-~]{1,400}"), "is a verifier key of a signed note")
_CARD: dict[str, Check] = {
    "v": _is(1),
    "type": _is("card"),
    "member": _matching(MEMBER_PATTERN, "is 1 to 40 of a-z, 0-9 and - inside"),
    "name": _name,
    "kind": _one_of(KINDS),
    "country": _matching(_COUNTRY, "is a country code of two capitals"),
    "zone": _zone,
    "holidays": _object(_HOLIDAYS),
    "languages": _list_of(
        _matching(_LANGUAGE, "holds language codes of two or three letters"), least=1, most=_MOST["languages"]
    ),
    "hours": _matching(_HOURS, "is 24/7 or spans like Mo-Fr 08:00-16:00"),
    "phone": _or_null(_matching(_PHONE, "is a number in international form, like +40 20 7946 0123")),
    "endpoint": _endpoint,
    "tls": _list_of(_certificate, least=1, most=_MOST["tls"]),
    "keys": _list_of(_object(_KEY), least=1, most=_MOST["keys"]),
    "competences": _list_of(_matching(_NAME_ID, "holds instrument ids"), least=0, most=_MOST["competences"]),
    "journal": _object({"origin": _NOTE_NAME, "vkey": _VKEY}),
    "witness": _object({"name": _NOTE_NAME, "vkey": _VKEY}),
    "suites": _list_of(_matching(_NAME_ID, "holds names of suites"), least=1, most=_MOST["suites"]),
    "serial": _serial,
    "issued": _instant,
}
_EXERCISE: dict[str, Check] = {"exercise": _is(expected=True)}
"""Of a node for exercises alone; every other card has no such field, so what was signed before stays what it is."""


# --- Between fields -----------------------------------------------------------------------------
# Everything below runs on a payload whose single fields are good.


def _faults_between_fields(payload: dict[str, Json]) -> Iterator[Fault]:
    keys = _objects(payload["keys"])
    yield from _id_faults(payload)
    yield from _phone_faults(payload)
    for place, key in enumerate(keys):
        rule = _fault_of_key(key)
        if rule:
            yield Fault(f"keys[{place}]", rule)
    yield from _key_set_faults(payload, keys)
    yield from _verifier_faults(payload, keys)


def _objects(value: Json) -> list[dict[str, Json]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _id_faults(payload: dict[str, Json]) -> Iterator[Fault]:
    if str(payload["member"]).startswith(BY_HEARSAY):
        yield Fault("member", f"does not begin with {BY_HEARSAY}: that is how contacts of lists are called")
    if payload["member"] == NOBODY:
        yield Fault("member", f"is not {NOBODY}: that is to whom sample cases are addressed")
    state = state_of_member(str(payload["member"]))
    if payload["kind"] == "state" and state != payload["country"]:
        yield Fault("member", "of a State is its country's code in small letters, alone or before a hyphen")
    if payload["kind"] != "state" and state is not None:
        yield Fault("member", "of two letters, or of two letters before a hyphen, is a State's")


def _phone_faults(payload: dict[str, Json]) -> Iterator[Fault]:
    if payload["kind"] == "state" and payload["phone"] is None:
        yield Fault("phone", "of a State's contact point is there: it is called back on it")


def _fault_of_key(key: dict[str, Json]) -> str | None:
    if key["until"] is not None and str(key["until"]) <= str(key["from"]):
        return "until lies after from"
    if key["suite"] != SUITE:
        return None  # another suite's keys are carried, and never used by a node that does not know it
    try:
        raw = raw_key(str(key["use"]), str(key["public"]))
    except ValueError as error:
        return str(error)
    return None if kid_of(raw) == key["kid"] else "kid is the first 16 hex digits of the key's SHA-256"


def raw_key(use: str, public: str) -> bytes:
    """The 32 raw bytes of a key as a card writes it; raises ``ValueError``."""
    if use == "age":
        return age_key.public_of(public)
    try:
        raw = base64.b64decode(public, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("public is base64") from error
    if len(raw) != _KEY_SIZE or base64.b64encode(raw).decode("ascii") != public:
        raise ValueError("public is 32 bytes in base64")
    return raw


def _key_set_faults(payload: dict[str, Json], keys: list[dict[str, Json]]) -> Iterator[Fault]:
    if len({str(key["kid"]) for key in keys}) != len(keys):
        yield Fault("keys", "no two have one kid, and no key has two uses")
    suites = payload["suites"]
    if isinstance(suites, list) and SUITE not in suites:
        yield Fault("suites", f"holds {SUITE}")
    for use in USES:
        if not any(key["use"] == use and key["suite"] == SUITE for key in keys):
            yield Fault("keys", f"one is for {use}, of suite {SUITE}")


def _verifier_faults(payload: dict[str, Json], keys: list[dict[str, Json]]) -> Iterator[Fault]:
    for field, name, kind in (("journal", "origin", SIGNER), ("witness", "name", WITNESS)):
        named = payload[field]
        raws = [_raw_or_none(key) for key in keys if key["use"] == field and key["suite"] == SUITE]
        if isinstance(named, dict) and named["vkey"] not in {
            VerifierKey(str(named[name]), kind, raw).text() for raw in raws if raw
        }:
            yield Fault(f"{field}.vkey", f"is the verifier key, under its {name}, of a {field} key of the card")


def _raw_or_none(key: dict[str, Json]) -> bytes | None:
    try:
        return raw_key(str(key["use"]), str(key["public"]))
    except ValueError:
        return None
