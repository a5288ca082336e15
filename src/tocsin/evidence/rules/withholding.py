"""What may be withheld from the defence, and on what grounds.

Directive 2012/13/EU, Article 7(4): access to some of the materials may be refused, by a court or subject to judicial
review, where it may lead to a serious threat to the life or the fundamental rights of another person, or where that is
strictly necessary to safeguard an important public interest, such as an ongoing investigation or national security. The
last ground is the condition of a State that gave something in confidence (Convention on Cybercrime, Article 28(2)(a)).
"""

from enum import StrEnum

from tocsin.evidence.errors import WithholdingFieldError

MOST_TOLD, MOST_REASON = 300, 2000


class Withheld(StrEnum):
    """What is withheld."""

    LETTER = "letter"
    """A letter of a request, named by its hash."""
    PACKAGE = "package"
    """A package of evidence, named by its id."""
    FILE = "file"
    """A file, named by its SHA-256: in whatever package it lies, and with what was made of it."""


class WithholdingGround(StrEnum):
    """Why."""

    THREAT_TO_ANOTHER = "threat-to-another"
    ONGOING_INVESTIGATION = "ongoing-investigation"
    NATIONAL_SECURITY = "national-security"
    CONDITION_OF_SENDER = "condition-of-sender"


def check_words(*, told: str, reason: str) -> None:
    """Raise ``WithholdingFieldError`` unless the defence is told what it is on one line, and a reason is written."""
    if not told.strip() or len(told) > MOST_TOLD or not told.isprintable():
        raise WithholdingFieldError(field="told", rule=f"one line of 1 to {MOST_TOLD} characters")
    check_reason(reason)


def check_reason(reason: str) -> None:
    """Raise ``WithholdingFieldError`` unless a reason is written."""
    if not reason.strip() or len(reason) > MOST_REASON or "\x00" in reason:
        raise WithholdingFieldError(field="reason", rule=f"1 to {MOST_REASON} characters")
