"""Every command helps, with an example that has the command's own words in it."""

from collections.abc import Iterator
from typing import Any

import pytest
import typer.main

from tocsin.commands import dossier, law, people, request
from tocsin.node import main

APPS = {"dossier": dossier.app, "request": request.app, "people": people.app, "law": law.app}


def commands() -> Iterator[tuple[str, str, Any]]:
    for group, app in APPS.items():
        found: Any = typer.main.get_command(app)
        for name, command in found.commands.items():
            yield group, name, command


@pytest.mark.parametrize(
    ("group", "name", "command"), [pytest.param(*each, id=" ".join(each[:2])) for each in commands()]
)
def test_a_command_helps_with_an_example(
    group: str, name: str, command: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.epilog.startswith(f"Example: tocsin {group} {name}")
    assert command.help
    assert main.run([group, name, "--help"]) == 0
    told = capsys.readouterr().out
    assert "Example: tocsin" in " ".join(told.split())
    options = {word for option in command.params for word in (*option.opts, *option.secondary_opts)}
    assert "--json" in options
    used = {word for word in command.epilog.split() if word.startswith("--")}
    assert used <= options  # what the example says is understood


@pytest.mark.parametrize("group", sorted(APPS))
def test_what_is_not_understood_leaves_with_2(group: str) -> None:
    assert main.run(["law", "no-such-command"]) == 2
    assert main.run([group, "--help"]) == 0
