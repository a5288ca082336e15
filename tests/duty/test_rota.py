"""The rota in the database, the journal beside it, and urgent letters that nobody opens: in real nodes."""

from datetime import timedelta
from typing import Any

import pytest

from tests.offices import Offices, console, entries
from tests.requests.desk import Pair, preservation, urgent
from tocsin.base.actor import Actor
from tocsin.base.errors import RuleError
from tocsin.base.ids import PersonId
from tocsin.duty import reads
from tocsin.duty.acts.rota import plan_turn, set_minutes, withdraw_turn
from tocsin.duty.acts.shifts import acknowledge
from tocsin.duty.errors import ChainMinutesError, NotHandedToYouError, ShiftFieldError, TurnFieldError, TurnOverError
from tocsin.duty.rules.rota import FIRST, on_duty
from tocsin.people.acts.people import end_person
from tocsin.people.errors import RightMissingError
from tocsin.requests import reads as requests
from tocsin.requests import shift
from tocsin.requests.acts.look import look_at_request, take_request
from tocsin.requests.acts.ring import ring_clocks
from tocsin.requests.acts.shift_note import hand_shift_over
from tocsin.requests.rules import letters as say
from tocsin.requests.rules.marks import Whether
from tocsin.requests.rules.shift_note import parse_note

ZONE = "Europe/Lisbon"


class House(Pair):
    """Pt with a first, a deputy and a chief; ro asks."""

    def __init__(self, offices: Offices) -> None:
        super().__init__(offices)
        self.rui = offices.person("pt", "Rui Exemplo", "duty-officer", function="police")
        self.marta = offices.person("pt", "Marta Exemplo", "duty-officer", function="police")
        self.pt()

    def planned(self) -> None:
        for person, place in ((self.ines, "first"), (self.rui, "deputy"), (self.marta, "chief")):
            self.on(person, place, 0, 12)

    def on(self, person: Actor, place: str, begins: float, ends: float, **more: int) -> list[str]:
        self.pt()
        return plan_turn(
            person.person,
            place=place,
            begins=self.at + timedelta(hours=begins),
            ends=self.at + timedelta(hours=ends),
            zone=ZONE,
            by=self.marta,
            at=self.at,
            **more,
        )

    def rung(self) -> list[tuple[str, tuple[str, ...]]]:
        self.pt()
        ring_clocks(at=self.at)
        names = {self.ines.person: "Inês", self.rui.person: "Rui", self.marta.person: "Marta"}
        return [
            (each.kind, tuple(names.get(who, who) for who in each.told))
            for each in reversed(requests.alarms_for(self.ines))
            if each.kind.startswith("unopened")
        ]


@pytest.fixture
def house(offices: Offices) -> House:
    return House(offices)


# --- The rota -----------------------------------------------------------------------------------


def test_who_is_planned_is_on_duty_and_the_journal_says_who_planned_it(house: House) -> None:
    (planned,) = house.on(house.ines, "first", 0, 12)
    held = on_duty(reads.turns(since=house.at, until=house.at + timedelta(hours=1)), at=house.at)
    assert [turn.person for turn in held[FIRST]] == [house.ines.person]
    (told,) = [entry for entry in entries() if entry["kind"] == "turn-planned"]
    assert (told["turn"], told["person"], told["place"]) == (planned, house.ines.person, "first")
    assert told["by"]["person"] == house.marta.person


def test_a_turn_repeats_week_after_week(house: House) -> None:
    assert len(house.on(house.ines, "first", 0, 12, weeks=4)) == 4
    later = house.at + timedelta(weeks=3, hours=1)
    assert [turn.person for turn in reads.turns(since=later, until=later + timedelta(hours=1))] == [house.ines.person]


def test_a_turn_that_has_begun_ends_when_it_is_withdrawn_and_one_to_come_falls_away(house: House) -> None:
    (now,), (to_come,) = house.on(house.ines, "first", -2, 10), house.on(house.rui, "first", 10, 22)
    for turn in (now, to_come):
        withdraw_turn(turn, by=house.marta, at=house.at)
    (left,) = reads.turns(since=house.at - timedelta(hours=3), until=house.at + timedelta(days=2))
    assert (left.id, left.ends) == (now, house.at)
    with pytest.raises(RuleError):
        withdraw_turn(to_come, by=house.marta, at=house.at)


def test_what_is_over_is_not_rewritten(house: House) -> None:
    (turn,) = house.on(house.ines, "first", -2, 1)
    house.later(hours=2)
    with pytest.raises(TurnOverError):
        withdraw_turn(turn, by=house.marta, at=house.at)


WRONG: dict[str, dict[str, Any]] = {
    "place": {"place": "second"},
    "ends": {"begins": 2, "ends": 1},
    "past": {"begins": -4, "ends": -1},
    "long": {"begins": 0, "ends": 24 * 8},
    "weeks": {"weeks": 0},
    "zone": {"zone": "Europe/Atlantis"},
}


@pytest.mark.parametrize("case", WRONG)
def test_a_turn_that_cannot_be_is_refused(house: House, case: str) -> None:
    told: dict[str, Any] = {"place": "first", "begins": 0, "ends": 12, "zone": ZONE, "weeks": 1, **WRONG[case]}
    house.pt()
    with pytest.raises(RuleError):
        plan_turn(
            house.ines.person,
            place=told["place"],
            begins=house.at + timedelta(hours=told["begins"]),
            ends=house.at + timedelta(hours=told["ends"]),
            zone=told["zone"],
            weeks=told["weeks"],
            by=house.marta,
            at=house.at,
        )
    assert not reads.is_planned()


def test_nobody_is_put_on_duty_who_could_open_no_letter_and_no_stranger_plans(house: House) -> None:
    trainer = house.offices.person("pt", "Tia Exemplo", "trainer", function="police")
    with pytest.raises(TurnFieldError):
        house.on(trainer, "first", 0, 12)
    with pytest.raises(RightMissingError):
        set_minutes(5, by=trainer, at=house.at)


def test_the_minutes_are_set_within_reach_and_told_once(house: House) -> None:
    house.pt()
    assert reads.minutes() == 15
    for _ in range(2):
        set_minutes(20, by=house.marta, at=house.at)
    assert reads.minutes() == 20
    assert [e["before"] for e in entries() if e["kind"] == "chain-set"] == [15]
    with pytest.raises(ChainMinutesError):
        set_minutes(0, by=house.marta, at=house.at)


# --- Urgent letters that nobody opens -----------------------------------------------------------


def test_an_urgent_letter_that_nobody_opens_goes_to_the_next_and_then_to_the_chief(house: House) -> None:
    house.planned()
    house.sent(urgent(house.at))
    chain = [("unopened-first", ("Inês",)), ("unopened-deputy", ("Rui",)), ("unopened-chief", ("Marta",))]
    assert house.rung() == chain[:1]
    house.later(minutes=14)
    assert house.rung() == chain[:1]
    house.later(minutes=1)
    assert house.rung() == chain[:2]
    assert house.rung() == chain[:2], "a call rings once, whoever looks"
    house.later(minutes=15)
    assert house.rung() == chain
    house.later(minutes=60)
    assert house.rung() == [*chain, ("unopened-again", ("Inês", "Rui", "Marta"))]
    told = [entry["told"] for entry in entries() if entry["kind"] == "alarm-raised" and "unopened" in entry["alarm"]]
    assert told[0] == [house.ines.person]


def test_one_that_somebody_opened_rings_no_more(house: House) -> None:
    house.planned()
    request = house.sent(urgent(house.at))
    house.rung()
    look_at_request(request, reason="on duty", by=house.ines, at=house.at)
    house.later(minutes=40)
    assert house.rung() == [("unopened-first", ("Inês",))]
    assert shift.calling(house.ines) == []


def test_nobody_is_called_who_has_left(house: House) -> None:
    house.planned()
    house.pt()
    end_person(PersonId(house.ines.person), by=console(), at=house.at)
    house.sent(urgent(house.at))
    house.pt()
    ring_clocks(at=house.at)
    (rung,) = [each for each in requests.alarms_for(house.rui) if each.kind.startswith("unopened")]
    assert (rung.kind, rung.told) == ("unopened-deputy", (house.rui.person,))


def test_who_was_called_sees_what_she_was_called_for(house: House) -> None:
    house.planned()
    request = house.sent(urgent(house.at))
    house.rung()
    assert [line.id for line in shift.calling(house.ines)] == [request]
    assert shift.calling(house.rui) == []


def test_one_that_is_not_urgent_calls_nobody(house: House) -> None:
    house.planned()
    house.sent(preservation(house.at, urgency=None))
    house.later(hours=2)
    assert house.rung() == []


def test_without_a_rota_nothing_is_called_and_with_an_empty_hour_the_duty_officers_by_their_role(house: House) -> None:
    house.sent(urgent(house.at))
    assert house.rung() == []
    house.on(house.ines, "first", 3, 12)
    assert house.rung() == [("unopened-first", ("duty-officer",))]


# --- Shifts -------------------------------------------------------------------------------------


def promised_and_more(house: House) -> dict[str, str]:
    """Four requests of a night: decided, promised, unread and urgent, due later."""
    found = {"refused": house.sent(preservation(house.at))}
    house.pt_writes(found["refused"], say.Refuse(ground="ETS185_POLITICAL", reason="The matter is political."))
    found["promised"] = house.sent(urgent(house.at))
    house.pt()
    look_at_request(found["promised"], reason="on duty", by=house.ines, at=house.at)
    take_request(found["promised"], by=house.ines, at=house.at)
    when = house.at + timedelta(hours=30)
    house.pt_writes(found["promised"], say.Indicate(whether=Whether.YES, form="the log of the session", when=when))
    found["unread"] = house.sent(urgent(house.at))
    house.later(hours=1)
    return {name: str(request) for name, request in found.items()}


def test_the_note_writes_itself_from_what_the_shift_did(house: House) -> None:
    since = house.at
    found = promised_and_more(house)
    house.pt()
    note = shift.shift_note(house.ines, since=since, at=house.at)
    assert [line.request for line in note.unread] == [found["unread"]]
    assert note.unread[0].urgent
    assert [(line.request, line.ours) for line in note.promised] == [(found["promised"], True)]
    assert {(line.request, line.what, line.person) for line in note.decided} == {
        (found["refused"], "letter:refuse", house.ines.person),
        (found["promised"], "letter:indicate", house.ines.person),
    }
    assert found["unread"] in {line.request for line in note.due}, "eight hours are less than twelve"
    shown = shift.shown_note(house.ines, note)
    assert list(shown.forms.values()) == ["the log of the session"]
    assert shift.shift_note(house.ines, since=house.at, at=house.at).decided == ()


def test_a_shift_goes_to_a_named_person_who_acknowledges_it_and_nobody_else(house: House) -> None:
    since = house.at
    promised_and_more(house)
    house.pt()
    note = hand_shift_over(
        to=house.rui.person, words="Call the provider at 8.", since=since, by=house.ines, at=house.at
    )
    (waiting,) = reads.waiting_for(house.rui)
    assert (waiting.id, waiting.words, waiting.given_by) == (note, "Call the provider at 8.", house.ines.person)
    assert parse_note(waiting.note).unread
    with pytest.raises(NotHandedToYouError):
        acknowledge(note, by=house.marta, at=house.at)
    for _ in range(2):
        acknowledge(note, by=house.rui, at=house.at)
    assert reads.waiting_for(house.rui) == []
    kinds = [entry["kind"] for entry in entries()]
    assert (kinds.count("shift-handed-over"), kinds.count("shift-acknowledged")) == (1, 1)
    assert shift.shift_since(house.rui, at=house.at + timedelta(hours=1)) == house.at


def test_until_it_is_acknowledged_urgent_letters_ring_for_the_one_who_leaves_too(house: House) -> None:
    house.on(house.ines, "first", 0, 1)
    house.on(house.rui, "first", 1, 12)
    house.later(minutes=55)
    house.pt()
    note = hand_shift_over(
        to=house.rui.person, words="", since=house.at - timedelta(hours=1), by=house.ines, at=house.at
    )
    house.later(minutes=10)
    house.sent(urgent(house.at))
    assert house.rung() == [("unopened-first", ("Rui", "Inês"))]
    acknowledge(note, by=house.rui, at=house.at)
    house.later(minutes=75)
    assert house.rung()[-1] == ("unopened-again", ("Rui",))


def test_nobody_hands_a_shift_to_himself_or_one_of_last_week(house: House) -> None:
    house.pt()
    for to, since in ((house.ines, house.at), (house.rui, house.at - timedelta(days=7))):
        with pytest.raises(ShiftFieldError):
            hand_shift_over(to=to.person, words="", since=since, by=house.ines, at=house.at)
