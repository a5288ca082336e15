"""``tocsin mail``: a mail is taken in, shown and sorted at the command line, by a person with a token."""

from pathlib import Path

import pytest

from tests.commands.shell import Shell
from tests.offices import Offices
from tests.requests.desk import Pair
from tocsin.base import instant
from tocsin.base.ids import PersonId
from tocsin.people.acts.people import issue_token


def test_a_mail_is_taken_in_once_shown_and_sorted(
    offices: Offices, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    offices.at = instant.true_now()
    pair = Pair(offices)
    request = pair.sent()
    pair.ro()
    shell = Shell(capsys, monkeypatch)
    shell.act_as(issue_token(PersonId(pair.ioana.person), scopes=frozenset(), by=pair.ioana, at=pair.at))
    file = tmp_path / "a.eml"
    file.write_bytes(b"From: Desk <abuse@provider.example>\r\nSubject: hello\r\n\r\nx\r\n")
    taken = shell.done("mail", "take", str(file), "--json").json
    assert shell.done("mail", "take", str(file), "--json").json["id"] == taken["id"]
    assert [each["id"] for each in shell.done("mail", "tray", "--json").json["tray"]] == [taken["id"]]
    assert "claims abuse@provider.example  signature: none" in shell.done("mail", "tray").out
    assert shell.done("mail", "belongs", taken["id"], request, "--json").json["request"] == request
    assert shell.done("mail", "tray").out.strip() == "No mail waits."
    refused = shell.run("mail", "not-ours", taken["id"], "--reason", "advertising")
    assert refused.code == 1
    assert "Ioana Exemplu has sorted this mail" in refused.err
    assert shell.run("mail", "send", request, "--way", "by pigeon").code == 1
    assert "is off here" in shell.run("mail", "send", request, "--way", "notice").err
