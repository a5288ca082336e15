"""One's own bells: how one is told away from the desk, for what, and whether it worked."""

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
from tocsin.bells import reads
from tocsin.bells.acts.hang import hang_bell, take_down, try_bell
from tocsin.bells.errors import UnknownBellError
from tocsin.bells.reads import PUSH, BellLine, Choices, RingLine
from tocsin.bells.rules.occasions import TITLES, Occasion
from tocsin.desk import inputs
from tocsin.desk.viewer import DeskRequest

_STATES: dict[str, tuple[str, str, Any]] = {
    "waiting": ("clock", "", _("rings in a moment")),
    "rung": ("bell-ring", "met", _("taken on, which does not prove that anybody heard it")),
    "failed": ("bell-off", "late", _("did not ring")),
    "held": ("bell-minus", "soon", _("held back: it rang too often")),
}
_MOST_SHOWN = 8


class BellForm(forms.Form):
    """A bell that one wants to have."""

    way = forms.ChoiceField(label=_("How"))
    to = forms.CharField(
        label=_("Where it rings"),
        max_length=2000,
        help_text=_("A number like +40215550100, an address of mail, or a name, as the way needs it."),
    )
    label = forms.CharField(label=_("What you call it"), max_length=80, help_text=_("Like: my telephone on duty."))
    occasions = forms.MultipleChoiceField(label=_("For what"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, *given: Any, choices: Choices, **traits: Any) -> None:
        super().__init__(*given, **traits)
        ways = [(name, label) for name, label, _takes in choices.gateways]
        if choices.push_key:
            ways.append((PUSH, gettext("This browser")))
        named = [(each.value, gettext(TITLES[each])) for each in Occasion]
        self.fields["way"].choices = ways  # type: ignore[attr-defined]
        self.fields["occasions"].choices = named  # type: ignore[attr-defined]
        self.fields["occasions"].initial = [Occasion.URGENT.value, Occasion.UNOPENED.value, Occasion.HAND_OVER.value]


@require_http_methods(["GET", "POST"])
def bells(request: DeskRequest) -> HttpResponse:
    """One's bells; posted, another one."""
    choices = reads.choices()
    form = BellForm(request.POST if request.method == "POST" else None, choices=choices)
    if form.is_valid():
        try:
            hang_bell(**form.cleaned_data, by=request.viewer, at=request.at)
        except RuleError as error:
            inputs.refuse(form, error)
        else:
            messages.success(request, gettext("Your bell hangs. Let it ring once, to see whether it does."))
            return HttpResponseRedirect(reverse("bells"))
    shown = {
        "section": "account",
        "form": form,
        "choices": choices,
        "bells": [_shown(each, choices) for each in reads.bells_of(request.viewer)],
    }
    return render(request, "desk/bells/bells.html", shown, status=_status(form))


@require_POST
def change(request: DeskRequest, bell: UUID) -> HttpResponse:
    """Take a bell down, or let it ring once."""
    try:
        if request.POST.get("do") == "down":
            take_down(str(bell), by=request.viewer, at=request.at)
            messages.success(request, gettext("It is taken down."))
        else:
            try_bell(str(bell), by=request.viewer, at=request.at)
            messages.success(request, gettext("It rings within seconds."))
    except UnknownBellError:
        raise Http404 from None
    return HttpResponseRedirect(reverse("bells"))


def _title(ring: RingLine) -> str:
    return gettext("A trial") if ring.trial else gettext(TITLES[Occasion(ring.occasion)])


def _in_words(said: str) -> str:
    """Why it did not ring, in the reader's language; what a service answered stays as it is."""
    return gettext(said) if said else ""


def _status(form: BellForm) -> HTTPStatus:
    return HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK


def _shown(bell: BellLine, choices: Choices) -> dict[str, Any]:
    labels = {name: label for name, label, _takes in choices.gateways}
    here = {**labels, **({PUSH: gettext("A browser")} if choices.push_key else {})}
    return {
        "bell": bell,
        "failed": _in_words(bell.failed),
        "way": here.get(bell.way, gettext("turned off by the administrator")),
        "on": bell.way in here,
        "occasions": [gettext(TITLES[Occasion(each)]) for each in bell.occasions],
        "rings": [
            {"ring": each, "title": _title(each), "state": _STATES[each.state], "said": _in_words(each.said)}
            for each in bell.rings[:_MOST_SHOWN]
        ],
    }
