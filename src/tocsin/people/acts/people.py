"""Giving people a place at the node, and tokens to their programs."""

import hashlib
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.ids import PersonId, is_uuid, new_uuid
from tocsin.base.instant import Instant, text
from tocsin.journal.acts import record, record_all
from tocsin.law.vocabulary import Function
from tocsin.people.acts.accounts import closed
from tocsin.people.entries import PersonAdded, PersonChanged, PersonLeft, TokenIssued, TokenWithdrawn
from tocsin.people.errors import OwnRolesError, PersonFieldError, UnknownPersonError, UnknownTokenIdError
from tocsin.people.models import Account, Person, Token
from tocsin.people.rules.partners import check_organisation
from tocsin.people.rules.rights import Right, Role, rights_of

if TYPE_CHECKING:
    from tocsin.journal.entries import Entry

FUNCTIONS = frozenset({"", "provider-staff", *Function})
_MOST_NAME = 200
TOKEN_LIFE = timedelta(days=90)


def add_person(
    *, name: str, roles: frozenset[str], function: str, by: Actor, at: Instant, organisation: str = ""
) -> PersonId:
    """Give somebody a place here; a partner's names the organisation for which she works.

    Raises ``PersonFieldError`` for an empty or taken name, an unknown role, an unknown function, or an organisation
    that is missing or too much.
    """
    _check_person(name=name, roles=roles, function=function, organisation=organisation)
    person_id = PersonId(new_uuid())
    with transaction.atomic():
        if Person.objects.filter(name=name).exists():
            raise PersonFieldError(field="name", rule=f"somebody here is called {name!r} already")
        Person.objects.create(
            id=person_id, name=name, roles=sorted(roles), function=function, organisation=organisation, since=at
        )
        entry = PersonAdded(person=person_id, name=name, person_roles=tuple(sorted(roles)), function=function)
        record(entry, by=by, at=at)
    return person_id


def change_person(
    person_id: PersonId, *, roles: frozenset[str], function: str, by: Actor, at: Instant, organisation: str = ""
) -> None:
    """Give somebody other roles, another office or another organisation; her tokens and sessions follow at once.

    Raises ``OwnRolesError`` for one's own, ``UnknownPersonError`` and ``PersonFieldError``.
    """
    _check_other(person_id, by=by)
    with transaction.atomic():
        person = Person.objects.select_for_update().filter(id=person_id, until=None).first()
        if person is None:
            raise UnknownPersonError(person=person_id)
        _check_person(name=person.name, roles=roles, function=function, organisation=organisation)
        person.roles, person.function, person.organisation = sorted(roles), function, organisation
        person.save(update_fields=["roles", "function", "organisation"])
        _narrow_tokens(person)
        entry = PersonChanged(
            person=person_id, person_roles=tuple(sorted(roles)), function=function, organisation=organisation
        )
        record(entry, by=by, at=at)


def end_person(person_id: PersonId, *, by: Actor, at: Instant) -> None:
    """End somebody's place; her tokens and sessions stop at once, and no passkey of hers opens anything any more.

    Raises ``OwnRolesError`` for one's own place and ``UnknownPersonError``.
    """
    _check_other(person_id, by=by)
    with transaction.atomic():
        changed = Person.objects.filter(id=person_id, until=None).update(until=at)
        if not changed:
            raise UnknownPersonError(person=person_id)
        account = Account.objects.select_for_update().filter(person_id=person_id).first()
        entries: list[Entry] = [PersonLeft(person=person_id)]
        if account is not None:
            Account.objects.filter(id=account.id).update(is_active=False)
            entries.append(closed(account, at=at))
        record_all(entries, by=by, at=at)


def issue_token(
    person_id: PersonId, *, scopes: frozenset[str], by: Actor, at: Instant, life: timedelta = TOKEN_LIFE
) -> str:
    """Make a token for a person's programs and return it; it is shown this once and kept as a hash.

    A token never reaches further than the person: a scope beyond his roles is refused.
    """
    with transaction.atomic():
        person = Person.objects.select_for_update().filter(id=person_id, until=None).first()
        if person is None:
            raise UnknownPersonError(person=person_id)
        granted = scopes or rights_of(frozenset(person.roles))
        beyond = granted - rights_of(frozenset(person.roles))
        if beyond:
            raise PersonFieldError(field="scopes", rule=f"{person.name} has no right to {', '.join(sorted(beyond))}")
        token, token_id, until = "tocsin_" + secrets.token_urlsafe(32), new_uuid(), at + life
        Token.objects.create(
            id=token_id,
            person=person,
            sha256=hashlib.sha256(token.encode()).hexdigest(),
            scopes=sorted(granted),
            since=at,
            until=until,
        )
        entry = TokenIssued(person=str(person.id), token_id=token_id, scopes=tuple(sorted(granted)), until=text(until))
        record(entry, by=by, at=at)
    return token


def withdraw_token(token_id: str, *, by: Actor, at: Instant) -> None:
    """Stop a token now; raises ``UnknownTokenIdError`` when there is none of this id in force."""
    with transaction.atomic():
        rows = Token.objects.select_for_update(of=("self",)).filter(withdrawn=None, until__gt=at)
        row = rows.filter(id=token_id).select_related("person").first() if is_uuid(token_id) else None
        if row is None:
            raise UnknownTokenIdError(token_id=token_id)
        Token.objects.filter(id=token_id).update(withdrawn=at)
        record(TokenWithdrawn(person=str(row.person.id), token_id=token_id), by=by, at=at)


def _narrow_tokens(person: Person) -> None:
    """A token never reaches further than its person, whenever it was made."""
    granted = rights_of(frozenset(person.roles))
    for token in Token.objects.select_for_update().filter(person=person, withdrawn=None):
        if not granted.issuperset(token.scopes):
            token.scopes = sorted(granted.intersection(token.scopes))
            token.save(update_fields=["scopes"])


def _check_other(person_id: PersonId, *, by: Actor) -> None:
    if by.person and by.person == person_id:
        raise OwnRolesError


def _check_person(*, name: str, roles: frozenset[str], function: str, organisation: str) -> None:
    # As letters have it: a name that no letter can carry would let nobody write.
    if not name or name != name.strip() or not name.isprintable() or len(name) > _MOST_NAME:
        rule = f"one line of 1 to {_MOST_NAME} characters without blanks around it"
        raise PersonFieldError(field="name", rule=rule)
    unknown = roles - {role.value for role in Role}
    if unknown or not roles:
        raise PersonFieldError(field="roles", rule=f"one or more of {', '.join(role.value for role in Role)}")
    if function not in FUNCTIONS:
        raise PersonFieldError(field="function", rule=f"one of {', '.join(sorted(filter(None, FUNCTIONS)))}")
    if len(organisation) > _MOST_NAME or not (organisation.isprintable() or not organisation):
        raise PersonFieldError(field="organisation", rule=f"one line of at most {_MOST_NAME} characters")
    check_organisation(roles, organisation=organisation)


ALL_SCOPES = frozenset(right.value for right in Right)
