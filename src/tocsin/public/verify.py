"""Verify an order: whoever holds a form learns whether this authority really sent exactly this; others learn nothing.

No sign-in, no script, no cookie but the one that keeps other pages from sending the form. Wrong number, wrong code and
strange file are one answer after the same work; the issuer is told of each check (``forms.acts.check``).
"""

from http import HTTPStatus

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_http_methods

from tocsin.base import instant
from tocsin.forms.acts.check import Genuine, check_by_code, check_file
from tocsin.public.page import choose_language, page, too_often, when

MOST_BYTES = 20 * 1024 * 1024
_LONG = 80
NOTHING = gettext_noop("Enter the number and the code, or choose the file.")
HALF = gettext_noop("Number and code go together: enter both.")
TOO_LONG = gettext_noop("The file is longer than 20 MB; no form of this authority is.")


@require_http_methods(["GET", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """The page, and its answer."""
    if request.method == "POST":
        return too_often(request, "public/verify.html") or _answer(request)
    return _page(request)


def _answer(request: HttpRequest) -> HttpResponse:
    number, code = (request.POST.get(name, "").strip()[:_LONG] for name in ("number", "code"))
    file = request.FILES.get("file")
    fault = _fault(number, code, file)
    if fault:
        return _page(request, status=HTTPStatus.UNPROCESSABLE_ENTITY, fault=gettext(fault), number=number)
    at = instant.true_now()
    found = check_file(file.chunks(), at=at) if file is not None else check_by_code(number, code, at=at)
    return _page(request, answered=True, found=_shown(found), by_file=file is not None, at=when(at))


def _fault(number: str, code: str, file: object) -> str:
    if isinstance(file, UploadedFile):
        return TOO_LONG if (file.size or 0) > MOST_BYTES else ""
    if not number and not code:
        return NOTHING
    return "" if number and code else HALF


def _page(request: HttpRequest, *, status: HTTPStatus = HTTPStatus.OK, **shown: object) -> HttpResponse:
    choose_language(request)  # before what is shown is put in words
    return page(request, "public/verify.html", status=status, **shown)


def _shown(found: Genuine | None) -> dict[str, object] | None:
    if found is None:
        return None
    return {
        "issuer": found.issuer,
        "number": found.number,
        "whole": found.whole,
        "written": when(found.written_at),
        "printed": when(found.printed_at),
        "exercise": found.exercise,
        "pdf_sha256": found.pdf_sha256,
        "letter_sha256": found.letter_sha256,
        "seal": " ".join(found.seal_sha256[at : at + 4] for at in range(0, len(found.seal_sha256), 4)),
    }
