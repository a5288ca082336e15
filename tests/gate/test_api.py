"""The HTTP API: it describes itself, asks everybody who he is, and answers every refusal with a problem document.

The table of who may call what is written here a second time, from the roles' side: a route that is not in it fails the
tests, so that each new one has to choose.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import checks
from schemathesis.core.result import Ok
from schemathesis.specs.openapi import checks as openapi_checks

from tests.offices import Offices, console, entries
from tests.requests.desk import preservation
from tocsin.base import instant
from tocsin.base.ids import new_uuid
from tocsin.people.acts.people import add_person, issue_token, withdraw_token
from tocsin.people.reads import actor_of
from tocsin.people.rules.rights import Right, Role, rights_of
from tocsin.requests import reads as requests
from tocsin.requests.acts.draft import write_draft
from tocsin.requests.acts.send import send_request
from tocsin.requests.acts.sign_off import sign_off

READ, DRAFT, SEND, ANSWER = Right.READ_REQUESTS, Right.DRAFT, Right.SEND, Right.ANSWER
SEE, KEEP = Right.READ_DOSSIERS, Right.KEEP_DOSSIERS
OPEN, TAKE_IN, PROVE = Right.OPEN_EVIDENCE, Right.TAKE_IN_EVIDENCE, Right.EXPORT_PROOF

NEEDS: dict[str, tuple[Right, ...]] = {
    "GET /api/node": (),
    "POST /api/clock": (Right.RUN_NODE,),
    "GET /api/requests": (READ,),
    "GET /api/requests/{request_id}": (READ,),
    "GET /api/requests/{request_id}/line": (READ,),
    "GET /api/requests/{request_id}/places": (READ,),
    "GET /api/requests/{request_id}/clocks": (READ,),
    "GET /api/requests/{request_id}/children": (READ,),
    "GET /api/requests/{request_id}/alarms": (READ,),
    "GET /api/requests/{request_id}/looks": (READ,),
    "POST /api/requests/{request_id}/take": (READ,),
    "POST /api/requests/{request_id}/letters": (READ,),
    "POST /api/requests/{request_id}/release": (ANSWER,),
    "GET /api/requests/{request_id}/export": (READ,),
    "POST /api/requests/{request_id}/receipt": (SEND,),
    "POST /api/requests/{request_id}/steps": (SEND,),
    "POST /api/requests/{request_id}/notify": (SEND,),
    "POST /api/requests/{request_id}/tell": (SEND,),
    "POST /api/drafts/{draft_id}/export": (SEND,),
    "GET /api/drafts": (DRAFT,),
    "POST /api/drafts": (DRAFT,),
    "GET /api/drafts/{draft_id}": (DRAFT,),
    "PATCH /api/drafts/{draft_id}": (DRAFT,),
    "DELETE /api/drafts/{draft_id}": (DRAFT,),
    "POST /api/drafts/{draft_id}/sign-offs": (Right.SIGN_OFF,),
    "POST /api/drafts/{draft_id}/documents": (DRAFT,),
    "POST /api/sign-offs/{sign_off_id}/confirm": (SEND,),
    "POST /api/drafts/{draft_id}/send": (SEND,),
    "PUT /api/requests/{request_id}/uploads/{name}": (ANSWER,),
    "GET /api/requests/{request_id}/uploads": (ANSWER,),
    "GET /api/requests/{request_id}/packages": (READ,),
    "POST /api/requests/{request_id}/packages": (ANSWER,),
    "POST /api/requests/{request_id}/packages/take-in": (TAKE_IN,),
    "GET /api/packages/{package_id}": (READ,),
    "GET /api/packages/{package_id}/custody": (READ,),
    "POST /api/packages/{package_id}/deliver": (ANSWER,),
    "POST /api/packages/{package_id}/pass-on": (ANSWER,),
    "POST /api/packages/{package_id}/open": (OPEN,),
    "GET /api/packages/{package_id}/opened/{opening}/{number}": (OPEN,),
    "DELETE /api/packages/{package_id}/opened/{opening}": (OPEN,),
    "POST /api/packages/{package_id}/convert": (OPEN,),
    "POST /api/packages/{package_id}/rerun": (OPEN,),
    "POST /api/packages/{package_id}/stamp": (PROVE,),
    "POST /api/journal/stamp": (PROVE,),
    "GET /api/packages/{package_id}/case": (PROVE,),
    "POST /api/requests/{request_id}/bundle": (PROVE,),
    "GET /api/dossiers": (SEE,),
    "GET /api/dossiers/{dossier_id}": (SEE,),
    # The right to all looks or a dossier that one answers for: the read asks, since a right alone does not say.
    "GET /api/looks": (),
    "POST /api/dossiers": (KEEP,),
    "GET /api/dossiers/{dossier_id}/members": (READ,),
    "GET /api/dossiers/{dossier_id}/requests": (READ,),
    "GET /api/dossiers/{dossier_id}/drafts": (DRAFT,),
    "GET /api/dossiers/{dossier_id}/notes": (READ,),
    "POST /api/dossiers/{dossier_id}/notes": (READ, KEEP),
    "POST /api/dossiers/{dossier_id}/members": (KEEP,),
    "POST /api/dossiers/{dossier_id}/members/{person}/end": (KEEP,),
    "POST /api/dossiers/{dossier_id}/access": (KEEP,),
    "POST /api/dossiers/{dossier_id}/close": (KEEP,),
    "GET /api/dossiers/{dossier_id}/defence": (SEE,),
    "GET /api/dossiers/{dossier_id}/withholdings": (SEE,),
    "POST /api/dossiers/{dossier_id}/withholdings": (Right.WITHHOLD,),
    "POST /api/dossiers/{dossier_id}/withholdings/{withholding}/review": (Right.WITHHOLD,),
    "POST /api/dossiers/{dossier_id}/withholdings/{withholding}/lift": (Right.WITHHOLD,),
    "POST /api/packages/{package_id}/verify": (OPEN, PROVE),
    "GET /api/journal/entries": (Right.READ_JOURNAL,),
    "GET /api/journal/entries/{index}": (Right.READ_JOURNAL,),
    "GET /api/journal/entries/{index}/proof": (Right.READ_JOURNAL,),
    "GET /api/journal/audits": (Right.READ_JOURNAL,),
    "POST /api/journal/audits": (Right.READ_JOURNAL,),
    "POST /api/dossiers/{dossier_id}/things": (READ, KEEP),
    "POST /api/requests/{request_id}/leave-dossier": (READ, KEEP),
    "POST /api/requests/{request_id}/call-backs": (ANSWER,),
    "POST /api/call-backs/{call_back_id}/confirm": (READ,),
    "POST /api/requests/{request_id}/go-without": (ANSWER,),
    "POST /api/requests/{request_id}/forgery": (ANSWER,),
    "POST /api/forgeries": (ANSWER,),
    "GET /api/forgeries": (READ,),
    "POST /api/forgeries/{forgery_id}/confirm": (ANSWER,),
    "POST /api/forgeries/{forgery_id}/take-back": (ANSWER,),
    "GET /api/warnings": (READ,),
    "GET /api/warnings/{warning_id}": (READ,),
}
"""Which rights each route asks for before it looks anything up; the acts behind it may ask for more."""

_FORGED = {"channel": "telephone", "seen": "2026-11-24T03:00:00Z", "phones": ["+44 20 7946 0999"]}
BODIES: dict[str, dict[str, Any]] = {
    "POST /api/clock": {"seconds": 0},
    "POST /api/requests/{request_id}/letters": {"kind": "close", "body": {"words": None}},
    "POST /api/requests/{request_id}/release": {"release": False},
    "POST /api/drafts": {"instrument": "budapest-29-preserve", "to": "pt"},
    "PATCH /api/drafts/{draft_id}": {},
    "POST /api/drafts/{draft_id}/sign-offs": {"sha256": "0" * 64},
    "POST /api/drafts/{draft_id}/documents": {
        "sha256": "0" * 64,
        "document_sha256": "0" * 64,
        "signer": "Ana Judecator",
        "function": "judge",
    },
    "POST /api/requests/{request_id}/receipt": {"reference": "EV-7/2026", "at": "2026-11-24T03:00:00Z"},
    "POST /api/requests/{request_id}/steps": {
        "side": "asked",
        "kind": "acknowledge",
        "body": {"reference": None, "words": None},
        "at": "2026-11-24T03:00:00Z",
    },
    "POST /api/requests/{request_id}/notify": {"to": "pt"},
    "POST /api/requests/{request_id}/tell": {},
    "POST /api/requests/{request_id}/packages": {"title": "x", "files": ["a"]},
    "POST /api/requests/{request_id}/packages/take-in": {},
    "POST /api/packages/{package_id}/deliver": {},
    "POST /api/packages/{package_id}/pass-on": {"request": "0"},
    "POST /api/packages/{package_id}/open": {"reason": "to read it"},
    "POST /api/packages/{package_id}/convert": {"name": "a.csv"},
    "POST /api/dossiers": {"title": "x", "members_only": True},
    "POST /api/dossiers/{dossier_id}/notes": {"words": "x"},
    "POST /api/dossiers/{dossier_id}/members": {"person": "x", "capacity": "reader", "reason": "why"},
    "POST /api/dossiers/{dossier_id}/members/{person}/end": {"reason": "why"},
    "POST /api/dossiers/{dossier_id}/access": {"members_only": True, "reason": "why"},
    "POST /api/dossiers/{dossier_id}/close": {"reason": "why"},
    "POST /api/dossiers/{dossier_id}/withholdings": {
        "what": "file",
        "thing": "0" * 64,
        "told": "a file",
        "ground": "national-security",
        "reason": "why",
    },
    "POST /api/dossiers/{dossier_id}/withholdings/{withholding}/review": {"reason": "why"},
    "POST /api/dossiers/{dossier_id}/withholdings/{withholding}/lift": {"reason": "why"},
    "POST /api/dossiers/{dossier_id}/things": {"reason": "why", "request": "x"},
    "POST /api/requests/{request_id}/leave-dossier": {"reason": "why"},
    "POST /api/requests/{request_id}/call-backs": {"number_from_card": "", "outcome": "no-answer"},
    "POST /api/requests/{request_id}/go-without": {"reason": "A child is missing since yesterday."},
    "POST /api/requests/{request_id}/forgery": _FORGED,
    "POST /api/forgeries": _FORGED,
    "POST /api/forgeries/{forgery_id}/confirm": {},
    "POST /api/forgeries/{forgery_id}/take-back": {"why": "mistaken"},
}
"""A body of the right shape for each route that takes one."""
QUERIES = {
    "GET /api/requests/{request_id}": "?reason=why",
    "GET /api/dossiers/{dossier_id}": "?reason=why",
    "GET /api/dossiers/{dossier_id}/defence": "?reason=why",
    "GET /api/looks": "?since=2026-11-24T00:00:00Z&until=2026-11-25T00:00:00Z",
}


@dataclass
class Ro:
    """The node of ro behind its API, with one person of each role."""

    offices: Offices
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))
    tokens: dict[str, str] = field(default_factory=dict)

    def token(self, *roles: str, scopes: frozenset[str] = frozenset(), function: str = "") -> str:
        """A token of somebody with these roles, made once."""
        name = ", ".join(filter(None, (*roles, *sorted(scopes), function)))
        if name not in self.tokens:
            at = instant.now()
            person = add_person(
                name=name,
                roles=frozenset(roles),
                function=function,
                organisation="Example Bank" if "partner" in roles else "",
                by=console(),
                at=at,
            )
            self.tokens[name] = issue_token(person, scopes=scopes, by=console(), at=at)
        return self.tokens[name]

    def call(self, route: str, *, token: str | None, body: Any = None, **values: str) -> Any:
        method, _, path = route.partition(" ")
        for name in re.findall(r"{(\w+)}", path):
            path = path.replace("{" + name + "}", values.get(name, "1" if name in {"number", "index"} else new_uuid()))
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        content = json.dumps(BODIES.get(route, {}) if body is None else body)
        query = QUERIES.get(route, "")
        return self.client.generic(method, path + query, content, content_type="application/json", headers=headers)


@pytest.fixture
def ro(offices: Offices) -> Ro:
    offices.at = instant.true_now().replace(microsecond=0)
    offices.found("ro")
    return Ro(offices)


def problem(answer: Any) -> dict[str, Any]:
    """What a refusal says; it has to be a problem document."""
    assert answer["Content-Type"] == "application/problem+json"
    told: dict[str, Any] = json.loads(answer.content)
    assert set(told) == {"type", "status", "title", "detail", "code", "fields", "retryable"}
    assert told["status"] == answer.status_code
    assert told["type"] == f"urn:tocsin:problem:{told['code']}"
    return told


def document(ro: Ro) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(ro.client.get("/api/openapi.json").content)
    return read


# --- It describes itself ------------------------------------------------------------------------


def test_the_document_is_openapi_3_1_and_names_every_refusal_a_problem(ro: Ro) -> None:
    read = document(ro)
    assert read["openapi"].startswith("3.1.")
    for operations in read["paths"].values():
        for operation in operations.values():
            assert operation["summary"]
            for status, answer in operation["responses"].items():
                assert int(status) < 400 or set(answer["content"]) == {"application/problem+json"}


def test_every_route_has_chosen_who_may_call_it(ro: Ro) -> None:
    found = {f"{method.upper()} {path}" for path, operations in document(ro)["paths"].items() for method in operations}
    assert found == set(NEEDS)


def test_the_page_shows_every_route_and_loads_nothing_from_anywhere(ro: Ro) -> None:
    answer = ro.client.get("/api/docs")
    page = answer.content.decode()
    assert answer.status_code == 200
    for route in NEEDS:
        assert f"<code>{route}</code>" in page
    assert "<script" not in page
    assert re.findall(r"(?:src|href)\s*=\s*['\"]([^'\"]*)", page) == ["/api/openapi.json"]
    assert "//" not in page
    assert "default-src 'none'" in answer["Content-Security-Policy"]


# --- Who may call what --------------------------------------------------------------------------


def stranger_tokens(ro: Ro) -> Iterator[tuple[str, str | None]]:
    yield "no token", None
    yield "an empty token", ""
    yield "a wrong token", "tocsin_wrong"
    ro.offices.found("pt")
    theirs = Ro(ro.offices).token("duty-officer")
    ro.offices.be("ro")
    yield "another node's token", theirs
    at = instant.now()
    person = add_person(name="Gone", roles=frozenset({"duty-officer"}), function="", by=console(), at=at)
    yield "an expired token", issue_token(person, scopes=frozenset(), by=console(), at=at, life=timedelta(0))
    withdrawn = issue_token(person, scopes=frozenset(), by=console(), at=at)
    withdraw_token(entries("token-issued")[-1]["token_id"], by=console(), at=at)
    yield "a withdrawn token", withdrawn


def test_strangers_are_refused_everywhere_alike_and_learn_nothing(ro: Ro) -> None:
    request = sent_request(ro)
    for who, token in stranger_tokens(ro):
        told = set()
        for route in NEEDS:
            for known in (request, new_uuid()):
                answer = ro.call(route, token=token, request_id=known)
                assert answer.status_code == 401, (who, route)
                assert answer["WWW-Authenticate"] == "Bearer"
                told.add(json.dumps(problem(answer)))
        assert len(told) == 1


def test_each_role_reaches_what_its_rights_say_and_nothing_else(ro: Ro) -> None:
    for role in Role:
        token = ro.token(role.value)
        has = rights_of(frozenset({role.value}))
        for route, needed in NEEDS.items():
            answer = ro.call(route, token=token)
            if set(needed) <= has:
                assert answer.status_code not in {401, 500}, (role, route)
                if answer.status_code == 403:
                    assert problem(answer)["code"] != "people.token-scope", (role, route)
            else:
                assert answer.status_code == 403, (role, route)
                assert problem(answer)["code"] == "people.right-missing"


def test_a_token_reaches_no_further_than_its_scopes_whatever_its_person_may_do(ro: Ro) -> None:
    every = ("duty-officer", "issuing-authority", "administrator", "auditor")
    token = ro.token(*every, scopes=frozenset({"directory:read"}))
    for route, needed in NEEDS.items():
        answer = ro.call(route, token=token)
        if needed:
            assert answer.status_code == 403, route
            assert problem(answer)["code"] == "people.token-scope"
        else:
            assert answer.status_code == (403 if route == "GET /api/looks" else 200)


def test_a_token_that_may_send_does_not_answer(ro: Ro) -> None:
    """The side decides which right a letter needs, and the act asks for it: not the entrance."""
    request = received_request(ro)
    token = ro.token("duty-officer", scopes=frozenset({"requests:read", "requests:send"}))
    body = {"kind": "accept", "body": {"conditions": [], "reference": None, "words": None}}
    refused = ro.call("POST /api/requests/{request_id}/letters", token=token, body=body, request_id=request)
    assert problem(refused)["fields"] == {"scope": "requests:answer"}
    answering = ro.token("duty-officer", scopes=frozenset({"requests:read", "requests:answer"}))
    taken = ro.call("POST /api/requests/{request_id}/letters", token=answering, body=body, request_id=request)
    assert taken.status_code == 201, taken.content


def test_who_may_not_read_requests_cannot_tell_one_that_is_there_from_one_that_is_not(ro: Ro) -> None:
    request = sent_request(ro)
    for role in Role:
        if Right.READ_REQUESTS in rights_of(frozenset({role.value})):
            continue
        for route in NEEDS:
            if "{request_id}" in route:
                answers = [ro.call(route, token=ro.token(role.value), request_id=it) for it in (request, new_uuid())]
                assert answers[0].status_code == answers[1].status_code
                assert answers[0].content == answers[1].content


# --- Problems everywhere ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("route", "body", "code", "status"),
    [
        ("GET /api/nothing-here", None, "api.no-such-path", 404),
        ("GET /api/", None, "api.no-such-path", 404),
        ("DELETE /api/requests", None, "api.no-such-method", 405),
        ("POST /api/clock", {"seconds": "soon"}, "api.field", 422),
        ("POST /api/clock", {}, "api.field", 422),
        ("GET /api/requests?ended=perhaps", None, "api.field", 422),
        ("POST /api/drafts", [], "api.field", 422),
        ("GET /api/drafts/x", None, "requests.unknown-draft", 404),
        ("POST /api/sign-offs/x/confirm", None, "requests.unknown-sign-off", 404),
        ("GET /api/requests/x?reason=y", None, "requests.unknown", 404),
        ("GET /api/requests/x", None, "api.field", 422),
        ("POST /api/drafts", {"instrument": "none-such", "to": "pt"}, "instrument-unknown", 404),
        ("POST /api/drafts", {"instrument": "a" * 300, "to": "pt"}, "instrument-unknown", 404),
        ("POST /api/drafts", {"to": "pt"}, "requests.draft-field", 422),
    ],
)
def test_every_refusal_is_a_problem_document(ro: Ro, route: str, body: Any, code: str, status: int) -> None:
    token = ro.token("duty-officer", "administrator")
    answer = ro.call(route, token=token, body=body)
    assert (problem(answer)["code"], answer.status_code) == (code, status)


def test_what_is_no_json_is_a_problem_too(ro: Ro) -> None:
    headers = {"Authorization": f"Bearer {ro.token('duty-officer')}"}
    answer = ro.client.post("/api/drafts", b"{", content_type="application/json", headers=headers)
    assert problem(answer)["code"] == "api.unreadable"


def test_a_database_that_is_away_is_a_problem_worth_a_retry(ro: Ro, monkeypatch: pytest.MonkeyPatch) -> None:
    token = ro.token("duty-officer")
    wrapper = ro.offices.be("ro").wrapper
    wrapper.close()
    with monkeypatch.context() as away:
        away.setitem(wrapper.settings_dict, "PORT", "1")
        told = problem(ro.call("GET /api/requests", token=token))
    assert (told["code"], told["retryable"]) == ("api.away", True)


# --- What it does -------------------------------------------------------------------------------


def test_a_draft_is_written_signed_and_sent_over_the_api(ro: Ro) -> None:
    ro.offices.found("pt")
    ro.offices.be("ro")
    ioana, radu = ro.token("duty-officer", function="police"), ro.token("issuing-authority", function="prosecutor")
    content = preservation(instant.now())
    made = ro.call("POST /api/drafts", token=ioana, body=content)
    assert made.status_code == 201
    draft = made.json()
    refused = ro.call("POST /api/drafts/{draft_id}/send", token=ioana, draft_id=draft["draft"])
    assert problem(refused)["code"] == "people.sign-off-missing"
    own = ro.call(
        "POST /api/drafts/{draft_id}/sign-offs", token=radu, body={"sha256": draft["sha256"]}, draft_id=draft["draft"]
    )
    assert own.json()["signed"][0]["function"] == "prosecutor"
    sent = ro.call("POST /api/drafts/{draft_id}/send", token=ioana, draft_id=draft["draft"])
    assert sent.status_code == 201
    request = sent.json()["request"]
    looked = ro.call("GET /api/requests/{request_id}", token=ioana, request_id=request)
    assert looked.json()["letters"][0]["kind"] == "ask"
    looks = ro.call("GET /api/requests/{request_id}/looks", token=ioana, request_id=request).json()
    assert [each["reason"] for each in looks] == ["why"]
    again = ro.call("POST /api/drafts", token=ioana, body=content).json()
    assert "already-asked" in [each["code"] for each in again["faults"]]


# --- Anything at all ----------------------------------------------------------------------------


def test_a_draft_is_written_out_for_another_system_and_its_receipt_recorded_over_the_api(ro: Ro) -> None:
    ro.offices.found("pt")
    ro.offices.be("ro")
    desk = ro.token("duty-officer", function="police")
    signer = ro.token("issuing-authority", function="prosecutor")
    content = {**preservation(instant.now()), "channel": "email-form"}
    draft = json.loads(ro.call("POST /api/drafts", token=desk, body=content).content)
    refused = ro.call("POST /api/drafts/{draft_id}/send", token=desk, draft_id=draft["draft"])
    assert problem(refused)["code"] == "requests.sign-off-missing" or refused.status_code >= 400
    ro.call(
        "POST /api/drafts/{draft_id}/sign-offs", token=signer, body={"sha256": draft["sha256"]}, draft_id=draft["draft"]
    )
    not_ours = ro.call("POST /api/drafts/{draft_id}/send", token=desk, draft_id=draft["draft"])
    assert problem(not_ours)["code"] == "requests.channel-not-ours"
    made = ro.call("POST /api/drafts/{draft_id}/export", token=desk, draft_id=draft["draft"])
    assert made.status_code == 201
    export = json.loads(made.content)
    assert (export["sent_by_us"], export["receipt_recorded"]) == (False, False)
    assert {each["name"] for each in export["files"]} == {"request.json", "request.txt", "SHA256SUMS"}
    request = export["request"]
    again = ro.call("GET /api/requests/{request_id}/export", token=desk, request_id=request)
    assert json.loads(again.content) == export
    (line,) = json.loads(ro.call("GET /api/requests", token=desk).content)
    assert (line["state"], line["channel"], line["same_person"]) == ("exported", "email-form", 0)
    at = instant.text(instant.now())
    for wrong in ({"reference": "x", "at": "soon"}, {"reference": "x", "at": "2099-01-01T00:00:00Z"}):
        bad = ro.call("POST /api/requests/{request_id}/receipt", token=desk, body=wrong, request_id=request)
        assert problem(bad)["fields"]["field"] == "at"
    said = {"reference": "Message of 03:00", "at": at}
    got = ro.call("POST /api/requests/{request_id}/receipt", token=desk, body=said, request_id=request)
    assert json.loads(got.content)["received_at"] == at
    step = {"side": "asked", "kind": "acknowledge", "body": {"reference": "PT-118", "words": None}, "at": at}
    for name, wrong_word in (("side", "both"), ("kind", "shout"), ("at", "soon")):
        bad = ro.call(
            "POST /api/requests/{request_id}/steps", token=desk, body=step | {name: wrong_word}, request_id=request
        )
        assert problem(bad)["status"] in {400, 422}
    told = ro.call("POST /api/requests/{request_id}/steps", token=desk, body=step, request_id=request)
    assert json.loads(told.content)["state"] == "acknowledged"
    shown = json.loads(ro.call("GET /api/requests/{request_id}", token=desk, request_id=request).content)
    assert [each["kind"] for each in shown["elsewhere"]["steps"]] == ["acknowledge"]
    assert (shown["letters"], shown["may_write"], shown["notification"]) == ([], [], None)


def test_nothing_that_can_be_sent_breaks_the_node_or_gets_an_answer_that_is_not_described(ro: Ro) -> None:
    token = ro.token("duty-officer", "issuing-authority", "administrator", function="prosecutor")
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", WSGIHandler())
    known = {"request_id": sent_request(ro), "draft_id": draft_there(ro)}
    asked = (
        checks.not_a_server_error,
        openapi_checks.status_code_conformance,
        openapi_checks.content_type_conformance,
        openapi_checks.response_schema_conformance,
    )
    calm = settings(
        max_examples=6,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    tried = 0
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        if operation.path.endswith(("/uploads/{name}", "/stamp")):
            continue  # a raw body, which the document cannot generate; a time-stamping authority that is not there

        def one(case: Any) -> None:
            nonlocal tried
            tried += 1
            for name, value in known.items():
                if name in (case.path_parameters or {}) and tried % 2:
                    case.path_parameters[name] = value
            case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, checks=asked)

        calm(given(case=operation.as_strategy())(one))()
    assert tried > len(NEEDS)


def draft_there(ro: Ro) -> str:
    ro.token("duty-officer", function="police")
    officer = actor_of("duty-officer, police")
    return write_draft(preservation(instant.now()), by=officer, at=instant.now()).id


def sent_request(ro: Ro) -> str:
    """A request of ro that is there."""
    if "pt" not in ro.offices._offices:
        ro.offices.found("pt")
    ro.offices.be("ro")
    ro.token("issuing-authority", function="prosecutor")
    at, draft = instant.now(), draft_there(ro)
    officer, prosecutor = actor_of("duty-officer, police"), actor_of("issuing-authority, prosecutor")
    sign_off(draft, draft_sha256=requests.draft_for(officer, draft).content.sha256, by=prosecutor, at=at)
    return send_request(draft, by=officer, at=at).thread


def received_request(ro: Ro) -> str:
    """A request that pt sent to ro."""
    ro.offices.found("pt")
    theirs = Ro(ro.offices)
    theirs.token("duty-officer", function="police")
    theirs.token("issuing-authority", function="prosecutor")
    at = instant.now()
    officer, prosecutor = actor_of("duty-officer, police"), actor_of("issuing-authority, prosecutor")
    draft = write_draft({**preservation(at), "to": "ro"}, by=officer, at=at)
    sign_off(draft.id, draft_sha256=draft.content.sha256, by=prosecutor, at=at)
    letter = send_request(draft.id, by=officer, at=at)
    ro.offices.carry(at=instant.now())
    ro.offices.be("ro")
    return letter.thread
