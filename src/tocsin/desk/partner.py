"""For partners: what is asked of their own organisation, and their answers. No other page of the desk is theirs."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from tocsin.base.errors import TocsinError
from tocsin.desk import inputs, letters, steps, words
from tocsin.desk.once import answer_once
from tocsin.desk.viewer import DeskRequest
from tocsin.directory import reads as directory
from tocsin.law.instrument import instrument
from tocsin.law.provisions import Side
from tocsin.law.vocabulary import LetterKind
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.requests.acts.partner import SAYS, answer_as_partner, look_as_partner
from tocsin.requests.addressed import addressed_standing, addressed_to, organisation_of
from tocsin.requests.errors import ThreadMovedError, UnknownRequestError
from tocsin.requests.reads import RequestLine, Standing

_LOOKED = "partner-looked"
_MOST_LOOKED = 200
_MOST_FILE = 20 * 1024 * 1024


class FileForm(forms.Form):
    """A file that goes with an answer."""

    file = forms.FileField(
        label=_("A file with it"),
        required=False,
        max_length=500,
        help_text=_("At most 20 MB. It is encrypted as it comes in, and only those who asked take it out."),
    )

    def clean_file(self) -> Any:
        """No file is read that is larger than may be kept."""
        file = self.cleaned_data["file"]
        if file is not None and file.size > _MOST_FILE:
            raise forms.ValidationError(gettext("A file is smaller than 20 MB."))
        return file


@require_GET
def addressed(request: DeskRequest) -> HttpResponse:
    """What is asked of one's organisation."""
    rights.check(request.viewer, Right.ANSWER_AS_PARTNER)
    organisation = organisation_of(request.viewer)
    shown = {
        "section": "partner",
        "organisation": directory.contacts_named([organisation]).get(organisation, "") if organisation else "",
        "lines": [_line(each) for each in addressed_to(request.viewer)],
        "now": request.at,
    }
    return render(request, "desk/partner/addressed.html", shown)


@require_GET
def one(request: DeskRequest, request_id: UUID) -> HttpResponse:
    """One of them, with what was written and what may be said next; that it was opened is journalled."""
    rights.check(request.viewer, Right.ANSWER_AS_PARTNER)
    looked = request.session.get(_LOOKED, [])
    try:
        standing = addressed_standing(request.viewer, str(request_id), at=request.at)
        sent = {each.sha256 for each in standing.thread.kept if each.sent}
        received = {each.letter_sha256 for each in standing.beside.receipts}
        if str(request_id) not in looked or sent - received:
            standing = look_as_partner(str(request_id), by=request.viewer, at=request.at)
            request.session[_LOOKED] = [*looked, str(request_id)][-_MOST_LOOKED:]
    except UnknownRequestError:
        raise Http404 from None
    return render(request, "desk/partner/request.html", _shown(standing))


@require_http_methods(["GET", "POST"])
def say(request: DeskRequest, request_id: UUID, kind: str) -> HttpResponse:
    """Say something in it: that it came, a question, impossible because, held, here it is."""
    rights.check(request.viewer, Right.ANSWER_AS_PARTNER)
    try:
        standing = addressed_standing(request.viewer, str(request_id), at=request.at)
    except UnknownRequestError:
        raise Http404 from None
    wanted = next((each for each in SAYS if each.value == kind), None)
    if wanted is None or wanted not in steps.FORMS:
        raise Http404
    about = steps.About(standing=standing, zone=request.zone, speaks=Side.ASKED)
    if request.method == "GET":
        return _form_page(request, standing, steps.FORMS[wanted](about=about), FileForm())
    form, file = steps.FORMS[wanted](request.POST, about=about), FileForm(request.POST, request.FILES)
    if not (form.is_valid() & file.is_valid()):
        return _form_page(request, standing, form, file, status=HTTPStatus.UNPROCESSABLE_ENTITY)

    def act() -> str:
        answer_as_partner(
            str(request_id),
            form.body(),
            file=inputs.brought_in(file.cleaned_data["file"]),
            by=request.viewer,
            at=request.at,
            expects=request.POST.get("seen") or None,
        )
        messages.success(request, gettext("Said: those who asked see it now."))
        return reverse("partner-request", args=[request_id])

    try:
        return answer_once(request, act)
    except ThreadMovedError as error:
        form.add_error(None, words.said(error))
        standing = addressed_standing(request.viewer, str(request_id), at=request.at)
    except TocsinError as error:
        form.add_error(None, words.said(error))
    return _form_page(request, standing, form, file, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _line(line: RequestLine) -> dict[str, Any]:
    return {"line": line, "title": _title(line), "state": words.word(line.state)}


def _title(line: RequestLine) -> str:
    short = f"short:{line.instrument}"
    return words.word(short) if words.is_coded(short) else words.law(instrument(line.instrument).title)


def _shown(standing: Standing) -> dict[str, Any]:
    thread = standing.thread
    law = thread.instrument
    ours = [
        {
            "at": kept.written,
            "title": words.word(f"letter:{kept.letter.kind.value}"),
            "said": letters.said_in(kept.letter.kind, kept.letter.body, law),
            "by": kept.letter.by.name,
            "theirs": False,
            "language": str(kept.letter.body.get("language") or ""),
        }
        for kept in thread.kept
        if kept.letter is not None
    ]
    said = [
        {
            "at": each.received_at,
            "title": words.word(f"letter:{each.step.kind.value}"),
            "said": letters.said_in(each.step.kind, each.body, law),
            "by": each.said_by,
            "theirs": True,
            "language": "",
        }
        for each in thread.taken_down
    ]
    nearest = standing.nearest
    return {
        "section": "partner",
        "line": thread.line,
        "title": _title(thread.line),
        "law": words.law(law.title),
        "basis": str(law.basis),
        "state": words.word(thread.line.state),
        "said": sorted([*ours, *said], key=lambda each: each["at"]),
        "due": nearest if nearest is not None and nearest.clock.by is Side.ASKED else None,
        "may": [(kind.value, words.word(f"letter:{kind.value}")) for kind in _may(standing)],
        "head": thread.head,
    }


def _may(standing: Standing) -> list[LetterKind]:
    may = standing.may_take_down(Side.ASKED)
    return [kind for kind in SAYS if kind in may and kind in steps.FORMS]


def _form_page(
    request: DeskRequest, standing: Standing, form: steps.StepForm, file: FileForm, *, status: int = HTTPStatus.OK
) -> HttpResponse:
    shown = {
        **_shown(standing),
        "form": form,
        "file": file,
        "kind": words.word(f"letter:{form.kind.value}"),
        "possible": form.kind in _may(standing),
    }
    return render(request, "desk/partner/say.html", shown, status=status)
