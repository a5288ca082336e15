"""The tray of mail, one mail, and what leaves: pages of the desk."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.desk.door import Officer, desk_open, signed_in
from tests.mail.scene import FROM, TO, Post, Server, certified, served
from tests.offices import Offices, entries
from tocsin.base import instant
from tocsin.base.ids import new_uuid
from tocsin.mail import post as mail_post
from tocsin.mail import reads
from tocsin.mail.acts.deliver import deliver_waiting
from tocsin.mail.models import IncomingMail, OutgoingMail
from tocsin.mail.rules.settings import MailSettings

HOSTILE = b"""From: "<script>alert(1)</script>" <abuse@provider.example>
Subject: <img src=x onerror=alert(2)> RO-0000-0000
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/html

<p>Hello</p><script>alert(3)</script><img src="https://track.example/x.gif">
--b
Content-Type: text/html; name="a.html"
Content-Disposition: attachment; filename="../../<b>x</b>.html"

<script>alert(4)</script>
--b--
"""


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("desk-mail-keys")
    certified(folder, "authority", FROM)
    certified(folder, "provider", TO)
    return folder


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with served() as running:
        yield running


@pytest.fixture
def post(offices: Offices, keys: Path, server: Server) -> Iterator[Post]:
    server.mails.clear()
    offices.at = instant.true_now()
    with desk_open():
        yield Post(offices, keys=keys, server=server)
    mail_post.use(MailSettings())


@pytest.fixture
def officer(post: Post) -> Officer:
    return signed_in(post.offices, "ro", roles=("duty-officer",), function="police", name="Olga Exemplu")


def brought(officer: Officer, raw: bytes) -> str:
    """The id of a mail that was dropped at the desk."""
    answer = officer.client.post("/mail/", {"file": SimpleUploadedFile("a.eml", raw, "message/rfc822")})
    assert answer.status_code == 302, answer.content.decode()
    return str(IncomingMail.objects.latest("came_at").id)


def text(answer: Any) -> str:
    assert answer.status_code in {200, 422}
    return str(answer.content.decode())


def test_a_mail_that_is_dropped_shows_what_it_claims_apart_from_what_was_verified(post: Post, officer: Officer) -> None:
    post.address(certificate=True)
    signed = post.theirs.signed(b"Content-Type: text/plain\r\n\r\nWe have it.\r\n")
    mail = brought(officer, f"From: Desk <{TO}>\r\nSubject: Answer\r\n".encode() + signed)
    page = text(officer.client.get(f"/mail/{mail}/"))
    assert "Signed with the certificate recorded of this contact" in page
    assert "No signature covers this line" in page
    assert "We have it." in page
    plain = brought(officer, f"From: Desk <{TO}>\r\nSubject: Answer\r\n\r\nWe have it.".encode())
    assert "Not signed: anybody can have written it" in text(officer.client.get(f"/mail/{plain}/"))
    assert text(officer.client.get("/mail/")).count("claims:") == 2


def test_nothing_of_a_hostile_mail_is_drawn(officer: Officer) -> None:
    mail = brought(officer, HOSTILE)
    for page in (text(officer.client.get(f"/mail/{mail}/")), text(officer.client.get("/mail/"))):
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "track.example" not in page
    answer = officer.client.get(f"/mail/{mail}/files/1/")
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"] == f'attachment; filename="mail-{mail[:8]}-1.bin"'
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert officer.client.get(f"/mail/{mail}/files/0/").content == HOSTILE
    assert officer.client.get(f"/mail/{mail}/files/2/").status_code == 404


def test_a_mail_is_sorted_by_a_number_and_a_wrong_one_is_a_fault_at_its_field(post: Post, officer: Officer) -> None:
    request = post.sent()
    post.ro()
    mail = brought(officer, b"From: a@x.example\r\nSubject: hello\r\n\r\nx")
    answer = officer.client.post(f"/mail/{mail}/belongs/", {"request": "RO-9999-9999"})
    assert answer.status_code == 422
    assert 'value="RO-9999-9999"' in text(answer)
    assert officer.client.post(f"/mail/{mail}/belongs/", {"request": request}).status_code == 302
    page = text(officer.client.get(f"/requests/{request}/mail/"))
    assert "hello" in page
    again = officer.client.post(f"/mail/{mail}/not-ours/", {"reason": "advertising"}, follow=True)
    assert "Olga Exemplu has sorted this mail meanwhile." in text(again)


def test_what_is_not_for_us_needs_a_reason(officer: Officer) -> None:
    mail = brought(officer, b"From: a@x.example\r\nSubject: prize\r\n\r\nx")
    assert officer.client.post(f"/mail/{mail}/not-ours/", {"reason": ""}).status_code == 422
    assert officer.client.post(f"/mail/{mail}/not-ours/", {"reason": "advertising"}).status_code == 302
    assert reads.tray(officer.actor) == []


def test_an_empty_and_a_long_file_are_faults_at_the_field(post: Post, officer: Officer) -> None:
    post.told(most_bytes=70_000)
    long = SimpleUploadedFile("a.eml", b"x" * 80_000)
    for given in ({}, {"file": long}):
        answer = officer.client.post("/mail/", given)
        assert answer.status_code == 422
        assert "data-error-summary" in text(answer)


def test_an_address_is_recorded_and_a_request_goes_as_a_locked_file_with_its_password_at_the_desk(
    post: Post, officer: Officer
) -> None:
    request = post.sent()
    post.ro()
    path = f"/requests/{request}/mail/"
    assert "First record where they get mail." in text(officer.client.get(path))
    told = {"address": "not an address", "certificate": "", "known_from": "by telephone"}
    answer = officer.client.post(f"{path}address/", told)
    assert answer.status_code == 422
    assert 'value="not an address"' in text(answer)
    assert officer.client.post(f"{path}address/", {**told, "address": TO}).status_code == 302
    assert officer.client.post(path, {"way": "encrypted", "language": "en"}).status_code == 422
    once = new_uuid()
    for _ in range(2):
        sent = officer.client.post(path, {"way": "locked", "language": "en", "once": once})
        assert sent.status_code == 302
    line = OutgoingMail.objects.get()
    assert deliver_waiting(at=instant.now()) == 1
    page = text(officer.client.get(path))
    password = reads.password_for(officer.actor, str(line.id))
    assert password in page
    assert "taken by the mail server: that proves no arrival" in page
    assert officer.client.post(f"{path}{line.id}/", {"do": "told", "channel": ""}).status_code == 422
    assert officer.client.post(f"{path}{line.id}/", {"do": "told", "channel": "by telephone"}).status_code == 302
    assert password not in text(officer.client.get(path))
    assert entries("mail-password-told")[0]["channel"] == "by telephone"
    assert text(officer.client.get("/mail/")).count("Did not leave") == 0


def test_what_did_not_leave_stands_on_top_of_the_tray_and_can_go_once_more(post: Post, officer: Officer) -> None:
    request = post.sent()
    post.address()
    path = f"/requests/{request}/mail/"
    officer.client.post(path, {"way": "notice", "language": "en", "once": new_uuid()})
    post.server.answers.append("rcpt 550 no such mailbox")
    deliver_waiting(at=instant.now())
    assert "no such mailbox" in text(officer.client.get("/mail/"))
    line = OutgoingMail.objects.get()
    assert officer.client.post(f"{path}{line.id}/", {"do": "again"}).status_code == 302
    assert deliver_waiting(at=instant.now()) == 1
    assert officer.client.post(f"{path}{new_uuid()}/", {"do": "again"}).status_code == 404
