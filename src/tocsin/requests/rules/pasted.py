"""What somebody pasted, as identifiers: a log line, a mail header, an address, a number, a wallet, an account.

    203.0.113.7 2026-11-20 21:14          an IP address, an instant without a zone; no source port

What is found stands in the text as it was pasted, and passed the check of its kind: the check digits of an IBAN, of an
IMEI and of a wallet, the length of a telephone number with its country code. Nothing is added. A time without UTC
offset stays without (the draft check asks for it), names of zones that mean different offsets (CST, and CET in summer)
are not read, a day and month that could be exchanged are no date, a telephone number without country code is none, and
an address takes the instant of its own line only when that line has exactly one.

Defanged writing (``hxxp``, ``[.]``, ``[@]``) is read as what it stands for. Why no library: decision 0120.
"""

import hashlib
import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from email.errors import MessageError
from email.parser import HeaderParser
from email.policy import compat32
from email.utils import getaddresses, parsedate_tz
from itertools import islice

import phonenumbers
from stdnum import bitcoin, iban, imei

from tocsin.law.identifiers import is_fit, names_somebody
from tocsin.proof.canonical import Json
from tocsin.requests.rules.keccak import keccak_256

MOST_CHARACTERS = 20_000
MOST_FOUND = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Pasted:
    """Something that names a person, an account or a machine."""

    type: str
    """As identifiers of a form have it (``law.identifiers``)."""
    value: str
    """In the one spelling that forms use."""
    written: str
    """As it stands in what was pasted, after defanged writing was undone."""
    at: str = ""
    """The instant beside it: RFC 3339, or without an offset where none was written."""
    port: int | None = None
    note: str = ""

    @property
    def asks(self) -> tuple[str, ...]:
        """What its kind still needs: ``at``, ``zone`` or ``port``; nothing for what is no address."""
        if self.type != "ip":
            return ()
        missing = ["at"] if not self.at else [] if _has_offset(self.at) else ["zone"]
        return (*missing, *(["port"] if self.port is None and ":" not in self.value else []))

    @property
    def identifier(self) -> dict[str, Json]:
        """As a form's field has it."""
        found: dict[str, Json] = {"type": self.type, "value": self.value}
        more: Mapping[str, Json] = {"at": self.at, "port": self.port, "note": self.note}
        return found | {name: value for name, value in more.items() if value not in ("", None)}


def recognised(text: str) -> tuple[Pasted, ...]:
    """Everything in ``text`` that is an identifier, in its order, each once. Never raises."""
    plain = _refanged(text[:MOST_CHARACTERS].replace("\r\n", "\n").strip("\n"))
    head, body = _headers(plain)
    found = [*head, *(each for line in body.split("\n") for each in _in_line(line))]
    return tuple(islice(dict.fromkeys(found), MOST_FOUND))


def _refanged(text: str) -> str:
    """The text with dots, at signs and schemes that were broken so that nobody clicks on them."""
    text = re.sub(r"\bhxxp(s?)(?=://|\[:\]//)", r"http\1", text, flags=re.IGNORECASE)
    text = re.sub(r"\[\.\]|\(\.\)|\[dot\]", ".", text)
    return re.sub(r"\[@\]|\(at\)|\[at\]", "@", text).replace("[:]", ":")


# --- Mail headers -------------------------------------------------------------------------------

_HEADER = re.compile(r"(?:[A-Za-z][A-Za-z0-9-]{1,60}:.*|[ \t]+\S.*)", re.DOTALL)
_PEOPLE = frozenset({"from", "reply-to", "return-path", "sender"})
_TELLING = frozenset({"received", "x-originating-ip", "message-id", *_PEOPLE})


def _headers(text: str) -> tuple[list[Pasted], str]:
    """What a mail's headers say, and what follows them; nothing and the whole text where it is no mail."""
    top, _, rest = text.partition("\n\n")
    if not all(_HEADER.fullmatch(line) for line in top.split("\n")):
        return [], text
    try:
        named = HeaderParser(policy=compat32).parsestr(top).items()
    except (MessageError, ValueError, LookupError):  # pragma: no cover - the parser records defects and raises none
        return [], text
    if not _TELLING & {name.lower() for name, _ in named}:
        return [], text
    return [each for name, value in named for each in _in_header(name.lower(), " ".join(str(value).split()))], rest


def _in_header(name: str, value: str) -> Iterator[Pasted]:
    if name in _PEOPLE:
        for _, address in getaddresses([value]):
            if is_fit("email", address):
                yield Pasted(type="email", value=_email(address), written=address)
    elif name == "received":
        yield from _received(value)
    elif name == "x-originating-ip":
        yield from (each for each in _in_line(value) if each.type == "ip")


def _received(value: str) -> Iterator[Pasted]:
    """The address that handed the mail over, as the server that took it saw it, at that server's time (RFC 5321)."""
    whole, _, when = value.rpartition(";")
    gave = re.split(r"\sby\s", whole or value, maxsplit=1)[0]
    instants = [each for each, _ in _instants(when)]
    for each in _in_line(gave):
        if each.type == "ip" and names_somebody(ipaddress.ip_address(each.value)):
            yield replace(each, at=instants[0] if len(instants) == 1 else "")


# --- Lines --------------------------------------------------------------------------------------


def _in_line(line: str) -> list[Pasted]:
    """What stands in a line, in its order; each piece of it is read as one thing."""
    instants = list(_instants(line))
    rest = _masked(line, [span for _, span in instants])
    found: list[tuple[int, Pasted]] = []
    for look in _LOOKS:
        for spot, each in look(rest):
            found.append((spot[0], each))
            rest = _masked(rest, [spot])
    at = instants[0][0] if len(instants) == 1 else ""
    ordered = [each for _, each in sorted(found, key=lambda pair: pair[0])]
    return [_placed(each, line, ordered, at=at) for each in ordered]


def _placed(each: Pasted, line: str, beside: list[Pasted], *, at: str) -> Pasted:
    """An address with the instant and the source port of its line."""
    if each.type != "ip":
        return each
    port = each.port
    if port is None and _is_source(each, line, beside):
        told = {int(found) for found in _SOURCE_PORT.findall(line) if 1 <= int(found) <= _MOST_PORT}
        port = told.pop() if len(told) == 1 else None
    return replace(each, at=at, port=port)


def _is_source(each: Pasted, line: str, beside: list[Pasted]) -> bool:
    """Whether a port that the line calls the source's belongs to this address: the only one, or the one so called."""
    if len([other for other in beside if other.type == "ip"]) == 1:
        return True
    return re.search(rf"\b(?:src|source|client)[=: ]+{re.escape(each.written)}", line, re.IGNORECASE) is not None


_SOURCE_PORT = re.compile(
    r"\b(?:spt|sport|src[_ -]?port|source[_ -]?port|client[_ -]?port|port)\s{0,3}[=: ]\s{0,3}([0-9]{1,5})\b",
    re.IGNORECASE,
)
_MOST_PORT = 65535
_Span = tuple[int, int]
_Look = Callable[[str], Iterator[tuple[_Span, Pasted]]]


def _masked(line: str, spans: list[_Span]) -> str:
    """The line with pieces that are read already made into what nothing is read from."""
    for start, end in spans:
        line = line[:start] + "\x1f" * (end - start) + line[end:]
    return line


# --- Instants -----------------------------------------------------------------------------------

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_HOUR = r"(?P<h>[0-9]{1,2}):(?P<m>[0-9]{2})(?::(?P<s>[0-9]{2})(?:[.,][0-9]{1,9})?)?"
_OFFSET = (
    r"(?P<offset>\s?(?:(?:UTC|GMT)?[+-][0-9]{2}:?[0-9]{2}|Z|UTC|GMT)(?![0-9A-Za-z+-])|[+-][0-9]{2}(?![0-9A-Za-z:+-]))?"
)
_INSTANTS = (
    re.compile(rf"(?<![0-9])(?P<Y>[0-9]{{4}})-(?P<M>[0-9]{{2}})-(?P<D>[0-9]{{2}})(?:T|,? ){_HOUR}{_OFFSET}(?![0-9:])"),
    re.compile(rf"(?<![0-9])(?P<D>[0-9]{{2}})/(?P<N>[A-Za-z]{{3}})/(?P<Y>[0-9]{{4}}):{_HOUR}{_OFFSET}(?![0-9:])"),
    re.compile(rf"(?<![0-9])(?P<D>[0-9]{{1,2}})\.(?P<M>[0-9]{{1,2}})\.(?P<Y>[0-9]{{4}}),? {_HOUR}{_OFFSET}(?![0-9:])"),
)
_OF_MAIL = re.compile(
    r"(?:[A-Z][a-z]{2}, )?[0-9]{1,2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}(?::[0-9]{2})?"
    r"(?: (?:[+-][0-9]{4}|GMT|UTC))?"
)
_FARTHEST = timedelta(hours=14)


def _instants(line: str) -> Iterator[tuple[str, _Span]]:
    """The instants of a line, as RFC 3339; without an offset where none is written."""
    for form in _INSTANTS:
        for found in form.finditer(line):
            read = _read_instant(found.groupdict())
            if read:
                yield read, found.span()
    for found in _OF_MAIL.finditer(line):
        parts = parsedate_tz(found[0])
        # RFC 5322, 3.3: "-0000" says that the zone is not known.
        known = parts is not None and parts[9] is not None and not found[0].endswith("-0000")
        offset = timedelta(seconds=parts[9]) if parts is not None and known and parts[9] is not None else None
        read = _written(parts[:6], offset) if parts is not None else ""
        if read:
            yield read, found.span()


def _read_instant(parts: Mapping[str, str | None]) -> str:
    name = (parts.get("N") or "").lower()
    if "N" in parts and name not in _MONTHS:
        return ""
    month = _MONTHS.index(name) + 1 if name else int(parts["M"] or 0)
    day, hour = int(parts["D"] or 0), int(parts["h"] or 0)
    numbers = (int(parts["Y"] or 0), month, day, hour, int(parts["m"] or 0), int(parts["s"] or 0))
    offset = parts.get("offset") or ""
    if offset.startswith("-") and parts["s"] is None:
        offset = ""  # "08:00-10:00" is a span of hours as well
    try:
        return _written(numbers, _offset(offset))
    except ValueError:
        return ""


def _offset(written: str) -> timedelta | None:
    """The offset that is written; ``None`` for none. Raises ``ValueError`` for one that no clock has."""
    if not written:
        return None
    digits = re.sub(r"[^0-9+-]", "", written)
    if not digits:
        return timedelta(0)
    hours, minutes = int(digits[1:3]), int(digits[3:5] or 0)
    much = timedelta(hours=hours, minutes=minutes)
    if much > _FARTHEST or minutes > 59:  # noqa: PLR2004 - minutes
        raise ValueError(written)
    return -much if digits[0] == "-" else much


def _written(numbers: tuple[int, ...], offset: timedelta | None) -> str:
    try:
        read = datetime(*numbers[:6], tzinfo=UTC if offset is None else timezone(offset))  # type: ignore[arg-type,misc]
    except ValueError:
        return ""
    text = read.replace(tzinfo=None).isoformat()
    return text if offset is None else text + read.isoformat()[-6:]


def _has_offset(at: str) -> bool:
    return re.search(r"[+-][0-9]{2}:[0-9]{2}$", at) is not None


# --- One kind of thing after another ------------------------------------------------------------


def _urls(line: str) -> Iterator[tuple[_Span, Pasted]]:
    for found in re.finditer(r"\bhttps?://[^\s<>\"'\x1f]{3,2000}", line, re.IGNORECASE):
        written = found[0].rstrip(".,;:!?)]}")
        scheme, _, rest = written.partition("://")
        value = f"{scheme.lower()}://{rest}"
        if is_fit("url", value):
            yield (found.start(), found.start() + len(written)), Pasted(type="url", value=value, written=written)


def _emails(line: str) -> Iterator[tuple[_Span, Pasted]]:
    for found in re.finditer(r"[A-Za-z0-9._%+\-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}", line):
        if is_fit("email", found[0]) and not found[0].startswith("."):
            yield found.span(), Pasted(type="email", value=_email(found[0]), written=found[0])


def _email(address: str) -> str:
    """The domain in small letters; the part before it is its server's own affair (RFC 5321, 2.4)."""
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain.lower()}"


def _ipv4(line: str) -> Iterator[tuple[_Span, Pasted]]:
    form = r"(?<![\w.:/-])([0-9]{1,3}(?:\.[0-9]{1,3}){3})(?::([0-9]{1,5}))?(?!\w|\.\w|/[0-9]|:[0-9])"
    for found in re.finditer(form, line):
        yield from _address(found[1], found[2], found.span())


def _ipv6(line: str) -> Iterator[tuple[_Span, Pasted]]:
    form = (
        r"\[([0-9A-Fa-f:.]{3,45})\](?::([0-9]{1,5}))?|(?<![\w:.\[])([0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]{2,42})(?![\w:]|\.\w)"
    )
    for found in re.finditer(form, line):
        yield from _address(found[1] or found[3], found[2], found.span())


def _address(written: str, port: str | None, span: _Span) -> Iterator[tuple[_Span, Pasted]]:
    try:
        address = ipaddress.ip_address(written.rstrip("."))
    except ValueError:
        return
    number = int(port) if port else None
    if address.is_unspecified or (number is not None and not 1 <= number <= _MOST_PORT):
        return
    yield span, Pasted(type="ip", value=str(address), written=written.rstrip("."), port=number)


def _ibans(line: str) -> Iterator[tuple[_Span, Pasted]]:
    for found in re.finditer(r"\b[A-Za-z]{2}[0-9]{2}(?: ?[A-Za-z0-9]){11,30}\b", line):
        ends = [each.end() for each in re.finditer(r"[A-Za-z0-9]+", found[0])]
        for end in reversed(ends):  # what follows a number in groups may look like one group more
            written = found[0][:end]
            if _is_iban(written):
                value = iban.compact(written).upper()
                yield (found.start(), found.start() + end), Pasted(type="iban", value=value, written=written)
                break


def _is_iban(written: str) -> bool:
    return is_fit("iban", written) and bool(iban.is_valid(written))


def _wallets(line: str) -> Iterator[tuple[_Span, Pasted]]:
    for found in re.finditer(r"(?<![\w])[0-9A-Za-z]{26,90}(?![\w])", line):
        kind = _wallet(found[0])
        if kind:
            note = f"cryptocurrency wallet ({kind})"
            yield found.span(), Pasted(type="other", value=found[0], written=found[0], note=note)


def _wallet(written: str) -> str:
    """Whose wallet address it is, by its check digits; nothing for what is none."""
    if re.fullmatch(r"0x[0-9a-fA-F]{40}", written):
        return "Ethereum" if _is_ethereum(written[2:]) else ""
    if written.startswith("T") and _base58check(written)[:1] == b"\x41":
        return "TRON"
    return "Bitcoin" if bitcoin.is_valid(written) else ""


def _is_ethereum(digits: str) -> bool:
    """EIP-55: mixed letters are the check; an address in one case has none, and is taken as it is."""
    if digits in (digits.lower(), digits.upper()):
        return True
    check = keccak_256(digits.lower().encode()).hex()
    return all(
        each.isdigit() or each.isupper() == (int(mark, 16) >= 8)  # noqa: PLR2004 - the top bit of four
        for each, mark in zip(digits, check, strict=False)
    )


_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_TRON_BYTES = 25


def _base58check(written: str) -> bytes:
    """The bytes of a base58 text with its check taken off; nothing when the check does not fit."""
    number = 0
    for each in written:
        if each not in _BASE58:
            return b""
        number = number * 58 + _BASE58.index(each)
    if number.bit_length() > 8 * _TRON_BYTES:
        return b""
    whole = number.to_bytes(_TRON_BYTES, "big")
    payload, check = whole[:-4], whole[-4:]
    return payload if hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4] == check else b""


def _phones(line: str) -> Iterator[tuple[_Span, Pasted]]:
    """Numbers with their country code alone: without one a number names somebody else in each country."""
    for found in phonenumbers.PhoneNumberMatcher(line, None, phonenumbers.Leniency.POSSIBLE):
        value = phonenumbers.format_number(found.number, phonenumbers.PhoneNumberFormat.E164)
        if is_fit("phone", value) and not found.number.extension and _digits(value) == _dialled(found.raw_string):
            yield (found.start, found.end), Pasted(type="phone", value=value, written=found.raw_string)


def _dialled(written: str) -> str:
    """The digits as written, without a bracketed trunk zero; the library also drops digits that only look like one."""
    return _digits(written.replace("(0)", ""))


def _digits(text: str) -> str:
    return "".join(str(int(each)) for each in text if each.isdecimal())


def _imeis(line: str) -> Iterator[tuple[_Span, Pasted]]:
    for found in re.finditer(r"(?<![\w-])[0-9]{2}[ -]?[0-9]{6}[ -]?[0-9]{6}[ -]?[0-9](?![\w-])", line):
        value = re.sub(r"[ -]", "", found[0])
        if is_fit("imei", value) and imei.is_valid(value):
            yield found.span(), Pasted(type="imei", value=value, written=found[0])


def _macs(line: str) -> Iterator[tuple[_Span, Pasted]]:
    for found in re.finditer(r"(?<![\w:-])[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}(?![\w:-])", line):
        if is_fit("mac", found[0]):
            value = found[0].upper().replace("-", ":")
            yield found.span(), Pasted(type="mac", value=value, written=found[0])


_ENDINGS = re.compile(
    r"com|net|org|info|biz|name|pro|eu|int|edu|gov|mil|app|dev|online|shop|site|store|website|xyz|top|club|live|email"
    r"|cloud|example|test|invalid|onion|[a-z]{2}"
)
"""Ends by which a text that stands alone is taken for a domain; of the two-letter ones all."""


def _domains(line: str) -> Iterator[tuple[_Span, Pasted]]:
    """A domain that stands alone in its line: inside a sentence ``report.pdf`` would be one too."""
    written = line.strip()
    ending = written.rpartition(".")[2].lower()
    if is_fit("domain", written) and written.isascii() and _ENDINGS.fullmatch(ending):
        start = line.index(written)
        yield (start, start + len(written)), Pasted(type="domain", value=written.lower(), written=written)


_LOOKS: tuple[_Look, ...] = (_urls, _emails, _macs, _ipv4, _ipv6, _ibans, _wallets, _imeis, _phones, _domains)
