"""``tocsin demo --once`` as a newcomer runs it, and what it leaves behind."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tocsin.base.instant import parse

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("demo"),
    pytest.mark.skipif(sys.platform != "linux", reason="its nodes end with it by the system's word"),
]

SECONDS = 300
FIELDS = {"step", "who", "instant", "letter", "journal_index", "latency_ms"}
TOLD = (
    "Article 29",
    "SIGKILL",
    "the hub's sealed mailbox",
    "Article 31",
    "50 MB",
    "refuse",
    "missed",
    "bundle verifies",
)
"""What the story has to have come to, in this order of its parts."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a demo that was played to its end."""
    place = tmp_path_factory.mktemp("demo") / "demo"
    told = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "TOCSIN_HOME"}}
    played = subprocess.run(
        [sys.executable, "-m", "tocsin.node.main", "demo", "--once", "--folder", str(place)],
        env=told | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert played.returncode == 0, played.stdout[-4000:] + played.stderr[-4000:]
    return place


@pytest.fixture(scope="module")
def summary(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "summary.json").read_text())
    return found


def verify(bundle: Path, anchor: Path) -> subprocess.CompletedProcess[str]:
    """What a court runs: the proof alone, with nothing of this session's paths."""
    return subprocess.run(
        [sys.executable, "-m", "tocsin.proof", str(bundle), "--anchor", str(anchor)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_every_step_of_the_story_is_told_with_all_its_fields(summary: dict[str, Any]) -> None:
    assert summary["passed"] is True
    steps = summary["steps"]
    assert all(set(step) == FIELDS for step in steps)
    assert [step["instant"] for step in steps] == sorted(step["instant"] for step in steps)
    assert all(parse(step["instant"]) for step in steps)
    said = " | ".join(step["step"] for step in steps)
    assert not [part for part in TOLD if part not in said]


def test_each_letter_of_the_story_has_its_place_in_a_journal_and_its_latency(summary: dict[str, Any]) -> None:
    letters = [step for step in summary["steps"] if step["latency_ms"] is not None and step["letter"]]
    assert len(letters) >= 15
    assert all(isinstance(step["journal_index"], int) and step["latency_ms"] > 0 for step in letters)
    assert len({step["letter"] for step in letters}) == len(letters)


def test_the_proof_verifies_from_the_root_alone(folder: Path, summary: dict[str, Any]) -> None:
    checked = verify(Path(summary["proof"]["bundle"]), folder / "1.root.json")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert checked.stdout


def test_a_flipped_byte_in_the_proof_is_found(folder: Path, summary: dict[str, Any], tmp_path: Path) -> None:
    bundle = tmp_path / "proof"
    shutil.copytree(summary["proof"]["bundle"], bundle)
    letter = min(path for path in bundle.rglob("*") if path.is_file() and "letter" in str(path.relative_to(bundle)))
    content = bytearray(letter.read_bytes())
    content[len(content) // 2] ^= 1
    letter.write_bytes(content)
    checked = verify(bundle, folder / "1.root.json")
    assert checked.returncode == 1
    assert "letter" in checked.stdout + checked.stderr
