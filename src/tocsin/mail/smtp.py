"""Handing a mail to the server that takes it further, one step of the protocol at a time.

SMTP has no "exactly once" (RFC 5321, 4.5.3.2.6): when the line breaks after the mail was sent and before the server has
said that it took it, nobody knows whether it did. Each step is made by itself, so that what is known is not lost.
"""

import smtplib
import ssl
from dataclasses import dataclass
from enum import StrEnum

from tocsin.mail.rules.addresses import on_one_line
from tocsin.mail.rules.settings import MailSettings

SECONDS = 30.0
_MOST_SAID = 300
_OK = 250
_GOOD = range(200, 300)
_FOR_GOOD = range(500, 600)


class Outcome(StrEnum):
    """How a try ended."""

    TAKEN = "taken"
    """The server is responsible for it now."""
    REFUSED = "refused"
    """For good: trying again would bring the same answer."""
    LATER = "later"
    """It certainly did not go."""
    UNSURE = "unsure"
    """It may have gone."""


@dataclass(frozen=True, slots=True)
class Handed:
    """How a try ended, and what the server said."""

    outcome: Outcome
    said: str


def hand_over(content: bytes, *, sender: str, to: str, settings: MailSettings, secret: str) -> Handed:
    """Give the server one mail for one addressee. Raises nothing for what a server or a line may do."""
    try:
        server = connect(settings, secret)
    except (smtplib.SMTPException, OSError) as error:  # a wrong password, too: the administrator mends it
        return Handed(Outcome.LATER, _said(error))
    try:
        return _hand_over(server, content, sender=sender, to=to)
    finally:
        _leave(server)


def connect(settings: MailSettings, secret: str, *, seconds: float = SECONDS) -> smtplib.SMTP:
    """A server that knows who we are; raises ``SMTPException`` and ``OSError``."""
    context = tls_context(settings)
    server: smtplib.SMTP
    if settings.smtp_security == "tls":
        server = smtplib.SMTP_SSL(settings.smtp_host, settings.smtp_port, timeout=seconds, context=context)
    else:
        server = smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=seconds)
    try:
        if settings.smtp_security == "starttls":
            server.starttls(context=context)  # raises where the server offers none: nothing falls back to the clear
        server.ehlo_or_helo_if_needed()
        if settings.smtp_user:
            server.login(settings.smtp_user, secret)
    except BaseException:
        server.close()
        raise
    return server


def tls_context(settings: MailSettings) -> ssl.SSLContext:
    """Certificates are checked, with the name: by the authorities of the settings, or those that the system trusts."""
    return ssl.create_default_context(cafile=settings.authorities or None)


def _hand_over(server: smtplib.SMTP, content: bytes, *, sender: str, to: str) -> Handed:
    try:
        for code, said in (server.mail(sender), server.rcpt(to)):
            if code not in _GOOD:
                return _answered(code, said)
    except (smtplib.SMTPException, OSError) as error:
        return Handed(Outcome.LATER, _said(error))
    try:
        code, said = server.data(content)
    except smtplib.SMTPDataError as error:  # the server would not even begin
        return _answered(error.smtp_code, error.smtp_error)
    except (smtplib.SMTPException, OSError) as error:
        return Handed(Outcome.UNSURE, _said(error))
    if code == _OK:
        return Handed(Outcome.TAKEN, _words(code, said))
    return _answered(code, said)


def _answered(code: int, said: bytes | str) -> Handed:
    return Handed(Outcome.REFUSED if code in _FOR_GOOD else Outcome.LATER, _words(code, said))


def _words(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return on_one_line(f"{code} {text}", most=_MOST_SAID)


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return _words(error.smtp_code, error.smtp_error)
    return on_one_line(f"{type(error).__name__}: {error}", most=_MOST_SAID)


def _leave(server: smtplib.SMTP) -> None:
    try:
        server.quit()
    except (smtplib.SMTPException, OSError):
        server.close()
