"""The words of a letter, and in which language they are: what a search reads.

PostgreSQL has dictionaries for most languages of the Union; for the others (Bulgarian, Croatian, Czech, Latvian,
Maltese, Polish, Slovak, Slovenian) it reads words as they stand, and parts of words help. Accents never matter.
"""

from collections.abc import Iterator, Mapping

from tocsin.proof.canonical import Json

SIMPLE = "tocsin_simple"
DICTIONARIES: Mapping[str, str] = {
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "et": "estonian",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hu": "hungarian",
    "it": "italian",
    "lt": "lithuanian",
    "nl": "dutch",
    "pt": "portuguese",
    "ro": "romanian",
    "sv": "swedish",
}
"""The languages that PostgreSQL 18 has a dictionary for, by its name."""
MOST = 60_000
"""The longest text that is read for a search; what stands behind it is found by opening the letter."""
_CODES = frozenset({"clocks", "categories", "package", "clock", "earlier", "signed_off", "validation"})
"""Members of a body that hold codes, hashes and instants, and nothing that somebody looks for."""


def dictionary_of(language: str) -> str:
    """The text search configuration for a language tag."""
    code = language.partition("-")[0].lower()
    return f"tocsin_{DICTIONARIES[code]}" if code in DICTIONARIES else SIMPLE


def all_dictionaries() -> tuple[str, ...]:
    """Every text search configuration of ours, the one without a dictionary last."""
    return (*(f"tocsin_{name}" for name in sorted(DICTIONARIES.values())), SIMPLE)


def words_of(body: Mapping[str, Json]) -> str:
    """Every text in a letter's body that somebody may look for."""
    return "\n".join(_texts({name: value for name, value in body.items() if name not in _CODES}))[:MOST]


def language_of(body: Mapping[str, Json]) -> str:
    """The language that an ask says it is written in; nothing where it says none."""
    form = body.get("form")
    said = form.get("language") if isinstance(form, dict) else None
    return said if isinstance(said, str) else ""


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        if value:
            yield value.replace("\0", " ")
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _texts(each)
