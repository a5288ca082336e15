"""Legal holds: one person sets one, two persons end it, and nothing that is held goes."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from tests.evidence.scene import Scene
from tests.offices import entries
from tests.retention.ended import LONG_AFTER, ended, left_of
from tests.retention.rules import KEPT
from tests.retention.test_erasure import officer
from tocsin.base.ids import new_uuid
from tocsin.people.errors import RightMissingError
from tocsin.requests.errors import UnknownRequestError
from tocsin.retention import reads
from tocsin.retention.acts.erase import erase_request
from tocsin.retention.acts.hold import ask_release, release_hold, set_hold
from tocsin.retention.acts.retain import retain
from tocsin.retention.errors import (
    AlreadyErasedError,
    OnHoldError,
    OwnReleaseError,
    ReasonNeededError,
    ReleaseAskedError,
    ReleaseNotAskedError,
    UnknownHoldError,
)
from tocsin.retention.models import LegalHold

Refused = list[tuple[type[Exception], Callable[[], Any]]]
ORDER = "Court of Example, order 12/2026"


def test_what_is_held_is_erased_neither_by_itself_nor_by_anybody(scene: Scene) -> None:
    at = ended(scene) + LONG_AFTER
    carmen = officer(scene.offices)
    first = set_hold(scene.hand_over, reason=ORDER, by=scene.ioana, at=at)
    second = set_hold(scene.hand_over, reason="the defence asks for it", by=carmen, at=at)
    retain(at=at)
    retain(at=at + LONG_AFTER)
    (due,) = reads.due(scene.ioana)
    assert (due.holds, due.erased_by_itself_at) == ((first.id, second.id), None)
    for hold in (first, second):
        with pytest.raises(OnHoldError):
            erase_request(scene.hand_over, by=carmen, at=at + LONG_AFTER)
        ask_release(hold.id, reason="final judgment", by=carmen, at=at)
        release_hold(hold.id, by=scene.ioana, at=at)
    assert left_of(["Zyprexa"]) != []
    retain(at=at + LONG_AFTER)
    assert left_of(["Zyprexa", ORDER, "final judgment", "the defence asks"]) == []
    assert {each["kind"] for each in entries()} & {"legal-hold-set", "legal-hold-released"} == set()


def test_a_hold_ends_when_one_person_asks_and_another_agrees(scene: Scene) -> None:
    at = ended(scene)
    carmen = officer(scene.offices)
    hold = set_hold(scene.hand_over, reason=ORDER, by=scene.ioana, at=at)
    with pytest.raises(ReleaseNotAskedError):
        release_hold(hold.id, by=carmen, at=at)
    ask_release(hold.id, reason="final judgment", by=carmen, at=at)
    with pytest.raises(OwnReleaseError):
        release_hold(hold.id, by=carmen, at=at)
    with pytest.raises(ReleaseAskedError):  # nobody takes the other's place, to agree to himself afterwards
        ask_release(hold.id, reason="mine now", by=scene.ioana, at=at)
    released = release_hold(hold.id, by=scene.ioana, at=at + timedelta(hours=1))
    assert (released.release_asked_by, released.released_by) == (carmen.person, scene.ioana.person)
    with pytest.raises(UnknownHoldError):
        release_hold(hold.id, by=scene.ioana, at=at)
    assert reads.holds(scene.ioana) == []
    assert reads.holds(scene.ioana, scene.hand_over) == [released]
    told = [(each["kind"], each["by"]["person"]) for each in entries() if each.get("hold") == hold.id]
    assert told == [
        ("legal-hold-set", scene.ioana.person),
        ("legal-hold-release-asked", carmen.person),
        ("legal-hold-released", scene.ioana.person),
    ]
    assert entries("legal-hold-set")[0]["reason"] == ORDER


def test_the_database_itself_wants_two_persons(scene: Scene) -> None:
    at = ended(scene)
    hold = set_hold(scene.hand_over, reason=ORDER, by=scene.ioana, at=at)
    alone = scene.ioana.person
    with pytest.raises(IntegrityError, match="two_persons"), transaction.atomic():
        LegalHold.objects.filter(id=hold.id).update(release_asked_by=alone, released_by=alone, released_at=at)
    with pytest.raises(IntegrityError, match="two_persons"), transaction.atomic():
        LegalHold.objects.filter(id=hold.id).update(released_by=alone, released_at=at)
    with pytest.raises(IntegrityError, match="without an entry"), transaction.atomic():
        LegalHold.objects.filter(id=hold.id).update(reason="another")


def test_what_may_not_be_is_refused(scene: Scene) -> None:
    at = ended(scene)
    carmen = officer(scene.offices)
    auditor = scene.offices.person("ro", "Aurel Auditor", "auditor")
    hold = set_hold(scene.hand_over, reason=ORDER, by=scene.ioana, at=at)
    refused: Refused = [
        (RightMissingError, lambda: set_hold(scene.hand_over, reason=ORDER, by=auditor, at=at)),
        (RightMissingError, lambda: ask_release(hold.id, reason=ORDER, by=auditor, at=at)),
        (RightMissingError, lambda: release_hold(hold.id, by=auditor, at=at)),
        (RightMissingError, lambda: reads.due(auditor)),
        (RightMissingError, lambda: reads.holds(auditor)),
        (RightMissingError, lambda: reads.erased(auditor)),
        (ReasonNeededError, lambda: set_hold(scene.hand_over, reason=" ", by=carmen, at=at)),
        (ReasonNeededError, lambda: ask_release(hold.id, reason="x" * 501, by=carmen, at=at)),
        (UnknownRequestError, lambda: set_hold(new_uuid(), reason=ORDER, by=carmen, at=at)),
        (UnknownHoldError, lambda: ask_release("not an id", reason=ORDER, by=carmen, at=at)),
    ]
    for error, act in refused:
        with pytest.raises(error):
            act()
    assert len(reads.holds(carmen)) == 1


def test_what_was_erased_can_no_longer_be_held(scene: Scene) -> None:
    at = ended(scene) + LONG_AFTER
    erase_request(scene.hand_over, by=officer(scene.offices), at=at)
    with pytest.raises(AlreadyErasedError):
        set_hold(scene.hand_over, reason=ORDER, by=scene.ioana, at=at)


def test_an_open_request_can_be_held_before_it_is_due(scene: Scene) -> None:
    scene.offices.be("ro")
    set_hold(scene.hand_over, reason=ORDER, by=scene.ioana, at=scene.at)
    at = ended(scene)
    retain(at=at + LONG_AFTER - timedelta(days=KEPT.notice_days))
    retain(at=at + LONG_AFTER)
    assert reads.erased(scene.ioana) == []
