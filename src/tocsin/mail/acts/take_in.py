"""Taking in a mail that came: kept as it came, read as far as it can be, proposed for a request; a person sorts it."""

import hashlib
from dataclasses import dataclass
from typing import Any

from cryptography.x509.oid import NameOID
from django.db import IntegrityError, transaction

from tocsin.base.actor import Actor
from tocsin.base.ids import new_uuid
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.journal import acts as journal
from tocsin.journal.entries import Entry
from tocsin.mail import post, reads
from tocsin.mail.entries import MailStopped, MailTakenIn
from tocsin.mail.errors import MailEmptyError, MailKnownError, MailTooLongError
from tocsin.mail.models import IncomingMail, OutgoingMail
from tocsin.mail.reads import IncomingLine
from tocsin.mail.rules import smime
from tocsin.mail.rules.hints import hints_of
from tocsin.mail.rules.parsed import Parsed, parse
from tocsin.mail.rules.smime import Seal
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right

_NAMES = {NameOID.EMAIL_ADDRESS: "E"}
EXPIRED = "expired"
"""A seal that fits, by a certificate that was not valid when the mail came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A mail with what its signature showed."""

    parsed: Parsed
    seal: str
    encrypted: bool
    """Whether it came in an envelope; what is shown of one that this node opened is what was in it."""
    opened: bool
    signer_sha256: str
    signer: str
    """What the certificate calls its holder: his own words, or those of who made it."""


def take_in_file(raw: bytes, *, way: str, by: Actor, at: Instant) -> IncomingLine:
    """Take in a mail that a person brings as a file. The same bytes are taken in once.

    Raises ``MailEmptyError``, ``MailTooLongError``, and ``MailKnownError`` where they lie out of his sight.
    """
    rights.check(by, Right.READ_REQUESTS)
    most = post.settings().most_bytes
    if not raw.strip():
        raise MailEmptyError
    if len(raw) > most:
        raise MailTooLongError(most=most)
    return take_in(raw, way=way, place="", size=len(raw), whole=True, by=by, at=at)


def take_in(raw: bytes, *, way: str, place: str, size: int, whole: bool, by: Actor, at: Instant) -> IncomingLine:
    """Keep a mail and say what it shows; the row that there is already for the same bytes. For a person or the node."""
    digest = hashlib.sha256(raw).hexdigest()
    with transaction.atomic():
        known = IncomingMail.objects.filter(sha256=digest).defer("content").first()
        if known is not None:
            return reads.line_of_incoming(known)
        read = read_mail(raw, at=at)
        proposed, why = reads.request_hinted_at(hints_of(read.parsed, member=this_node().member))
        bounced = _bounced(read.parsed)
        row = _kept(
            id=new_uuid(),
            way=way,
            place=place,
            content=raw,
            size=size,
            whole=whole,
            sha256=digest,
            message_id=read.parsed.message_id,
            claims_address=read.parsed.claims_address,
            claims_name=read.parsed.claims_name,
            subject=read.parsed.subject,
            seal=read.seal,
            encrypted=read.encrypted,
            signer_sha256=read.signer_sha256,
            member=reads.member_of_certificate(read.signer_sha256) if read.seal == Seal.FITS.value else "",
            bounce_of=bounced,
            proposed=bounced.request_id if bounced else proposed,
            why="bounce" if bounced else why,
            came_at=at,
            brought_by=by.person or None,
        )
        told = MailTakenIn(mail=str(row.id), way=way, size=size, mail_sha256=digest, seal=read.seal, whole=whole)
        journal.record_all([told, *_stopped(bounced, at=at)], by=by, at=at)
    return reads.line_of_incoming(row)


def read_mail(raw: bytes, *, at: Instant) -> Read:
    """What a mail says and what its signature shows, from its bytes alone. Never raises for what they are.

    An envelope is opened with this node's own key. What a signature that fits covers is all that is read of the mail,
    but for its head, which no signature covers.
    """
    inside = raw
    encrypted = smime.is_encrypted(raw)
    if encrypted:
        inside = _opened(raw) or b""
    checked = smime.check_signature(inside) if inside else smime.Checked(seal=Seal.NONE)
    entity = checked.entity or (inside if encrypted else b"")
    parsed = parse(raw, entity)
    seal = checked.seal.value
    certificate = checked.certificate
    if checked.seal is Seal.FITS and certificate is not None and not smime.is_valid_at(certificate, at):
        seal = EXPIRED
    return Read(
        parsed=parsed,
        seal=seal,
        encrypted=encrypted,
        opened=encrypted and bool(inside),
        signer_sha256=checked.fingerprint if seal in {Seal.FITS.value, EXPIRED} else "",
        signer=_subject(checked) if seal in {Seal.FITS.value, EXPIRED} else "",
    )


# --- Steps --------------------------------------------------------------------------------------


def _kept(**columns: Any) -> IncomingMail:
    """The new row. The same bytes may be in a case that row security hides from who brings them."""
    try:
        with transaction.atomic():
            return IncomingMail.objects.create(**columns)
    except IntegrityError as error:
        raise MailKnownError from error


def _opened(raw: bytes) -> bytes | None:
    own = post.opener()
    return smime.opened(raw, key=own.key, certificate=own.certificate) if own else None


def _subject(checked: smime.Checked) -> str:
    try:
        return checked.certificate.subject.rfc4514_string(_NAMES)[:300] if checked.certificate else ""
    except ValueError:
        return ""


def _bounced(parsed: Parsed) -> OutgoingMail | None:
    """The mail of ours that this one says did not arrive; who can name its Message-ID has had its head in hand."""
    if not parsed.bounce_of:
        return None
    rows = OutgoingMail.objects.select_for_update(of=("self",)).defer("content")
    return rows.filter(message_id=parsed.bounce_of).first()


def _stopped(bounced: OutgoingMail | None, *, at: Instant) -> list[Entry]:
    if bounced is None or bounced.state != "sent":
        return []
    bounced.state, bounced.ended_at = "bounced", at
    bounced.save(update_fields=["state", "ended_at"])
    told = MailStopped(request=str(bounced.request_id), mail=str(bounced.id), state=bounced.state, tries=bounced.tries)
    return [told]
