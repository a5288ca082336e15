"""The EXERCISE month as descriptions: every case lawful, from its draft to its last letter, before anybody plays it."""

from collections import Counter

import pytest

from tests.requests.said import ask, step_saying
from tocsin.base.ids import InstrumentId
from tocsin.base.instant import parse
from tocsin.law.draft_check import Draft, SignOff, faults, stops
from tocsin.law.faults import Fault
from tocsin.law.instrument import instrument
from tocsin.law.national import read_national_table
from tocsin.law.provisions import Side
from tocsin.law.rendering import fields_kept_from_addressee
from tocsin.law.setting import Party
from tocsin.law.vocabulary import Function, LetterKind, PartyKind, StateCode
from tocsin.node.demo.month_cases import DAYS, Case, Step, cases
from tocsin.node.demo.plots import PLOTS, TABLE
from tocsin.requests.rules.letters import Body, Deliver, parse_body
from tocsin.requests.rules.moves import Standing, objection, taken
from tocsin.requests.rules.permits import permits_of

ENDS = parse("2026-11-24T14:00:00.000Z")
MONTH = tuple(cases(ends=ENDS))
TABLES = {StateCode("PT"): read_national_table(TABLE)}
PARTIES = {
    plot.member: Party(
        kind=PartyKind.STATE if plot.kind == "state" else PartyKind.PROVIDER,
        state=StateCode(plot.country),
        member=plot.member,
        languages=plot.languages,
        competences=frozenset(map(InstrumentId, plot.competences)),
    )
    for plot in PLOTS
    if plot.kind != "hub"
}
ONE_OF_EACH = tuple({case.route: case for case in MONTH}.values())


def test_the_same_seed_tells_the_same_month_and_another_seed_another() -> None:
    assert tuple(cases(ends=ENDS)) == MONTH
    assert tuple(cases(ends=ENDS, seed=7)) != MONTH
    assert tuple(cases(ends=ENDS, count=10)) == MONTH[:10]


def test_the_month_has_many_instruments_languages_states_grounds_and_acts() -> None:
    said = [step for case in MONTH for step in case.steps]
    assert len(MONTH) == 300
    assert len({case.instrument for case in MONTH}) == 13
    assert Counter(case.language for case in MONTH).keys() == {"en", "pt", "ro"}
    assert {case.phase for case in MONTH} >= {"asked", "acknowledged", "queried", "accepted", "preserved", "closed"}
    assert len({step.says["ground"] for step in said if step.kind == "refuse"}) >= 7
    assert {step.act for step in said} >= {"note", "hand-over", "dossier", "pack", "take-in", "look", "take"}
    assert {step.kind for step in said} >= {"query", "supplement", "extend", "withdraw", "release", "postpone"}
    assert {step.says["language"] for step in said if step.act == "note"} == {"ro", "pt", "en", "fr", "de"}
    assert [case.route for case in MONTH[:2]] == ["urgent-overdue"] * 2
    assert all(0 <= (ENDS - case.opens).days < DAYS for case in MONTH)


@pytest.mark.parametrize("case", ONE_OF_EACH, ids=lambda case: case.route)
def test_nothing_stops_a_draft_of_the_month(case: Case) -> None:
    for each in (each for each in MONTH if each.route == case.route):
        found = stops(_faults(each))
        assert not found, (each.number, [(fault.field, fault.sentence) for fault in found])


@pytest.mark.parametrize("case", ONE_OF_EACH, ids=lambda case: case.route)
def test_every_letter_of_the_month_is_lawful_when_it_is_written(case: Case) -> None:
    for each in (each for each in MONTH if each.route == case.route):
        _walk(each)


def _walk(case: Case) -> None:
    permits = permits_of(instrument(case.instrument))
    now = taken(Standing(), step_saying(ask(), permits=permits, written=case.opens), side=Side.ASKER, permits=permits)
    written = case.opens
    for each in case.steps:
        assert written <= each.at < ENDS
        written = each.at
        if each.act in {"letter", "pack"}:
            side = Side.ASKED if each.member == case.recipient else Side.ASKER
            step = step_saying(_body(each), permits=permits, written=each.at)
            found = objection(now, step, side=side, permits=permits)
            assert found is None, (case.number, case.route, each.kind, found)
            now = taken(now, step, side=side, permits=permits)
        assert now.phase.value == each.phase, (case.route, each.act, each.kind)


def _body(step: Step) -> Body:
    if step.act == "pack":
        return Deliver(package="ab" * 32, complete=step.says["complete"])
    return parse_body(LetterKind(step.kind), step.says)


def _faults(case: Case) -> list[Fault]:
    law, form = instrument(InstrumentId(case.instrument)), case.content["form"]
    kept = fields_kept_from_addressee(law)
    way = case.content.get("other_way")
    signed = Function.PROSECUTOR if case.signs else Function.CONTACT_POINT
    draft = Draft(
        instrument=law.id,
        form={name: value for name, value in form.items() if name not in kept},
        for_authority={name: value for name, value in form.items() if name in kept},
        sign_offs=(SignOff(function=signed, name=case.signs or case.sender),),
        channel="tocsin",
        channel_ground=way["ground"] if way else "",
    )
    return faults(
        draft,
        sender=PARTIES[case.sender],
        recipient=PARTIES[case.recipient],
        instrument=law,
        national=TABLES,
        at=case.opens,
    )
