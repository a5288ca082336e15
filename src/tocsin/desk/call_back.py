"""Calling back in an emergency: the number of the directory, what was said, the second person, and going without."""

from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from tocsin.base.errors import TocsinError
from tocsin.base.ids import MEMBER_PATTERN, MemberId
from tocsin.desk import inputs, requests, strips, words
from tocsin.desk.coded_words import CODED
from tocsin.desk.once import answer_once
from tocsin.desk.viewer import DeskRequest
from tocsin.desk.warned import may_answer
from tocsin.directory import reads as directory
from tocsin.law.provisions import Side
from tocsin.people.rules.rights import Right, rights_of
from tocsin.requests.acts.call_back import (
    confirm_call_back,
    go_without_call_back,
    number_of,
    record_call_back,
)
from tocsin.requests.provenance import provenance_of
from tocsin.requests.rules.call_back import LEAST_REASON, MOST_NAME, MOST_WORDS, CallState, Outcome

if TYPE_CHECKING:
    from tocsin.requests.reads import Standing


class CallForm(forms.Form):
    """What came of a call."""

    template_name = "desk/parts/fields.html"
    outcome = forms.ChoiceField(
        label=_("What came of it"),
        choices=[(each.value, _(CODED[f"called:{each.value}"])) for each in Outcome],
        widget=forms.RadioSelect,
    )
    answered_by = inputs.line(
        _("Who answered"),
        most=MOST_NAME,
        help_text=_("Name and office; another person than the one who signed the request."),
    )
    words = inputs.text_area(_("What was said"), most=MOST_WORDS)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="f-%s", use_required_attribute=False)


class WithoutForm(forms.Form):
    """Why data are given although nobody answered."""

    template_name = "desk/parts/fields.html"
    reason = inputs.text_area(
        _("Reason"),
        most=MOST_WORDS,
        required=True,
        min_length=LEAST_REASON,
        help_text=_("A judge may read it. Your chief and the other side are told at once that you decided so."),
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="w-%s", use_required_attribute=False)


@require_http_methods(["GET", "POST"])
def call_back(request: DeskRequest, request_id: UUID) -> HttpResponse:
    """The call-back of an emergency: whom to call, what came of it, and what may be done now."""
    standing = requests.looked_at_or_asked(request, requests.line_seen(request, request_id))
    if isinstance(standing, HttpResponse):
        return standing
    if request.method == "GET":
        return _page(request, standing)
    doing = {"record": _record, "confirm": _confirm, "without": _without}.get(request.POST.get("do", ""))
    return doing(request, standing) if doing else _page(request, standing)


def _record(request: DeskRequest, standing: "Standing") -> HttpResponse:
    form = CallForm(request.POST)
    if not form.is_valid():
        return _page(request, standing, form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    outcome = Outcome(form.cleaned_data["outcome"])

    def act() -> None:
        record_call_back(
            standing.thread.line.id,
            number_from_card=request.POST.get("number", ""),
            answered_by=form.cleaned_data["answered_by"],
            words=form.cleaned_data["words"],
            outcome=outcome,
            claimed=_claimed(request),
            by=request.viewer,
            at=request.at,
        )

    told = {
        Outcome.CONFIRMED: gettext("The call is kept. A second person confirms it; then the data may be given."),
        Outcome.DENIED: gettext("The call is kept. Nothing is given; the other side and your chief are told."),
        Outcome.NO_ANSWER: gettext("The call is kept. Try again; the other side and your chief are told."),
    }
    return _done(request, standing, act, told=told[outcome], form=form)


def _confirm(request: DeskRequest, standing: "Standing") -> HttpResponse:
    def act() -> None:
        confirm_call_back(request.POST.get("call", ""), by=request.viewer, at=request.at)

    return _done(request, standing, act, told=gettext("You confirmed the call. The data may be given."))


def _without(request: DeskRequest, standing: "Standing") -> HttpResponse:
    form = WithoutForm(request.POST)
    if not form.is_valid():
        return _page(request, standing, without=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)

    def act() -> None:
        reason = form.cleaned_data["reason"]
        go_without_call_back(standing.thread.line.id, reason=reason, by=request.viewer, at=request.at)

    told = gettext("It is decided and kept. Your chief and the other side are told.")
    return _done(request, standing, act, told=told, without=form)


def _done(
    request: DeskRequest,
    standing: "Standing",
    act: Callable[[], None],
    *,
    told: str,
    form: CallForm | None = None,
    without: WithoutForm | None = None,
) -> HttpResponse:
    line = standing.thread.line

    def doing() -> str:
        act()
        return reverse("request-call-back", args=[line.id])

    try:
        answer = answer_once(request, doing)
    except TocsinError as error:
        shown = form or without
        if shown is None:
            messages.error(request, words.said(error))
        else:
            inputs.refuse(shown, error)
        return _page(request, standing, form=form, without=without, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    messages.success(request, told)
    return answer


def _claimed(request: DeskRequest) -> MemberId | None:
    """Whom a sender that nobody knows claims to be."""
    said = request.POST.get("claimed") or request.GET.get("claimed") or ""
    return MemberId(said) if MEMBER_PATTERN.fullmatch(said) else None


def _page(
    request: DeskRequest,
    standing: "Standing",
    *,
    form: CallForm | None = None,
    without: WithoutForm | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    line = standing.thread.line
    (strip,) = strips.strips([line], viewer=request.viewer, at=request.at)
    view, unknown = standing.call_back, line.unknown_sender
    claimed = _claimed(request) if unknown else None
    shown = {
        "section": "watch",
        "s": strip,
        "issuer": provenance_of(request.viewer, standing),
        "view": view,
        "state": view.standing.state.value,
        "number": number_of(claimed or MemberId(line.counterpart)),
        "claimed": claimed or "",
        "claimable": [(each.member, each.name) for each in directory.contacts()] if unknown else [],
        "form": form or CallForm(),
        "without": without or WithoutForm(),
        "may_answer": may_answer(request) and line.side is Side.ASKED and view.standing.emergency is not None,
        "may_go_without": may_answer(request) and view.standing.state is CallState.MAY_GO_WITHOUT,
        "may_confirm": may_second(request),
        "barred": view.standing.barred,
        "me": request.viewer.person,
    }
    return render(request, "desk/requests/call_back.html", shown, status=status)


def may_second(request: DeskRequest) -> bool:
    """Whether the viewer may be the second person for a call."""
    has = rights_of(request.viewer.roles)
    return bool(request.viewer.person) and bool({Right.ANSWER, Right.SEND, Right.SIGN_OFF} & has)
