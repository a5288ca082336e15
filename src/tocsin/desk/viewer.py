"""Who looks at the desk: a person who signed in, taken once for each request, with the instant of it."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import translation

from tocsin.base import instant
from tocsin.base.actor import Actor
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.directory import reads as directory
from tocsin.dossiers.viewing import seen_by, seen_by_a_stranger
from tocsin.people import reads as people
from tocsin.people import sessions

OPEN_TO_ALL = ("/sign-in/", "/static/")
"""Paths that somebody sees before he has signed in."""


UNATTENDED = "Tocsin-Unattended"
"""The header of requests that a page makes by itself: looking for news keeps nobody signed in."""


class DeskRequest(HttpRequest):
    """A request at the desk: from somebody, at an instant."""

    viewer: Actor
    at: Instant
    zone: str
    """The time zone in which instants are shown: his own, or the node's."""


def seen_by_somebody(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Middleware: whoever did not sign in is led to the door; the others are known by name and role from here on.

    Who has shown one factor alone is led to where she sets up the second, and sees nothing else.
    """

    def answer(request: HttpRequest) -> HttpResponseBase:
        seen = cast("DeskRequest", request)
        seen.at = instant.now()
        account: Any = request.user
        seen.zone = getattr(account, "zone", "") or zone_of_node()
        opens = request.path.startswith(OPEN_TO_ALL)
        if not account.is_authenticated:
            return _as_stranger(get_response, request) if opens else redirect_to_login(request.get_full_path())
        seen.viewer = people.actor_of(str(account.person_id))
        _speak(request, account.language)
        if not (sessions.is_whole(request.session) or opens):
            return redirect("set_up")
        if UNATTENDED not in request.headers:
            sessions.keep_awake(request.session, at=instant.true_now())
        with seen_by(seen.viewer, at=seen.at):  # from here on the database shows her what she may see, and no more
            return get_response(request)

    return answer


def _as_stranger(get_response: Callable[[HttpRequest], HttpResponseBase], request: HttpRequest) -> HttpResponseBase:
    with seen_by_a_stranger():
        return get_response(request)


def _speak(request: HttpRequest, language: str) -> None:
    """A person's language decides, not what her browser guesses; it stands until the next request chooses anew."""
    translation.activate(language)
    request.LANGUAGE_CODE = translation.get_language()


def zone_of_node() -> str:
    """The zone of this node's own card; UTC before it has signed one."""
    own = directory.own_card()
    return own.card.zone if own else "UTC"


def everywhere(request: HttpRequest) -> dict[str, Any]:
    """What every page shows: the node and its clock, whether it is an exercise, who looks and in which zone."""
    node = this_node()
    return {
        "node": node,
        "exercise": node.exercise,
        "clock_shift": int(instant.shift().total_seconds()),
        "viewer": getattr(request, "viewer", None),
        "zone": getattr(request, "zone", "UTC"),
    }
