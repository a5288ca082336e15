"""What the journal is told about people."""

from dataclasses import dataclass
from typing import ClassVar

from tocsin.journal.entries import Entry


@dataclass(frozen=True, slots=True)
class PersonAdded(Entry):
    """Somebody was given a place at this node."""

    kind: ClassVar[str] = "person-added"
    erasure: ClassVar[str] = "with the person's record, when nobody needs to answer for his acts any more"

    person: str
    name: str
    person_roles: tuple[str, ...]
    function: str


@dataclass(frozen=True, slots=True)
class PersonLeft(Entry):
    """Somebody's place ended; the tokens stopped with it."""

    kind: ClassVar[str] = "person-left"
    erasure: ClassVar[str] = "with the person's record"

    person: str


@dataclass(frozen=True, slots=True)
class TokenIssued(Entry):
    """A token was made; the journal knows its id and scopes and never its value."""

    kind: ClassVar[str] = "token-issued"
    erasure: ClassVar[str] = "with the person's record"

    person: str
    token_id: str
    scopes: tuple[str, ...]
    until: str


@dataclass(frozen=True, slots=True)
class TokenWithdrawn(Entry):
    """A token stopped being good before its time."""

    kind: ClassVar[str] = "token-withdrawn"
    erasure: ClassVar[str] = "with the person's record"

    person: str
    token_id: str


# -- accounts and who signs in -------------------------------------------------------------------

_WITH_PERSON = "with the person's record"


@dataclass(frozen=True, slots=True)
class PersonChanged(Entry):
    """Somebody has other roles, another office or another organisation than before."""

    kind: ClassVar[str] = "person-changed"
    erasure: ClassVar[str] = _WITH_PERSON
    about_field: ClassVar[str] = "person"

    person: str
    person_roles: tuple[str, ...]
    function: str
    organisation: str


@dataclass(frozen=True, slots=True)
class AccountOpened(Entry):
    """Somebody can be let in at the desk under this name, once she has set up how."""

    kind: ClassVar[str] = "account-opened"
    erasure: ClassVar[str] = _WITH_PERSON
    about_field: ClassVar[str] = "person"

    person: str
    sign_in_name: str


@dataclass(frozen=True, slots=True)
class PersonInvited(Entry):
    """A link was made by which she sets up how she signs in; the journal never knows the link."""

    kind: ClassVar[str] = "person-invited"
    erasure: ClassVar[str] = _WITH_PERSON
    about_field: ClassVar[str] = "person"

    person: str
    until: str


@dataclass(frozen=True, slots=True)
class InvitationTaken(Entry):
    """Her first way to sign in stands, and the link is void."""

    kind: ClassVar[str] = "invitation-taken"
    erasure: ClassVar[str] = _WITH_PERSON
    about_field: ClassVar[str] = "person"

    person: str


@dataclass(frozen=True, slots=True)
class FactorAdded(Entry):
    """A passkey, an authenticator app, recovery codes, a password or a link to the organisation's provider."""

    kind: ClassVar[str] = "factor-added"
    erasure: ClassVar[str] = _WITH_PERSON
    about_field: ClassVar[str] = "person"

    person: str
    factor: str
    name: str


@dataclass(frozen=True, slots=True)
class FactorRemoved(Entry):
    """She signs in with this no longer; sessions that were opened with it are ended."""

    kind: ClassVar[str] = "factor-removed"
    erasure: ClassVar[str] = _WITH_PERSON
    about_field: ClassVar[str] = "person"

    person: str
    factor: str
    name: str


@dataclass(frozen=True, slots=True)
class DevicesWithdrawn(Entry):
    """An administrator took every way to sign in from somebody, and ended her sessions."""

    kind: ClassVar[str] = "devices-withdrawn"
    erasure: ClassVar[str] = _WITH_PERSON
    about_field: ClassVar[str] = "person"

    person: str
    devices: int
    sessions: int


@dataclass(frozen=True, slots=True)
class RecoveryCodeUsed(Entry):
    """One of the codes for a bad day was used up."""

    kind: ClassVar[str] = "recovery-code-used"
    erasure: ClassVar[str] = _WITH_PERSON
    about_field: ClassVar[str] = "person"

    person: str
    left: int


@dataclass(frozen=True, slots=True)
class RecoveryCodesShown(Entry):
    """Her codes for a bad day were shown, as they are once."""

    kind: ClassVar[str] = "recovery-codes-shown"
    erasure: ClassVar[str] = _WITH_PERSON
    about_field: ClassVar[str] = "person"

    person: str


@dataclass(frozen=True, slots=True)
class SignedIn(Entry):
    """Somebody came in at the desk."""

    kind: ClassVar[str] = "signed-in"
    erasure: ClassVar[str] = _WITH_PERSON
    about_field: ClassVar[str] = "person"
    changes_rows: ClassVar[bool] = False

    person: str
    session: str
    way: str
    address: str


@dataclass(frozen=True, slots=True)
class SignedOut(Entry):
    """Somebody left, or ended a session of hers elsewhere."""

    kind: ClassVar[str] = "signed-out"
    erasure: ClassVar[str] = _WITH_PERSON
    about_field: ClassVar[str] = "person"
    changes_rows: ClassVar[bool] = False

    person: str
    session: str


@dataclass(frozen=True, slots=True)
class SignInFailed(Entry):
    """Somebody could not prove who he is: the first time in a minute; ``person`` is empty for a name nobody has."""

    kind: ClassVar[str] = "sign-in-failed"
    erasure: ClassVar[str] = _WITH_PERSON
    about_field: ClassVar[str] = "person"
    changes_rows: ClassVar[bool] = False

    person: str
    step: str
    address: str


@dataclass(frozen=True, slots=True)
class SignInsFailed(Entry):
    """How often it failed in that minute, once it was over: a flood of attempts makes no flood of entries."""

    kind: ClassVar[str] = "sign-ins-failed"
    erasure: ClassVar[str] = _WITH_PERSON
    about_field: ClassVar[str] = "person"
    changes_rows: ClassVar[bool] = False

    person: str
    minute: str
    count: int
