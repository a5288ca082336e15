"""What a check finds, in sentences, and who is accused.

A finding is one of five kinds. ``ALTERED`` alone makes the whole check fail: ``thing`` then names the
file or the matter that is not what was signed. ``NOT_CHECKED`` names what was not looked at here, with
the ``command`` that looks at it, if there is one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum

from tocsin.proof.errors import AlteredError


class Kind(StrEnum):
    """What a finding is; the value is the word that is printed before it."""

    ESTABLISHED = "established"
    ALTERED = "ALTERED"
    NOTE = "note"
    NOT_CHECKED = "not checked here"
    NOT_PROVED = "not proved"


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence of the result."""

    kind: Kind
    thing: str
    text: str
    command: str = ""


class CannotTellError(Exception):
    """Something cannot be checked because what it rests on is altered, missing or vouched for by nobody."""


@dataclass(slots=True)
class Report:
    """The findings so far, in order."""

    findings: list[Finding] = field(default_factory=list)
    things: frozenset[str] = frozenset()
    """What an error can accuse by its own name: the files of the bundle, and its letters as a whole."""

    def established(self, thing: str, text: str) -> None:
        """Say what was proved."""
        self.findings.append(Finding(Kind.ESTABLISHED, thing, text))

    def altered(self, thing: str, text: str) -> None:
        """Accuse ``thing``."""
        self.findings.append(Finding(Kind.ALTERED, thing, text))

    def note(self, thing: str, text: str) -> None:
        """Say what the reader should know and nothing proves or disproves."""
        self.findings.append(Finding(Kind.NOTE, thing, text))

    def not_checked(self, thing: str, text: str, command: str = "") -> None:
        """Say what was not looked at, and what looks at it."""
        self.findings.append(Finding(Kind.NOT_CHECKED, thing, text, command))

    def not_proved(self, thing: str, text: str) -> None:
        """Say what no such check can prove."""
        self.findings.append(Finding(Kind.NOT_PROVED, thing, text))

    def is_accused(self, thing: str) -> bool:
        """Whether ``thing`` was found altered."""
        return any(one.kind is Kind.ALTERED and one.thing == thing for one in self.findings)

    @contextmanager
    def accusing(self, thing: str) -> Iterator[None]:
        """Turn what is raised inside into a finding about ``thing``, and go on."""
        try:
            yield
        except AlteredError as error:
            # Reading a card may show that a role's metadata is at fault: then that file is accused.
            blamed = error.thing if error.thing in self.things else thing
            self.altered(blamed, error.rule if error.thing == blamed else f"{error.thing}: {error.rule}")
        except CannotTellError as error:
            self.not_checked(thing, str(error))
