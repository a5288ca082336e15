"""Light or dark: the reader's choice for this browser, kept in a cookie; without one the system decides."""

from django.http import HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from tocsin.desk.viewer import DeskRequest

_YEAR = 365 * 24 * 3600


@require_POST
def scheme(request: DeskRequest) -> HttpResponse:
    """Keep the choice and go back to where it was made."""
    onward = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(onward, allowed_hosts={request.get_host()}):
        onward = "/"
    answer = HttpResponseRedirect(onward)
    chosen = request.POST.get("scheme", "")
    if chosen in {"light", "dark"}:
        answer.set_cookie("scheme", chosen, max_age=_YEAR, secure=request.is_secure(), samesite="Lax", httponly=True)
    else:
        answer.delete_cookie("scheme")
    return answer
