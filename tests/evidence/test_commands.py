"""``tocsin evidence`` and ``tocsin request bundle``, as a person types them."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.evidence.scene import Scene
from tests.evidence.test_api import Program
from tests.evidence.test_bundle import checked, fingerprints
from tocsin.base import instant
from tocsin.base.actor import Actor
from tocsin.commands import app


class Shell:
    """A shell of somebody who has a token."""

    def __init__(self, who: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TOCSIN_TOKEN", Program(who).headers["Authorization"].removeprefix("Bearer "))

    def run(self, *arguments: object) -> Any:
        found = CliRunner().invoke(app, [*map(str, arguments), "--json"], catch_exceptions=False)
        assert found.exit_code == 0, found.output
        return json.loads(found.stdout)


def test_a_package_from_hand_to_hand_at_the_command_line(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.at = instant.now()
    scene.offices.be("example-mail")
    sofia = Shell(scene.sofia, monkeypatch)
    made = sofia.run("evidence", "pack", scene.produce, *scene.files, "--title", "Mailbox", "--place", "Lisboa, PT")
    sofia.run("evidence", "deliver", made["package"], "--words", "all of it")
    scene.carry()
    scene.offices.be("pt")
    ines = Shell(scene.ines, monkeypatch)
    assert len(ines.run("evidence", "list", scene.produce)["waiting"]) == 1
    ines.run("evidence", "take-in", scene.produce)
    ines.run("evidence", "pass-on", made["package"], scene.hand_over)
    scene.carry()
    scene.offices.be("ro")
    ioana = Shell(scene.ioana, monkeypatch)
    ioana.run("evidence", "take-in", scene.hand_over)
    opened = ioana.run("evidence", "open", made["package"], "--into", tmp_path / "out", "--reason", "case 55")
    assert [Path(path).read_bytes() for path in opened["files"]] == [path.read_bytes() for path in scene.files]
    table = ioana.run("evidence", "convert", made["package"], "sessions.csv")
    assert ioana.run("evidence", "rerun", table["package"])["same"] == ["sessions.csv.table.jsonl"]
    ioana.run("evidence", "case", made["package"], tmp_path / "package.jsonld")
    custody = ioana.run("evidence", "custody", made["package"])
    assert [each["event"] for each in custody["events"]][-1] == "converted"
    bundle = ioana.run("request", "bundle", scene.hand_over, tmp_path / "bundle.zip", "--evidence", "clear")
    code, said = checked(Path(bundle["path"]), *fingerprints("ro", "pt", "example-mail"))
    assert code == 0, said


def test_every_command_has_help_with_an_example() -> None:
    listed = CliRunner().invoke(app, ["evidence", "--help"]).stdout
    words = ["list", "pack", "deliver", "pass-on", "take-in", "open", "convert", "rerun", "stamp", "custody", "case"]
    for group, word in [*(("evidence", word) for word in words), ("request", "bundle")]:
        assert group == "request" or word in listed
        said = CliRunner().invoke(app, [group, word, "--help"]).stdout
        assert f"Example: tocsin {group} {word}" in said, word
