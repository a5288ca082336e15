"""``with seen_by(viewer, at=at):`` row security shows in it what the viewer may see, and nothing else.

The entrances of people put it on for each request: the desk's middleware, the API's operations. What nobody asked for
(the inbox, the worker) is the node's own work and needs no viewer. The reads of the application filter as well:
need-to-know is enforced twice, so that a forgotten filter shows nothing (design, section 7).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from tocsin.base import instant
from tocsin.base.actor import Actor
from tocsin.base.ids import DossierId, PersonId
from tocsin.base.instant import Instant
from tocsin.dossiers.models import Member
from tocsin.dossiers.rules import sight as rules
from tocsin.dossiers.rules.sight import Capacity, Membership, Sight
from tocsin.people import reads as people
from tocsin.people.rules.rights import Right, reaches
from tocsin.people.viewing.said import Said
from tocsin.people.viewing.seen import say_more, seen_as

STRANGER = Sight(person="")
_in_force: ContextVar[Sight | None] = ContextVar("sight", default=None)


@contextmanager
def seen_by(viewer: Actor, *, at: Instant) -> Iterator[Sight]:
    """Show in this block what ``viewer`` may see at ``at``; what is done in it is done for him."""
    with _seen(_looked_up(viewer, at=at)) as sight:
        yield sight


@contextmanager
def seen_by_a_stranger() -> Iterator[Sight]:
    """Show in this block what anybody may see who is not known here: no row of a request, dossier or package."""
    with _seen(STRANGER) as sight:
        yield sight


def sight_of(viewer: Actor) -> Sight:
    """What ``viewer`` sees: as it was put on for this request, or as it stands now."""
    known = _in_force.get()
    if known is not None and known.person == viewer.person:
        return known
    return _looked_up(viewer, at=instant.now())


def see_also(viewer: Actor, dossier: DossierId, capacity: Capacity) -> None:
    """Let the running request see a dossier that it made."""
    known = _in_force.get()
    if known is None or known.person != viewer.person:
        return
    wider = known.with_place(dossier, capacity)
    _in_force.set(wider)
    say_more(_said(wider))


def membership_of(row: Member) -> Membership:
    """A member's row as a value."""
    return Membership(
        dossier=DossierId(str(row.dossier_id)),
        person=PersonId(str(row.person)),
        capacity=Capacity(row.capacity),
        since=row.since,
        until=row.until,
    )


@contextmanager
def _seen(sight: Sight) -> Iterator[Sight]:
    with seen_as(_said(sight)):
        before = _in_force.set(sight)
        try:
            yield sight
        finally:
            _in_force.reset(before)


def _looked_up(viewer: Actor, *, at: Instant) -> Sight:
    rows = Member.objects.filter(person=viewer.person) if viewer.person else ()
    partner = viewer.person and reaches(viewer, Right.ANSWER_AS_PARTNER)
    organisation = people.person(viewer.person).organisation if partner else ""
    return rules.sight_of(viewer, (membership_of(row) for row in rows), at=at, organisation=organisation)


def _said(sight: Sight) -> Said:
    """What the policies of the database read; the names stand in migration 0001."""
    return Said(
        {
            "tocsin.looking": "on",
            "tocsin.viewer": sight.person,
            "tocsin.desk": "on" if sight.desk else "",
            "tocsin.looks": "on" if sight.all_looks else "",
            "tocsin.partner": sight.partner_of,
            "tocsin.reads": _array(sight.reads),
            "tocsin.sees": _array(frozenset(sight.places)),
        }
    )


def _array(dossiers: frozenset[DossierId]) -> str:
    return "{" + ",".join(sorted(dossiers)) + "}"
