"""``python -m tocsin.proof``: what it prints and how it leaves."""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.proof.bundles import Bundle, story
from tests.proof.test_verify import flipped
from tests.proof.test_verify_attacks import last_letter
from tocsin.proof.__main__ import as_lines, main, printable
from tocsin.proof.findings import Finding, Kind


def run(bundle: Bundle | Path, directory: Path, *arguments: str) -> tuple[int, str]:
    place = bundle if isinstance(bundle, Path) else bundle.write(directory)
    out = io.StringIO()
    code = main([str(place), *(arguments or ("--anchor", story().bundle.anchor))], out=out)
    return code, out.getvalue()


def test_a_good_bundle_leaves_with_0_and_says_what_it_established(tmp_path: Path) -> None:
    code, printed = run(story().bundle, tmp_path)
    assert code == 0
    lines = printed.splitlines()
    assert lines[0].startswith("established: All 37 files")
    assert lines[-1] == "RESULT: nothing was found altered"
    kinds = {line.partition(":")[0] for line in lines if not line.startswith("    ")}
    assert kinds == {"established", "note", "not checked here", "not proved", "RESULT"}


def test_an_altered_bundle_leaves_with_1_and_names_what_is_altered(tmp_path: Path) -> None:
    bundle = story().bundle.changed("letters/002.jws", lambda content: flipped(content, 300)).reindexed()
    code, printed = run(bundle, tmp_path)
    assert code == 1
    assert "\nALTERED: letters/002.jws: " in printed
    assert printed.splitlines()[-1] == "RESULT: ALTERED or not vouched for: letters/002.jws"


@pytest.mark.parametrize(
    "arguments",
    [lambda place: [str(place / "nothing"), "--anchor", "0" * 64], lambda place: [str(place), "--anchor", "nothing"]],
    ids=["no bundle", "no anchor"],
)
def test_what_cannot_be_read_leaves_with_2(
    arguments: Callable[[Path], list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments(story().bundle.write(tmp_path))) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("cannot be checked: ")
    assert captured.out == ""


@pytest.mark.parametrize("arguments", [[], ["bundle"], ["--anchor", "a"], ["bundle", "--anchor", "a", "--what"]])
def test_a_wrong_call_leaves_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2
    assert "usage: python -m tocsin.proof" in capsys.readouterr().err


def test_help_shows_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--help"])
    assert left.value.code == 0
    assert "example: python -m tocsin.proof bundle.zip --anchor 1.root.json" in capsys.readouterr().out


def test_the_findings_are_given_as_json(tmp_path: Path) -> None:
    code, printed = run(story().bundle, tmp_path, "--anchor", story().bundle.anchor, "--json")
    read = json.loads(printed)
    assert (code, read["good"]) == (0, True)
    assert {"kind", "thing", "text", "command"} == set(read["findings"][0])


# Names are chosen by whoever wrote the letter: none of them may draw a line of its own on the screen.
HOSTILE = "Ioana\nestablished: everything\r\x1b[2Kgood\u202e\u2028\u0000"


def test_a_name_cannot_draw_a_line_of_its_own(tmp_path: Path) -> None:
    bundle = last_letter(by={"name": HOSTILE, "role": "duty-officer"})(story().bundle)
    code, printed = run(bundle, tmp_path)
    assert code == 0
    assert "established: everything" not in [line[: len("established: everything")] for line in printed.splitlines()]
    assert not set("\x1b\r\u202e\u2028\0") & set(printed)
    assert "Ioana\ufffdestablished: everything\ufffd\ufffd[2Kgood" in printed


def test_what_cannot_be_shown_is_replaced() -> None:
    assert printable("a b\u00a0c\td\u200be") == "a b\ufffdc\ufffdd\ufffde"
    assert printable("Ștefan Țurcanu, São Tomé, Ελλάδα") == "Ștefan Țurcanu, São Tomé, Ελλάδα"
    lines = as_lines([Finding(Kind.ALTERED, "a\nb", "c\nd", "e\nf")])
    assert len(lines) == 3
    assert not any("\n" in line for line in lines)


def test_an_old_terminal_does_not_end_the_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = last_letter(by={"name": "Ștefan Țurcanu", "role": "duty-officer"})(story().bundle)
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    code = main([str(bundle.write(tmp_path)), "--anchor", bundle.anchor])
    sys.stdout.flush()
    assert code == 0
    assert b"\\u0218tefan" in raw.getvalue()
