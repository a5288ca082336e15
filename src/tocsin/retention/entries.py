"""What the journal is told of retention. The entries of an erasure stay when all else is gone: they tell its rule."""

from dataclasses import dataclass
from typing import ClassVar

from tocsin.journal.entries import NOT_ERASED, Entry

_WITH_THE_REQUEST = "with the request, once no hold stands and its retention is over"


@dataclass(frozen=True, slots=True)
class LegalHoldSet(Entry):
    """Somebody ordered that a request is not to be erased, and why."""

    kind: ClassVar[str] = "legal-hold-set"
    erasure: ClassVar[str] = _WITH_THE_REQUEST
    about_field: ClassVar[str] = "request"

    request: str
    hold: str
    reason: str


@dataclass(frozen=True, slots=True)
class LegalHoldReleaseAsked(Entry):
    """Somebody asked that a hold end, and why; a second person has to agree."""

    kind: ClassVar[str] = "legal-hold-release-asked"
    erasure: ClassVar[str] = _WITH_THE_REQUEST
    about_field: ClassVar[str] = "request"

    request: str
    hold: str
    reason: str


@dataclass(frozen=True, slots=True)
class LegalHoldReleased(Entry):
    """A second person agreed, and the hold ended."""

    kind: ClassVar[str] = "legal-hold-released"
    erasure: ClassVar[str] = _WITH_THE_REQUEST
    about_field: ClassVar[str] = "request"

    request: str
    hold: str
    asked_by: str


@dataclass(frozen=True, slots=True)
class ErasureProposed(Entry):
    """The retention of a request is over: it is to be erased, unless somebody stops it."""

    kind: ClassVar[str] = "erasure-proposed"
    erasure: ClassVar[str] = NOT_ERASED
    about_field: ClassVar[str] = "request"

    request: str
    proposal: str
    rule: str
    due_at: str
    erased_by_itself_at: str
    """Or ``""``: a person decides."""


@dataclass(frozen=True, slots=True)
class ErasureStopped(Entry):
    """What had been proposed is no longer due: the request was opened again, or the rule changed."""

    kind: ClassVar[str] = "erasure-stopped"
    erasure: ClassVar[str] = NOT_ERASED
    about_field: ClassVar[str] = "request"

    request: str
    proposal: str


@dataclass(frozen=True, slots=True)
class RequestErased(Entry):
    """What a request said is gone here; its places, instants and hashes stand."""

    kind: ClassVar[str] = "request-erased"
    erasure: ClassVar[str] = NOT_ERASED
    about_field: ClassVar[str] = "request"

    request: str
    proposal: str
    rule: str
    letters: int
    packages: int
    packages_kept: tuple[str, ...]
    """Packages that stay because another request has them too."""
    entries: int
    backups_until: str
    """When the last backup that may still hold it has expired."""


@dataclass(frozen=True, slots=True)
class ErasedFilesGone(Entry):
    """The files of an erased request are off the disk."""

    kind: ClassVar[str] = "erased-files-gone"
    erasure: ClassVar[str] = NOT_ERASED
    about_field: ClassVar[str] = "request"

    request: str
    proposal: str
    paths: int


@dataclass(frozen=True, slots=True)
class DraftErased(Entry):
    """A draft that never left is gone, with who signed it."""

    kind: ClassVar[str] = "draft-erased"
    erasure: ClassVar[str] = NOT_ERASED
    about_field: ClassVar[str] = "request"

    request: str
    draft: str
    rule: str
    entries: int
    backups_until: str
