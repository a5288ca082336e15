"""The verifier runs where nothing of ours and nothing else is installed but ``cryptography``."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import tocsin.proof
from tests.proof.bundles import story
from tests.proof.test_verify import flipped

SITE = Path(sysconfig.get_paths()["purelib"])
PROOF = Path(tocsin.proof.__file__).parent
LIBRARIES = ("cryptography", "cffi", "pycparser")


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with this package's files, ``cryptography`` and what that needs, and nothing else."""
    place = tmp_path_factory.mktemp("alone")
    shutil.copytree(PROOF, place / "tocsin" / "proof", ignore=shutil.ignore_patterns("__pycache__"))
    for name in LIBRARIES:
        (place / name).symlink_to(SITE / name)
    for found in SITE.glob("_cffi_backend*"):
        (place / found.name).symlink_to(found)
    return place


def python(alone: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # -S leaves out site-packages; nothing of the environment adds to the path but this one directory.
    environment = {"PYTHONPATH": str(alone), "PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, "-S", "-P", *arguments], env=environment, capture_output=True, text=True, check=False
    )


def test_nothing_else_can_be_imported_there(alone: Path) -> None:
    for name in ("django", "joserfc", "tuf", "securesystemslib", "pyrage", "httpx", "tocsin.base", "tocsin.journal"):
        answer = python(alone, "-c", f"import {name}")
        assert "ModuleNotFoundError" in answer.stderr, name


def test_a_good_bundle_is_found_good_there(alone: Path, tmp_path: Path) -> None:
    bundle = story().bundle
    for place in (bundle.write(tmp_path / "bundle"), bundle.zipped(tmp_path / "bundle.zip")):
        answer = python(alone, "-m", "tocsin.proof", str(place), "--anchor", bundle.anchor)
        assert (answer.returncode, answer.stderr) == (0, "")
        assert answer.stdout.endswith("RESULT: nothing was found altered\n")


def test_an_altered_bundle_is_found_altered_there(alone: Path, tmp_path: Path) -> None:
    bundle = story().bundle.changed("receipts/003.jws", lambda content: flipped(content, 300))
    answer = python(alone, "-m", "tocsin.proof", str(bundle.write(tmp_path)), "--anchor", bundle.anchor)
    assert answer.returncode == 1
    assert "ALTERED: receipts/003.jws" in answer.stdout


def test_a_bundle_that_is_none_leaves_with_2_there(alone: Path, tmp_path: Path) -> None:
    answer = python(alone, "-m", "tocsin.proof", str(tmp_path), "--anchor", "0" * 64)
    assert answer.returncode == 2
    assert answer.stderr == "cannot be checked: there is no bundle.json: this is no proof bundle\n"


def test_it_opens_no_connection_and_writes_nothing(alone: Path, tmp_path: Path) -> None:
    place = story().bundle.write(tmp_path)
    before = sorted((str(found), found.stat().st_mtime_ns) for found in tmp_path.rglob("*"))
    watch = (
        "import sys\n"
        "def hook(event, arguments):\n"
        "    if event.startswith('socket.') or event in ('subprocess.Popen', 'os.system', 'os.exec'):\n"
        "        raise SystemExit('not allowed: ' + event)\n"
        "    if event == 'open' and arguments[1] and set(str(arguments[1])) & set('wax+'):\n"
        "        raise SystemExit('not allowed: writing ' + str(arguments[0]))\n"
        "sys.addaudithook(hook)\n"
        "from tocsin.proof.__main__ import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    answer = python(alone, "-c", watch, str(place), "--anchor", story().bundle.anchor)
    assert answer.returncode == 0, answer.stderr
    assert sorted((str(found), found.stat().st_mtime_ns) for found in tmp_path.rglob("*")) == before
