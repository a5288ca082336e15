"""The duty rota: who is on duty when, in which place of the chain, and how long until the next is told."""

from datetime import timedelta
from http import HTTPStatus
from itertools import groupby
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from tocsin.base.errors import RuleError
from tocsin.base.instant import Instant
from tocsin.desk import inputs, words
from tocsin.desk.once import answer_once
from tocsin.desk.viewer import DeskRequest
from tocsin.duty import reads
from tocsin.duty.acts.rota import plan_turn, set_minutes, withdraw_turn
from tocsin.duty.errors import ChainMinutesError, TurnOverError, UnknownTurnError
from tocsin.duty.rules.rota import LEAST_MINUTES, MOST_MINUTES, MOST_WEEKS, PLACES, Turn, gaps, on_duty
from tocsin.people import reads as people
from tocsin.people.rules.rights import Right, rights_of

_SHOWN = timedelta(days=28)
_GAPS = timedelta(days=14)
_MOST_GAPS = 6


class TurnForm(forms.Form):
    """A turn of duty; its times in the reader's zone."""

    def __init__(self, *args: Any, zone: str, **named: Any) -> None:
        super().__init__(*args, **named)
        city = words.city(zone)
        able = [each for each in people.people() if Right.READ_REQUESTS in rights_of(frozenset(each.roles))]
        self.fields["person"] = forms.ChoiceField(label=_("Who"), choices=[(each.id, each.name) for each in able])
        self.fields["place"] = forms.ChoiceField(
            label=_("Place in the chain"), choices=[(each, words.word(f"place:{each}")) for each in PLACES]
        )
        begins, ends = gettext("Begins ({city})").format(city=city), gettext("Ends ({city})").format(city=city)
        self.fields["begins"] = inputs.InstantField(label=begins, zone=zone)
        self.fields["ends"] = inputs.InstantField(label=ends, zone=zone)
        self.fields["weeks"] = forms.IntegerField(
            label=_("Weeks"),
            help_text=_("So many weeks one after the other, at the same time of day."),
            min_value=1,
            max_value=MOST_WEEKS,
            initial=1,
        )


class MinutesForm(forms.Form):
    """How long an urgent letter may lie unopened."""

    minutes = forms.IntegerField(
        label=_("Minutes until the next is told"), min_value=LEAST_MINUTES, max_value=MOST_MINUTES
    )


@require_http_methods(["GET", "POST"])
def rota(request: DeskRequest) -> HttpResponse:
    """The rota; a POST plans a turn."""
    reads.check_sees_rota(request.viewer)
    if request.method == "GET":
        return _page(request)
    form = TurnForm(request.POST, zone=request.zone)
    if not form.is_valid():
        return _page(request, form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        answer = answer_once(request, lambda: _planned(request, form))
    except RuleError as error:
        inputs.refuse(form, error)
        return _page(request, form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    messages.success(request, gettext("It stands on the rota."))
    return answer


def _planned(request: DeskRequest, form: TurnForm) -> str:
    told = form.cleaned_data
    plan_turn(
        told["person"],
        place=told["place"],
        begins=told["begins"],
        ends=told["ends"],
        weeks=told["weeks"],
        zone=request.zone,
        by=request.viewer,
        at=request.at,
    )
    return reverse("rota")


@require_POST
def withdraw(request: DeskRequest, turn: UUID) -> HttpResponse:
    """Take a turn off the rota; one that has begun ends now."""
    reads.check_sees_rota(request.viewer)
    try:
        withdraw_turn(str(turn), by=request.viewer, at=request.at)
    except (UnknownTurnError, TurnOverError) as error:  # a colleague was there first, or time passed
        messages.error(request, words.said(error))
    else:
        messages.success(request, gettext("It is off the rota."))
    return HttpResponseRedirect(reverse("rota"))


@require_POST
def minutes(request: DeskRequest) -> HttpResponse:
    """Set how long an urgent letter may lie unopened before the next is told."""
    reads.check_sees_rota(request.viewer)
    form = MinutesForm(request.POST)
    if form.is_valid():
        try:
            set_minutes(form.cleaned_data["minutes"], by=request.viewer, at=request.at)
        except ChainMinutesError as error:
            form.add_error("minutes", words.said(error))
        else:
            messages.success(request, gettext("Set."))
            return HttpResponseRedirect(reverse("rota"))
    return _page(request, chain=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _page(
    request: DeskRequest,
    *,
    form: TurnForm | None = None,
    chain: MinutesForm | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    at = request.at
    turns = reads.turns(since=at, until=at + _SHOWN)
    names = people.names_of(turn.person for turn in turns)
    now = on_duty(turns, at=at)
    empty = gaps(turns, since=at, until=at + _GAPS) if reads.is_planned() else []
    shown = {
        "section": "rota",
        "now": [(f"place:{place}", [(turn, names.get(turn.person, "")) for turn in now[place]]) for place in PLACES],
        "days": _days(turns, names, request),
        "gaps": empty[:_MOST_GAPS],
        "more_gaps": max(len(empty) - _MOST_GAPS, 0),
        "planned": reads.is_planned(),
        "minutes": reads.minutes(),
        "may_plan": reads.may_plan(request.viewer),
        "form": form or TurnForm(zone=request.zone),
        "chain": chain or MinutesForm(initial={"minutes": reads.minutes()}),
    }
    return render(request, "desk/rota/rota.html", shown, status=status)


def _days(turns: list[Turn], names: dict[str, str], request: DeskRequest) -> list[tuple[str, list[dict[str, Any]]]]:
    """The turns by the day on which they begin in the reader's zone; those that run now under the first."""

    def day_of(turn: Turn) -> str:
        return _day(max(turn.begins, request.at), request.zone)

    return [
        (
            words.day(day),
            [
                {
                    "turn": turn,
                    "name": names.get(turn.person, ""),
                    "place": f"place:{turn.place}",
                    "mine": turn.person == request.viewer.person,
                    "runs": turn.holds(request.at),
                    "same_day": _day(turn.begins, request.zone) == _day(turn.ends, request.zone),
                }
                for turn in listed
            ],
        )
        for day, listed in groupby(sorted(turns, key=lambda each: (day_of(each), each.begins)), key=day_of)
    ]


def _day(at: Instant, zone: str) -> str:
    return at.astimezone(words.zone_of(zone)).date().isoformat()
