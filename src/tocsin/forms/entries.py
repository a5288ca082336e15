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
