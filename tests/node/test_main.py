"""The console script: what it loads, and how it answers."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.node.running import environment, tocsin
from tocsin.node import doctor
from tocsin.node.findings import Finding, State


def test_verify_loads_the_proof_package_and_nothing_else_of_ours() -> None:
    code = """if True:
        import sys
        from tocsin.node.main import run
        code = run(["verify", "--help"])
        loaded = [name for name in sys.modules if name.startswith("tocsin.")]
        ours = sorted(name for name in loaded if not name.startswith("tocsin.proof"))
        others = sorted({"django", "psycopg", "typer", "structlog", "joserfc", "httpx"} & set(sys.modules))
        print("|", code, ours, others)
    """
    ran = subprocess.run(
        [sys.executable, "-c", code], env=environment(Path("/nowhere")), capture_output=True, text=True, check=False
    )
    assert ran.stdout.rpartition("|")[2].split(maxsplit=1) == ["0", "['tocsin.node', 'tocsin.node.main'] []\n"], (
        ran.stderr
    )


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["init"], 2, "Missing option '--member'"),
        (["init", "--nonsense"], 2, "No such option"),
        (["serve"], 1, "error: There is no node in"),
        (["serve", "--json"], 2, "No such option"),
        (["migrate", "--json"], 1, '"code": "node-home-missing"'),
        (
            ["init", "--member", "RO", "--country", "RO", "--zone", "UTC", "--endpoint", "https://x.example"],
            1,
            "member is 1",
        ),
        (
            [
                "init",
                "--member",
                "ro",
                "--country",
                "RO",
                "--zone",
                "UTC",
                "--endpoint",
                "https://x.example",
                "--listen",
                "8",
            ],
            2,
            "0.0.0.0:8443",
        ),
    ],
)
def test_an_error_is_one_clear_line_and_an_honest_exit_code(
    tmp_path: Path, words: list[str], code: int, said: str
) -> None:
    ran = tocsin(tmp_path / "home", *words)
    assert ran.returncode == code, ran.stderr
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr
    assert ran.stdout == ""
    if code == 1:
        assert len(ran.stderr.splitlines()) == 1


def test_help_needs_no_node(tmp_path: Path) -> None:
    ran = tocsin(tmp_path / "home", "--help")
    assert ran.returncode == 0
    assert all(word in ran.stdout for word in ("init", "serve", "web", "worker", "migrate", "doctor"))
    for word in ("init", "serve", "doctor"):
        assert "Example:" in tocsin(tmp_path / "home", word, "--help").stdout


def test_the_home_may_stand_before_the_command(tmp_path: Path) -> None:
    ran = tocsin(tmp_path / "home", "--home", str(tmp_path / "other"), "serve")
    assert f"There is no node in {tmp_path / 'other'}" in ran.stderr


def test_doctor_works_where_no_node_lives(tmp_path: Path) -> None:
    ran = tocsin(tmp_path / "home", "doctor", "--json")
    found = {finding["about"]: finding for finding in json.loads(ran.stdout)}
    assert ran.returncode == 0
    assert found["home"]["state"] == "warn"
    assert {"python", "program", "calendars", "clock", "postgresql"} <= set(found)


def test_doctor_names_the_fault_in_the_file_and_exits_1(tmp_path: Path) -> None:
    (tmp_path / "node.toml").write_text("member = 7")
    ran = tocsin(tmp_path, "doctor")
    assert ran.returncode == 1
    assert "BAD   home:" in ran.stdout
    assert "member is 1 to 40" in ran.stdout


def test_a_warning_is_no_illness() -> None:
    assert doctor.is_well([Finding("a", State.OK, ""), Finding("b", State.WARN, "")])
    assert not doctor.is_well([Finding("a", State.OK, ""), Finding("b", State.BAD, "")])
