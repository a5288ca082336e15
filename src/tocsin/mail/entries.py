"""What the journal is told about mail: hashes and states, never an address and never a word."""

from dataclasses import dataclass
from typing import ClassVar

from tocsin.journal.entries import NOT_ERASED, Entry

_WITH_THE_REQUEST = "with the request, under its instrument's retention"
_WITH_THE_CONTACT = "when the contact is not written to any more"
_WITH_THE_MAIL = "with the mail: when it was sorted out, or with the request that it belongs to"


@dataclass(frozen=True, slots=True)
class MailAddressRecorded(Entry):
    """Somebody wrote down where a contact gets mail, with which certificate, and how he knows."""

    kind: ClassVar[str] = "mail-address-recorded"
    erasure: ClassVar[str] = _WITH_THE_CONTACT
    about_field: ClassVar[str] = "contact"

    contact: str
    member: str
    address_sha256: str
    certificate_sha256: str
    known_from: str


@dataclass(frozen=True, slots=True)
class MailWritten(Entry):
    """A form or a notice was written as a mail and lies in the outbox."""

    kind: ClassVar[str] = "mail-written"
    erasure: ClassVar[str] = _WITH_THE_REQUEST
    about_field: ClassVar[str] = "request"

    request: str
    mail: str
    way: str
    number: str
    mail_sha256: str


@dataclass(frozen=True, slots=True)
class MailLeft(Entry):
    """A server took a mail: that is no proof that anybody got it."""

    kind: ClassVar[str] = "mail-left"
    erasure: ClassVar[str] = _WITH_THE_REQUEST
    about_field: ClassVar[str] = "request"

    request: str
    mail: str
    tries: int
    twice: bool
    """Whether it may have gone twice: it was handed over before, and nobody knows whether it was taken."""


@dataclass(frozen=True, slots=True)
class MailStopped(Entry):
    """A mail does not leave, or did not arrive."""

    kind: ClassVar[str] = "mail-stopped"
    erasure: ClassVar[str] = _WITH_THE_REQUEST
    about_field: ClassVar[str] = "request"

    request: str
    mail: str
    state: str
    """``refused``, ``given-up``, ``unsure`` (it may have gone), ``bounced`` (a mail says so), ``withdrawn``."""
    tries: int


@dataclass(frozen=True, slots=True)
class MailSentAgain(Entry):
    """A person let a mail that stopped go once more."""

    kind: ClassVar[str] = "mail-sent-again"
    erasure: ClassVar[str] = _WITH_THE_REQUEST
    about_field: ClassVar[str] = "request"

    request: str
    mail: str


@dataclass(frozen=True, slots=True)
class PasswordTold(Entry):
    """The password of a locked form was told over another channel, and is kept no longer."""

    kind: ClassVar[str] = "mail-password-told"
    erasure: ClassVar[str] = _WITH_THE_REQUEST
    about_field: ClassVar[str] = "request"

    request: str
    mail: str
    channel: str


@dataclass(frozen=True, slots=True)
class MailTakenIn(Entry):
    """A mail came in, by a mailbox or by hand."""

    kind: ClassVar[str] = "mail-taken-in"
    erasure: ClassVar[str] = _WITH_THE_MAIL
    about_field: ClassVar[str] = "mail"

    mail: str
    way: str
    size: int
    mail_sha256: str
    seal: str
    whole: bool
    """Whether all of it is kept; of one that is too long only the head."""


@dataclass(frozen=True, slots=True)
class MailSorted(Entry):
    """A person said where a mail belongs."""

    kind: ClassVar[str] = "mail-sorted"
    erasure: ClassVar[str] = _WITH_THE_MAIL
    about_field: ClassVar[str] = "mail"

    mail: str
    mail_sha256: str
    request: str
    """To which it belongs; nothing where it is not for this node."""
    reason: str


@dataclass(frozen=True, slots=True)
class MailErased(Entry):
    """The bytes of mails that were not for this node are gone."""

    kind: ClassVar[str] = "mail-erased"
    erasure: ClassVar[str] = NOT_ERASED

    mails: tuple[str, ...]
