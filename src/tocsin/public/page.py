"""A page for strangers: its language, its frame, and that nothing keeps it."""

from http import HTTPStatus

from babel.dates import format_datetime
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.template.loader import get_template
from django.utils import translation
from django.utils.cache import add_never_cache_headers

from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.forms import place
from tocsin.forms.catalogues import is_reviewed
from tocsin.public.limits import seconds_to_wait


def page(request: HttpRequest, template: str, *, status: HTTPStatus = HTTPStatus.OK, **shown: object) -> HttpResponse:
    """A page in the language that was chosen, or that the browser asks for."""
    chosen = choose_language(request)
    language = translation.get_language() or "en"
    context = {
        "node": this_node(),
        "place": place.here(),
        "language": language,
        "unread": not is_reviewed(language),
        "languages": [(code, name, not is_reviewed(code)) for code, name in settings.LANGUAGES],
        "csrf_token": get_token(request),
        **shown,
    }
    answer = HttpResponse(get_template(template).render(context), status=status)
    if chosen:
        answer.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, chosen, samesite="Lax", httponly=True, secure=request.is_secure()
        )
    answer["Content-Language"] = language
    answer["X-Robots-Tag"] = "noindex"
    add_never_cache_headers(answer)
    return answer


def too_often(request: HttpRequest, template: str) -> HttpResponse | None:
    """The answer to somebody who asks too often, which says for how long to wait; nothing for anybody else."""
    wait = seconds_to_wait(str(request.META.get("REMOTE_ADDR", "")))
    if not wait:
        return None
    answer = page(request, template, status=HTTPStatus.TOO_MANY_REQUESTS, wait=wait)
    answer["Retry-After"] = str(wait)
    return answer


def choose_language(request: HttpRequest) -> str:
    """Speak the language that was asked for on the page; which, or nothing."""
    asked = request.GET.get("language", "")
    chosen = asked if asked in dict(settings.LANGUAGES) else ""
    if chosen:
        translation.activate(chosen)
    return chosen


def when(at: Instant) -> str:
    """An instant in words, in UTC."""
    return format_datetime(at, "d MMMM y, HH:mm:ss", tzinfo=None, locale=translation.get_language()) + " UTC"
