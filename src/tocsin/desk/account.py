"""One's own account: language and zone, devices, and where one is signed in."""

from functools import wraps
from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from tocsin.base.errors import TocsinError
from tocsin.desk import words
from tocsin.desk.door import View, known, proven
from tocsin.desk.viewer import DeskRequest
from tocsin.people import reads, sessions, sign_in
from tocsin.people.acts import accounts


def _or_said(view: View) -> View:
    """What an act refuses is said on the page from which it was asked."""

    @wraps(view)
    def answer(request: DeskRequest, **named: Any) -> HttpResponseBase:
        try:
            return view(request, **named)
        except TocsinError as error:
            messages.error(request, words.said(error))
            return redirect("account")

    return answer


@known
@require_GET
def account(request: DeskRequest) -> HttpResponse:
    """All of it on one page."""
    mine = reads.account_of(request.viewer.person, at=request.at)
    if mine is None:
        raise Http404
    shown = {
        "mine": mine,
        "devices": reads.devices_of(mine.id),
        "codes_left": reads.codes_left(mine.id),
        "sessions": reads.sessions_of(mine.id),
        "here": sessions.session_id(request.session),
        "organisation": reads.organisation_name(),
        "languages": languages(),
        "zones": zones(),
    }
    return render(request, "desk/account/account.html", shown)


def languages() -> list[tuple[str, str]]:
    """Every language of the desk by its own name."""
    return list(settings.LANGUAGES)


def zones() -> list[str]:
    """The time zones that somebody may choose: places, not abbreviations."""
    return sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "SystemV/")))


@known
@require_POST
@_or_said
def preferences(request: DeskRequest) -> HttpResponse:
    """Change language and zone."""
    language, zone = request.POST.get("language", ""), request.POST.get("zone", "")
    accounts.prefer(str(request.user.pk), language=language, zone=zone)
    with translation.override(language):
        messages.success(request, _("The desk speaks to you like this from now on."))
    return redirect("account")


@proven
@require_POST
@_or_said
def remove_device(request: DeskRequest, number: int) -> HttpResponse:
    """Remove a passkey or the app; what was opened with it ends."""
    kept = sessions.session_id(request.session)
    accounts.remove_factor(str(request.user.pk), number, keep_session=kept, by=request.viewer, at=request.at)
    messages.success(request, _("Removed. What was opened with it is signed out."))
    return redirect("account")


@known
@require_POST
@_or_said
def end_session(request: DeskRequest, session: str) -> HttpResponse:
    """Sign out somewhere else; here, it is leaving."""
    if session == sessions.session_id(request.session):
        sign_in.AccountAdapter(request).logout(request)
        return redirect("account_login")
    accounts.end_session(str(request.user.pk), session, by=request.viewer, at=request.at)
    messages.success(request, _("Signed out there."))
    return redirect("account")


@known
@require_POST
@_or_said
def end_others(request: DeskRequest) -> HttpResponse:
    """Sign out everywhere but here."""
    kept = sessions.session_id(request.session)
    accounts.end_other_sessions(str(request.user.pk), keep_session=kept, by=request.viewer, at=request.at)
    messages.success(request, _("Signed out everywhere else."))
    return redirect("account")


@proven
@require_POST
@_or_said
def link(request: DeskRequest) -> HttpResponse:
    """On to the organisation's provider, by a link of hers: a form may not lead to another host (CSP)."""
    onward = sign_in.to_organisation(request, link=True)
    return render(request, "desk/account/link.html", {"onward": onward, "organisation": reads.organisation_name()})


@proven
@require_POST
@_or_said
def unlink(request: DeskRequest) -> HttpResponse:
    """The provider lets her in no longer."""
    accounts.unlink_organisation(str(request.user.pk), by=request.viewer, at=request.at)
    return redirect("account")
