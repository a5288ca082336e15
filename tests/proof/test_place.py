"""``python -m tocsin.proof.place``: a stranger checks that an entry stands in a journal."""

from io import StringIO
from pathlib import Path

import pytest

from tests.conftest import AsNode
from tests.journal.examples import NIGHT, grown_to
from tocsin.journal import acts, reads
from tocsin.proof.commitment import leaf_of
from tocsin.proof.place import ALTERED, GOOD, UNREADABLE, main

pytestmark = pytest.mark.django_db


@pytest.fixture
def written(as_node: AsNode, tmp_path: Path) -> tuple[Path, str, str]:
    """The proof of entry 7 as a file, its leaf, and the key of its journal."""
    as_node("ro")
    grown_to(30)
    signed = acts.checkpoint(at=NIGHT)
    opening = reads.opening_of(7)
    path = tmp_path / "entry-7.tlog-proof"
    path.write_text(reads.tlog_proof(7))
    return path, leaf_of(opening.salt, opening.event).hex(), signed.verifier


def check(path: Path, leaf: str, key: str, *more: str) -> tuple[int, str]:
    out = StringIO()
    return main([str(path), "--leaf", leaf, "--log", key, *more], out=out), out.getvalue()


def test_an_entry_that_stands_there_is_found_and_what_is_not_proved_is_said(written: tuple[Path, str, str]) -> None:
    code, told = check(*written)
    assert code == GOOD
    assert "leaf 7 of the journal" in told
    assert "no witness" in told
    assert "not proved: what the entry says" in told


def test_another_entry_is_not(written: tuple[Path, str, str]) -> None:
    path, leaf, key = written
    code, told = check(path, leaf[:-1] + ("0" if leaf[-1] != "0" else "1"), key)
    assert code == ALTERED
    assert "RESULT: ALTERED" in told


def test_what_cannot_be_read_is_not_called_altered(written: tuple[Path, str, str], tmp_path: Path) -> None:
    path, leaf, key = written
    assert check(tmp_path / "nothing", leaf, key)[0] == UNREADABLE
    assert check(path, "not hex", key)[0] == UNREADABLE
    assert check(path, leaf, "no key")[0] == UNREADABLE
