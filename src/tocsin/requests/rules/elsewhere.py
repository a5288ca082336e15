"""Steps that were taken in another system: the ask that went there, and what either side said there since.

No letter of ours carries them, so they stand in their thread as tombstones do: as steps (``steps``), with place, marks
and hash. The ask's hash is that of its export; that of a later step is the SHA-256 of what was written down of it::

    {"v": 1, "type": "step-elsewhere", "request": "<uuid>", "channel": "decentralised-it-system", "side": "asked",
     "seq": 1, "kind": "deliver", "body": {…}, "reference": "…", "at": "2026-11-30T10:00:00.000Z"}

A step counts from the instant at which the other system says that it was received. Only what a letter of its kind may
say, and may say now, is taken down: the same rules judge it.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tocsin.base.ids import InstrumentId, LetterId, MemberId, RequestId
from tocsin.base.instant import Instant, text
from tocsin.law.provisions import Side
from tocsin.law.vocabulary import LetterKind
from tocsin.proof.canonical import Json, canonical
from tocsin.requests.rules.letters import Ask, Body, body_payload, marks_of
from tocsin.requests.rules.steps import Step
from tocsin.requests.rules.thread import ThreadState, next_letter_place


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """A thread whose letters go by another system: whose it is, and where."""

    request: RequestId
    instrument: InstrumentId
    asker: MemberId
    asked: MemberId
    channel: str
    exercise: bool


def ask_step(thread: Elsewhere, ask: Ask, *, sha256: str, at: Instant, step_id: LetterId) -> Step:
    """The step that an exported ask is; ``sha256`` is that of the export."""
    return Step(
        id=step_id,
        sha256=sha256,
        thread=thread.request,
        instrument=thread.instrument,
        kind=LetterKind.ASK,
        sender=thread.asker,
        addressee=thread.asked,
        seq=1,
        prev=None,
        seen=None,
        written=at,
        exercise=thread.exercise,
        marks=marks_of(ask),
    )


def later_step(
    thread: Elsewhere, state: ThreadState, body: Body, *, side: Side, at: Instant, reference: str, step_id: LetterId
) -> tuple[Step, Mapping[str, Json]]:
    """The next step of ``side``, and what is kept of it; its writer had seen all that is known here."""
    place = next_letter_place(state, side)
    asking = side is Side.ASKER
    record: dict[str, Json] = {
        "v": 1,
        "type": "step-elsewhere",
        "request": thread.request,
        "channel": thread.channel,
        "side": side.value,
        "seq": place.seq,
        "kind": body.kind.value,
        "body": body_payload(body),
        "reference": reference,
        "at": text(at),
    }
    step = Step(
        id=step_id,
        sha256=hashlib.sha256(canonical(record)).hexdigest(),
        thread=thread.request,
        instrument=thread.instrument,
        kind=body.kind,
        sender=thread.asker if asking else thread.asked,
        addressee=thread.asked if asking else thread.asker,
        seq=place.seq,
        prev=place.prev,
        seen=place.seen,
        written=at,
        exercise=thread.exercise,
        marks=marks_of(body),
    )
    return step, record


def received(steps: Sequence[tuple[Step, Instant | None]]) -> dict[str, Instant]:
    """By a step's hash, when the other system says that it was received; nothing before that was written down."""
    return {step.sha256: at for step, at in steps if at is not None}
