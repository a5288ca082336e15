"""A mailbox that is read, at a real IMAP server that we did not write."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.independent.tools import missing
from tests.mail.dovecot import PASSWORD, PROGRAM, USER, Dovecot, dovecot
from tests.mail.scene import FROM, TO, Post
from tests.offices import entries
from tocsin.mail import reads
from tocsin.mail.acts.fetch import fetch_mail
from tocsin.mail.acts.take_in import take_in_file
from tocsin.mail.doctor import mailbox_fault, server_fault
from tocsin.mail.models import IncomingMail, Mailbox

pytestmark = pytest.mark.tools


@pytest.fixture
def box(post: Post, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Dovecot]:
    if PROGRAM is None:
        missing("dovecot", "Debian package dovecot-imapd")
    monkeypatch.setenv("TOCSIN_IMAP_SECRET", PASSWORD)
    with dovecot(tmp_path / "box") as running:
        post.told(imap_host="127.0.0.1", imap_port=running.port, imap_security="none", imap_user=USER)
        yield running


def mail(subject: str, text: str = "x") -> bytes:
    return f"From: {TO}\r\nTo: {FROM}\r\nSubject: {subject}\r\n\r\n{text}\r\n".encode()


def subjects(post: Post) -> list[str]:
    return [each.subject for each in reversed(reads.tray(post.ioana))]


def test_each_mail_is_taken_in_once_in_its_order_and_left_as_it_was(post: Post, box: Dovecot) -> None:
    box.put(mail("first"))
    box.put(mail("second"))
    assert fetch_mail(at=post.at) == 2
    assert fetch_mail(at=post.at) == 0
    box.put(mail("third"))
    assert fetch_mail(at=post.later(minutes=1)) == 1
    assert subjects(post)[-1] == "third"
    assert sorted(subjects(post)) == ["first", "second", "third"]
    assert not [each for each in box.files() if each.name.rpartition(",")[2].find("S") >= 0], "nothing became read"
    assert [(each.fault, each.read_at) for each in reads.mailboxes()] == [("", post.at)]
    assert [each["way"] for each in entries("mail-taken-in")] == ["mailbox"] * 3


def test_what_was_brought_by_hand_before_is_not_taken_in_again(post: Post, box: Dovecot) -> None:
    take_in_file(mail("first"), way="upload", by=post.ioana, at=post.at)
    box.put(mail("first"))
    fetch_mail(at=post.at)
    assert subjects(post) == ["first"]


def test_one_that_is_too_long_is_kept_by_its_head_and_says_so(post: Post, box: Dovecot) -> None:
    post.told(most_bytes=64 * 1024)
    box.put(mail("long", "x" * 70 + "\r\n" * 200_000))
    fetch_mail(at=post.at)
    (line,) = reads.tray(post.ioana)
    assert (line.subject, line.whole) == ("long", False)
    assert line.size > 64 * 1024 >= len(bytes(IncomingMail.objects.get().content))


def test_marked_and_moved_only_where_the_settings_say_so_and_never_deleted(post: Post, box: Dovecot) -> None:
    post.told(imap_mark_read=True, imap_moved_to="Done")
    box.put(mail("first"))
    fetch_mail(at=post.at)
    assert not box.files()
    (moved,) = box.files(".Done")
    assert "S" in moved.name.rpartition(",")[2]


def test_uids_that_were_given_out_anew_lose_and_double_nothing(post: Post, box: Dovecot) -> None:
    box.put(mail("first"))
    fetch_mail(at=post.at)
    Mailbox.objects.update(validity=1, last_uid=99)  # the server's disk was restored: another UIDVALIDITY
    box.put(mail("second"))
    fetch_mail(at=post.at)
    assert sorted(subjects(post)) == ["first", "second"]


def test_another_server_whose_numbers_are_the_same_loses_nothing(post: Post, box: Dovecot) -> None:
    box.put(mail("first"))
    fetch_mail(at=post.at)
    row = Mailbox.objects.get()
    IncomingMail.objects.update(place=f"INBOX;{row.validity};{row.last_uid + 1}")  # as the server before had named it
    box.put(mail("second"))
    assert fetch_mail(at=post.at) == 1
    assert sorted(subjects(post)) == ["first", "second"]


def test_a_wrong_password_and_a_server_that_is_away_are_told_and_raise_nothing(
    post: Post, box: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (server_fault(), mailbox_fault()) == ("", "")
    monkeypatch.setenv("TOCSIN_IMAP_SECRET", "wrong")
    assert fetch_mail(at=post.at) == 0
    for told in (reads.mailboxes()[0].fault, mailbox_fault()):  # a server that is pressed says that it could not tell
        assert "AUTHENTICATIONFAILED" in told or "authentication failure" in told
    post.told(imap_port=1, smtp_port=1)
    assert "refused" in mailbox_fault()
    assert "refused" in server_fault()
    del box
