"""The catalogue of a language, as a form needs it: what is there and what lacks, and whether anybody has read it."""

import gettext
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from tocsin.forms.errors import FormLanguageError
from tocsin.forms.rules.said import ENGLISH, Words

_REVIEWED = "x-reviewed-by"
_NOBODY = "nobody"


def words_in(language: str, *, zone: str) -> Words:
    """The words of an official language; raises ``FormLanguageError`` for another."""
    known = [code for code, _ in settings.LANGUAGES]
    if language not in known:
        raise FormLanguageError(language=language, known=", ".join(known))
    found = None if language == ENGLISH else _catalogue(language)

    def find(text: str) -> str:
        said = found.gettext(text) if found else ""
        return "" if said == text and text not in _own_words(found) else said

    return Words(language=language, find=find, reviewed=is_reviewed(language), zone=zone)


def is_reviewed(language: str) -> bool:
    """Whether a native speaker has read a language's catalogue; English is what was written."""
    found = None if language == ENGLISH else _catalogue(language)
    told = found.info().get(_REVIEWED, _NOBODY) if found else _NOBODY
    return language == ENGLISH or told not in {"", _NOBODY}


def language_for(languages: tuple[str, ...]) -> str:
    """The first language of a card that is an official one; English otherwise."""
    known = {code for code, _ in settings.LANGUAGES}
    return next((each for each in languages if each in known), ENGLISH)


@lru_cache(maxsize=32)
def _catalogue(language: str) -> gettext.GNUTranslations | None:
    path = Path(settings.LOCALE_PATHS[0]) / language / "LC_MESSAGES" / "django.mo"
    if not path.exists():
        return None
    with path.open("rb") as file:
        return gettext.GNUTranslations(file)


def _own_words(found: gettext.GNUTranslations | None) -> frozenset[str]:
    """Texts that are the same in the language as in English: they are in the catalogue all the same."""
    if found is None:
        return frozenset()
    catalogue: dict[str, str] = getattr(found, "_catalog", {})
    return frozenset(catalogue)
