"""A form's own page: who holds its number and code reads it here and answers it, without a node and without an account.

It shows what the form says and nothing of any other; wrong number and wrong code are one answer after the same work.
Number and code go with each form that is sent and stand in no address; no session is kept. A file is encrypted while it
comes (``public.sealing``). The process has no right to any table (decisions 0116, 0136): what is said here is one row,
which a worker takes into the thread.
"""

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from tocsin.base import instant
from tocsin.base.ids import new_uuid
from tocsin.base.instant import Instant
from tocsin.forms.acts.order_page import Opened, SealedUpload, open_order, say
from tocsin.forms.catalogues import words_in
from tocsin.forms.rules.order import Kind, Order, faults_of, ground_text
from tocsin.forms.rules.sheet import shown
from tocsin.public.page import page, too_often, when
from tocsin.public.sealing import SealedFile, SealingUploads
from tocsin.requests.acts.brought import own_recipient
from tocsin.requests.rules.letters import Why
from tocsin.requests.rules.ways import plain_name

_LONG = 80
_TOLD = {
    "kept": gettext_noop("It is kept, and the authority gets it at once. This page is your receipt."),
    "again": gettext_noop("This was sent already, and has one effect."),
    "closed": gettext_noop("The authority closed this page: call it."),
    "too-much": gettext_noop("So much is not taken here: call the authority."),
}
_FAULTS = {
    "name": gettext_noop("Say who you are."),
    "words": gettext_noop("Say it in words, at most 20,000 characters."),
    "ground": gettext_noop("Choose a ground."),
    "file": gettext_noop("Choose a file of at most 20 MB."),
    "on_call": gettext_noop("Say who is on call."),
    "phone": gettext_noop("Say at which number."),
}
KINDS = {
    Kind.ACKNOWLEDGE.value: gettext_noop("acknowledged"),
    Kind.ASK.value: gettext_noop("asked something"),
    Kind.IMPOSSIBLE.value: gettext_noop("said that it is impossible"),
    Kind.UPLOAD.value: gettext_noop("handed a file over"),
    Kind.ON_CALL.value: gettext_noop("named who is on call"),
}


@csrf_exempt
@require_http_methods(["GET", "POST"])
def order(request: HttpRequest) -> HttpResponse:
    """The page; uploads are encrypted from their first byte, so the check against other pages comes after this."""
    sealing = SealingUploads(own_recipient())
    request.upload_handlers = [sealing]
    return _checked(request, sealing)


@csrf_protect
def _checked(request: HttpRequest, sealing: SealingUploads) -> HttpResponse:
    if request.method == "GET":
        return page(request, "public/order.html")
    refused = too_often(request, "public/order.html")
    if refused is not None:
        return refused
    number, code = (request.POST.get(name, "").strip()[:_LONG] for name in ("number", "code"))
    at = instant.true_now()
    opened = open_order(number, code, at=at) if number and code else None
    if opened is None:
        return page(request, "public/order.html", status=HTTPStatus.UNPROCESSABLE_ENTITY, not_found=True, number=number)
    kind = request.POST.get("do", "open")
    if kind not in list(Kind) or opened.order is None:
        return _shown(request, opened, code=code)
    return _said(request, opened, Kind(kind), code=code, sealing=sealing, at=at)


def _said(
    request: HttpRequest, opened: Opened, kind: Kind, *, code: str, sealing: SealingUploads, at: Instant
) -> HttpResponse:
    if opened.order is None:
        return _shown(request, opened, code=code)
    said, file = _saying(request, opened.order, kind), _file(request) if kind is Kind.UPLOAD else None
    wrong = faults_of(opened.order, kind, said, has_file=file is not None and not sealing.too_long)
    if wrong:
        faults = [gettext(_FAULTS.get(each, "{field}")).format(field=each) for each in dict.fromkeys(wrong)]
        return _shown(
            request,
            opened,
            code=code,
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
            faults=faults,
            wrong=kind.value,
            typed=request.POST,
        )
    became = say(opened.number, code, once=request.POST.get("once", ""), kind=kind, said=said, file=file, at=at)
    again = open_order(opened.number, code, at=at) or opened
    kept = became in {"kept", "again"}
    return _shown(
        request,
        again,
        code=code,
        status=HTTPStatus.OK if kept else HTTPStatus.UNPROCESSABLE_ENTITY,
        told=gettext(_TOLD.get(became, _TOLD["closed"])),
        kept=kept,
    )


def _saying(request: HttpRequest, order: Order, kind: Kind) -> dict[str, Any]:
    sent = request.POST
    said: dict[str, Any] = {"name": sent.get("name", "").strip()}
    match kind:
        case Kind.ACKNOWLEDGE:
            said |= {"reference": sent.get("reference", "").strip(), "words": _words(request)}
        case Kind.ASK:
            asked = [
                {"field": each.id, "why": why}
                for each in order.law.form.fields
                if (why := sent.get(f"why-{each.id}", "")) in list(Why)
            ]
            said |= {"fields": asked, "words": _words(request)}
        case Kind.IMPOSSIBLE:
            said |= {"ground": sent.get("ground", ""), "words": _words(request)}
        case Kind.UPLOAD:
            said |= {"complete": sent.get("complete") == "yes", "words": _words(request)}
        case Kind.ON_CALL:
            said |= {"on_call": sent.get("on_call", "").strip(), "phone": sent.get("phone", "").strip()}
    return said


def _words(request: HttpRequest) -> str:
    return request.POST.get("words", "").replace("\r\n", "\n").strip()


def _file(request: HttpRequest) -> SealedUpload | None:
    found = request.FILES.get("file")
    if not isinstance(found, SealedFile):
        return None
    return SealedUpload(name=plain_name(found.name or ""), age=found.read(), sha256=found.sha256)


def _shown(request: HttpRequest, opened: Opened, *, code: str, **more: Any) -> HttpResponse:
    found = opened.order
    return page(
        request,
        "public/order.html",
        opened=opened,
        code=code,
        number=opened.number,
        keys={each.name.lower(): new_uuid() for each in Kind},
        said_before=[(gettext(KINDS.get(each.kind, each.kind)), each.file, when(each.at)) for each in opened.sayings],
        first_opened=when(opened.opened_at),
        sheet=_sheet(opened) if found else None,
        grounds=[(each, gettext(ground_text(each))) for each in found.grounds] if found else [],
        fields=[(each.id, gettext(each.label)) for each in found.law.form.fields] if found else [],
        reasons=[(each.value, gettext(_WHY[each.value])) for each in Why],
        recipient=found.recipient if found else "",
        **more,
    )


_WHY = {
    Why.MISSING.value: gettext_noop("it is missing"),
    Why.UNCLEAR.value: gettext_noop("it is not clear"),
    Why.MANIFEST_ERROR.value: gettext_noop("it holds a manifest error"),
    Why.INSUFFICIENT.value: gettext_noop("it is not enough to go by"),
    Why.GO_ON.value: gettext_noop("is it still wanted?"),
}


def _sheet(opened: Opened) -> dict[str, Any]:
    """What the form says, in the reader's language, as it is printed."""
    if opened.order is None:
        return {}
    language = (translation.get_language() or "en").partition("-")[0]
    words = words_in(language, zone=opened.order.place.zone)
    sheet = opened.order.sheet(written=opened.written_at, exercise=opened.exercise, opened_at=opened.opened_at)
    return dict(shown(sheet, words))
