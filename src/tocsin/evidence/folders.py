"""Where the files of packages lie, and how a folder of them comes to be whole or not at all.

    <home>/evidence/packages/<package>/<member>/0001.age   files encrypted to that member: to this node what it
                                                           holds, to another what goes to him
    <home>/evidence/packages/<package>/<member>.<seq>/     manifest and custody as they went to him with the
                                                           hand-over that is event <seq> of the chain
    <home>/evidence/making/<package>.<member>/             the same while it is being made
    <home>/evidence/making/<package>.<member>.lock         held by whoever makes it, for as long as he lives
    <home>/evidence/uploads/<request>/<name>               what somebody put here to be packed
    <home>/evidence/opened/<package>/                      a package opened for somebody who works over HTTP

A folder is made under ``making``, put on disk, and moved to its place inside the transaction that keeps its rows. A
process that dies leaves a folder whose lock nobody holds, and perhaps one in its place that has no rows: ``sweep``
takes both away before anything new is made.
"""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from tocsin.base.this_node import this_node

_PRIVATE = 0o700


def evidence_folder() -> Path:
    """Where this node keeps evidence."""
    return this_node().home / "evidence"


def package_folder(package: str, member: str) -> Path:
    """Where the files of a package lie that are encrypted to ``member``."""
    return evidence_folder() / "packages" / package / member


def sealed_path(package: str, member: str, number: int) -> Path:
    """A file of a package, encrypted to ``member``."""
    return package_folder(package, member) / file_name(number)


def file_name(number: int) -> str:
    """The name of the n-th file of a package on our disk: what others call it is in the manifest."""
    return f"{number:04d}.age"


def private_folder(path: Path) -> Path:
    """The folder, there and closed to others."""
    path.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
    return path


@dataclass(slots=True)
class Making:
    """A folder that is being made."""

    folder: Path
    place: Path
    kept: bool = False

    def keep(self) -> None:
        """Put the files on disk and move the folder to its place: the last thing before the commit."""
        for file in sorted(self.folder.iterdir()):
            sync(file)
        sync(self.folder)
        private_folder(self.place.parent)
        self.folder.rename(self.place)
        self.kept = True
        sync(self.place.parent)


@contextmanager
def making(package: str, member: str) -> Iterator[Making]:
    """A new folder for files of a package; after a fault nothing of it is left, kept or not."""
    name = f"{package}.{member}"
    place = package_folder(package, member)
    root = private_folder(evidence_folder() / "making")
    with _lock(root / f"{name}.lock"):
        folder = root / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=_PRIVATE)
        made = Making(folder, place)
        try:
            yield made
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            if made.kept:
                shutil.rmtree(place, ignore_errors=True)
            raise
        shutil.rmtree(folder, ignore_errors=True)


def sweep(is_known: Callable[[str, str], bool]) -> list[Path]:
    """Take away what processes left that died while they made something; gives what was taken away.

    ``is_known(package, member)`` says whether there are rows for a folder in its place.
    """
    root, gone = evidence_folder() / "making", list[Path]()
    for lock in sorted(root.glob("*.lock")) if root.is_dir() else ():
        package, _, member = lock.stem.partition(".")
        with suppress(BlockingIOError), _lock(lock, wait=False):
            place = package_folder(package, member)
            doomed = [lock.with_suffix("")] + ([] if is_known(package, member) else [place])
            for folder in doomed:
                if folder.exists():
                    shutil.rmtree(folder)
                    gone.append(folder)
            with suppress(OSError):
                place.parent.rmdir()  # when nothing else is in it
    return gone


@contextmanager
def _lock(path: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold a lock that the system lets go when this process ends; raises ``BlockingIOError`` unless ``wait``."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            if _is_same(handle, path):
                break
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)  # somebody removed the file while we waited for it
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(handle)


def _is_same(handle: int, path: Path) -> bool:
    with suppress(FileNotFoundError):
        return os.fstat(handle).st_ino == path.stat().st_ino
    return False


def link_or_copy(source: Path, target: Path) -> None:
    """The same file under another name; a copy where the disk has no links or is another one."""
    try:
        os.link(source, target)
    except OSError:
        with source.open("rb") as reading, new_file(target) as writing:
            shutil.copyfileobj(reading, writing, 1024 * 1024)


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """A new file, closed to others."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        yield stream


def sync(path: Path) -> None:
    """Have the disk keep a file or folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
