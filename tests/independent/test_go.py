"""What we write is checked by Go's own note and tlog packages, and what Go signs by us."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.independent.tools import build_go
from tocsin.proof.checkpoint import Checkpoint, sign_checkpoint
from tocsin.proof.commitment import commitment
from tocsin.proof.lines import base64_of
from tocsin.proof.merkle import Frontier, leaf_hash, prove_consistency, prove_inclusion, tree_root
from tocsin.proof.note import SIGNER, WITNESS, VerifierKey, cosign_text, open_note, parse_note
from tocsin.proof.tiles import entry_bundles_of, pack_entries, tile_content, tiles_of

pytestmark = pytest.mark.tools

ORIGIN = "ro.example/journal"
LOG, FIRST, SECOND = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2, 3))
SIZES = [1, 2, 3, 255, 256, 257, 1000, 70_000]


@pytest.fixture(scope="module")
def go_programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Go programs, built once, from Debian's sources and with no network."""
    return build_go(tmp_path_factory.mktemp("go"))


class Log:
    """A journal in memory, written out as a node writes its own."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.entries = [
            commitment(n.to_bytes(32, "big"), {"v": 1, "kind": "letter-stored", "n": n}) for n in range(size)
        ]
        self.hashes: dict[tuple[int, int], bytes] = {}
        frontier = Frontier()
        for start in range(0, size, 97):  # a batch size that fits no tile
            frontier, runs = frontier.append([leaf_hash(entry) for entry in self.entries[start : start + 97]])
            for run in runs:
                self.hashes |= {(run.level, run.first + i): digest for i, digest in enumerate(run.hashes)}
        self.root = frontier.root()

    def read(self, level: int, n: int) -> bytes:
        return self.hashes[level, n]

    def write(self, directory: Path) -> None:
        for tile in tiles_of(self.size):
            put(directory / tile.path(), tile_content(tile, self.read))
        for tile in entry_bundles_of(self.size):
            put(directory / tile.path(), pack_entries(self.entries[tile.index * 256 :][: tile.width]))
        put(directory / "checkpoint", self.checkpoint())
        put(directory / "log.vkey", key(LOG, ORIGIN, SIGNER).text().encode())
        put(directory / "witness.vkeys", "\n".join(key(*witness, WITNESS).text() for witness in WITNESSES).encode())
        put(directory / "proofs.json", json.dumps(self.proofs()).encode())

    def checkpoint(self) -> bytes:
        tree = Checkpoint(ORIGIN, self.size, self.root)
        lines = [cosign_text(tree.text(), name=name, key=private, seconds=1_790_000_000) for private, name in WITNESSES]
        return parse_note(sign_checkpoint(tree, key=LOG)).with_signatures(lines).written()

    def proofs(self) -> dict[str, Any]:
        indexes = range(self.size) if self.size <= 300 else range(0, self.size, self.size // 50)
        olds = range(1, self.size + 1) if self.size <= 300 else range(1, self.size, self.size // 50)
        return {
            "Inclusion": [
                {
                    "Index": index,
                    "Size": size,
                    "Root": self.root_at(size),
                    "Hashes": texts(prove_inclusion(index, size, self.read)),
                }
                for index in indexes
                for size in {self.size, min(self.size, index + 1)}
            ],
            "Consistency": [
                {
                    "Old": old,
                    "Size": self.size,
                    "OldRoot": self.root_at(old),
                    "Root": self.root_at(self.size),
                    "Hashes": texts(prove_consistency(old, self.size, self.read)),
                }
                for old in olds
            ],
        }

    def root_at(self, size: int) -> str:
        return base64_of(tree_root(size, self.read))


WITNESSES = [(FIRST, "pt.example/witness"), (SECOND, "hub.example/witness")]


def key(private: Ed25519PrivateKey, name: str, kind: int) -> VerifierKey:
    return VerifierKey(name, kind, private.public_key().public_bytes_raw())


def texts(hashes: list[bytes]) -> list[str]:
    return [base64_of(digest) for digest in hashes]


def put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def checked(go_programs: Path, directory: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([go_programs / "checklog", directory], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("size", SIZES)
def test_go_accepts_our_log_its_checkpoint_and_every_proof(go_programs: Path, tmp_path: Path, size: int) -> None:
    log = Log(size)
    log.write(tmp_path)
    answer = checked(go_programs, tmp_path)
    counted = sum(len(proofs) for proofs in log.proofs().values())
    assert (answer.stdout, answer.returncode) == (f"{size} entries, 3 signatures, {counted} proofs\n", 0), answer.stderr


def flip(name: str, at: int = 40) -> Callable[[Path], None]:
    def change(directory: Path) -> None:
        content = bytearray((directory / name).read_bytes())
        content[at] ^= 1
        (directory / name).write_bytes(bytes(content))

    return change


def cut_a_hash(directory: Path) -> None:
    proofs = json.loads((directory / "proofs.json").read_text())
    proofs["Inclusion"][5]["Hashes"].pop()
    (directory / "proofs.json").write_text(json.dumps(proofs))


CHANGES = {
    "a hash tile": (flip("tile/0/000"), "tile/0/000: not the tile that Go makes"),
    "the tile above": (flip("tile/1/000.p/1", 5), "tile/1/000.p/1: not the tile that Go makes"),
    "an entry": (flip("tile/entries/000"), "entries: they do not lead to the signed root"),
    "the checkpoint": (flip("checkpoint", 25), "checkpoint: invalid signature for key ro.example/journal"),
    "a proof": (cut_a_hash, "inclusion proof of"),
}


@pytest.mark.parametrize(("change", "accused"), CHANGES.values(), ids=CHANGES.keys())
def test_go_refuses_our_log_with_a_byte_changed(
    go_programs: Path, tmp_path: Path, change: Callable[[Path], None], accused: str
) -> None:
    Log(300).write(tmp_path)
    change(tmp_path)
    answer = checked(go_programs, tmp_path)
    assert answer.returncode == 1
    assert answer.stdout.startswith(accused), answer.stdout


def test_a_note_that_go_signed_opens_here(go_programs: Path) -> None:
    text = "ein Text\n\nmit Umlauten: äöü\n"
    answer = subprocess.run(
        [go_programs / "signnote", "go.example/signer"], input=text, capture_output=True, text=True, check=True
    )
    vkey, _, signed = answer.stdout.partition("\n")
    note = open_note(signed.encode(), [VerifierKey.parse(vkey)])
    assert (note.text, note.by[0].key.name) == (text, "go.example/signer")
