"""``tocsin journal`` as a person and as a program uses it."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import typer.testing

from tests.conftest import AsNode
from tests.journal.examples import NIGHT, OFFICER, OtherLog, as_administrator, grown_to, record_looks
from tocsin.base import instant
from tocsin.base.actor import Actor
from tocsin.base.ids import MemberId
from tocsin.commands.journal import app
from tocsin.journal import acts, reads
from tocsin.journal.errors import NoCheckpointError, UnknownEntryError
from tocsin.people.acts.people import add_person, issue_token
from tocsin.people.errors import RightMissingError
from tocsin.proof.commitment import leaf_of
from tocsin.proof.tlog_proof import parse_tlog_proof, verify_tlog_proof

pytestmark = pytest.mark.django_db

ADMINISTRATOR = Actor(MemberId("ro"), roles=frozenset({"administrator"}))


@pytest.fixture(autouse=True)
def _ro(as_node: AsNode) -> None:
    as_node("ro")


Said = tuple[int, str]


def run(*words: str) -> Said:
    """What a command prints on stdout, and its exit code; what it raises is raised."""
    answer = typer.testing.CliRunner().invoke(app, list(words), catch_exceptions=False)
    return answer.exit_code, answer.stdout


def run_json(*words: str) -> Any:
    return json.loads(run(*words, "--json")[1])


@pytest.fixture
def as_auditor(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From when it is called, commands run with an auditor's token."""

    def become_auditor() -> None:
        at = instant.now()
        person = add_person(name="Ada Exemplu", roles=frozenset({"auditor"}), function="", by=ADMINISTRATOR, at=at)
        token = issue_token(person, scopes=frozenset(), by=ADMINISTRATOR, at=at, life=timedelta(days=1))
        monkeypatch.setenv("TOCSIN_TOKEN", token)

    return become_auditor


def test_an_audit_of_a_whole_journal_says_so_and_ends_with_0() -> None:
    grown_to(5)
    code, words = run("audit")
    assert code == 0
    assert words == (
        "5 entries (0 of them erased), 0 hashes above them, 1 checkpoints and 0 cosignatures were looked at.\n"
        "All of it is as it was recorded and signed.\n"
    )
    assert run_json("audit")["whole"] is True


def test_an_audit_names_what_was_altered_ends_with_1_and_raises_an_alarm() -> None:
    grown_to(5)
    as_administrator("UPDATE journal_storedentry SET event = replace(event, 'a test', 'no test') WHERE index = 3")
    code, words = run("audit")
    assert code == 1
    assert words.endswith("Altered:\n  ro.example/journal, entry 3: its event or its salt was altered\n")
    found = run_json("audit")
    assert found["findings"] == [
        {"origin": "ro.example/journal", "thing": "entry 3", "rule": "its event or its salt was altered", "index": 3}
    ]
    assert run("alarms")[0] == 1
    (alarm,) = run_json("alarms")
    assert run("seen", str(alarm["number"])) == (0, f"Alarm {alarm['number']} is seen.\n")
    assert run("alarms") == (0, "No alarm.\n")
    assert len(run_json("alarms", "--all")) == 1


def test_an_export_says_where_it_is_and_with_which_key_it_is_checked(tmp_path: Path) -> None:
    grown_to(300)
    code, words = run("export", str(tmp_path / "out"))
    vkey = (tmp_path / "out" / "vkey").read_text()
    assert code == 0
    assert words == f"300 entries of ro.example/journal are in {tmp_path / 'out'} (5 new files).\n{vkey}"
    assert (tmp_path / "out" / "tile" / "0" / "001.p" / "44").stat().st_size == 44 * 32


def test_an_export_of_nothing_signed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoCheckpointError):
        run("export", str(tmp_path))


def test_a_proof_leaves_as_a_file_that_checks_out(tmp_path: Path) -> None:
    place = record_looks(5)[3]
    acts.checkpoint(at=NIGHT)
    out = tmp_path / "entry.tlog-proof"
    assert run("proof", "3", "--out", str(out)) == (0, f"{out}\n")
    made = parse_tlog_proof(out.read_text())
    verify_tlog_proof(made, leaf=leaf_of(place.salt, place.event), logs=[reads.verifier()])
    assert run("proof", "3")[1] == out.read_text()


def test_a_checkpoint_is_shown_and_on_demand_signed() -> None:
    record_looks(3)
    with pytest.raises(NoCheckpointError):
        run("checkpoint")
    shown = run_json("checkpoint", "--sign")
    assert (shown["origin"], shown["size"], shown["vkey"]) == ("ro.example/journal", 3, reads.verifier().text())
    assert run_json("checkpoint") == shown


# --- Who sees what was done ---------------------------------------------------------------------


def test_an_auditor_lists_what_was_done_and_shows_one_entry(as_auditor: Callable[[], None]) -> None:
    grown_to(3)
    acts.erase(1, rule="retention of tests", by=OFFICER, at=NIGHT)
    as_auditor()
    listed = run_json("list", "--limit", "4")
    assert [one["kind"] for one in listed] == ["test-file-looked-at"] * 3 + ["entries-erased"]
    assert listed[1]["event"] is None
    lines = run("list", "--kind", "test-file-looked-at")[1].splitlines()
    assert lines[0].split() == [
        "0",
        "2026-11-24T03:00:03.123Z",
        "test-file-looked-at",
        "ro",
        OFFICER.person,
        "duty-officer",
    ]
    assert lines[1].endswith("(erased)")
    assert run_json("show", "2")["event"]["file"] == "file 2"
    assert run_json("show", "1")["erased_by"] == 3
    assert run("list", "--kind", "no-such-kind") == (0, "No entry is like that.\n")
    assert (
        len(run_json("list", "--since", "2026-11-24T04:00:01+01:00", "--until", "2026-11-24T04:00:03.124+01:00")) == 3
    )


def test_an_instant_without_its_offset_is_not_guessed(as_auditor: Callable[[], None]) -> None:
    as_auditor()
    answer = typer.testing.CliRunner().invoke(app, ["list", "--since", "2026-11-24T04:00:00"])
    assert answer.exit_code == 2
    assert "names no UTC offset" in answer.output


def test_an_entry_that_is_not_there_is_said_to_be_absent(as_auditor: Callable[[], None]) -> None:
    as_auditor()
    with pytest.raises(UnknownEntryError):
        run("show", "77")


@pytest.mark.parametrize("words", [["list"], ["show", "0"]])
def test_an_administrator_at_the_console_reads_no_entry(words: list[str]) -> None:
    grown_to(3)
    with pytest.raises(RightMissingError, match="journal:read"):
        run(*words)


def test_a_duty_officer_does_not_look_after_the_record(monkeypatch: pytest.MonkeyPatch) -> None:
    at = instant.now()
    person = add_person(name="Ion Exemplu", roles=frozenset({"duty-officer"}), function="", by=ADMINISTRATOR, at=at)
    monkeypatch.setenv("TOCSIN_TOKEN", issue_token(person, scopes=frozenset(), by=ADMINISTRATOR, at=at))
    for words in (["audit"], ["alarms"], ["checkpoint"], ["fork-guard"], ["seen", "1"], ["begin-origin", "x"]):
        with pytest.raises(RightMissingError):
            run(*words)


# --- After a loss -------------------------------------------------------------------------------


def test_a_journal_that_nobody_has_seen_more_of_goes_on(tmp_path: Path) -> None:
    (signed,) = grown_to(5)
    (tmp_path / "pt.txt").write_bytes(signed.note)
    code, words = run("fork-guard", "--seen", f"pt={tmp_path / 'pt.txt'}")
    assert (code, words) == (0, "ro.example/journal goes on: 5 entries, and nobody is known to have seen more.\n")


def test_a_restored_backup_is_halted_by_a_witness_and_goes_on_under_a_new_origin(tmp_path: Path) -> None:
    _, lost = grown_to(5, 9)
    (tmp_path / "pt.txt").write_bytes(lost.note)
    as_administrator(
        "DELETE FROM journal_storedcheckpoint WHERE size > 5",
        "DELETE FROM journal_storedentry WHERE index >= 5",
        "UPDATE journal_log SET size = 5",
    )
    code, words = run("fork-guard", "--seen", f"pt={tmp_path / 'pt.txt'}")
    assert code == 1
    assert words.startswith(
        "ro.example/journal is halted: pt has cosigned 9 entries that do not agree with the 5 here."
    )
    assert run_json("fork-guard")["halted"] == {"who": "pt", "size": 9, "root": lost.root.hex()}
    begun = run_json("begin-origin", "ro.example/journal-2", "--fetched-back", "2")
    assert begun == {"index": 5, "origin": "ro.example/journal-2"}
    assert [log.origin for log in reads.logs()] == ["ro.example/journal", "ro.example/journal-2"]


def test_a_checkpoint_that_we_never_signed_halts_nothing(tmp_path: Path) -> None:
    grown_to(5)
    (tmp_path / "pt.txt").write_bytes(OtherLog("ro.example/journal", entries=[b"x"] * 9).checkpoint())
    answer = typer.testing.CliRunner().invoke(app, ["fork-guard", "--seen", f"pt={tmp_path / 'pt.txt'}"])
    assert answer.exit_code == 2
    assert "signed by no known key" in answer.output
    assert run("fork-guard")[0] == 0


def test_every_command_shows_an_example() -> None:
    for command in app.registered_commands:
        assert command.epilog is not None
        assert command.epilog.startswith("Example: tocsin journal ")
