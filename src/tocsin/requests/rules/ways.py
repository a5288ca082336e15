"""Ways on which something reaches this house that no node of the other side sent, and what is worth what.

Nothing on these ways is signed by a key that we know. What was typed in counts at once, for the law counts from the
receipt; that a second person has read it against the paper is said beside it, and that nobody has, too.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from tocsin.base.ids import MemberId
from tocsin.base.instant import Instant, text
from tocsin.requests.errors import BroughtFaultyError, ElsewhereFieldError

BY_FORM = "form"
"""The ``channel`` of a thread in which our letters go as forms, and what the other side says is taken down."""
UNKNOWN = MemberId("hearsay-unknown")
"""The counterpart of a request whose sender nobody here knows. No card may bear such an id, and no list gives it."""
MOST_BYTES = 20 * 1024 * 1024
MOST_LINE = 200
MOST_WORDS = 20_000
MEDIA_TYPES = ("application/pdf", "image/jpeg", "image/png", "image/tiff", "message/rfc822", "text/plain")
"""What a scan or a message may call itself; all else is kept as bytes of no kind. None is ever shown in a page."""
ANY_BYTES = "application/octet-stream"
_NAME = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069/\\]{1,120}")


class Way(StrEnum):
    """On what way something came. The values are in the journal and in hashes: never rename one."""

    PAPER = "paper"
    TELEPHONE = "telephone"
    MAIL = "mail"
    UPLOAD = "upload"
    ORDER_PAGE = "order-page"
    PARTNER = "partner"
    """From somebody of an organisation that has accounts here, signed in under her name."""
    OTHER_SYSTEM = "other-system"


TYPED = frozenset({Way.PAPER, Way.TELEPHONE, Way.MAIL, Way.UPLOAD, Way.OTHER_SYSTEM})
"""Ways on which a person here types in what was said: what a second person then reads."""
TAKEN_IN = (Way.MAIL, Way.PAPER, Way.TELEPHONE, Way.UPLOAD, Way.OTHER_SYSTEM)
"""Ways on which a new request is taken in."""


class Checked(StrEnum):
    """How it was checked who sent a request."""

    NOT = "not-checked"
    CALLED_BACK = "called-back"
    """At a number that was known before."""
    KNOWN_ADDRESS = "known-address"
    """It came from an address that was known before, which a thief of the mailbox has too."""
    SIGNATURE = "signature"
    """A signature on the document or the message was checked."""
    IN_PERSON = "in-person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """A scan, a message or another file that came with what was typed in."""

    name: str
    content: bytes
    media_type: str = ANY_BYTES


def brought(name: str, content: bytes, media_type: str) -> Brought:
    """A file as it is kept: its name plain, its kind one of those that are known, whatever it was called.

    Raises ``BroughtFaultyError`` for one that is empty or too long.
    """
    if not content or len(content) > MOST_BYTES:
        raise BroughtFaultyError(rule=f"1 byte to {MOST_BYTES // (1024 * 1024)} MB")
    kind = media_type.partition(";")[0].strip().lower()
    return Brought(name=plain_name(name), content=content, media_type=kind if kind in MEDIA_TYPES else ANY_BYTES)


def plain_name(name: str) -> str:
    """The name under which a file is kept, whatever it was called: without a path and what misleads; ``file`` else."""
    last = name.replace("\\", "/").rpartition("/")[2].strip().lstrip(".")[-120:]
    return last if _NAME.fullmatch(last) else "file"


def check_line(field: str, said: str, *, needed: bool = False) -> None:
    """Raise ``ElsewhereFieldError`` unless it is one line, and there where it has to be."""
    if (needed and not said.strip()) or len(said) > MOST_LINE or not said.isprintable():
        raise ElsewhereFieldError(field=field, rule=f"on one line, at most {MOST_LINE} characters")


def check_words(field: str, said: str, *, needed: bool = False) -> None:
    """Raise ``ElsewhereFieldError`` for words that are too many, or missing where they have to be there."""
    if (needed and not said.strip()) or len(said) > MOST_WORDS or "\0" in said:
        raise ElsewhereFieldError(field=field, rule=f"at most {MOST_WORDS} characters, and not empty where needed")


def check_received(received_at: Instant, *, since: Instant | None, at: Instant) -> None:
    """Raise ``ElsewhereFieldError`` for a receipt before the minute in which what it answers was said, or yet to come.

    People read minutes off a clock.
    """
    if since is not None and received_at < since.replace(second=0, microsecond=0):
        raise ElsewhereFieldError(field="at", rule=f"not before {text(since)}, when it left or was received there")
    if received_at > at:
        raise ElsewhereFieldError(field="at", rule=f"not after now, {text(at)}")
