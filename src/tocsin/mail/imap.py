"""Reading a mailbox: by UID, without changing it, unless the settings ask that what was taken in is marked or moved.

Nothing is ever deleted. A mail that is too long is asked for by its head alone.
"""

import imaplib
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from tocsin.mail.rules.settings import MailSettings
from tocsin.mail.smtp import tls_context

SECONDS = 30.0
MOST_AT_ONCE = 50
HEAD_BYTES = 64 * 1024
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")


class MailboxError(Exception):
    """The server said no, or something that is no IMAP."""


@dataclass(frozen=True, slots=True)
class Found:
    """A mail in the mailbox."""

    uid: int
    size: int
    content: bytes
    """All of it, or its head where it is too long."""
    whole: bool


class OpenMailbox:
    """A mailbox that is open, for reading."""

    def __init__(self, server: imaplib.IMAP4, validity: int) -> None:
        self._server, self.validity = server, validity

    def after(self, uid: int, *, most_bytes: int) -> Iterator[Found]:
        """The mails that came after a UID, in their order, at most ``MOST_AT_ONCE``."""
        for number in self._uids_after(uid)[:MOST_AT_ONCE]:
            size = self._size(number)
            if size is None:
                continue  # it was taken away meanwhile, by somebody else
            whole = size <= most_bytes
            part = "BODY.PEEK[]" if whole else f"BODY.PEEK[]<0.{HEAD_BYTES}>"  # PEEK: it does not become read by this
            content = self._content(number, part)
            if content is not None:
                yield Found(uid=number, size=size, content=content, whole=whole)

    def settle(self, uid: int, *, mark_read: bool, moved_to: str) -> None:
        """Mark or move what was taken in."""
        if mark_read:
            self._ask("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)")
        if moved_to:
            self._ask("MOVE", str(uid), _quoted(moved_to))

    def _uids_after(self, uid: int) -> list[int]:
        lines = [each for each in self._ask("SEARCH", f"UID {uid + 1}:*") if isinstance(each, bytes)]
        found = {int(each) for line in lines for each in line.split() if each.isdigit()}
        return sorted(each for each in found if each > uid)  # "n:*" names the last one even when it is before n

    def _size(self, uid: int) -> int | None:
        for line in self._ask("FETCH", str(uid), "(UID RFC822.SIZE)"):
            text = line[0] if isinstance(line, tuple) else line
            found = _SIZE.search(text or b"")
            if found:
                return int(found.group(1))
        return None

    def _content(self, uid: int, part: str) -> bytes | None:
        for line in self._ask("FETCH", str(uid), f"(UID {part})"):
            if isinstance(line, tuple) and len(line) > 1:
                return bytes(line[1])
        return None

    def _ask(self, command: str, *words: str) -> list[bytes | tuple[bytes, ...] | None]:
        kind, answer = self._server.uid(command, *words)
        if kind != "OK":
            raise MailboxError(f"{command}: {answer!r}"[:200])
        return list(answer)


@contextmanager
def open_mailbox(settings: MailSettings, secret: str, *, seconds: float = SECONDS) -> Iterator[OpenMailbox]:
    """The mailbox of the settings; raises ``MailboxError`` for whatever goes wrong with it."""
    try:
        server = _connect(settings, seconds)
    except (imaplib.IMAP4.error, OSError) as error:
        raise MailboxError(f"{type(error).__name__}: {error}"[:200]) from error
    try:
        server.login(settings.imap_user, secret)
        changes = settings.imap_mark_read or bool(settings.imap_moved_to)
        kind, answer = server.select(_quoted(settings.imap_folder), readonly=not changes)
        if kind != "OK":
            raise MailboxError(f"SELECT: {answer!r}"[:200])
        _, told = server.response("UIDVALIDITY")
        yield OpenMailbox(server, int(told[0]) if told and told[0] else 0)
    except (imaplib.IMAP4.error, OSError, ValueError) as error:
        raise MailboxError(f"{type(error).__name__}: {error}"[:200]) from error
    finally:
        with suppress(imaplib.IMAP4.error, OSError):
            server.logout()


def _connect(settings: MailSettings, seconds: float) -> imaplib.IMAP4:
    if settings.imap_security == "tls":
        context = tls_context(settings)
        return imaplib.IMAP4_SSL(settings.imap_host, settings.imap_port, ssl_context=context, timeout=seconds)
    server = imaplib.IMAP4(settings.imap_host, settings.imap_port, timeout=seconds)
    if settings.imap_security == "starttls":
        server.starttls(ssl_context=tls_context(settings))
    return server


def _quoted(folder: str) -> str:
    escaped = folder.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
