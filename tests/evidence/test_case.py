"""CASE/UCO as the ontology's own validator reads it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.evidence.scene import Scene
from tests.independent.tools import need_directory
from tocsin.evidence.acts.case import case_bytes, export_case
from tocsin.evidence.acts.convert import convert

VALIDATOR = Path(sys.executable).parent / "case_validate"


def validated(path: Path) -> subprocess.CompletedProcess[str]:
    need_directory(str(VALIDATOR.parent), what="case_validate", install="the Python package case-utils")
    return subprocess.run(
        [str(VALIDATOR), "--built-version", "case-1.5.0", "--allow-info", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.tools
def test_the_validator_of_the_ontology_accepts_a_package_and_a_conversion(scene: Scene, tmp_path: Path) -> None:
    held = scene.held_by_ro()
    made = convert(held.id, name="sessions.csv", by=scene.ioana, at=scene.later())
    for number, package in enumerate((held.id, made.id)):
        path = tmp_path / f"{number}.jsonld"
        export_case(package, path, by=scene.ioana, at=scene.later())
        found = validated(path)
        assert found.returncode == 0, found.stdout
        assert "Conforms: True" in found.stdout
    spoilt = json.loads(path.read_text())
    next(one for one in spoilt["@graph"] if one["@type"] == "uco-observable:File")["uco-core:hasFacet"][1][
        "uco-observable:hash"
    ][0]["uco-types:hashValue"] = "not a hash"
    path.write_text(json.dumps(spoilt))
    assert validated(path).returncode != 0


def test_the_same_package_gives_the_same_document(scene: Scene) -> None:
    held = scene.held_by_pt()
    first, again = (case_bytes(held.id, by=scene.ines, at=scene.later()) for _ in range(2))
    assert first == again
