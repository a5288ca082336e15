"""Conversions: nothing is lost, nothing is guessed, and a re-run gives the same bytes."""

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.evidence.scene import CSV, Scene
from tocsin.evidence import folders, reads
from tocsin.evidence.acts.convert import convert, rerun_conversions
from tocsin.evidence.acts.open import open_package
from tocsin.evidence.errors import ConversionError, FileMissingError
from tocsin.evidence.rules import conversion
from tocsin.evidence.rules.conversion import Converted, RecordScanner, csv_to_table

TABLE = (
    b'{"columns":["at","address","bytes"],"type":"table","v":1}\n'
    b'["2026-11-20T03:00:00Z","192.0.2.7","512"]\n'
    b'["2026-11-20T03:05:00Z","192.0.2.8","1,024"]\n'
)


def table_of(raw: bytes, *, delimiter: str = ",") -> tuple[Converted, bytes]:
    table = io.BytesIO()
    return csv_to_table(io.BytesIO(raw), table, delimiter=delimiter, name="a.csv"), table.getvalue()


def test_a_table_has_the_texts_of_the_raw_file_and_no_others() -> None:
    assert table_of(CSV) == (Converted(2, 2), TABLE)


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        (b"", "names the columns"),
        (b"a,b\n1\n", "1 values for 2 columns"),
        (b"a,b\n1,2,3\n", "3 values for 2 columns"),
        (b"a,b\n1,\xff\n", "RFC 4180"),
        (b'a,b\n1,"2\n', "RFC 4180"),
        (b'a,b\n1,x"y\n3,z"\n', "records and the table would have"),
        (b"a,b\r1,2\r3,4\r", "records and the table would have"),
    ],
    ids=["empty", "short", "long", "not utf-8", "open quote", "stray quotes hide a row", "old line ends"],
)
def test_what_would_lose_or_guess_a_row_is_refused(raw: bytes, rule: str) -> None:
    with pytest.raises(ConversionError, match=rule):
        table_of(raw)


def test_a_program_that_drops_a_row_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = conversion._write
    monkeypatch.setattr(conversion, "_write", lambda rows, table, *, name: kept(list(rows)[:-1], table, name=name))
    with pytest.raises(ConversionError, match="has 2 records and the table would have 1"):
        table_of(CSV)


cell = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), max_size=12)


@given(st.integers(1, 4).flatmap(lambda n: st.lists(st.lists(cell, min_size=n, max_size=n), min_size=1, max_size=8)))
def test_every_row_that_a_csv_writer_writes_comes_back_from_the_table(rows: list[list[str]]) -> None:
    written = io.StringIO()
    csv.writer(written, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    counted, table = table_of(written.getvalue().encode())
    head, *lines = [json.loads(line) for line in table.decode().split("\n")[:-1]]
    assert [head["columns"], *lines] == rows
    assert counted == Converted(len(rows) - 1, len(rows) - 1)
    assert table_of(written.getvalue().encode())[1] == table


@given(st.binary(max_size=200), st.integers(1, 50))
def test_the_scanner_counts_the_same_however_the_bytes_are_cut(raw: bytes, cut: int) -> None:
    whole, pieces = RecordScanner(), RecordScanner()
    whole.see(raw)
    for start in range(0, len(raw), cut):
        pieces.see(raw[start : start + cut])
    assert whole.records() == pieces.records()


def test_the_raw_file_stays_beside_its_table_and_a_rerun_gives_the_same_bytes(scene: Scene, tmp_path: Path) -> None:
    held = scene.held_by_ro()
    made = convert(held.id, name="sessions.csv", by=scene.ioana, at=scene.later())
    raw, table = made.manifest.files
    assert (raw.name, raw.raw, raw.sha256) == ("sessions.csv", True, held.manifest.files[2].sha256)
    assert table.converted is not None
    assert (table.converted.program, table.converted.version) == ("tocsin csv-to-table", "1")
    assert (table.converted.before, table.converted.after) == (2, 2)
    open_package(made.id, into=tmp_path / "out", reason="reading", by=scene.ioana, at=scene.later())
    assert (tmp_path / "out/sessions.csv").read_bytes() == CSV
    assert (tmp_path / "out" / table.name).read_bytes() == TABLE
    assert rerun_conversions(made.id, by=scene.ioana, at=scene.later()) == [table.name]
    before = [event.event.value for event in reads.package_for(scene.ioana, held.id).chain]
    assert before[-1] == "converted"


def test_a_rerun_that_gives_other_bytes_is_found(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    held = scene.held_by_ro()
    made = convert(held.id, name="sessions.csv", by=scene.ioana, at=scene.later())
    monkeypatch.setattr(conversion, "canonical", lambda value: json.dumps(value).encode())
    with pytest.raises(ConversionError, match="does not give the same bytes"):
        rerun_conversions(made.id, by=scene.ioana, at=scene.later())


def test_a_conversion_of_what_is_not_there_or_not_whole_leaves_nothing(scene: Scene) -> None:
    held = scene.held_by_ro()
    before = sorted(folders.evidence_folder().rglob("*"))
    with pytest.raises(FileMissingError):
        convert(held.id, name="other.csv", by=scene.ioana, at=scene.later())
    with pytest.raises(ConversionError):
        convert(held.id, name="mailbox.mbox", by=scene.ioana, at=scene.later())
    assert sorted(folders.evidence_folder().rglob("*")) == before
    assert len(reads.packages_for(scene.ioana, scene.hand_over)) == 1
