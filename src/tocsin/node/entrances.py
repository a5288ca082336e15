"""The entrances of a node: what each process of the web server answers, and what stands before it.

Machines, people and strangers come in by doors of their own, each its own process on its own port: other nodes and
programs at the *web* entrance (which the network reaches), the officers at the *desk* (which only the house reaches),
providers, victims of a forged order and other outsiders at the *public* one (which may stand in an outer zone).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tocsin.node.config import Config, Door

_ALWAYS = ("tocsin.gate.health.measured", "django.middleware.security.SecurityMiddleware")


@dataclass(frozen=True, slots=True)
class Entrance:
    """One door: its paths, and what each request passes before it comes to one."""

    name: str
    urls: str
    middleware: tuple[str, ...]
    outside: bool = False
    """Whether strangers come in here: then the process has no right to any row (decision 0116)."""

    def open_here(self, config: "Config | None" = None) -> None:
        """Let this process answer at this door and at no other; before its first request."""
        from django.conf import settings  # noqa: PLC0415 - needs Django set up

        settings.ROOT_URLCONF = self.urls
        settings.MIDDLEWARE = list(self.middleware)
        if self.outside:
            _stand_outside()
        door = self.door(config) if config is not None else None
        if door is not None:
            settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = door.secure

    def door(self, config: "Config") -> "Door | None":
        """Where people find it; nothing for the one of machines."""
        return {"desk": config.desk, "public": config.public}.get(self.name)


WEB = Entrance("web", "tocsin.node.urls", _ALWAYS)
DESK = Entrance(
    "desk",
    "tocsin.node.desk_urls",
    (
        *_ALWAYS,
        "csp.middleware.CSPMiddleware",
        "whitenoise.middleware.WhiteNoiseMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.locale.LocaleMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "allauth.account.middleware.AccountMiddleware",
        "tocsin.desk.viewer.seen_by_somebody",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django_htmx.middleware.HtmxMiddleware",
        "tocsin.desk.refusals.Refusals",
    ),
)
PUBLIC = Entrance(
    "public",
    "tocsin.node.public_urls",
    (
        *_ALWAYS,
        "csp.middleware.CSPMiddleware",
        "whitenoise.middleware.WhiteNoiseMiddleware",
        "django.middleware.locale.LocaleMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
    ),
    outside=True,
)


def _stand_outside() -> None:
    """Connect from now on in the role that may call one function of the database, and see no clock of an exercise.

    It is said in the first packet of each connection: where the role is missing, none comes about.
    """
    from django.db import connections  # noqa: PLC0415 - needs Django set up

    from tocsin.base import instant  # noqa: PLC0415 - this door alone
    from tocsin.forms.outside import role_of  # noqa: PLC0415 - needs Django set up

    connections.close_all()
    own = connections["default"].settings_dict
    before = own["OPTIONS"].get("options", "")
    own["OPTIONS"] = {**own["OPTIONS"], "options": f"{before} -c role={role_of(own['USER'])}".strip()}
    connections.settings["default"]["OPTIONS"] = own["OPTIONS"]
    instant.use_shift_source(None)


ENTRANCES = {entrance.name: entrance for entrance in (WEB, DESK, PUBLIC)}
