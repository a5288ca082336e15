"""What evidence asks of the wire: take these files to the addressee; which files of a letter are here."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from tocsin.base.actor import Actor
from tocsin.base.ids import MemberId
from tocsin.base.instant import Instant
from tocsin.evidence.errors import FileMissingError
from tocsin.wire.acts.attachments import OfferedFile, offer_file
from tocsin.wire.acts.uploads import forget_attachment
from tocsin.wire.folders import whole_path
from tocsin.wire.rules.letter import Attachment, Letter


def send(carried: Iterable[tuple[Attachment, Path]], *, to: MemberId, by: Actor, at: Instant) -> None:
    """Put the encrypted files of a letter in the outbox, inside the transaction that posts the letter."""
    for attachment, path in carried:
        file = OfferedFile(
            attachment=attachment.id,
            addressee=to,
            path=path,
            size=attachment.age_size,
            sha256=attachment.age_sha256,
        )
        offer_file(file, by=by, at=at)


def whole_files(letter: Letter) -> dict[str, Path]:
    """The files of a letter that are here, by attachment.

    The wire gives a file its hash for a name once it has seen that it has that hash.
    """
    places = {
        attachment.id: (whole_path(attachment.age_sha256), attachment.age_size) for attachment in letter.attachments
    }
    return {key: path for key, (path, size) in places.items() if path.is_file() and path.stat().st_size == size}


def let_go(letter: Letter, *, at: Instant) -> None:
    """Say that the files of a letter were taken over, so that the wire need not keep them."""
    for attachment in letter.attachments:
        forget_attachment(letter.sender, letter.addressee, attachment.id, why="taken into the evidence", at=at)


@contextmanager
def reading(path: Path, name: str) -> Iterator[BinaryIO]:
    """A file of a package as a stream; raises ``FileMissingError`` when it is not where it should be."""
    try:
        stream = path.open("rb", 0)
    except OSError as fault:
        raise FileMissingError(name=name) from fault
    with stream:
        yield stream
