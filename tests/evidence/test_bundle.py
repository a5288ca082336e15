"""Proof bundles as the acts write them, checked by ``tocsin.proof`` alone."""

import io
from pathlib import Path

import pytest

from tests.evidence.scene import Scene
from tests.offices import member_named
from tocsin.evidence.acts.bundle import EvidenceIn, write_bundle
from tocsin.proof.__main__ import main


def checked(bundle: Path, *anchors: str) -> tuple[int, str]:
    said = io.StringIO()
    code = main([str(bundle), *(part for anchor in anchors for part in ("--anchor", anchor))], out=said)
    return code, said.getvalue()


def fingerprints(*members: str) -> list[str]:
    return [member_named(member).cards[-1].sha256 for member in members]


@pytest.mark.parametrize("evidence", EvidenceIn)
@pytest.mark.parametrize("name", ["bundle", "bundle.zip"])
def test_a_bundle_is_found_good_by_the_verifier(scene: Scene, tmp_path: Path, evidence: EvidenceIn, name: str) -> None:
    scene.held_by_ro()
    made = write_bundle(scene.hand_over, tmp_path / name, by=scene.ioana, at=scene.later(), evidence=evidence)
    code, said = checked(made.path, *fingerprints("ro", "pt", "example-mail"))
    assert code == 0, said
    assert "The chain of custody is complete: " in said
    assert ("byte for byte (SHA-256" in said) is (evidence is EvidenceIn.CLEAR)
    assert ("The sealed file is, byte for byte" in said) is (evidence is EvidenceIn.SEALED)
