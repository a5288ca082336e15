"""The exercise page: begun by a scenario, moved on, ended, talked about, taken along as a record, wiped."""

import csv
import json
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO, StringIO

import pytest

from tests.desk.door import Officer, desk_open, signed_in
from tests.offices import Offices, entries
from tocsin.base import instant
from tocsin.base.ids import new_uuid
from tocsin.directory.reads import own_card
from tocsin.directory.rules.card import payload_of
from tocsin.directory.rules.card_form import NOBODY, faults_of
from tocsin.exercise import reads
from tocsin.exercise.acts.marks import reckon_marks
from tocsin.exercise.acts.wipe import carry_out_wipes
from tocsin.requests import reads as requests
from tocsin.requests.acts.draft import change_draft
from tocsin.requests.acts.send import send_request
from tocsin.requests.acts.sign_off import sign_off
from tocsin.requests.errors import DraftFaultsError, DraftFieldError

OWN = b"""
title = "Only us"
[[task]]
id = "ask-pt"
member = "ro"
to = "pt"
within_minutes = 60
points = 4
"""


@pytest.fixture
def adina(offices: Offices) -> Iterator[Officer]:
    with desk_open():
        offices.at = instant.true_now()
        offices.found("ro", exercise=True)
        yield signed_in(offices, "ro", roles=["administrator"], name="Adina Admin")


def shown(officer: Officer, path: str) -> str:
    answer = officer.client.get(path)
    assert answer.status_code == 200, answer.content[:800]
    return answer.content.decode()


def begin(officer: Officer, **told: object) -> int:
    return int(officer.client.post("/exercise/begin/", {"once": new_uuid(), **told}).status_code)


def test_an_exercise_is_begun_by_a_file_moved_on_ended_and_taken_along(adina: Officer) -> None:
    assert "EXERCISE" in shown(adina, "/exercise/")
    assert begin(adina, file=BytesIO(OWN)) == 302
    page = shown(adina, "/exercise/")
    assert "Only us" in page
    assert adina.client.post("/exercise/clock/", {"hours": "2"}).status_code == 302
    assert instant.shift() == timedelta(hours=2)
    (running,) = reads.exercises_for(adina.actor)
    assert adina.client.post(f"/exercise/{running.id}/end/").status_code == 302
    reckon_marks(at=instant.now())
    debrief = shown(adina, f"/exercise/{running.id}/")
    assert "missing" in debrief
    assert "on record" in debrief
    record = json.loads(shown(adina, f"/exercise/{running.id}/record.json"))
    assert [mark["code"] for mark in record["marks"]] == ["missing"]
    (row,) = csv.DictReader(StringIO(shown(adina, f"/exercise/{running.id}/record.csv")))
    assert (row["about"], row["code"], row["most"]) == ("ask-pt", "missing", "4")


def test_a_double_click_begins_one_exercise_and_faults_stand_at_their_field(adina: Officer) -> None:
    once = new_uuid()
    for _ in range(2):
        answer = adina.client.post("/exercise/begin/", {"once": once, "scenario": "hospital-night"})
        assert answer.status_code == 302
    assert len(entries("exercise-begun")) == 1
    assert begin(adina, scenario="hospital-night") == 422  # one runs already
    again = adina.client.post("/exercise/begin/", {"once": new_uuid(), "file": BytesIO(b"title = 3")})
    assert again.status_code == 422
    assert adina.client.post("/exercise/clock/", {"hours": "-1"}).status_code == 422


def test_a_wipe_wants_the_nodes_name_and_is_done_by_the_worker(adina: Officer) -> None:
    begin(adina, scenario="hospital-night")
    refused = adina.client.post("/exercise/wipe/", {"typed": "yes"})
    assert refused.status_code == 422
    assert "type ro to wipe" in refused.content.decode()
    assert adina.client.post("/exercise/wipe/", {"typed": "ro"}).status_code == 302
    assert "on its way" in shown(adina, "/exercise/")
    assert carry_out_wipes(at=instant.now()) == 1
    assert "Wiped last" in shown(adina, "/exercise/")
    assert reads.exercises_for(adina.actor)[0].ended_at is not None


def test_to_those_who_do_not_run_the_node_it_is_not_there(adina: Officer, offices: Offices) -> None:
    ioana = signed_in(offices, "ro", roles=["duty-officer"], name="Ioana Exemplu")
    assert ioana.client.get("/exercise/").status_code == 404
    assert ioana.client.post("/exercise/wipe/", {"typed": "ro"}).status_code == 404
    assert adina.client.get(f"/exercise/{new_uuid()}/").status_code == 404
    assert entries("wipe-asked") == []


@pytest.mark.parametrize("exercise", [False, True])
def test_on_an_empty_watch_lies_a_sample_case_that_cannot_be_sent(offices: Offices, *, exercise: bool) -> None:
    with desk_open():
        offices.at = instant.true_now()
        offices.found("ro", exercise=exercise)
        ioana = signed_in(offices, "ro", roles=["duty-officer"], name="Ioana Exemplu")
        radu = offices.person("ro", "Radu Model", "issuing-authority", function="prosecutor")
        assert "EXERCISE: look around in a sample case" in shown(ioana, "/")
        first = ioana.client.post("/exercise/sample/")["Location"]
        assert ioana.client.post("/exercise/sample/")["Location"] == first
        assert "This is a sample case to look around in." in shown(ioana, first)
        assert "EXERCISE" in shown(ioana, "/drafts/")
        (draft,) = requests.drafts_for(ioana.actor)
        sign_off(draft.id, draft_sha256=draft.content.sha256, by=radu, at=instant.now())
        with pytest.raises(DraftFaultsError) as stopped:
            send_request(draft.id, by=ioana.actor, at=instant.now())
        assert "exercise" in str(stopped.value)
        with pytest.raises(DraftFieldError, match="sample case"):
            change_draft(draft.id, {"to": "pt"}, by=ioana.actor, at=instant.now())
        assert requests.watch(ioana.actor) == []
        assert entries("letter-sent") == []
        administrator = signed_in(offices, "ro", roles=["administrator"], name="Adina Admin")
        assert administrator.client.post("/exercise/sample/").status_code == 404


def test_nobody_can_be_the_addressee_of_the_sample_case(offices: Offices) -> None:
    offices.found("ro")
    signed = own_card()
    assert signed is not None
    payload = payload_of(signed.card) | {"member": NOBODY, "kind": "provider"}
    assert any(each.field == "member" and "sample cases" in each.rule for each in faults_of(payload))


def test_a_node_of_real_work_says_that_nothing_is_played_there(offices: Offices) -> None:
    with desk_open():
        offices.found("pt")
        administrator = signed_in(offices, "pt", roles=["administrator"], name="Ana Admin")
        assert "does real work" in shown(administrator, "/exercise/")
        assert administrator.client.post("/exercise/wipe/", {"typed": "pt"}).status_code == 422
        assert begin(administrator, scenario="hospital-night") == 422
