"""Proof that a contact point answers: signs of life of its node, drills of its people.

A **sign of life** says that the node runs. The node signs it with its sign key, sends it to the hub, and the
hub publishes the last one of each member, so that everybody checks them by the card::

    tocsin-alive+jws   {"v":1,"type":"alive","member":"ro","at":"2026-11-24T03:00:00.000Z"}

A **drill** says that a person answers. One member calls another, its node shows the call to the people on
duty, one of them answers, and the time between the two is the reaction time::

    tocsin-drill+jws   {"v":1,"type":"drill","id":"<uuid>","from":"ro","to":"pt","at":"…"}
    tocsin-drill+jws   {"v":1,"type":"drill-answer","id":"<uuid>","from":"pt","to":"ro","call_sha256":"<hex>",
                        "at":"…","by":{"name":"…","role":"duty-officer"}}

The call's hash ties the answer to it. Instants are true time. The reaction time is measured by the caller's
own clock, from sending the call to taking in the answer, so that nobody can shorten it.

Every contact point is called once a month. An entry of the directory **fades** when its people have not
answered for 90 days: it is shown as "not answered since", and another point of the same State is offered first.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tocsin.base import instant
from tocsin.base.ids import MEMBER_PATTERN, MemberId, is_uuid
from tocsin.base.instant import Instant
from tocsin.base.jose import Typ
from tocsin.directory.errors import SignedFormError
from tocsin.directory.rules import signed
from tocsin.directory.rules.signed import Claim
from tocsin.proof.canonical import Json

LIMIT = 4096
FADES_AFTER = timedelta(days=90)
CLOCK_SLACK = timedelta(minutes=5)
CALLED_EVERY = timedelta(days=30)
CALL_LASTS = timedelta(days=3)
"""How long a call is delivered and may be answered."""
_MOST_NAME = 200


@dataclass(frozen=True, slots=True)
class Alive:
    """A member's statement that its node ran at an instant."""

    member: MemberId
    at: Instant


@dataclass(frozen=True, slots=True)
class DrillCall:
    """One member calls another to see how soon a person answers."""

    id: str
    sender: MemberId
    addressee: MemberId
    at: Instant


@dataclass(frozen=True, slots=True)
class DrillAnswer:
    """A person of the member that was called has answered."""

    id: str
    sender: MemberId
    addressee: MemberId
    call_sha256: str
    at: Instant
    by_name: str
    by_role: str


def sign_alive(alive: Alive, *, key: Ed25519PrivateKey) -> str:
    """The signed sign of life."""
    payload: dict[str, Json] = {"v": 1, "type": "alive", "member": alive.member, "at": instant.text(alive.at)}
    return signed.sign(payload, typ=Typ.ALIVE, key=key)


def claim_alive(jws: str) -> tuple[Claim, Alive]:
    """What a sign of life claims; raises ``SignedFormError``. The claim still has to be verified."""
    claim = signed.claim(jws, typ=Typ.ALIVE, limit=LIMIT)
    fields = _Fields(claim, type="alive", names={"member", "at"})
    return claim, Alive(member=fields.member("member"), at=fields.instant("at"))


def sign_call(call: DrillCall, *, key: Ed25519PrivateKey) -> str:
    """The signed call."""
    payload: dict[str, Json] = {
        "v": 1,
        "type": "drill",
        "id": call.id,
        "from": call.sender,
        "to": call.addressee,
        "at": instant.text(call.at),
    }
    return signed.sign(payload, typ=Typ.DRILL, key=key)


def claim_call(jws: str) -> tuple[Claim, DrillCall]:
    """What a call claims; raises ``SignedFormError``. The claim still has to be verified."""
    claim = signed.claim(jws, typ=Typ.DRILL, limit=LIMIT)
    fields = _Fields(claim, type="drill", names={"id", "from", "to", "at"})
    return claim, DrillCall(
        id=fields.uuid("id"), sender=fields.member("from"), addressee=fields.member("to"), at=fields.instant("at")
    )


def sign_answer(answer: DrillAnswer, *, key: Ed25519PrivateKey) -> str:
    """The signed answer."""
    payload: dict[str, Json] = {
        "v": 1,
        "type": "drill-answer",
        "id": answer.id,
        "from": answer.sender,
        "to": answer.addressee,
        "call_sha256": answer.call_sha256,
        "at": instant.text(answer.at),
        "by": {"name": answer.by_name, "role": answer.by_role},
    }
    return signed.sign(payload, typ=Typ.DRILL, key=key)


def claim_answer(jws: str) -> tuple[Claim, DrillAnswer]:
    """What an answer claims; raises ``SignedFormError``. The claim still has to be verified."""
    claim = signed.claim(jws, typ=Typ.DRILL, limit=LIMIT)
    fields = _Fields(claim, type="drill-answer", names={"id", "from", "to", "call_sha256", "at", "by"})
    name, role = fields.name_and_role("by")
    return claim, DrillAnswer(
        id=fields.uuid("id"),
        sender=fields.member("from"),
        addressee=fields.member("to"),
        call_sha256=fields.line("call_sha256"),
        at=fields.instant("at"),
        by_name=name,
        by_role=role,
    )


def fades(last_answer: Instant | None, *, at: Instant) -> bool:
    """Whether an entry is shown as not answering: its people have not answered for 90 days, or never."""
    return last_answer is None or at - last_answer > FADES_AFTER


class _Fields:
    """The fields of a claim, each checked as it is read; raises ``SignedFormError`` with the field's name."""

    def __init__(self, claim: Claim, *, type: str, names: set[str]) -> None:  # noqa: A002 - the field's name
        self._expected = signed.thing_of(claim.typ)
        self._payload = claim.payload
        if set(claim.payload) != names | {"v", "type"}:
            raise self._error("its fields are not those of this version")
        if claim.payload["v"] != 1 or claim.payload["type"] != type:
            raise self._error(f"v is 1 and type is {type}")

    def member(self, name: str) -> MemberId:
        value = self._payload[name]
        if not isinstance(value, str) or not MEMBER_PATTERN.fullmatch(value):
            raise self._error(f"{name} is a member id")
        return MemberId(value)

    def instant(self, name: str) -> Instant:
        value = self._payload[name]
        try:
            found = instant.parse(cast("str", value))
        except (ValueError, TypeError, OverflowError) as error:
            raise self._error(f"{name} is an instant") from error
        if instant.text(found) != value:
            raise self._error(f"{name} is an instant in UTC with milliseconds")
        return found

    def uuid(self, name: str) -> str:
        value = self._payload[name]
        if not is_uuid(value):
            raise self._error(f"{name} is a UUID")
        return cast("str", value)

    def line(self, name: str) -> str:
        return self._line(self._payload[name], name)

    def name_and_role(self, name: str) -> tuple[str, str]:
        value = self._payload[name]
        if not isinstance(value, dict) or set(value) != {"name", "role"}:
            raise self._error(f"{name} has a name and a role")
        return self._line(value["name"], f"{name}.name"), self._line(value["role"], f"{name}.role")

    def _line(self, value: Json, name: str) -> str:
        if not isinstance(value, str) or not 0 < len(value) <= _MOST_NAME or not value.isprintable():
            raise self._error(f"{name} is one line of text")
        return value

    def _error(self, rule: str) -> SignedFormError:
        return SignedFormError(expected=self._expected, rule=rule)
