"""Through the door of the desk, for tests of the pages behind it.

``signed_in(offices, "ro", roles=("duty-officer",))`` gives a client that is signed in as somebody with these roles: a
real session in the database, opened as if by a passkey. ``ROLES`` are all roles there are. Use it inside ``desk_open``.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.totp.internal.auth import format_hotp_value, generate_totp_secret, hotp_value
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.contrib.messages.storage.fallback import FallbackStorage
from django.test import Client, RequestFactory, override_settings

from tests.offices import Offices, console
from tocsin.base import instant
from tocsin.base.actor import Actor
from tocsin.base.ids import PersonId
from tocsin.node.entrances import DESK
from tocsin.people import reads
from tocsin.people.acts.accounts import open_account
from tocsin.people.acts.people import add_person
from tocsin.people.models import Account
from tocsin.people.rules.rights import Role
from tocsin.people.sessions import SessionStore
from tocsin.people.sign_in import AccountAdapter

ROLES = tuple(role.value for role in Role)
"""Every role; a partner's needs an organisation, which ``signed_in`` gives it."""
PASSWORD = "wind over the old harbour 7"  # noqa: S105 - of invented persons


@contextmanager
def desk_open() -> Iterator[None]:
    """This process answers at the desk's door and at no other."""
    quick = [f"{QuickArgon2.__module__}.{QuickArgon2.__qualname__}"]
    with override_settings(ROOT_URLCONF=DESK.urls, MIDDLEWARE=list(DESK.middleware), PASSWORD_HASHERS=quick):
        yield


class QuickArgon2(Argon2PasswordHasher):
    """The same, with as little work as it takes: tests guess no passwords, and run beside others."""

    time_cost, memory_cost, parallelism = 1, 8, 1


@dataclass(frozen=True, slots=True)
class Officer:
    """Somebody at a node, and her browser."""

    actor: Actor
    client: Client


def signed_in(
    offices: Offices,
    member: str,
    *,
    roles: Sequence[str],
    name: str = "",
    function: str = "",
    organisation: str = "",
    language: str = "en",
) -> Officer:
    """A client of somebody with these roles; the same name is the same person in another browser."""
    offices.be(member)
    called = name or "Test " + " and ".join(roles)
    known = {person.name: person.id for person in reads.people()}
    person = known.get(called) or add_person(
        name=called,
        roles=frozenset(roles),
        function=function,
        organisation=organisation or ("Example Bank" if "partner" in roles else ""),
        by=console(),
        at=offices.at,
    )
    open_account(PersonId(person), by=console(), at=offices.at, language=language)
    client = Client()
    enter(client, Account.objects.get(person_id=person))
    return Officer(actor=reads.actor_of(person), client=client)


def enter(client: Client, account: Account, *, records: Sequence[dict[str, Any]] | None = None) -> None:
    """Let an account in, in this client's browser, by the same adapter as the pages do."""
    request = RequestFactory().get("/", HTTP_USER_AGENT="Mozilla/5.0 (X11; Linux) Firefox/140.0")
    request.session = SessionStore()
    request.user = account
    setattr(request, "_messages", FallbackStorage(request))  # noqa: B010 - where Django looks
    for record in records or [{"method": "mfa", "type": "webauthn", "id": 0, "passwordless": True}]:
        record_authentication(request, account, **record)
    AccountAdapter(request).login(request, account)
    request.session.save()
    from django.conf import settings  # noqa: PLC0415 - the name of the cookie as it is now

    client.cookies[settings.SESSION_COOKIE_NAME] = str(request.session.session_key)


def account_with_app(offices: Offices, member: str, *, name: str = "Ioana Exemplu", role: str = "duty-officer") -> str:
    """Somebody who signs in by password and app; the app's secret. Her sign-in name is made from her name."""
    offices.be(member)
    person = add_person(name=name, roles=frozenset({role}), function="police", by=console(), at=offices.at)
    secret: str = generate_totp_secret()
    open_account(person, by=console(), at=offices.at, password=PASSWORD, app_secret=secret)
    return secret


def code_of(secret: str, *, steps: int = 0) -> str:
    """What the app shows now; ``steps`` half minutes later."""
    counter = int((instant.true_now() + timedelta(seconds=30 * steps)).timestamp()) // 30
    return str(format_hotp_value(hotp_value(secret, counter)))


def hidden(shown: str, name: str) -> str:
    """The value of a form's field on a page, as the form would send it."""
    found = re.search(rf'name="{name}" value="([^"]*)"', shown)
    assert found, name
    return unescape(found[1])
