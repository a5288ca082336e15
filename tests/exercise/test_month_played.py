"""A short month of the demo, played by the same acts between offices in this process: thirty days, until now."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.offices import Offices, entries, member_named
from tocsin.base import instant
from tocsin.base.ids import InstrumentId
from tocsin.base.instant import parse
from tocsin.journal.acts import audit_journal
from tocsin.law.national import read_national_table
from tocsin.node.demo import month_cases, month_clerk
from tocsin.node.demo.month import BACK, Month
from tocsin.node.demo.month_clerk import Clerk
from tocsin.node.demo.plots import PLOTS, TABLE
from tocsin.node.demo.town import Town
from tocsin.requests import reads

CASES = 10


class Here:
    """A clerk without a process: does at an office of this process what it is told."""

    def __init__(self, offices: Offices, member: str) -> None:
        self.offices, self.member = offices, member
        self._came: list[Any] = []

    def begin(self, do: str, **told: Any) -> None:
        self.offices.be(self.member)
        month_clerk._person.cache_clear()
        if do == "settle":  # once for all: the postman goes round until nothing waits
            found = self.offices.carry(at=instant.now()) if self.member == "ro" else []
            self._came.append([str(each) for each in found])
        elif do in {"call_drill", "answer_drills"}:
            self._came.append(0)  # no line goes out of this process
        else:
            self._came.append(month_clerk._DOES[do](**told))

    def answer(self) -> Any:
        return self._came.pop(0)

    def tell(self, do: str, **told: Any) -> Any:
        self.begin(do, **told)
        return self.answer()

    def leave(self) -> None:
        pass


def _take_what_the_demo_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The members of these tests answer for what the members of the demo answer for, and its table of law is known."""
    competences = {name for plot in PLOTS for name in plot.competences}
    everything = tuple(InstrumentId(name) for name in sorted(competences))
    monkeypatch.setattr("tests.offices.STATE_TAKES", everything)
    monkeypatch.setattr("tests.offices.PROVIDER_TAKES", everything)
    member_named.cache_clear()
    table = read_national_table(TABLE)
    monkeypatch.setattr("tocsin.directory.reads.national_tables", lambda **_: {table.state: table})


@pytest.fixture
def town(offices: Offices, monkeypatch: pytest.MonkeyPatch) -> Town:
    """The people of the demo at its desks, their clocks a month back."""
    offices.at = instant.true_now()
    _take_what_the_demo_takes(monkeypatch)
    for plot in PLOTS:
        if plot.kind != "hub":
            offices.found(plot.member, exercise=True)
            for one in plot.residents:
                offices.person(plot.member, one.name, *one.roles, function=one.function)
            offices.be(plot.member)
            month_clerk.shift(-int(BACK.total_seconds()))
    return cast("Town", SimpleNamespace())


def test_a_month_is_played_by_the_acts_and_every_journal_audits_clean(
    offices: Offices, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    whole = month_cases.cases

    def short(**more: Any) -> Any:
        """Cases without packages: no file leaves this process."""
        month = (case for case in whole(**(more | {"count": 300})))
        return [case for case in month if all(step.act not in {"pack", "take-in"} for step in case.steps)][:CASES]

    monkeypatch.setattr("tocsin.node.demo.month.cases", short)

    def clerks(_town: Town) -> list[Clerk]:
        return [cast("Clerk", Here(offices, member)) for member in ("ro", "pt", "example-mail")]

    played = Month(town, told.append, -BACK, count=CASES, clerks=clerks, fresh=0).play()
    assert played["cases"] == CASES
    assert played["done"]["requests"] == CASES
    assert played["done"]["letters"] == sum(case.letters for case in short(ends=instant.true_now()))
    assert played["desks"]["ro"]["overdue"] == 2  # one that waits for us, and one that we wait for
    assert sum(played["desks"]["ro"]["states"].values()) <= CASES
    assert told
    assert all("EXERCISE" in line for line in told)
    for member in ("ro", "pt", "example-mail"):
        offices.be(member)
        assert list(audit_journal(at=instant.now()).findings) == []
        assert abs(instant.shift().total_seconds()) < 1
        shifts = [each["shift_seconds"] for each in entries("clock-shifted")]
        assert shifts == sorted(shifts)
        assert shifts[0] == -int(BACK.total_seconds())
    offices.be("ro")
    ioana = offices.person("ro", "Ioana Exemplu", "duty-officer", function="police")
    late = [each for each in reads.watch(ioana) if each.due_strict is not None and each.due_strict < instant.now()]
    assert {each.instrument for each in late} == {"dir2013-40-13-urgent"}
    opened = sorted(parse(each["at"]) for each in entries("request-opened"))
    assert (opened[-1] - opened[0]).days > 5
