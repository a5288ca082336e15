"""What the documents point to is there: pages, headings, commands, targets of make, variables, tests."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer.main

from tests.architecture.source import ROOT
from tests.docs.decision_list import INDEX, decisions, line_of
from tests.docs.pages import anchors, commands, links, pages, read

NOT_DONE = "not done yet"
"""A command that does not exist may be named where its line says these words."""


def _named(page: Path) -> str:
    return str(page.relative_to(ROOT))


def test_the_documents_that_were_promised_are_there() -> None:
    promised = (
        "README.md docs/README.md docs/glossary.md docs/explanation/architecture.md docs/reference/protocol.md "
        "docs/security/threat-model.md docs/security/path-of-a-request.md docs/howto/operations.md "
        "docs/howto/two-nodes-by-card.md"
    )
    assert [name for name in promised.split() if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("page", pages(), ids=_named)
def test_every_link_leads_somewhere(page: Path) -> None:
    lost = []
    for link in links(read(page)):
        place, _, heading = link.partition("#")
        target = (page.parent / place).resolve() if place else page
        found = target.exists() and target.is_relative_to(ROOT)
        if not found or (heading and target.suffix == ".md" and heading not in anchors(read(target))):
            lost.append(link)
    assert lost == []


def test_every_decision_is_listed() -> None:
    missing = [page.name for page in decisions() if line_of(page) not in read(INDEX)]
    assert missing == [], "write the list anew: python -m tests.docs.decision_list"


@cache
def program() -> Any:
    """All of ``tocsin`` as one command."""
    from tocsin.node.main import _all_commands  # noqa: PLC0415 - needs Django set up

    return typer.main.get_command(_all_commands())


def fault_of(line: str) -> str | None:
    """What is wrong with a command line of ``tocsin``: a word that is no command, an option that it has not."""
    words = re.sub(r"'[^']*'|\"[^\"]*\"", "X", line).split()
    while words and words[0].startswith("--") and words[0] != "--help":
        words = words[1:] if "=" in words[0] else words[2:]
    command = program()
    if not words or words[0] in {"…", "verify", "--help"}:
        return None
    while words and hasattr(command, "commands"):
        word, *words = words
        if word in {"…", "--help"}:
            return None
        if word not in command.commands:
            return f"tocsin {line}: {word} is no command"
        command = command.commands[word]
    options = {
        option
        for parameter in getattr(command, "params", [])
        for option in (*parameter.opts, *parameter.secondary_opts)
    }
    strange = [word for word in words if word.startswith("--") and word.split("=")[0] not in options | {"--help"}]
    return f"tocsin {line}: it has no {', '.join(strange)}" if strange else None


@pytest.mark.parametrize("page", pages(), ids=_named)
def test_every_tocsin_command_is_one(page: Path) -> None:
    text = "\n".join(line for line in read(page).splitlines() if NOT_DONE not in line.lower())
    assert [fault for line in commands(text, "tocsin") if (fault := fault_of(line))] == []


@pytest.mark.parametrize("page", pages(), ids=_named)
def test_every_target_of_make_is_one(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {line.split()[0] for line in commands(read(page), "make")}
    assert named - targets == set()


def test_a_command_that_does_not_exist_is_found_out() -> None:
    assert fault_of("journal audit --last 3") is None
    assert fault_of("--home ro journal audit") is None
    assert fault_of("journal rewrite") == "tocsin journal rewrite: rewrite is no command"
    assert fault_of("journal audit --quietly") == "tocsin journal audit --quietly: it has no --quietly"


@pytest.mark.parametrize("page", pages(), ids=_named)
def test_every_test_that_a_page_names_exists(page: Path) -> None:
    named = set(re.findall(r"`(test_[a-z0-9_]+)`", read(page)))
    written = {
        name for path in (ROOT / "tests").rglob("test_*.py") for name in re.findall(r"def (test_\w+)", path.read_text())
    }
    assert named - written == set()


@pytest.mark.parametrize("page", pages(), ids=_named)
def test_every_file_of_ours_that_a_page_names_exists(page: Path) -> None:
    named = re.findall(r"`((?:src|tests|docs|bench|changes)/[\w./-]+?\.(?:py|md|toml|json|csv))`", read(page))
    assert [name for name in named if not (ROOT / name).exists()] == []


def _examples(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Every command with the example in its help."""
    for word, inner in getattr(command, "commands", {}).items():
        yield from _examples(inner, (*words, word))
    if not hasattr(command, "commands"):
        yield " ".join(words), command.epilog or ""


def test_every_example_in_a_commands_help_is_one() -> None:
    shown = dict(_examples(program()))
    assert [name for name, example in shown.items() if "tocsin" not in example] == []
    lines = [line for each in shown.values() for line in re.findall(r"(?:: |=\S+ |\| )tocsin ([^|()]+)", each)]
    assert len(lines) >= len(shown)
    assert [fault for line in lines if (fault := fault_of(line))] == []
