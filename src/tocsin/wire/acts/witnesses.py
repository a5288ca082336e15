"""Showing our journal to other nodes, which cosign it, and asking at start what they have seen of it.

A witness is another member's node that this node knows. It cosigns a checkpoint only when a proof
shows that it continues the last one it cosigned (c2sp.org/tlog-witness), so no node can keep two
histories without one of its witnesses knowing.

A node that was restored from a backup has forgotten what it signed last. Before it appends anything
it asks each witness for the last checkpoint it cosigned; ``journal.acts.compare_with_witnesses`` halts
the journal when one has seen more.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from tocsin.base.errors import TocsinError
from tocsin.base.ids import MemberId
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.directory import reads as directory
from tocsin.journal import acts as journal
from tocsin.journal import reads as journal_reads
from tocsin.journal.errors import CosignatureError, JournalHaltedError, NoCheckpointError
from tocsin.journal.reads import SignedCheckpoint
from tocsin.journal.rules.place import Seen, seen_in
from tocsin.proof.errors import AlteredError
from tocsin.proof.lines import number_of
from tocsin.proof.note import VerifierKey
from tocsin.wire import line, peers
from tocsin.wire.errors import LineDownError
from tocsin.wire.line import Reply
from tocsin.wire.rules.peer import Peer, peer_of_card

ADD: Final = "/witness/add-checkpoint"
_CONFLICT: Final = 409
_UNPROCESSABLE: Final = 422
_MOST_ANSWER: Final = 64 * 1024
_AT_ONCE: Final = 16
_TEXT: Final = {"Content-Type": "text/plain; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of asking one witness: ``cosigned``, or the ``reason`` why not."""

    witness: MemberId
    cosigned: bool
    reason: str = ""


def ask_witnesses(*, at: Instant) -> list[Asked]:
    """Show our checkpoint to every node that we know, and keep the cosignatures.

    A checkpoint that a witness has cosigned already is not shown to it again. A witness that finds
    our tree inconsistent raises an alarm here as well as there. Does nothing before the first entry.
    """
    try:
        signed = journal.checkpoint_to_cosign(at=at)
    except (NoCheckpointError, JournalHaltedError):
        return []
    before = journal_reads.latest_checkpoint(cosigned=True)
    old = before.size if before is not None else 0
    have = journal_reads.checkpoint_of(signed.size).witnesses
    waiting = [peer for peer in _witnesses(at=at) if not any(key.text() in have for key in peer.witnesses)]
    return [_ask(peer, signed, old=old, at=at) for peer in waiting]


def what_witnesses_saw(*, at: Instant) -> list[Seen]:
    """What each witness that answers has cosigned of this node's journal, to compare with what is here."""
    origin = journal_reads.origin()
    keys = journal_reads.verifiers()  # a witness keeps what it cosigned last, maybe before a key was replaced
    path = f"/witness/{sha256(origin.encode()).hexdigest()}/checkpoint"
    witnesses = list(_witnesses(at=at))
    # Together, since a node that starts waits for the slowest of them; what they ask touches no database.
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = list(pool.map(lambda peer: _saw(peer, path, keys), witnesses))
    return [seen for seen in found if seen is not None]


def compare_with_witnesses(*, at: Instant) -> Seen | None:
    """Halt the journal if a witness has seen more of it than is here; what it has seen. Asked at start."""
    return journal.compare_with_witnesses(what_witnesses_saw(at=at), at=at)


def _witnesses(*, at: Instant) -> Iterable[Peer]:
    clock, mine = peers.machine_instant(at), this_node().member
    for contact in directory.points(as_of=clock):
        if contact.in_force is not None and contact.member != mine:
            yield peer_of_card(contact.in_force, at=clock)


def _ask(peer: Peer, signed: SignedCheckpoint, *, old: int, at: Instant) -> Asked:
    try:
        reply = _shown(peer, signed, old=old)
        if reply.status == _CONFLICT:  # it has cosigned another size last, and says which
            reply = _shown(peer, signed, old=number_of(reply.body.decode("ascii").strip(), thing="witness"))
        if reply.status == _UNPROCESSABLE:
            _alarm(peer, signed, reply, at=at)
        if not reply.good:
            return Asked(peer.member, cosigned=False, reason=f"answered {reply.status}")
        _keep(peer, signed, reply.body, at=peers.machine_instant(at))
    except (LineDownError, CosignatureError, NoCheckpointError) as error:
        return Asked(peer.member, cosigned=False, reason=str(error))
    except (AlteredError, UnicodeDecodeError) as error:
        return Asked(peer.member, cosigned=False, reason=f"answered what no witness answers: {error}")
    return Asked(peer.member, cosigned=True)


def _keep(peer: Peer, signed: SignedCheckpoint, answer: bytes, *, at: Instant) -> None:
    """Keep the cosignature, by whichever of its keys the witness made it; raises ``CosignatureError``."""
    fault: CosignatureError | None = None
    for key in peer.witnesses:
        try:
            journal.keep_cosignature(signed, answer, witness=key, at=at)
        except CosignatureError as error:
            fault = error
        else:
            return
    raise fault or CosignatureError(
        witness=peer.member, size=signed.size, rule="its card names no witness key in force"
    )


def _shown(peer: Peer, signed: SignedCheckpoint, *, old: int) -> Reply:
    body = journal.submission(signed, old=min(old, signed.size))
    return line.ask(peer, "POST", ADD, body=body, headers=_TEXT, most=_MOST_ANSWER)


def _alarm(peer: Peer, signed: SignedCheckpoint, reply: Reply, *, at: Instant) -> None:
    journal.raise_alarm(
        "wire.witness-refused",
        origin=signed.log.origin,
        mark=f"{peer.member} {signed.size}",
        sentence=(
            f"{peer.member} refuses to cosign our checkpoint of {signed.size} entries, since it does not continue "
            "what it cosigned before."
        ),
        evidence=signed.note.decode() + "\n" + reply.body.decode("utf-8", "replace")[:1000],
        at=at,
    )


def _saw(peer: Peer, path: str, keys: list[VerifierKey]) -> Seen | None:
    try:
        reply = line.ask(peer, "GET", path, most=_MOST_ANSWER)
        return seen_in(reply.body, who=peer.member, ours=keys) if reply.good else None
    except (TocsinError, AlteredError):
        return None  # a witness that is away, or says what we never signed, has seen nothing for us
