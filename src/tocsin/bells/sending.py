"""Sending a ring: through Apprise, or to a browser's push service. Never raises for what others do."""

import logging
import secrets
from dataclasses import dataclass

import httpx
from cryptography.hazmat.primitives.asymmetric import ec

from tocsin.base.instant import Instant
from tocsin.bells.rules.settings import Gateway
from tocsin.bells.rules.webpush import Subscription, sealed_for, vouched


def _(text: str) -> str:
    return text


NOT_UNDERSTOOD = _("the gateway's address is not understood")
NOT_TAKEN = _("the gateway did not take it")
TURNED_OFF = _("bells of this kind were turned off")
UNREADABLE = _("where it rings cannot be read: hang it anew")
TAKEN_DOWN = _("the bell was taken down")
TOO_OFTEN = _("this bell has rung often enough in this hour")
SECONDS = 15.0
_GONE = frozenset({404, 410})
_GOOD = range(200, 300)
_KEPT_SECONDS = 3600

logging.getLogger("apprise").setLevel(logging.CRITICAL)  # its words may name addresses and secrets


@dataclass(frozen=True, slots=True)
class Sent:
    """How a ring went: nothing said means that somebody took it on."""

    fault: str = ""
    gone: bool = False
    """Whether there is nobody there any more, for good."""


def through(gateway: Gateway, to: str, *, title: str, text: str) -> Sent:
    """Ring through a gateway of the house."""
    import apprise  # noqa: PLC0415 - takes long to load, and every command would wait for it

    try:
        bell = apprise.Apprise()
        if not bell.add(gateway.url_for(to)):
            return Sent(NOT_UNDERSTOOD)
        taken = bell.notify(title=title, body=text, body_format=apprise.NotifyFormat.TEXT)
    except Exception as error:  # noqa: BLE001 - a hundred plug-ins, each with errors of its own
        return Sent(type(error).__name__)
    return Sent() if taken else Sent(NOT_TAKEN)


def to_browser(message: bytes, to: Subscription, *, contact: str, key: ec.EllipticCurvePrivateKey, at: Instant) -> Sent:
    """Ring in a browser."""
    content = sealed_for(message, to, salt=secrets.token_bytes(16), key=ec.generate_private_key(ec.SECP256R1()))
    headers = {
        "Authorization": vouched(to.endpoint, contact=contact, key=key, at=at),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(_KEPT_SECONDS),
        "Urgency": "high",
    }
    try:
        answer = httpx.post(to.endpoint, content=content, headers=headers, timeout=SECONDS, follow_redirects=False)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        return Sent(type(error).__name__)
    if answer.status_code in _GOOD:
        return Sent()
    return Sent(f"the push service answers {answer.status_code}", gone=answer.status_code in _GONE)
