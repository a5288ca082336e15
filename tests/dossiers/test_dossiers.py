"""Dossiers: who is let in and taken out, what lies in them, and who is told of what."""

from datetime import timedelta

import pytest
from django.db import IntegrityError

from tests.offices import Offices, entries
from tests.requests.desk import preservation, urgent
from tests.security.scene import Closed
from tocsin.base import instant
from tocsin.base.actor import Actor
from tocsin.base.errors import TocsinError
from tocsin.dossiers import reads
from tocsin.dossiers.acts.dossiers import change_access, close_dossier, make_dossier, write_dossier_note
from tocsin.dossiers.acts.look import look_at_dossier
from tocsin.dossiers.acts.members import let_in, take_out
from tocsin.dossiers.errors import (
    DossierCapacityError,
    DossierEndedError,
    DossierFieldError,
    DossierOwnerError,
    DossierReasonError,
    MemberRightsError,
    NotMemberError,
    SecondWorkerError,
    UnknownDossierError,
)
from tocsin.people.errors import RightMissingError, UnknownPersonError
from tocsin.requests import reads as requests
from tocsin.requests.acts.dossier import put_in_dossier, take_out_of_dossier
from tocsin.requests.acts.draft import write_draft
from tocsin.requests.acts.look import hand_over_request, look_at_draft, look_at_request
from tocsin.requests.acts.note import write_note
from tocsin.requests.acts.ring import ring_clocks
from tocsin.requests.errors import HandOverError, UnknownDraftError, UnknownRequestError
from tocsin.requests.models import Alarm, Request

REASON = "helps"


@pytest.fixture
def closed(offices: Offices) -> Closed:
    return Closed(offices)


def let(closed: Closed, person: str, capacity: str) -> None:
    until = closed.at + timedelta(days=30) if capacity == "counsel" else None
    let_in(closed.dossier, person, capacity=capacity, reason=REASON, until=until, by=closed.ioana, at=closed.at)


# --- Absent and forbidden look alike ---------------------------------------------------------------


def test_to_an_outsider_it_does_not_exist_in_any_read_or_act(closed: Closed) -> None:
    mihai, at = closed.mihai, closed.at
    before = len(entries())
    for unknown, act in (
        (UnknownDossierError, lambda: reads.dossier_for(mihai, closed.dossier)),
        (UnknownDossierError, lambda: reads.members_for(mihai, closed.dossier)),
        (UnknownDossierError, lambda: reads.notes_for(mihai, closed.dossier)),
        (UnknownDossierError, lambda: requests.in_dossier(mihai, closed.dossier)),
        (UnknownDossierError, lambda: look_at_dossier(closed.dossier, reason=REASON, by=mihai, at=at)),
        (UnknownDossierError, lambda: write_dossier_note(closed.dossier, "x", by=mihai, at=at)),
        (UnknownDossierError, lambda: put_in_dossier(closed.shown, closed.dossier, reason=REASON, by=mihai, at=at)),
        (
            UnknownDossierError,
            lambda: let_in(closed.dossier, mihai.person, capacity="owner", reason=REASON, by=mihai, at=at),
        ),
        (UnknownRequestError, lambda: requests.standing_for(mihai, closed.hidden, at=at)),
        (UnknownRequestError, lambda: look_at_request(closed.hidden, reason=REASON, by=mihai, at=at)),
        (UnknownRequestError, lambda: write_note(closed.hidden, "x", language="en", by=mihai, at=at)),
        (UnknownRequestError, lambda: take_out_of_dossier(closed.hidden, reason=REASON, by=mihai, at=at)),
        (UnknownDraftError, lambda: look_at_draft(closed.hidden_draft.id, by=mihai, at=at)),
    ):
        with pytest.raises(unknown):
            act()
    assert len(entries()) == before
    assert reads.dossiers_for(mihai) == []
    assert {line.id for line in requests.watch(mihai)} == {closed.shown}
    assert closed.hidden not in {alarm.request for alarm in requests.alarms_for(mihai)}
    assert {draft.id for draft in requests.drafts_for(mihai)}.isdisjoint({closed.hidden_draft.id})
    assert {line.id for line in requests.search(mihai, "RO-2026-0042").lines} == {closed.shown}
    assert {line.id for line in requests.search(closed.ioana, "RO-2026-0042").lines} == {closed.shown, closed.hidden}


def test_that_the_office_asked_already_is_told_of_ones_own_dossiers_alone(closed: Closed) -> None:
    draft = closed.pair.draft()
    told = {
        who.name: {each.sentence for each in requests.faults_of_draft(draft, at=closed.at, viewer=who)}
        for who in (closed.mihai, closed.ioana)
    }
    mihai, ioana = ("".join(told[who.name]) for who in (closed.mihai, closed.ioana))
    assert closed.hidden not in mihai
    assert closed.shown in mihai
    assert closed.hidden in ioana


def test_an_open_dossier_is_read_and_worked_in_by_the_desk(closed: Closed) -> None:
    change_access(closed.dossier, members_only=False, reason="no secret any more", by=closed.ioana, at=closed.at)
    assert {line.id for line in requests.watch(closed.mihai)} == {closed.shown, closed.hidden}
    assert reads.dossier_for(closed.mihai, closed.dossier).capacity is None
    write_dossier_note(closed.dossier, "seen", by=closed.mihai, at=closed.at)
    change_access(closed.dossier, members_only=True, reason="a secret again", by=closed.ioana, at=closed.at)
    assert {line.id for line in requests.watch(closed.mihai)} == {closed.shown}
    assert Request.objects.get(id=closed.hidden).members_only


# --- Who is let in --------------------------------------------------------------------------------


def test_each_place_is_journalled_with_its_reason(closed: Closed) -> None:
    until = closed.at + timedelta(days=3)
    let_in(closed.dossier, "Rodica Model", capacity="reader", reason=REASON, until=until, by=closed.ioana, at=closed.at)
    (told,) = [each for each in entries("member-let-in") if each["person"] == closed.reader.person]
    assert (told["dossier"], told["capacity"], told["reason"]) == (closed.dossier, "reader", REASON)
    assert told["until"] == instant.text(until)
    take_out(closed.dossier, "Rodica Model", reason="is done", by=closed.ioana, at=closed.pair.later(hours=1))
    assert entries("member-taken-out")[-1]["reason"] == "is done"
    places = {each.capacity.value for each in reads.members_for(closed.ioana, closed.dossier)}
    assert places == {"owner", "member", "reader"}, "an ended place is still told"


def test_only_an_owner_lets_in_and_takes_out(closed: Closed) -> None:
    let(closed, "Rodica Model", "reader")
    for who in (closed.pair.radu, closed.reader):
        with pytest.raises(DossierCapacityError):
            let_in(closed.dossier, "Mihai Exemplu", capacity="reader", reason=REASON, by=who, at=closed.at)
        with pytest.raises(DossierCapacityError):
            close_dossier(closed.dossier, reason=REASON, by=who, at=closed.at)


def test_a_reader_reads_all_and_changes_nothing(closed: Closed) -> None:
    let(closed, "Rodica Model", "reader")
    assert requests.notes_for(closed.reader, closed.hidden)
    look_at_request(closed.hidden, reason=REASON, by=closed.reader, at=closed.at)
    for act in (
        lambda: write_note(closed.hidden, "x", language="en", by=closed.reader, at=closed.at),
        lambda: write_dossier_note(closed.dossier, "x", by=closed.reader, at=closed.at),
        lambda: take_out_of_dossier(closed.hidden, reason=REASON, by=closed.reader, at=closed.at),
    ):
        with pytest.raises(DossierCapacityError):
            act()


def test_counsel_sees_the_dossier_and_nothing_that_is_internal(closed: Closed) -> None:
    let(closed, "Carmen Aparare", "counsel")
    assert reads.dossier_for(closed.counsel, closed.dossier).capacity == "counsel"
    for read in (reads.members_for, reads.notes_for):
        with pytest.raises(UnknownDossierError):
            read(closed.counsel, closed.dossier)
    with pytest.raises(RightMissingError):
        requests.notes_for(closed.counsel, closed.hidden)


def test_who_may_not_read_requests_is_let_in_as_counsel_alone(closed: Closed) -> None:
    for capacity in ("owner", "member", "reader"):
        with pytest.raises(MemberRightsError):
            let(closed, "Carmen Aparare", capacity)


@pytest.mark.parametrize(
    ("faulty", "error"),
    [
        ({"capacity": "king"}, DossierFieldError),
        ({"reason": " "}, DossierReasonError),
        ({"reason": "two\nlines"}, DossierReasonError),
        ({"until": timedelta(0)}, DossierFieldError),
        ({"person": "Carmen Aparare", "capacity": "counsel"}, DossierFieldError),
        ({"person": "Nobody"}, UnknownPersonError),
    ],
    ids=str,
)
def test_a_faulty_place_is_refused_and_changes_nothing(
    closed: Closed, faulty: dict[str, object], error: type[TocsinError]
) -> None:
    before = reads.members_for(closed.ioana, closed.dossier)
    said = {"person": "Rodica Model", "capacity": "reader", "reason": REASON, **faulty}
    if "until" in said:
        said["until"] = closed.at
    person = str(said.pop("person"))
    with pytest.raises(error):
        let_in(closed.dossier, person, by=closed.ioana, at=closed.at, **said)  # type: ignore[arg-type]
    assert reads.members_for(closed.ioana, closed.dossier) == before


def test_a_dossier_never_loses_its_last_owner(closed: Closed) -> None:
    at = closed.pair.later(hours=1)
    with pytest.raises(DossierOwnerError):
        take_out(closed.dossier, closed.ioana.person, reason=REASON, by=closed.ioana, at=at)
    with pytest.raises(DossierOwnerError):
        let_in(closed.dossier, closed.ioana.person, capacity="reader", reason=REASON, by=closed.ioana, at=at)
    with pytest.raises(NotMemberError):
        take_out(closed.dossier, "Mihai Exemplu", reason=REASON, by=closed.ioana, at=at)


def test_what_only_its_members_know_of_is_never_in_one_pair_of_hands(closed: Closed) -> None:
    """Nobody else is told when its clock runs out, so two have to be there (decision 0105)."""
    alone = make_dossier("Operation Buoy", members_only=True, by=closed.ioana, at=closed.at)
    with pytest.raises(SecondWorkerError):
        put_in_dossier(closed.shown, alone, reason=REASON, by=closed.ioana, at=closed.at)
    with pytest.raises(SecondWorkerError):
        take_out(closed.dossier, "Radu Model", reason=REASON, by=closed.ioana, at=closed.pair.later(hours=1))
    let(closed, "Rodica Model", "member")
    take_out(closed.dossier, "Radu Model", reason=REASON, by=closed.ioana, at=closed.pair.later(hours=1))


def test_a_closed_dossier_takes_nothing_in_and_stays_readable(closed: Closed) -> None:
    close_dossier(closed.dossier, reason="judgment is final", by=closed.ioana, at=closed.at)
    with pytest.raises(DossierEndedError):
        put_in_dossier(closed.shown, closed.dossier, reason=REASON, by=closed.ioana, at=closed.at)
    assert [line.id for line in requests.in_dossier(closed.ioana, closed.dossier)] == [closed.hidden]
    assert [line.id for line in reads.dossiers_for(closed.ioana, ended=True)] == [closed.dossier]


# --- What lies in it ------------------------------------------------------------------------------


def test_a_request_made_to_carry_out_one_of_a_dossier_lies_there_as_well(closed: Closed) -> None:
    draft = closed.pair.draft()
    assert draft.id in {each.id for each in requests.drafts_for(closed.mihai)}
    below = write_draft(preservation(closed.at), by=closed.ioana, at=closed.at, parent=closed.hidden)
    assert below.id not in {each.id for each in requests.drafts_for(closed.mihai)}
    assert below.id in {each.id for each in requests.drafts_in_dossier(closed.ioana, closed.dossier)}


def test_a_request_is_handed_to_members_alone_and_comes_back_to_the_desk_by_its_owner(closed: Closed) -> None:
    with pytest.raises(HandOverError):
        hand_over_request(closed.hidden, to=closed.mihai.person, words="", by=closed.ioana, at=closed.at)
    with pytest.raises(DossierCapacityError):
        take_out_of_dossier(closed.hidden, reason=REASON, by=closed.pair.radu, at=closed.at)
    take_out_of_dossier(closed.hidden, reason="was the wrong case", by=closed.ioana, at=closed.at)
    assert closed.hidden in {line.id for line in requests.watch(closed.mihai)}
    assert entries("taken-out-of-dossier")[-1]["id"] == closed.hidden


def test_the_copy_in_a_request_cannot_differ_from_its_dossier(closed: Closed) -> None:
    for changed in ({"members_only": False}, {"dossier": None}):
        with pytest.raises(IntegrityError):
            Request.objects.filter(id=closed.hidden).update(**changed)
    with pytest.raises(IntegrityError):
        Request.objects.filter(id=closed.shown).update(members_only=True)


def test_an_alarm_of_it_is_told_to_who_works_there_and_to_nobody_else(closed: Closed) -> None:
    request = closed.pair.sent(urgent(closed.at))
    closed.pair.ro()
    put_in_dossier(request, closed.dossier, reason=REASON, by=closed.ioana, at=closed.at)
    ring_clocks(at=closed.pair.later(hours=9))
    told = {person for alarm in Alarm.objects.filter(request__id=request) for person in alarm.told}
    assert told == {closed.ioana.person, closed.pair.radu.person}
    (rung, *_) = [each for each in entries("alarm-raised") if each["request"] == request]
    assert set(rung["told"]) == told


# --- Looks ----------------------------------------------------------------------------------------


def looks(closed: Closed, who: Actor) -> list[tuple[str, str, bool]]:
    day = closed.at - timedelta(hours=1)
    found = requests.all_looks_for(who, since=day, until=day + timedelta(days=1))
    return [(each.what, each.reason, each.derived) for each in found]


def test_the_owner_and_the_protector_get_the_days_list_of_looks(closed: Closed) -> None:
    look_at_dossier(closed.dossier, reason="took it over", by=closed.pair.radu, at=closed.at)
    look_at_request(closed.hidden, reason="check", by=closed.pair.radu, at=closed.at)
    look_at_draft(closed.hidden_draft.id, by=closed.pair.radu, at=closed.at)
    look_at_request(closed.shown, reason="curious", by=closed.mihai, at=closed.at)
    of_dossier = [("dossier", "took it over", False), ("draft", "may sign it off", True), ("request", "check", False)]
    assert sorted(looks(closed, closed.ioana)) == of_dossier
    assert sorted(looks(closed, closed.protector)) == sorted([*of_dossier, ("request", "curious", False)])
    for who in (closed.mihai, closed.pair.radu, closed.reader):
        with pytest.raises(RightMissingError):
            looks(closed, who)


def test_no_look_without_a_reason_that_is_said_or_plain(closed: Closed) -> None:
    with pytest.raises(DossierReasonError):
        look_at_dossier(closed.dossier, reason="", by=closed.ioana, at=closed.at)
    validator = closed.offices.person("ro", "Vlad Model", "validating-authority", function="judge")
    assert look_at_draft(closed.shown_draft.id, by=validator, at=closed.at).id == closed.shown_draft.id
    analyst = closed.offices.person("ro", "Ana Model", "analyst")
    with pytest.raises(RightMissingError):
        look_at_draft(closed.shown_draft.id, reason="why not", by=analyst, at=closed.at)
