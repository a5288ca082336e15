"""``tocsin request`` and ``tocsin people``: a request from draft to closed at the shell, and honest exit codes."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.commands.shell import Shell
from tests.offices import Offices
from tests.requests.desk import preservation
from tocsin.base import instant


@pytest.fixture
def shell(offices: Offices, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    """At the console of ro, which knows pt."""
    monkeypatch.delenv("TOCSIN_TOKEN", raising=False)
    monkeypatch.delenv("TOCSIN_TOKEN_FILE", raising=False)
    offices.at = instant.true_now().replace(microsecond=0)
    offices.found("pt")
    offices.found("ro")
    return Shell(capsys, monkeypatch)


def hired(shell: Shell, name: str, *roles: str, function: str = "", scopes: tuple[str, ...] = ()) -> str:
    """Somebody new, added and given a token at the console; the token."""
    shell.monkeypatch.delenv("TOCSIN_TOKEN", raising=False)
    shell.done("people", "add", name, *(w for role in roles for w in ("--role", role)), "--function", function)
    made = shell.done("people", "token", name, *(w for scope in scopes for w in ("--scope", scope)), "--json")
    token: str = made.json["token"]
    return token


def written(tmp_path: Path, content: Any) -> str:
    path = tmp_path / "ask.json"
    path.write_text(json.dumps(content))
    return str(path)


def test_a_request_goes_from_draft_to_sent_and_is_followed_at_the_shell(
    shell: Shell, offices: Offices, tmp_path: Path
) -> None:
    ioana = hired(shell, "Ioana Exemplu", "duty-officer", function="police")
    radu = hired(shell, "Radu Model", "issuing-authority", function="prosecutor")
    shell.act_as(ioana)
    draft = shell.done("request", "draft", written(tmp_path, preservation(instant.now())), "--json").json
    assert draft["draft"] in shell.done("request", "drafts").out
    refused = shell.run("request", "send", draft["draft"])
    assert (refused.code, refused.out) == (1, "")
    assert "has to sign off" in refused.err
    shell.act_as(radu)
    signed = shell.done("request", "sign", draft["draft"], "--sha256", draft["sha256"], "--json").json
    assert [each["name"] for each in signed["signed"]] == ["Radu Model"]
    shell.act_as(ioana)
    shell.done("request", "check", draft["draft"])
    request = shell.done("request", "send", draft["draft"], "--json").json["request"]
    assert request in shell.done("request", "watch").out
    assert "You may write: " in shell.done("request", "show", request, "--reason", "to follow it").out
    assert "to follow it" in shell.done("request", "looks", request).out
    assert "No alarm" in shell.done("request", "alarms", request).out
    shell.done("request", "take", request)
    shell.done("request", "withdraw", request, "--reason", "the suspect was found")
    assert offices.carry(at=instant.now()) == []
    assert shell.run("request", "accept", request).code == 1


def test_a_request_that_runs_in_another_system_is_followed_at_the_shell(shell: Shell, tmp_path: Path) -> None:
    ioana = hired(shell, "Ioana Exemplu", "duty-officer", function="police")
    radu = hired(shell, "Radu Model", "issuing-authority", function="prosecutor")
    shell.act_as(ioana)
    content = {**preservation(instant.now()), "channel": "email-form"}
    draft = shell.done("request", "draft", written(tmp_path, content), "--json").json
    shell.act_as(radu)
    shell.done("request", "sign", draft["draft"], "--sha256", draft["sha256"])
    shell.act_as(ioana)
    assert "tocsin request export" in shell.run("request", "send", draft["draft"]).err
    folder, again = tmp_path / "out", tmp_path / "again"
    request = shell.done("request", "export", draft["draft"], str(folder), "--json").json["request"]
    assert {each.name for each in folder.iterdir()} == {"request.json", "request.txt", "SHA256SUMS"}
    shell.done("request", "export", request, str(again))
    assert [(again / each.name).read_bytes() for each in folder.iterdir()] == [
        each.read_bytes() for each in folder.iterdir()
    ]
    full = shell.run("request", "export", request, str(folder))
    assert (full.code, full.out) == (1, "")
    assert "new or empty" in full.err
    assert "receipt not recorded" in shell.done("request", "show", request, "--reason", "to enter it").out
    assert "exported" in shell.done("request", "watch").out
    at = instant.text(instant.now())
    assert "EV-7" in shell.done("request", "receipt", request, "--reference", "EV-7", "--at", at).out
    body = tmp_path / "body.json"
    body.write_text(json.dumps({"reference": "PT-118", "words": None}))
    shell.done("request", "record", request, "asked", "acknowledge", str(body), "--at", at, "--reference", "EV-8")
    shown = shell.done("request", "show", request, "--reason", "to follow it").out
    assert "Not sent by us" in shown
    assert "by email-form EV-8" in shown
    assert shell.run("request", "withdraw", request, "--reason", "x").code == 1
    assert shell.run("request", "notify", request, "pt").code == 1
    assert shell.run("request", "tell", request).code == 1


def test_a_check_leaves_with_1_while_something_stops_the_sending(shell: Shell, tmp_path: Path) -> None:
    shell.act_as(hired(shell, "Ioana Exemplu", "duty-officer", function="police"))
    content = preservation(
        instant.now(), identifiers=[{"type": "ip", "value": "203.0.113.7", "at": "2026-11-20T21:14"}]
    )
    draft = shell.done("request", "draft", written(tmp_path, content), "--json").json["draft"]
    found = shell.run("request", "check", draft)
    assert found.code == 1
    assert "UTC offset missing" in found.out
    shell.done("request", "change", draft, written(tmp_path, {"form": preservation(instant.now())["form"]}))
    assert shell.run("request", "check", draft).code == 0


def test_a_token_reaches_no_further_at_the_shell_than_over_http(shell: Shell, tmp_path: Path) -> None:
    reader = hired(shell, "Ioana Exemplu", "duty-officer", function="police", scopes=("requests:read",))
    shell.act_as(reader)
    assert shell.run("request", "watch").code == 0
    refused = shell.run("request", "draft", written(tmp_path, preservation(instant.now())), "--json")
    assert refused.code == 1
    assert json.loads(refused.err)["code"] == "people.token-scope"


def test_the_console_runs_the_node_and_reads_no_request(shell: Shell, tmp_path: Path) -> None:
    for words in (("request", "watch"), ("request", "drafts"), ("request", "show", "x", "--reason", "curious")):
        refused = shell.run(*words)
        assert refused.code == 1
        assert "requests:read" in refused.err
    assert shell.run("request", "draft", written(tmp_path, preservation(instant.now()))).code == 1


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("indicate", "{id}", "perhaps"), "WHETHER: perhaps"),
        (("indicate", "{id}", "yes", "--when", "thursday"), "--when: thursday"),
        (("query", "{id}", "--field", "period=unheard"), "--field: unheard"),
        (("postpone", "{id}", "X", "--reason", "y", "--until", "2026-11-24"), "--until: 2026-11-24"),
        (("preserved", "{id}", "--at", "now", "--scope", "x"), "--at: now"),
        (("follow-up", "{id}", "done", "--reference", "x"), "STAGE: done"),
        (("withdraw", "{id}", "--reason", "x", "--obtained", "some"), "--obtained: some"),
        (("write", "{id}", "shout", "-"), "KIND: shout"),
        (("close", "{id}"), "There is no request"),
        (("send", "{id}"), "There is no open draft"),
        (("confirm-document", "{id}"), "There is no signed document"),
        (("show", "{id}", "--reason", " "), "reason"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_what_is_wrong_is_named_and_leaves_with_1(shell: Shell, words: tuple[str, ...], named: str) -> None:
    shell.act_as(hired(shell, "Ioana Exemplu", "duty-officer", function="police"))
    said = shell.run("request", *(word.format(id="5d0c1f6e-0000-4000-8000-000000000000") for word in words))
    assert (said.code, said.out) == (1, "")
    assert named in said.err


@pytest.mark.parametrize("content", ["{", "[]", "nothing"])
def test_a_file_that_is_no_draft_is_refused(shell: Shell, tmp_path: Path, content: str) -> None:
    shell.act_as(hired(shell, "Ioana Exemplu", "duty-officer"))
    path = tmp_path / "ask.json"
    path.write_text(content)
    said = shell.run("request", "draft", str(path))
    assert said.code == 1
    assert "JSON" in said.err
    assert shell.run("request", "drafts").out == "No draft is open.\n"


# --- People -------------------------------------------------------------------------------------


def test_people_come_get_tokens_and_leave(shell: Shell) -> None:
    token = hired(shell, "Ioana Exemplu", "duty-officer", function="police")
    assert "Ioana Exemplu" in shell.done("people", "list").out
    shell.act_as(token)
    assert shell.done("request", "watch").out == "Nothing is open.\n"
    refused = shell.run("people", "add", "Somebody Else", "--role", "auditor")
    assert (refused.code, "node:run" in refused.err) == (1, True)
    shell.monkeypatch.delenv("TOCSIN_TOKEN")
    shell.done("people", "end", "Ioana Exemplu")
    shell.act_as(token)
    gone = shell.run("request", "watch")
    assert (gone.code, "not valid here" in gone.err) == (1, True)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("add", "Ioana", "--role", "king"), "roles"),
        (("add", " Ioana", "--role", "auditor"), "name"),
        (("add", "Ioana", "--role", "auditor", "--function", "poet"), "function"),
        (("token", "Nobody"), "Nobody here is called Nobody"),
        (("withdraw", "not-an-id"), "not-an-id"),
        (("end", "Nobody"), "Nobody"),
    ],
    ids=str,
)
def test_people_that_cannot_be_are_refused(shell: Shell, words: tuple[str, ...], named: str) -> None:
    said = shell.run("people", *words)
    assert (said.code, said.out) == (1, "")
    assert named in said.err


def test_a_token_never_reaches_further_than_its_person(shell: Shell) -> None:
    shell.done("people", "add", "Aurel Auditor", "--role", "auditor")
    said = shell.run("people", "token", "Aurel Auditor", "--scope", "requests:read")
    assert (said.code, "requests:read" in said.err) == (1, True)
