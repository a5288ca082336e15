"""The catalogues: one a language, brought up to date with what was gathered, and compiled for Django."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from tocsin.base.languages import OFFICIAL

FOLDER = Path(__file__).parents[1] / "src" / "tocsin" / "locale"
TRANSLATED = tuple(code for code in OFFICIAL if code != "en")
"""The official languages of the Union but English, in which the texts are written."""
DESK = ("bg", "de", "el", "es", "fr", "it", "pl")
"""The languages in which the officers' own pages are kept whole, beside English."""
REVIEWED = "X-Reviewed-By"
"""The header that names the native speaker who read a catalogue; while it says "nobody", its readers are told so."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many texts a catalogue has in its language, of those that it should have."""

    language: str
    translated: int
    asked: int
    reviewed: bool


def path_of(language: str) -> Path:
    """Where a language's catalogue lies."""
    return FOLDER / language / "LC_MESSAGES" / "django.po"


def kept(language: str) -> Catalog:
    """A language's catalogue as it lies there; an empty one where there is none."""
    path = path_of(language)
    if not path.exists():
        return Catalog(locale=language, project="tocsin", charset="utf-8", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def updated(language: str, texts: Catalog) -> Catalog:
    """A language's catalogue with all the texts of today; a translation whose text is gone is dropped.

    Nothing is guessed from a like text: a sentence of the law that was changed is a sentence that is missing.
    """
    before = kept(language)
    found = Catalog(locale=language, project="tocsin", charset="utf-8", fuzzy=False)
    for message in texts:
        if message.id:
            old = before.get(message.id, message.context)
            found.add(
                message.id,
                old.string if old else None,
                locations=message.locations,
                flags=message.flags,
                context=message.context,
            )
    return found


def written(catalog: Catalog, *, reviewed_by: str) -> bytes:
    """The file's bytes: no dates and no names but the reviewer's, so that the same texts are the same file."""
    out = BytesIO()
    write_po(out, catalog, width=120, omit_header=True, sort_by_file=False, include_lineno=False)
    header = (
        'msgid ""\nmsgstr ""\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n'
        f'"Language: {catalog.locale_identifier}\\n"\n'
        f'"Plural-Forms: {catalog.plural_forms}\\n"\n'
        f'"{REVIEWED}: {reviewed_by}\\n"\n\n'
    )
    return header.encode() + out.getvalue()


def reviewer_of(language: str) -> str:
    """Who read it: the header, else nobody."""
    path = path_of(language)
    if path.exists():
        for line in path.read_text().splitlines()[:12]:
            if line.startswith(f'"{REVIEWED}: '):
                return line.removeprefix(f'"{REVIEWED}: ').removesuffix('\\n"')
    return "nobody"


def compile_all() -> Iterator[Path]:
    """Write each catalogue as Django reads it, beside it."""
    for language in TRANSLATED:
        path = path_of(language)
        if path.exists():
            with path.open("rb") as file:
                catalog = read_po(file, locale=language)
            out = BytesIO()
            write_mo(out, catalog)
            path.with_suffix(".mo").write_bytes(out.getvalue())
            yield path.with_suffix(".mo")


# --- Who has to have what -----------------------------------------------------------------------

_FOR_ALL = ("tocsin/law/", "tocsin/public/", "tocsin/forms/", "tocsin/desk/coded_words.py")


def is_for_all(message: Message) -> bool:
    """Whether it is read by outsiders, or is a coded word: kept in all the official languages."""
    return any(place.startswith(_FOR_ALL) or place.endswith("errors.py") for place, _ in message.locations)


def asked_of(language: str, texts: Catalog) -> list[Message]:
    """What a language's catalogue should hold."""
    return [each for each in texts if each.id and (language in DESK or is_for_all(each))]


def is_translated(message: Message | None) -> bool:
    """Whether it says something in the catalogue's language."""
    if message is None or not message.string:
        return False
    return all(message.string) if isinstance(message.string, tuple | list) else True


def coverage(language: str, texts: Catalog) -> Coverage:
    """How far a language has come."""
    catalog = kept(language)
    asked = asked_of(language, texts)
    there = sum(is_translated(catalog.get(each.id, each.context)) for each in asked)
    return Coverage(language, there, len(asked), reviewed=reviewer_of(language) != "nobody")
