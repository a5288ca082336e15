"""A ticket says, for one HTTP request, which member makes it.

It travels as ``Authorization: Tocsin <JWS>`` (``typ`` ``tocsin-ticket+jws``) over canonical JSON::

    {"v": 1, "type": "ticket", "from": "ro", "to": "pt", "method": "POST", "path": "/wire/inbox",
     "at": "2026-11-24T03:00:00.000Z", "nonce": "<32 hex digits>",
     "body": "<SHA-256 of the body in hex>" | null,
     "down": {"since": "…Z", "attempts": 4, "reason": "…"} | null}

It is good once and for sixty seconds by the machine's clock, for one member, method and path (with
its query), and for one body; ``body`` is null when there is none, or when it is a piece of a file,
whose own hash is checked when the file is whole. ``down`` is how a sender states, signed, that it
could not reach its addressee before, so that a missed time limit can be laid to the line by both
sides' attempts.

A letter is believed for its own signature. The ticket on the request that brings letters is there
for two other reasons: who is not in the directory is turned away before anything is opened, and a
receipt, which names sender and thread, is given to nobody who merely caught an envelope.
"""

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, NoReturn

from tocsin.base import instant, jose
from tocsin.base.ids import MEMBER_PATTERN, MemberId
from tocsin.base.instant import Instant
from tocsin.base.jose import EnvelopeError, SigningKey, Typ, VerifyingKey
from tocsin.proof.canonical import Json, canonical, parse_canonical
from tocsin.proof.errors import CanonicalError
from tocsin.wire.errors import TicketFaultyError, TicketOutOfTimeError

GOOD_FOR: Final = timedelta(seconds=60)
SCHEME: Final = "Tocsin"
_MEMBERS = {"v", "type", "from", "to", "method", "path", "at", "nonce", "body", "down"}
_HEX_32 = re.compile(r"[0-9a-f]{32}")
_HEX_64 = re.compile(r"[0-9a-f]{64}")
_MOST_REASON = 200
_MOST_BYTES = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Down:
    """A sender's statement that its attempts to reach the addressee failed; ``since`` the first of them."""

    since: Instant
    attempts: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The request that a ticket is for. ``body`` is the SHA-256 of its bytes, or nothing."""

    method: str
    path: str
    body: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A ticket whose signature was verified."""

    sender: MemberId
    at: Instant
    nonce: str
    down: Down | None
    jws: bytes


def body_hash(body: bytes) -> str:
    """What a ticket says of a body."""
    return hashlib.sha256(body).hexdigest()


def new_ticket(
    asked: Asked, *, sender: MemberId, to: MemberId, key: SigningKey, at: Instant, down: Down | None = None
) -> bytes:
    """The JWS that lets ``sender`` make this one request at ``to``."""
    payload: dict[str, Json] = {
        "v": 1,
        "type": "ticket",
        "from": sender,
        "to": to,
        "method": asked.method,
        "path": asked.path,
        "at": instant.text(at),
        "nonce": secrets.token_hex(16),
        "body": asked.body,
        "down": _down_payload(down),
    }
    return jose.sign(canonical(payload), typ=Typ.TICKET, key=key)


def ticket_in(authorization: str) -> bytes:
    """The JWS in an ``Authorization`` header; raises ``TicketFaultyError``."""
    scheme, _, jws = authorization.partition(" ")
    if scheme.lower() != SCHEME.lower() or not jws or not jws.isascii() or len(jws) > _MOST_BYTES:
        raise TicketFaultyError(field="Authorization", rule="it must be: Tocsin <compact JWS>")
    return jws.encode("ascii")


def verify_ticket(jws: bytes, *, key: VerifyingKey, asked: Asked, to: MemberId, at: Instant) -> Ticket:
    """The ticket, proved to be by ``key`` and for this request; ``at`` is the machine's clock.

    Raises ``SignatureWrongError``, ``TicketFaultyError`` (which names the field) or
    ``TicketOutOfTimeError``. Whether it was used before is for the caller to ask.
    """
    fields = _fields(jws, key=key)
    expected = {"v": 1, "type": "ticket", "to": to, "method": asked.method, "path": asked.path, "body": asked.body}
    for name, value in expected.items():
        if fields[name] != value or isinstance(fields[name], bool):
            raise TicketFaultyError(field=name, rule="it names the request that the ticket comes with")
    made = _instant(fields["at"], field="at")
    if abs(at - made) > GOOD_FOR:
        raise TicketOutOfTimeError(made=instant.text(made), now=instant.text(at))
    return Ticket(
        sender=_member(fields["from"]), at=made, nonce=_nonce(fields["nonce"]), down=_down(fields["down"]), jws=jws
    )


def _fields(jws: bytes, *, key: VerifyingKey) -> Mapping[str, Json]:
    try:
        fields = parse_canonical(jose.payload_of(jws, typ=Typ.TICKET, key=key))
    except (EnvelopeError, CanonicalError) as error:
        raise TicketFaultyError(field="Authorization", rule=str(error)) from None
    if not isinstance(fields, dict) or fields.keys() != _MEMBERS:
        raise TicketFaultyError(field="Authorization", rule=f"the ticket holds exactly {', '.join(sorted(_MEMBERS))}")
    return fields


def _member(value: Json) -> MemberId:
    if not isinstance(value, str) or MEMBER_PATTERN.fullmatch(value) is None:
        raise TicketFaultyError(field="from", rule="a member's id")
    return MemberId(value)


def _nonce(value: Json) -> str:
    if not isinstance(value, str) or _HEX_32.fullmatch(value) is None:
        raise TicketFaultyError(field="nonce", rule="32 lower-case hexadecimal digits")
    return value


def _instant(value: Json, *, field: str) -> Instant:
    try:
        return instant.parse(str(value))
    except (ValueError, OverflowError):
        raise TicketFaultyError(field=field, rule="an instant, RFC 3339 with an offset") from None


def _down(value: Json) -> Down | None:
    if value is None:
        return None
    if not isinstance(value, dict) or value.keys() != {"since", "attempts", "reason"}:
        _fail_down()
    attempts, reason = value["attempts"], value["reason"]
    if not isinstance(attempts, int) or isinstance(attempts, bool) or attempts < 1:
        _fail_down()
    if not isinstance(reason, str) or len(reason) > _MOST_REASON or not reason.isprintable():
        _fail_down()
    return Down(since=_instant(value["since"], field="down.since"), attempts=attempts, reason=reason)


def _fail_down() -> NoReturn:
    raise TicketFaultyError(field="down", rule="null, or since, attempts (1 or more) and a short printable reason")


def _down_payload(down: Down | None) -> Json:
    if down is None:
        return None
    reason = "".join(character for character in down.reason[:_MOST_REASON] if character.isprintable())
    return {"since": instant.text(down.since), "attempts": down.attempts, "reason": reason}
