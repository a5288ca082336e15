"""The API of call-backs, forgeries and warnings, over the real handlers; the rules are tested where they are."""

from typing import Any

import pytest

from tests.gate.test_api import Ro
from tests.notices.postman import forgery
from tests.offices import Offices
from tocsin.base import instant
from tocsin.notices.acts.issue import warn
from tocsin.people.reads import holder_of


@pytest.fixture
def ro(offices: Offices) -> Ro:
    offices.at = instant.true_now().replace(microsecond=0)
    offices.found("pt")
    offices.found("ro")
    return Ro(offices)


def test_a_forgery_is_said_and_confirmed_by_two_and_taken_back(ro: Ro) -> None:
    first, second = ro.token("duty-officer"), ro.token("duty-officer", "case-officer")
    body: dict[str, Any] = {
        "channel": "telephone",
        "seen": "2026-11-24T03:10:00Z",
        "phones": ["+44 20 7946 0999"],
        "words": "A voice in a hurry.",
    }
    made = ro.call("POST /api/forgeries", token=first, body=body)
    assert made.status_code == 201
    mark = made.json()["forgery"]
    assert ro.call("POST /api/forgeries/{forgery_id}/confirm", token=first, body={}, forgery_id=mark).status_code >= 400
    (waits,) = ro.call("GET /api/forgeries", token=second).json()
    assert (waits["id"], waits["features"]["phones"]) == (mark, ["+442079460999"])
    warned = ro.call("POST /api/forgeries/{forgery_id}/confirm", token=second, body={}, forgery_id=mark).json()
    (shown,) = ro.call("GET /api/warnings", token=first).json()
    assert (shown["warning"], shown["ours"]) == (warned["warning"], True)
    taken = ro.call(
        "POST /api/forgeries/{forgery_id}/take-back", token=first, body={"why": "mistaken"}, forgery_id=mark
    )
    assert taken.status_code == 200
    assert ro.call("GET /api/warnings", token=first).json() == []
    (past,) = ro.call("GET /api/warnings?past=true", token=first).json()
    assert past["withdrawn"]["why"] == "mistaken"


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"seen": "yesterday"}, "seen"), ({"phones": ["112"]}, "phones"), ({"channel": "x"}, "channel")],
)
def test_what_breaks_a_rule_is_a_problem_that_names_it(ro: Ro, changed: dict[str, Any], field: str) -> None:
    body = {"channel": "telephone", "seen": "2026-11-24T03:10:00Z", "phones": ["+44 20 7946 0999"], **changed}
    answer = ro.call("POST /api/forgeries", token=ro.token("duty-officer"), body=body)
    assert answer.status_code == 422
    assert field in answer.json()["detail"]


def test_a_warning_is_shown_with_how_far_it_has_come(ro: Ro) -> None:
    token = ro.token("duty-officer")
    warning = warn(forgery(instant.true_now()), by=holder_of(token, at=instant.now()).actor, at=instant.true_now())
    shown = ro.call("GET /api/warnings/{warning_id}", token=token, warning_id=warning).json()
    assert {each["member"] for each in shown["told"]} == {"pt"}
    assert ro.call("GET /api/warnings/{warning_id}", token=token, warning_id="x").status_code == 404
