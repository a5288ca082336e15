r"""Conversions: a file is made from a raw one, nothing is lost, and a re-run gives the same bytes.

``csv-to-table`` reads comma-separated values (RFC 4180, UTF-8, first record the names of the columns) and writes a
canonical table as JSON lines: a header and one array of texts a record, each line canonical JSON::

    at,address                        {"columns":["at","address"],"type":"table","v":1}
    2026-11-20T03:00:00Z,192.0.2.7    ["2026-11-20T03:00:00Z","192.0.2.7"]

Values stay the texts that they were: no number is rounded and no date is guessed. The records are counted twice, in the
raw bytes by a scanner that only knows quotes and line ends, and in the table by its lines. Where the two differ, or a
record has more or fewer values than there are columns, the conversion is refused: a row is not lost in silence.

The output is a function of the input and of ``VERSION``. Whoever changes what it writes counts ``VERSION`` up and keeps
the old one running, since a court re-runs it years later.
"""

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from tocsin.evidence.errors import ConversionError
from tocsin.proof.canonical import canonical

PROGRAM, VERSION = "tocsin csv-to-table", "1"
COUNTED = "records"
SUFFIX = ".table.jsonl"
_BLOCK = 1024 * 1024
_LONGEST_VALUE = 16 * 1024 * 1024


class Writer(Protocol):
    """Whatever takes bytes."""

    def write(self, block: bytes, /) -> object: ...


@dataclass(frozen=True, slots=True)
class Converted:
    """How many records were in the raw file and how many are in the table."""

    before: int
    after: int


def csv_to_table(raw: BinaryIO, table: Writer, *, delimiter: str = ",", name: str = "") -> Converted:
    """Convert; reads ``raw`` once and holds one record in memory. Raises ``ConversionError``."""
    scanner = RecordScanner()
    text = io.TextIOWrapper(
        io.BufferedReader(_Watched(raw, scanner.see), _BLOCK), encoding="utf-8-sig", errors="strict", newline=""
    )
    csv.field_size_limit(_LONGEST_VALUE)
    try:
        after = _write(csv.reader(text, delimiter=delimiter, strict=True), table, name=name)
    except (csv.Error, UnicodeDecodeError) as fault:
        raise _refused(name, f"the raw file is not as RFC 4180 asks ({fault})") from fault
    before = scanner.records() - 1
    if before != after:
        raise _refused(name, f"the raw file has {before} records and the table would have {after}")
    return Converted(before, after)


def arguments_of(delimiter: str) -> str:
    """What a conversion was told, as the manifest says it."""
    return f"delimiter={delimiter!r}"


def delimiter_in(arguments: str) -> str:
    """The delimiter that a manifest's arguments tell; raises ``ConversionError``."""
    for candidate in (",", ";", "\t", "|"):
        if arguments == arguments_of(candidate):
            return candidate
    raise _refused("", f"the arguments {arguments!r} are none of this program's")


class RecordScanner:
    """Counts the records of comma-separated values in their bytes: line ends outside of quotes."""

    def __init__(self) -> None:
        self._inside, self._rest, self._count = False, b"", 0

    def see(self, block: bytes) -> None:
        """The next bytes."""
        outside = [self._rest]
        for number, part in enumerate(block.split(b'"')):
            if number:
                self._inside = not self._inside
                outside.append(b'"')
            if not self._inside:
                outside.append(part)
        *lines, rest = b"".join(outside).split(b"\n")
        self._count += sum(1 for line in lines if line.rstrip(b"\r"))
        self._rest = rest

    def records(self) -> int:
        """How many there were, with the last one whether or not a line end follows it."""
        return self._count + (1 if self._rest.rstrip(b"\r") else 0)


class _Watched(io.RawIOBase):
    """A stream that shows what is read from it."""

    def __init__(self, stream: BinaryIO, seen: Callable[[bytes], None]) -> None:
        self._stream, self._seen = stream, seen

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # a RawIOBase's buffer is a memoryview
        block = self._stream.read(len(buffer))
        self._seen(block)
        buffer[: len(block)] = block
        return len(block)


def _write(rows: Iterable[list[str]], table: Writer, *, name: str) -> int:
    columns: list[str] | None = None
    lines = _Lines(table)
    for row in rows:
        if not row:
            continue  # an empty line is no record, and the scanner counts none
        if columns is None:
            columns = row
            lines.add(canonical({"v": 1, "type": "table", "columns": list(columns)}))
        elif len(row) != len(columns):
            raise _refused(name, f"record {lines.count} has {len(row)} values for {len(columns)} columns")
        else:
            lines.add(canonical(list(row)))
    if columns is None:
        raise _refused(name, "there is no record that names the columns")
    lines.empty()
    return lines.count - 1


class _Lines:
    """Gathers lines into blocks and counts them."""

    def __init__(self, table: Writer) -> None:
        self._table, self._waiting, self._held, self.count = table, list[bytes](), 0, 0

    def add(self, line: bytes) -> None:
        self._waiting.append(line + b"\n")
        self._held += len(line) + 1
        self.count += 1
        if self._held >= _BLOCK:
            self.empty()

    def empty(self) -> None:
        self._table.write(b"".join(self._waiting))
        self._waiting, self._held = [], 0


def _refused(name: str, rule: str) -> ConversionError:
    return ConversionError(name=name, program=f"{PROGRAM} {VERSION}", rule=rule)
