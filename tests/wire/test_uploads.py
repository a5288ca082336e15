"""Files that come in piece by piece, in a real folder."""

import hashlib
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO

import pytest
from django.db import IntegrityError, connections, transaction

from tests.conftest import AsNode
from tests.wire.desks import NOW, Desk, know
from tocsin.base.errors import TocsinError
from tocsin.base.ids import MemberId
from tocsin.base.this_node import Limits, ThisNode
from tocsin.journal.models import StoredEntry
from tocsin.wire.acts.uploads import (
    GIVEN_UP_AFTER,
    Announced,
    Standing,
    append_piece,
    begin_upload,
    expire_files,
    forget_attachment,
    give_up_uploads,
    standing,
)
from tocsin.wire.errors import (
    AttachmentHashError,
    AttachmentTooLargeError,
    DiskFullError,
    NotAMailboxError,
    UploadBusyError,
    UploadDiffersError,
    UploadOffsetError,
    UploadUnknownError,
)
from tocsin.wire.folders import partial_path, size_of, whole_path
from tocsin.wire.locks import _number
from tocsin.wire.models import StoredAttachment, Upload
from tocsin.wire.rules.mailbox import KEPT_FOR

RO, PT, GR = MemberId("ro"), MemberId("pt"), MemberId("gr")
FILE = bytes(range(256)) * 20_000
ID = "8f2d1a4e-4b1f-4d55-9d0e-2f6f2b9a7c11"

pytestmark = pytest.mark.usefixtures("ro")


def announced(content: bytes = FILE, addressee: MemberId = PT, **changes: object) -> Announced:
    fields: dict[str, object] = {
        "sender": RO,
        "addressee": addressee,
        "attachment": ID,
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    return Announced(**(fields | changes))  # type: ignore[arg-type]


def send(offset: int, piece: bytes, *, length: int | None = None, addressee: MemberId = PT) -> Standing:
    read = BytesIO(piece).read
    length = len(piece) if length is None else length
    return append_piece(RO, addressee, ID, offset=offset, length=length, read=read, at=NOW)


@pytest.mark.django_db(transaction=True)
def test_a_file_is_whole_when_its_last_byte_came_and_its_hash_is_right() -> None:
    assert begin_upload(announced(), at=NOW) == Standing(offset=0, size=len(FILE))
    half = len(FILE) // 2
    assert send(0, FILE[:half]).offset == half
    assert send(half, FILE[half:]).whole
    assert whole_path(announced().sha256).read_bytes() == FILE
    stored = StoredAttachment.objects.get()
    assert StoredEntry.objects.get(index=stored.entry).kind == "attachment-stored"
    assert begin_upload(announced(), at=NOW).whole
    assert not Upload.objects.exists()


def test_a_piece_cut_short_stays_and_is_gone_on_with() -> None:
    begin_upload(announced(), at=NOW)
    assert send(0, FILE[:1000], length=len(FILE)).offset == 1000  # the other side went away
    assert standing(RO, PT, ID, at=NOW).offset == 1000
    assert send(1000, FILE[1000:]).whole


def test_a_piece_that_begins_elsewhere_is_refused_unwritten() -> None:
    begin_upload(announced(), at=NOW)
    send(0, FILE[:1000])
    for offset in (0, 999, 1001, len(FILE)):
        with pytest.raises(UploadOffsetError) as raised:
            send(offset, b"")
        assert raised.value.fields["kept"] == 1000
    assert size_of(partial_path(RO, PT, ID)) == 1000


def test_a_file_that_is_another_than_was_announced_is_thrown_away() -> None:
    begin_upload(announced(), at=NOW)
    with pytest.raises(AttachmentHashError) as raised:
        send(0, b"x" + FILE[1:])
    assert raised.value.fields["expected"] == announced().sha256
    assert size_of(partial_path(RO, PT, ID)) == 0
    assert not StoredAttachment.objects.exists()
    begin_upload(announced(), at=NOW)
    assert send(0, FILE).whole


def test_more_than_was_announced_is_refused_unwritten() -> None:
    begin_upload(announced(), at=NOW)
    with pytest.raises(AttachmentTooLargeError):
        send(0, FILE + b"x")
    assert size_of(partial_path(RO, PT, ID)) == 0


def test_a_file_above_the_limit_is_refused_before_a_byte(as_node: AsNode) -> None:
    as_node("pt", limits=Limits(attachment_bytes=1000))
    with pytest.raises(AttachmentTooLargeError):
        begin_upload(announced(), at=NOW)
    assert not Upload.objects.exists()


def test_an_upload_begun_again_with_another_hash_or_size_is_refused() -> None:
    begin_upload(announced(), at=NOW)
    for changes in ({"sha256": "0" * 64}, {"size": 7}):
        with pytest.raises(UploadDiffersError):
            begin_upload(announced(**changes), at=NOW)


def test_nobody_writes_to_an_upload_that_he_did_not_begin() -> None:
    begin_upload(announced(), at=NOW)
    with pytest.raises(UploadUnknownError):
        append_piece(GR, PT, ID, offset=0, length=1, read=BytesIO(b"x").read, at=NOW)
    with pytest.raises(UploadUnknownError):
        standing(GR, PT, ID, at=NOW)


@contextmanager
def no_file_above(size: int) -> Iterator[None]:
    """A disk that takes no more: the operating system refuses to let any file grow above ``size``."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_keeps_what_came_and_says_so() -> None:
    begin_upload(announced(), at=NOW)
    with no_file_above(3_000_000), pytest.raises(DiskFullError) as raised:
        send(0, FILE)
    kept = size_of(partial_path(RO, PT, ID))
    assert 0 < kept <= 3_000_000
    assert raised.value.fields["offset"] == kept
    assert raised.value.retryable
    assert send(kept, FILE[kept:]).whole


def test_a_kill_between_the_last_byte_and_its_record_is_mended_when_somebody_asks() -> None:
    begin_upload(announced(), at=NOW)
    partial_path(RO, PT, ID).write_bytes(FILE)  # all bytes were written, and then it died
    assert standing(RO, PT, ID, at=NOW).whole
    assert StoredAttachment.objects.count() == 1


def test_a_kill_between_the_renaming_and_its_record_is_mended_when_somebody_asks() -> None:
    begin_upload(announced(), at=NOW)
    whole_path(announced().sha256).write_bytes(FILE)
    Upload.objects.update(checked=True)  # the hash was right, the file moved, and then it died
    assert begin_upload(announced(), at=NOW).whole
    assert StoredAttachment.objects.count() == 1


def test_who_knows_the_hash_of_a_file_does_not_learn_that_it_is_here() -> None:
    whole_path(announced().sha256).write_bytes(FILE)
    assert begin_upload(announced(), at=NOW).offset == 0


@pytest.mark.django_db(transaction=True)
def test_two_processes_do_not_write_to_one_upload_at_once() -> None:
    begin_upload(announced(), at=NOW)
    other = connections["default"].copy("other")
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_number(f"upload:{Upload.objects.get().pk}")])
    try:
        with pytest.raises(UploadBusyError):
            send(0, FILE)
    finally:
        with other.cursor() as cursor:  # told, since a backend that is left lets go in its own time
            cursor.execute("SELECT pg_advisory_unlock_all()")
        other.close()
    assert send(0, FILE).whole


def test_what_nobody_goes_on_with_is_given_up() -> None:
    begin_upload(announced(), at=NOW)
    send(0, FILE[:10])
    assert give_up_uploads(at=NOW + GIVEN_UP_AFTER - timedelta(seconds=1)) == 0
    assert give_up_uploads(at=NOW + GIVEN_UP_AFTER) == 1
    assert size_of(partial_path(RO, PT, ID)) == 0


@pytest.mark.django_db(transaction=True)
def test_a_file_is_erased_once_and_with_an_entry() -> None:
    begin_upload(announced(), at=NOW)
    send(0, FILE)
    with pytest.raises(IntegrityError), transaction.atomic():
        StoredAttachment.objects.update(gone=NOW)
    assert forget_attachment(RO, PT, ID, why="taken", at=NOW)
    assert not forget_attachment(RO, PT, ID, why="taken", at=NOW)
    assert size_of(whole_path(announced().sha256)) == 0
    assert StoredEntry.objects.filter(kind="attachment-forgotten").count() == 1


# --- At a hub -----------------------------------------------------------------------------------


@pytest.fixture
def hub(ro: Desk, as_node: AsNode) -> ThisNode:  # noqa: ARG001 - the node that knows it
    know(Desk.of("gr").card)
    return as_node("pt", hub=PT)


def test_only_a_hub_takes_files_for_others() -> None:
    know(Desk.of("gr").card)
    with pytest.raises(NotAMailboxError):
        begin_upload(announced(addressee=GR), at=NOW)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("hub")
def test_a_hub_keeps_a_file_for_a_member_until_its_time_is_over() -> None:
    begin_upload(announced(addressee=GR), at=NOW)
    send(0, FILE, addressee=GR)
    assert expire_files(at=NOW + KEPT_FOR - timedelta(seconds=1)) == 0
    assert expire_files(at=NOW + KEPT_FOR) == 1
    assert size_of(whole_path(announced().sha256)) == 0


@pytest.mark.usefixtures("hub")
def test_a_hub_takes_nothing_for_whom_it_does_not_know() -> None:
    with pytest.raises(TocsinError):
        begin_upload(announced(addressee=MemberId("nobody")), at=NOW)
    assert not Upload.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("hub")
def test_one_file_for_two_members_is_erased_with_the_last() -> None:
    for addressee in (PT, GR):
        begin_upload(announced(addressee=addressee), at=NOW)
        send(0, FILE, addressee=addressee)
    forget_attachment(RO, GR, ID, why="fetched", at=NOW)
    assert size_of(whole_path(announced().sha256)) == len(FILE)
    forget_attachment(RO, PT, ID, why="taken", at=NOW)
    assert size_of(whole_path(announced().sha256)) == 0
