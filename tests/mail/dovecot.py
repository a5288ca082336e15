"""A real IMAP server: Debian's Dovecot, unprivileged, on this machine, with a mailbox in a folder."""

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

PROGRAM = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin")
USER, PASSWORD = "desk", "not a secret"
_number = count(1)


@dataclass
class Dovecot:
    """A mailbox, as the server's disk has it."""

    folder: Path
    port: int

    @property
    def inbox(self) -> Path:
        return self.folder / "mail" / "new"

    def put(self, raw: bytes) -> None:
        """Let a mail arrive."""
        name = f"{time.time_ns()}.{next(_number)}.here"  # as Maildir names files
        (self.folder / "mail" / "tmp" / name).write_bytes(raw)
        (self.folder / "mail" / "tmp" / name).chmod(0o666)
        (self.folder / "mail" / "tmp" / name).rename(self.inbox / name)

    def files(self, box: str = "") -> list[Path]:
        """The mails in a folder of the mailbox."""
        place = self.folder / "mail" / box if box else self.folder / "mail"
        return [each for part in ("new", "cur") if (place / part).exists() for each in (place / part).iterdir()]


@contextmanager
def dovecot(folder: Path) -> Iterator[Dovecot]:
    """A server that answers."""
    assert PROGRAM is not None
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    user = pwd.getpwuid(os.getuid()).pw_name
    for part in ("new", "cur", "tmp", ".Done/new", ".Done/cur", ".Done/tmp"):
        (folder / "mail" / part).mkdir(parents=True)
    nobody = "nobody" if os.getuid() == 0 else user
    (folder / "dovecot.conf").write_text(_CONFIG.format(folder=folder, port=port, user=nobody, owner=user))
    (folder / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}::::::\n")
    if os.getuid() == 0:
        _give(folder, "nobody")
    running = subprocess.Popen([PROGRAM, "-F", "-c", str(folder / "dovecot.conf")])
    try:
        _wait(port)
        yield Dovecot(folder, port)
    finally:
        running.terminate()
        running.wait(10)


def _give(folder: Path, user: str) -> None:
    for each in (folder.parent, folder, folder / "mail", *(folder / "mail").rglob("*")):
        each.chmod(0o777)
    subprocess.run(["chown", "-R", user, str(folder / "mail")], check=True)
    (folder / "users").chmod(0o644)
    for each in folder.parents:
        if each.stat().st_uid == os.getuid() and str(each) != "/":
            each.chmod(each.stat().st_mode | 0o011)


def _wait(port: int) -> None:
    for _ in range(100):
        with socket.socket() as asked:
            if asked.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("Dovecot does not answer")


_CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_internal_user = {user}
default_login_user = {user}
default_internal_group = nogroup
first_valid_uid = 1
mail_location = maildir:{folder}/mail
mail_debug = no
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
passdb {{
  driver = passwd-file
  args = {folder}/users
}}
userdb {{
  driver = static
  args = uid={user} gid=nogroup home={folder}/mail
}}
"""
