"""Partners: an organisation too small to run a node has accounts here and sees only what is addressed to it.

A partner's account names its organisation. Whatever a read shows to a partner passes ``is_for``, beside the right that
it asks for; a partner without an organisation sees nothing.
"""

from collections.abc import Iterable

from tocsin.people.errors import PersonFieldError
from tocsin.people.rules.rights import Role


def is_partner(roles: frozenset[str]) -> bool:
    """Whether these are the roles of somebody outside of the house."""
    return Role.PARTNER in roles


def is_for(*, roles: frozenset[str], organisation: str, addressees: Iterable[str]) -> bool:
    """Whether somebody may see what is addressed to these organisations; people of the house are not held back here."""
    return not is_partner(roles) or (bool(organisation) and organisation in set(addressees))


def check_organisation(roles: frozenset[str], *, organisation: str) -> None:
    """Raise ``PersonFieldError`` unless a partner, and nobody else, has an organisation, and no role beside it.

    A partner with a role of the house would see the house's requests.
    """
    if is_partner(roles) and len(roles) > 1:
        raise PersonFieldError(field="roles", rule="a partner has no other role")
    if is_partner(roles) != bool(organisation):
        rule = "the organisation of a partner" if is_partner(roles) else "empty for people of the house"
        raise PersonFieldError(field="organisation", rule=rule)
