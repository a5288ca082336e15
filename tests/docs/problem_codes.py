"""The table of problem codes in the protocol, made from the classes that raise them.

``python -m tests.docs.problem_codes`` writes it anew between its two marks.
"""

import importlib
import importlib.util
import os
import pkgutil
from collections.abc import Iterator

import django

import tocsin
from tests.docs.pages import PROTOCOL, read
from tocsin.base.errors import PeerError, ProofError, RuleError, TocsinError

BEGIN, END = "<!-- problem codes: begin -->", "<!-- problem codes: end -->"
_NOT_OVER_HTTP = "tocsin.node."
"""What stops a command or a start, and is told on the terminal."""
_BESIDE = ("tocsin.base.jose",)
"""Modules that raise errors of their own and are not called ``errors``."""


def codes() -> list[type[TocsinError]]:
    """Every error that can leave a node as a problem document, by its code."""
    for found in pkgutil.iter_modules(tocsin.__path__, "tocsin."):
        if importlib.util.find_spec(f"{found.name}.errors") and found.name != "tocsin.node":
            importlib.import_module(f"{found.name}.errors")
    for name in _BESIDE:
        importlib.import_module(name)
    leaving = {error for error in _below(TocsinError) if not error.__module__.startswith(_NOT_OVER_HTTP)}
    return sorted(leaving - {RuleError, PeerError, ProofError}, key=lambda error: error.code)


def _below(error: type[TocsinError]) -> Iterator[type[TocsinError]]:
    for narrower in error.__subclasses__():
        if narrower.__module__.startswith("tocsin."):
            yield narrower
            yield from _below(narrower)


def rows() -> list[str]:
    """One line of the table for each of them."""
    return [_row(error) for error in codes()]


def table() -> str:
    """The whole table."""
    head = ["| code | status | again | whose move | title |", "|---|---|---|---|---|"]
    return "\n".join([BEGIN, *head, *rows(), END])


def page_with_table() -> str:
    """The protocol with the table as it has to be."""
    page = read(PROTOCOL)
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{table()}{after}"


def _row(error: type[TocsinError]) -> str:
    sentence = error.sentence.replace("|", "\\|").replace("<", "&lt;").replace("`", "'")
    again = "yes" if error.retryable else "no"
    return f"| `{error.code}` | {error.status} | {again} | {_whose(error)} | {sentence} |"


def _whose(error: type[TocsinError]) -> str:
    if issubclass(error, PeerError):
        return "the other node's"
    return "nobody's: a person looks" if issubclass(error, ProofError) else "the user's"


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tocsin.node.settings")
    django.setup()
    PROTOCOL.write_text(page_with_table(), encoding="utf-8")
