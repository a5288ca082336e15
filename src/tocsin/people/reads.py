"""Who works here, and who is behind a token."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.conf import settings

from tocsin.base import instant
from tocsin.base.actor import Actor
from tocsin.base.ids import MemberId, PersonId, is_uuid
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.people.errors import UnknownInvitationError, UnknownPersonError, UnknownTokenError
from tocsin.people.models import Account, Invitation, Person, Session, Token
from tocsin.people.rules.sign_in import device_of, provider_id


@dataclass(frozen=True, slots=True)
class PersonView:
    """A person as others of the node may see him."""

    id: PersonId
    name: str
    roles: tuple[str, ...]
    function: str
    organisation: str = ""
    """For whom a partner works; empty for people of the house."""


@dataclass(frozen=True, slots=True)
class AccountView:
    """How somebody signs in, as she and her administrator see it."""

    id: str
    person: PersonView
    sign_in_name: str
    language: str
    zone: str
    devices: int
    """Passkeys and authenticator apps."""
    sessions: int
    has_password: bool
    linked: bool
    """Whether the organisation's provider lets her in."""
    invited_until: Instant | None
    """Until when a link waits to be taken up."""


@dataclass(frozen=True, slots=True)
class DeviceView:
    """A passkey or an authenticator app."""

    id: int
    factor: str
    name: str
    since: Instant
    used: Instant | None


@dataclass(frozen=True, slots=True)
class SessionView:
    """A browser in which somebody is signed in."""

    id: str
    since: Instant
    seen: Instant
    until: Instant
    address: str
    device: str
    way: str


@dataclass(frozen=True, slots=True)
class TokenHolder:
    """Who comes in with a token, and how far it reaches."""

    actor: Actor
    function: str
    scopes: frozenset[str]


def people() -> Iterable[PersonView]:
    """Everybody who has a place here now, by name."""
    return [_view(person) for person in Person.objects.filter(until=None).order_by("name")]


def person(id_or_name: str) -> PersonView:
    """The person of this id or name; raises ``UnknownPersonError``."""
    for found in Person.objects.filter(until=None, name=id_or_name):
        return _view(found)
    if is_uuid(id_or_name):
        for found in Person.objects.filter(until=None, id=id_or_name):
            return _view(found)
    raise UnknownPersonError(person=id_or_name)


def names_of(ids: Iterable[str]) -> dict[str, str]:
    """The names of persons, those who have left as well."""
    wanted = {each for each in ids if is_uuid(each)}
    return {str(row): name for row, name in Person.objects.filter(id__in=wanted).values_list("id", "name")}


def name_of(person_id: str) -> str:
    """A person's name; nothing for one who was never here."""
    return names_of([person_id]).get(person_id, "")


def holder_of(token: str, *, at: Instant) -> TokenHolder:
    """Who a token stands for; raises ``UnknownTokenError`` when it is not good at ``at``."""
    digest = hashlib.sha256(token.encode()).hexdigest()
    row = (
        Token.objects.filter(sha256=digest, until__gt=at, withdrawn=None, person__until=None)
        .select_related("person")
        .first()
    )
    if row is None:
        raise UnknownTokenError
    scopes = frozenset(row.scopes)
    return TokenHolder(actor=_actor(row.person, scopes=scopes), function=row.person.function, scopes=scopes)


@dataclass(frozen=True, slots=True)
class TokenView:
    """A program's way in, without the token itself."""

    id: str
    person: PersonId
    name: str
    scopes: tuple[str, ...]
    since: Instant
    until: Instant


def tokens(*, at: Instant, person: str = "") -> list[TokenView]:
    """Tokens that are good at ``at``, of one person or of all, those that end first first."""
    rows = Token.objects.filter(until__gt=at, withdrawn=None, person__until=None).select_related("person")
    return [
        TokenView(
            id=str(row.id),
            person=PersonId(str(row.person.id)),
            name=row.person.name,
            scopes=tuple(row.scopes),
            since=row.since,
            until=row.until,
        )
        for row in (rows.filter(person_id=person) if person else rows).order_by("until", "id")
    ]


def actor_of(id_or_name: str) -> Actor:
    """The actor that a person of this node is; raises ``UnknownPersonError``."""
    found = person(id_or_name)
    return Actor(this_node().member, person=found.id, name=found.name, roles=frozenset(found.roles))


def _actor(row: Person, *, scopes: frozenset[str] | None = None) -> Actor:
    roles = frozenset(row.roles)
    return Actor(MemberId(this_node().member), person=str(row.id), name=row.name, roles=roles, scopes=scopes)


def _view(row: Person) -> PersonView:
    return PersonView(PersonId(str(row.id)), row.name, tuple(row.roles), row.function, row.organisation)


# -- accounts --------------------------------------------------------------------------------------

FACTORS = {"webauthn": "passkey", "totp": "app", "recovery_codes": "recovery-codes"}
"""What allauth's kinds of factors are called here."""
SECOND_FACTORS = ("webauthn", "totp")
"""The kinds of which everybody who signs in has one; recovery codes only stand in for them."""


def account_of(person_id: str, *, at: Instant) -> AccountView | None:
    """The account of a person of this node; nothing for somebody who has none."""
    row = Account.objects.filter(person_id=person_id).select_related("person").first() if is_uuid(person_id) else None
    return None if row is None else _account_view(row, at=at)


def accounts(*, at: Instant) -> dict[PersonId, AccountView]:
    """The accounts of everybody who has a place here, by person."""
    rows = Account.objects.filter(person__until=None).select_related("person")
    return {PersonId(str(row.person_id)): _account_view(row, at=at) for row in rows}


def devices_of(account_id: str) -> list[DeviceView]:
    """Passkeys and authenticator app of an account, oldest first."""
    rows = Authenticator.objects.filter(user_id=account_id, type__in=SECOND_FACTORS).order_by("created_at")
    return [
        DeviceView(
            id=row.pk,
            factor=FACTORS[row.type],
            name=row.data.get("name", ""),
            since=row.created_at,
            used=row.last_used_at,
        )
        for row in rows
    ]


def codes_left(account_id: str) -> int:
    """How many recovery codes are not used up."""
    row = Authenticator.objects.filter(user_id=account_id, type="recovery_codes").first()
    return len(row.wrap().get_unused_codes()) if row is not None else 0


def sessions_of(account_id: str) -> list[SessionView]:
    """Where an account is signed in now, last used first."""
    rows = Session.objects.filter(account_id=account_id, expire_date__gt=instant.true_now()).order_by("-seen")
    return [
        SessionView(
            id=str(row.id),
            since=row.since,
            seen=row.seen,
            until=row.expire_date,
            address=row.address,
            device=device_of(row.agent),
            way=row.way,
        )
        for row in rows
    ]


def organisation_id() -> str:
    """What the organisation's provider is called in rows; nothing where there is none."""
    issuer = settings.TOCSIN_ORGANISATION.get("issuer", "")
    return provider_id(issuer) if issuer else ""


def organisation_name() -> str:
    """What the sign-in page calls the organisation; nothing where it has no provider."""
    return str(settings.TOCSIN_ORGANISATION.get("name", ""))


def organisation_is_enough() -> bool:
    """Whether the organisation's provider asks everybody for two factors itself, as the administrator says."""
    return bool(settings.TOCSIN_ORGANISATION.get("second_factor") == "theirs")


def can_prove_first(account_id: str) -> bool:
    """Whether a code of an app has something to stand beside: a password, or the organisation's word."""
    row = Account.objects.filter(id=account_id).first()
    linked = SocialAccount.objects.filter(user_id=account_id, provider=organisation_id()).exists()
    return linked or (row is not None and row.has_usable_password())


def invited(token: str, *, at: Instant) -> AccountView:
    """Whose invitation a link holds; raises ``UnknownInvitationError``."""
    digest = hashlib.sha256(token.encode()).hexdigest()
    rows = Invitation.objects.filter(sha256=digest, until__gt=at, taken=None, account__is_active=True)
    found = rows.select_related("account__person").first()
    if found is None:
        raise UnknownInvitationError
    return _account_view(found.account, at=at)


def _account_view(row: Account, *, at: Instant) -> AccountView:
    waiting = Invitation.objects.filter(account=row, taken=None, until__gt=at).first()
    return AccountView(
        id=str(row.id),
        person=_view(row.person),
        sign_in_name=row.sign_in_name,
        language=row.language,
        zone=row.zone,
        devices=Authenticator.objects.filter(user=row, type__in=SECOND_FACTORS).count(),
        sessions=Session.objects.filter(account=row, expire_date__gt=instant.true_now()).count(),
        has_password=row.has_usable_password(),
        linked=SocialAccount.objects.filter(user=row, provider=organisation_id()).exists(),
        invited_until=waiting.until if waiting is not None else None,
    )
