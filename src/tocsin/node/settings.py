"""Django's settings, filled from the one typed ``Config`` of the home that ``TOCSIN_HOME`` names.

Without a home (tests, makemigrations, type checks) they are those of no node: a random secret, no
member. The database's address is ``DATABASE_URL``, which ``node/wiring.py`` sets before Django starts.
"""

import os
import secrets
from urllib.parse import parse_qsl, unquote, urlsplit

from tocsin.base.this_node import Limits
from tocsin.node.config import DATABASE_VARIABLE, Config, in_force
from tocsin.node.keys import load_secret

_config: Config | None = in_force()
_url = urlsplit(
    os.environ.get(DATABASE_VARIABLE) or (_config and _config.database_url) or "postgresql://localhost/tocsin"
)

SECRET_KEY = load_secret(_config.home) if _config else secrets.token_urlsafe(32)
DEBUG = False
ALLOWED_HOSTS = [urlsplit(_config.endpoint).hostname or "", "localhost", "127.0.0.1", "[::1]"] if _config else []
INSTALLED_APPS = [
    "procrastinate.contrib.django",
    "tocsin.journal",
    "tocsin.people",
    "tocsin.directory",
    "tocsin.wire",
    "tocsin.requests",
    "tocsin.evidence",
    "ninja",  # for the page that shows the API, so that it loads nothing from elsewhere
]
MIDDLEWARE = [
    "tocsin.gate.health.measured",
    "django.middleware.security.SecurityMiddleware",
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(_url.path.lstrip("/")),
        "USER": unquote(_url.username or ""),
        "PASSWORD": unquote(_url.password or ""),
        "HOST": _url.hostname or "",
        "PORT": str(_url.port or ""),
        # Each thread keeps one connection; a pool excludes this and was slower (docs/decisions/0003).
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"application_name": "tocsin", **dict(parse_qsl(_url.query))},
    }
}
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
STATIC_URL = "/static/"
ROOT_URLCONF = "tocsin.node.urls"
APPEND_SLASH = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGGING_CONFIG = None  # node/logs.py
# A batch in JSON is longer than its letters; what is longer still is refused before it is read whole.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * (_config.limits.batch_bytes if _config else Limits().batch_bytes)
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "no-referrer"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"

TOCSIN_METRICS_FROM: tuple[str, ...] = _config.web.metrics_from if _config else ("127.0.0.0/8", "::1/128")
"""The networks that may read ``/metrics``."""
