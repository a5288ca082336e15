"""The shift: the note that writes itself, handed over to somebody by name and acknowledged by name."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tocsin.base.errors import RuleError
from tocsin.base.ids import RequestId
from tocsin.desk import inputs, strips, words
from tocsin.desk.once import answer_once
from tocsin.desk.strips import Strip
from tocsin.desk.viewer import DeskRequest
from tocsin.duty import reads as duty
from tocsin.duty.acts.shifts import MOST_WORDS, acknowledge
from tocsin.law.instrument import instruments
from tocsin.people import reads as people
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right, rights_of
from tocsin.requests import shift
from tocsin.requests.acts.shift_note import hand_shift_over
from tocsin.requests.rules.shift_note import Decided, Due, Note, Promised, Unread, parse_note

_TARGETS = {
    "promised": gettext_noop("the answer that was promised"),
    "wished": gettext_noop("the answer that was wished"),
    "postponed": gettext_noop("take it up again"),
}


class HandOverForm(forms.Form):
    """To whom a shift goes, and what is to be said beside the note."""

    def __init__(self, *args: Any, viewer: str, **named: Any) -> None:
        super().__init__(*args, **named)
        able = [
            (each.id, each.name)
            for each in people.people()
            if each.id != viewer and Right.READ_REQUESTS in rights_of(frozenset(each.roles))
        ]
        self.fields["to"] = forms.ChoiceField(label=_("To"), choices=able)
        self.fields["words"] = inputs.text_area(
            _("To be said besides"),
            most=MOST_WORDS,
            help_text=_("Without names or data of persons: name the request instead."),
        )


@require_http_methods(["GET", "POST"])
def current(request: DeskRequest) -> HttpResponse:
    """The note as it stands now; a POST hands the shift over with it."""
    rights.check(request.viewer, Right.READ_REQUESTS)
    if request.method == "GET":
        return _page(request)
    form = HandOverForm(request.POST, viewer=request.viewer.person)
    if not form.is_valid():
        return _page(request, form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        answer = answer_once(request, lambda: _handed_over(request, form))
    except RuleError as error:
        inputs.refuse(form, error)
    else:
        messages.success(
            request, gettext("Handed over. Until it is acknowledged, urgent letters ring for both of you.")
        )
        return answer
    return _page(request, form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _handed_over(request: DeskRequest, form: HandOverForm) -> str:
    since = shift.shift_since(request.viewer, at=request.at)
    told = form.cleaned_data
    note = hand_shift_over(to=told["to"], words=told["words"], since=since, by=request.viewer, at=request.at)
    return reverse("shift-note", args=[note])


@require_GET
def kept(request: DeskRequest, note: UUID) -> HttpResponse:
    """A shift that was handed over, with its note."""
    found = duty.note_for(request.viewer, str(note))
    names = people.names_of([found.given_by, found.to])
    shown = {
        "section": "shift",
        "kept": found,
        "by": names.get(found.given_by, ""),
        "to": names.get(found.to, ""),
        "to_me": found.to == request.viewer.person,
        **_note(request, parse_note(found.note)),
    }
    return render(request, "desk/shift/kept.html", shown)


@require_POST
def take(request: DeskRequest, note: UUID) -> HttpResponse:
    """Acknowledge a shift that was handed over to oneself."""
    acknowledge(str(note), by=request.viewer, at=request.at)
    messages.success(request, gettext("You have the shift now."))
    return HttpResponseRedirect(reverse("shift"))


# --- What is shown ------------------------------------------------------------------------------


def _page(request: DeskRequest, *, form: HandOverForm | None = None, status: int = HTTPStatus.OK) -> HttpResponse:
    viewer, at = request.viewer, request.at
    since = shift.shift_since(viewer, at=at)
    waiting, past = duty.waiting_for(viewer), duty.notes_for(viewer)
    names = people.names_of({*(each.given_by for each in [*waiting, *past]), *(each.to for each in past)})
    shown = {
        "section": "shift",
        "calling": strips.strips(shift.calling(viewer), viewer=viewer, at=at),
        "waiting": [(each, names.get(each.given_by, "")) for each in waiting],
        "past": [(each, names.get(each.given_by, ""), names.get(each.to, "")) for each in past[:10]],
        "form": form or HandOverForm(viewer=viewer.person),
        **_note(request, shift.shift_note(viewer, since=since, at=at)),
    }
    return render(request, "desk/shift/shift.html", shown, status=status)


def _note(request: DeskRequest, note: Note) -> dict[str, Any]:
    seen = shift.shown_note(request.viewer, note)
    found = strips.strips(list(seen.lines.values()), viewer=request.viewer, at=request.at)
    by_id: dict[RequestId, Strip] = {strip.line.id: strip for strip in found}
    names = people.names_of(line.person for line in note.decided)
    return {
        "note": note,
        "due": [{"line": each, "s": s, "what": _clock(each.clock)} for each, s in _with(note.due, by_id)],
        "promised": [
            {"line": each, "s": s, "form": seen.forms.get(each.letter, "")} for each, s in _with(note.promised, by_id)
        ],
        "unread": [{"line": each, "s": s} for each, s in _with(note.unread, by_id)],
        "decided": [
            {"line": each, "s": s, "who": names.get(each.person, "")} for each, s in _with(note.decided, by_id)
        ],
        "hidden": seen.hidden,
    }


def _with(lines: Iterable[Any], by_id: dict[RequestId, Strip]) -> list[tuple[Any, Strip]]:
    """Lines with the requests that they name, as far as the reader may see them."""
    told: list[Due | Promised | Unread | Decided] = list(lines)
    return [(line, by_id[line.request]) for line in told if line.request in by_id]


def _clock(clock: str) -> str:
    """What a clock is for, in words."""
    for law in instruments().values():
        for each in law.clocks:
            if each.rule.id == clock:
                return words.law(each.step)
    return gettext(_TARGETS.get(clock, clock))
