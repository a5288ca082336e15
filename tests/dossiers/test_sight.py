"""What somebody sees of dossiers, as a function of who was let in as what and when. No database."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.offices import START
from tocsin.base.actor import Actor
from tocsin.base.ids import DossierId, MemberId, PersonId
from tocsin.dossiers.rules.sight import Capacity, Membership, Sight, keeps_two_workers, sight_of

DAY = timedelta(days=1)
WHO, WHERE = PersonId("p1"), DossierId("d1")
OFFICER = Actor(MemberId("ro"), person=WHO, name="Ioana Exemplu", roles=frozenset({"duty-officer"}))


def place(capacity: Capacity, *, days: float | None = None, person: str = WHO, since: float = 0) -> Membership:
    return Membership(
        dossier=WHERE,
        person=PersonId(person),
        capacity=capacity,
        since=START + since * DAY,
        until=None if days is None else START + days * DAY,
    )


@pytest.mark.parametrize(
    ("capacity", "reads", "works", "owns"),
    [
        (Capacity.OWNER, True, True, True),
        (Capacity.MEMBER, True, True, False),
        (Capacity.READER, True, False, False),
        (Capacity.COUNSEL, False, False, False),
    ],
)
def test_what_each_capacity_is_worth(capacity: Capacity, *, reads: bool, works: bool, owns: bool) -> None:
    sight = sight_of(OFFICER, [place(capacity)], at=START)
    assert (WHERE in sight.reads, WHERE in sight.works_in, WHERE in sight.owns) == (reads, works, owns)
    assert sight.places == {WHERE: capacity}


@pytest.mark.parametrize(("at", "sees"), [(-0.001, False), (0, True), (6.999, True), (7, False), (8, False)])
def test_a_place_holds_from_its_beginning_and_before_its_end(at: float, *, sees: bool) -> None:
    assert bool(sight_of(OFFICER, [place(Capacity.READER, days=7)], at=START + at * DAY).places) is sees


def test_of_two_places_the_wider_counts_and_anothers_never_does() -> None:
    both = [place(Capacity.READER), place(Capacity.OWNER), place(Capacity.COUNSEL)]
    assert sight_of(OFFICER, both, at=START).places == {WHERE: Capacity.OWNER}
    assert sight_of(OFFICER, [place(Capacity.OWNER, person="p2")], at=START).places == {}


@pytest.mark.parametrize(
    ("roles", "scopes", "desk", "places"),
    [
        ({"duty-officer"}, None, True, True),
        ({"duty-officer"}, {"requests:read", "dossiers:read"}, True, True),
        ({"duty-officer"}, {"requests:read"}, True, False),
        ({"duty-officer"}, {"directory:read"}, False, False),
        ({"counsel"}, None, False, True),
        ({"administrator"}, None, False, False),
        ({"auditor"}, None, False, False),
        (set(), None, False, False),
    ],
)
def test_roles_and_tokens_reach_no_further_than_they_say(
    roles: set[str], scopes: set[str] | None, *, desk: bool, places: bool
) -> None:
    viewer = Actor(
        MemberId("ro"), person=WHO, roles=frozenset(roles), scopes=None if scopes is None else frozenset(scopes)
    )
    sight = sight_of(viewer, [place(Capacity.OWNER)], at=START)
    assert (sight.desk, bool(sight.places)) == (desk, places)


def test_who_is_nobody_sees_nothing() -> None:
    console = Actor(MemberId("ro"), name="console", roles=frozenset({"duty-officer"}))
    assert sight_of(console, [place(Capacity.OWNER, person="")], at=START) == Sight(person="")


PLACES = st.builds(
    place,
    st.sampled_from(Capacity),
    days=st.none() | st.integers(-5, 5),
    person=st.sampled_from(["p1", "p2", "p3"]),
    since=st.integers(-5, 5),
)


@given(st.lists(PLACES))
def test_two_can_be_called_when_two_work_there_for_good(places: list[Membership]) -> None:
    now = [each for each in places if each.since <= START and each.until is None]
    working = {each.person for each in now if each.capacity in {Capacity.OWNER, Capacity.MEMBER}}
    assert keeps_two_workers(places, at=START) is (len(working) > 1)


@given(st.lists(PLACES), PLACES)
def test_nobody_sees_less_for_being_let_in_once_more(places: list[Membership], more: Membership) -> None:
    before, after = sight_of(OFFICER, places, at=START), sight_of(OFFICER, [*places, more], at=START)
    assert before.reads <= after.reads
    assert before.works_in <= after.works_in
    assert before.owns <= after.owns
