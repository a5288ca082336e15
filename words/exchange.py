"""What a translator is given, and what is taken from her: the missing texts of a language as JSON.

    python -m words --missing el > el.json      [{"text": …, "plural": …, "context": …, "where": …, "translation": ""}]
    python -m words --take el el.json           those with a translation go into the catalogue

A translation that loses a placeholder is refused by name; the others are taken.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from babel.messages.catalog import Catalog

from words import catalogues

_PLACEHOLDER = re.compile(r"\{\w*[^{}]*\}|%\(\w+\)[sd]")


def missing(language: str, texts: Catalog) -> list[dict[str, Any]]:
    """The texts that a language's catalogue should hold and does not."""
    kept = catalogues.kept(language)
    forms = kept.num_plurals
    return [
        {
            "text": each.id[0] if isinstance(each.id, tuple | list) else each.id,
            **({"plural": each.id[1]} if isinstance(each.id, tuple | list) else {}),
            **({"context": each.context} if each.context else {}),
            "where": each.locations[0][0] if each.locations else "",
            "translation": [""] * forms if isinstance(each.id, tuple | list) else "",
        }
        for each in catalogues.asked_of(language, texts)
        if not catalogues.is_translated(kept.get(each.id, each.context))
    ]


def take(language: str, told: list[dict[str, Any]]) -> Iterator[str]:
    """Put translations into a catalogue; yields why one was not taken."""
    catalog = catalogues.kept(language)
    for each in told:
        single, plural, translation = each["text"], each.get("plural"), each["translation"]
        if not translation or (isinstance(translation, list) and not all(translation)):
            continue
        message = catalog.get((single, plural) if plural else single, each.get("context"))
        if message is None:
            yield f"not in the catalogue: {single[:60]}"
        elif fault := _fault(single, plural, translation):
            yield f"{fault}: {single[:60]}"
        else:
            message.string = tuple(translation) if isinstance(translation, list) else translation
    reviewer = catalogues.reviewer_of(language)
    catalogues.path_of(language).write_bytes(catalogues.written(catalog, reviewed_by=reviewer))


def _fault(single: str, plural: str | None, translation: str | list[str]) -> str:
    forms = translation if isinstance(translation, list) else [translation]
    allowed = [_placeholders(single), _placeholders(plural or single)]
    if bool(plural) != isinstance(translation, list):
        return "the number of forms is not that of the text"
    return "" if all(_placeholders(form) in allowed for form in forms) else "placeholders differ"


def _placeholders(text: str) -> set[str]:
    return set(_PLACEHOLDER.findall(text))


def as_json(told: list[dict[str, Any]]) -> str:
    """As it is given out."""
    return json.dumps(told, ensure_ascii=False, indent=1) + "\n"
