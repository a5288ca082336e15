"""Django's settings, filled from the one typed ``Config`` of the home that ``TOCSIN_HOME`` names.

Without a home (tests, makemigrations, type checks) they are those of no node: a random secret, no
member. The database's address is ``DATABASE_URL``, which ``node/wiring.py`` sets before Django starts.
"""

import os
import secrets
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from csp.constants import NONE, SELF

from tocsin.base.languages import OFFICIAL
from tocsin.base.this_node import Limits
from tocsin.node.config import DATABASE_VARIABLE, Config, in_force
from tocsin.node.entrances import DESK, WEB
from tocsin.node.keys import load_openid_secret, load_secret
from tocsin.node.openid import openid_client
from tocsin.people.rules.sign_in import SessionLimits

_config: Config | None = in_force()
_url = urlsplit(
    os.environ.get(DATABASE_VARIABLE) or (_config and _config.database_url) or "postgresql://localhost/tocsin"
)

SECRET_KEY = load_secret(_config.home) if _config else secrets.token_urlsafe(32)
DEBUG = False
_DOORS = (_config.desk.address, _config.public.address) if _config else ()
ALLOWED_HOSTS = [
    *(urlsplit(each).hostname or "" for each in ((_config.endpoint, *_DOORS) if _config else ())),
    *("localhost", "127.0.0.1", "[::1]"),
]
CSRF_TRUSTED_ORIGINS = list(_DOORS)
INSTALLED_APPS = [
    "django.contrib.contenttypes",  # contrib.auth asks for it; nothing of ours uses it
    "django.contrib.auth",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "django_htmx",
    "csp",
    "lucide",
    "procrastinate.contrib.django",
    "tocsin.journal",
    "tocsin.people",
    "tocsin.directory",
    "tocsin.dossiers",
    "tocsin.duty",
    "tocsin.wire",
    "tocsin.notices",
    "tocsin.requests",
    "tocsin.evidence",
    "tocsin.forms",
    "tocsin.mail",
    "tocsin.bells",
    "tocsin.retention",
    "tocsin.exercise",
    "tocsin.desk",
    "tocsin.public",
]
# allauth looks for its own part when it is loaded; then a process takes that of its own door: node/entrances.py
MIDDLEWARE = list(DESK.middleware)
DATABASES = {
    "default": {
        "ENGINE": "tocsin.people.viewing",  # PostgreSQL, told who looks
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
USE_I18N = True
LANGUAGE_CODE = "en"
LANGUAGES = list(OFFICIAL.items())
LOCALE_PATHS = [str(Path(__file__).parents[1] / "locale")]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csrf",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "tocsin.desk.viewer.everywhere",
            ]
        },
    }
]
STATIC_URL = "/static/"
STATIC_ROOT = str(_config.home / "static") if _config else None
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
ROOT_URLCONF = WEB.urls
APPEND_SLASH = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGGING_CONFIG = None  # node/logs.py
# A batch in JSON is longer than its letters; what is longer still is refused before it is read whole.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * (_config.limits.batch_bytes if _config else Limits().batch_bytes)

# -- people: who signs in, and how (the adapters say the rest: people/sign_in.py) ----------------------------------

AUTH_USER_MODEL = "people.Account"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("sign_in_name",)},
    },
]
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/sign-in/"
ACCOUNT_ADAPTER = "tocsin.people.sign_in.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = "sign_in_name"
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PRESERVE_USERNAME_CASING = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "20/m/ip,5/5m/key", "reauthenticate": "10/m/user"}
MFA_ADAPTER = "tocsin.people.sign_in.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_TOTP_TOLERANCE = 1  # and no code counts twice: people/acts/sign_ins.py
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_RATE_LIMITS = {"webauthn_login": "20/m/ip"}
SOCIALACCOUNT_ADAPTER = "tocsin.people.sign_in.OrganisationAdapter"
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_AUTO_SIGNUP = False
TOCSIN_DESK = _config.desk.address if _config else "http://localhost"
"""Where people's browsers find the desk."""
TOCSIN_SESSIONS = _config.sign_in if _config else SessionLimits()
"""How long people stay signed in."""
TOCSIN_ORGANISATION: dict[str, str] = (
    {"issuer": _config.openid.issuer, "name": _config.openid.name, "second_factor": _config.openid.second_factor}
    if _config and _config.openid.issuer
    else {}
)
"""The organisation's own provider, where there is one."""
SOCIALACCOUNT_PROVIDERS = (
    {"openid_connect": {"APPS": [openid_client(_config.openid, secret=load_openid_secret(_config.home))]}}
    if _config and _config.openid.issuer
    else {}
)
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if _config and _config.desk.secure else "http"
ALLAUTH_TRUSTED_PROXY_COUNT = _config.sign_in.forwarders if _config else 0
CACHES = {"default": {"BACKEND": "tocsin.people.shared.SharedCache"}}
SESSION_ENGINE = "tocsin.people.sessions"
# Browsers tell cookies apart by host and not by port, and several nodes of a demonstration stand on one host.
_OF_NODE = f"tocsin-{_config.member}" if _config else "tocsin"
_HOST_ONLY = "__Host-" if _config and _config.desk.secure else ""
SESSION_COOKIE_NAME = f"{_HOST_ONLY}{_OF_NODE}"
CSRF_COOKIE_NAME = f"{_HOST_ONLY}{_OF_NODE}-form"
LANGUAGE_COOKIE_NAME = f"{_OF_NODE}-language"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_FAILURE_VIEW = "tocsin.desk.refusals.csrf_failed"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# -- what a browser may do with a page of ours: nothing but what comes from here, and no script in a page ----------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
# Not "no-referrer": browsers then send forms with "Origin: null", which is the origin of nobody and refused as such.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"

TOCSIN_METRICS_FROM: tuple[str, ...] = _config.web.metrics_from if _config else ("127.0.0.0/8", "::1/128")
"""The networks that may read ``/metrics``."""
