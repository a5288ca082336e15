"""Evidence checked by tools that are not ours: ``age``, ``sha256sum``, ``sha512sum``."""

import subprocess
from pathlib import Path

import pytest

from tests.evidence.scene import Scene
from tests.independent.tools import need
from tocsin.base.this_node import this_node
from tocsin.evidence import folders

pytestmark = pytest.mark.tools


def test_age_opens_what_was_packed_and_sha256sum_agrees_with_the_manifest(scene: Scene, tmp_path: Path) -> None:
    held = scene.held_by_ro()
    (tmp_path / "key.txt").write_text(this_node().keys.age + "\n")
    for number, file in enumerate(held.manifest.files, start=1):
        sealed, clear = folders.sealed_path(held.id, "ro", number), tmp_path / "clear"
        with clear.open("wb") as out:  # of an empty file age makes none by itself
            identity = str(tmp_path / "key.txt")
            subprocess.run([need("age"), "--decrypt", "-i", identity, str(sealed)], stdout=out, check=True)
        for tool, stated in (("sha256sum", file.sha256), ("sha512sum", file.sha512)):
            found = subprocess.run([need(tool), str(clear)], capture_output=True, text=True, check=True)
            assert found.stdout.split()[0] == stated
        row = next(one for one in held.files if one.number == number)
        found = subprocess.run([need("sha256sum"), str(sealed)], capture_output=True, text=True, check=True)
        assert found.stdout.split()[0] == row.age_sha256
        clear.unlink()
