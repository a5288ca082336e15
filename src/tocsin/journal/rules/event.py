"""From an entry to what is written: the event, its salt and the commitment to both.

The event has four members of its own beside the entry's fields:

    v      1, the version of this layout
    kind   what was done: the entry's kind
    at     when, in UTC with milliseconds
    by     who: {"member","person","roles"}; the person is "" when the node acted by itself

A person stands there by id. The name is in the package ``people``, so that the record does not
have to be erased for a name to be.
"""

import secrets
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from tocsin.base.actor import Actor
from tocsin.base.instant import Instant, text
from tocsin.journal.entries import Entry
from tocsin.proof.canonical import canonical
from tocsin.proof.commitment import SALT_SIZE

VERSION = 1


@dataclass(frozen=True, slots=True)
class Batch:
    """Entries on their way into the journal: one item of each list for each entry."""

    at: Instant
    events: list[dict[str, object]]
    written: list[str]
    """The events in canonical form."""
    salts: list[bytes]
    commitments: list[bytes]
    kinds: list[str]
    abouts: list[str | None]
    changing: list[bool]


def batch_of(entries: Sequence[Entry], *, by: Actor, at: Instant) -> Batch:
    """The entries of one act, salted and committed to.

    Raises ``CanonicalError`` for a field that has no canonical form.
    """
    stamp = _stamp(by=by, at=at)
    events = [_event(entry, stamp) for entry in entries]
    written = [canonical(event) for event in events]
    salts = _salts(len(events))
    return Batch(
        at=to_the_millisecond(at),
        events=events,
        written=[one.decode() for one in written],
        salts=salts,
        commitments=[sha256(salt + one).digest() for salt, one in zip(salts, written, strict=True)],
        kinds=[entry.kind for entry in entries],
        abouts=[entry.about() for entry in entries],
        changing=[entry.changes_rows for entry in entries],
    )


def to_the_millisecond(at: Instant) -> Instant:
    """The instant as the event tells it, for the column beside it."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def _stamp(*, by: Actor, at: Instant) -> dict[str, object]:
    who = {"member": by.member, "person": by.person, "roles": sorted(by.roles)}
    return {"v": VERSION, "at": text(at), "by": who}


def _event(entry: Entry, stamp: dict[str, object]) -> dict[str, object]:
    fields = {name: _plain(value) for name, value in entry.event().items()}
    return {**stamp, "kind": entry.kind, **fields}


def _plain(value: object) -> object:
    """What canonical JSON can hold of the few types that entries use beside JSON's own."""
    if isinstance(value, str | int) or value is None:
        return value
    if isinstance(value, datetime):
        return text(value)
    if isinstance(value, AbstractSet):
        return sorted(value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value


def _salts(count: int) -> list[bytes]:
    pool = secrets.token_bytes(count * SALT_SIZE)
    return [pool[at : at + SALT_SIZE] for at in range(0, len(pool), SALT_SIZE)]
