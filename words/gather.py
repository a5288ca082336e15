"""Every text that somebody may read, with the places where it stands."""

import tomllib
from collections.abc import Iterator
from importlib import import_module
from io import BytesIO
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract, extract_python
from django.utils.translation.template import templatize

import tocsin
from tocsin.base.errors import TocsinError
from tocsin.law.faults import WORDS

SOURCE = Path(tocsin.__file__).parent
_KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
_SPOKEN = frozenset({"title", "label", "section", "note", "on_miss", "obligation", "sentence", "cure", "text"})
"""The keys of the law's files whose values somebody reads."""


def gathered() -> Catalog:
    """All texts, in the order of their places."""
    found: dict[tuple[str, str | tuple[str, str], str], list[tuple[str, int]]] = {}
    for place, line, context, message in (*_code(), *_templates(), *_law(), *_errors()):
        found.setdefault((context, message, ""), []).append((place, line))
    catalog = Catalog(project="tocsin", charset="utf-8", fuzzy=False)
    for (context, message, _), places in sorted(found.items(), key=lambda each: (each[1][0], str(each[0]))):
        # A line number would change a catalogue with every edit of the code: the file will do.
        files = sorted({(place, 0) for place, _ in places})
        single = message if isinstance(message, str) else message[0]
        flags = {"python-brace-format"} if "{" in single else set()
        catalog.add(message, locations=files, flags=flags, context=context or None)
    return catalog


_Found = tuple[str, int, str, str | tuple[str, str]]


def _code() -> Iterator[_Found]:
    for path in sorted(SOURCE.rglob("*.py")):
        with path.open("rb") as file:
            for line, message, _, context in extract("python", file, keywords=_KEYWORDS):
                if message:
                    yield _place(path), line, context or "", _message(message)


def _templates() -> Iterator[_Found]:
    for path in sorted([*SOURCE.rglob("templates/**/*.html"), *SOURCE.rglob("templates/**/*.txt")]):
        spoken = BytesIO(templatize(path.read_text(), origin=str(path)).encode())
        for line, function, messages, _ in extract_python(spoken, _KEYWORDS, [], {}):
            told = [messages] if isinstance(messages, str) else [each for each in messages if each]
            if not told:
                continue
            context = told.pop(0) if function and "pgettext" in function else ""
            yield _place(path), line, context, told[0] if len(told) == 1 else (told[0], told[1])


def _law() -> Iterator[_Found]:
    for path in sorted((SOURCE / "law").rglob("*.toml")):
        if path.parent.name == "instruments" or path.name in {"grounds.toml", "other_clocks.toml"}:
            for text in _spoken(tomllib.loads(path.read_text())):
                yield _place(path), 0, "", text


def _spoken(table: Any) -> Iterator[str]:
    if isinstance(table, list):
        for each in table:
            yield from _spoken(each)
    elif isinstance(table, dict):
        for key, value in table.items():
            if key in _SPOKEN and isinstance(value, str) and value:
                yield value
            else:
                yield from _spoken(value)


def _errors() -> Iterator[_Found]:
    for module in walk_packages(tocsin.__path__, "tocsin."):
        if module.name.endswith((".errors", ".faults")) or module.name.startswith("tocsin.base."):
            import_module(module.name)
    for error in sorted(_below(TocsinError), key=lambda each: each.__module__):
        if error.__module__.startswith("tocsin.") and error.sentence:
            yield error.__module__.replace(".", "/") + ".py", 0, "", error.sentence
    yield from _faults()


def _faults() -> Iterator[_Found]:
    for words in WORDS.values():
        yield "tocsin/law/faults.py", 0, "", words.sentence
        yield "tocsin/law/faults.py", 0, "", words.cure


def _below(kind: type[TocsinError]) -> Iterator[type[TocsinError]]:
    for each in kind.__subclasses__():
        yield each
        yield from _below(each)


def _place(path: Path) -> str:
    return path.relative_to(SOURCE.parent).as_posix()


def _message(message: str | tuple[str, ...]) -> str | tuple[str, str]:
    return message if isinstance(message, str) else (message[0], message[1])
