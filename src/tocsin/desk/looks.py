"""The day's list: who looked at what, when and why; and the same as a file.

For the data protection officer, who sees all of it and nothing of what was looked at, and for the owner of a dossier,
who sees what was looked at in his (decision 0107). The file about one request is what a person is answered with who
asks who saw her data (Directive (EU) 2016/680, Article 14).
"""

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from tocsin.base.instant import Instant, text
from tocsin.base.sheet import safe_cell
from tocsin.desk import inputs, words
from tocsin.desk.viewer import DeskRequest
from tocsin.dossiers.reads import LookLine
from tocsin.evidence import reads as evidence
from tocsin.evidence.acts.looks import export_looks
from tocsin.people import reads as people
from tocsin.people.rules.rights import Right, reaches
from tocsin.requests import reads as requests

_DAY = timedelta(days=1)
_EVER = datetime(2000, 1, 1, tzinfo=words.zone_of("UTC"))


class DayForm(forms.Form):
    """Which day, or which request."""

    day = inputs.day(_("Day"))
    request = forms.UUIDField(
        label=_("Request"), required=False, help_text=_("Its id: then every look at it is listed, of whatever day.")
    )
    dossier = forms.UUIDField(required=False, widget=forms.HiddenInput())


@require_GET
def looks(request: DeskRequest) -> HttpResponse:
    """The list of a day, or of one request."""
    form, asked = _asked(request)
    listed = _listed(request, asked)
    day: date = asked["day"]
    shown = {
        "section": "looks",
        "form": form,
        "rows": _named(listed),
        "asked": asked,
        "day": words.day(day.isoformat()),
        "before": day - _DAY,
        "after": day + _DAY if day < _today(request) else None,
        "all": reaches(request.viewer, Right.READ_LOOKS),
    }
    return render(request, "desk/looks/looks.html", shown)


@require_POST
def export(request: DeskRequest) -> HttpResponseBase:
    """The same list as CSV; that it left is in the journal."""
    _form, asked = _asked(request)
    since, until = (_EVER, request.at) if asked["request"] else _bounds(request, asked["day"])
    found = export_looks(
        by=request.viewer,
        at=request.at,
        since=since,
        until=until,
        request=asked["request"],
        dossier=asked["dossier"],
    )
    named = asked["request"] or asked["day"].isoformat()
    answer = HttpResponse(_csv(found), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="looks-{named}.csv"'
    answer["Cache-Control"] = "no-store"
    return answer


def _asked(request: DeskRequest) -> tuple[DayForm, dict[str, Any]]:
    given = request.POST if request.method == "POST" else request.GET
    day = given.get("day") or _today(request).isoformat()
    form = DayForm({"day": day, "request": given.get("request", ""), "dossier": given.get("dossier", "")})
    told = form.cleaned_data if form.is_valid() else {}
    return form, {
        "day": told.get("day") or _today(request),
        "request": str(told.get("request") or ""),
        "dossier": str(told.get("dossier") or ""),
    }


def _listed(request: DeskRequest, asked: dict[str, Any]) -> list[LookLine]:
    if asked["request"]:
        return evidence.looks_about(request.viewer, asked["request"])
    since, until = _bounds(request, asked["day"])
    return requests.all_looks_for(request.viewer, since=since, until=until, dossier=asked["dossier"])


def _bounds(request: DeskRequest, day: date) -> tuple[Instant, Instant]:
    """A day as its reader has it: from midnight to midnight in her zone."""
    zone, utc = words.zone_of(request.zone), words.zone_of("UTC")
    since, until = (datetime.combine(each, time(), zone).astimezone(utc) for each in (day, day + _DAY))
    return since, until


def _today(request: DeskRequest) -> date:
    return request.at.astimezone(words.zone_of(request.zone)).date()


def _named(found: Sequence[LookLine]) -> list[tuple[str, LookLine]]:
    names = people.names_of(each.person for each in found)
    return [(names.get(each.person, each.person[:8]), each) for each in found]


_HEAD = ("at", "person", "person_id", "what", "thing", "dossier", "reason", "derived")


def _csv(found: Sequence[LookLine]) -> str:
    """One line a look, as RFC 4180 has it; a text that a spreadsheet would take for a formula stays a text."""
    written = io.StringIO()
    rows = csv.writer(written)
    rows.writerow(_HEAD)
    for name, each in _named(found):
        derived = "yes" if each.derived else "no"
        told = (text(each.at), name, each.person, each.what, each.thing, each.dossier or "", each.reason, derived)
        rows.writerow(map(safe_cell, told))
    return written.getvalue()
