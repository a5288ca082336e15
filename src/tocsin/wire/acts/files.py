"""Letters and receipts as files: what waits for a peer is written, and what a file brings is taken in.

What is written still waits: it is delivered when its receipt comes back, by a file or by a line. A file
goes through the same checks as the network, and reading it twice changes nothing.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.errors import TocsinError
from tocsin.base.ids import MemberId
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.directory import reads as directory
from tocsin.directory.acts.cards import take_card
from tocsin.journal import acts as journal
from tocsin.journal import reads as journal_reads
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.proof.canonical import canonical
from tocsin.wire import peers
from tocsin.wire.acts.deliver import sealed_for
from tocsin.wire.acts.go_round import take_mail
from tocsin.wire.entries import LettersExported
from tocsin.wire.errors import LetterNotForUsError
from tocsin.wire.models import Outgoing
from tocsin.wire.rules.wire_file import (
    MOST_LINE,
    Filed,
    FiledCard,
    FiledCheckpoint,
    FiledEnvelope,
    FileHead,
    lines_of,
    read_head,
    read_line,
)

_AT_ONCE: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was written: how many letters and receipts, and the file's hash."""

    path: Path
    items: int
    sha256: str


def export_waiting(addressee: MemberId, path: Path, *, by: Actor, at: Instant) -> Exported:
    """Write what waits for ``addressee`` to a file, with our card and our last checkpoint.

    The file is written beside its place and renamed, so it is whole or not there. Raises
    ``RightMissingError``, what ``peers.peer_of`` raises, and ``OSError``.
    """
    rights.check(by, Right.SEND)
    peer = peers.peer_of(addressee, at=peers.machine_instant(at))
    rows = Outgoing.objects.filter(peer=addressee, refused=False).select_related("letter", "receipt")
    jwss = [
        ((row.letter.jws if row.letter is not None else row.receipt and row.receipt.jws) or "").encode("ascii")
        for row in rows.order_by("letter_id", "receipt_id")
    ]
    envelopes = [FiledEnvelope(sealed_for(peer, jws)) for jws in jwss]
    head = FileHead(sender=this_node().member, addressee=addressee, at=at)
    sha256 = _written(path, lines_of(head, [*_about_us(), *envelopes]))
    with transaction.atomic():
        journal.record(LettersExported(addressee=addressee, file_sha256=sha256, items=len(envelopes)), by=by, at=at)
    return Exported(path=path, items=len(envelopes), sha256=sha256)


def _about_us() -> Iterator[Filed]:
    card = directory.own_card()
    if card is not None:
        yield FiledCard(card.jws)
    checkpoint = journal_reads.latest_checkpoint()
    if checkpoint is not None:
        yield FiledCheckpoint(checkpoint.note.decode("utf-8"))


def _written(path: Path, lines: Iterable[bytes]) -> str:
    digest, beside = hashlib.sha256(), path.with_name(path.name + ".part")
    with beside.open("wb") as file:
        for line in lines:
            digest.update(line)
            file.write(line)
    beside.replace(path)
    return digest.hexdigest()


# --- Reading ------------------------------------------------------------------------------------


@dataclass(slots=True)
class Imported:
    """What a file brought. ``left_out`` says what could not be taken in, and why."""

    sender: MemberId
    envelopes: int = 0
    cards: list[str] = field(default_factory=list)
    checkpoints: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def import_file(path: Path, *, by: Actor, at: Instant) -> Imported:
    """Take in a file that ``export_waiting`` wrote elsewhere.

    The answers to its letters wait to go back, by whatever way is open. A card in it is taken like any
    card from a file: one that does not continue a confirmed card waits to be confirmed by voice. Raises
    ``RightMissingError``, ``WireFileError`` that names the line, or ``LetterNotForUsError`` for a file to
    somebody else; what stood before a faulty line is taken in.
    """
    rights.check(by, Right.SEND)
    with path.open("rb") as file:
        head = read_head(file.readline(MOST_LINE + 1))
        if head.addressee != this_node().member:
            raise LetterNotForUsError(addressee=head.addressee, member=this_node().member)
        imported = Imported(head.sender)
        waiting: list[bytes] = []
        try:
            for number, line in enumerate(iter(lambda: file.readline(MOST_LINE + 1), b""), start=2):
                _sort(read_line(line, number=number), waiting, imported, by=by, at=at)
                if len(waiting) >= _AT_ONCE:
                    _take(waiting, imported, at=at)
        finally:
            _take(waiting, imported, at=at)
    return imported


def _sort(thing: Filed, waiting: list[bytes], imported: Imported, *, by: Actor, at: Instant) -> None:
    match thing:
        case FiledEnvelope(jwe=jwe):
            waiting.append(jwe)
        case FiledCard(jws=jws):
            imported.cards.append(_card(jws, by=by, at=at))
        case FiledCheckpoint(note=note):
            imported.checkpoints.append(note)


def _take(waiting: list[bytes], imported: Imported, *, at: Instant) -> None:
    imported.envelopes += len(waiting)
    imported.left_out += [one.reason for one in take_mail(waiting, at=at)]
    waiting.clear()


def _card(jws: str, *, by: Actor, at: Instant) -> str:
    try:
        held, taking = take_card(canonical({"card": jws}) + b"\n", by=by, at=at)
    except TocsinError as error:
        return f"refused: {error}"
    return f"{held.signed.card.member}: {taking.value}"
