"""Files that are there whole or not at all."""

import contextlib
import os
import secrets
from pathlib import Path

PRIVATE = 0o600
"""The mode of every file that holds a secret."""


def write_whole(path: Path, content: bytes, *, mode: int = PRIVATE) -> None:
    """Put ``content`` at ``path`` so that a reader, or a crash, sees the old file or the new one.

    The bytes are on the disk before the name points at them.
    """
    draft = _write_draft(path, content, mode)
    try:
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def write_new(path: Path, content: bytes, *, mode: int = PRIVATE) -> None:
    """Put ``content`` at ``path`` whole; raises ``FileExistsError`` if something is there already."""
    draft = _write_draft(path, content, mode)
    try:
        os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    _sync_folder(path.parent)


def put_in_place(path: Path, target: Path) -> None:
    """Move a file, which is whole already, to where another is: there is the old one, or this one."""
    path.replace(target)
    _sync_folder(target.parent)
    _sync_folder(path.parent)


def secret_in(path: Path) -> str:
    """The secret that lies in ``path``; made from 32 random bytes and kept there if there is none."""
    if not path.exists():
        with contextlib.suppress(FileExistsError):  # another process was quicker: its secret is as good
            write_new(path, secrets.token_urlsafe(32).encode())
    return path.read_text(encoding="utf-8").strip()


def _write_draft(path: Path, content: bytes, mode: int) -> Path:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}.draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return draft


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
