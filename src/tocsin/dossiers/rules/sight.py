"""What somebody may see of dossiers and of what lies in them, as a value (design, section 7; decision 0105).

What lies in no dossier, or in one that is open to the desk, belongs to the desk: whoever may read requests. What lies
in a dossier of its members alone is seen by them and by nobody else; to all others it does not exist.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from tocsin.base.actor import Actor
from tocsin.base.ids import DossierId, PersonId
from tocsin.base.instant import Instant
from tocsin.people.rules.rights import Right, reaches


class Capacity(StrEnum):
    """As what somebody is let into a dossier."""

    OWNER = "owner"
    """Answers for it: lets in and takes out, and gets the day's list of looks."""
    MEMBER = "member"
    """Works in it."""
    READER = "reader"
    """Reads all of it and changes nothing."""
    COUNSEL = "counsel"
    """Defends: sees orders, grounds, notices, conversions, and what was withheld and on whose decision; no notes."""


WORKING = frozenset({Capacity.OWNER, Capacity.MEMBER})
READING = frozenset({Capacity.OWNER, Capacity.MEMBER, Capacity.READER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """Somebody's place in a dossier, from ``since`` and before ``until``."""

    dossier: DossierId
    person: PersonId
    capacity: Capacity
    since: Instant
    until: Instant | None = None

    def in_force(self, at: Instant) -> bool:
        """Whether it holds at an instant."""
        return self.since <= at and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What somebody sees."""

    person: str
    """Empty for a stranger."""
    desk: bool = False
    """Reads what belongs to the desk."""
    all_looks: bool = False
    """Reads who looked at what, whatever it was: the data protection officer."""
    partner_of: str = ""
    """The contact for which a partner works: she sees what this house asks of it, and nothing else."""
    places: dict[DossierId, Capacity] = field(default_factory=dict)
    """The dossiers that he was let into, and as what."""
    ends: dict[DossierId, Instant] = field(default_factory=dict)
    """When these places end, where they do."""

    @property
    def owns(self) -> frozenset[DossierId]:
        """The dossiers that he answers for."""
        return self._as({Capacity.OWNER})

    @property
    def works_in(self) -> frozenset[DossierId]:
        """The dossiers in which he may change things."""
        return self._as(WORKING)

    @property
    def reads(self) -> frozenset[DossierId]:
        """The dossiers that he reads whole."""
        return self._as(READING)

    def _as(self, capacities: Iterable[Capacity]) -> frozenset[DossierId]:
        return frozenset(dossier for dossier, capacity in self.places.items() if capacity in capacities)

    def with_place(self, dossier: DossierId, capacity: Capacity) -> "Sight":
        """The same, once he is in this dossier as well."""
        return Sight(
            person=self.person,
            desk=self.desk,
            all_looks=self.all_looks,
            partner_of=self.partner_of,
            places={**self.places, dossier: capacity},
            ends=self.ends,
        )


def sight_of(viewer: Actor, memberships: Iterable[Membership], *, at: Instant, organisation: str = "") -> Sight:
    """What ``viewer`` sees at ``at``, who was let in as ``memberships`` say; of two places of his the wider counts.

    ``organisation`` is the contact for which a partner works.
    """
    if not viewer.person:
        return Sight(person="")
    if not reaches(viewer, Right.READ_DOSSIERS):
        memberships = ()
    places: dict[DossierId, Capacity] = {}
    ends: dict[DossierId, Instant] = {}
    widest = list(Capacity)
    for each in memberships:
        if each.person != viewer.person or not each.in_force(at):
            continue
        known = places.get(each.dossier)
        if known is None or widest.index(each.capacity) < widest.index(known):
            places[each.dossier] = each.capacity
            ends.pop(each.dossier, None)
            if each.until is not None:
                ends[each.dossier] = each.until
    return Sight(
        person=viewer.person,
        desk=reaches(viewer, Right.READ_REQUESTS),
        all_looks=reaches(viewer, Right.READ_LOOKS),
        partner_of=organisation if reaches(viewer, Right.ANSWER_AS_PARTNER) else "",
        places=places,
        ends=ends,
    )


def keeps_two_workers(memberships: Iterable[Membership], *, at: Instant) -> bool:
    """Whether two people at least work in a dossier without an end in sight.

    Nobody else learns of a dossier of its members alone, not even the officer on duty when one of its clocks runs out:
    so two have to be there who can be called (decision 0105).
    """
    working = {each.person for each in memberships if each.capacity in WORKING and each.in_force(at) and not each.until}
    return len(working) >= 2  # noqa: PLR2004 - two, as the name says
