"""Who works here, and who is behind a token."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from tocsin.base.actor import Actor
from tocsin.base.ids import MemberId, PersonId, is_uuid
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.people.errors import UnknownPersonError, UnknownTokenError
from tocsin.people.models import Person, Token


@dataclass(frozen=True, slots=True)
class PersonView:
    """A person as others of the node may see him."""

    id: PersonId
    name: str
    roles: tuple[str, ...]
    function: str


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


def actor_of(id_or_name: str) -> Actor:
    """The actor that a person of this node is; raises ``UnknownPersonError``."""
    found = person(id_or_name)
    return Actor(this_node().member, person=found.id, name=found.name, roles=frozenset(found.roles))


def _actor(row: Person, *, scopes: frozenset[str] | None = None) -> Actor:
    roles = frozenset(row.roles)
    return Actor(MemberId(this_node().member), person=str(row.id), name=row.name, roles=roles, scopes=scopes)


def _view(row: Person) -> PersonView:
    return PersonView(PersonId(str(row.id)), row.name, tuple(row.roles), row.function)
