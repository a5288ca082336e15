"""Where files lie on their way in, below the node's home. They are encrypted; none is ever opened here.

    attachments/partial/<sender>-<addressee>-<attachment>   what has come so far; its size is the offset
    attachments/whole/<2 hex>/<SHA-256>                     what is whole, by the hash of its bytes

A file becomes whole by being renamed, after its bytes are on the disk and their hash was checked.
"""

import os
from pathlib import Path

from tocsin.base.ids import MemberId
from tocsin.base.this_node import this_node


def partial_path(sender: MemberId, addressee: MemberId, attachment: str) -> Path:
    """Where a file is put together. All three names were checked: none leads elsewhere."""
    return _made(this_node().home / "attachments" / "partial") / f"{sender}-{addressee}-{attachment}"


def whole_path(sha256: str) -> Path:
    """Where a file lies that is whole."""
    return _made(this_node().home / "attachments" / "whole" / sha256[:2]) / sha256


def size_of(path: Path) -> int:
    """How many bytes of a file are here; 0 when there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def move_durably(source: Path, target: Path) -> None:
    """Rename, and see to it that a crash of the machine does not undo it."""
    source.replace(target)
    for folder in {source.parent, target.parent}:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _made(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
