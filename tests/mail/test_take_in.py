"""What comes in: made by OpenSSL and by hand, kept as it came, and shown as what it is."""

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest

from tests.mail.scene import FROM, TO, Post, certified, openssl
from tests.offices import entries
from tocsin.base.ids import RequestId
from tocsin.dossiers.acts.dossiers import make_dossier
from tocsin.dossiers.acts.members import let_in
from tocsin.dossiers.viewing import seen_by
from tocsin.forms.acts.print_form import print_form
from tocsin.mail import reads
from tocsin.mail.acts.deliver import deliver_waiting
from tocsin.mail.acts.send import send_form
from tocsin.mail.acts.sort import KEPT, belongs_to, forget_strangers, look_at_mail, not_for_us
from tocsin.mail.acts.take_in import take_in_file
from tocsin.mail.errors import (
    MailEmptyError,
    MailKnownError,
    MailReasonError,
    MailSortedError,
    MailTooLongError,
    UnknownMailError,
)
from tocsin.mail.models import IncomingMail
from tocsin.mail.reads import IncomingLine
from tocsin.mail.rules.outward import Way
from tocsin.people.errors import RightMissingError
from tocsin.requests.acts.dossier import put_in_dossier

TEXT = b"Content-Type: text/plain; charset=utf-8\r\n\r\nWe have it.\r\n"


def mail(
    text: str = "We have it.", *, sender: str = f"Somebody <{TO}>", subject: str = "Re: yours", head: str = ""
) -> bytes:
    lines = (f"From: {sender}", f"To: {FROM}", f"Subject: {subject}", *filter(None, [head]), "Content-Type: text/plain")
    return ("\r\n".join(lines) + f"\r\n\r\n{text}\r\n").encode()


def taken(post: Post, raw: bytes) -> IncomingLine:
    post.ro()
    return take_in_file(raw, way="upload", by=post.ioana, at=post.at)


def headed(signed: bytes, *, sender: str = TO) -> bytes:
    return f"From: Abuse Desk <{sender}>\r\nTo: {FROM}\r\nSubject: Answer\r\n".encode() + signed


@pytest.mark.parametrize("name", ["a\x00b", "a" * 299])
def test_an_id_that_no_database_would_keep_does_not_keep_its_mail_out(post: Post, name: str) -> None:
    line = taken(post, mail(head=f"Message-ID: <{name}@x.example>\r\nIn-Reply-To: <{name}@x.example>"))
    assert (line.message_id, line.subject) == ("", "Re: yours")


# --- Whose it is --------------------------------------------------------------------------------


@pytest.mark.parametrize("opaque", [False, True])
def test_a_mail_that_the_recorded_certificate_signed_is_verified_and_says_of_whom(post: Post, *, opaque: bool) -> None:
    post.address(certificate=True)
    line = taken(post, headed(post.theirs.signed(TEXT, opaque=opaque)))
    assert (line.seal, line.member, line.same_address) == ("fits", "pt", True)
    assert look_at_mail(line.id, by=post.ioana, at=post.at)[1].parsed.text.strip() == "We have it."


def test_a_signature_of_somebody_unknown_is_not_genuine(post: Post, keys: Path) -> None:
    post.address(certificate=True)
    stranger = certified(keys, "stranger", TO)
    line = taken(post, headed(stranger.signed(TEXT)))
    assert (line.seal, line.member) == ("fits", ""), "it fits, and nobody here knows whose it is"
    assert line.claims_address == TO, "the address is the right one, and that proves nothing"


def test_a_signature_by_the_right_one_under_another_address_says_so(post: Post) -> None:
    post.address(certificate=True)
    line = taken(post, headed(post.theirs.signed(TEXT), sender="somebody.else@mail.example"))
    assert (line.member, line.same_address) == ("pt", False)


def test_what_was_altered_after_it_was_signed_is_broken(post: Post) -> None:
    post.address(certificate=True)
    line = taken(post, headed(post.theirs.signed(TEXT)).replace(b"We have it.", b"We lost it."))
    assert (line.seal, line.member) == ("broken", "")


def test_words_around_what_was_signed_are_not_shown_as_its_text(post: Post) -> None:
    """A mail that wraps a true signed part, and adds words: what is shown is what the signature covers, or no seal."""
    post.address(certificate=True)
    signed = post.theirs.signed(TEXT)
    wrapped = (
        b"From: x@y.example\r\nContent-Type: multipart/mixed; boundary=out\r\n\r\n"
        b"--out\r\nContent-Type: text/plain\r\n\r\n"
        b"Pay the sum to another account.\r\n--out\r\n"
        + signed.replace(b"MIME-Version: 1.0\n", b"")
        + b"\r\n--out--\r\n"
    )
    assert taken(post, wrapped).seal == "none"
    preamble = signed.replace(b"This is an S/MIME signed message", b"Pay the sum to another account.")
    line = taken(post, headed(preamble))
    assert line.seal == "fits"
    assert "another account" not in look_at_mail(line.id, by=post.ioana, at=post.at)[1].parsed.text


def test_a_certificate_whose_time_is_over_is_called_expired(post: Post) -> None:
    post.address(certificate=True)
    signed = headed(post.theirs.signed(TEXT))
    post.later(days=4000)
    line = taken(post, signed)
    assert (line.seal, line.member) == ("expired", "")


def test_a_weak_digest_is_no_signature(post: Post) -> None:
    post.address(certificate=True)
    signer = ("-signer", str(post.theirs.certificate), "-inkey", str(post.theirs.key))
    line = taken(post, headed(openssl("cms", "-sign", "-md", "sha1", *signer, given=TEXT)))
    assert line.seal == "unreadable"


def test_what_was_encrypted_to_us_is_opened_and_checked_and_kept_as_it_came(post: Post) -> None:
    post.address(certificate=True)
    signed = post.theirs.signed(TEXT)
    raw = headed(openssl("cms", "-encrypt", "-aes256", str(post.ours.certificate), given=signed))
    line = taken(post, raw)
    assert (line.encrypted, line.seal, line.member) == (True, "fits", "pt")
    assert look_at_mail(line.id, by=post.ioana, at=post.at)[1].parsed.text.strip() == "We have it."
    assert bytes(IncomingMail.objects.get().content) == raw
    assert hashlib.sha256(raw).hexdigest() == line.sha256


def test_what_was_encrypted_to_somebody_else_says_that_it_cannot_be_read(post: Post) -> None:
    raw = headed(openssl("cms", "-encrypt", "-aes256", str(post.theirs.certificate), given=TEXT))
    line = taken(post, raw)
    _, read = look_at_mail(line.id, by=post.ioana, at=post.at)
    assert (line.encrypted, read.opened, line.seal) == (True, False, "none")
    assert "We have it" not in read.parsed.text


# --- To what it belongs -------------------------------------------------------------------------


def asked(post: Post) -> tuple[RequestId, str, str]:
    """A request that was sent as a notice: its id, its number, and the Message-ID."""
    post.address()
    request = post.sent()
    post.ro()
    line = send_form(request, way=Way.NOTICE, by=post.ioana, at=post.at, language="en")
    deliver_waiting(at=post.at)
    return request, line.number, line.message_id


def test_an_answer_is_proposed_by_our_message_id(post: Post) -> None:
    request, _, message_id = asked(post)
    line = taken(post, mail(head=f"In-Reply-To: {message_id}"))
    assert (line.proposed, line.why, line.state, line.request) == (request, "answer", "new", None)
    line = taken(post, mail("otherwise", head=f"References: <a@b.example> {message_id}"))
    assert (line.proposed, line.why) == (request, "answer")


def test_a_mail_is_proposed_by_our_number_however_it_is_typed(post: Post) -> None:
    request, number, _ = asked(post)
    for typed in (number, number.lower(), number.replace("-", " "), number.replace("-", "")):
        line = taken(post, mail(f"about {typed}, please"))
        assert (line.proposed, line.why) == (request, "number"), typed
    assert taken(post, mail("about RO-0000-0000")).proposed is None


def test_the_form_itself_and_the_letter_inside_an_altered_one_lead_to_their_request(post: Post) -> None:
    request = post.sent()
    post.ro()
    pdf = print_form(request, language="en", by=post.ioana, at=post.at).pdf
    whole = taken(post, with_file(pdf))
    assert (whole.proposed, whole.why) == (request, "letter")
    changed = pdf + b"\n% signed by hand, scanned, and saved anew\n"
    anew = taken(post, with_file(changed))
    assert (anew.proposed, anew.why) == (request, "letter")


def with_file(content: bytes, *, name: str = "form.pdf") -> bytes:
    from email.message import EmailMessage  # noqa: PLC0415 - this helper alone

    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = TO, FROM, "attached"
    made.set_content("see the file")
    made.add_attachment(content, maintype="application", subtype="pdf", filename=name)
    return made.as_bytes()


def test_a_person_confirms_it_and_the_second_learns_that_it_was_done(post: Post) -> None:
    request, number, _ = asked(post)
    line = taken(post, mail(f"about {number}"))
    done = belongs_to(line.id, request, by=post.ioana, at=post.at)
    assert (done.state, done.request, done.sorted_by) == ("belongs", request, post.ioana.person)
    assert [each.id for each in reads.incoming_of(post.ioana, request)] == [line.id]
    assert not reads.tray(post.ioana)
    with pytest.raises(MailSortedError, match="Ioana"):
        not_for_us(line.id, reason="advertising", by=post.ioana, at=post.at)
    assert entries("mail-sorted")[0]["request"] == request


def test_a_mail_that_points_at_a_closed_case_is_seen_by_its_members_alone(post: Post) -> None:
    request, number, _ = asked(post)
    mihai = post.offices.person("ro", "Mihai Exemplu", "duty-officer", function="police")
    dossier = make_dossier("Operation Lighthouse", members_only=True, by=post.ioana, at=post.at)
    let_in(dossier, "Radu Model", capacity="member", reason="signs the orders", by=post.ioana, at=post.at)
    put_in_dossier(request, dossier, reason="an officer is a suspect", by=post.ioana, at=post.at)
    line = take_in_file(mail(f"about {number}"), way="upload", by=post.ioana, at=post.at)
    assert [each.id for each in reads.tray(post.ioana)] == [line.id]
    assert not reads.tray(mihai)
    with pytest.raises(UnknownMailError):
        look_at_mail(line.id, by=mihai, at=post.at)
    with seen_by(mihai, at=post.at):
        assert not IncomingMail.objects.exists(), "nor with the filter left out"
        with pytest.raises(MailKnownError):
            take_in_file(mail(f"about {number}"), way="upload", by=mihai, at=post.at)


# --- What did not arrive ------------------------------------------------------------------------

REPORT = """From: MAILER-DAEMON <postmaster@relay.example>
Subject: Undelivered Mail
Content-Type: multipart/report; report-type=delivery-status; boundary=r

--r
Content-Type: text/plain

Sorry.
--r
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example

Final-Recipient: rfc822; abuse@provider.example
Action: {action}
Status: 5.1.1

--r
Content-Type: text/rfc822-headers

Message-ID: {message_id}
Subject: yours

--r--
"""


def test_a_report_that_our_mail_did_not_arrive_stops_it_and_stays_a_claim(post: Post) -> None:
    request, _, message_id = asked(post)
    line = taken(post, REPORT.format(action="failed", message_id=message_id).encode())
    (sent,) = reads.outgoing_of(post.ioana, request)
    assert (sent.state, line.bounces, line.why, line.proposed) == ("bounced", sent.id, "bounce", request)
    assert line.seal == "none"
    assert [each.id for each in reads.stopped(post.ioana)] == [sent.id]
    assert entries("mail-stopped")[0]["state"] == "bounced"


def test_a_report_that_it_is_late_or_of_a_mail_that_is_not_ours_stops_nothing(post: Post) -> None:
    request, _, message_id = asked(post)
    taken(post, REPORT.format(action="delayed", message_id=message_id).encode())
    taken(post, REPORT.format(action="failed", message_id="<other@relay.example>").encode())
    assert reads.outgoing_of(post.ioana, request)[0].state == "sent"


# --- Kept ---------------------------------------------------------------------------------------


def test_the_same_bytes_are_taken_in_once(post: Post) -> None:
    first, second = taken(post, mail()), taken(post, mail())
    assert first.id == second.id
    assert len(entries("mail-taken-in")) == 1


def test_what_is_too_long_or_empty_is_refused_with_a_reason(post: Post) -> None:
    post.told(most_bytes=70_000)
    with pytest.raises(MailTooLongError):
        taken(post, mail("x" * 80_000))
    with pytest.raises(MailEmptyError):
        taken(post, b" \r\n")


def test_a_look_is_journalled_and_who_reads_no_requests_sees_no_mail(post: Post) -> None:
    line = taken(post, mail())
    before = len(entries("thing-looked-at"))
    look_at_mail(line.id, by=post.ioana, at=post.at)
    assert len(entries("thing-looked-at")) == before + 1
    auditor = post.offices.person("ro", "Aud Itor", "auditor")
    for refused in (lambda: reads.tray(auditor), lambda: look_at_mail(line.id, by=auditor, at=post.at)):
        with pytest.raises(RightMissingError):
            refused()


def test_what_is_not_for_us_is_erased_after_its_time_and_its_hash_stays(post: Post) -> None:
    line = taken(post, mail("win a prize"))
    with pytest.raises(MailReasonError):
        not_for_us(line.id, reason="", by=post.ioana, at=post.at)
    not_for_us(line.id, reason="advertising", by=post.ioana, at=post.at)
    assert forget_strangers(at=post.at + KEPT - timedelta(seconds=1)) == 0
    assert forget_strangers(at=post.at + KEPT) == 1
    assert forget_strangers(at=post.at + KEPT) == 0
    row = IncomingMail.objects.get()
    assert (bytes(row.content), row.subject, row.claims_address, row.sha256) == (b"", "", "", line.sha256)
    assert entries("mail-erased")[0]["mails"] == [line.id]
