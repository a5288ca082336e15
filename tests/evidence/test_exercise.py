"""Evidence of an exercise says so in each event of its custody, and stays among nodes of exercises."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.evidence.scene import Scene
from tests.evidence.test_bundle import checked, fingerprints
from tests.offices import Offices
from tocsin.evidence.acts.bundle import write_bundle
from tocsin.evidence.acts.take_in import take_in
from tocsin.evidence.errors import CustodyChainError
from tocsin.evidence.rules.custody import CustodyEvent, CustodyKind, custody_of, next_event
from tocsin.evidence.shown import shown_custody
from tocsin.requests.acts.shift import shift_clock

HOUR = 3600


def test_each_event_of_an_exercise_shows_the_shift_of_its_clock_and_the_proof_says_it(
    offices: Offices, tmp_path: Path
) -> None:
    scene = Scene.set(offices, exercise=True)
    administrator = offices.person("pt", "Adina Admin", "administrator")
    shift_clock(HOUR, by=administrator, at=scene.later())
    held = scene.held_by_pt()
    shown = [(each["member"], each["exercise_shift_seconds"]) for each in shown_custody(held)["events"]]
    assert shown == [("example-mail", 0), ("example-mail", 0), ("pt", HOUR)]
    made = write_bundle(scene.produce, tmp_path / "bundle", by=scene.ines, at=scene.later())
    code, said = checked(made.path, *fingerprints("pt", "example-mail"))
    assert code == 0, said
    assert said.count("It is of an exercise: that clock was shifted by 0 seconds.") == 2
    assert said.count("It is of an exercise: that clock was shifted by 3600 seconds.") == 1
    page = next(each for each in (made.path / "pages").rglob("*.html") if "handed it over to" in each.read_text())
    assert "by the clock of an exercise (3600 seconds ahead)" in page.read_text()


def test_evidence_of_a_real_case_shows_no_exercise(scene: Scene) -> None:
    held = scene.held_by_pt()
    assert {each["exercise_shift_seconds"] for each in shown_custody(held)["events"]} == {None}


def test_a_chain_is_of_an_exercise_or_it_is_not(scene: Scene) -> None:
    held = scene.packed()
    (first,) = held.chain
    for before, after in ((None, 0), (HOUR, None)):
        begun = [replace(first, exercise_shift_seconds=before)]
        with pytest.raises(CustodyChainError, match="of an exercise and the event before it is not"):
            next_event(
                begun,
                CustodyKind.HANDED_OVER,
                package=first.package,
                manifest_sha256=first.manifest_sha256,
                member=first.member,
                person="Sofia Amostra",
                at=scene.later(),
                place="Lisboa, PT",
                to="pt",
                exercise_shift_seconds=after,
            )


def test_a_package_of_an_exercise_is_not_taken_in_by_a_real_node(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = scene.offices.be("example-mail").node
    signed_in_exercise(monkeypatch)
    scene.delivered()
    assert not provider.exercise
    with pytest.raises(CustodyChainError, match="belongs to nodes of an exercise"):
        take_in(scene.produce, by=scene.ines, at=scene.later())


def signed_in_exercise(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on events are signed as an exercise's node signs them."""
    from tocsin.evidence.acts import custody  # noqa: PLC0415 - the one place where they are made

    def in_exercise(chain: tuple[CustodyEvent, ...], kind: CustodyKind, **told: object) -> CustodyEvent:
        event = next_event(chain, kind, **(told | {"exercise_shift_seconds": 0}))  # type: ignore[arg-type]
        custody_of([*chain, event])
        return event

    monkeypatch.setattr(custody, "next_event", in_exercise)
