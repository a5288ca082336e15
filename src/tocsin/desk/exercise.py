"""Exercises: begin one by its scenario, see what is played and how the desk does, end it, talk about it, wipe it.

For those who run the node. What is shown are codes, instants and names of colleagues; no word of a request.
"""

import csv
from datetime import timedelta
from functools import wraps
from http import HTTPStatus
from io import StringIO
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from tocsin.base import instant
from tocsin.base.errors import RuleError
from tocsin.base.plain import plain
from tocsin.base.this_node import this_node
from tocsin.desk import inputs, words
from tocsin.desk.door import View
from tocsin.desk.once import answer_once
from tocsin.desk.viewer import DeskRequest
from tocsin.exercise import reads
from tocsin.exercise.acts.run import begin_exercise, end_exercise
from tocsin.exercise.acts.sample import make_sample
from tocsin.exercise.acts.wipe import ask_wipe
from tocsin.exercise.errors import NoExerciseError, ScenarioFaultyError, WipeNotConfirmedError
from tocsin.exercise.rules.scenario import MOST_BYTES, parse_scenario
from tocsin.exercise.shipped import scenario_named, shipped
from tocsin.people.errors import RightMissingError
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.requests.acts.shift import shift_clock
from tocsin.requests.errors import ClockNotShiftableError, ShiftOutOfReachError

_MOST_HOURS = 24 * 90


class BeginForm(forms.Form):
    """Which scenario: one that came with Tocsin, or a file."""

    scenario = forms.ChoiceField(label=gettext_lazy("Scenario"), required=False)
    file = forms.FileField(
        label=gettext_lazy("Or a file of your own"),
        required=False,
        help_text=gettext_lazy("TOML. Every node of the exercise begins with the same file."),
    )

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        known = [(name, tables["title"]) for name, tables in shipped().items()]
        self.fields["scenario"].choices = [("", _("none")), *known]  # type: ignore[attr-defined]


class ClockForm(forms.Form):
    """How far the clock of this node goes forward."""

    hours = forms.IntegerField(
        label=gettext_lazy("Hours forward"),
        min_value=1,
        max_value=_MOST_HOURS,
        help_text=gettext_lazy("Never back. The other nodes have clocks of their own."),
    )


class WipeForm(forms.Form):
    """The node's name, typed by whoever takes everything away."""

    typed = forms.CharField(label=gettext_lazy("Type the name of this node"), max_length=40)


def _runs_the_node(view: View) -> View:
    """A page for those who run the node: to others it is not there."""

    @wraps(view)
    def answer(request: DeskRequest, **named: Any) -> HttpResponseBase:
        try:
            rights.check(request.viewer, Right.RUN_NODE)
            return view(request, **named)
        except (RightMissingError, NoExerciseError) as error:
            raise Http404 from error

    return never_cache(answer)


@_runs_the_node
@require_GET
def exercise(request: DeskRequest) -> HttpResponse:
    """The exercise that runs, those that were, and what may be done."""
    return _page(request)


@_runs_the_node
@require_POST
def begin(request: DeskRequest) -> HttpResponse:
    """Begin an exercise."""
    form = BeginForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            return answer_once(request, lambda: _begun(request, form))
        except ScenarioFaultyError as error:
            form.add_error("file" if form.cleaned_data.get("file") else "scenario", words.said(error))
        except RuleError as error:
            form.add_error(None, words.said(error))
    return _page(request, begin_form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _begun(request: DeskRequest, form: BeginForm) -> str:
    came = form.cleaned_data.get("file")
    tables = parse_scenario(came.read(MOST_BYTES + 1)) if came else scenario_named(form.cleaned_data["scenario"])
    begin_exercise(tables, by=request.viewer, at=request.at)
    return reverse("exercise")


@_runs_the_node
@require_POST
def end(request: DeskRequest, exercise_id: UUID) -> HttpResponse:
    """End it; its marks become a record."""
    try:
        end_exercise(str(exercise_id), by=request.viewer, at=request.at)
    except NoExerciseError as error:  # a colleague was there first
        messages.error(request, words.said(error))
    else:
        messages.success(request, _("It has ended. Its marks are on record within seconds."))
    return HttpResponseRedirect(reverse("exercise-debrief", args=[exercise_id]))


@_runs_the_node
@require_POST
def clock(request: DeskRequest) -> HttpResponse:
    """Let the clock of this node go forward."""
    form = ClockForm(request.POST)
    if form.is_valid():
        ahead = instant.shift() + timedelta(hours=form.cleaned_data["hours"])
        try:
            shift_clock(int(ahead.total_seconds()), by=request.viewer, at=request.at)
        except (ShiftOutOfReachError, ClockNotShiftableError) as error:
            form.add_error("hours", words.said(error))
        else:
            messages.success(request, _("The clock was moved. Every letter from now on says so."))
            return HttpResponseRedirect(reverse("exercise"))
    return _page(request, clock_form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@_runs_the_node
@require_POST
def wipe(request: DeskRequest) -> HttpResponse:
    """Wipe everything that exercises made here; the worker does it within seconds."""
    form = WipeForm(request.POST)
    if form.is_valid():
        try:
            ask_wipe(form.cleaned_data["typed"], by=request.viewer, at=request.at)
        except WipeNotConfirmedError as error:
            form.add_error(inputs.field_of(error, form), words.said(error))
        except RuleError as error:
            form.add_error(None, words.said(error))
        else:
            messages.success(request, _("Everything of the exercise is being wiped. Marks stay."))
            return HttpResponseRedirect(reverse("exercise"))
    return _page(request, wipe_form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@require_POST
def sample(request: DeskRequest) -> HttpResponseBase:
    """Open the sample case, which can be sent nowhere: for everybody who may draft, at every node."""
    try:
        made = make_sample(by=request.viewer, at=request.at)
    except RightMissingError as error:
        raise Http404 from error
    return HttpResponseRedirect(reverse("draft", args=[made]))


@_runs_the_node
@require_GET
def debrief(request: DeskRequest, exercise_id: UUID) -> HttpResponse:
    """One exercise: what each reached, every mark, and what was played."""
    line = reads.exercise_for(request.viewer, str(exercise_id))
    return render(request, "desk/exercise/debrief.html", _shown(request, line) | {"section": "exercise"})


@_runs_the_node
@require_GET
def record(request: DeskRequest, exercise_id: UUID, form: str) -> HttpResponseBase:
    """The training record, as JSON or CSV."""
    line = reads.exercise_for(request.viewer, str(exercise_id))
    scores = reads.scores_for(request.viewer, line.id)
    name = f"EXERCISE-{line.id}.{form}"
    answer: HttpResponse
    if form == "json":
        told = reads.record_of(line, scores, member=this_node().member)
        answer = JsonResponse(plain(told), json_dumps_params={"ensure_ascii": False, "indent": 2})
    else:
        answer = HttpResponse(_as_csv(line, scores), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _as_csv(line: reads.ExerciseLine, scores: list[reads.ScoreLine]) -> str:
    written = StringIO()
    csv.writer(written).writerows(reads.record_rows(line, [plain(each) for each in scores]))
    return written.getvalue()


def _page(
    request: DeskRequest,
    *,
    begin_form: BeginForm | None = None,
    clock_form: ClockForm | None = None,
    wipe_form: WipeForm | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    found = reads.exercises_for(request.viewer)
    running = next((each for each in found if each.ended_at is None), None)
    shown: dict[str, Any] = {
        "section": "exercise",
        "running": running,
        "past": [each for each in found if each.ended_at is not None],
        "begin_form": begin_form or BeginForm(),
        "clock_form": clock_form or ClockForm(),
        "wipe_form": wipe_form or WipeForm(),
        "last_wipe": reads.last_wipe(request.viewer),
        "ahead": instant.shift(),
    }
    if running is not None:
        shown |= _shown(request, running)
    return render(request, "desk/exercise/exercise.html", shown, status=status)


def _shown(request: DeskRequest, line: reads.ExerciseLine) -> dict[str, Any]:
    scores = reads.scores_for(request.viewer, line.id)
    return {
        "line": line,
        "moves": reads.moves_for(request.viewer, line.id, member=this_node().member),
        "scores": [(each, _seconds(each.reaction_seconds), _seconds(each.limit_seconds)) for each in scores],
        "totals": [(each, _seconds(each.median_seconds)) for each in reads.totals(scores)],
        "scenario": reads.scenario_of(request.viewer, line.id),
    }


def _seconds(much: int | None) -> timedelta | None:
    return None if much is None else timedelta(seconds=much)
