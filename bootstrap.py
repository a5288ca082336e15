"""Makes the environment in .venv: what `make setup` runs, with nothing but a Python and a package index.

The first line it prints on a machine that lacks something says what is missing and what to install.
It installs what the hashed lock file names and nothing else, with uv if that can be had and with pip
otherwise, then the project itself, from this folder and without a network. A second run that finds
nothing new does nothing.

This file is read by whatever `python3` a machine has, so it is written for old ones as well.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile

OLDEST = (3, 11)
NEWER = ("python3.14", "python3.13", "python3.12", "python3.11")
HERE = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(HERE, ".venv")
STAMP = os.path.join(VENV, ".ready")
LOCK = os.path.join(HERE, "requirements-dev.txt")

INSTALL_PYTHON = {
    "debian": "apt install python3 python3-venv (Debian 12, Ubuntu 24.04 or newer)",
    "fedora": "dnf install python3.12",
    "arch": "pacman -S python",
    "alpine": "apk add python3",
    "suse": "zypper install python312",
    "mac": "brew install python@3.12",
    "other": "Python 3.11 or newer from your system's packages",
}
INSTALL_VENV = {
    "debian": "apt install python3-venv",
    "fedora": "dnf install python3 python3-pip",
    "mac": "brew install python@3.12",
    "other": "your system's package with Python's venv and ensurepip modules",
}


def main():  # type: () -> int
    """Make or refresh the environment; the exit code."""
    missing = what_is_missing()
    if missing:
        other = newer_python()
        if other is not None:
            return subprocess.call([other, os.path.abspath(__file__)])
        sys.stderr.write(missing + "\n")
        return 1
    wanted = fingerprint()
    if stamped() == wanted:
        os.utime(STAMP, None)
        return 0
    try:
        make_venv()
        install_locked()
        install_project()
    except subprocess.CalledProcessError as error:
        sys.stderr.write("\nThe environment could not be made: `%s` failed.\n" % words(error.cmd))
        sys.stderr.write("Is a package index within reach, and is pip set up for it (pip config list)?\n")
        return 1
    with open(STAMP, "w") as stamp:
        stamp.write(wanted)
    return 0


# -- what the machine has ------------------------------------------------------------------------


def what_is_missing():  # type: () -> str
    """What this Python lacks and what to install, in one line; empty if it lacks nothing."""
    if sys.version_info < OLDEST:
        return "Tocsin needs Python %d.%d or newer and %s is %d.%d: install it with %s" % (
            OLDEST + (sys.executable,) + tuple(sys.version_info[:2]) + (advice(INSTALL_PYTHON),)
        )
    for module in ("venv", "ensurepip"):
        try:
            __import__(module)
        except ImportError:
            return "Tocsin needs Python's module %s, which %s lacks: install it with %s" % (
                module,
                sys.executable,
                advice(INSTALL_VENV),
            )
    return ""


def newer_python():  # type: () -> str | None
    """Another Python of this machine that lacks nothing."""
    if os.environ.get("TOCSIN_BOOTSTRAP") or not hasattr(shutil, "which"):
        return None  # we are that other one, or so old that we cannot even look
    os.environ["TOCSIN_BOOTSTRAP"] = "1"
    look = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))"
    for name in NEWER:
        path = shutil.which(name)
        if path and subprocess.call([path, "-c", look], stderr=subprocess.DEVNULL) == 0:
            return path
    return None


def advice(for_each):  # type: (dict) -> str
    """The advice for this system."""
    return for_each.get(system(), for_each["other"])


def system():  # type: () -> str
    """The family of this system."""
    if sys.platform == "darwin":
        return "mac"
    try:
        with open("/etc/os-release") as release:
            told = release.read().lower()
    except (IOError, OSError):
        return "other"
    named = " ".join(re.findall(r'^id(?:_like)?="?([^"\n]*)', told, re.MULTILINE))
    families = {
        "debian": "debian ubuntu",
        "fedora": "fedora rhel centos",
        "suse": "suse",
        "arch": "arch",
        "alpine": "alpine",
    }
    for family in sorted(families):
        if any(word in named for word in families[family].split()):
            return family
    return "other"


# -- the environment -----------------------------------------------------------------------------


def fingerprint():  # type: () -> str
    """What the environment depends on; when it is the same there is nothing to do."""
    digest = hashlib.sha256()
    for name in (LOCK, os.path.abspath(__file__)):
        with open(name, "rb") as file:
            digest.update(file.read())
    with open(os.path.join(HERE, "pyproject.toml"), "rb") as file:
        digest.update(file.read().partition(b"[tool.")[0])  # what tools are told changes no environment
    digest.update(("%s %s" % (sys.version_info[:2], HERE)).encode("utf-8"))
    return digest.hexdigest()


def stamped():  # type: () -> str
    """The fingerprint that the environment was made for; empty if it is absent or unfinished."""
    try:
        with open(STAMP) as stamp:
            return stamp.read()
    except (IOError, OSError):
        return ""


def make_venv():  # type: () -> None
    """Make .venv, anew if it is another Python's or broken."""
    if os.path.exists(STAMP):
        os.remove(STAMP)
    look = "import sys, pip; sys.exit(sys.version_info[:2] != %r)" % (tuple(sys.version_info[:2]),)
    if os.path.exists(python()) and subprocess.call([python(), "-c", look], stderr=subprocess.DEVNULL) == 0:
        return
    say("making .venv with Python %d.%d" % tuple(sys.version_info[:2]))
    run([sys.executable, "-m", "venv", "--clear", VENV])


def install_locked():  # type: () -> None
    """Install what the lock file names, by hash: with uv if it can be had, with pip otherwise."""
    say("installing the packages of requirements-dev.txt")
    uv = installed_uv()
    if uv is not None:
        command = [uv, "pip", "install", "--quiet", "--require-hashes", "--python", python(), "-r", LOCK]
        if subprocess.call(command, env=environment_for_uv()) == 0:
            return
        say("uv could not; using pip")
    run([python(), "-m", "pip", "install", "--quiet", "--require-hashes", "-r", LOCK])


def installed_uv():  # type: () -> str | None
    """The uv in the environment, in the version and with the hashes of the lock file; ``None`` if it cannot be had."""
    path = os.path.join(VENV, "bin", "uv")
    with open(LOCK) as lock:
        block = re.search(r"^uv==(?:.*\\\n)+.*", lock.read(), re.MULTILINE)
    if block is None:
        return None
    own = tempfile.mkdtemp()
    try:
        with open(os.path.join(own, "uv.txt"), "w") as file:
            file.write(block.group(0) + "\n")
        quiet = ["--quiet", "--disable-pip-version-check", "--require-hashes"]
        command = [python(), "-m", "pip", "install"] + quiet + ["-r", os.path.join(own, "uv.txt")]
        done = subprocess.call(command, stderr=subprocess.DEVNULL) == 0
    finally:
        shutil.rmtree(own)
    return path if done and os.path.exists(path) else None


def environment_for_uv():  # type: () -> dict
    """The environment, with pip's settings in uv's words: uv does not read pip's files."""
    told = pip_settings()
    environment = dict(os.environ)
    environment.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")  # as pip does; the hashes decide what is taken
    for ours, theirs in (
        ("index-url", "UV_DEFAULT_INDEX"),
        ("extra-index-url", "UV_INDEX"),
        ("find-links", "UV_FIND_LINKS"),
        ("cert", "SSL_CERT_FILE"),
    ):
        if told.get(ours) and not environment.get(theirs):
            joint = "," if theirs == "UV_FIND_LINKS" else " "
            environment[theirs] = joint.join(told[ours].split())
    return environment


def pip_settings():  # type: () -> dict
    """What pip is told by its files and its environment."""
    listed = subprocess.check_output([python(), "-m", "pip", "config", "list"]).decode("utf-8", "replace")
    return dict(re.findall(r"^(?:[^.\n]*)\.([a-z-]+)='(.*)'$", listed, re.MULTILINE))


def install_project():  # type: () -> None
    """Install the project from this folder, editable, with the build tools of the lock file and no network."""
    say("installing tocsin")
    alone = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    run([python(), "-m", "pip", "install"] + alone + ["--editable", HERE])


def python():  # type: () -> str
    """The environment's own Python."""
    return os.path.join(VENV, "bin", "python")


def run(command):  # type: (list) -> None
    """Run it; raises ``CalledProcessError`` when it fails."""
    subprocess.check_call(command, env=dict(os.environ, PIP_DISABLE_PIP_VERSION_CHECK="1"))


def say(what):  # type: (str) -> None
    """Tell what happens, for whoever waits."""
    sys.stdout.write("setup: %s\n" % what)
    sys.stdout.flush()


def words(command):  # type: (object) -> str
    """A command as it would be typed, without what could be a password."""
    typed = " ".join(command) if isinstance(command, list) else str(command)
    return re.sub(r"//[^/@ ]*@", "//", typed)


if __name__ == "__main__":
    sys.exit(main())
