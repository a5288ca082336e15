"""What the journal is told about forms."""

from dataclasses import dataclass
from typing import ClassVar

from tocsin.journal.entries import Entry

_WITH_THE_REQUEST = "with the request, under its instrument's retention"


@dataclass(frozen=True, slots=True)
class FormPrinted(Entry):
    """A request, or a draft, was printed as a form; only its hashes."""

    kind: ClassVar[str] = "form-printed"
    erasure: ClassVar[str] = _WITH_THE_REQUEST
    about_field: ClassVar[str] = "request"

    request: str
    what: str
    """``request`` (published, with number and code), ``copy`` (of what came in), or ``draft``."""
    number: str
    language: str
    pdf_sha256: str
    letter_sha256: str


@dataclass(frozen=True, slots=True)
class FormChecked(Entry):
    """A stranger asked whether this node printed a form: by number and code, or by the file."""

    kind: ClassVar[str] = "form-checked"
    erasure: ClassVar[str] = _WITH_THE_REQUEST
    about_field: ClassVar[str] = "request"

    request: str
    number: str
    way: str
    found: bool
    """Whether code or file was right."""
    checked_at: str


@dataclass(frozen=True, slots=True)
class OrderPagePublished(Entry):
    """A form was printed with a page of its own, which shows what it says to who holds its number and code."""

    kind: ClassVar[str] = "order-page-published"
    erasure: ClassVar[str] = _WITH_THE_REQUEST
    about_field: ClassVar[str] = "request"

    request: str
    number: str


@dataclass(frozen=True, slots=True)
class OrderPageClosed(Entry):
    """A form's page was closed: it shows nothing any more."""

    kind: ClassVar[str] = "order-page-closed"
    erasure: ClassVar[str] = _WITH_THE_REQUEST
    about_field: ClassVar[str] = "request"

    request: str
    number: str


@dataclass(frozen=True, slots=True)
class SayingSetAside(Entry):
    """What was said on a form's page is no step of its thread: it is kept for a person, with the reason."""

    kind: ClassVar[str] = "saying-set-aside"
    erasure: ClassVar[str] = _WITH_THE_REQUEST
    about_field: ClassVar[str] = "request"

    request: str
    number: str
    said: str
    reason: str


@dataclass(frozen=True, slots=True)
class FilingLinkMade(Entry):
    """A link was made by which somebody files a wish, once and without an account; only its hash."""

    kind: ClassVar[str] = "filing-link-made"
    erasure: ClassVar[str] = "never: it holds no personal data"

    link: str
    token_sha256: str
    expires_at: str


@dataclass(frozen=True, slots=True)
class FilingLinkRevoked(Entry):
    """A link by which nobody had filed yet was revoked."""

    kind: ClassVar[str] = "filing-link-revoked"
    erasure: ClassVar[str] = "never: it holds no personal data"

    link: str


@dataclass(frozen=True, slots=True)
class FilingArrived(Entry):
    """Somebody filed by a link; nothing of what it says."""

    kind: ClassVar[str] = "filing-arrived"
    erasure: ClassVar[str] = "never: it holds no personal data"

    filing: str
    link: str
    filed_at: str


@dataclass(frozen=True, slots=True)
class FilingOpened(Entry):
    """Somebody looked at what was filed, or took its file out, and why."""

    kind: ClassVar[str] = "filing-opened"
    erasure: ClassVar[str] = "never: it holds no personal data"

    filing: str
    reason: str


@dataclass(frozen=True, slots=True)
class FilingSettled(Entry):
    """What was filed was dealt with, and its words and its file erased here."""

    kind: ClassVar[str] = "filing-settled"
    erasure: ClassVar[str] = "never: it holds no personal data"

    filing: str
    outcome: str
