"""Tables that people keep: CSV and XLSX as rows of text, from files that nobody vouches for.

A list of contacts or of open cases comes from a spreadsheet program. Whatever stands in a cell is text here:
nothing is evaluated, nothing is fetched, no link of the file is followed. Limits come first: a file is refused by
its size, by how much it would unpack to, and by its numbers of rows and columns, before it is read.
"""

import csv
import io
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from tocsin.base.errors import RuleError

MOST_BYTES = 4 * 1024 * 1024
MOST_UNPACKED = 64 * 1024 * 1024
MOST_RATIO = 120
"""How many times larger than the file its unpacked parts may be; a real sheet is 5 to 20 times larger."""
MOST_PARTS = 400
MOST_ROWS = 5_000
MOST_COLUMNS = 40
MOST_CELL = 10_000
_ZIP = b"PK\x03\x04"
_HEADER_WITHIN = 20
"""Lists have a title and an empty line above their header: it is looked for in so many rows."""
_LEAST_HEADER = 2


class SheetError(RuleError):
    """A file is no table that is read here; nothing of it was taken."""

    code = "sheet"
    sentence = "The file cannot be read as a table: {rule}."


@dataclass(frozen=True, slots=True)
class Row:
    """A row below the header."""

    number: int
    """As the spreadsheet program counts it, from 1."""
    cells: tuple[str, ...]
    formulas: tuple[int, ...] = ()
    """Columns, from 0, that hold a formula: what it yields is not known here."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table with its header; every row has as many cells as the header."""

    header: tuple[str, ...]
    rows: tuple[Row, ...]


def read_sheet(content: bytes) -> Sheet:
    """The first table of a CSV or XLSX file, told by its content and not by its name.

    CSV is UTF-8 (or UTF-16 with its mark), separated by comma, semicolon or tabulator. A cell that begins with
    ``=``, ``+``, ``-`` or ``@`` is text. Raises ``SheetError``.
    """
    if not content.strip():
        raise SheetError(rule="it is empty")
    if len(content) > MOST_BYTES:
        raise SheetError(rule=f"it is larger than {MOST_BYTES // 1024 // 1024} MiB")
    rows = list(_rows_of_xlsx(content) if content.startswith(_ZIP) else _rows_of_csv(content))
    head = next((place for place, row in enumerate(rows[:_HEADER_WITHIN]) if _is_header(row)), None)
    if head is None:
        raise SheetError(rule=f"no header with two or more names in its first {_HEADER_WITHIN} rows")
    header = rows[head].cells
    width = max(place for place, name in enumerate(header) if name) + 1
    body = tuple(_cut(row, width) for row in rows[head + 1 :] if any(row.cells[:width]) or row.formulas)
    if not body:
        raise SheetError(rule="there is no row below the header")
    return Sheet(header=header[:width], rows=body)


def safe_cell(value: object) -> str:
    """A value as a cell of a CSV file that is given out: no spreadsheet program takes it for a formula."""
    text = str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _is_header(row: Row) -> bool:
    return sum(bool(cell) for cell in row.cells) >= _LEAST_HEADER and not row.formulas


def _cut(row: Row, width: int) -> Row:
    cells = (*row.cells[:width], *[""] * (width - len(row.cells)))
    return Row(row.number, cells, tuple(place for place in row.formulas if place < width))


def _text_of(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false"}.get(value, "") if value is not None else ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, datetime):
        plain = value.time() == time(0)
        return value.date().isoformat() if plain else value.isoformat(timespec="seconds")
    text = value.isoformat() if isinstance(value, date | time) else str(value)
    if len(text) > MOST_CELL:
        raise SheetError(rule=f"a cell has more than {MOST_CELL} characters")
    return _clean(text)


def _clean(text: str) -> str:
    """Composed, without invisible characters; lines stay, since certificates have them."""
    composed = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " "))
    return "".join(each for each in composed if each in "\n\t" or unicodedata.category(each)[0] != "C").strip()


def _check_numbers(number: int, columns: int) -> None:
    if number > MOST_ROWS + _HEADER_WITHIN:
        raise SheetError(rule=f"it has more than {MOST_ROWS} rows")
    if columns > MOST_COLUMNS:
        raise SheetError(rule=f"row {number} has more than {MOST_COLUMNS} columns")


# --- CSV ----------------------------------------------------------------------------------------


def _rows_of_csv(content: bytes) -> Iterator[Row]:
    text = _decoded(content)
    first = text.lstrip("\n").split("\n", 1)[0]
    delimiter = max(";,\t", key=lambda each: max(line.count(each) for line in text.split("\n")[:_HEADER_WITHIN]))
    if first.lower().startswith("sep=") and len(first.strip()) == len("sep=;"):
        delimiter, text = first.strip()[-1], text.lstrip("\n").partition("\n")[2]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            _check_numbers(reader.line_num, 0)
            kept = [_text_of(cell) for cell in cells]
            while kept and not kept[-1]:
                kept.pop()
            _check_numbers(reader.line_num, len(kept))
            yield Row(reader.line_num, tuple(kept))
    except csv.Error as error:
        raise SheetError(rule=f"line {reader.line_num}: {error}") from error


def _decoded(content: bytes) -> str:
    encoding = "utf-16" if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeError as error:
        raise SheetError(rule="it is not UTF-8: save it as “CSV UTF-8”, or as XLSX") from error
    if "\0" in text:
        raise SheetError(rule="it holds what is no text")
    return text.replace("\r\n", "\n").replace("\r", "\n")


# --- XLSX ---------------------------------------------------------------------------------------


def _rows_of_xlsx(content: bytes) -> Iterator[Row]:
    _check_archive(content)
    from openpyxl import load_workbook  # noqa: PLC0415 - most of a second, for the few who read a sheet

    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what the file says of its own size is not believed
        for number, cells in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS + 1), start=1):
            _check_numbers(number, 0)
            row = _xlsx_row(number, cells)
            _check_numbers(number, len(row.cells))
            yield row
    except SheetError:
        raise
    except Exception as error:
        # the library says in a dozen ways that a file is broken, and each of them is the file's fault
        raise SheetError(rule=f"its parts are broken ({type(error).__name__})") from error


def _xlsx_row(number: int, cells: tuple[Any, ...]) -> Row:
    formulas = tuple(place for place, cell in enumerate(cells) if getattr(cell, "data_type", "n") == "f")
    kept = ["" if place in formulas else _text_of(cell.value) for place, cell in enumerate(cells)]
    while kept and not kept[-1] and len(kept) - 1 not in formulas:
        kept.pop()
    return Row(number, tuple(kept), formulas)


def _check_archive(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise SheetError(rule="it begins like XLSX and is none") from error
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > MOST_PARTS:
        raise SheetError(rule=f"it has more than {MOST_PARTS} parts")
    if unpacked > MOST_UNPACKED or unpacked > MOST_RATIO * len(content):
        raise SheetError(rule="it unpacks to far more than a table needs")
    if any(part.flag_bits & 1 for part in parts):
        raise SheetError(rule="it is protected by a password")
