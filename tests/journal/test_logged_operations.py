"""Directive (EU) 2016/680, Article 25(1): six operations are logged, each with who, when and why.

The Directive asks for collection, alteration, consultation, disclosure including transfers, combination and erasure;
of consultation and disclosure the log has to show the justification, the date and time, and who consulted or
disclosed. The table names the entries that do it here; each is made by the act itself, in real nodes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.evidence.scene import Scene
from tests.journal.test_entries import all_entries
from tests.office_fixtures import office_template, offices
from tests.offices import Offices, entries
from tocsin.base.instant import parse
from tocsin.dossiers.acts.dossiers import make_dossier
from tocsin.evidence.acts.bundle import write_bundle
from tocsin.evidence.acts.convert import convert
from tocsin.evidence.acts.open import open_package
from tocsin.requests.acts.dossier import put_in_dossier
from tocsin.requests.acts.draft import change_draft, write_draft
from tocsin.requests.acts.look import look_at_request
from tocsin.requests.acts.write import write_letter
from tocsin.requests.rules.letters import Close
from tocsin.retention import own
from tocsin.retention.acts.erase import erase_request
from tocsin.retention.rules.policy import Policy

__all__ = ["office_template", "offices"]


@dataclass(frozen=True)
class Logged:
    """An entry that logs an operation, and where it says why."""

    kind: str
    why: str
    """The field with the reason, or that names what carries it: the request, with its purpose and legal basis."""


OPERATIONS: Mapping[str, tuple[Logged, ...]] = {
    "collection": (Logged("letter-stored", "thread"), Logged("package-received", "request")),
    "alteration": (Logged("draft-written", "request"), Logged("file-converted", "program")),
    "consultation": (Logged("request-looked", "reason"), Logged("package-opened", "reason")),
    "disclosure": (
        Logged("letter-sent", "thread"),
        Logged("package-handed-over", "request"),
        Logged("bundle-written", "request"),
    ),
    "combination": (Logged("put-in-dossier", "reason"),),
    "erasure": (Logged("request-erased", "rule"), Logged("entries-erased", "rule"), Logged("package-erased", "rule")),
}


@pytest.fixture
def told(offices: Offices, tmp_path: Path) -> list[Mapping[str, Any]]:
    """What the journals of ro and pt were told of a case in which everything happens to somebody's data."""
    scene = Scene.set(offices)
    held = scene.held_by_ro()
    ioana, at = scene.ioana, scene.later()
    draft = write_draft(_draft(scene), by=ioana, at=at)
    change_draft(draft.id, {"case_reference": "RO-57"}, by=ioana, at=at)
    look_at_request(scene.hand_over, reason="case 17/2026, deciding on the answer", by=ioana, at=at)
    open_package(held.id, into=tmp_path / "opened", reason="to read the sessions", by=ioana, at=at)
    convert(held.id, name="sessions.csv", by=ioana, at=at)
    put_in_dossier(
        scene.hand_over,
        make_dossier("Operation Example", members_only=False, by=ioana, at=at),
        reason="the same suspect",
        by=ioana,
        at=at,
    )
    write_bundle(scene.hand_over, tmp_path / "bundle", by=ioana, at=at)
    write_letter(scene.hand_over, Close(), by=ioana, at=at)
    scene.carry()
    found = _of_both(scene)
    before = own._own.policy
    own.use(lambda: Policy(days=100))
    carmen = offices.person("ro", "Carmen Caz", "case-officer")
    erase_request(scene.hand_over, by=carmen, at=at + timedelta(days=101))
    own._own.policy = before
    return [*found, *entries()]


def _draft(scene: Scene) -> dict[str, Any]:
    from tocsin.node.demo import forms  # noqa: PLC0415 - beside its use

    return forms.preservation(scene.at, reference="RO-56")


def _of_both(scene: Scene) -> list[Mapping[str, Any]]:
    scene.offices.be("pt")
    found = entries()
    scene.offices.be("ro")
    return [*found, *entries()]


def test_each_of_the_six_operations_has_entries_that_say_who_when_and_why(told: list[Mapping[str, Any]]) -> None:
    assert set(OPERATIONS) == {"collection", "alteration", "consultation", "disclosure", "combination", "erasure"}
    for operation, kinds in OPERATIONS.items():
        for logged in kinds:
            found = [each for each in told if each["kind"] == logged.kind]
            assert found, (operation, logged.kind)
            for each in found:
                assert each["by"]["member"], (operation, logged.kind)
                assert each["by"]["roles"], (operation, logged.kind)
                assert parse(each["at"]), (operation, logged.kind)
                assert each[logged.why], (operation, logged.kind)


@pytest.mark.parametrize("operation", ["consultation", "disclosure", "combination", "alteration"])
def test_what_people_do_names_the_person(told: list[Mapping[str, Any]], operation: str) -> None:
    for logged in OPERATIONS[operation]:
        assert all(each["by"]["person"] for each in told if each["kind"] == logged.kind), logged.kind


def test_a_consultation_says_its_justification_in_words(told: list[Mapping[str, Any]]) -> None:
    (look,) = (each for each in told if each["kind"] == "request-looked")
    assert look["reason"] == "case 17/2026, deciding on the answer"
    assert all(logged.why == "reason" for logged in OPERATIONS["consultation"])


def test_the_table_names_entries_that_there_are() -> None:
    kinds = {entry.kind: {field.name for field in fields(entry)} for entry in all_entries()}
    named = [logged for each in OPERATIONS.values() for logged in each]
    assert [logged for logged in named if logged.why not in kinds.get(logged.kind, set())] == []
