"""What leaves: read by OpenSSL, which knows nothing of us, and taken by a real server."""

import email
import hashlib
import io
from dataclasses import replace
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from cryptography import x509

from tests.mail.scene import FROM, TO, Post, certified, openssl
from tests.offices import entries
from tests.requests.desk import preservation
from tocsin.base.ids import MemberId
from tocsin.base.this_node import become, this_node
from tocsin.forms import place
from tocsin.forms import reads as forms
from tocsin.forms.models import PublishedForm
from tocsin.mail import post as mail_post
from tocsin.mail import reads, smtp
from tocsin.mail.acts.contacts import record_mail_address
from tocsin.mail.acts.deliver import deliver_waiting
from tocsin.mail.acts.send import send_again, send_form, tell_password, withdraw_mail
from tocsin.mail.errors import (
    MailAddressError,
    MailFilesError,
    MailOffError,
    MailSideError,
    MailStateError,
    NoMailAddressError,
    NoMailCertificateError,
)
from tocsin.mail.models import OutgoingMail
from tocsin.mail.reads import OutgoingLine
from tocsin.mail.rules.outward import Way
from tocsin.mail.rules.settings import MailSettings
from tocsin.people.errors import RightMissingError
from tocsin.requests.errors import UnknownRequestError

NAMES = ("Planted-Person", "planted@mail.example", "PLANTED-CASE-77")


def planted(post: Post) -> dict[str, Any]:
    """An ask with names in every place where somebody can write one."""
    return preservation(post.at, facts=f"{NAMES[0]} wrote from {NAMES[1]}", reference=NAMES[2])


def sent(post: Post, way: Way, **traits: Any) -> tuple[OutgoingLine, bytes]:
    request = post.sent()
    post.ro()
    line = send_form(request, way=way, by=post.ioana, at=post.at, **traits)
    assert deliver_waiting(at=post.at) == 1
    (mail,) = post.server.mails
    return line, mail


def read(raw: bytes) -> EmailMessage:
    return email.message_from_bytes(raw, policy=default)


def verified(post: Post, raw: bytes) -> bytes:
    return openssl("cms", "-verify", "-CAfile", str(post.ours.certificate), given=raw)


def decrypted(post: Post, raw: bytes) -> bytes:
    return openssl("cms", "-decrypt", "-recip", str(post.theirs.certificate), "-inkey", str(post.theirs.key), given=raw)


# --- Encrypted ----------------------------------------------------------------------------------


def test_an_encrypted_mail_is_opened_and_verified_by_openssl_and_holds_the_form_as_published(post: Post) -> None:
    post.address(certificate=True)
    line, raw = sent(post, Way.ENCRYPTED, language="en")
    entity = verified(post, decrypted(post, raw))
    inside = read(entity)
    (pdf,) = inside.iter_attachments()
    form = PublishedForm.objects.get(number=line.number)
    assert forms.requests_of(files=[form.pdf_sha256]) == [line.request]
    assert hashlib.sha256(pdf.get_content()).hexdigest() == form.pdf_sha256
    body = inside.get_body()
    assert body is not None
    assert line.number in body.get_content()


def test_a_byte_altered_on_the_way_is_seen_by_openssl(post: Post) -> None:
    post.address(certificate=True)
    _, raw = sent(post, Way.ENCRYPTED, language="en")
    signed = decrypted(post, raw).replace(b"official", b"unofficial", 1)
    openssl("cms", "-verify", "-CAfile", str(post.ours.certificate), given=signed, fails=True)


def test_our_own_copy_can_be_opened_with_our_own_key(post: Post) -> None:
    post.address(certificate=True)
    _, raw = sent(post, Way.ENCRYPTED, language="en")
    openssl("cms", "-decrypt", "-recip", str(post.ours.certificate), "-inkey", str(post.ours.key), given=raw)
    stranger = certified(post.keys, "stranger", TO)
    openssl("cms", "-decrypt", "-recip", str(stranger.certificate), "-inkey", str(stranger.key), given=raw, fails=True)


def test_without_a_certificate_nothing_is_encrypted_and_nothing_leaves(post: Post) -> None:
    request = post.sent()
    with pytest.raises(NoMailAddressError):
        send_form(request, way=Way.NOTICE, by=post.ioana, at=post.at)
    post.address()
    with pytest.raises(NoMailCertificateError):
        send_form(request, way=Way.ENCRYPTED, by=post.ioana, at=post.at)
    assert not OutgoingMail.objects.exists()
    assert not PublishedForm.objects.exists(), "no form was published for a mail that was not written"


# --- Without a certificate ----------------------------------------------------------------------


@pytest.mark.parametrize("way", [Way.NOTICE, Way.LOCKED])
@pytest.mark.parametrize("language", ["en", "bg", "de", "mt"])
def test_a_mail_that_is_not_encrypted_holds_no_word_of_the_case(post: Post, way: Way, language: str) -> None:
    place.use(place.Place(name="Example point", phone="+40 20 7946 0123", address="https://check.ro.example/"))
    post.address()
    draft = planted(post)
    request = post.sent(draft)
    post.ro()
    line = send_form(request, way=way, by=post.ioana, at=post.at, language=language)
    deliver_waiting(at=post.at)
    (raw,) = post.server.mails
    shown = everything_in(raw)
    forbidden = (*NAMES, "Ioana", "Exemplu", "Radu Model", request, "RO-2026")
    assert not [word for word in forbidden if word.casefold() in shown.casefold()]
    assert line.number in shown
    assert reads.password_for(post.ioana, line.id) not in shown
    place.use(place.Place())


def everything_in(raw: bytes) -> str:
    """Head, text and names of files, decoded; and the bytes as they are."""
    mail = read(raw)
    texts = [f"{key}: {value}" for key, value in mail.items()]
    for part in mail.walk():
        texts += [f"{key}: {value}" for key, value in part.items()]
        if part.get_content_type() == "text/plain":
            texts.append(part.get_content())
        elif not part.is_multipart():
            texts.append(bytes(part.get_payload(decode=True)).decode("latin-1"))
    return "\n".join([*texts, raw.decode("latin-1")])


def test_a_notice_says_number_and_authority_and_has_no_file_and_its_code_is_for_the_telephone(post: Post) -> None:
    place.use(place.Place(name="Example point", phone="+40 20 7946 0123", address="https://check.ro.example/"))
    post.address()
    line, raw = sent(post, Way.NOTICE, language="en")
    mail = read(raw)
    assert mail["From"] == f"Example point <{FROM}>"
    assert mail["To"] == TO
    assert mail["Subject"] == f"Official request {line.number} from Example point"
    entity = read(verified(post, raw))
    assert [part.get_content_type() for part in entity.walk()] == ["text/plain"]
    assert "You will be called about how it reaches you." in entity.get_content(), "it has no page of its own"
    code = reads.password_for(post.ioana, line.id)
    assert code
    assert code not in everything_in(raw)
    place.use(place.Place())


def test_a_locked_file_opens_with_the_password_alone_and_holds_the_sealed_form(post: Post) -> None:
    post.address()
    line, raw = sent(post, Way.LOCKED, language="en")
    (file,) = read(verified(post, raw)).iter_attachments()
    content = file.get_content()
    with pytest.raises(pikepdf.PasswordError):
        pikepdf.open(io.BytesIO(content))
    password = reads.password_for(post.ioana, line.id)
    assert password not in everything_in(raw)
    with pikepdf.open(io.BytesIO(content), password=password) as opened:
        assert opened.encryption.file_method == pikepdf.models.EncryptionMethod.aesv3
        held = opened.attachments[f"{line.number}.pdf"].get_file().read_bytes()
    assert hashlib.sha256(held).hexdigest() == PublishedForm.objects.get().pdf_sha256


def test_a_password_is_kept_until_it_was_told_and_no_longer(post: Post) -> None:
    post.address()
    line, _ = sent(post, Way.LOCKED, language="en")
    password = reads.password_for(post.ioana, line.id)
    assert password not in str(list(OutgoingMail.objects.values_list("password", flat=True))), "under the node's key"
    with pytest.raises(MailAddressError):
        tell_password(line.id, channel=" ", by=post.ioana, at=post.at)
    tell_password(line.id, channel="by telephone, the number of the contract", by=post.ioana, at=post.at)
    assert reads.password_for(post.ioana, line.id) == ""
    assert entries("mail-password-told")[0]["mail"] == line.id
    with pytest.raises(MailStateError):
        tell_password(line.id, channel="again", by=post.ioana, at=post.at)


def test_a_language_that_nobody_has_reviewed_stands_beside_the_english(post: Post) -> None:
    post.address()
    _, raw = sent(post, Way.NOTICE, language="de")
    text = read(verified(post, raw)).get_content()
    assert "— English —" in text
    assert "This mail holds no personal data" in text


def test_an_exercise_says_so_in_subject_and_text(post: Post) -> None:
    post.address()
    request = post.sent()
    post.ro()
    become(replace(this_node(), exercise=True))
    send_form(request, way=Way.NOTICE, by=post.ioana, at=post.at, language="en")
    deliver_waiting(at=post.at)
    (raw,) = post.server.mails
    assert read(raw)["Subject"].startswith("EXERCISE · ")
    assert read(verified(post, raw)).get_content().startswith("EXERCISE: nothing in this mail is real.")


# --- Who may, and when not ----------------------------------------------------------------------


def test_what_is_written_and_what_left_stand_in_the_journal_without_an_address(post: Post) -> None:
    post.address(certificate=True)
    line, _ = sent(post, Way.ENCRYPTED, language="en")
    (written,), (left,) = entries("mail-written"), entries("mail-left")
    assert (written["request"], written["mail"], written["mail_sha256"]) == (line.request, line.id, line.sha256)
    assert (left["mail"], left["tries"], left["twice"]) == (line.id, 1, False)
    assert TO not in str([*entries("mail-written"), *entries("mail-left"), *entries("mail-address-recorded")])


def test_nothing_is_written_while_mail_is_off_or_unsigned(post: Post) -> None:
    request = post.sent()
    post.address()
    mail_post.use(MailSettings())
    with pytest.raises(MailOffError):
        send_form(request, way=Way.NOTICE, by=post.ioana, at=post.at)
    assert deliver_waiting(at=post.at) == 0
    mail_post.use(post.settings)
    (mail_post._folder(None) / mail_post.KEY).chmod(0o644)
    with pytest.raises(MailFilesError, match="chmod 600"):
        send_form(request, way=Way.NOTICE, by=post.ioana, at=post.at)
    (mail_post._folder(None) / mail_post.KEY).unlink()
    with pytest.raises(MailFilesError):
        send_form(request, way=Way.NOTICE, by=post.ioana, at=post.at)
    assert not OutgoingMail.objects.exists()


def test_what_came_in_is_not_sent_on_and_who_may_not_send_sends_nothing(post: Post) -> None:
    post.address()
    request = post.sent()
    post.ro()
    with pytest.raises(RightMissingError):
        send_form(request, way=Way.NOTICE, by=post.radu, at=post.at)
    with pytest.raises(UnknownRequestError):
        send_form("0c0c0c0c-0000-4000-8000-000000000000", way=Way.NOTICE, by=post.ioana, at=post.at)
    post.pt()
    with pytest.raises(MailSideError):
        send_form(request, way=Way.NOTICE, by=post.ines, at=post.at)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a@b",
        "a b@x.example",
        "a@x.example\nBcc: b@x.example",
        '"a b"@x.example',
        "a@x.example, b@x.example",
        "ä@x.example",
    ],
)
def test_an_address_that_could_break_a_head_is_refused(post: Post, address: str) -> None:
    with pytest.raises(MailAddressError):
        post.address(address=address)


def test_a_certificate_that_nothing_can_be_encrypted_to_is_refused(post: Post, keys: Path) -> None:
    for name, kind, days in (("small", "rsa:1024", 10), ("curve", "ec", 10)):
        made = certified(keys, name, TO, kind=kind, days=days)
        with pytest.raises(MailAddressError, match="RSA"):
            record(post, made.certificate.read_text())
    with pytest.raises(MailAddressError, match="PEM"):
        record(post, "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----")
    with pytest.raises(MailAddressError, match="one certificate"):
        record(post, post.theirs.certificate.read_text() * 2)


def record(post: Post, certificate: str) -> None:
    record_mail_address(
        MemberId("pt"), address=TO, certificate=certificate, known_from="a list", by=post.ioana, at=post.at
    )


def test_the_last_address_counts_and_the_ones_before_it_stay_in_the_journal(post: Post) -> None:
    post.address()
    post.address(address="new@provider.example", certificate=True)
    found = reads.contact_of("pt")
    assert found is not None
    assert found.address == "new@provider.example"
    assert isinstance(found.certificate, x509.Certificate)
    assert len(entries("mail-address-recorded")) == 2


# --- What a server answers ----------------------------------------------------------------------


def state(line: OutgoingLine) -> tuple[str, int, bool]:
    row = OutgoingMail.objects.get(id=line.id)
    return row.state, row.tries, row.twice


def written(post: Post) -> OutgoingLine:
    post.address()
    request = post.sent()
    post.ro()
    return send_form(request, way=Way.NOTICE, by=post.ioana, at=post.at, language="en")


def test_refused_for_good_is_not_tried_again_and_shown(post: Post) -> None:
    line = written(post)
    post.server.answers.append("rcpt 550 5.1.1 no such mailbox")
    assert deliver_waiting(at=post.at) == 0
    assert state(line) == ("refused", 1, False)
    assert [(each.state, each.said) for each in reads.stopped(post.ioana)] == [("refused", "550 5.1.1 no such mailbox")]
    assert deliver_waiting(at=post.later(days=1)) == 0
    assert entries("mail-stopped")[0]["state"] == "refused"
    send_again(line.id, by=post.ioana, at=post.at)
    assert deliver_waiting(at=post.at) == 1
    assert state(line) == ("sent", 1, False)


def test_later_is_tried_again_under_the_same_message_id_and_given_up_in_the_end(post: Post) -> None:
    line = written(post)
    post.server.answers += ["451 try later", "rcpt 450 greylisted"]
    deliver_waiting(at=post.at)
    assert state(line) == ("waiting", 1, False)
    assert deliver_waiting(at=post.later(seconds=59)) == 0
    assert OutgoingMail.objects.get().tries == 1, "not before its time"
    deliver_waiting(at=post.later(seconds=1))
    assert deliver_waiting(at=post.later(minutes=2)) == 1
    assert read(post.server.mails[0])["Message-ID"] == line.message_id
    assert state(line) == ("sent", 3, False)


def test_a_server_that_is_away_for_days_ends_in_giving_up(post: Post) -> None:
    line = written(post)
    post.told(smtp_port=1)
    deliver_waiting(at=post.at)
    assert state(line) == ("waiting", 1, False)
    deliver_waiting(at=post.later(days=4))
    assert state(line) == ("given-up", 2, False)
    assert "ConnectionRefusedError" in reads.stopped(post.ioana)[0].said


def test_a_line_that_breaks_after_the_mail_went_sends_once_more_and_then_says_that_it_does_not_know(post: Post) -> None:
    line = written(post)
    post.server.answers += ["break", "break", "break"]
    deliver_waiting(at=post.at)
    assert state(line) == ("waiting", 1, True), "it may have gone"
    deliver_waiting(at=post.later(minutes=5))
    assert state(line) == ("unsure", 2, True)
    assert deliver_waiting(at=post.later(days=1)) == 0
    assert len(post.server.mails) == 2, "once more, and no third time"
    assert len({read(each)["Message-ID"] for each in post.server.mails}) == 1, "whoever gets both can tell"


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("went", [False, True])
def test_a_process_that_dies_at_it_sends_once_more_at_most_and_says_so(
    post: Post, monkeypatch: pytest.MonkeyPatch, *, went: bool
) -> None:
    line = written(post)
    true = smtp.hand_over

    def dies(*given: Any, **traits: Any) -> Any:
        if went:
            true(*given, **traits)
        raise Killed

    for turn in range(3):
        monkeypatch.setattr(smtp, "hand_over", dies)
        if turn < 2:
            with pytest.raises(Killed):
                deliver_waiting(at=post.later(minutes=1))
        else:
            deliver_waiting(at=post.later(minutes=1))
    assert state(line) == ("unsure", 2, True)
    assert len(post.server.mails) == (2 if went else 0)
    assert entries("mail-stopped")[0]["state"] == "unsure"


def test_a_mail_that_died_once_and_then_goes_says_that_it_may_have_gone_twice(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = written(post)
    with monkeypatch.context() as patch:
        patch.setattr(smtp, "hand_over", lambda *_given, **_traits: (_ for _ in ()).throw(Killed()))
        with pytest.raises(Killed):
            deliver_waiting(at=post.at)
    assert deliver_waiting(at=post.later(minutes=1)) == 1
    assert state(line) == ("sent", 2, True)
    assert entries("mail-left")[0]["twice"] is True


def test_a_mail_that_waits_can_be_withdrawn_and_one_that_left_cannot(post: Post) -> None:
    line = written(post)
    withdraw_mail(line.id, by=post.ioana, at=post.at)
    assert deliver_waiting(at=post.at) == 0
    assert not post.server.mails
    with pytest.raises(MailStateError):
        withdraw_mail(line.id, by=post.ioana, at=post.at)


def test_tls_is_demanded_where_it_is_set_and_nothing_falls_back_to_the_clear(post: Post) -> None:
    line = written(post)
    post.told(smtp_security="starttls")
    deliver_waiting(at=post.at)
    assert state(line) == ("waiting", 1, False)
    assert not post.server.mails
