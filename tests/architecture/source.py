"""The tree as the tests of its shape see it."""

import importlib
import pkgutil
import re
import subprocess
import tomllib
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import tocsin

ROOT = Path(__file__).parent.parent.parent


@cache
def project() -> dict[str, Any]:
    """What pyproject.toml says."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


@cache
def layers() -> dict[str, int]:
    """Each package's place in the picture, 0 at the bottom."""
    contracts = project()["tool"]["importlinter"]["contracts"]
    (lines,) = (contract["layers"] for contract in contracts if contract["id"] == "packages")
    return {name.strip(): place for place, line in enumerate(reversed(lines)) for name in re.split(r"[|:]", line)}


@cache
def modules() -> tuple[ModuleType, ...]:
    """Every module of ours, loaded."""
    names = [found.name for found in pkgutil.walk_packages(tocsin.__path__, "tocsin.")]
    return tuple(importlib.import_module(name) for name in names if not name.endswith("__main__"))


@cache
def committed() -> tuple[Path, ...]:
    """Every file that git keeps, or would keep if it were added; what only lies about is none of it."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return tuple(ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file())


@cache
def texts() -> dict[str, str]:
    """The text of each committed file that is text, by its path."""
    found = {}
    for path in committed():
        content = path.read_bytes()
        if b"\0" not in content[:8192]:
            found[str(path.relative_to(ROOT))] = content.decode("utf-8", errors="replace")
    return found
