"""Django's settings, filled from one typed ``Config``."""

import os
from urllib.parse import unquote, urlsplit

_url = urlsplit(os.environ.get("DATABASE_URL", "postgresql://localhost/tocsin"))

SECRET_KEY = os.environ.get("TOCSIN_SECRET_KEY", "unset")
INSTALLED_APPS = [
    "procrastinate.contrib.django",
    "tocsin.journal",
    "tocsin.people",
    "tocsin.directory",
    "tocsin.wire",
    "tocsin.requests",
    "tocsin.evidence",
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(_url.path.lstrip("/")),
        "USER": unquote(_url.username or ""),
        "PASSWORD": unquote(_url.password or ""),
        "HOST": _url.hostname or "",
        "PORT": str(_url.port or ""),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
    }
}
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False
ROOT_URLCONF = "tocsin.node.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
