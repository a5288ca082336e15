"""The archive for machines without a network: made of a part of the lock file, installed where nothing is reached."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from offline import __main__ as make
from offline import install

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("offline-archive"),
    pytest.mark.skipif(not (make.ROOT / ".git").exists(), reason="not a git tree"),
]

PART = ("cffi", "cryptography", "pycparser")
"""What the verifier needs: enough to run something of ours that was installed from the archive."""


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("archive")
    lock = folder / "requirements.txt"
    lock.write_text("".join(block for block in locked_blocks() if block.partition("==")[0] in PART))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(make, "LOCK", lock)
        archive = make.build(folder / "dist")
    assert [path.name for path in (folder / "dist").iterdir()] == [archive.name]
    with tarfile.open(archive) as opened:
        opened.extractall(folder, filter="data")
    return folder / archive.name.removesuffix(".tar.gz")


def locked_blocks() -> list[str]:
    return re.findall(r"^[a-z0-9-]+==(?:.*\\\n)+.*\n", make.LOCK.read_text(), re.MULTILINE)


def test_what_is_installed_without_a_network_runs(unpacked: Path, tmp_path: Path) -> None:
    done = without_network([sys.executable, unpacked / "install.py", tmp_path / "there"])
    assert done.returncode == 0, done.stderr
    shown = without_network([tmp_path / "there" / "bin" / "python", "-m", "tocsin.proof", "--help"])
    assert shown.returncode == 0, shown.stderr
    assert "Check a proof bundle offline." in shown.stdout


def test_the_sums_are_those_that_sha256sum_reads(unpacked: Path) -> None:
    done = subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=unpacked, check=False)
    assert done.returncode == 0
    summed = {line.split("  ", 1)[1] for line in (unpacked / "SHA256SUMS").read_text().splitlines()}
    there = {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*") if path.is_file()}
    assert there - summed == {"SHA256SUMS"}
    assert {"GUIDE.md", "LICENSE", "source.tar", "docs/README.md", "install.py", "wheels.txt"} <= summed


def test_a_file_that_was_altered_or_lost_is_named_and_nothing_is_installed(unpacked: Path, tmp_path: Path) -> None:
    copied = tmp_path / unpacked.name
    shutil.copytree(unpacked, copied)
    wheel = next((copied / "wheels").glob("cryptography-*"))
    wheel.write_bytes(wheel.read_bytes()[:-1] + b"x")
    (copied / "LICENSE").write_text("ours")
    assert "LICENSE is not the file that was packed" in refused(copied, tmp_path)
    shutil.copyfile(unpacked / "LICENSE", copied / "LICENSE")
    assert f"{wheel.name} is not the file that was packed" in refused(copied, tmp_path)
    wheel.unlink()
    assert f"{wheel.name} is missing" in refused(copied, tmp_path)


def test_another_python_is_told_which_one_the_archive_is_for(unpacked: Path, tmp_path: Path) -> None:
    copied = tmp_path / unpacked.name
    shutil.copytree(unpacked, copied)
    (copied / "MADE-FOR").write_text("cp399-plan9_mips\n")
    assert f"this archive is for cp399-plan9_mips, and this is {install.tag()}" in refused(copied, tmp_path)


def refused(folder: Path, tmp_path: Path) -> str:
    target = tmp_path / "not-there"
    done = subprocess.run(
        [sys.executable, folder / "install.py", target], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 1
    assert not target.exists()
    return done.stderr


def without_network(command: list[str | Path]) -> subprocess.CompletedProcess[str]:
    """Run it where it reaches nothing: in an empty network of its own, or, where none may be made, past every index."""
    alone = ["unshare", "--map-root-user", "--net"]
    may = shutil.which("unshare") and subprocess.run([*alone, "true"], check=False, capture_output=True).returncode == 0
    environment = {**os.environ, "PIP_INDEX_URL": "https://index.invalid/", "PIP_EXTRA_INDEX_URL": ""}
    return subprocess.run(
        [*(alone if may else []), *command], env=environment, capture_output=True, text=True, check=False, timeout=300
    )
