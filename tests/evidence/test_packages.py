"""Packages from hand to hand: made, handed over, taken in, passed on, opened."""

from pathlib import Path

from tests.evidence.scene import Scene
from tocsin.evidence import reads
from tocsin.evidence.acts.open import open_package


def test_what_the_last_one_opens_is_what_the_first_one_packed(scene: Scene, tmp_path: Path) -> None:
    held = scene.held_by_ro()
    opened = open_package(held.id, into=tmp_path / "out", reason="case RO-55", by=scene.ioana, at=scene.later())
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == {
        path.name: path.read_bytes() for path in scene.files
    }
    told = [(event.event.value, event.member, event.to) for event in opened.package.chain]
    assert told == [
        ("made", "example-mail", None),
        ("handed-over", "example-mail", "pt"),
        ("received", "pt", None),
        ("handed-over", "pt", "ro"),
        ("received", "ro", None),
        ("opened", "ro", None),
        ("verified", "ro", None),
    ]
    assert [each is None for each in opened.package.entries] == [True] * 4 + [False] * 3
    assert reads.packages_for(scene.ioana, scene.hand_over)[0].custody.holder == "ro"
