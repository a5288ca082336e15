"""The mails of a request are erased with it, and so are the entries that name them."""

from datetime import timedelta

import pytest

from tests.mail.scene import TO, Post
from tests.offices import entries
from tests.retention.ended import left_of
from tests.retention.rules import KEPT
from tocsin.mail.acts.send import send_form
from tocsin.mail.acts.sort import belongs_to
from tocsin.mail.acts.take_in import take_in_file
from tocsin.mail.models import IncomingMail, OutgoingMail
from tocsin.mail.rules.outward import Way
from tocsin.requests.rules import letters as say
from tocsin.retention import own
from tocsin.retention.acts.retain import retain


def test_nothing_of_a_mail_is_left_after_its_request_was_erased(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own._own, "policy", lambda: KEPT)
    post.address()
    request = post.sent()
    post.ro()
    line = send_form(request, way=Way.LOCKED, by=post.ioana, at=post.at, language="en")
    raw = f"From: Odd Name <{TO}>\r\nSubject: Zyprexa\r\n\r\nThe mailbox of Planted Person.".encode()
    belongs_to(take_in_file(raw, way="upload", by=post.ioana, at=post.at).id, request, by=post.ioana, at=post.at)
    said = ("Zyprexa", "Planted Person", "Odd Name", line.message_id.strip("<>"))
    assert len(left_of(said)) >= len(said)
    post.ro_writes(request, say.Withdraw(reason="It is over."))
    long_after = post.at + timedelta(days=KEPT.days + KEPT.notice_days + 1)
    retain(at=long_after - timedelta(days=KEPT.notice_days))
    retain(at=long_after)
    assert [each for each in left_of(said) if not each.endswith("mail_outgoingmail")] == []
    assert bytes(OutgoingMail.objects.get().content) == bytes(IncomingMail.objects.get().content) == b""
    assert (OutgoingMail.objects.get().state, OutgoingMail.objects.get().to) == ("withdrawn", "")
    assert not entries("mail-written") + entries("mail-taken-in") + entries("mail-sorted")
