"""`make setup` on a machine that lacks something, and the wheel on one that has only Python."""

import ast
import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from tests.architecture.source import ROOT, committed


@pytest.fixture
def bootstrap() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bootstrap", ROOT / "bootstrap.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_an_old_python_can_read_the_bootstrap() -> None:
    tree = ast.parse((ROOT / "bootstrap.py").read_text(), feature_version=(3, 4))
    newer = (ast.JoinedStr, ast.AnnAssign, ast.AsyncFunctionDef, ast.NamedExpr, ast.Match)
    assert [node.lineno for node in ast.walk(tree) if isinstance(node, newer)] == []


def test_an_old_python_is_told_in_one_line_what_to_install(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bootstrap.sys, "version_info", (3, 9, 18))
    monkeypatch.setattr(bootstrap, "newer_python", lambda: None)
    monkeypatch.setattr(bootstrap, "system", lambda: "fedora")
    assert bootstrap.main() == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert said[0].startswith("Tocsin needs Python 3.11 or newer")
    assert "is 3.9: install it with dnf install python3.12" in said[0]


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_a_python_without_venv_is_told_in_one_line_what_to_install(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], module: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setattr(bootstrap, "newer_python", lambda: None)
    monkeypatch.setattr(bootstrap, "system", lambda: "debian")
    assert bootstrap.main() == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert f"needs Python's module {module}" in said[0]
    assert said[0].endswith("apt install python3-venv")


def test_an_environment_that_is_up_to_date_is_left_alone(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stamp = tmp_path / ".ready"
    stamp.write_text(bootstrap.fingerprint())
    monkeypatch.setattr(bootstrap, "STAMP", str(stamp))
    monkeypatch.setattr(bootstrap, "run", not_to_be_called)
    assert bootstrap.main() == 0


def not_to_be_called(*_words: object) -> None:
    raise AssertionError("something was installed")


def test_a_fingerprint_changes_with_the_lock_and_not_with_a_tools_settings(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("requirements-dev.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    monkeypatch.setattr(bootstrap, "HERE", str(tmp_path))
    monkeypatch.setattr(bootstrap, "LOCK", str(tmp_path / "requirements-dev.txt"))
    before = bootstrap.fingerprint()
    with (tmp_path / "pyproject.toml").open("a") as file:
        file.write("\n[tool.another]\nx = 1\n")
    assert bootstrap.fingerprint() == before
    with (tmp_path / "requirements-dev.txt").open("a") as file:
        file.write("\n")
    assert bootstrap.fingerprint() != before


def test_a_password_in_an_index_address_is_never_printed(bootstrap: ModuleType) -> None:
    said = bootstrap.words(["pip", "install", "--index-url", "https://user:secret@index.example/simple"])
    assert "secret" not in said
    assert "index.example" in said


@pytest.mark.slow
def test_the_wheel_holds_every_file_and_gives_the_command_where_it_is_installed(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    built = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    record_property("wheel_bytes", wheel.stat().st_size)
    source = ROOT / "src"
    wanted = {str(path.relative_to(source)) for path in committed() if source in path.parents}
    assert wanted - set(zipfile.ZipFile(wheel).namelist()) == set()

    place = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
    python = place / "bin" / "python"
    own = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    # What it depends on comes from the environment of the tests, so that no network is needed.
    (Path(own) / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    alone = ["--quiet", "--no-deps", "--no-index", "--disable-pip-version-check"]
    subprocess.run([python, "-m", "pip", "install", *alone, str(wheel)], check=True)
    kept = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "DATABASE_URL"}}
    said = subprocess.run(
        [place / "bin" / "tocsin", "--home", str(tmp_path / "none"), "doctor"],
        cwd=tmp_path,
        env=kept,
        capture_output=True,
        text=True,
        check=False,
    )
    assert f"in {place}" in said.stdout, said.stderr
    where = [str(python), "-c", "import tocsin; print(tocsin.__file__)"]
    assert (
        str(place) in subprocess.run(where, cwd=tmp_path, env=kept, capture_output=True, text=True, check=True).stdout
    )
