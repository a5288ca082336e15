"""Cosigning other nodes' checkpoints, as a witness (c2sp.org/tlog-witness).

Cosigning is not an act that the journal records. Every node cosigns every other one's checkpoints:
if each cosignature were an entry, each would make a new checkpoint to be cosigned, for ever. The row
of the last checkpoint seen is the record, and it never goes back. A checkpoint that does not
continue the last one is recorded: as an alarm, with both as evidence.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from django.db import connection, transaction

from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.journal.acts.alarm import raise_alarm
from tocsin.journal.models import WitnessedLog
from tocsin.journal.rules.place import witness_name
from tocsin.proof.canonical import canonical
from tocsin.proof.errors import AlteredError
from tocsin.proof.note import Signature, VerifierKey, cosign_text
from tocsin.proof.witness import Answer, Recorded, decide, parse_add_checkpoint

INCONSISTENT = "journal.inconsistent-checkpoint"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""When an origin of which nothing was seen yet was last seen."""


KeysOf = Callable[[str], Sequence[VerifierKey]]


def add_checkpoint(body: bytes, *, keys_of: KeysOf, at: Instant) -> Answer:
    """Cosign another node's checkpoint, or say why not.

    ``keys_of`` tells the keys that may sign for an origin (those on its member's card), none for one
    that nobody knows. The row of the origin is locked
    from before it is read until what was cosigned is durable, so of two requests at once one wins
    and the other is told the new size. ``at`` is the machine's true time, never a shifted one.
    Raises ``RuntimeError`` inside a transaction: the answer must not be given before the commit.
    """
    with transaction.atomic(durable=True):
        _be_durable()
        logs = _logs_in(body, keys_of)
        row = _locked(*logs)
        answer = decide(body, logs=logs, recorded=lambda _: _recorded(row), cosign=lambda text: _cosigned(text, at=at))
        if row is not None and answer.record is not None:
            _keep(row, body, answer, at=at)
        if row is not None and answer.alarm is not None:
            _sound(row, body, answer.alarm, at=at)
    return answer


def _be_durable() -> None:
    """Make this commit wait for the disk: one that a crash takes back would take back a cosignature given."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'"
        )


def _logs_in(body: bytes, keys_of: KeysOf) -> Mapping[str, Sequence[VerifierKey]]:
    """The log that is asked about with the keys trusted for it; nothing if it is unknown or cannot be read."""
    try:
        origin = parse_add_checkpoint(body).checkpoint.origin
    except AlteredError:
        return {}
    keys = keys_of(origin)
    return {origin: keys} if keys else {}


def _locked(*origins: str) -> WitnessedLog | None:
    """The row of the origin, locked from here to the end of the transaction; ``None`` without an origin."""
    if not origins:
        return None
    (origin,) = origins
    none = Recorded()
    fresh = WitnessedLog(origin=origin, size=none.size, root=none.root, note="", at=EPOCH)
    WitnessedLog.objects.bulk_create([fresh], ignore_conflicts=True)
    return WitnessedLog.objects.select_for_update().get(origin=origin)


def _recorded(row: WitnessedLog | None) -> Recorded:
    return Recorded(row.size, bytes(row.root)) if row is not None else Recorded()


def _cosigned(text: str, *, at: Instant) -> Signature:
    node = this_node()
    return cosign_text(text, name=witness_name(node.origin), key=node.keys.witness, seconds=int(at.timestamp()))


def _keep(row: WitnessedLog, body: bytes, answer: Answer, *, at: Instant) -> None:
    """Store what is being cosigned, with the cosignature at its end."""
    seen = parse_add_checkpoint(body)
    note = seen.signed.decode() + answer.body
    WitnessedLog.objects.filter(origin=row.origin).update(
        size=seen.checkpoint.size, root=seen.checkpoint.root, note=note, at=at
    )


def _sound(row: WitnessedLog, body: bytes, sentence: str, *, at: Instant) -> None:
    """Raise the alarm, with what was cosigned before and what was refused now."""
    refused = parse_add_checkpoint(body).checkpoint
    evidence = {"cosigned": row.note, "refused": body.decode()}
    raise_alarm(
        INCONSISTENT,
        origin=row.origin,
        mark=f"{row.origin} {refused.size} {refused.root.hex()}",
        sentence=sentence,
        evidence=canonical(evidence).decode(),
        at=at,
    )
