"""Tools that are not ours, for checking what we make.

Where a tool is missing a test is skipped and says which; with ``TOCSIN_REQUIRE_TOOLS=1`` in the
environment (as in continuous integration) it fails instead, so that nobody believes in a check
that did not run.
"""

import os
import shutil
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest

INSTALL = {
    "age": "Debian package age",
    "age-keygen": "Debian package age",
    "go": "Debian package golang-go",
    "jose": "npm package jose",
    "node": "Debian package nodejs",
    "npm": "Debian package npm",
    "openssl": "Debian package openssl",
}


def need(tool: str) -> str:
    """The path of a tool; skips the test when it is missing, or fails it under TOCSIN_REQUIRE_TOOLS=1."""
    path = shutil.which(tool)
    if path is None:
        missing(tool, INSTALL.get(tool, "see its own documentation"))
    return path


def need_directory(directory: str, *, what: str, install: str) -> Path:
    """A directory that a tool brings along; skips or fails like ``need``."""
    path = Path(directory)
    if not path.is_dir():
        missing(what, install)
    return path


GOPATH = "/usr/share/gocode"
GO_SOURCES = Path(__file__).parent / "go"


def build_go(folder: Path) -> Path:
    """``folder`` with our Go programs, built from Debian's sources and with no network."""
    go = need("go")
    need_directory(
        f"{GOPATH}/src/golang.org/x/mod/sumdb", what="x/mod", install="Debian package golang-golang-x-mod-dev"
    )
    environment = os.environ | {
        "GO111MODULE": "off",
        "GOPATH": GOPATH,
        "GOCACHE": str(folder / "cache"),
        "GOFLAGS": "",
        "CGO_ENABLED": "0",
    }
    for program in sorted(path.name for path in GO_SOURCES.iterdir()):
        source = GO_SOURCES / program / "main.go"
        subprocess.run([go, "build", "-o", folder / program, source], env=environment, check=True)
    return folder


def missing(what: str, install: str) -> NoReturn:
    """Skip the test, or fail it under TOCSIN_REQUIRE_TOOLS=1."""
    reason = f"{what} is not installed ({install})"
    if os.environ.get("TOCSIN_REQUIRE_TOOLS") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
