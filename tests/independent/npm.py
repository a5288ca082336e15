"""Packages of npm, installed once into a folder outside of this repository."""

import os
import subprocess
import tempfile
from pathlib import Path

from tests.independent.tools import missing, need

CACHE_VARIABLE = "TOCSIN_NPM_CACHE"
_PATIENCE = 120


def installed(package: str) -> Path:
    """The folder in whose ``node_modules`` the package (``name@version``) lies; skips or fails like ``need``."""
    npm, name = need("npm"), package.rpartition("@")[0]
    base = Path(os.environ.get(CACHE_VARIABLE, Path(tempfile.gettempdir(), f"tocsin-npm-{os.getuid()}")))
    folder = base / package.replace("/", "-")
    if not (folder / "node_modules" / name).is_dir():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        command = [npm, "install", "--prefix", str(folder), "--no-audit", "--no-fund", "--ignore-scripts", package]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=_PATIENCE)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            missing(f"{package}, which could not be fetched ({type(error).__name__})", f"npm package {package}")
    return folder
