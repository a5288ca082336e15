"""A request on paper: printed as a form in a language, and who asked at the public door whether it is genuine."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from tocsin.base.errors import RuleError
from tocsin.desk import words
from tocsin.desk.requests import line_seen
from tocsin.desk.viewer import DeskRequest
from tocsin.directory import reads as directory
from tocsin.forms import place, reads
from tocsin.forms.acts.order_page import close_page
from tocsin.forms.acts.print_form import PrintedForm, print_form
from tocsin.forms.catalogues import is_reviewed, language_for
from tocsin.law.provisions import Side
from tocsin.people import reads as people
from tocsin.people.errors import RightMissingError
from tocsin.requests.reads import RequestLine


class LanguageForm(forms.Form):
    """In which language the form is printed, and why the request is looked at."""

    language = forms.ChoiceField(label=_("Language of the form"))
    reason = forms.CharField(label=_("Reason"), max_length=500, required=False)
    order_page = forms.BooleanField(
        label=_("With a page of its own"),
        required=False,
        help_text=_(
            "Who holds number and code reads at the public door what the form says, and answers there. It shows nothing"
            " else, and can be closed."
        ),
    )

    def __init__(self, *given: Any, first: str, with_page: bool, **traits: Any) -> None:
        super().__init__(*given, **traits)
        if not with_page:
            del self.fields["order_page"]
        own = self.fields["language"]
        own.choices = languages_of_forms()  # type: ignore[attr-defined]
        own.initial = first


def languages_of_forms() -> list[tuple[str, str]]:
    """The languages of a form; one whose texts nobody reviewed is printed beside English."""
    return [(code, name if is_reviewed(code) else f"{name} + English") for code, name in settings.LANGUAGES]


@require_http_methods(["GET", "POST"])
def form(request: DeskRequest, request_id: UUID) -> HttpResponse:
    """The forms of a request with their checks; posted, another one, which leaves as a PDF."""
    line = line_seen(request, request_id)
    asked = LanguageForm(
        request.POST or None, first=_first(line), with_page=_may_have_page(line) and not _letter(request)
    )
    if request.method == "POST" and asked.is_valid():
        try:
            return _as_pdf(_printed(request, line, asked.cleaned_data))
        except RuleError as error:
            asked.add_error(None, words.said(error))
    status = HTTPStatus.UNPROCESSABLE_ENTITY if asked.errors else HTTPStatus.OK
    return render(request, "desk/forms/form.html", _page(request, line, asked), status=status)


def _printed(request: DeskRequest, line: RequestLine, asked: dict[str, Any]) -> PrintedForm:
    why = {"reason": asked["reason"]} if asked["reason"].strip() else {}
    return print_form(
        line.id,
        language=asked["language"],
        order_page=bool(asked.get("order_page")),
        letter=_letter(request),
        by=request.viewer,
        at=request.at,
        **why,
    )


def _letter(request: DeskRequest) -> str:
    """The hash of the later letter that is to be printed; nothing for the request itself."""
    return (request.POST.get("letter") or request.GET.get("letter", ""))[:64]


def _may_have_page(line: RequestLine) -> bool:
    return line.by_form and line.side is Side.ASKER and bool(place.here().address)


@require_POST
def close(request: DeskRequest, request_id: UUID, number: str) -> HttpResponse:
    """Close a form's page: it shows nothing any more."""
    line = line_seen(request, request_id)
    try:
        close_page(line.id, number, by=request.viewer, at=request.at)
    except RightMissingError:
        raise
    except RuleError as error:
        messages.error(request, words.said(error))
    else:
        messages.success(request, gettext("The page is closed: it shows nothing any more, and takes nothing."))
    return HttpResponseRedirect(reverse("request-form", args=[request_id]))


def _first(line: RequestLine) -> str:
    """The language of the one who is asked."""
    own = directory.own_card()
    there = directory.cards_shown([line.counterpart]).get(line.counterpart)
    card = there if line.side is Side.ASKER else own and own.card
    return language_for(card.languages if card else ())


def _as_pdf(made: PrintedForm) -> HttpResponse:
    answer = HttpResponse(made.pdf, content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{made.name}"'
    answer["Cache-Control"] = "no-store"
    return answer


def _page(request: DeskRequest, line: RequestLine, asked: LanguageForm) -> dict[str, Any]:
    return {
        "line": line,
        "form": asked,
        "asker": line.side is Side.ASKER or line.by_form,
        "letter": _letter(request),
        "forms": reads.forms_of(request.viewer, line.id),
        "names": {each.id: each.name for each in people.people()},
        "verify": place.here().address,
        "section": "watch",
    }
