"""Builds the archive in ``dist/``: ``python -m offline``.

It holds the wheels of ``requirements.txt`` for the Python and the machine that build it, the wheel of the project, the
source as it was committed, the documents, an installer, a guide and the checksums of all that. The wheels are taken
by the hashes of the lock file, and the archive's own lock names the same hashes: what is installed without a network
is what the tests ran with.
"""

import gzip
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from offline import install

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.txt"
GUIDE = ROOT / "docs" / "howto" / "first-hour.md"


def main() -> int:
    """Make it, and say where it lies; 1 when something that it needs is missing."""
    try:
        made = build(ROOT / "dist")
    except subprocess.CalledProcessError as error:
        step = " ".join(str(each) for each in error.cmd[1:4])
        sys.stderr.write(f"The archive could not be made: `python {step} …` failed (exit {error.returncode}).\n")
        return 1
    if changes_not_committed():
        sys.stderr.write(
            "Note: the wheel has changes that are not committed; the source in the archive has them not.\n"
        )
    size = made.stat().st_size / 1_000_000
    sys.stdout.write(f"{made.relative_to(ROOT)}  {size:.0f} MB  sha256 {sha256(made)}\n")
    return 0


def build(folder: Path) -> Path:
    """The archive in ``folder``, whole or not there. Raises ``CalledProcessError`` when a step of it fails."""
    name = f"tocsin-{version('tocsin')}-offline-{install.tag()}"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as made_in:
        tree = Path(made_in) / name
        tree.mkdir()
        gather_wheels(tree / "wheels")
        (tree / "wheels.txt").write_text("".join(locked(tree / "wheels")), encoding="utf-8")
        gather_text(tree)
        (tree / "SHA256SUMS").write_text("".join(sums(tree)), encoding="utf-8")
        unfinished = Path(made_in) / "archive"
        pack(tree, unfinished, at=committed_at())
        return unfinished.replace(folder / f"{name}.tar.gz")


def gather_wheels(folder: Path) -> None:
    """The wheels of the lock file, by its hashes, and the project's own."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    take = ["download", "--require-hashes", "--only-binary", ":all:", "-r", str(LOCK), "-d", str(folder)]
    subprocess.run([*pip, *take], check=True)
    built = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(built, check=True, stdout=subprocess.DEVNULL)


def gather_text(tree: Path) -> None:
    """Guide, installer, licence, documents, and the source as committed."""
    (tree / "MADE-FOR").write_text(f"{install.tag()}\n", encoding="utf-8")
    shutil.copyfile(GUIDE, tree / "GUIDE.md")
    shutil.copyfile(Path(install.__file__), tree / "install.py")
    shutil.copyfile(ROOT / "LICENSE", tree / "LICENSE")
    shutil.copytree(ROOT / "docs", tree / "docs")
    source = [
        "git",
        "-C",
        str(ROOT),
        "archive",
        "--format=tar",
        "--prefix=tocsin/",
        "-o",
        str(tree / "source.tar"),
        "HEAD",
    ]
    subprocess.run(source, check=True)


def locked(folder: Path) -> Iterator[str]:
    """A line for each wheel as pip's lock files have it: name, version, hash of the very file that lies there."""
    for wheel in sorted(folder.glob("*.whl")):
        name, version = wheel.name.split("-")[:2]
        yield f"{name}=={version} --hash=sha256:{sha256(wheel)}\n"


def sums(tree: Path) -> Iterator[str]:
    """A line for each file, as ``sha256sum --check`` reads it."""
    for path in sorted(each for each in tree.rglob("*") if each.is_file()):
        yield f"{sha256(path)}  {path.relative_to(tree).as_posix()}\n"


def pack(tree: Path, target: Path, *, at: int) -> None:
    """The tree as a compressed archive without names of persons, in a fixed order, all files as old as the commit."""
    with (
        target.open("wb") as raw,
        gzip.GzipFile(
            filename="", mode="wb", fileobj=raw, mtime=at, compresslevel=1
        ) as smaller,  # wheels are small already
        tarfile.open(fileobj=smaller, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for path in sorted(each for each in tree.rglob("*") if each.is_file()):
            member = tarfile.TarInfo(f"{tree.name}/{path.relative_to(tree).as_posix()}")
            member.size, member.mtime, member.mode = path.stat().st_size, at, 0o644
            with path.open("rb") as file:
                archive.addfile(member, file)


def changes_not_committed() -> bool:
    """Whether a file that the wheel is made of differs from the last commit."""
    asked = ["git", "-C", str(ROOT), "status", "--porcelain", "--", "src", "pyproject.toml"]
    return subprocess.run(asked, check=True, capture_output=True).stdout != b""


def committed_at() -> int:
    """When the commit that is packed was made, in seconds since 1970."""
    shown = subprocess.run(["git", "-C", str(ROOT), "log", "-1", "--format=%ct"], check=True, capture_output=True)
    return int(shown.stdout)


def sha256(path: Path) -> str:
    """The file's digest, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    raise SystemExit(main())
