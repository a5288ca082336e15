"""Reports: what is counted, what is not known, what is masked; and that no viewer reaches the rows behind it."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.offices import START, Offices, console
from tests.requests.desk import Pair, preservation, urgent
from tests.requests.test_by_form import SCAN, Desk
from tocsin.base import this_node
from tocsin.base.actor import Actor
from tocsin.base.ids import RequestId
from tocsin.dossiers.viewing import seen_by
from tocsin.law.provisions import Side
from tocsin.people import reads as people
from tocsin.people.acts.people import add_person
from tocsin.people.errors import RightMissingError
from tocsin.requests.acts.count import count_anew
from tocsin.requests.acts.elsewhere import Heard, take_down
from tocsin.requests.figures import Number, Report, Table, TableRow, _masked, report_for
from tocsin.requests.models import Fact, Figure
from tocsin.requests.rules import letters as say
from tocsin.requests.rules.marks import Whether
from tocsin.requests.rules.ways import Way


def reader(offices: Offices, member: str = "pt", role: str = "policy-officer") -> Actor:
    offices.be(member)
    name = f"Paula {role}"
    known = {each.name: each.id for each in people.people()}
    person = known.get(name) or add_person(name=name, roles=frozenset({role}), function="", by=console(), at=offices.at)
    return people.actor_of(person)


def told(offices: Offices, *, since: date | None = None, until: date | None = None) -> Report:
    viewer = reader(offices)
    count_anew(at=offices.at)
    day = offices.at.date()
    with seen_by(viewer, at=offices.at):
        return report_for(viewer, since=since or day - timedelta(days=62), until=until or day)


def numbers(report: Report, table: str, *key: str) -> tuple[int | None, ...] | None:
    found = report.table(table)
    assert found is not None
    return next((tuple(each.value for each in row.numbers) for row in found.rows if row.key == key), None)


@pytest.fixture
def unmasked(monkeypatch: pytest.MonkeyPatch) -> None:
    real = this_node.this_node
    monkeypatch.setattr(
        "tocsin.requests.figures.this_node",
        lambda: replace(real(), limits=replace(real().limits, mask_below=1)),
    )


@pytest.fixture
def night(offices: Offices) -> Pair:
    pair = Pair(offices)
    first, second = pair.sent(preservation(pair.at)), pair.sent(preservation(pair.at))
    pair.sent(urgent(pair.at))
    pair.later(minutes=90)
    pair.pt()
    pair.pt_writes(first, say.Accept(reference="PT-1"))
    pair.pt_writes(second, say.Refuse(ground="ETS185_POLITICAL", reason="The matter is political."))
    return pair


@pytest.mark.usefixtures("unmasked")
def test_what_came_is_counted_with_how_soon_it_was_answered_and_on_what_ground_refused(night: Pair) -> None:
    report = told(night.offices)
    assert numbers(report, "volumes-by-month", f"{START:%Y-%m}") == (3, 0)
    assert numbers(report, "volumes-by-instrument", "budapest-29-preserve") == (2, 0, 1, 1, 0)
    assert numbers(report, "volumes-by-country", "RO") == (3, 0, 2, 1, 0)
    assert numbers(report, "reactions-by-instrument", "asked", "budapest-29-preserve") == (2, 5400, 5400, 0, 0)
    assert numbers(report, "reactions-by-instrument", "asked", "dir2013-40-13-urgent") == (0, None, None, 1, 0)
    assert numbers(report, "reactions-by-country", "asked", "RO") == (2, 5400, 5400, 1, 0)
    assert numbers(report, "refusals-by-ground", "ETS185_POLITICAL") == (1, 0)
    clocks = report.table("clocks-by-instrument")
    assert clocks is not None
    assert {row.key[2] for row in clocks.rows} <= {"ours", "theirs"}
    assert any(row.key[0] == "dir2013-40-13-urgent" and row.numbers[3].value for row in clocks.rows)


@pytest.mark.usefixtures("unmasked")
def test_the_asking_side_counts_from_the_receipt_over_there(night: Pair) -> None:
    night.offices.be("ro")
    viewer = reader(night.offices, "ro")
    count_anew(at=night.at)
    day = night.at.date()
    with seen_by(viewer, at=night.at):
        report = report_for(viewer, since=day, until=day)
    assert numbers(report, "volumes-by-country", "PT") == (0, 3, 2, 1, 0)
    answered = numbers(report, "reactions-by-country", "asker", "PT")
    assert answered is not None
    assert answered[0] == 2
    assert answered[1] == pytest.approx(5400, abs=60)


@pytest.mark.usefixtures("unmasked")
def test_what_was_said_without_a_node_counts_from_its_receipt(offices: Offices) -> None:
    desk = Desk(offices)
    request = desk.sent()
    desk.pair.later(minutes=30)
    desk.pair.pt()
    heard = Heard(
        body=say.Refuse(ground="ETS185_POLITICAL", reason="x"), side=Side.ASKED, way=Way.PAPER,
        received_at=desk.at, said_by="P. Primer", file=SCAN,
    )  # fmt: skip
    take_down(request, heard, by=desk.ines, at=desk.at)
    report = told(offices)
    # nobody said when it was received there, so it is answered, and how soon is not known
    assert numbers(report, "reactions-by-country", "asker", "BG") == (0, None, None, 0, 1)
    assert numbers(report, "refusals-by-ground", "ETS185_POLITICAL") == (0, 1)


@pytest.mark.usefixtures("unmasked")
def test_what_is_not_known_is_never_nought(night: Pair) -> None:
    desk_day = night.at.date()
    report = told(night.offices, since=desk_day - timedelta(days=120))
    months = report.table("volumes-by-month")
    assert months is not None
    assert [each.value for each in months.rows[0].numbers] == [None, None]
    gr = night.offices
    gr.found("gr")
    report = told(gr)
    assert numbers(report, "volumes-by-country", "GR") == (None,) * 5
    before = told(gr, since=date(2020, 1, 1), until=date(2020, 1, 31))
    assert numbers(before, "volumes-by-month", "2020-01") == (None, None)


@pytest.mark.usefixtures("unmasked")
def test_what_changes_is_counted_again_and_what_is_joined_no_more(night: Pair) -> None:
    first = told(night.offices)
    assert numbers(first, "volumes-by-instrument", "budapest-29-preserve") == (2, 0, 1, 1, 0)
    night.later(minutes=30)
    night.pt()
    open_one = next(str(each) for each in Fact.objects.filter(state="asked").values_list("request", flat=True))
    night.pt_writes(RequestId(open_one), say.Indicate(whether=Whether.NO))
    assert numbers(told(night.offices), "reactions-by-instrument", "asked", "dir2013-40-13-urgent") == (
        1,
        7200,
        7200,
        0,
        0,
    )


def test_a_report_before_the_first_count_says_so(offices: Offices) -> None:
    offices.found("pt")
    viewer = reader(offices)
    with seen_by(viewer, at=offices.at):
        report = report_for(viewer, since=START.date(), until=START.date())
    assert (report.counted, report.tables) == (None, ())


def test_who_may_not_read_reports_reads_none_and_no_viewer_reaches_the_rows(night: Pair) -> None:
    night.offices.be("pt")
    count_anew(at=night.at)
    assert Fact.objects.count() == 3
    for role in ("policy-officer", "duty-officer", "administrator"):
        viewer = reader(night.offices, role=role)
        with seen_by(viewer, at=night.at):
            assert not Fact.objects.exists()
            assert report_for(viewer, since=night.at.date(), until=night.at.date()).tables
            assert not Figure.objects.exists()
    with pytest.raises(RightMissingError):
        report_for(reader(night.offices, role="auditor"), since=night.at.date(), until=night.at.date())


def test_figures_are_not_made_again_too_soon(offices: Offices) -> None:
    offices.found("pt")
    assert count_anew(at=offices.at)
    assert count_anew(at=offices.at + timedelta(hours=1), unless_fresh=True)
    assert not count_anew(at=offices.at + timedelta(hours=1), unless_fresh=True)


# --- Masking ------------------------------------------------------------------------------------


def masked(*columns: tuple[int | None, ...], seconds: frozenset[str] = frozenset()) -> list[list[str]]:
    names = tuple(f"c{number}" for number in range(len(columns[0])))
    rows = tuple(TableRow((str(place),), tuple(Number(each) for each in row)) for place, row in enumerate(columns))
    table = _masked(Table(id="t", keys=("k",), columns=names, seconds=seconds, rows=rows))
    return [["x" if each.masked else str(each.value) for each in row.numbers] for row in table.rows]


@pytest.fixture
def pt(offices: Offices) -> None:
    offices.found("pt")


@pytest.mark.usefixtures("pt")
def test_small_counts_are_masked_and_one_alone_takes_the_next_with_it() -> None:
    assert masked((1,), (2,), (30,), (0,), (None,)) == [["x"], ["x"], ["30"], ["0"], ["None"]]
    assert masked((2,), (40,), (30,), (0,)) == [["x"], ["40"], ["x"], ["0"]]
    assert masked((3,), (40,)) == [["3"], ["40"]]


@pytest.mark.usefixtures("pt")
def test_a_median_of_a_few_is_masked_with_their_count() -> None:
    assert masked((2, 900), (1, 30), (50, 60), seconds=frozenset({"c1"})) == [["x", "x"], ["x", "x"], ["50", "60"]]
