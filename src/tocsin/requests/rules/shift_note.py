"""The note of a shift: what is due, what was promised, what was not read, and what was decided in it.

The note is a function of the open requests and of the shift's own acts, so it writes itself, and two who ask for it at
one instant get the same. It names requests, instants and persons by their ids and copies no word of a letter: whoever
reads a note that was kept sees of each request what he may see then, and an erased request leaves nothing behind in it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import timedelta
from typing import Any, TypeVar

from tocsin.base.ids import PersonId, RequestId
from tocsin.base.instant import Instant, parse, text
from tocsin.law.vocabulary import LetterKind
from tocsin.proof.canonical import Json

DUE_WITHIN = timedelta(hours=12)
"""What is due in the next shift."""
DECIDING = frozenset(LetterKind) - {LetterKind.ACKNOWLEDGE, LetterKind.QUERY, LetterKind.SUPPLEMENT}
"""The letters by which something is decided; the others ask, tell or confirm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A clock that ends before the next shift does, or has ended."""

    request: RequestId
    clock: str
    until: Instant
    ours: bool
    urgent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Promised:
    """An answer that one side said it would give by an instant, and has not given."""

    request: RequestId
    letter: str
    """The hash of the letter that promises."""
    until: Instant
    ours: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A request with a letter that nobody here has opened."""

    request: RequestId
    since: Instant
    urgent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What somebody of the shift decided."""

    request: RequestId
    what: str
    """``letter:refuse``, ``release:keep`` …"""
    person: PersonId
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """The note of a shift from ``since`` to ``at``."""

    since: Instant
    at: Instant
    due: tuple[Due, ...]
    promised: tuple[Promised, ...]
    unread: tuple[Unread, ...]
    decided: tuple[Decided, ...]

    @property
    def requests(self) -> frozenset[RequestId]:
        """Every request that it names."""
        lists: tuple[tuple[Due | Promised | Unread | Decided, ...], ...]
        lists = (self.due, self.promised, self.unread, self.decided)
        return frozenset(line.request for listed in lists for line in listed)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRequest:
    """Of an open request what a note asks for."""

    request: RequestId
    urgent: bool
    clock: str
    due: Instant | None
    due_by_us: bool
    unread_since: Instant | None


def note_of(
    open_ones: Iterable[OpenRequest],
    *,
    promises: Iterable[Promised],
    decisions: Iterable[Decided],
    since: Instant,
    at: Instant,
) -> Note:
    """The note at ``at`` of a shift that began at ``since``."""
    known = list(open_ones)
    due = [
        Due(request=each.request, clock=each.clock, until=each.due, ours=each.due_by_us, urgent=each.urgent)
        for each in known
        if each.due is not None and each.due <= at + DUE_WITHIN
    ]
    unread = [
        Unread(request=each.request, since=each.unread_since, urgent=each.urgent)
        for each in known
        if each.unread_since is not None
    ]
    return Note(
        since=since,
        at=at,
        due=tuple(sorted(due, key=lambda each: (each.until, each.request))),
        promised=tuple(sorted(promises, key=lambda each: (not each.ours, each.until, each.request))),
        unread=tuple(sorted(unread, key=lambda each: (not each.urgent, each.since, each.request))),
        decided=tuple(
            sorted((each for each in decisions if since <= each.at <= at), key=lambda each: (each.at, each.request))
        ),
    )


def decided_by_letter(kind: str) -> bool:
    """Whether a letter of this kind decides something."""
    return kind in DECIDING


# --- As it is kept ------------------------------------------------------------------------------

_LISTS: Mapping[str, type[Any]] = {"due": Due, "promised": Promised, "unread": Unread, "decided": Decided}
_INSTANTS = frozenset({"until", "since", "at"})
Line = TypeVar("Line", Due, Promised, Unread, Decided)


def payload(note: Note) -> dict[str, Json]:
    """The note as JSON."""
    lists: dict[str, Json] = {name: [_plain(line) for line in getattr(note, name)] for name in _LISTS}
    return {"v": 1, "since": text(note.since), "at": text(note.at), **lists}


def parse_note(kept: Mapping[str, Json]) -> Note:
    """A note that was kept; raises ``ValueError`` for what is none."""
    if kept.get("v") != 1:
        raise ValueError("a note of a shift is of version 1")
    return Note(
        since=parse(str(kept["since"])),
        at=parse(str(kept["at"])),
        due=_lines(kept, "due", Due),
        promised=_lines(kept, "promised", Promised),
        unread=_lines(kept, "unread", Unread),
        decided=_lines(kept, "decided", Decided),
    )


def _plain(line: Due | Promised | Unread | Decided) -> dict[str, Json]:
    return {name: text(value) if name in _INSTANTS else value for name, value in asdict(line).items()}


def _lines(kept: Mapping[str, Json], name: str, kind: type[Line]) -> tuple[Line, ...]:
    listed = kept.get(name)
    if not isinstance(listed, list):
        raise ValueError(f"{name} is a list")  # noqa: TRY004 - of a value that was kept, not of a caller's
    return tuple(_line(each, kind) for each in listed)


def _line(kept: Json, kind: type[Line]) -> Line:
    if not isinstance(kept, dict):
        raise ValueError("a line of a note is an object")  # noqa: TRY004 - the same
    told: dict[str, Any] = {
        each.name: parse(str(kept[each.name])) if each.name in _INSTANTS else kept[each.name] for each in fields(kind)
    }
    return kind(**told)
