"""Filing by a link: what an investigator or prosecutor wants asked, once, without an account; a receipt and no more.

A link that is wrong, used, revoked or expired gets one answer. A file is encrypted while it comes.
"""

from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from tocsin.base import instant
from tocsin.forms.acts.filing import file_by_link, link_is_open
from tocsin.public.page import page, too_often, when
from tocsin.public.sealing import SealedFile, SealingUploads
from tocsin.requests.acts.brought import own_recipient
from tocsin.requests.rules.ways import plain_name

LINES = {
    "name": (gettext_noop("Your name"), True),
    "office": (gettext_noop("Your office"), True),
    "phone": (gettext_noop("Where you are called back"), True),
    "case_reference": (gettext_noop("Reference of your case"), True),
    "whom": (gettext_noop("Who is to be asked: State, authority or provider"), True),
    "by_when": (gettext_noop("By when, and why"), False),
}
"""What is asked on one line, and whether it is needed."""
AREAS = {
    "what": (gettext_noop("What is to be asked: data kept, data handed over, help"), True),
    "identifiers": (gettext_noop("Accounts, addresses with port and time zone, numbers"), False),
    "facts": (gettext_noop("The facts, and the offence"), True),
}
_MOST = {**dict.fromkeys(LINES, 200), **dict.fromkeys(AREAS, 20_000)}


@csrf_exempt
@require_http_methods(["GET", "POST"])
def filing(request: HttpRequest, token: str) -> HttpResponse:
    """The form behind a link; uploads are encrypted from their first byte, so what checks forms comes later."""
    sealing = SealingUploads(own_recipient())
    request.upload_handlers = [sealing]
    return _checked(request, token, sealing)


@csrf_protect
def _checked(request: HttpRequest, token: str, sealing: SealingUploads) -> HttpResponse:
    refused = too_often(request, "public/filing.html")
    if refused is not None:
        return refused
    at = instant.true_now()
    if not link_is_open(token, at=at):
        return page(request, "public/filing.html", status=HTTPStatus.NOT_FOUND, closed=True)
    if request.method == "GET":
        return _form(request, token)
    said = {name: _typed(request, name) for name in _MOST}
    said["language"] = _typed(request, "language")[:12]
    found = request.FILES.get("file")
    faults = _faults(said, too_long=sealing.too_long)
    if faults:
        return _form(request, token, typed=said, faults=faults, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    file = found if isinstance(found, SealedFile) else None
    receipt = file_by_link(
        token,
        said,
        name=plain_name(file.name or "") if file else "",
        sha256=file.sha256 if file else "",
        sealed=file.read() if file else None,
        at=at,
    )
    if not receipt:
        return page(request, "public/filing.html", status=HTTPStatus.NOT_FOUND, closed=True)
    return page(request, "public/filing.html", receipt=receipt[:8].upper(), at=when(at))


def _typed(request: HttpRequest, name: str) -> str:
    return request.POST.get(name, "").replace("\r\n", "\n").replace("\0", "").strip()


def _faults(said: dict[str, str], *, too_long: bool) -> dict[str, str]:
    asked = {**LINES, **AREAS}
    found = {name: gettext("This has to be said.") for name, (_, needed) in asked.items() if needed and not said[name]}
    for name, most in _MOST.items():
        if len(said[name]) > most:
            found[name] = gettext("At most {most} characters.").format(most=most)
    if too_long:
        found["file"] = gettext("Choose a file of at most 20 MB.")
    return found


def _form(
    request: HttpRequest,
    token: str,
    *,
    typed: dict[str, str] | None = None,
    faults: dict[str, str] | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    said, wrong = typed or {}, faults or {}

    def shown(fields: dict[str, tuple[str, bool]]) -> list[tuple[str, str, bool, str, str]]:
        return [
            (name, gettext(label), needed, said.get(name, ""), wrong.get(name, ""))
            for name, (label, needed) in fields.items()
        ]

    return page(
        request,
        "public/filing.html",
        status=status,
        token=token,
        lines=shown(LINES),
        areas=shown(AREAS),
        faults=[(name, why) for name, why in wrong.items()],
        tongues=list(settings.LANGUAGES),
        spoken=said.get("language", ""),
        file_fault=wrong.get("file", ""),
    )
