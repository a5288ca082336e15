"""Verify an order: whoever holds a form learns whether this authority really sent exactly this; others learn nothing.

No sign-in, no script, no cookie but the one that keeps other pages from sending the form. Wrong number, wrong code and
strange file are one answer after the same work; the issuer is told of each check (``forms.acts.check``).
"""

from http import HTTPStatus

from babel.dates import format_datetime
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.template.loader import get_template
from django.utils import translation
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_http_methods

from tocsin.base import instant
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.forms import place
from tocsin.forms.acts.check import Genuine, check_by_code, check_file
from tocsin.forms.catalogues import is_reviewed
from tocsin.public.limits import seconds_to_wait

MOST_BYTES = 20 * 1024 * 1024
_LONG = 80
NOTHING = gettext_noop("Enter the number and the code, or choose the file.")
HALF = gettext_noop("Number and code go together: enter both.")
TOO_LONG = gettext_noop("The file is longer than 20 MB; no form of this authority is.")


@require_http_methods(["GET", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """The page, and its answer."""
    if request.method == "POST":
        wait = seconds_to_wait(str(request.META.get("REMOTE_ADDR", "")))
        return _too_often(request, wait) if wait else _answer(request)
    return _page(request)


def _answer(request: HttpRequest) -> HttpResponse:
    number, code = (request.POST.get(name, "").strip()[:_LONG] for name in ("number", "code"))
    file = request.FILES.get("file")
    fault = _fault(number, code, file)
    if fault:
        return _page(request, status=HTTPStatus.UNPROCESSABLE_ENTITY, fault=gettext(fault), number=number)
    at = instant.true_now()
    found = check_file(file.chunks(), at=at) if file is not None else check_by_code(number, code, at=at)
    return _page(request, answered=True, found=_shown(found), by_file=file is not None, at=_when(at))


def _fault(number: str, code: str, file: object) -> str:
    if isinstance(file, UploadedFile):
        return TOO_LONG if (file.size or 0) > MOST_BYTES else ""
    if not number and not code:
        return NOTHING
    return "" if number and code else HALF


def _too_often(request: HttpRequest, wait: int) -> HttpResponse:
    answer = _page(request, status=HTTPStatus.TOO_MANY_REQUESTS, wait=wait)
    answer["Retry-After"] = str(wait)
    return answer


def _page(request: HttpRequest, *, status: HTTPStatus = HTTPStatus.OK, **shown: object) -> HttpResponse:
    chosen = _chosen_language(request)
    if chosen:
        translation.activate(chosen)
    language = translation.get_language() or "en"
    context = {
        "node": this_node(),
        "place": place.here(),
        "language": language,
        "unread": not is_reviewed(language),
        "languages": [(code, _own_name(code), not is_reviewed(code)) for code, _ in settings.LANGUAGES],
        "csrf_token": get_token(request),
        **shown,
    }
    answer = HttpResponse(get_template("public/verify.html").render(context), status=status)
    if chosen:
        answer.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, chosen, samesite="Lax", httponly=True, secure=request.is_secure()
        )
    answer["Content-Language"] = language
    answer["X-Robots-Tag"] = "noindex"
    add_never_cache_headers(answer)
    return answer


def _chosen_language(request: HttpRequest) -> str:
    asked = request.GET.get("language", "")
    return asked if asked in dict(settings.LANGUAGES) else ""


def _own_name(code: str) -> str:
    return dict(settings.LANGUAGES)[code]


def _shown(found: Genuine | None) -> dict[str, object] | None:
    if found is None:
        return None
    return {
        "issuer": found.issuer,
        "number": found.number,
        "whole": found.whole,
        "written": _when(found.written_at),
        "printed": _when(found.printed_at),
        "exercise": found.exercise,
        "pdf_sha256": found.pdf_sha256,
        "letter_sha256": found.letter_sha256,
        "seal": " ".join(found.seal_sha256[at : at + 4] for at in range(0, len(found.seal_sha256), 4)),
    }


def _when(at: Instant) -> str:
    return format_datetime(at, "d MMMM y, HH:mm:ss", tzinfo=None, locale=translation.get_language()) + " UTC"
