"""The journal as static files: over HTTP and in a folder, and what Go says of them."""

import json
import subprocess
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.conftest import AsNode
from tests.independent.tools import build_go
from tests.journal.examples import NIGHT, OFFICER, OtherLog, as_administrator, grown_to, record_looks
from tocsin.base.this_node import ThisNode, become
from tocsin.journal import acts, reads
from tocsin.journal.errors import InconsistentTreeError, NoCheckpointError
from tocsin.journal.rules.place import Seen
from tocsin.proof.checkpoint import open_checkpoint
from tocsin.proof.lines import base64_of
from tocsin.proof.note import WITNESS, VerifierKey, cosign_text, parse_note
from tocsin.proof.tiles import entry_bundles_of, tiles_of, unpack_entries

pytestmark = pytest.mark.django_db

FOR_EVER = "public, max-age=31536000, immutable"
PT = OtherLog()
PT_WITNESS = VerifierKey("pt.example/journal/witness", WITNESS, PT.key.public_key().public_bytes_raw())


@pytest.fixture(autouse=True)
def node(as_node: AsNode) -> ThisNode:
    return as_node("ro")


def cosigned(signed: reads.SignedCheckpoint) -> None:
    text = parse_note(signed.note).text
    line = cosign_text(text, name=PT_WITNESS.name, key=PT.key, seconds=1_790_000_000).line()
    acts.keep_cosignature(signed, line.encode(), witness=PT_WITNESS, at=NIGHT)


# --- Over HTTP ----------------------------------------------------------------------------------


def get(client: Client, path: str) -> tuple[int, str | None, str | None]:
    response = client.get(path)
    return response.status_code, response.headers.get("Content-Type"), response.headers.get("Cache-Control")


def test_a_checkpoint_is_kept_for_a_moment_and_a_tile_for_ever(client: Client) -> None:
    grown_to(600)
    assert get(client, "/journal/checkpoint") == (200, "text/plain; charset=utf-8", "public, max-age=2")
    assert get(client, "/journal/tile/0/001") == (200, "application/octet-stream", FOR_EVER)
    assert get(client, "/journal/tile/0/002.p/88") == (200, "application/octet-stream", FOR_EVER)
    assert get(client, "/journal/tile/entries/002.p/88") == (200, "application/octet-stream", FOR_EVER)
    key = VerifierKey.parse(client.get("/journal/vkey").content.decode().strip())
    assert open_checkpoint(client.get("/journal/checkpoint").content, logs=[key]).checkpoint.size == 600


def test_the_files_of_a_log_are_what_its_tree_is_made_of(client: Client) -> None:
    (signed,) = grown_to(600)
    for name in tiles_of(600):
        assert client.get(f"/journal/{name.path()}").content == reads.Tree(signed.log, 600).tile(name)
    entries: list[bytes] = []
    for name in entry_bundles_of(600):
        entries += unpack_entries(client.get(f"/journal/{name.path()}").content, width=name.width)
    assert len(entries) == 600


def test_a_partial_tile_stays_there_when_the_log_has_grown(client: Client) -> None:
    grown_to(70)
    before = client.get("/journal/tile/0/000.p/70").content
    grown_to(530)
    assert client.get("/journal/tile/0/000.p/70").content == before
    assert client.get("/journal/tile/0/000").content[: len(before)] == before
    assert client.get("/journal/tile/1/000.p/1").status_code == 200


NOT_THERE = [
    "0/003",  # beyond the log
    "0/002",  # not full yet
    "0/002.p/89",  # wider than what is signed
    "0/002.p/0",
    "0/002.p/256",
    "0/1",
    "0/0000",
    "0/x000/001",
    "00/000",
    "-1/000",
    "2/000.p/1",
    "64/000",
    "9999999999999999999/000",
    "0/x999/x999/x999/x999/x999/x999/999",
    "entries/003",
    "entries/002.p/89",
    "../checkpoint",
    "0/000/",
    "0/\u0660\u0660\u0660",  # digits, but not those of the format
]


@pytest.mark.parametrize("path", NOT_THERE)
def test_a_path_that_names_nothing_is_not_found_and_not_kept(client: Client, path: str) -> None:
    grown_to(600)
    status, _, kept = get(client, f"/journal/tile/{path}")
    assert (status, kept) == (404, "no-store")


def test_what_no_checkpoint_covers_yet_is_not_shown(client: Client) -> None:
    assert client.get("/journal/checkpoint").status_code == 404
    record_looks(300)
    assert client.get("/journal/tile/0/000").status_code == 404
    acts.checkpoint(at=NIGHT)
    record_looks(10)
    assert client.get("/journal/tile/0/001.p/44").status_code == 200
    assert client.get("/journal/tile/0/001.p/45").status_code == 404


def test_files_are_read_and_nothing_else(client: Client) -> None:
    grown_to(5)
    assert client.head("/journal/checkpoint").status_code == 200
    for path in ("/journal/checkpoint", "/journal/tile/0/000.p/5"):
        assert client.post(path).status_code == 405
        assert client.delete(path).status_code == 405


def test_a_new_checkpoint_is_shown_with_the_cosignatures_that_are_here(client: Client) -> None:
    (signed,) = grown_to(5)
    cosigned(signed)
    opened = open_checkpoint(client.get("/journal/checkpoint").content, logs=[reads.verifier()], witnesses=[PT_WITNESS])
    assert [one.key for one in opened.cosigned] == [PT_WITNESS]


def test_each_log_of_a_node_is_found_by_the_hash_of_its_origin(client: Client, node: ThisNode) -> None:
    (old,) = grown_to(300)
    acts.compare_with_witnesses([Seen("ro.example/journal", 999, bytes(32), "pt")], at=NIGHT)
    acts.begin_new_origin("ro.example/journal-2", fetched_back=0, by=OFFICER, at=NIGHT)
    become(ThisNode(node.member, node.home, node.keys, "ro.example/journal-2"))
    new = acts.checkpoint(at=NIGHT)
    assert client.get("/journal/checkpoint").content == new.note
    for origin, signed in (("ro.example/journal", old), ("ro.example/journal-2", new)):
        place = f"/journal/origin/{sha256(origin.encode()).hexdigest()}"
        assert client.get(f"{place}/checkpoint").content == signed.note
        assert client.get(f"{place}/vkey").content == f"{signed.verifier}\n".encode()
    old_place = f"/journal/origin/{sha256(b'ro.example/journal').hexdigest()}"
    assert client.get(f"{old_place}/tile/0/000").status_code == 200
    assert client.get("/journal/tile/0/000").status_code == 404
    assert client.get(f"/journal/origin/{'0' * 64}/checkpoint").status_code == 404


# --- In a folder --------------------------------------------------------------------------------


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_an_exported_journal_is_what_is_served(client: Client, tmp_path: Path) -> None:
    grown_to(70, 600)
    (exported,) = acts.export(tmp_path)
    assert (exported.origin, exported.size, exported.files) == ("ro.example/journal", 600, 7)
    found = files(tmp_path)
    assert len(found) == 7 + 3
    for name, content in found.items():
        if name != "witness.vkeys":
            assert client.get(f"/journal/{name}").content == content, name


def test_an_export_into_the_same_folder_adds_what_is_new(tmp_path: Path) -> None:
    grown_to(300)
    acts.export(tmp_path)
    before = files(tmp_path)
    record_looks(300)
    acts.checkpoint(at=NIGHT)
    (again,) = acts.export(tmp_path)
    after = files(tmp_path)
    assert {name: after[name] for name in before if name != "checkpoint"} == {
        name: content for name, content in before.items() if name != "checkpoint"
    }
    assert again.files == len(after) - len(before)
    assert acts.export(tmp_path)[0].files == 0


def test_nothing_signed_is_nothing_to_export(tmp_path: Path) -> None:
    with pytest.raises(NoCheckpointError):
        acts.export(tmp_path)
    assert files(tmp_path) == {}


def test_a_journal_with_a_tile_gone_is_not_exported_as_if_it_were_whole(tmp_path: Path) -> None:
    grown_to(600)
    as_administrator("DELETE FROM journal_tile WHERE level = 0 AND number = 1")
    with pytest.raises(InconsistentTreeError, match="tile/0/001"):
        acts.export(tmp_path)
    assert "checkpoint" not in files(tmp_path)


def test_progress_of_an_export_is_told_in_entries(tmp_path: Path) -> None:
    grown_to(600)
    done: list[int] = []
    acts.export(tmp_path, progress=done.append)
    assert sum(done) == 600


# --- Go -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def checklog(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], subprocess.CompletedProcess[str]]:
    """Go's word on an exported journal."""
    program = build_go(tmp_path_factory.mktemp("go")) / "checklog"

    def check(folder: Path) -> subprocess.CompletedProcess[str]:
        (folder / "log.vkey").write_bytes((folder / "vkey").read_bytes())
        return subprocess.run([program, folder], capture_output=True, text=True, check=False)

    return check


def proofs(size: int) -> dict[str, Any]:
    """Proofs that this node gives, for Go to check and to compare with its own."""

    def root(at: int) -> str:
        return base64_of(reads.tree(at).root())

    def hashes(of: Any) -> list[str]:
        return [base64_of(digest) for digest in of]

    places = [(leaf, at) for at in (size, size // 2) for leaf in range(0, at, max(at // 23, 1))]
    return {
        "Inclusion": [
            {"Index": leaf, "Size": at, "Root": root(at), "Hashes": hashes(reads.proof_of(leaf, size=at).hashes)}
            for leaf, at in places
        ],
        "Consistency": [
            {
                "Old": old,
                "Size": size,
                "OldRoot": root(old),
                "Root": root(size),
                "Hashes": hashes(acts.consistency_since(old, size=size)),
            }
            for old in range(1, size, max(size // 23, 1))
        ],
    }


@pytest.mark.tools
@pytest.mark.parametrize("size", [1, 255, 256, 257, 3000])
def test_go_accepts_an_exported_journal_its_cosignature_and_its_proofs(
    checklog: Callable[[Path], subprocess.CompletedProcess[str]], tmp_path: Path, size: int
) -> None:
    cosigned(grown_to(size)[-1])
    acts.export(tmp_path)
    given = proofs(size)
    (tmp_path / "proofs.json").write_text(json.dumps(given))
    answer = checklog(tmp_path)
    counted = sum(map(len, given.values()))
    assert (answer.stdout, answer.returncode) == (f"{size} entries, 2 signatures, {counted} proofs\n", 0), answer.stderr


@pytest.mark.tools
def test_go_accepts_a_journal_with_erased_entries_and_refuses_it_with_one_altered(
    checklog: Callable[[Path], subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    grown_to(300)
    acts.erase_all(range(50), rule="retention of tests", by=OFFICER, at=NIGHT)
    acts.checkpoint(at=NIGHT)
    acts.export(tmp_path / "sound")
    (tmp_path / "sound" / "proofs.json").write_text(json.dumps({"Inclusion": [], "Consistency": []}))
    assert checklog(tmp_path / "sound").stdout == "301 entries, 1 signatures, 0 proofs\n"
    as_administrator("UPDATE journal_storedentry SET commitment = sha256('x') WHERE index = 20")
    acts.export(tmp_path / "altered")
    (tmp_path / "altered" / "proofs.json").write_text(json.dumps({"Inclusion": [], "Consistency": []}))
    answer = checklog(tmp_path / "altered")
    assert (answer.returncode, answer.stdout) == (1, "entries: they do not lead to the signed root\n")
