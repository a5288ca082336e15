"""Files of ours on their way out, and files of ours that wait at the hub.

A file is offered by whoever made it (``evidence``): encrypted to its one addressee, at a path below the
node's home. It is sent in pieces to the addressee's node; when that cannot be reached, to the hub, from
where the addressee fetches it. Each piece goes on where the other side says that it stopped.
"""

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet

from tocsin.base.actor import Actor
from tocsin.base.errors import TocsinError
from tocsin.base.ids import MEMBER_PATTERN, MemberId, is_uuid
from tocsin.base.instant import Instant
from tocsin.base.problem import Problem
from tocsin.base.this_node import this_node
from tocsin.journal import acts as journal
from tocsin.proof.canonical import Json, canonical
from tocsin.wire import jobs, line, locks, peers
from tocsin.wire.acts.go_round import mailbox_path
from tocsin.wire.acts.mailbox import check_is_hub
from tocsin.wire.acts.uploads import Announced, Reader, append_piece, begin_upload
from tocsin.wire.entries import AttachmentOffered, AttachmentSent
from tocsin.wire.errors import (
    AttachmentUnknownError,
    BodyFaultyError,
    LineDownError,
    PeerRefusedError,
    UploadOffsetError,
)
from tocsin.wire.line import Reply
from tocsin.wire.models import OutgoingFile, StoredAttachment
from tocsin.wire.rules.backoff import LONGEST_DELAY, RELAY_AFTER, RELAY_AFTER_FAILURES, delay_after
from tocsin.wire.rules.batch import members_of
from tocsin.wire.rules.mailbox import PAGE_ITEMS
from tocsin.wire.rules.peer import Peer

PIECE: Final = 16 * 1024 * 1024
_READ: Final = 256 * 1024
_UPLOADS: Final = "/wire/attachments"
_MOST_TRIES: Final = 5
_MOST_DIGITS: Final = 19
_HEX_64: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedFile:
    """A file that is encrypted to ``addressee`` and lies at ``path``: size and hash are of those bytes."""

    attachment: str
    addressee: MemberId
    path: Path
    size: int
    sha256: str


def offer_file(file: OfferedFile, *, by: Actor, at: Instant) -> None:
    """Put a file in the outbox, inside the caller's transaction; it leaves before or after its letter.

    ``path`` has to lie below the node's home and to stay there until the file is sent. Offering the
    same file again changes nothing. Raises ``AttachmentUnknownError`` when there is no such file.
    """
    home = this_node().home.resolve()
    path = file.path.resolve()
    if not path.is_file() or not path.is_relative_to(home) or path.stat().st_size != file.size:
        raise AttachmentUnknownError(attachment=file.attachment, reason="no file of that size lies there")
    if OutgoingFile.objects.filter(attachment=file.attachment, peer=file.addressee).exists():
        return
    offered = AttachmentOffered(
        attachment=file.attachment, addressee=file.addressee, age_size=file.size, age_sha256=file.sha256
    )
    OutgoingFile.objects.create(
        attachment=file.attachment,
        peer=file.addressee,
        path=str(path.relative_to(home)),
        size=file.size,
        sha256=file.sha256,
        since=peers.machine_instant(at),
    )
    journal.record(offered, by=by, at=at)
    jobs.send_files_soon(file.addressee)


def send_files(peer: MemberId, *, at: Instant) -> bool:
    """Send the next file that waits for ``peer``, by the hub when it cannot be reached; whether more wait.

    Does nothing while another process sends files to this peer, and before a file's next attempt is due.
    """
    with locks.held_if_free(f"files:{peer}") as free:
        if not free:
            return False
        row = _due(peer, at=at).first()
        if row is not None:
            _send(row, at=at)
    return row is not None and _due(peer, at=at).exists()


def _due(peer: MemberId, *, at: Instant) -> QuerySet[OutgoingFile]:
    now, states = peers.machine_instant(at), OutgoingFile.State
    due = Q(next_attempt_at=None) | Q(next_attempt_at__lte=now) | Q(next_attempt_at__gt=now + 2 * LONGEST_DELAY)
    return OutgoingFile.objects.filter(due, peer=peer, state__in=[states.WAITING, states.RELAYED]).order_by("id")


def _send(row: OutgoingFile, *, at: Instant) -> None:
    try:
        peer = peers.peer_of(MemberId(row.peer), at=peers.machine_instant(at))
        _upload(row, peer, _UPLOADS)
    except (LineDownError, OSError) as error:
        _come_back(row, error, at=at)
        return
    except PeerRefusedError as error:
        _refused(row, error.problem, at=at)
        return
    except TocsinError as error:
        _come_back(row, error, at=at)
        return
    _note(row, OutgoingFile.State.THERE, by_way_of="direct", at=at)


def _come_back(row: OutgoingFile, error: Exception, *, at: Instant) -> None:
    """Note a failed attempt; a file that waited long enough goes round by the hub, once."""
    now = peers.machine_instant(at)
    attempts = row.attempts + 1
    wait = delay_after(attempts, jitter=secrets.randbelow(1000) / 1000)
    OutgoingFile.objects.filter(pk=row.pk).update(
        attempts=attempts, next_attempt_at=now + wait, problem={"detail": str(error)[:500]}
    )
    waited = attempts >= RELAY_AFTER_FAILURES or now - row.since >= RELAY_AFTER
    if waited and row.state == OutgoingFile.State.WAITING:
        _go_round(row, at=at)
    jobs.send_files_later(MemberId(row.peer), wait)


def _go_round(row: OutgoingFile, *, at: Instant) -> None:
    way = peers.our_hub()
    if way is None or way == row.peer:
        return
    try:
        by_way = peers.peer_of(way, at=peers.machine_instant(at))
        _upload(row, by_way, f"{mailbox_path(MemberId(row.peer))}/attachments")
    except (TocsinError, OSError):
        return  # tried again with the next attempt
    _note(row, OutgoingFile.State.RELAYED, by_way_of=way, at=at)


def _refused(row: OutgoingFile, problem: Problem, *, at: Instant) -> None:
    if problem.retryable:
        _come_back(row, LineDownError(peer=row.peer, reason=problem.detail), at=at)
        return
    OutgoingFile.objects.filter(pk=row.pk).update(problem=problem.document())
    _note(row, OutgoingFile.State.REFUSED, by_way_of="refused", at=at)


def _note(row: OutgoingFile, state: OutgoingFile.State, *, by_way_of: str, at: Instant) -> None:
    with transaction.atomic():
        OutgoingFile.objects.filter(pk=row.pk).update(state=state)
        sent = AttachmentSent(attachment=str(row.attachment), addressee=row.peer, by_way_of=by_way_of)
        journal.record(sent, by=Actor.node(this_node().member), at=at)


# --- Piece by piece -----------------------------------------------------------------------------


def _upload(row: OutgoingFile, peer: Peer, path: str) -> None:
    """Send a file to ``path`` at ``peer``, from where it says that it stopped.

    Raises ``LineDownError``, or ``PeerRefusedError`` with the problem that it answers.
    """
    body = canonical({"attachment": str(row.attachment), "size": row.size, "sha256": row.sha256})
    offset = _offset_in(peer, line.ask(peer, "POST", path, body=body).checked(peer), most=row.size)
    place, tries = f"{path}/{row.attachment}", 0
    while offset < row.size:
        reply = _send_piece(row, peer, place, offset)
        if reply.good:
            offset = _offset_in(peer, reply, most=row.size)
        elif reply.problem().code == UploadOffsetError.code and tries < _MOST_TRIES:
            offset, tries = _offset_in(peer, line.ask(peer, "HEAD", place).checked(peer), most=row.size), tries + 1
        else:
            reply.checked(peer)


def _send_piece(row: OutgoingFile, peer: Peer, place: str, offset: int) -> Reply:
    length = min(PIECE, row.size - offset)
    headers = {
        "Content-Type": "application/offset+octet-stream",
        "Content-Length": str(length),
        "Upload-Offset": str(offset),
    }
    return line.send_piece(peer, place, _bytes_of(this_node().home / row.path, offset, length), headers=headers)


def _bytes_of(path: Path, offset: int, length: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(offset)
        while length and (chunk := file.read(min(_READ, length))):
            length -= len(chunk)
            yield chunk
    if length:
        raise OSError(f"{path.name} is shorter than was offered")


def _offset_in(peer: Peer, reply: Reply, *, most: int) -> int:
    offset = reply.headers.get("Upload-Offset", "")
    if not offset.isdecimal() or len(offset) > _MOST_DIGITS or int(offset) > most:
        raise LineDownError(peer=peer.member, reason="answered an upload without an offset in it")
    return int(offset)


# --- Files of ours that wait at the hub ---------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingFile:
    """A file in a hub's mailbox, under the number by which it is fetched."""

    number: int
    sender: MemberId
    attachment: str
    size: int
    sha256: str


def files_for(member: MemberId, *, after: int) -> list[WaitingFile]:
    """At a hub: the next page of files that wait for ``member``, who asks himself; those numbered above ``after``."""
    check_is_hub()
    rows = StoredAttachment.objects.filter(addressee=member, gone=None, id__gt=after).order_by("id")[:PAGE_ITEMS]
    return [_waiting(row) for row in rows]


def file_for(member: MemberId, number: int) -> WaitingFile:
    """At a hub: one file that waits for ``member``; raises ``AttachmentUnknownError``."""
    check_is_hub()
    row = StoredAttachment.objects.filter(addressee=member, gone=None, id=number).first()
    if row is None:
        raise AttachmentUnknownError(attachment=str(number), reason="nothing of this number waits")
    return _waiting(row)


def pick_up_files(*, at: Instant) -> int:
    """Fetch the files that wait for us at the hub, and let it forget them; how many.

    One that was begun goes on where it stopped. Raises ``LineDownError`` when the hub does not answer.
    """
    way = peers.our_hub()
    if way is None:
        return 0
    with locks.held_if_free("pick up files") as free:
        return _pick_up_files(peers.peer_of(way, at=peers.machine_instant(at)), at=at) if free else 0


def _pick_up_files(way: Peer, *, at: Instant) -> int:
    after = fetched = 0
    path = f"{mailbox_path(this_node().member)}/files"
    while True:
        reply = line.ask(way, "GET", f"{path}?after={after}").checked(way)
        listed = members_of(reply.body, names={"files"})["files"]
        files = [_listed(one) for one in listed] if isinstance(listed, list) else []
        if not files:
            return fetched
        for file in files:
            fetched += _fetch(way, f"{path}/{file.number}", file, at=at)
        after = files[-1].number


def _fetch(way: Peer, path: str, file: WaitingFile, *, at: Instant) -> bool:
    announced = Announced(
        sender=file.sender,
        addressee=this_node().member,
        attachment=file.attachment,
        size=file.size,
        sha256=file.sha256,
    )
    try:
        here = begin_upload(announced, at=at)
        if not here.whole:
            _append_from(way, f"{path}?from={here.offset}", announced, here.offset, at=at)
    except TocsinError as error:
        if isinstance(error, LineDownError) or error.retryable:
            raise
        return False  # it is not what was announced, or too large: it stays at the hub until its time is over
    line.ask(way, "POST", f"{path}/forget", body=canonical({}))
    return True


def _append_from(way: Peer, path: str, file: Announced, offset: int, *, at: Instant) -> None:
    with line.stream(way, path) as chunks:
        append_piece(
            file.sender,
            file.addressee,
            file.attachment,
            offset=offset,
            length=file.size - offset,
            read=_reader(chunks),
            at=at,
        )


def _reader(chunks: Iterator[bytes]) -> Reader:
    """Reads from chunks of any size, never more than it is asked for."""
    rest = bytearray()

    def read(most: int) -> bytes:
        while not rest:
            chunk = next(chunks, b"")
            if not chunk:
                return b""
            rest.extend(chunk)
        taken = bytes(rest[:most])
        del rest[:most]
        return taken

    return read


def _waiting(row: StoredAttachment) -> WaitingFile:
    return WaitingFile(
        number=row.pk,
        sender=MemberId(row.sender),
        attachment=str(row.attachment),
        size=row.size,
        sha256=row.sha256,
    )


def _listed(one: Json) -> WaitingFile:
    match one:
        case {
            "number": int(number),
            "sender": str(sender),
            "attachment": str(attachment),
            "size": int(size),
            "sha256": str(sha256),
        } if is_uuid(attachment) and MEMBER_PATTERN.fullmatch(sender) and _HEX_64.fullmatch(sha256) and size > 0:
            return WaitingFile(number=number, sender=MemberId(sender), attachment=attachment, size=size, sha256=sha256)
    raise BodyFaultyError(field="files", rule="each has number, sender, attachment, size and sha256")
