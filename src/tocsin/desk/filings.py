"""What was filed by links: making a link, looking at what came, drafting from it, and erasing it."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from tocsin.base.errors import RuleError
from tocsin.desk import inputs, words
from tocsin.desk.downloads import BYTES, guarded
from tocsin.desk.viewer import DeskRequest
from tocsin.forms import place
from tocsin.forms.acts.filing import (
    MOST_HOURS,
    filed_file,
    filings_for,
    make_link,
    open_filing,
    revoke_link,
    settle_filing,
)
from tocsin.forms.errors import UnknownFilingError
from tocsin.people import reads as people
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right

_REASON = "looks at what was filed"
_PARTS = (
    ("name", _("Who files")),
    ("office", _("Office")),
    ("phone", _("Call back at")),
    ("case_reference", _("Reference of the case")),
    ("whom", _("Who is to be asked")),
    ("by_when", _("By when, and why")),
    ("what", _("What is to be asked")),
    ("identifiers", _("Accounts, addresses, numbers")),
    ("facts", _("Facts and offence")),
)


class LinkForm(forms.Form):
    """For whom a link is made, and how long it is open."""

    meant_for = inputs.line(_("For whom"), most=200, required=True)
    hours = forms.IntegerField(label=_("Open for so many hours"), min_value=1, max_value=MOST_HOURS, initial=48)
    template_name = "desk/parts/fields.html"


@require_http_methods(["GET", "POST"])
def filings(request: DeskRequest) -> HttpResponse:
    """The links with what was filed by them; posted, a new one, which is shown this once."""
    rights.check(request.viewer, Right.DRAFT)
    form = LinkForm(request.POST or None)
    link = ""
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            token = make_link(said["meant_for"], hours=said["hours"], by=request.viewer, at=request.at)
        except RuleError as error:
            form.add_error(inputs.field_of(error, form), words.said(error))
        else:
            link = f"{place.here().address.rstrip('/')}/file/{token}/"
            form = LinkForm()
    lines = filings_for(request.viewer)
    shown = {
        "section": "take-in",
        "form": form,
        "link": link,
        "open_door": bool(place.here().address),
        "lines": lines,
        "names": people.names_of({each.made_by for each in lines}),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    answer = render(request, "desk/filings/filings.html", shown, status=status)
    answer["Cache-Control"] = "no-store"
    return answer


@require_http_methods(["GET", "POST"])
def filing(request: DeskRequest, filing_id: UUID) -> HttpResponse:
    """What was filed; posted, it is settled and erased."""
    try:
        if request.method == "POST":
            outcome = "drafted" if request.POST.get("do") == "drafted" else "set-aside"
            settle_filing(str(filing_id), outcome=outcome, by=request.viewer, at=request.at)
            messages.success(request, gettext("It is settled; nothing of what it said is here any more."))
            return HttpResponseRedirect(reverse("filings"))
        found = open_filing(str(filing_id), reason=_REASON, by=request.viewer, at=request.at)
    except UnknownFilingError:
        raise Http404 from None
    shown: dict[str, Any] = {
        "section": "take-in",
        "filing": found,
        "said": [(label, found.said.get(name, "")) for name, label in _PARTS if found.said.get(name)],
        "language": found.said.get("language", ""),
        "pasted": found.said.get("identifiers", ""),
        "reference": found.said.get("case_reference", ""),
    }
    return render(request, "desk/filings/filing.html", shown)


@require_POST
def file(request: DeskRequest, filing_id: UUID) -> HttpResponse:
    """The file that was filed, as a download."""
    try:
        name, content = filed_file(str(filing_id), reason=_REASON, by=request.viewer, at=request.at)
    except UnknownFilingError:
        raise Http404 from None
    return guarded(HttpResponse(content, content_type=BYTES), name)


@require_POST
def revoke(request: DeskRequest, link_id: UUID) -> HttpResponse:
    """Revoke a link by which nobody has filed."""
    try:
        revoke_link(str(link_id), by=request.viewer, at=request.at)
    except UnknownFilingError:
        raise Http404 from None
    messages.success(request, gettext("The link is revoked."))
    return HttpResponseRedirect(reverse("filings"))
