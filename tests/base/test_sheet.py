"""Tables from files that nobody vouches for: limits first, and no cell is anything but text."""

from collections.abc import Sequence
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from openpyxl import Workbook

from tocsin.base.sheet import MOST_ROWS, SheetError, read_sheet, safe_cell


def xlsx(rows: Sequence[Sequence[object]]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(list(row))
    kept = BytesIO()
    book.save(kept)
    return kept.getvalue()


def test_a_cell_of_a_csv_that_looks_like_a_formula_is_text_and_goes_out_harmless() -> None:
    sheet = read_sheet(b"name,phone\n=1+1,+49 30 1234567\n@x,-5\n")
    assert [row.cells for row in sheet.rows] == [("=1+1", "+49 30 1234567"), ("@x", "-5")]
    assert [safe_cell(each) for each in ("=1+1", "@x", "-5", "+49 30", "plain")] == [
        "'=1+1",
        "'@x",
        "-5",
        "'+49 30",
        "plain",
    ]


def bomb() -> bytes:
    kept = BytesIO()
    with ZipFile(kept, "w", ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 8_000_000)
    return kept.getvalue()


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "empty"),
        (b"   \n", "empty"),
        (b"a" * 5_000_000, "larger than"),
        (b"name,phone\n", "no row below"),
        ("name,ph\u00f6ne\nx,y\n".encode("latin-1"), "not UTF-8"),
        (b"name,phone\nx\0,y\n", "no text"),
        (b"name,phone\n" + b"x,y\n" * (MOST_ROWS + 30), "more than"),
        (b",".join([b"h"] * 41) + b"\n", "more than 40 columns"),
        (b'name,phone\n"x,y\n', "line"),
        (b"PK\x03\x04rubbish", "none"),
        (bomb(), "unpacks to far more"),
        (xlsx([["name", "phone"], ["x", "y"]]).replace(b"xl/workbook.xml", b"xl/workbook.xm_"), "broken"),
    ],
)
def test_a_file_that_is_no_table_is_refused_with_the_rule(content: bytes, rule: str) -> None:
    with pytest.raises(SheetError, match=rule):
        read_sheet(content)
