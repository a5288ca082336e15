"""Writing the journal as static files that any client of the C2SP tlog formats reads.

    DIR/vkey                      the key that verifies the checkpoint
    DIR/witness.vkeys             the keys of the witnesses that cosigned it, one a line
    DIR/checkpoint                the latest checkpoint, with the witnesses' cosignatures
    DIR/tile/<L>/<N>[.p/<W>]      the hashes
    DIR/tile/entries/<N>[.p/<W>]  the commitments
    DIR/origin/<sha256>/…         the same for each older log of this node, by the hash of its origin

The two files of keys are there for convenience: believe the keys on the members' cards.

Nothing in it says anything about anybody, so an export is no act that the journal records.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from pathlib import Path

from tocsin.journal.errors import InconsistentTreeError, NoCheckpointError
from tocsin.journal.reads.tree import SignedCheckpoint, Tree, bundle, latest_checkpoint, logs
from tocsin.proof.tiles import ENTRIES, Tile, entry_bundles_of, tiles_of


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written."""

    origin: str
    size: int
    vkey: str
    files: int
    """How many files are new; those of an earlier export of the same log are left as they are."""


def export(folder: Path, *, progress: Callable[[int], None] = lambda _: None) -> list[Exported]:
    """Write each log up to its latest checkpoint, the current one first.

    Files of an earlier export are kept: none of them ever changes but the checkpoint, which is put in
    its place last. ``progress`` is told how many more entries are there. Raises ``NoCheckpointError``
    when nothing was ever signed, ``InconsistentTreeError`` when a tile is missing.
    """
    current, *older = [latest_checkpoint(origin=log.origin) for log in reversed(logs())] or [None]
    if current is None:
        raise NoCheckpointError(size=0)
    exported = [_export(folder, current, progress)]
    for signed in older:
        if signed is not None:
            name = sha256(signed.log.origin.encode()).hexdigest()
            exported.append(_export(folder / "origin" / name, signed, progress))
    return exported


def _export(folder: Path, signed: SignedCheckpoint, progress: Callable[[int], None]) -> Exported:
    files = 0
    for name in chain(tiles_of(signed.size), entry_bundles_of(signed.size)):
        path = folder / name.path()
        if not path.exists():
            _write(path, _content(signed, name))
            files += 1
        if name.level == ENTRIES:
            progress(name.width)
    _write(folder / "vkey", f"{signed.verifier}\n".encode())
    _write(folder / "witness.vkeys", "".join(f"{vkey}\n" for vkey in signed.witnesses).encode())
    _write(folder / "checkpoint", signed.note)
    return Exported(signed.log.origin, signed.size, signed.verifier, files)


def _content(signed: SignedCheckpoint, name: Tile) -> bytes:
    if name.level == ENTRIES:
        return bundle(signed.log, name)
    content = Tree(signed.log, signed.size).tile(name)
    if content is None:
        raise InconsistentTreeError(size=signed.size, old=signed.size, rule=f"{name.path()} is missing")
    return content


def _write(path: Path, content: bytes) -> None:
    """Put the file in its place whole, so that a reader never meets half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    draft.write_bytes(content)
    draft.replace(path)
