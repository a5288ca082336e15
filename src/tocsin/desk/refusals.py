"""What an act refused and no view of its own said: a page with the reason, under the error's own status.

A form that is mended says what is wrong at its fields (``steps``, ``inputs``); this is for what nobody can mend there:
a right that is missing, a request that is not there for this viewer, a thing that another did first.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext

from tocsin.base.errors import TocsinError
from tocsin.desk import words

NOT_FOUND, FORBIDDEN = 404, 403


class Refusals:
    """Middleware: an error of ours becomes a page; any other is a fault of the program and stays one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The page for what was refused."""
        if not isinstance(error, TocsinError):
            return None
        return _page(request, words.said(error), status=error.status)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A page that there is not, or not for this viewer: the two look alike."""
    del exception
    return _page(request, gettext("There is no such page here."), status=NOT_FOUND)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that was not made by this desk, or too long ago."""
    del reason
    told = gettext(
        "The form was too old, or it did not come from this desk. Go back, load the page again and send it anew."
    )
    return _page(request, told, status=FORBIDDEN)


def _page(request: HttpRequest, told: str, *, status: int) -> HttpResponse:
    shown = {"told": told, "absent": status == NOT_FOUND, "alone": not hasattr(request, "viewer")}
    return render(request, "desk/refused.html", shown, status=status)
