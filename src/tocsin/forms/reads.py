"""What somebody may see of forms: those of the requests that he may see, and who asked for them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q

from tocsin.base.actor import Actor
from tocsin.base.ids import PersonId, RequestId
from tocsin.base.instant import Instant
from tocsin.forms.models import Check, OrderPage, PublishedForm
from tocsin.requests import reads as requests

_MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckLine:
    """A stranger asked for a form."""

    way: str
    """``code`` (number and code), ``file``, or ``page`` where its own page was opened."""
    found: bool
    """Whether what he gave was right: otherwise he knew the number and not the code."""
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidAside:
    """Something that was said on a form's page and is no step of its thread."""

    kind: str
    name: str
    words: str
    file: str
    problem: str
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLine:
    """A form's own page: when it was first opened, since when it is closed, what of it lies aside."""

    opened_at: Instant | None
    closed_at: Instant | None
    aside: tuple[SaidAside, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FormLine:
    """A form that went out, and each check of it, the newest first."""

    number: str
    language: str
    pdf_sha256: str
    letter_sha256: str
    printed_at: Instant
    printed_by: PersonId | None
    checks: tuple[CheckLine, ...]
    page: PageLine | None = None
    """Its own page, where it was printed with one."""


def forms_of(viewer: Actor, request: str) -> Sequence[FormLine]:
    """The forms that were printed of a request, the newest first; raises ``UnknownRequestError``."""
    line = requests.line_for(viewer, request)
    rows = PublishedForm.objects.filter(request_id=line.id).order_by("-printed_at", "id")[:_MOST]
    return [_line(row) for row in rows]


def requests_of(*, numbers: Iterable[str] = (), files: Iterable[str] = ()) -> list[RequestId]:
    """The requests of forms with these numbers (as ``rules.number.plain`` writes them) or of these files, each once.

    For packages above that found one in a mail.
    """
    named = Q(plain_number__in=list(numbers)) | Q(pdf_sha256__in=list(files))
    rows = PublishedForm.objects.filter(named).order_by("-printed_at", "id").values_list("request_id", flat=True)
    return [RequestId(str(each)) for each in dict.fromkeys(rows)]


def _line(row: PublishedForm) -> FormLine:
    checks = Check.objects.filter(form=row).order_by("-at", "id")[:_MOST]
    return FormLine(
        number=row.number,
        language=row.language,
        pdf_sha256=row.pdf_sha256,
        letter_sha256=row.letter_sha256,
        printed_at=row.printed_at,
        printed_by=PersonId(str(row.printed_by)) if row.printed_by else None,
        checks=tuple(CheckLine(way=each.way, found=each.found, at=each.at) for each in checks),
        page=_page(row),
    )


def _page(row: PublishedForm) -> PageLine | None:
    page = OrderPage.objects.filter(form=row).first()
    if page is None:
        return None
    aside = page.sayings.exclude(problem="").order_by("at", "id").defer("file")
    return PageLine(
        opened_at=page.opened_at,
        closed_at=page.closed_at,
        aside=tuple(
            SaidAside(
                kind=each.kind,
                name=str(each.said.get("name") or ""),
                words=str(each.said.get("words") or ""),
                file=each.file_name,
                problem=each.problem,
                at=each.at,
            )
            for each in aside[:_MOST]
        ),
    )
