"""Sending a request as a mail: written, signed and laid into the outbox in one transaction; a worker lets it leave."""

import hashlib
import secrets

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.ids import MemberId, new_uuid
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.directory import reads as directory
from tocsin.forms import place
from tocsin.forms.acts.print_form import PrintedForm, print_form
from tocsin.forms.catalogues import words_in
from tocsin.journal import acts as journal
from tocsin.law.provisions import Side
from tocsin.mail import post, reads
from tocsin.mail.entries import MailSentAgain, MailStopped, MailWritten, PasswordTold
from tocsin.mail.errors import (
    MailAddressError,
    MailOffError,
    MailSideError,
    MailStateError,
    NoMailAddressError,
    NoMailCertificateError,
)
from tocsin.mail.locked import locked, new_password
from tocsin.mail.models import OutgoingMail
from tocsin.mail.reads import Contact, OutgoingLine
from tocsin.mail.rules.entity import File, Head, entity_of, enveloped_entity, mail_of, signed_entity
from tocsin.mail.rules.outward import Told, Way, subject_of, text_of
from tocsin.mail.rules.smime import envelope_of, fault_of_certificate, signature_over
from tocsin.people.at_rest import encrypted
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.requests import reads as requests
from tocsin.requests.acts.persons import check_person

_REASON = "sent by mail"
_MOST_CHANNEL = 300
_STOPPED = ("refused", "given-up", "unsure", "bounced")


def send_form(
    request: str, *, way: Way, by: Actor, at: Instant, language: str = "", reason: str = _REASON
) -> OutgoingLine:
    """Print a request that this node sends as a form, and send it to its addressee's recorded mail address.

    Encrypted mail holds the form; a locked file holds it under a password, a notice nothing but a number, whose form is
    read on its page with a code: password and code are told by telephone. Raises ``MailOffError``, ``MailSideError``,
    ``NoMailAddressError``, ``NoMailCertificateError``, ``MailFilesError``, and what ``print_form`` raises.
    """
    rights.check(by, Right.SEND)
    check_person(by, kind="mail")
    if not post.settings().sends:
        raise MailOffError(what="Sending mail")
    with transaction.atomic():
        line = requests.line_for(by, request)
        requests.check_may_change(by, line.id)
        if line.side is not Side.ASKER:
            raise MailSideError
        contact = _contact(line.counterpart, way, at=at)
        paged = line.by_form and bool(place.here().address)
        form = print_form(line.id, language=language, reason=reason, order_page=paged, by=by, at=at)
        password = {Way.LOCKED: new_password(), Way.NOTICE: form.code}.get(way, "")
        message_id = f"<{secrets.token_hex(16)}@{post.settings().address.partition('@')[2]}>"
        content = _written(form, contact, way=way, password=password, message_id=message_id, paged=paged, at=at)
        row = OutgoingMail.objects.create(
            id=new_uuid(),
            request_id=line.id,
            member=contact.member,
            to=contact.address,
            way=way.value,
            number=form.number,
            language=form.language,
            message_id=message_id,
            content=content,
            sha256=hashlib.sha256(content).hexdigest(),
            password=encrypted(password) if password else "",
            next_try=at,
            written_at=at,
            written_by=by.person,
        )
        told = MailWritten(request=line.id, mail=str(row.id), way=way.value, number=form.number, mail_sha256=row.sha256)
        journal.record(told, by=by, at=at)
    return reads.line_of_outgoing(row)


def send_again(mail: str, *, by: Actor, at: Instant) -> None:
    """Let a mail that stopped go once more, the same bytes under the same Message-ID. Raises ``MailStateError``."""
    rights.check(by, Right.SEND)
    check_person(by, kind="mail")
    with transaction.atomic():
        row = _to_change(mail, by=by, states=_STOPPED)
        row.twice = row.twice or row.state in {"unsure", "bounced"}
        row.state, row.tries, row.going_since, row.ended_at, row.next_try = "waiting", 0, None, None, at
        row.save()
        journal.record(MailSentAgain(request=str(row.request_id), mail=str(row.id)), by=by, at=at)


def withdraw_mail(mail: str, *, by: Actor, at: Instant) -> None:
    """Take a mail out of the outbox that has not left. Raises ``MailStateError``."""
    rights.check(by, Right.SEND)
    check_person(by, kind="mail")
    with transaction.atomic():
        row = _to_change(mail, by=by, states=("waiting",))
        if row.going_since is not None:
            raise MailStateError(state="leaving")
        row.state, row.ended_at, row.next_try = "withdrawn", at, None
        row.save()
        told = MailStopped(request=str(row.request_id), mail=str(row.id), state=row.state, tries=row.tries)
        journal.record(told, by=by, at=at)


def tell_password(mail: str, *, channel: str, by: Actor, at: Instant) -> None:
    """Say over which channel, and to whom by his office, the password was told; it is kept no longer.

    Raises ``MailAddressError`` without a channel, ``MailStateError`` where there is none to tell.
    """
    rights.check(by, Right.SEND)
    check_person(by, kind="mail")
    if not channel.strip() or len(channel) > _MOST_CHANNEL or not channel.isprintable():
        raise MailAddressError(field="channel", rule=f"on one line, 1 to {_MOST_CHANNEL} characters")
    with transaction.atomic():
        row = _to_change(mail, by=by, states=None)
        if not row.password:
            raise MailStateError(state="without a password that is still to be told")
        row.password, row.told_by = "", channel.strip()
        row.save(update_fields=["password", "told_by"])
        told = PasswordTold(request=str(row.request_id), mail=str(row.id), channel=row.told_by)
        journal.record(told, by=by, at=at)


# --- Steps --------------------------------------------------------------------------------------


def _to_change(mail: str, *, by: Actor, states: tuple[str, ...] | None) -> OutgoingMail:
    row = reads.outgoing_row(by, mail, lock=True)
    requests.check_may_change(by, str(row.request_id))
    if states is not None and row.state not in states:
        raise MailStateError(state=row.state)
    return row


def _contact(member: MemberId, way: Way, *, at: Instant) -> Contact:
    contact = reads.contact_of(member)
    if contact is None:
        raise NoMailAddressError(member=member)
    if way is Way.ENCRYPTED and (contact.certificate is None or fault_of_certificate(contact.certificate, at=at)):
        raise NoMailCertificateError(member=member)
    return contact


def _written(
    form: PrintedForm, contact: Contact, *, way: Way, password: str, message_id: str, paged: bool, at: Instant
) -> bytes:
    told = _told(form, way, paged=paged)
    words = words_in(form.language, zone="UTC")
    entity = entity_of(text_of(told, words), _files(form, way, password), language=form.language)
    signer = post.signer()
    signature = signature_over(entity, key=signer.key, certificate=signer.certificate, above=signer.above)
    whole = signed_entity(entity, signature, boundary=f"signed-{secrets.token_hex(12)}")
    if way is Way.ENCRYPTED and contact.certificate is not None:
        # To ourselves as well, so that what was sent can be shown later.
        own = [] if fault_of_certificate(signer.certificate, at=at) else [signer.certificate]
        whole = enveloped_entity(envelope_of(whole, to=[contact.certificate, *own]))
    head = Head(
        message_id=message_id,
        sender=post.settings().address,
        sender_name=told.authority,
        to=contact.address,
        subject=subject_of(told, words),
        written_at=at,
        language=form.language,
    )
    return mail_of(head, whole)


def _told(form: PrintedForm, way: Way, *, paged: bool) -> Told:
    own = directory.own_card()
    here = place.here()
    return Told(
        number=form.number,
        authority=here.name or (own.card.name if own else this_node().member),
        country=own.card.country if own else "",
        way=way,
        address=here.address,
        order_address=f"{here.address.rstrip('/')}/order/" if paged else "",
        exercise=this_node().exercise,
    )


def _files(form: PrintedForm, way: Way, password: str) -> list[File]:
    if way is Way.NOTICE:
        return []
    content = form.pdf
    if way is Way.LOCKED:
        content = locked(form.pdf, name=form.name, number=form.number, password=password)
    return [File(name=form.name, content=content, media_type="application/pdf")]
