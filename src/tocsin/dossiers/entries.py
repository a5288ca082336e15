"""What the journal is told about dossiers, who is in them, and who looked at what."""

from dataclasses import dataclass
from typing import ClassVar

from tocsin.journal.entries import Entry

_WITH_THE_DOSSIER = "with the dossier, after the last of its requests"


@dataclass(frozen=True, slots=True)
class DossierMade(Entry):
    """A dossier was made; its title is not told here."""

    kind: ClassVar[str] = "dossier-made"
    erasure: ClassVar[str] = _WITH_THE_DOSSIER
    about_field: ClassVar[str] = "dossier"

    dossier: str
    owner: str
    members_only: bool


@dataclass(frozen=True, slots=True)
class MemberLetIn(Entry):
    """Somebody was let into a dossier, as what, why and until when; or as something else than before."""

    kind: ClassVar[str] = "member-let-in"
    erasure: ClassVar[str] = _WITH_THE_DOSSIER
    about_field: ClassVar[str] = "dossier"

    dossier: str
    person: str
    capacity: str
    until: str
    reason: str


@dataclass(frozen=True, slots=True)
class MemberTakenOut(Entry):
    """Somebody's place in a dossier ended before its time."""

    kind: ClassVar[str] = "member-taken-out"
    erasure: ClassVar[str] = _WITH_THE_DOSSIER
    about_field: ClassVar[str] = "dossier"

    dossier: str
    person: str
    reason: str


@dataclass(frozen=True, slots=True)
class DossierAccessChanged(Entry):
    """A dossier is its members' alone from now on, or the desk's as well."""

    kind: ClassVar[str] = "dossier-access-changed"
    erasure: ClassVar[str] = _WITH_THE_DOSSIER
    about_field: ClassVar[str] = "dossier"

    dossier: str
    members_only: bool
    reason: str


@dataclass(frozen=True, slots=True)
class DossierNoteWritten(Entry):
    """An internal note was written in a dossier; only its hash, salted by the journal like every entry."""

    kind: ClassVar[str] = "dossier-note-written"
    erasure: ClassVar[str] = _WITH_THE_DOSSIER
    about_field: ClassVar[str] = "dossier"

    dossier: str
    note: str
    note_sha256: str


@dataclass(frozen=True, slots=True)
class DossierClosed(Entry):
    """The work in a dossier is done: nothing is put into it any more."""

    kind: ClassVar[str] = "dossier-closed"
    erasure: ClassVar[str] = _WITH_THE_DOSSIER
    about_field: ClassVar[str] = "dossier"

    dossier: str
    reason: str


@dataclass(frozen=True, slots=True)
class ThingLookedAt(Entry):
    """Somebody looked at a dossier, a draft or a package, and why (Directive (EU) 2016/680, Article 25).

    A look at a request is told as ``request-looked`` by ``requests``.
    """

    kind: ClassVar[str] = "thing-looked-at"
    erasure: ClassVar[str] = "with what was looked at"
    about_field: ClassVar[str] = "id"

    what: str
    id: str
    dossier: str
    look: str
    reason: str
    derived: bool
    """Whether the reason follows from what the person does there, instead of having been asked for."""
