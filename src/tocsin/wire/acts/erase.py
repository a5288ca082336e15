"""Erasing the letters of a thread when their retention is over: the places stay, what they said goes.

With them go the files that travelled beside them and are still the wire's: what came in and was not taken over, what is
half here, and what waits to leave. Rows go in the transaction, files after its commit (``let_files_go``), since no
disk takes back what it threw away.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.ids import RequestId
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.journal import acts as journal
from tocsin.wire import locks, peers
from tocsin.wire.entries import LettersErased
from tocsin.wire.folders import partial_path, whole_path
from tocsin.wire.models import Outgoing, OutgoingFile, StoredAttachment, StoredLetter, Upload
from tocsin.wire.rules.letter import Attachment, Letter

_LEFT_LONG_AGO: Final = timedelta(days=1)


def erase_letters(thread: RequestId, *, rule: str, by: Actor, at: Instant) -> int:
    """Erase what the letters of a thread say; how many there were.

    Place, kind, instants and hash of each stay, and so do its receipts, so the chain holds. What still
    waits to leave does not leave any more. ``rule`` names the retention, for the journal; the journal's
    own entries about the thread are erased apart (``journal.acts.erase_all``). Inside the caller's
    transaction or in one of its own.
    """
    with transaction.atomic():
        told = erase_letters_untold(thread, rule=rule, at=at)
        if told is None:
            return 0
        journal.record(told, by=by, at=at)
    return len(told.sha256s)


def erase_letters_untold(thread: RequestId, *, rule: str, at: Instant) -> LettersErased | None:
    """``erase_letters`` as a part of a larger act, whose caller records the entry that this gives."""
    locks.hold(f"chain:{thread}")
    rows = StoredLetter.objects.select_for_update().filter(thread=thread, erased=None).order_by("id")
    hashes = tuple(rows.values_list("sha256", flat=True))
    if not hashes:
        return None
    Outgoing.objects.filter(thread=thread, letter__isnull=False).delete()
    StoredLetter.objects.filter(sha256__in=hashes).update(jws=None, problem=None, erased=at)
    return LettersErased(thread=thread, sha256s=hashes, rule=rule)


def erase_all_letters(*, at: Instant) -> int:
    """Erase what every letter of every thread says, as a part of a larger act, whose caller records it; how many."""
    return StoredLetter.objects.filter(erased=None).update(jws=None, problem=None, erased=at)


def erase_files_untold(letters: Iterable[Letter], *, at: Instant) -> list[Path]:
    """Let go of the files of these letters; the paths that ``let_files_go`` is to be given after the commit."""
    return [path for letter in letters for one in letter.attachments for path in _erase_file(letter, one, at=at)]


def _erase_file(letter: Letter, one: Attachment, *, at: Instant) -> Iterable[Path]:
    OutgoingFile.objects.filter(attachment=one.id, peer=letter.addressee).delete()
    sent = {"sender": letter.sender, "addressee": letter.addressee, "attachment": one.id}
    if Upload.objects.filter(**sent).delete()[0]:
        yield partial_path(letter.sender, letter.addressee, one.id)
        yield whole_path(one.age_sha256)  # moved to its place, perhaps, and not told yet
    if StoredAttachment.objects.filter(**sent, gone=None).update(gone=at):
        yield whole_path(one.age_sha256)


def let_files_go(paths: Sequence[Path]) -> int:
    """Take files of the wire off the disk, after the commit of what let them go; how many were there.

    A file whose bytes came a second time and are still wanted stays. May be done again.
    """
    doomed = [path for path in paths if path.parent.name == "partial" or not _wanted(path.name)]
    there = [path for path in doomed if path.exists()]
    for path in there:
        path.unlink(missing_ok=True)
    return len(there)


def sweep_files(*, at: Instant) -> int:
    """Take away files that came in whole, lie here for a day, and that no row wants: what a kill left; how many."""
    folder = this_node().home / "attachments" / "whole"
    old = (peers.machine_instant(at) - _LEFT_LONG_AGO).timestamp()
    left = [path for path in folder.glob("??/*") if path.stat().st_mtime < old] if folder.is_dir() else []
    return let_files_go(left)


def _wanted(sha256: str) -> bool:
    stored = StoredAttachment.objects.filter(sha256=sha256, gone=None).exists()
    return stored or Upload.objects.filter(sha256=sha256).exists()
