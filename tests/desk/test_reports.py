"""Reports at the desk: tables with their definitions, pictures with their words, and CSV that is the same each time."""

from collections.abc import Iterator
from xml.etree import ElementTree as ET

import pytest

from tests.desk.door import Officer, desk_open, signed_in
from tests.offices import Offices
from tests.requests.desk import Pair, preservation
from tocsin.base import instant
from tocsin.desk import pictures, reports
from tocsin.desk.pictures import Bar, Bars
from tocsin.requests.acts.count import count_anew
from tocsin.requests.rules import letters as say

HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture
def paula(offices: Offices) -> Iterator[Officer]:
    offices.at = instant.true_now().replace(microsecond=0)
    pair = Pair(offices)
    for number in range(4):
        request = pair.sent(preservation(pair.at))
        pair.pt()
        if number < 3:
            pair.pt_writes(request, say.Accept(reference=f"PT-{number}"))
        else:
            pair.pt_writes(request, say.Refuse(ground="ETS185_POLITICAL", reason="political"))
    with desk_open():
        yield signed_in(offices, "pt", roles=["policy-officer"], name="Paula Exemplo")


def shown(officer: Officer, path: str = "/reports/") -> str:
    answer = officer.client.get(path)
    assert answer.status_code == 200, answer.content.decode()[:500]
    return answer.content.decode()


def test_each_figure_has_its_definition_and_its_denominator(paula: Officer, offices: Offices) -> None:
    assert "Nothing is counted yet" in shown(paula)
    count_anew(at=offices.at)
    page = shown(paula)
    for said in reports.TABLES.values():
        assert str(said.definition).replace("'", "&#x27;") in page
        assert str(said.denominator) in page
    assert "Preserve data" in page
    assert "masked" in page  # one refusal is somebody's
    assert "not known" in page  # the months before the first record
    assert page.count('role="img"') >= 3
    assert "ETS185_POLITICAL" not in page


def test_a_csv_is_the_same_bytes_each_time_in_any_language_and_over_again(paula: Officer, offices: Offices) -> None:
    count_anew(at=offices.at)
    first = paula.client.get("/reports/volumes-by-instrument.csv")
    assert first["Content-Type"] == "text/csv; charset=utf-8"
    assert first["Content-Disposition"].startswith('attachment; filename="volumes-by-instrument-')
    count_anew(at=offices.at)
    ana = signed_in(offices, "pt", roles=["policy-officer"], name="Ana Exemplo", language="pt")
    assert ana.client.get("/reports/volumes-by-instrument.csv").content == first.content
    lines = first.content.decode("utf-8-sig").split("\r\n")
    assert lines[0] == "table,volumes-by-instrument"
    assert lines[-2] == "budapest-29-preserve,4,0,3,masked,0"
    assert "Requests of the period under each instrument" in lines[2]
    assert paula.client.get("/reports/nothing.csv").status_code == 404
    assert paula.client.get("/reports/volumes-by-month.csv?since=2026-13").status_code == 404


def test_a_picture_is_well_formed_and_says_what_it_shows(paula: Officer, offices: Offices) -> None:
    count_anew(at=offices.at)
    answer = paula.client.get("/reports/reactions-by-instrument.svg")
    assert answer["Content-Type"] == "image/svg+xml"
    root = ET.fromstring(answer.content.decode())  # noqa: S314 - made here
    assert root.get("role") == "img"
    assert [root[0].text, root[1].tag.endswith("desc")] == ["Time to the first answer, by instrument", True]
    hostile = pictures.grouped(
        "t", title=HOSTILE, description=HOSTILE, series=[HOSTILE], rows=[Bars(HOSTILE, (Bar(3, HOSTILE),))]
    )
    assert "<script" not in hostile
    assert ET.fromstring(hostile).get("class") == "chart"  # noqa: S314 - made here


def test_a_part_of_nothing_and_an_unknown_part_are_drawn_without_length() -> None:
    made = pictures.stacked(
        "t", title="x", description="y", series=["a", "b"],
        rows=[Bars("none", (Bar(None, "masked"), Bar(None, "-"))), Bars("some", (Bar(1, "1"), Bar(None, "masked")))],
    )  # fmt: skip
    assert made.count('class="series-0"') == 2  # the legend and one bar
    assert made.count('class="series-1"') == 1


def test_a_period_that_is_none_is_said_at_its_field(paula: Officer) -> None:
    answer = paula.client.get("/reports/?since=2026-11&until=2026-01")
    assert answer.status_code == 422
    assert "A period ends with its first month or later" in answer.content.decode()


def test_reports_are_for_those_who_may_read_them(paula: Officer, offices: Offices) -> None:
    assert paula
    auditor = signed_in(offices, "pt", roles=["auditor"], name="Aurel Exemplo")
    for path in ("/reports/", "/reports/volumes-by-month.csv", "/reports/volumes-by-month.svg"):
        assert auditor.client.get(path).status_code == 403
