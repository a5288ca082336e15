"""What the journal is told of notices."""

from dataclasses import dataclass
from typing import ClassVar

from tocsin.journal.entries import Entry

_WITH_THE_NOTICE = "never: it holds no personal data, only the hash of what was signed"


@dataclass(frozen=True, slots=True)
class NoticeIssued(Entry):
    """A person told others something outside a thread: a warning, its withdrawal, or a word about a call-back."""

    kind: ClassVar[str] = "notice-issued"
    erasure: ClassVar[str] = _WITH_THE_NOTICE

    notice: str
    notice_kind: str
    version: int
    notice_sha256: str
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoticeStored(Entry):
    """A notice of another member was taken in. ``letter`` is its id: a receipt proves it like a letter's."""

    kind: ClassVar[str] = "notice-stored"
    erasure: ClassVar[str] = _WITH_THE_NOTICE

    letter: str
    letter_sha256: str
    notice_kind: str
    version: int
    sender: str


@dataclass(frozen=True, slots=True)
class NoticeDelivered(Entry):
    """A member's receipt for a notice of ours was proved and kept."""

    kind: ClassVar[str] = "notice-delivered"
    erasure: ClassVar[str] = _WITH_THE_NOTICE

    notice: str
    version: int
    member: str
    receipt_sha256: str
