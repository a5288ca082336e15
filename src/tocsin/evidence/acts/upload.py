"""Files that somebody puts here over HTTP, to be packed: streamed to disk, whole or not there."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from tocsin.base.actor import Actor
from tocsin.base.ids import new_uuid
from tocsin.evidence import folders
from tocsin.evidence.acts.pack import storing
from tocsin.evidence.errors import ManifestError, UnknownUploadError, UploadFaultyError
from tocsin.evidence.rules.manifest import check_name
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.requests import reads as requests

_BLOCK = 256 * 1024

Read = Callable[[int], bytes]
"""Gives at most so many bytes; none at the end, or when the other side went away."""


def take_upload(request: str, *, name: str, size: int, read: Read, by: Actor) -> int:
    """Keep a file of ``size`` bytes for a request under a plain name; the same name again takes its place.

    Raises ``UnknownRequestError``, ``UploadFaultyError`` when fewer or more bytes come, and ``StorageError``.
    """
    rights.check(by, Right.ANSWER)
    requests.check_may_change(by, request)
    folder = _folder(request)
    _check_plain(name)
    partial = folder / f".{new_uuid()}.partial"
    try:
        with storing(name), folders.new_file(partial) as writing:
            came = _copied(read, writing.write, size)
        if came != size:
            raise UploadFaultyError(name=name, rule=f"{size} bytes were announced and {came} came")
        partial.replace(folder / name)
    finally:
        partial.unlink(missing_ok=True)
    return came


def uploads_for(viewer: Actor, request: str) -> list[str]:
    """The names of what waits to be packed for a request."""
    folder = _folder(str(requests.line_for(viewer, request).id))
    return sorted(each.name for each in folder.iterdir() if not each.name.startswith("."))


def uploaded(request: str, names: Sequence[str]) -> list[Path]:
    """Where files lie that were put here for a request; raises ``UnknownUploadError``."""
    found = []
    for name in names:
        _check_plain(name)
        path = _folder(request) / name
        if not path.is_file():
            raise UnknownUploadError(name=name)
        found.append(path)
    return found


def forget_uploads(request: str) -> None:
    """Take away what was put here for a request: it is in a package now."""
    shutil.rmtree(_folder(request), ignore_errors=True)


def _copied(read: Read, write: Callable[[bytes], object], size: int) -> int:
    came = 0
    while came <= size and (block := read(min(_BLOCK, size - came) or 1)):
        write(block)
        came += len(block)
    return came


def _folder(request: str) -> Path:
    return folders.private_folder(folders.evidence_folder() / "uploads" / request)


def _check_plain(name: str) -> None:
    check_name(name, field="name")
    if "/" in name or name.startswith("."):
        raise ManifestError(field="name", rule="a plain name without a folder, and no dot before it")
