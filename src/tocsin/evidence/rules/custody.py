"""The chain of custody: each hand-over of a package, signed by who made it, naming the one before.

A custody event is a JWS (``typ`` ``tocsin-custody+jws``) over canonical JSON::

    {"v": 1, "type": "custody", "package": "<uuid>", "manifest_sha256": "…", "seq": 2,
     "prev": "<sha256 of the event before, as compact JWS>" | null,
     "event": "handed-over", "member": "example-mail", "person": "…", "to": "pt" | null,
     "at": "2026-11-24T03:00:00.000Z", "exercise": null | {"shift_seconds": 3600}, "place": "Lisboa, PT", "note": "…"}

Whose hands the package is in follows from the chain alone: ``made`` puts it into its maker's hands, ``handed-over``
offers it to ``to``, ``received`` by that member takes it. ``opened``, ``verified``, ``converted`` and ``time-stamped``
leave it where it is. Only the member that holds the package may write about it, so a chain with a stranger in it
breaks at the stranger's event.

``exercise`` stands in each event of a node made for exercises, as in its letters: how far the clock that ``at`` was
read from stands ahead of the machine's. A chain is of an exercise or it is not.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any

from tocsin.base import jose
from tocsin.base.instant import Instant, parse, text
from tocsin.evidence.errors import CustodyChainError
from tocsin.proof.canonical import canonical, parse_canonical
from tocsin.proof.errors import CanonicalError

_MEMBERS = frozenset(
    "v type package manifest_sha256 seq prev event member person to at exercise place note".split()  # noqa: SIM905
)


class CustodyKind(StrEnum):
    """What happened to the package."""

    MADE = "made"
    HANDED_OVER = "handed-over"
    RECEIVED = "received"
    OPENED = "opened"
    VERIFIED = "verified"
    CONVERTED = "converted"
    TIME_STAMPED = "time-stamped"


@dataclass(frozen=True, slots=True)
class CustodyEvent:
    """One link of the chain; ``jws`` are its signed bytes once there are any."""

    package: str
    manifest_sha256: str
    seq: int
    prev: str | None
    event: CustodyKind
    member: str
    person: str
    to: str | None
    at: Instant
    place: str
    note: str = ""
    exercise_shift_seconds: int | None = None
    """How far the clock of an exercise stood ahead; ``None`` outside of one."""
    jws: bytes = b""

    @property
    def true_at(self) -> Instant:
        """When it was by the machine's own clock: keys and cards are judged by that."""
        return self.at - timedelta(seconds=self.exercise_shift_seconds or 0)


@dataclass(frozen=True, slots=True)
class Custody:
    """What a whole chain says: who holds the package, and to whom it is on its way."""

    holder: str
    offered_to: str | None
    events: int


def event_hash(jws: bytes) -> str:
    """How the next event names this one: SHA-256 of the compact JWS, in hexadecimal."""
    return hashlib.sha256(jws).hexdigest()


def event_payload(event: CustodyEvent) -> dict[str, Any]:
    """The event as the JSON that is signed."""
    return {
        "v": 1,
        "type": "custody",
        "package": event.package,
        "manifest_sha256": event.manifest_sha256,
        "seq": event.seq,
        "prev": event.prev,
        "event": event.event.value,
        "member": event.member,
        "person": event.person,
        "to": event.to,
        "at": text(event.at),
        "exercise": None if event.exercise_shift_seconds is None else {"shift_seconds": event.exercise_shift_seconds},
        "place": event.place,
        "note": event.note,
    }


def read_event(payload: dict[str, Any], *, jws: bytes) -> CustodyEvent:
    """An event out of the payload of a JWS whose signature was verified.

    Raises ``CustodyChainError`` when a field is missing or of the wrong kind.
    """
    if payload.keys() != _MEMBERS:
        raise CustodyChainError(seq=0, rule=f"its members are {', '.join(sorted(_MEMBERS))} and no others")
    seq = payload.get("seq")
    place = seq if isinstance(seq, int) and not isinstance(seq, bool) else 0
    try:
        if payload["v"] != 1 or payload["type"] != "custody" or place < 1:
            raise CustodyChainError(seq=place, rule="it is no custody event of version 1")
        return CustodyEvent(
            package=_text(payload, "package"),
            manifest_sha256=_text(payload, "manifest_sha256"),
            seq=place,
            prev=None if payload["prev"] is None else _text(payload, "prev"),
            event=CustodyKind(payload["event"]),
            member=_text(payload, "member"),
            person=_text(payload, "person"),
            to=None if payload["to"] is None else _text(payload, "to"),
            at=parse(_text(payload, "at")),
            place=_text(payload, "place"),
            note=_text(payload, "note"),
            exercise_shift_seconds=_shift(payload["exercise"]),
            jws=jws,
        )
    except (KeyError, ValueError, TypeError) as fault:
        raise CustodyChainError(seq=place, rule=f"a field is missing or wrong ({fault})") from fault


def event_of_jws(jws: bytes) -> CustodyEvent:
    """The event in a JWS whose signature was verified before it was kept; raises ``CustodyChainError``."""
    try:
        payload = parse_canonical(jose.unverified_payload(jws))
    except (jose.EnvelopeError, CanonicalError) as fault:
        raise CustodyChainError(seq=0, rule=f"an event cannot be read ({fault})") from fault
    if not isinstance(payload, dict):
        raise CustodyChainError(seq=0, rule="an event is an object")
    return read_event(dict(payload), jws=jws)


def sign_event(event: CustodyEvent, *, key: jose.SigningKey) -> CustodyEvent:
    """The event with its signed bytes."""
    return replace(event, jws=jose.sign(canonical(event_payload(event)), typ=jose.Typ.CUSTODY, key=key))


def chain_lines(chain: Sequence[CustodyEvent]) -> bytes:
    """A chain as it travels, ``custody.jsonl``: one ``{"custody":"<JWS>"}`` a line, oldest first."""
    return b"".join(canonical({"custody": event.jws.decode("ascii")}) + b"\n" for event in chain)


def read_chain_lines(content: bytes) -> list[bytes]:
    """The signed events in a ``custody.jsonl``; raises ``CustodyChainError``."""
    found = []
    for place, line in enumerate(content.splitlines(), start=1):
        try:
            item = parse_canonical(line)
        except CanonicalError as fault:
            raise CustodyChainError(seq=place, rule=f"its line is no canonical JSON ({fault})") from fault
        jws = item.get("custody") if isinstance(item, dict) and len(item) == 1 else None
        if not isinstance(jws, str) or not jws.isascii():
            raise CustodyChainError(seq=place, rule='its line is {"custody": <JWS>} and nothing else')
        found.append(jws.encode("ascii"))
    return found


def next_event(  # noqa: PLR0913 - a custody event has as many particulars as a form in court
    chain: Sequence[CustodyEvent],
    kind: CustodyKind,
    *,
    package: str,
    manifest_sha256: str,
    member: str,
    person: str,
    at: Instant,
    place: str,
    to: str | None = None,
    note: str = "",
    exercise_shift_seconds: int | None = None,
) -> CustodyEvent:
    """The event that may follow the chain; raises ``CustodyChainError`` when this one may not."""
    event = CustodyEvent(
        package=package,
        manifest_sha256=manifest_sha256,
        seq=len(chain) + 1,
        prev=event_hash(chain[-1].jws) if chain else None,
        event=kind,
        member=member,
        person=person,
        to=to,
        at=at,
        place=place,
        note=note,
        exercise_shift_seconds=exercise_shift_seconds,
    )
    custody_of([*chain, event])
    return event


def custody_of(chain: Sequence[CustodyEvent]) -> Custody:
    """Walk the chain and say who holds the package; raises ``CustodyChainError`` at the first break.

    Signatures are checked where the bytes come in; here the places, hashes and hands are.
    """
    holder, offered = "", None
    for place, event in enumerate(chain, start=1):
        _check_place(event, place, chain[place - 2] if place > 1 else None)
        holder, offered = _hands_after(event, holder, offered)
    if not chain:
        raise CustodyChainError(seq=0, rule="it has no event at all")
    return Custody(holder=holder, offered_to=offered, events=len(chain))


def _check_place(event: CustodyEvent, place: int, before: CustodyEvent | None) -> None:
    if event.seq != place:
        raise CustodyChainError(seq=place, rule=f"the event that stands here calls itself number {event.seq}")
    if before is None:
        if event.prev is not None:
            raise CustodyChainError(seq=place, rule="the first event names one before it")
        return
    if event.prev != event_hash(before.jws):
        raise CustodyChainError(seq=place, rule="it does not name the event before it as that event stands")
    if event.package != before.package or event.manifest_sha256 != before.manifest_sha256:
        raise CustodyChainError(seq=place, rule="it speaks of another package or manifest")
    if (event.exercise_shift_seconds is None) != (before.exercise_shift_seconds is None):
        raise CustodyChainError(seq=place, rule="it is of an exercise and the event before it is not, or the reverse")


def _hands_after(event: CustodyEvent, holder: str, offered: str | None) -> tuple[str, str | None]:
    if (event.seq == 1) != (event.event is CustodyKind.MADE):
        raise CustodyChainError(seq=event.seq, rule="a chain begins with the making of the package, once")
    if event.event is CustodyKind.MADE:
        return event.member, None
    if event.event is CustodyKind.RECEIVED:
        if offered != event.member:
            raise CustodyChainError(
                seq=event.seq, rule=f"{event.member} received what was handed to {offered or 'nobody'}"
            )
        return event.member, None
    if event.member != holder:
        raise CustodyChainError(seq=event.seq, rule=f"{event.member} writes while {holder} holds the package")
    if event.event is CustodyKind.HANDED_OVER:
        if not event.to or event.to == holder:
            raise CustodyChainError(seq=event.seq, rule="a hand-over names another member as receiver")
        return holder, event.to
    return holder, offered


def _shift(exercise: Any) -> int | None:
    if exercise is None:
        return None
    seconds = exercise["shift_seconds"]
    if len(exercise) != 1 or not isinstance(seconds, int) or isinstance(seconds, bool):
        raise TypeError("exercise names no shift in seconds")
    return seconds


def _text(payload: dict[str, Any], name: str) -> str:
    value = payload[name]
    if not isinstance(value, str):
        raise TypeError(f"{name} is not a text")
    return value
