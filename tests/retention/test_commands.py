"""``tocsin retention``: what is due, held and erased, at the shell."""

import json
from datetime import timedelta

import pytest

from tests.commands.shell import Shell
from tests.evidence.scene import Scene
from tests.offices import Offices, console
from tests.retention.ended import ended, files_here, left_of
from tests.retention.rules import KEPT
from tocsin.base import instant
from tocsin.base.ids import PersonId
from tocsin.people.acts.people import issue_token
from tocsin.retention.acts.retain import retain


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.delenv("TOCSIN_TOKEN_FILE", raising=False)
    return Shell(capsys, monkeypatch)


def act_as(shell: Shell, offices: Offices, name: str, role: str) -> None:
    person = offices.person("ro", name, role)
    token = issue_token(
        PersonId(person.person), scopes=frozenset(), by=console(), at=instant.now(), life=timedelta(days=999)
    )
    shell.act_as(token)


def test_a_request_is_held_released_and_erased_at_the_shell(
    shell: Shell, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = ended(scene) + timedelta(days=KEPT.days)
    monkeypatch.setattr("tocsin.commands.retention.now", lambda: at)
    retain(at=at)
    act_as(shell, scene.offices, "Carmen Caz", "case-officer")
    assert "orders: 30 days after the end (Law 1/2026 of Example" in shell.done("retention", "rules").out
    assert scene.hand_over in shell.done("retention", "due").out
    hold = shell.done("retention", "hold", scene.hand_over, "--reason", "order 12/2026", "--json").json["id"]
    assert "order 12/2026" in shell.done("retention", "holds").out
    assert f"on hold: {hold}" in shell.done("retention", "due").out
    refused = shell.run("retention", "erase", scene.hand_over)
    assert (refused.code, "on legal hold" in refused.err) == (1, True)
    shell.done("retention", "ask-release", hold, "--reason", "final judgment")
    assert "four eyes" in shell.run("retention", "release", hold).err
    act_as(shell, scene.offices, "Dan Exemplu", "duty-officer")
    shell.done("retention", "release", hold)
    assert "retention:erase" in shell.run("retention", "erase", scene.hand_over).err
    act_as(shell, scene.offices, "Carmen Caz", "case-officer")
    said = shell.done("retention", "erase", scene.hand_over).out
    assert "the last backup that may hold it expires" in said
    assert json.loads(shell.done("retention", "erased", "--json").out)[0]["files_gone"] is True
    assert (left_of(["RO-55"]), files_here()) == ([], [])
    assert shell.done("retention", "due").out == "Nothing is due.\n"
