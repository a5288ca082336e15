r"""What a witness answers when a log asks it to cosign (c2sp.org/tlog-witness v1.0.0).

``POST <prefix>/add-checkpoint`` with a body of lines:

    old 1                                               the size this witness cosigned last, 0 if none
    lqKW0iTyhcZ77pPDD4owkVfw2qNdxbh+QQt4YwoJz8c=        up to 63 hashes: the consistency proof
                                                        an empty line
    ro.example/journal                                  the new checkpoint with its signatures
    2
    …

The checks stand in this order, and the first that fails gives the answer:

    malformed, or old larger than the checkpoint                        400
    an origin this witness does not know                                404
    not signed by a key it trusts for that origin                       403
    old is not the size it cosigned last                                409 and that size
    an empty tree with a root, a proof that does not hold, two roots    422
    otherwise                                                           200 and the cosignature

This module decides; it neither stores nor locks. Whoever calls ``decide`` must hold a lock on the
origin's record from before ``recorded`` reads it until what ``Answer.record`` says is durable, and
only then answer. Otherwise a slow request takes back a later one, and the witness signs two
histories.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tocsin.proof.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from tocsin.proof.errors import AlteredError
from tocsin.proof.lines import base64_of, hash_of, number_of
from tocsin.proof.merkle import EMPTY_ROOT, verify_consistency
from tocsin.proof.note import MAX_BYTES, Signature, VerifierKey, parse_note

MAX_PROOF = 63
TEXT = "text/plain; charset=utf-8"
SIZE = "text/x.tlog.size"
_THING = "add-checkpoint"


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """A request, taken apart. ``signed`` is the checkpoint as a note; nothing is verified."""

    old: int
    proof: tuple[bytes, ...]
    signed: bytes
    checkpoint: Checkpoint

    def body(self) -> bytes:
        """The request as a log sends it."""
        return add_checkpoint_body(old=self.old, proof=self.proof, signed=self.signed)


@dataclass(frozen=True, slots=True)
class Recorded:
    """The last checkpoint of an origin that this witness cosigned."""

    size: int = 0
    root: bytes = EMPTY_ROOT


@dataclass(frozen=True, slots=True)
class Answer:
    """What to answer, and what must be stored before.

    ``record`` is the new state of the origin, set only with 200. ``alarm`` says, in words for a
    person, that a log signed something which does not continue what it signed before.
    """

    status: int
    body: str
    content_type: str = TEXT
    record: Recorded | None = None
    alarm: str | None = None


def add_checkpoint_body(*, old: int, proof: Sequence[bytes], signed: bytes) -> bytes:
    """The body of a request to a witness."""
    lines = [f"old {old}", *(base64_of(digest) for digest in proof)]
    return "\n".join(lines).encode() + b"\n\n" + signed


def parse_add_checkpoint(body: bytes) -> AddCheckpoint:
    """Take a request apart; raises ``AlteredError`` when it is malformed."""
    if len(body) > MAX_BYTES:
        raise AlteredError(_THING, f"larger than {MAX_BYTES} bytes")
    head, gap, signed = body.partition(b"\n\n")
    try:
        first, *lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise AlteredError(_THING, "its first lines are not ASCII") from error
    if not gap or not first.startswith("old ") or len(lines) > MAX_PROOF:
        raise AlteredError(_THING, "not a line 'old', at most 63 hashes and an empty line")
    old = number_of(first.removeprefix("old "), thing=_THING)
    proof = tuple(hash_of(line, thing=_THING) for line in lines)
    checkpoint = parse_checkpoint(parse_note(signed).text)
    if old > checkpoint.size:
        raise AlteredError(_THING, f"the old size {old} is larger than the checkpoint's {checkpoint.size}")
    return AddCheckpoint(old, proof, signed, checkpoint)


def decide(
    body: bytes,
    *,
    logs: Mapping[str, Sequence[VerifierKey]],
    recorded: Callable[[str], Recorded],
    cosign: Callable[[str], Signature],
) -> Answer:
    """Apply the table above.

    ``logs`` maps an origin to the keys trusted for it, ``recorded`` reads what was last cosigned
    for an origin, ``cosign`` signs a checkpoint's text (``note.cosign_text``). Never raises for
    what the request holds.
    """
    try:
        request = parse_add_checkpoint(body)
    except AlteredError as error:
        return Answer(400, f"{error}\n")
    origin = request.checkpoint.origin
    if origin not in logs:
        return Answer(404, "this witness does not know that origin\n")
    try:
        open_checkpoint(request.signed, logs=logs[origin])
    except AlteredError as error:
        return Answer(403, f"{error}\n")
    last = recorded(origin)
    if request.old != last.size:
        return Answer(409, f"{last.size}\n", SIZE)
    try:
        _check_continues(request, last)
    except AlteredError as error:
        return Answer(422, f"{error}\n", alarm=f"{origin} signed a tree of {request.checkpoint.size}: {error}")
    seen = Recorded(request.checkpoint.size, request.checkpoint.root)
    return Answer(200, cosign(request.checkpoint.text()).line(), record=seen)


def _check_continues(request: AddCheckpoint, last: Recorded) -> None:
    new = request.checkpoint
    if new.size == 0 and new.root != EMPTY_ROOT:
        raise AlteredError("checkpoint", "an empty tree has the root of nothing")
    verify_consistency(old=last.size, size=new.size, old_root=last.root, root=new.root, proof=request.proof)
