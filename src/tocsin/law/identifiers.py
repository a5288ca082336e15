"""What names the person or account whose data are asked for, and whether it can name anybody.

A third of all requests fail for mechanical reasons, and most of those lie here: a wrong identifier,
a time without UTC offset, an address behind which thousands sit and no port. An identifier is a
table with a ``type`` and the keys of that type:

    {"type": "ip", "value": "203.0.113.7", "at": "2026-11-20T21:14:00+02:00", "port": 51413}
    {"type": "account", "value": "example.user", "service": "mail.example"}

An IPv4 address needs its source port unless the draft says that the address is not shared
(``"shared": "no"``); ``"unknown"`` is an honest answer and is sent with a warning. The question is
asked of IP addresses alone.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from tocsin.law.conditions import Json, is_filled
from tocsin.law.faults import Fault, FaultCode, Spot

IDENTIFIER_TYPES = (
    "ip",
    "email",
    "phone",
    "account",
    "user",
    "domain",
    "url",
    "iban",
    "imei",
    "mac",
    "other",
)
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_SHARED = ("yes", "no", "unknown")
_MOST_PORT = 65535
_LONGEST_TEXT = 2000
_LONGEST_HOST = 253
_IMEI_DIGITS = 15
_IBAN_MODULUS = 97

_LABEL = r"(?!-)[\w-]{1,63}(?<!-)"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")
_EMAIL = re.compile(r"[^\s@\"<>()\[\],;:\\]{1,64}@([^\s@]+)")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_URL = re.compile(r"https?://([^/\s:@?#]+)(?::[0-9]{1,5})?(?:[/?#]\S*)?")
INSTANT_FORM = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})"
)
"""RFC 3339 with its UTC offset; the seconds may be left out."""
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_MAC = re.compile(r"[0-9A-F]{2}(?:[:-][0-9A-F]{2}){5}")
_SHARED_SPACE = ipaddress.ip_network("100.64.0.0/10")
_EXAMPLES = tuple(
    ipaddress.ip_network(each) for each in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
)


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a type of identifier looks like."""

    expected: str
    fits: Callable[[str], bool]
    also: frozenset[str] = frozenset()
    """Further keys that may stand beside ``type``, ``value`` and ``note``."""
    needs: frozenset[str] = frozenset()


def identifier_faults(value: Json, spot: Spot) -> list[Fault]:
    """Every fault of one identifier."""
    if not isinstance(value, Mapping):
        return [spot.fault(FaultCode.VALUE_TYPE, expected="an identifier with a type")]
    kind = _KINDS.get(str(value.get("type")))
    if kind is None:
        options = ", ".join(IDENTIFIER_TYPES)
        return [spot.part("type").fault(FaultCode.OPTION_UNKNOWN, value=str(value.get("type")), options=options)]
    faults = _shape_faults(value, kind, spot)
    written = value.get("value")
    if isinstance(written, str) and is_filled(written):
        if not kind.fits(written.strip()):
            wrong = spot.part("value").fault(FaultCode.IDENTIFIER_WRONG, value=written, expected=kind.expected)
            faults.append(wrong)
        elif value.get("type") == "ip":
            faults += _ip_faults(value, ipaddress.ip_address(written.strip()), spot)
    return faults


def is_fit(kind: str, value: str) -> bool:
    """Whether ``value`` looks like an identifier of this type, and its check digits are right where it has some."""
    return kind in _KINDS and is_filled(value) and _KINDS[kind].fits(value)


def names_somebody(address: _Address) -> bool:
    """Whether an address is known outside its network.

    Addresses for documentation count as public, so that examples and exercises can be written.
    """
    if any(address in network for network in _EXAMPLES if network.version == address.version):
        return True
    return address.is_global and address not in _SHARED_SPACE and not address.is_multicast


def instant_faults(value: Json, spot: Spot) -> list[Fault]:
    """Whether ``value`` is an instant that names its UTC offset, in the one spelling that every node reads."""
    try:
        written = datetime.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        return [spot.fault(FaultCode.INSTANT_INVALID, value=str(value))]
    if written.tzinfo is None:
        return [spot.fault(FaultCode.UTC_OFFSET_MISSING, value=str(value))]
    if INSTANT_FORM.fullmatch(str(value)) is None:
        return [spot.fault(FaultCode.INSTANT_INVALID, value=str(value))]
    return []


def _shape_faults(value: Mapping[str, Json], kind: _Kind, spot: Spot) -> list[Fault]:
    known = {"type", "value", "note"} | kind.also | kind.needs
    unknown = [spot.part(key).fault(FaultCode.PART_UNKNOWN, part=key) for key in value if key not in known]
    missing = [
        spot.part(key).fault(FaultCode.PART_MISSING, part=key)
        for key in sorted({"value"} | kind.needs)
        if not is_filled(value.get(key))
    ]
    not_text = [
        spot.part(key).fault(FaultCode.VALUE_TYPE, expected="text")
        for key in ("value", "note", "service", "protocol")
        if is_filled(value.get(key)) and not isinstance(value[key], str)
    ]
    return unknown + missing + not_text


def _ip_faults(value: Mapping[str, Json], address: _Address, spot: Spot) -> list[Fault]:
    faults = []
    if not names_somebody(address):
        faults.append(spot.part("value").fault(FaultCode.IP_NOT_PUBLIC, value=str(address)))
    if "fixed" in value and not isinstance(value["fixed"], bool):
        faults.append(spot.part("fixed").fault(FaultCode.VALUE_TYPE, expected="true or false"))
    if is_filled(value.get("at")):
        faults += instant_faults(value["at"], spot.part("at"))
    elif value.get("fixed") is not True:
        faults.append(spot.part("at").fault(FaultCode.IP_TIME_MISSING))
    return faults + _port_faults(value, address, spot)


def _port_faults(value: Mapping[str, Json], address: _Address, spot: Spot) -> list[Fault]:
    shared = value.get("shared")
    if shared is not None and shared not in _SHARED:
        options = ", ".join(_SHARED)
        return [spot.part("shared").fault(FaultCode.OPTION_UNKNOWN, value=str(shared), options=options)]
    port = value.get("port")
    if port is not None:
        if isinstance(port, int) and not isinstance(port, bool) and 1 <= port <= _MOST_PORT:
            return []
        return [spot.part("port").fault(FaultCode.NUMBER_RANGE, least="1", most=str(_MOST_PORT))]
    at_port = spot.part("port")
    if shared == "yes":
        return [at_port.fault(FaultCode.IP_PORT_MISSING, value=str(address)).may_be_overridden()]
    if shared == "no" or isinstance(address, ipaddress.IPv6Address) or value.get("fixed") is True:
        return []
    question = at_port.fault(FaultCode.IP_PORT_QUESTION, value=str(address))
    return [question.warns() if shared == "unknown" else question]


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_host(text: str) -> bool:
    return len(text) <= _LONGEST_HOST and _HOST.fullmatch(text) is not None and not text.replace(".", "").isdigit()


def _is_email(text: str) -> bool:
    found = _EMAIL.fullmatch(text)
    return found is not None and _is_host(found.group(1))


def _is_url(text: str) -> bool:
    found = _URL.fullmatch(text)
    return found is not None and (_is_host(found.group(1)) or _is_ip(found.group(1)))


def _is_iban(text: str) -> bool:
    """ISO 13616: the check digits make the whole number 1 modulo 97."""
    plain = text.replace(" ", "").upper()
    if _IBAN.fullmatch(plain) is None:
        return False
    return int("".join(str(int(each, 36)) for each in plain[4:] + plain[:4])) % _IBAN_MODULUS == 1


def _is_imei(text: str) -> bool:
    """Fifteen digits, the last of which is a Luhn check digit."""
    plain = text.replace("-", "").replace(" ", "")
    if len(plain) != _IMEI_DIGITS or not (plain.isascii() and plain.isdigit()):
        return False
    doubled = [sum(divmod(2 * int(digit), 10)) for digit in plain[1::2]]
    return (sum(int(digit) for digit in plain[::2]) + sum(doubled)) % 10 == 0


def _is_text(text: str) -> bool:
    return len(text) <= _LONGEST_TEXT


_KINDS: Mapping[str, _Kind] = {
    "ip": _Kind("an IPv4 or IPv6 address", _is_ip, also=frozenset({"at", "port", "shared", "fixed", "protocol"})),
    "email": _Kind("an e-mail address", _is_email),
    "phone": _Kind(
        "a telephone number with country code, such as +351210000000",
        lambda text: _PHONE.fullmatch(re.sub(r"[ ()./-]", "", text)) is not None,
    ),
    "account": _Kind("an account name", _is_text, needs=frozenset({"service"})),
    "user": _Kind("a user's name", _is_text, also=frozenset({"service"})),
    "domain": _Kind("a domain name", _is_host),
    "url": _Kind("an address that begins with https:// or http://", _is_url),
    "iban": _Kind("an IBAN whose check digits are right", _is_iban),
    "imei": _Kind("an IMEI of fifteen digits whose check digit is right", _is_imei),
    "mac": _Kind("a MAC address", lambda text: _MAC.fullmatch(text.upper()) is not None),
    "other": _Kind("text", _is_text, needs=frozenset({"note"})),
}
