"""A mail as bytes: MIME entities with CRLF, in seven bits, so that nothing on the way has a reason to change them."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from tocsin.base.instant import Instant

_POLICY = SMTP.clone(cte_type="7bit", max_line_length=76)
_LINE = 76


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file in a mail."""

    name: str
    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What stands above a mail."""

    message_id: str
    sender: str
    sender_name: str
    to: str
    subject: str
    written_at: Instant
    language: str


def entity_of(text: str, files: Sequence[File], *, language: str) -> bytes:
    """Text and files as one entity: what is signed."""
    made = EmailMessage(policy=_POLICY)
    made.set_content(text, subtype="plain", charset="utf-8", cte="quoted-printable")
    made["Content-Language"] = language
    for file in files:
        main, _, sub = file.media_type.partition("/")
        made.add_attachment(file.content, maintype=main, subtype=sub, filename=file.name)
    del made["MIME-Version"]
    for part in made.walk():
        if part is not made:
            del part["MIME-Version"]
    return made.as_bytes(policy=_POLICY)


def signed_entity(entity: bytes, signature: bytes, *, boundary: str) -> bytes:
    """An entity with its detached signature beside it (RFC 8551, 3.5.3)."""
    mark = boundary.encode("ascii")
    head = (
        b'Content-Type: multipart/signed; protocol="application/pkcs7-signature";\r\n'
        b' micalg=sha-256; boundary="%s"\r\n\r\n' % mark
    )
    parts = (
        b"--%s\r\n" % mark,
        entity,
        b"\r\n--%s\r\n" % mark,
        b'Content-Type: application/pkcs7-signature; name="smime.p7s"\r\n',
        b"Content-Transfer-Encoding: base64\r\n",
        b'Content-Disposition: attachment; filename="smime.p7s"\r\n\r\n',
        _base64(signature),
        b"--%s--\r\n" % mark,
    )
    return head + b"".join(parts)


def enveloped_entity(envelope: bytes) -> bytes:
    """An encrypted entity (RFC 8551, 3.3)."""
    return (
        b'Content-Type: application/pkcs7-mime; smime-type=enveloped-data;\r\n name="smime.p7m"\r\n'
        b"Content-Transfer-Encoding: base64\r\n"
        b'Content-Disposition: attachment; filename="smime.p7m"\r\n\r\n' + _base64(envelope)
    )


def mail_of(head: Head, entity: bytes) -> bytes:
    """A whole mail. Raises ``ValueError`` for a head that would break a line."""
    made = EmailMessage(policy=_POLICY)
    made["From"] = Address(head.sender_name, addr_spec=head.sender)
    made["To"] = Address(addr_spec=head.to)
    made["Subject"] = head.subject
    made["Date"] = format_datetime(head.written_at.astimezone(UTC))
    made["Message-ID"] = head.message_id
    made["MIME-Version"] = "1.0"
    lines = made.as_bytes(policy=_POLICY)
    return lines.removesuffix(b"\r\n") + entity


def _base64(content: bytes) -> bytes:
    text = base64.b64encode(content)
    return b"".join(text[at : at + _LINE] + b"\r\n" for at in range(0, len(text), _LINE))
