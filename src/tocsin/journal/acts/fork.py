"""Keeping a restored backup from forking the log.

Whoever restores yesterday's database and goes on writes other entries under the numbers that
witnesses have cosigned already: two histories under one name. So a node asks its witnesses before it
appends (``wire`` does the asking). If one has seen more than is here, or another tree, the log is
halted for good and takes no entry. What the peers can give back is fetched, and the node goes on
under a new origin, whose first entry names the old one, how much of it is here and how much was seen.
"""

from collections.abc import Iterable

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.journal.acts.alarm import raise_alarm
from tocsin.journal.acts.append import put
from tocsin.journal.entries import OriginBegun
from tocsin.journal.errors import NotHaltedError, OriginTakenError
from tocsin.journal.models import Log
from tocsin.journal.reads.tree import Tree, head
from tocsin.journal.rules.place import EntryPlace, Head, Seen
from tocsin.proof.errors import AlteredError
from tocsin.proof.note import is_name

FORKED = "journal.forked"


def compare_with_witnesses(seen: Iterable[Seen], *, at: Instant) -> Seen | None:
    """Halt the log if a witness has seen more of it than is here, or another tree; what it has seen.

    What it says of other origins is left aside. Make a ``Seen`` with ``rules.place.seen_in``, which
    believes a witness only what our own key has signed. An alarm is raised and stands until a person
    has seen it.
    """
    log = head()
    if log is not None and log.halted is not None:
        return Seen.parse(log.halted)
    origin = log.origin if log is not None else this_node().origin
    for one in sorted(seen, key=lambda one: -one.size):
        if one.origin == origin and not _agrees(log, one):
            _halt(log, one, at=at)
            return one
    return None


def begin_new_origin(origin: str, *, fetched_back: int, by: Actor, at: Instant) -> EntryPlace:
    """Go on under a new origin after the old log was halted; the entry that says so is its first.

    ``fetched_back`` is how many letters the peers gave back. The settings have to name the new origin
    from now on, and the node's next card does. Raises ``NotHaltedError`` or ``OriginTakenError``.
    """
    with transaction.atomic():
        old = _locked_head()
        if old is None or old.halted is None:
            raise NotHaltedError(origin=this_node().origin if old is None else old.origin)
        _check_free(origin)
        Log.objects.filter(number=old.number).update(current=False)
        first = old.first + old.size
        Log.objects.create(number=old.number + 1, origin=origin, member=old.member, first=first, began=at, current=True)
        seen = Seen.parse(old.halted)
        entry = OriginBegun(
            origin=origin,
            old_origin=old.origin,
            old_size=old.size,
            old_root=_root_of(old).hex(),
            seen_size=seen.size,
            seen_root=seen.root.hex(),
            seen_by=seen.who,
            fetched_back=fetched_back,
        )
        return put([entry], member=old.member, origin=origin, by=by, at=at)[0]


def _agrees(log: Head | None, seen: Seen) -> bool:
    if log is None or seen.size > log.size:
        return log is None and seen.size == 0
    try:
        return Tree(log, seen.size).root() == seen.root
    except AlteredError:
        return False


def _halt(log: Head | None, seen: Seen, *, at: Instant) -> None:
    held = log.size if log is not None else 0
    with transaction.atomic():
        if log is None:
            node = this_node()
            Log.objects.create(
                number=1, origin=node.origin, member=node.member, first=0, began=at, halted=seen.written()
            )
        else:
            Log.objects.filter(number=log.number).update(halted=seen.written())
        raise_alarm(
            FORKED,
            origin=seen.origin,
            mark=f"{seen.origin} {seen.size} {seen.root.hex()}",
            sentence=f"{seen.who} cosigned {seen.size} entries of {seen.origin} that do not agree with the {held} here",
            evidence=seen.written(),
            at=at,
        )


def _locked_head() -> Head | None:
    list(Log.objects.select_for_update().filter(current=True))
    return head()


def _check_free(origin: str) -> None:
    if not is_name(origin):
        raise OriginTakenError(origin=origin, rule="it is empty or holds a space, a plus or a control character")
    if Log.objects.filter(origin=origin).exists():
        raise OriginTakenError(origin=origin, rule="it has been used for this journal before")


def _root_of(old: Head) -> bytes:
    """The root of what is here of the old log; empty when tiles are missing, which the audit tells."""
    try:
        return Tree(old, old.size).root()
    except AlteredError:
        return b""
