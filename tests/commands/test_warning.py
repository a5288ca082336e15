"""``tocsin warning``: an emergency called back by two, a forgery said by two, at the shell."""

from pathlib import Path

import pytest

from tests.commands.shell import Shell
from tests.commands.test_request import hired
from tests.notices.postman import carry
from tests.offices import Offices
from tests.requests.test_call_back import Night
from tocsin.base import instant

NUMBER = "+44 20 7946 0123"


@pytest.fixture
def night(offices: Offices, monkeypatch: pytest.MonkeyPatch) -> Night:
    monkeypatch.delenv("TOCSIN_TOKEN", raising=False)
    monkeypatch.delenv("TOCSIN_TOKEN_FILE", raising=False)
    offices.at = instant.true_now().replace(microsecond=0)
    return Night(offices)


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(capsys, monkeypatch)


def test_who_issued_it_is_told_above_the_text_and_an_emergency_is_called_back_by_two(
    night: Night, shell: Shell
) -> None:
    request = night.emergency()
    night.pt()
    ana, rui = hired(shell, "Ana Inventada", "duty-officer"), hired(shell, "Rui Segundo", "duty-officer")
    shell.act_as(ana)
    shown = shell.done("request", "show", request, "--reason", "on duty").out
    assert shown.startswith("Issued by Invented point ro (RO), known by voice.")
    for said in ("as their node says", f"call back at {NUMBER}", "unusual: first-request", "call-back: needed"):
        assert said in shown, said
    refused = shell.run("warning", "call-back", request, "--number", "+44 20 7946 0999", "--outcome", "no-answer")
    assert (refused.code, "in the directory" in refused.err) == (1, True)
    told = ("--number", NUMBER, "--outcome", "confirmed", "--answered-by", "Radu Model", "--words", "Yes.")
    call = shell.done("warning", "call-back", request, *told).out.strip()
    assert shell.run("warning", "confirm-call", call).code == 1
    shell.act_as(rui)
    shell.done("warning", "confirm-call", call)
    seen = shell.done("request", "show", request, "--reason", "on duty", "--json").json
    assert (seen["call_back"]["state"], seen["call_back"]["barred"]) == ("confirmed", False)
    assert seen["provenance"]["claimed_by_their_node"]["writer"]["name"] == "Ioana Exemplu"
    assert "deliver" in seen["may_write"]


def test_a_forgery_is_said_confirmed_seen_and_taken_back(night: Night, shell: Shell, tmp_path: Path) -> None:
    night.pt()
    ana, rui = hired(shell, "Ana Inventada", "duty-officer"), hired(shell, "Rui Segundo", "duty-officer")
    shell.act_as(ana)
    form = tmp_path / "form.pdf"
    form.write_bytes(b"%PDF-1.7 forged")
    typed = ("--channel", "mail", "--seen", "2026-11-24T03:10:00+01:00", "--file", str(form), "--country", "pt")
    assert "domains" in shell.run("warning", "mark", *typed, "--domain", "not a domain").err
    forgery = shell.done("warning", "mark", *typed, "--address", "duty@police-pt.example").out.strip()
    assert forgery in shell.done("warning", "waiting").out
    shell.act_as(rui)
    warning = shell.done("warning", "confirm", forgery).out.strip()
    assert carry(night.offices, at=instant.true_now()) == []
    told = shell.done("warning", "show", warning, "--json").json
    assert told["features"]["domains"] == ["police-pt.example"]
    assert told["features"]["seen"] == "2026-11-24T02:00:00.000Z"
    assert [each["member"] for each in told["told"]] == ["ro"]
    shell.done("warning", "take-back", forgery, "--why", "mistaken")
    assert "Nobody warns" in shell.done("warning", "list").out
    assert "withdrawn" in shell.done("warning", "list", "--past").out
