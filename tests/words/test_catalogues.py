"""The catalogues say in each language what the English says: nothing lost, nothing copied, in the right letters."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache

import pytest
from babel.messages.catalog import Catalog, Message
from words.catalogues import TRANSLATED, asked_of, coverage, is_translated, kept
from words.gather import gathered


@cache
def texts() -> Catalog:
    """Gathered once, by the process that tests."""
    return gathered()


SCRIPTS = {"el": "GREEK", "bg": "CYRILLIC"}
_BRACES = re.compile(r"\{(\w*)[^{}]*\}")
_PERCENT = re.compile(r"%\((\w+)\)[sd]")
_LONG = 4
"""Words: a text of so many is the same in two languages only if nobody translated it."""
MOST_COPIES = 0.08
"""Part of a catalogue that may be the same as the English: "Status", "Form", names."""


def translated(language: str) -> Iterator[tuple[str, str, Message]]:
    """Each text and what stands for it; of those with a plural each form."""
    for message in kept(language):
        if message.id and is_translated(message):
            single, plural = message.id if isinstance(message.id, tuple | list) else (message.id, message.id)
            forms = message.string if isinstance(message.string, tuple | list) else (message.string or "",)
            for number, form in enumerate(forms):
                yield single if number == 0 and len(forms) > 1 else plural, form, message


def placeholders(text: str) -> set[str]:
    return set(_BRACES.findall(text)) | set(_PERCENT.findall(text))


def scripts_of(text: str) -> set[str]:
    bare = re.sub(r"<[^>]*>|&\w+;", " ", _PERCENT.sub(" ", _BRACES.sub(" ", text)))
    return {unicodedata.name(letter, "").partition(" ")[0] for letter in bare if letter.isalpha()}


def test_there_is_something_to_translate_of_each_kind() -> None:
    places = {place for message in texts() for place, _ in message.locations}
    for needed in ("tocsin/law/instruments/eev-epoc.toml", "tocsin/law/faults.py", "tocsin/wire/errors.py"):
        assert needed in places
    assert any(place.endswith(".html") for place in places)


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_placeholder_is_lost_or_invented(language: str) -> None:
    wrong = [
        (text, form)
        for text, form, message in translated(language)
        if placeholders(form) != placeholders(text) and placeholders(form) not in _of_any_form(message)
    ]
    assert wrong == []


def _of_any_form(message: Message) -> list[set[str]]:
    """What either form names: "one day" need not name the number."""
    return [placeholders(each) for each in message.id] if isinstance(message.id, tuple | list) else []


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_text_is_in_the_letters_of_its_language(language: str) -> None:
    own = SCRIPTS.get(language, "LATIN")
    foreign = {"GREEK", "CYRILLIC", "LATIN", "CJK", "ARABIC", "HEBREW"} - {own, "LATIN"}
    wrong = [form for _, form, _ in translated(language) if scripts_of(form) & foreign]
    assert wrong == []
    if own != "LATIN":
        bare = [
            form for text, form, _ in translated(language) if len(text.split()) >= _LONG and own not in scripts_of(form)
        ]
        assert bare == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_text_is_a_copy_of_the_english(language: str) -> None:
    both = [(text, form) for text, form, _ in translated(language)]
    copies = [text for text, form in both if text == form]
    assert [text for text in copies if len(re.findall(r"[A-Za-z]{3,}", text)) >= _LONG] == []
    assert len(copies) <= MOST_COPIES * len(both) + 1, copies


def test_how_much_is_translated_is_told(record_property: Callable[[str, object], None]) -> None:
    for language in TRANSLATED:
        told = coverage(language, texts())
        assert told.asked == len(asked_of(language, texts()))
        record_property(language, f"{told.translated} of {told.asked}")
        print(f"{language}: {told.translated} of {told.asked}{'' if told.reviewed else ', not reviewed'}")  # noqa: T201
