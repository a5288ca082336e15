"""``tocsin directory`` as somebody at the shell meets it."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner

from tests.directory.cards import Member
from tests.directory.conftest import BecomeNode, Node
from tests.directory.simulator import true_now
from tests.directory.tables import national_payload
from tocsin.base import instant
from tocsin.base.actor import Actor
from tocsin.base.errors import TocsinError
from tocsin.commands.acting import TOKEN_VARIABLE
from tocsin.commands.directory import app
from tocsin.directory import reads
from tocsin.directory.errors import (
    KeyNotAnnouncedError,
    ListFaultyError,
    NoDirectoryError,
    PersonNeededError,
    UnknownMemberError,
    WordsDifferError,
)
from tocsin.directory.rules.card import read_card_file
from tocsin.directory.rules.words import words_of
from tocsin.journal.models import StoredEntry
from tocsin.people.acts.people import add_person, issue_token
from tocsin.people.errors import RightMissingError

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_words")]


@pytest.fixture
def ro(become: BecomeNode, monkeypatch: pytest.MonkeyPatch) -> Node:
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
    return become("ro")


def told(*arguments: str | Path) -> str:
    """What a command prints; raises what it raises."""
    result = CliRunner().invoke(app, [str(one) for one in arguments])
    if isinstance(result.exception, TocsinError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def found(*arguments: str | Path) -> Any:
    """What a command prints for programs."""
    return json.loads(told(*arguments, "--json"))


@pytest.fixture
def at_the_desk(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sit down as a person of this node."""

    def sit(node: Node, *roles: str) -> None:
        console = Actor(node.member, name="console", roles=frozenset({"administrator"}))
        person = add_person(name="Ioana Exemplu", roles=frozenset(roles), function="police", by=console, at=node.at)
        monkeypatch.setenv(TOKEN_VARIABLE, issue_token(person, scopes=frozenset(), by=console, at=node.at))

    return sit


def pt_card(tmp_path: Path) -> tuple[Member, Path]:
    pt = Member("pt")
    file = tmp_path / "pt.card.json"
    file.write_bytes(pt.card(at=true_now() - timedelta(hours=1)).file)
    return pt, file


def test_two_countries_meet_at_the_shell(ro: Node, at_the_desk: Any, tmp_path: Path) -> None:
    """S02, from RO's side."""
    own = tmp_path / "ro.card.json"
    told("card", "sign")
    told("card", "export", own)
    mine = read_card_file(own.read_bytes())
    assert told("card", "words").strip() == str(words_of(mine.jws, member=ro.member))
    pt, file = pt_card(tmp_path)
    assert "not yet confirmed" in told("card", "take", file)
    assert "not yet confirmed (from a file)" in told("show")
    with pytest.raises(PersonNeededError):
        told("card", "confirm", "pt", str(words_of(pt.cards[0].jws, member=pt.member)))
    at_the_desk(ro, "duty-officer")
    with pytest.raises(WordsDifferError):
        told("card", "confirm", "pt", str(words_of(mine.jws, member=ro.member)))
    answer = told("card", "confirm", "pt", str(words_of(pt.cards[0].jws, member=pt.member)))
    today = instant.true_now().date().isoformat()
    assert f"confirmed by voice, {today}, Ioana Exemplu" in answer
    assert f"confirmed by voice, {today}, Ioana Exemplu" in told("show", "pt")
    shown = found("show", "pt")
    assert (shown["letters_pass"], shown["cards"][0]["source"]) == (True, "voice")
    assert shown["cards"][0]["confirmation"]["by_name"] == "Ioana Exemplu"


def test_the_words_may_be_typed_when_they_are_asked_for(ro: Node, at_the_desk: Any, tmp_path: Path) -> None:
    pt, file = pt_card(tmp_path)
    told("card", "take", file)
    at_the_desk(ro, "duty-officer")
    spoken = str(words_of(pt.cards[0].jws, member=pt.member))
    result = CliRunner().invoke(app, ["card", "confirm", "pt"], input=f"{spoken}\n")
    assert result.exit_code == 0, result.output
    assert reads.card_of(pt.member)


@pytest.mark.usefixtures("ro")
def test_the_words_of_another_members_card_are_never_printed(tmp_path: Path) -> None:
    pt, file = pt_card(tmp_path)
    output = told("card", "take", file) + told("show", "pt") + told("show") + json.dumps(found("show"))
    assert not any(f" {word} " in output for word in words_of(pt.cards[0].jws, member=pt.member).words)


@pytest.mark.usefixtures("ro")
def test_a_node_without_a_card_or_a_directory_says_what_is_missing() -> None:
    assert "No directory is joined" in told("show")
    for command, error in ((("card", "words"), UnknownMemberError), (("refresh",), NoDirectoryError)):
        with pytest.raises(error):
            told(*command)
    with pytest.raises(UnknownMemberError):
        told("show", "pt")
    with pytest.raises(NoDirectoryError):
        told("export", "anywhere")


def test_keys_are_rotated_revoked_and_refused_at_the_shell(ro: Node, tmp_path: Path) -> None:
    told("card", "sign")
    first = reads.own_card()
    assert first is not None
    assert found("key", "announce", "sign")["serial"] == 2
    with pytest.raises(KeyNotAnnouncedError, match="come back after"):
        told("key", "rotate", "sign")
    assert found("key", "rotate", "sign", "--now")["serial"] == 3
    assert found("key", "revoke", "sign")["serial"] == 4
    assert CliRunner().invoke(app, ["key", "rotate", "phone"]).exit_code == 2
    assert CliRunner().invoke(app, ["key", "announce", "seal"]).exit_code == 2
    pt, file = pt_card(tmp_path)
    told("card", "take", file)
    told("key", "refuse", "pt", pt.cards[0].signer, "--reason", "reported stolen")
    told("card", "drop", "pt", "--source", "file", "--reason", "stolen key")
    kinds = list(StoredEntry.objects.order_by("index").values_list("kind", flat=True))
    signed = ["card-signed", "card-signed", "card-signed", "key-rotated", "card-signed", "key-rotated"]
    assert kinds == [*signed, "card-taken", "key-refused", "card-dropped"]
    assert ro.member == "ro"


def test_a_duty_officer_does_not_run_the_node(ro: Node, at_the_desk: Any) -> None:
    at_the_desk(ro, "duty-officer")
    for command in (("card", "sign"), ("key", "make", "directory"), ("publish",)):
        with pytest.raises(RightMissingError):
            told(*command)


def test_a_whole_directory_is_founded_at_the_shell(become: BecomeNode, tmp_path: Path) -> None:
    become("hub")
    sticks = {name: tmp_path / f"{name}.pem" for name in ("hub", "ro", "pt")}
    for name, stick in sticks.items():
        told("ceremony", "key", name, stick)
    (tmp_path / "pass").write_text("correct horse\n")
    told("ceremony", "key", "gr", tmp_path / "gr.pem", "--passphrase-file", tmp_path / "pass")
    publics = {name: found("key", "make", name)["public"] for name in ("directory", "private", "online")}
    told("ceremony", "key", "pt", tmp_path / "pt-role.pem")
    begun = found(
        *("ceremony", "begin", tmp_path / "first", "--threshold", "2", "--online", publics["online"]),
        *(part for stick in sticks.values() for part in ("--holder", stick.with_suffix(".pub.json"))),
        *("--state", f"pt={tmp_path / 'pt-role.pub.json'}", "--hub", publics["directory"]),
        *("--private", publics["private"]),
    )
    assert (begun["missing"], set(begun["roles"])) == (2, {"state-pt", "hub", "private"})
    assert "2 of 3 holders decide" in told("ceremony", "show", tmp_path / "first")
    refused = CliRunner().invoke(app, ["ceremony", "sign", str(tmp_path / "first"), "--key", str(sticks["ro"])], "n\n")
    assert refused.exit_code == 1
    told("ceremony", "sign", tmp_path / "first", "--key", sticks["ro"], "--yes")
    assert "that is enough" in told("ceremony", "sign", tmp_path / "first", "--key", sticks["pt"], "--yes")
    told("ceremony", "finish", tmp_path / "first")
    assert found("publish") == {"snapshot": 1, "timestamp": 1, "new": True}
    assert found("publish")["new"] is False
    told("submit")
    mail = tmp_path / "mail.json"
    mail.write_bytes(Member("example-mail").card(at=true_now() - timedelta(hours=1)).file)
    assert found("member", "add", "--card", mail)["member"] == "example-mail"
    told("card", "export", tmp_path / "hub.json")
    told("export", tmp_path / "public")
    told("join", tmp_path / "public" / "root.json", "--hub-card", tmp_path / "hub.json")
    assert set(found("refresh")["cards"]) == {"hub", "example-mail"}
    assert told("refresh").strip() == "Nothing is new."
    assert "The directory of hub: fresh" in told("show")
    assert "Told at" in told("alive")
    assert CliRunner().invoke(app, ["member", "add"]).exit_code == 2
    told("ceremony", "key", "gr", tmp_path / "gr-role.pem")
    admitted = found("member", "add", "--state", f"gr={tmp_path / 'gr-role.pub.json'}", "--folder", tmp_path / "second")
    assert admitted["changes"][0].startswith("state-gr is admitted, with key ")


def test_a_submission_may_go_by_file(become: BecomeNode, tmp_path: Path) -> None:
    become("pt")
    told("key", "make", "directory")
    told("submit", "--out", tmp_path / "pt.submission.json")
    assert json.loads((tmp_path / "pt.submission.json").read_bytes())["role"] == "state-pt"


def test_a_national_table_is_signed_and_shown_at_the_shell(become: BecomeNode, tmp_path: Path) -> None:
    become("pt")
    told("card", "sign")
    assert "not recorded" in told("national", "show", "pt")
    (tmp_path / "pt.json").write_text(json.dumps(national_payload("pt")))
    told("national", "sign", tmp_path / "pt.json", "--out", tmp_path / "pt.jws")
    assert "An invented law of evidence" in told("national", "show", "pt")
    assert (tmp_path / "pt.jws").read_bytes().count(b".") == 2


@pytest.mark.usefixtures("ro")
def test_drills_at_the_shell() -> None:
    assert told("drill", "waiting").strip() == "Nobody is waiting."
    assert told("drill", "results").strip() == "No drill was called yet."
    assert found("drill", "call", "--all") == {"drills": []}
    assert CliRunner().invoke(app, ["drill", "call"]).exit_code == 2


def commands(group: Any, *path: str) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, *path, name)
        else:
            yield " ".join((*path, name)), command


def test_every_command_has_help_with_an_example_and_speaks_json() -> None:
    group = typer.main.get_command(app)
    listed = dict(commands(group))
    assert len(listed) > 25
    for name, command in listed.items():
        assert command.help, name
        assert f"tocsin directory {name}" in str(command.epilog), name
        assert "--json" in {option for param in command.params for option in param.opts}, name


@pytest.mark.usefixtures("ro")
def test_a_list_of_contacts_is_looked_at_and_then_taken_in_at_the_shell(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("country;name;direct line\nBulgaria;Example point;+359 2 555 0100\n")
    said = ("contacts", "import", file, "--source", "Ministry", "--date", "2026-11-01")
    with pytest.raises(ListFaultyError, match="row 2, phone: a telephone number"):
        told(*said)
    meant = (*said, "--column", "phone=direct line")
    assert "1 new, 0 changed, 0 the same: would be taken in; say --yes" in told(*meant)
    assert found("contacts", "list") == []
    assert "taken in." in told(*meant, "--yes")
    member = found("contacts", "list", "--country", "bg")[0]["member"]
    assert "by hearsay, from Ministry of 2026-11-01, never tried" in told("contacts", "list")
    assert found("contacts", "try", member, "not-answered", "--note", "rang out")["fades"] is True
    told("contacts", "give-up", member, "--reason", "gone")
    assert told("contacts", "list") == "No list was taken in yet.\n"
