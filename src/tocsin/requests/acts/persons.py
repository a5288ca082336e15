"""Who acts in a request: always a person, with the right that his side needs, under one of his roles."""

from tocsin.base.actor import Actor
from tocsin.law.provisions import Side
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.requests.errors import PersonNeededError

_WRITING_ROLES = ("duty-officer", "case-officer", "issuing-authority")
_RIGHTS = {Side.ASKER: Right.SEND, Side.ASKED: Right.ANSWER}


def check_person(by: Actor, *, kind: str) -> None:
    """Raise ``PersonNeededError`` for the node itself and for its console: what is done here somebody answers for."""
    if not by.person:
        raise PersonNeededError(kind=kind)


def check_may_write(by: Actor, side: Side) -> None:
    """Raise ``RightMissingError`` unless ``by`` may write for this side: who asked sends, who is asked answers."""
    rights.check(by, _RIGHTS[side])


def may_write(by: Actor, side: Side) -> bool:
    """Whether ``by`` may write for this side."""
    return _RIGHTS[side] in rights.rights_of(by.roles)


def writing_role(by: Actor) -> str:
    """The role under which somebody writes: the one that carries the right to send or answer."""
    for role in _WRITING_ROLES:
        if role in by.roles:
            return role
    return min(by.roles, default="node")
