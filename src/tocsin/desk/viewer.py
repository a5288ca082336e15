"""Who looks at the desk: a person who signed in, taken once for each request, with the instant of it."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase

from tocsin.base import instant
from tocsin.base.actor import Actor
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.people import reads as people

OPEN_TO_ALL = ("/sign-in/", "/static/")
"""Paths that somebody sees before he has signed in."""


class DeskRequest(HttpRequest):
    """A request at the desk: from somebody, at an instant."""

    viewer: Actor
    at: Instant


def seen_by_somebody(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Middleware: whoever did not sign in is led to the door; the others are known by name and role from here on."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        seen = cast("DeskRequest", request)
        seen.at = instant.now()
        account: Any = request.user
        if account.is_authenticated:
            seen.viewer = people.actor_of(str(account.person_id))
        elif not request.path.startswith(OPEN_TO_ALL):
            return redirect_to_login(request.get_full_path())
        return get_response(request)

    return answer


def everywhere(request: HttpRequest) -> dict[str, Any]:
    """What every page shows: the node, whether it is an exercise, who looks."""
    node = this_node()
    return {"node": node, "exercise": node.exercise, "viewer": getattr(request, "viewer", None)}
