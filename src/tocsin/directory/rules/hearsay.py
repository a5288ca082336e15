"""Contacts by hearsay: what somebody's list says of those who have no node, or none that is known.

Such a contact is told of, not proved: nobody signed it. It lets no letter in, has no key, and is shown everywhere with
whose list it comes from, of which day, and when somebody last tried to reach it. Its id begins with ``hearsay-``, and
a card with such an id is refused (``card_form``), so that no list can name a member and no member a list's contact.
"""

import re
import unicodedata
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from typing import TypeVar

import phonenumbers
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tocsin.base.ids import InstrumentId, MemberId
from tocsin.base.sheet import Row
from tocsin.directory.rules.card import CardKind
from tocsin.directory.rules.card_form import BY_HEARSAY, fault_of_zone
from tocsin.directory.rules.columns import KINDS_IN_WORDS, Column, plain

T = TypeVar("T")
_MOST_LINE = 200
_MOST_HOURS = 100
_MOST_LANGUAGES = 24
_MOST_COMPETENCES = 100
_SLUG = 18
_HASH = 8
_EMAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_SUBDIVISION = re.compile(r"[A-Z0-9]{1,8}")
_KINDS = (CardKind.STATE, CardKind.PROVIDER, CardKind.PRIVATE)


class Outcome(StrEnum):
    """What came of trying to reach a contact."""

    ANSWERED = "answered"
    NOT_ANSWERED = "not-answered"
    WRONG = "wrong"
    """Somebody else answered, or the number or address is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What a list says of one contact."""

    key: str
    """By which the same contact is known in the next list: the list's own id, or country and name."""
    name: str
    kind: CardKind
    country: str
    zone: str
    subdivision: str | None
    languages: tuple[str, ...]
    hours: str
    """In the list's words; ``24/7`` where it says so. Empty: not known."""
    phone: str | None
    email: str | None
    smime: str | None
    """A certificate (PEM) for encrypted mail."""
    competences: tuple[InstrumentId, ...]


@dataclass(frozen=True, slots=True)
class RowFault:
    """A cell that breaks a rule."""

    row: int
    """As the spreadsheet program counts."""
    column: str
    """The name that stands in the header, or the column's own where it has none."""
    rule: str

    def __str__(self) -> str:
        return f"row {self.row}, {self.column}: {self.rule}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What turns words of a list into codes: names of countries and languages, titles of instruments."""

    countries: Mapping[str, str]
    """Code by plain name (``columns.plain``)."""
    languages: Mapping[str, str]
    instruments: Mapping[str, InstrumentId]
    """Id by plain title and by id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What holds where a list has no such column."""

    kind: CardKind = CardKind.STATE
    country: str = ""


def is_hearsay(member: str) -> bool:
    """Whether an id is that of a contact by hearsay."""
    return member.startswith(BY_HEARSAY)


def member_for(key: str, *, country: str, name: str, taken: Container[str]) -> MemberId:
    """A new id for a contact: readable, and no one else's."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:_SLUG].strip("-")
    digest = sha256(f"{country}\n{key}".encode()).hexdigest()
    parts = (BY_HEARSAY.rstrip("-"), country.lower(), slug)
    for place in range(0, len(digest) - _HASH, _HASH):
        found = "-".join(part for part in (*parts, digest[place : place + _HASH]) if part)
        if found not in taken:
            return MemberId(found)
    raise ValueError("no id is left for this contact")


def listed_of(
    row: Row, mapping: Mapping[Column, int], header: tuple[str, ...], *, words: Words, defaults: Defaults
) -> tuple[Listed | None, list[RowFault]]:
    """A row of a list as a contact, or every rule that it breaks."""
    cells = _Cells(row, mapping, header)
    country = cells.read(Column.COUNTRY, lambda text: country_of(text or defaults.country, words), "")
    name = cells.read(Column.NAME, name_of, "")
    listed = Listed(
        key=cells.read(Column.KEY, _key_of, "") or f"{country} {plain(name)}",
        name=name,
        kind=cells.read(Column.KIND, lambda text: kind_of(text, defaults.kind), defaults.kind),
        country=country,
        zone=cells.read(Column.ZONE, lambda text: zone_of(text, country), "") if country else "",
        subdivision=cells.read(Column.SUBDIVISION, lambda text: subdivision_of(text, country), None),
        languages=cells.read(Column.LANGUAGES, lambda text: languages_of(text, words), ()),
        hours=cells.read(Column.HOURS, hours_of, ""),
        phone=cells.read(Column.PHONE, lambda text: phone_of(text, country), None),
        email=cells.read(Column.EMAIL, email_of, None),
        smime=cells.read(Column.SMIME, certificate_of, None),
        competences=cells.read(Column.COMPETENCES, lambda text: competences_of(text, words), ()),
    )
    if not cells.faults and not (listed.phone or listed.email):
        cells.fault(Column.PHONE, "a telephone number or an e-mail address is needed")
    return (None if cells.faults else listed), cells.faults


class _Cells:
    """The cells of a row by what they say; what breaks a rule is noted, and the reading goes on."""

    def __init__(self, row: Row, mapping: Mapping[Column, int], header: tuple[str, ...]) -> None:
        self._row, self._mapping, self._header = row, mapping, header
        self.faults: list[RowFault] = []

    def read(self, column: Column, reader: Callable[[str], T], fallback: T) -> T:
        """What a cell says, or ``fallback`` with its fault noted."""
        place = self._mapping.get(column)
        if place in self._row.formulas:
            self.fault(column, "holds a formula; a value is needed")
            return fallback
        try:
            return reader(self._row.cells[place] if place is not None else "")
        except ValueError as error:
            self.fault(column, str(error))
            return fallback

    def fault(self, column: Column, rule: str) -> None:
        """Note that a cell breaks a rule."""
        place = self._mapping.get(column)
        shown = self._header[place] if place is not None and self._header[place] else column.value
        self.faults.append(RowFault(self._row.number, shown, rule))


def changed_fields(before: Listed, after: Listed) -> tuple[str, ...]:
    """The fields in which two versions of a contact differ."""
    return tuple(each.name for each in fields(Listed) if getattr(before, each.name) != getattr(after, each.name))


# --- One cell; each raises ``ValueError`` with the rule that was broken --------------------------


def name_of(text: str) -> str:
    """A name on one line."""
    name = " ".join(text.split())
    if not 0 < len(name) <= _MOST_LINE:
        raise ValueError(f"is a name of 1 to {_MOST_LINE} characters")
    return name


def _key_of(text: str) -> str:
    if len(text) > _MOST_LINE or "\n" in text:
        raise ValueError(f"is one line of at most {_MOST_LINE} characters")
    return text


def kind_of(text: str, default: CardKind) -> CardKind:
    """State, provider or private organisation, by its code or a word for it."""
    if not text:
        return default
    found = KINDS_IN_WORDS.get(plain(text))
    if found is None:
        raise ValueError(f"is one of {', '.join(kind.value for kind in _KINDS)}")
    return CardKind(found)


def country_of(text: str, words: Words) -> str:
    """A country by its code or its name in an official language of the Union."""
    code = text.upper()
    if _COUNTRY.fullmatch(code) and code in words.countries.values():
        return code
    found = words.countries.get(plain(text))
    if not text or found is None:
        raise ValueError("is a country, by its code of two letters or by its name")
    return found


def zone_of(text: str, country: str) -> str:
    """A time zone of the IANA database; where none is named, that of the country's most people."""
    zone = text or zone_of_country(country)
    rule = fault_of_zone(zone)
    if rule:
        raise ValueError(rule if text or not country else "is needed: this country has no zone of its own")
    return zone


def subdivision_of(text: str, country: str) -> str | None:
    """A part of the country with public holidays of its own, like ``BY``; also as ``DE-BY``."""
    code = text.upper().removeprefix(f"{country}-")
    if code and not _SUBDIVISION.fullmatch(code):
        raise ValueError("is a subdivision's code, like BY")
    return code or None


def languages_of(text: str, words: Words) -> tuple[str, ...]:
    """Languages by code or name, each once."""
    found: list[str] = []
    for part in _parts(text):
        code = part.lower() if _LANGUAGE.fullmatch(part.lower()) else words.languages.get(plain(part))
        if code is None or code not in words.languages.values():
            raise ValueError(f"{part[:40]!r} is no language's code or name")
        found.append(code)
    if len(found) > _MOST_LANGUAGES:
        raise ValueError(f"names at most {_MOST_LANGUAGES} languages")
    return tuple(dict.fromkeys(found))


def hours_of(text: str) -> str:
    """Hours in the list's words, on one line."""
    hours = " ".join(text.split())
    if len(hours) > _MOST_HOURS:
        raise ValueError(f"has at most {_MOST_HOURS} characters")
    return "24/7" if re.sub(r"\s|h|:00", "", hours.lower()) in {"24/7", "24x7", "24/24", "0-24", "00-24"} else hours


def phone_of(text: str, country: str) -> str | None:
    """A telephone number in international form; one without ``+`` is read as of the country."""
    if not text:
        return None
    try:
        number = phonenumbers.parse(text, country or None)
    except phonenumbers.NumberParseException as error:
        raise ValueError("is a telephone number, like +40 20 7946 0123") from error
    if not phonenumbers.is_possible_number(number) or number.extension:
        raise ValueError("is a telephone number of a possible length, without an extension")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def email_of(text: str) -> str | None:
    """One address, without a name beside it."""
    address = text.removeprefix("mailto:")
    if address and (not _EMAIL.fullmatch(address) or len(address) > _MOST_LINE):
        raise ValueError("is one e-mail address, without a name beside it")
    return address or None


def certificate_of(text: str) -> str | None:
    """One X.509 certificate in PEM, written anew so that nothing but the certificate is kept."""
    if not text:
        return None
    if text.count("-----BEGIN ") != 1:
        raise ValueError("is one certificate in PEM")
    try:
        certificate = x509.load_pem_x509_certificate(text.encode("ascii"))
    except ValueError as error:  # UnicodeEncodeError is one
        raise ValueError("is one certificate in PEM") from error
    return certificate.public_bytes(Encoding.PEM).decode("ascii")


def competences_of(text: str, words: Words) -> tuple[InstrumentId, ...]:
    """Instruments by id or title, separated by semicolons, commas or lines."""
    found: list[InstrumentId] = []
    for part in _parts(text):
        known = words.instruments.get(plain(part))
        if known is None:
            raise ValueError(f"{part[:60]!r} is no instrument's id or title")
        found.append(known)
    if len(found) > _MOST_COMPETENCES:
        raise ValueError(f"names at most {_MOST_COMPETENCES} instruments")
    return tuple(dict.fromkeys(found))


def _parts(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"[;,\n/|]", text) if part.strip()]


@lru_cache(maxsize=512)
def zone_of_country(country: str) -> str:
    """The zone of a country that the zone database lists first (that of most of its people); ``""`` for none."""
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text("utf-8")
    lines = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    return next((line[2].strip() for line in lines if line[0] == country), "")
