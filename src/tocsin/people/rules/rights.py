"""Who may do what: roles and the rights they carry.

An administrator runs the node and reads no request; an auditor reads the journal and no content
(design, section 7). A right missing from a role here is missing everywhere: entrances, acts and
reads all ask this table.
"""

from enum import StrEnum

from tocsin.base.actor import Actor
from tocsin.people.errors import RightMissingError, TokenScopeError


class Role(StrEnum):
    """What a person is at this node."""

    DUTY_OFFICER = "duty-officer"
    CASE_OFFICER = "case-officer"
    ISSUING_AUTHORITY = "issuing-authority"
    VALIDATING_AUTHORITY = "validating-authority"
    AUDITOR = "auditor"
    PARTNER = "partner"
    ANALYST = "analyst"
    TRAINER = "trainer"
    POLICY_OFFICER = "policy-officer"
    ADMINISTRATOR = "administrator"
    DATA_PROTECTION_OFFICER = "data-protection-officer"
    """Sees who looked at what and why, and nothing of what they looked at."""
    COUNSEL = "counsel"
    """Defence counsel: sees nothing but the dossiers that somebody lets him into."""


class Right(StrEnum):
    """What somebody may do; also the scopes of an API token."""

    READ_REQUESTS = "requests:read"
    DRAFT = "requests:draft"
    SIGN_OFF = "requests:sign-off"
    SEND = "requests:send"
    ANSWER = "requests:answer"
    OPEN_EVIDENCE = "evidence:open"
    TAKE_IN_EVIDENCE = "evidence:take-in"
    EXPORT_PROOF = "proof:export"
    HOLD = "retention:hold"
    """Order that something is not to be erased, ask that such a hold end, or agree to that."""
    ERASE = "retention:erase"
    """Erase what is due."""
    READ_JOURNAL = "journal:read"
    READ_LOOKS = "looks:read"
    READ_DOSSIERS = "dossiers:read"
    """Those that one was let into, as what one was let in as."""
    KEEP_DOSSIERS = "dossiers:keep"
    WITHHOLD = "dossiers:withhold"
    """Decide that counsel for the defence is not shown something, review that and lift it: an authority's alone."""
    READ_DIRECTORY = "directory:read"
    CONFIRM_CARD = "directory:confirm"
    RUN_NODE = "node:run"
    ANSWER_AS_PARTNER = "partner:answer"
    """See what is addressed to one's own organisation, and answer it; nothing else."""
    READ_REPORTS = "reports:read"
    """Counts over all requests of the node, without a word of any."""


_READER = frozenset({Right.READ_REQUESTS, Right.READ_DOSSIERS, Right.READ_DIRECTORY})
_RIGHTS: dict[Role, frozenset[Right]] = {
    Role.DUTY_OFFICER: _READER
    | {
        Right.DRAFT,
        Right.SEND,
        Right.ANSWER,
        Right.OPEN_EVIDENCE,
        Right.TAKE_IN_EVIDENCE,
        Right.EXPORT_PROOF,
        Right.CONFIRM_CARD,
        Right.READ_REPORTS,
        Right.KEEP_DOSSIERS,
        Right.HOLD,
    },
    Role.CASE_OFFICER: _READER
    | {
        Right.DRAFT,
        Right.SEND,
        Right.OPEN_EVIDENCE,
        Right.TAKE_IN_EVIDENCE,
        Right.EXPORT_PROOF,
        Right.KEEP_DOSSIERS,
        Right.HOLD,
        Right.ERASE,
    },
    Role.ISSUING_AUTHORITY: _READER
    | {
        Right.DRAFT,
        Right.SIGN_OFF,
        Right.OPEN_EVIDENCE,
        Right.EXPORT_PROOF,
        Right.KEEP_DOSSIERS,
        Right.WITHHOLD,
        Right.HOLD,
        Right.ERASE,
    },
    Role.VALIDATING_AUTHORITY: _READER | {Right.SIGN_OFF, Right.WITHHOLD},
    Role.AUDITOR: frozenset({Right.READ_JOURNAL, Right.READ_DIRECTORY}),
    Role.PARTNER: frozenset({Right.ANSWER_AS_PARTNER}),
    Role.ANALYST: frozenset({Right.READ_DIRECTORY}),
    Role.TRAINER: frozenset({Right.READ_DIRECTORY}),
    Role.POLICY_OFFICER: frozenset({Right.READ_DIRECTORY, Right.READ_REPORTS}),
    Role.ADMINISTRATOR: frozenset({Right.READ_DIRECTORY, Right.READ_REPORTS, Right.CONFIRM_CARD, Right.RUN_NODE}),
    Role.DATA_PROTECTION_OFFICER: frozenset({Right.READ_LOOKS, Right.READ_DIRECTORY}),
    Role.COUNSEL: frozenset({Right.READ_DOSSIERS}),
}


def rights_of(roles: frozenset[str]) -> frozenset[Right]:
    """All rights that these roles carry together; an unknown role carries none."""
    known = {role.value: role for role in Role}
    return frozenset(right for name in roles if name in known for right in _RIGHTS[known[name]])


def reaches(actor: Actor, right: Right) -> bool:
    """Whether the actor has ``right`` and, where he acts with a token, the token reaches so far."""
    return right in rights_of(actor.roles) and (actor.scopes is None or right in actor.scopes)


def check(actor: Actor, right: Right) -> None:
    """Raise ``RightMissingError`` unless one of the actor's roles carries ``right``.

    Raises ``TokenScopeError`` when he acts with a token that does not reach so far. The node itself acts by rule only
    where an act says so; it has no rights of a person.
    """
    if right not in rights_of(actor.roles):
        raise RightMissingError(right=right.value)
    if actor.scopes is not None and right not in actor.scopes:
        raise TokenScopeError(scope=right.value)
