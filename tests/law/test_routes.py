"""Which ways are open between two parties, and why the others are closed."""

from collections.abc import Mapping
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.law import cases
from tocsin.law.instrument import instrument, instruments
from tocsin.law.provisions import Channel
from tocsin.law.routes import Route, channels_in_order, open_ids, route, routes
from tocsin.law.setting import Party, bounds, circumstances_of_form, clocks_carried
from tocsin.law.treaty import Treaty, states
from tocsin.law.vocabulary import Danger, DataCategory, Function, Known, PartyKind, StateCode

TODAY = date(2026, 11, 24)


def state(code: str) -> Party:
    return Party(kind=PartyKind.STATE, state=StateCode(code), member=code.lower())


def provider(code: str) -> Party:
    return Party(kind=PartyKind.PROVIDER, state=StateCode(code), member="example-mail")


def found(sender: Party, recipient: Party, category: DataCategory, **more: object) -> dict[str, Route]:
    ways = routes(sender, recipient, category=category, on=TODAY, **more)  # type: ignore[arg-type]
    return {each.instrument.id: each for each in ways}


def test_between_two_member_states_traffic_data_may_be_preserved_at_once() -> None:
    ways = found(state("RO"), state("PT"), DataCategory.TRAFFIC, urgent=True)
    assert [name for name, each in ways.items() if each.answer is Known.YES] == [
        "budapest-26-spontaneous",
        "budapest-29-preserve",
        "budapest-30-disclose",
        "budapest-31-stored",
        "budapest-35-assist",
        "dir2013-40-13-urgent",
        "dir2023-977-information",
        "eio-32-provisional",
    ]


def clocks_of(way: Route) -> Mapping[str, Known]:
    return {str(each.clock.id): each.applies for each in way.clocks}


def test_a_route_says_how_long_it_takes_and_which_clocks_hang_on_what_is_not_said_yet() -> None:
    ways = found(state("RO"), state("PT"), DataCategory.TRAFFIC, urgent=True)
    clocks = clocks_of(ways["budapest-29-preserve"])
    assert clocks["ets185.29.7.preserve_min"] is Known.YES
    assert clocks["dir2013_40.13.1.urgent"] is Known.UNKNOWN  # whether the offence is one of Articles 3 to 8
    production = clocks_of(found(state("RO"), provider("IE"), DataCategory.CONTENT)["eev-epoc"])
    assert (production["eev.10.3.produce"], production["eev.10.2.produce_notified"]) == (Known.UNKNOWN, Known.UNKNOWN)
    simple = clocks_of(found(state("RO"), provider("IE"), DataCategory.SUBSCRIBER)["eev-epoc"])
    assert simple["eev.10.3.produce"] is Known.YES
    assert "eev.10.2.produce_notified" not in simple


@pytest.mark.parametrize(
    ("recipient", "listed", "expected"),
    [
        ("PT", ["dir2013_40.3-8"], Known.YES),
        ("PT", ["dir2011_93.3-7"], None),  # another list: no
        ("PT", None, Known.UNKNOWN),  # the form does not say
        ("DK", ["dir2013_40.3-8"], Known.UNKNOWN),  # believed not bound, from memory
        ("US", ["dir2013_40.3-8"], None),
    ],
)
def test_an_urgent_preservation_carries_the_eight_hours_between_bound_states_for_offences_of_articles_3_to_8(
    recipient: str, listed: list[str] | None, expected: Known | None
) -> None:
    law, form = instrument("budapest-29-preserve"), dict(cases.filled("budapest-29-preserve").draft.form)
    offence = {"qualification": "Illegal access", "provisions": "Article 360"}
    form["offence"] = {**offence, "listed": listed} if listed is not None else offence
    where = {"sender": state("RO"), "recipient": state(recipient), "on": TODAY, "tables": {}}
    carried = clocks_carried(law, circumstances_of_form(law, form, **where))  # type: ignore[arg-type]
    assert {str(each.clock.id): each.applies for each in carried}.get("dir2013_40.13.1.urgent") is expected
    calm = {name: value for name, value in form.items() if name != "urgency"}
    without = clocks_carried(law, circumstances_of_form(law, calm, **where))  # type: ignore[arg-type]
    assert "dir2013_40.13.1.urgent" not in {each.clock.id for each in without}


def test_the_eight_hour_clock_is_not_carried_where_the_directive_does_not_bind() -> None:
    ways = found(state("RO"), state("US"), DataCategory.TRAFFIC, urgent=True)
    assert "dir2013_40.13.1.urgent" not in {each.clock.id for each in ways["budapest-29-preserve"].clocks}


def test_an_emergency_changes_the_clock_only_where_the_instrument_calls_it_one() -> None:
    def clocks(danger: Danger) -> set[str]:
        way = found(state("RO"), provider("IE"), DataCategory.SUBSCRIBER, danger=danger)["eev-epoc"]
        return {each.clock.id for each in way.clocks}

    assert "eev.10.4.emergency" in clocks(Danger.CRITICAL_INFRASTRUCTURE)
    assert "eev.10.3.produce" not in clocks(Danger.CRITICAL_INFRASTRUCTURE)
    assert "eev.10.4.emergency" not in clocks(Danger.PROPERTY)
    wide = found(state("RO"), provider("IE"), DataCategory.SUBSCRIBER, danger=Danger.PROPERTY)["eev-epoc"]
    assert "emergency-too-wide" in {each.code for each in wide.warnings}


def test_a_route_says_who_must_sign_per_category() -> None:
    content = found(state("RO"), provider("IE"), DataCategory.CONTENT)["eev-epoc"].signatories
    subscriber = found(state("RO"), provider("IE"), DataCategory.SUBSCRIBER)["eev-epoc"].signatories
    assert content is not None
    assert subscriber is not None
    assert Function.PROSECUTOR not in content.alone
    assert Function.PROSECUTOR in subscriber.alone
    assert "Article 4(2)" in content.rule


def test_where_national_law_decides_it_is_not_recorded_until_its_member_says_so() -> None:
    way = found(state("PT"), provider("PT"), DataCategory.TRAFFIC)["budapest-16-order"]
    assert way.answer is Known.YES
    assert way.signatories is not None
    assert way.signatories.who == "National law of Portugal: not recorded"
    assert "competence-not-recorded" in {each.code for each in way.warnings}
    table = cases.table(cases.load("budapest-16-order", "filled")["tables"][0])
    told = found(state("PT"), provider("PT"), DataCategory.TRAFFIC, tables={StateCode("PT"): table})[
        "budapest-16-order"
    ]
    assert told.signatories is not None
    assert told.signatories.who == "prosecutor, judge; or police with a validation by prosecutor"
    assert "Article 12" in told.signatories.rule


@pytest.mark.parametrize(
    ("sender", "recipient", "name", "code"),
    [
        (state("RO"), state("PT"), "eev-epoc", "parties"),
        (state("RO"), provider("PT"), "budapest-29-preserve", "parties"),
        (state("RO"), provider("PT"), "budapest-16-order", "across"),
        (state("PT"), provider("PT"), "eev-epoc", "across"),
        (state("RO"), provider("DK"), "eev-epoc", "not-bound"),
        (state("DK"), provider("PT"), "eev-epoc", "not-bound"),
        (state("RO"), state("US"), "dir2013-40-13-urgent", "not-bound"),
        (state("RO"), provider("JP"), "budapest2-7-subscriber", "reserved"),
        (state("RO"), provider("RS"), "budapest2-7-subscriber", "not-in-force"),
        (state("RO"), state("PT"), "budapest2-9-emergency", "emergency"),
        (state("RO"), state("PT"), "dir2013-40-13-urgent", "urgency"),
    ],
)
def test_a_closed_way_says_why_with_its_rule(sender: Party, recipient: Party, name: str, code: str) -> None:
    way = route(instrument(name), sender, recipient, category=DataCategory.SUBSCRIBER, on=TODAY)
    assert way.answer is Known.NO
    (reason,) = [each for each in way.closed_because if each.code == code]
    assert reason.rule
    assert reason.text


def test_a_category_that_an_instrument_does_not_cover_closes_it() -> None:
    way = route(instrument("budapest-30-disclose"), state("RO"), state("PT"), category=DataCategory.CONTENT, on=TODAY)
    assert [each.code for each in way.closed_because] == ["category"]
    assert way.signatories is None


def test_a_contact_point_whose_card_does_not_name_an_instrument_closes_it() -> None:
    pt = Party(kind=PartyKind.STATE, state=StateCode("PT"), member="pt", competences=frozenset({"budapest-35-assist"}))
    ways = routes(state("RO"), pt, category=DataCategory.SUBSCRIBER, on=TODAY)
    assert open_ids(ways) == ("budapest-35-assist",)


def test_open_ways_come_before_those_offered_with_a_warning_and_those_before_the_closed() -> None:
    ways = routes(state("RO"), state("IE"), category=DataCategory.SUBSCRIBER, on=TODAY, urgent=True)
    answers = [each.answer for each in ways]
    order = [Known.YES, Known.UNKNOWN, Known.NO]
    assert answers == sorted(answers, key=order.index)
    assert set(answers) == set(order)


def test_the_channels_come_in_their_lawful_order() -> None:
    def ids(channels: tuple[Channel, ...]) -> list[str]:
        return [each.id for each in channels]

    epoc = instrument("eev-epoc")
    assert ids(channels_in_order(epoc, on=TODAY)) == ["decentralised-it-system", "tocsin"]
    assert ids(channels_in_order(epoc, on=date(2026, 7, 27))) == ["tocsin", "decentralised-it-system"]
    assert ids(channels_in_order(instrument("dir2023-977-information"), on=TODAY)) == ["siena", "tocsin"]


def test_a_warning_says_when_what_is_known_is_from_memory() -> None:
    way = found(state("RO"), state("PT"), DataCategory.SUBSCRIBER)["eio-32-provisional"]
    assert {"from-memory", "bound-from-memory"} <= {each.code for each in way.warnings}
    assert any("(from memory)" in each.rule for each in way.warnings)


CODES = st.sampled_from(sorted(states())) | st.sampled_from(["CN", "IN", "XX", "ZZ"])
PARTIES = st.builds(Party, kind=st.sampled_from(PartyKind), state=CODES.map(StateCode))
DAYS = st.dates(date(2003, 1, 1), date(2035, 1, 1))


@given(PARTIES, PARTIES, st.sampled_from(DataCategory), DAYS, st.none() | st.sampled_from(Danger), st.data())
def test_no_route_says_no_from_what_is_unknown(
    sender: Party, recipient: Party, category: DataCategory, on: date, danger: Danger | None, data: st.DataObject
) -> None:
    urgent = data.draw(st.booleans())
    for way in routes(sender, recipient, category=category, on=on, urgent=urgent, danger=danger):
        codes = {each.code for each in way.closed_because}
        assert bool(codes) is (way.answer is Known.NO)
        told = bounds(sender, recipient, Treaty(way.instrument.parties.binds), on=on)
        assert ("not-bound" in codes) is any(each.answer is Known.NO for each in told)
        for each in way.closed_because:
            assert each.rule, "a no has a rule or a source behind it"
        if way.answer is Known.YES:
            assert all(each.answer is Known.YES for each in told)
        if way.answer is Known.UNKNOWN:
            assert way.warnings


@given(PARTIES, PARTIES, st.sampled_from(DataCategory), DAYS)
def test_every_instrument_gets_an_answer_once(
    sender: Party, recipient: Party, category: DataCategory, on: date
) -> None:
    ways = routes(sender, recipient, category=category, on=on)
    assert sorted(each.instrument.id for each in ways) == sorted(instruments())
