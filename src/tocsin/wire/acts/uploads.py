"""Files that come in: begun, continued piece by piece, checked when whole.

How much is here is the size of the partial file, so a kill at any moment leaves something that goes on
where it stopped. A piece is written as it comes, in constant memory, by one process at a time. When the
last byte is there the SHA-256 of the whole is taken and compared with what was announced: another one
throws the file away.

A hub takes files for others in the same way, and hands them out to their addressee alone.
"""

import errno
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import file_digest
from pathlib import Path
from typing import Final

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.ids import MemberId
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.journal import acts as journal
from tocsin.wire import handlers, locks, peers
from tocsin.wire.acts.mailbox import check_is_hub
from tocsin.wire.entries import AttachmentForgotten, AttachmentStored
from tocsin.wire.errors import (
    AttachmentHashError,
    AttachmentTooLargeError,
    DiskFullError,
    MailboxFullError,
    UploadBusyError,
    UploadDiffersError,
    UploadOffsetError,
    UploadUnknownError,
)
from tocsin.wire.folders import move_durably, partial_path, size_of, whole_path
from tocsin.wire.models import StoredAttachment, Upload
from tocsin.wire.rules.mailbox import KEPT_FOR, MOST_FILE_BYTES

CHUNK: Final = 1024 * 1024
GIVEN_UP_AFTER: Final = timedelta(days=7)
MOST_OPEN: Final = 200
"""Uploads that one member may have open here."""
_SPARE_BYTES: Final = 256 * 1024 * 1024
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

Reader = Callable[[int], bytes]
"""Gives at most so many bytes; none at the end, or when the other side went away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """A file that somebody wants to send: whose, for whom, and what it will be."""

    sender: MemberId
    addressee: MemberId
    attachment: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far an upload is."""

    offset: int
    size: int

    @property
    def whole(self) -> bool:
        """Whether all of it is here and was checked."""
        return self.offset == self.size


def begin_upload(announced: Announced, *, at: Instant) -> Standing:
    """Begin an upload, or say how far one is that was begun before.

    Raises ``AttachmentTooLargeError``, ``UploadDiffersError`` when it was begun with another size or hash,
    ``NotAMailboxError`` when it is for somebody else and this is no hub, ``MailboxFullError``, or
    ``DiskFullError``.
    """
    if announced.addressee != this_node().member:
        check_is_hub()
        peers.peer_of(announced.addressee, at=peers.machine_instant(at))
    _check_size(announced)
    stored = _stored(announced.sender, announced.addressee, announced.attachment)
    if stored is not None:
        _check_same(announced, size=stored.size, sha256=stored.sha256)
        return Standing(offset=stored.size, size=stored.size)
    row, new = Upload.objects.get_or_create(
        sender=announced.sender,
        addressee=announced.addressee,
        attachment=announced.attachment,
        defaults={
            "size": announced.size,
            "sha256": announced.sha256,
            "begun": peers.machine_instant(at),
            "touched": peers.machine_instant(at),
        },
    )
    _check_same(announced, size=row.size, sha256=row.sha256)
    if new:
        _check_room(row)
    return standing(announced.sender, announced.addressee, announced.attachment, at=at)


def standing(sender: MemberId, addressee: MemberId, attachment: str, *, at: Instant) -> Standing:
    """How far an upload is; one whose last step was lost to a kill is finished. Raises ``UploadUnknownError``."""
    stored = _stored(sender, addressee, attachment)
    if stored is not None:
        return Standing(offset=stored.size, size=stored.size)
    row = _open_upload(sender, addressee, attachment)
    path = partial_path(sender, addressee, attachment)
    if size_of(path) == row.size or row.checked:
        with _alone(row):
            _finish(row, path, at=at)
        return Standing(offset=row.size, size=row.size)
    return Standing(offset=size_of(path), size=row.size)


def append_piece(  # whose file, which piece, from where
    sender: MemberId, addressee: MemberId, attachment: str, *, offset: int, length: int, read: Reader, at: Instant
) -> Standing:
    """Write a piece of ``length`` bytes that begins at ``offset``; what came of it before a fault stays.

    Raises ``UploadUnknownError``, ``UploadOffsetError`` when the piece does not begin where the file ends,
    ``UploadBusyError`` while another process writes to it, ``AttachmentTooLargeError``, ``DiskFullError``, or
    ``AttachmentHashError`` for the last piece of a file that is another than was announced.
    """
    row = _open_upload(sender, addressee, attachment)
    path = partial_path(sender, addressee, attachment)
    with _alone(row):
        kept = size_of(path)
        if offset != kept:
            raise UploadOffsetError(offset=offset, kept=kept)
        if offset + length > row.size:
            raise AttachmentTooLargeError(size=offset + length, most=row.size)
        _write(path, length, read)
        Upload.objects.filter(pk=row.pk).update(touched=peers.machine_instant(at))
        if size_of(path) == row.size:
            _finish(row, path, at=at)
            return Standing(offset=row.size, size=row.size)
    return Standing(offset=size_of(path), size=row.size)


def _check_size(announced: Announced) -> None:
    mine = announced.addressee == this_node().member
    most = this_node().limits.attachment_bytes if mine else min(this_node().limits.attachment_bytes, MOST_FILE_BYTES)
    if announced.size > most:
        raise AttachmentTooLargeError(size=announced.size, most=most)


def _check_same(announced: Announced, *, size: int, sha256: str) -> None:
    if announced.size != size:
        raise UploadDiffersError(upload=announced.attachment, field="size")
    if announced.sha256 != sha256:
        raise UploadDiffersError(upload=announced.attachment, field="sha256")


def _check_room(row: Upload) -> None:
    place = partial_path(MemberId(row.sender), MemberId(row.addressee), str(row.attachment)).parent
    too_many = Upload.objects.filter(sender=row.sender).count() > MOST_OPEN
    too_full = shutil.disk_usage(place).free < row.size + _SPARE_BYTES
    if too_many or too_full:
        row.delete()
    if too_many:
        raise MailboxFullError(member=row.addressee, most=MOST_OPEN, unit="open uploads of one sender")
    if too_full:
        raise DiskFullError(offset=0)


def _stored(sender: MemberId, addressee: MemberId, attachment: str) -> StoredAttachment | None:
    return StoredAttachment.objects.filter(sender=sender, addressee=addressee, attachment=attachment).first()


def _open_upload(sender: MemberId, addressee: MemberId, attachment: str) -> Upload:
    row = Upload.objects.filter(sender=sender, addressee=addressee, attachment=attachment).first()
    if row is None:
        raise UploadUnknownError(upload=attachment)
    return row


class _alone:  # noqa: N801 - reads as a sentence after `with`
    """Nobody else writes to this upload meanwhile; raises ``UploadBusyError`` when somebody does."""

    def __init__(self, row: Upload) -> None:
        self._lock = locks.held_if_free(f"upload:{row.pk}")
        self._attachment = str(row.attachment)

    def __enter__(self) -> None:
        if not self._lock.__enter__():
            self._lock.__exit__(None, None, None)
            raise UploadBusyError(upload=self._attachment)

    def __exit__(self, *raised: object) -> None:
        self._lock.__exit__(None, None, None)


def _write(path: Path, length: int, read: Reader) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        left = length
        while left and (chunk := read(min(CHUNK, left))):
            left -= len(chunk)
            _write_all(handle, chunk)
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise DiskFullError(offset=size_of(path)) from error
    finally:
        os.close(handle)


def _write_all(handle: int, chunk: bytes) -> None:
    rest = memoryview(chunk)
    while rest:
        rest = rest[os.write(handle, rest) :]


def _finish(row: Upload, path: Path, *, at: Instant) -> None:
    """Check the hash of a file whose bytes are all here, put it in its place and record it.

    Each step can be taken again: what a kill left between two of them is finished by whoever asks next.
    """
    if not row.checked:
        _check_hash(row, path)
        Upload.objects.filter(pk=row.pk).update(checked=True)
    if size_of(path) == row.size:
        move_durably(path, whole_path(row.sha256))
    _store(row, at=at)


def _check_hash(row: Upload, path: Path) -> None:
    with path.open("rb") as file:
        found = file_digest(file, "sha256").hexdigest()
    if found != row.sha256:
        row.delete()
        path.unlink()
        raise AttachmentHashError(field="SHA-256", found=found, expected=row.sha256)


def _store(row: Upload, *, at: Instant) -> None:
    sender, attachment = MemberId(row.sender), str(row.attachment)
    mine = row.addressee == this_node().member
    with transaction.atomic():
        told = handlers.tell_attachment(attachment, sender, at=at) if mine else []
        Upload.objects.filter(pk=row.pk).delete()
        stored = AttachmentStored(
            attachment=attachment,
            sender=sender,
            addressee=row.addressee,
            age_size=row.size,
            age_sha256=row.sha256,
        )
        place = journal.record_all([stored, *told], by=Actor.node(this_node().member), at=at)[0]
        StoredAttachment.objects.create(
            sender=sender,
            addressee=row.addressee,
            attachment=attachment,
            size=row.size,
            sha256=row.sha256,
            at=at,
            until=None if mine else peers.machine_instant(at) + KEPT_FOR,
            entry=place.index,
        )


# --- Letting go ---------------------------------------------------------------------------------


def forget_attachment(sender: MemberId, addressee: MemberId, attachment: str, *, why: str, at: Instant) -> bool:
    """Erase a file that is whole: it was taken into the evidence, fetched from the hub, or its time is over."""
    with transaction.atomic():
        row = (
            StoredAttachment.objects.select_for_update()
            .filter(sender=sender, addressee=addressee, attachment=attachment, gone=None)
            .first()
        )
        if row is None:
            return False
        StoredAttachment.objects.filter(pk=row.pk).update(gone=at)
        entry = AttachmentForgotten(attachment=attachment, sender=sender, addressee=addressee, why=why)
        journal.record(entry, by=Actor.node(this_node().member), at=at)
        if not StoredAttachment.objects.filter(sha256=row.sha256, gone=None).exists():
            path = whole_path(row.sha256)
            transaction.on_commit(lambda: path.unlink(missing_ok=True))
    return True


def expire_files(*, at: Instant) -> int:
    """At a hub: throw away files that nobody came for in time; how many."""
    rows = StoredAttachment.objects.filter(until__lte=peers.machine_instant(at), gone=None).order_by("id")
    return sum(
        forget_attachment(MemberId(row.sender), MemberId(row.addressee), str(row.attachment), why="expired", at=at)
        for row in rows
    )


def give_up_uploads(*, at: Instant) -> int:
    """Throw away what came of files that nobody goes on sending; how many."""
    rows = list(Upload.objects.filter(touched__lte=peers.machine_instant(at) - GIVEN_UP_AFTER))
    for row in rows:
        partial_path(MemberId(row.sender), MemberId(row.addressee), str(row.attachment)).unlink(missing_ok=True)
        row.delete()
    return len(rows)
