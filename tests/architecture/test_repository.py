"""What no committed file may hold, and what the lock files must."""

import re

import pytest

from tests.architecture.source import ROOT, committed, project, texts

# Put together here, so that this file does not hold what it forbids.
HOSTS = re.compile(
    "|".join(
        re.escape(".".join(parts))
        for parts in (
            ("pypi", "org"),
            ("pypi", "python", "org"),
            ("pythonhosted", "org"),
            ("registry", "npmjs", "org"),
            ("registry", "yarnpkg", "com"),
            ("proxy", "golang", "org"),
            ("index", "crates", "io"),
            ("static", "crates", "io"),
        )
    )
)
INDEX_LINES = re.compile(r"(?m)^\s*(--(extra-)?index-url|--find-links|-f |-i )|file://" + "/")
MACHINE_PATHS = re.compile(r"(?<![\w.])/(root|home/\w+|Users/\w+|work)/")
LOCKS = ("requirements.txt", "requirements-dev.txt")

pytestmark = pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a git tree")


def test_there_are_files_to_look_at() -> None:
    assert len(committed()) > 100
    assert "tests/architecture/test_repository.py" in texts()


def test_no_file_names_the_host_of_a_package_index() -> None:
    assert {name: found.group() for name, text in texts().items() if (found := HOSTS.search(text))} == {}


def test_no_file_names_an_index_or_a_place_for_packages() -> None:
    assert [name for name in LOCKS if INDEX_LINES.search(texts()[name])] == []
    assert [str(path) for path in committed() if path.name in {"uv.lock", "poetry.lock", "pip.conf", ".npmrc"}] == []


def test_no_file_holds_a_path_of_somebodys_machine() -> None:
    assert {name: found.group() for name, text in texts().items() if (found := MACHINE_PATHS.search(text))} == {}


def pins(name: str) -> dict[str, str]:
    return dict(re.findall(r"(?m)^([a-z0-9][a-z0-9._-]*)==([^ ;\\]+)", texts()[name]))


@pytest.mark.parametrize("name", LOCKS)
def test_every_pinned_package_has_its_hashes(name: str) -> None:
    blocks = re.split(r"(?m)^(?=[a-z0-9])", texts()[name])
    assert [block.split()[0] for block in blocks if block.strip() and "--hash=sha256:" not in block] == []
    assert len(pins(name)) > 30


def test_both_locks_pin_the_same_versions() -> None:
    runtime, development = pins("requirements.txt"), pins("requirements-dev.txt")
    assert {name: version for name, version in runtime.items() if development.get(name) != version} == {}


def test_the_locks_hold_every_dependency_of_the_project() -> None:
    names = [re.split(r"[\[<>=~! ]", told)[0].lower() for told in project()["project"]["dependencies"]]
    assert [name for name in names if name not in pins("requirements.txt")] == []
    names = [re.split(r"[\[<>=~! ]", told)[0].lower() for told in project()["dependency-groups"]["dev"]]
    assert [name for name in names if name not in pins("requirements-dev.txt")] == []
