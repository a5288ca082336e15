"""Arguments of commands, read; a wrong one is named with what is expected."""

from datetime import date
from enum import StrEnum
from typing import TypeVar

from tocsin.base.instant import Instant, parse
from tocsin.commands.errors import ArgumentError

_Word = TypeVar("_Word", bound=StrEnum)


def read_day(argument: str, written: str) -> date:
    """A calendar day; raises ``ArgumentError``."""
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise ArgumentError(argument=argument, value=written, expected="a day like 2026-11-24") from None


def read_instant(argument: str, written: str) -> Instant:
    """An instant with its offset; raises ``ArgumentError``."""
    try:
        return parse(written)
    except ValueError:
        expected = "an instant with its offset, like 2026-11-24T03:00:00+02:00"
        raise ArgumentError(argument=argument, value=written, expected=expected) from None


def read_word(words: type[_Word], argument: str, written: str) -> _Word:
    """One of a list of words; raises ``ArgumentError``."""
    try:
        return words(written)
    except ValueError:
        expected = f"one of {', '.join(words)}"
        raise ArgumentError(argument=argument, value=written, expected=expected) from None
