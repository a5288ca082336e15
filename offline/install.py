"""Installs Tocsin from the folder that this file lies in, with no network: ``python3 install.py [FOLDER]``.

Every file is compared with SHA256SUMS first. FOLDER (``tocsin`` in the present folder if none is named) becomes an
environment of its own; nothing else on the machine is touched, and no root is needed. A second run mends an unfinished
one. What it cannot do it says in one line, and exits with 1.
"""

import hashlib
import subprocess
import sys
import sysconfig
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main(arguments: "list[str]") -> int:
    """Check, install, say what to do next; the exit code."""
    target = Path(arguments[0] if arguments else "tocsin").absolute()
    fault = what_is_wrong(HERE)
    if fault:
        sys.stderr.write(f"Not installed: {fault}\n")
        return 1
    say(f"installing into {target}")
    try:
        install(target)
    except subprocess.CalledProcessError as error:
        sys.stderr.write(f"Not installed: a step ended with {error.returncode}; its own words stand above.\n")
        return 1
    say(f"done. GUIDE.md says what now; the command is {target / 'bin' / 'tocsin'}")
    return 0


def install(target: Path) -> None:
    """The environment and everything in it. Raises ``CalledProcessError``."""
    subprocess.run([sys.executable, "-m", "venv", target], check=True)
    quietly = ["-q", "--disable-pip-version-check", "--no-index", "--no-deps", "--require-hashes"]
    wheels = ["--find-links", str(HERE / "wheels"), "-r", str(HERE / "wheels.txt")]
    subprocess.run([str(target / "bin" / "python"), "-m", "pip", "install", *quietly, *wheels], check=True)


def what_is_wrong(folder: Path) -> str:
    """Why nothing can be installed from here, and what to do, in one line; empty if all is well."""
    if not (folder / "wheels").is_dir() or not (folder / "SHA256SUMS").exists():
        return "this file belongs beside wheels/ and SHA256SUMS, in the folder that the archive unpacks to."
    made_for = (folder / "MADE-FOR").read_text().strip() if (folder / "MADE-FOR").exists() else "nothing that is named"
    if made_for != tag():
        return (
            f"this archive is for {made_for}, and this is {tag()}. Run it with that Python, or fetch the other archive."
        )
    for module in ("venv", "ensurepip"):
        try:
            __import__(module)
        except ImportError:
            return f"this Python lacks {module}; on Debian and Ubuntu the package python3-venv has it."
    return altered(folder)


def altered(folder: Path) -> str:
    """Which file is not what SHA256SUMS says, in a sentence; empty if all are."""
    say("comparing every file with SHA256SUMS")
    for line in (folder / "SHA256SUMS").read_text().splitlines():
        expected, name = line.split("  ", 1)
        path = folder / name
        if not path.exists():
            return f"{name} is missing. Copy the archive again."
        if digest(path) != expected:
            return f"{name} is not the file that was packed. Copy the archive again, and compare the archive's own sum."
    return ""


def digest(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    summed = hashlib.sha256()
    with path.open("rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            summed.update(block)
    return summed.hexdigest()


def tag() -> str:
    """Which Python and which machine this is, as in an archive's name: ``cp311-linux_x86_64``."""
    machine = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    return f"cp{sys.version_info[0]}{sys.version_info[1]}-{machine}"


def say(what: str) -> None:
    """Tell what happens, for whoever waits."""
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
