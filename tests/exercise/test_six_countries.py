"""An exercise with six countries (S33): one desk is trained, five are played, marks are kept, and one act wipes it."""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.resources import files
from typing import Any

import pytest

from tests.offices import Offices, console, entries
from tests.requests.desk import preservation
from tests.retention.ended import files_here, left_of
from tocsin.base.actor import Actor
from tocsin.base.ids import RequestId
from tocsin.base.instant import Instant, text
from tocsin.base.plain import plain
from tocsin.exercise import reads
from tocsin.exercise.acts import wipe as wiping
from tocsin.exercise.acts.marks import reckon_marks
from tocsin.exercise.acts.play import play
from tocsin.exercise.acts.run import PLAYER, begin_exercise, end_exercise
from tocsin.exercise.acts.send import send_request
from tocsin.exercise.acts.wipe import ask_wipe, carry_out_wipes
from tocsin.exercise.errors import ExerciseRunningError, NotAnExerciseNodeError, WipeNotConfirmedError
from tocsin.exercise.models import Wipe
from tocsin.exercise.rules.scenario import parse_scenario
from tocsin.journal.acts import audit_journal
from tocsin.people import reads as people
from tocsin.people.errors import RightMissingError, SignOffMissingError
from tocsin.requests import reads as requests
from tocsin.requests.acts.draft import write_draft
from tocsin.requests.acts.note import write_note
from tocsin.requests.acts.shift_note import hand_shift_over
from tocsin.requests.acts.sign_off import sign_off
from tocsin.requests.acts.write import write_letter
from tocsin.requests.rules.letters import Acknowledge, Body, Indicate, Refuse, Supplement
from tocsin.requests.rules.marks import Whether

PLAYED = ("pt", "bg", "fr", "de", "pl")
SCENARIO = parse_scenario(files("tocsin.exercise").joinpath("scenarios", "hospital-night.toml").read_bytes())
WORDS = ("invented hospital", "EX-PT-NIGHT", "journalist", "Zyprexa", "example.user")


@dataclass
class Drill:
    """Six nodes of an exercise in this process, and the one desk that people sit at."""

    offices: Offices
    played: tuple[str, ...]
    at: Instant = field(init=False)
    exercise: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.at = self.offices.at
        for member in ("ro", *self.played):
            self.offices.found(member, exercise=True)
        self.ioana = self.offices.person("ro", "Ioana Exemplu", "duty-officer", function="police")
        self.radu = self.offices.person("ro", "Radu Model", "issuing-authority", function="prosecutor")
        self.adina = self.offices.person("ro", "Adina Admin", "administrator")
        for member in ("ro", *self.played):
            self.offices.be(member)
            self.exercise[member] = begin_exercise(SCENARIO, by=console(), at=self.at)
        self.ro()

    def ro(self) -> None:
        self.offices.be("ro")

    def later(self, **much: float) -> None:
        """Time passes; every node does by itself what its worker does, and letters arrive."""
        self.at += timedelta(**much)
        for member in ("ro", *self.played):
            self.offices.be(member)
            play(at=self.at)
            reckon_marks(at=self.at)
        assert self.offices.carry(at=self.at) == []
        self.ro()

    def ask(self, content: dict[str, object], *, signs: Actor | None = None) -> RequestId:
        self.ro()
        draft = write_draft(content, by=self.ioana, at=self.at)
        if signs is not None:
            sign_off(draft.id, draft_sha256=draft.content.sha256, by=signs, at=self.at)
        letter = send_request(draft.id, by=self.ioana, at=self.at)
        assert self.offices.carry(at=self.at) == []
        return letter.thread

    def write(self, request: str, body: Body) -> None:
        self.ro()
        write_letter(request, body, by=self.ioana, at=self.at)
        assert self.offices.carry(at=self.at) == []

    def came(self, reference: str) -> str:
        self.ro()
        found = [each for each in requests.watch(self.ioana) if each.case_reference == reference]
        return found[0].id if found else ""

    def kinds(self, request: str) -> list[str]:
        self.ro()
        thread = requests.thread_for(self.ioana, request)
        return [each.kind.value for each in thread.letters]

    def codes(self) -> list[tuple[str, str, str, int]]:
        self.ro()
        found = reads.scores_for(self.adina, self.exercise["ro"])
        return [(each.name, each.about, each.code, each.points) for each in found]


@pytest.fixture
def six(offices: Offices) -> Drill:
    return Drill(offices, PLAYED)


@pytest.fixture
def drill(offices: Offices) -> Drill:
    """The same with those two that send something: a node less is a second less."""
    return Drill(offices, ("pt", "de"))


def assist(at: Instant) -> dict[str, object]:
    """Article 35: technical advice."""
    form = preservation(at)["form"]
    names = ("reference", "requesting_authority", "legal_basis", "offence", "facts", "language")
    address = {"type": "ip", "value": "203.0.113.7", "at": text(at - timedelta(days=1)), "port": 51413}
    more = {"assistance": ["technical-advice"], "question": "Which provider runs it?", "identifiers": [address]}
    told = {name: form[name] for name in names}
    return {"instrument": "budapest-35-assist", "to": "pt", "case_reference": "EX-RO-9", "form": told | more}


def preserve_in(member: str, at: Instant) -> dict[str, object]:
    return {**preservation(at), "to": member}


def test_five_played_countries_answer_by_themselves_and_the_sixth_stays_silent(six: Drill) -> None:
    drill = six
    keep = drill.ask(preserve_in("pt", drill.at), signs=drill.radu)
    refused = drill.ask(preserve_in("bg", drill.at), signs=drill.radu)
    silent = drill.ask(preserve_in("pl", drill.at), signs=drill.radu)
    helped = drill.ask({**assist(drill.at), "to": "fr"})
    drill.later(minutes=15)
    assert drill.kinds(keep) == ["ask", "acknowledge"]
    drill.later(minutes=25)
    assert drill.kinds(keep) == ["ask", "acknowledge", "query"]
    drill.later(hours=3)
    assert drill.kinds(keep)[-1] == "query"  # it waits for the supplement, however long
    port: dict[str, Any] = {
        "type": "ip",
        "value": "203.0.113.7",
        "at": text(drill.at - timedelta(days=1)),
        "port": 51413,
    }
    drill.write(keep, Supplement(fields={"identifiers": [port]}, cannot={}))
    drill.later(minutes=20)
    drill.later(minutes=45)
    assert drill.kinds(keep) == ["ask", "acknowledge", "query", "supplement", "accept", "preserved"]
    assert drill.kinds(refused) == ["ask", "acknowledge", "refuse"]
    assert drill.kinds(silent) == ["ask"]
    assert drill.kinds(helped) == ["ask", "acknowledge", "deliver"]
    drill.offices.be("pt")
    played = [each for each in entries("move-played") if each["move"] == keep]
    assert [each["letter_kind"] for each in played] == ["acknowledge", "query", "accept", "preserved"]
    assert {each["by"]["person"] for each in played} == {people.actor_of(PLAYER).person}
    assert all(each["exercise"] is not None for each in _signed(drill, keep))


def test_injects_come_in_when_they_are_due_and_what_the_desk_does_is_marked(drill: Drill) -> None:
    drill.later(minutes=6)
    night = drill.came("EX-PT-NIGHT")
    assert night
    assert not drill.came("EX-DE-SOURCE")
    drill.later(minutes=10)
    drill.write(night, Acknowledge(reference="EX-RO-1"))
    drill.later(minutes=30)
    source = drill.came("EX-DE-SOURCE")
    drill.write(night, Indicate(whether=Whether.YES, form="by letter", when=drill.at + timedelta(hours=3)))
    drill.write(source, Refuse(ground="ETS185_POLITICAL", reason="It is about what an editor wrote."))
    with pytest.raises(SignOffMissingError):
        drill.ask(preserve_in("pt", drill.at))
    drill.ask(preserve_in("de", drill.at), signs=drill.radu)  # Germany was to be asked under Article 35
    drill.later(minutes=10)
    drill.later(hours=4)
    marks = drill.codes()
    assert ("Ioana Exemplu", "night-call", "in-time", 5) in marks
    assert ("Ioana Exemplu", "night-call", "in-time", 10) in marks
    assert ("Ioana Exemplu", "source", "in-time", 15) in marks
    assert ("", "keep-in-portugal", "missing", 0) in marks
    assert ("Ioana Exemplu", "ask-germany", "wrong-route", -1) in marks
    assert ("Ioana Exemplu", "draft", "blocked", -1) in marks
    assert any(code == "clock-met" for _, _, code, _ in marks)
    assert entries("send-blocked")[0]["reasons"] == ["people.sign-off-missing"]


def test_silence_is_a_mistake_and_what_ended_is_a_record(drill: Drill) -> None:
    drill.later(minutes=31)
    source = drill.came("EX-DE-SOURCE")
    drill.write(source, Acknowledge(reference="EX-RO-2"))
    drill.later(days=2)
    end_exercise(drill.exercise["ro"], by=drill.adina, at=drill.at)
    drill.later(minutes=1)
    marks = drill.codes()
    assert ("", "night-call", "missing", 0) in marks
    assert ("", "source", "missing", 0) in marks
    assert any(code == "clock-missed" for _, _, code, _ in marks)
    line = reads.exercise_for(drill.adina, drill.exercise["ro"])
    assert line.marks_kept_at is not None
    assert {each["person"] for each in entries("marks-kept")} >= {""}
    assert entries("exercise-ended")
    drill.later(days=30)  # a record is not reckoned anew
    assert drill.codes() == marks


def test_one_exercise_at_a_time_and_only_by_who_runs_the_node(drill: Drill) -> None:
    with pytest.raises(ExerciseRunningError):
        begin_exercise(SCENARIO, by=drill.adina, at=drill.at)
    with pytest.raises(RightMissingError):
        begin_exercise(SCENARIO, by=drill.ioana, at=drill.at)
    with pytest.raises(RightMissingError):
        end_exercise(drill.exercise["ro"], by=drill.ioana, at=drill.at)


def test_a_node_of_real_work_begins_plays_and_wipes_nothing(offices: Offices) -> None:
    offices.found("ro")
    administrator = offices.person("ro", "Adina Admin", "administrator")
    with pytest.raises(NotAnExerciseNodeError):
        begin_exercise(SCENARIO, by=administrator, at=offices.at)
    with pytest.raises(NotAnExerciseNodeError):
        ask_wipe("ro", by=administrator, at=offices.at)
    assert play(at=offices.at) == 0


# --- The wipe -----------------------------------------------------------------------------------


def _worked(drill: Drill) -> None:
    """A case with letters, notes, a package on its way, and a draft that stays one."""
    drill.later(minutes=6)
    drill.write(drill.came("EX-PT-NIGHT"), Acknowledge(reference="EX-RO-1"))
    write_note(drill.came("EX-PT-NIGHT"), "Zyprexa: ask the pharmacy", language="en", by=drill.ioana, at=drill.at)
    drill.ask(preserve_in("pt", drill.at), signs=drill.radu)
    write_draft(preserve_in("de", drill.at), by=drill.ioana, at=drill.at)
    hand_shift_over(
        to=drill.radu.person, words="Zyprexa again", since=drill.at - timedelta(hours=8), by=drill.ioana, at=drill.at
    )
    drill.later(minutes=15)


def test_one_act_wipes_everything_but_the_marks_and_the_tree_stays_whole(drill: Drill) -> None:
    _worked(drill)
    assert left_of(WORDS)
    with pytest.raises(WipeNotConfirmedError):
        ask_wipe("yes", by=drill.adina, at=drill.at)
    with pytest.raises(RightMissingError):
        ask_wipe("ro", by=drill.ioana, at=drill.at)
    before = len(reads.scores_for(drill.adina, drill.exercise["ro"]))
    ask_wipe("ro", by=drill.adina, at=drill.at)
    assert carry_out_wipes(at=drill.at) == 1
    assert carry_out_wipes(at=drill.at) == 0
    assert requests.watch(drill.ioana) == []
    assert requests.drafts_for(drill.ioana) == []
    scenario_words = [each for each in left_of(WORDS) if "exercise_exercise" not in each]
    assert scenario_words == []
    assert files_here() == []
    assert list(audit_journal(at=drill.at).findings) == []
    assert len(reads.scores_for(drill.adina, drill.exercise["ro"])) >= before
    wiped = entries("exercise-wiped")[0]
    assert wiped["requests"] == 2
    assert wiped["letters"] >= 4
    assert entries("exercise-begun")
    assert entries("marks-kept")
    assert drill.ioana.person in {each["person"] for each in entries("person-added")}


@pytest.mark.parametrize("where", ["_empty_tables", "_erase_entries", "_let_files_go"])
def test_a_wipe_that_was_killed_in_the_middle_is_finished_by_the_next_call(
    drill: Drill, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _worked(drill)
    ask_wipe("ro", by=drill.adina, at=drill.at)

    def killed(*_: object, **__: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(wiping, where, killed)
        with pytest.raises(KeyboardInterrupt):
            carry_out_wipes(at=drill.at)
    half = Wipe.objects.get()
    assert half.finished_at is None
    assert (half.wiped_at is None) == (where != "_let_files_go")
    assert carry_out_wipes(at=drill.at) == 1
    assert requests.watch(drill.ioana) == []
    assert list(audit_journal(at=drill.at).findings) == []
    assert len(entries("exercise-wiped")) == 1


def test_after_a_wipe_the_next_exercise_begins_on_an_empty_desk(drill: Drill) -> None:
    _worked(drill)
    for member in ("ro", *drill.played):
        drill.offices.be(member)
        ask_wipe(member, by=console(), at=drill.at)
        carry_out_wipes(at=drill.at)
        assert reads.exercises_for(console())[0].ended_at is not None
        drill.exercise[member] = begin_exercise(SCENARIO, by=console(), at=drill.at)
    drill.later(minutes=6)
    assert drill.came("EX-PT-NIGHT")


def _signed(drill: Drill, request: str) -> list[dict[str, object]]:
    drill.ro()
    thread = requests.thread_for(drill.ioana, request)
    return [{"exercise": each.exercise_shift_seconds} for each in thread.letters]


def test_the_record_is_plain_json(drill: Drill) -> None:
    drill.later(days=3)
    line = reads.exercise_for(drill.adina, drill.exercise["ro"])
    scores = reads.scores_for(drill.adina, drill.exercise["ro"])
    record = json.loads(json.dumps(plain(reads.record_of(line, scores, member="ro"))))
    assert record["type"] == "exercise-record"
    assert {each["name"] for each in record["totals"]} == {each.name for each in scores}
    assert len(record["marks"]) == len(scores)
