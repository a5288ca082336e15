"""Steps that no letter carries: taken in another system, or said by somebody who has no node, and taken down here.

They stand in their thread as tombstones do: as steps (``steps``), with place, marks and hash. The hash of an ask that
was exported is that of its export; that of any other step is the SHA-256 of what was written down of it::

    {"v": 2, "type": "step-elsewhere", "request": "<uuid>", "channel": "form", "way": "paper", "side": "asked",
     "seq": 1, "kind": "refuse", "body": {…}, "said_by": "M. Exemplo", "file": "<sha256 of the scan>" | null,
     "reference": "…", "at": "2026-11-30T10:00:00.000Z"}

``channel`` is the other system, or ``form`` for a thread in which our own letters go as forms. It names no member: who
said it may become known later (``known_as``), and the hash stays. It is a hash of our own record and no signature of
anybody. What was written down before has ``"v": 1``, without ``way``, ``said_by`` and ``file``.

A step counts from the instant of its receipt on its way. Only what a letter of its kind may say, and may say now, is
taken down: the same rules judge it.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tocsin.base.ids import InstrumentId, LetterId, MemberId, RequestId
from tocsin.base.instant import Instant, text
from tocsin.law.provisions import Side
from tocsin.law.vocabulary import LetterKind
from tocsin.proof.canonical import Json, canonical
from tocsin.requests.rules.letters import Ask, Body, body_payload, marks_of
from tocsin.requests.rules.steps import Step
from tocsin.requests.rules.thread import LetterPlace, ThreadState, next_letter_place
from tocsin.requests.rules.ways import Way


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """A thread in which steps are taken down: whose it is, and where."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What was said and how it came here."""

    body: Body
    side: Side
    way: Way
    at: Instant
    """Its receipt on that way."""
    said_by: str = ""
    """The name that was given."""
    reference: str = ""
    file_sha256: str | None = None


_FIRST = LetterPlace(seq=1, prev=None, seen=None)


def taken_down(
    thread: Elsewhere, state: ThreadState | None, said: Said, *, step_id: LetterId
) -> tuple[Step, Mapping[str, Json]]:
    """The next step of a side, and what is kept of it; its writer had seen all that is known here.

    Without a ``state`` it is the ask that begins the thread.
    """
    place = _FIRST if state is None else next_letter_place(state, said.side)
    asking = said.side is Side.ASKER
    record: dict[str, Json] = {
        "v": 2,
        "type": "step-elsewhere",
        "request": thread.request,
        "channel": thread.channel,
        "way": said.way.value,
        "side": said.side.value,
        "seq": place.seq,
        "kind": said.body.kind.value,
        "body": body_payload(said.body),
        "said_by": said.said_by,
        "file": said.file_sha256,
        "reference": said.reference,
        "at": text(said.at),
    }
    step = Step(
        id=step_id,
        sha256=hashlib.sha256(canonical(record)).hexdigest(),
        thread=thread.request,
        instrument=thread.instrument,
        kind=said.body.kind,
        sender=thread.asker if asking else thread.asked,
        addressee=thread.asked if asking else thread.asker,
        seq=place.seq,
        prev=place.prev,
        seen=place.seen,
        written=said.at,
        exercise=thread.exercise,
        marks=marks_of(said.body),
    )
    return step, record


def known_as(step: Step, member: MemberId, *, before: MemberId) -> Step:
    """The step with a known member in the place of the one who was not known; its hash names neither."""
    return replace(
        step,
        sender=member if step.sender == before else step.sender,
        addressee=member if step.addressee == before else step.addressee,
    )


def received(steps: Sequence[tuple[Step, Instant | None]]) -> dict[str, Instant]:
    """By a step's hash, when it was received on its way; nothing before that was written down."""
    return {step.sha256: at for step, at in steps if at is not None}


def received_by_form(
    ours: Sequence[Step], theirs: Sequence[tuple[Step, Instant]], told: Mapping[str, Instant]
) -> dict[str, Instant]:
    """By the hash of a letter of ours that went as a form, when it was received.

    ``told`` is what somebody wrote down of it; else it was there at the latest when the other side first said something
    that builds on it. While neither is known no clock that starts on its receipt runs.
    """
    found: dict[str, Instant] = {}
    places = {step.sha256: step.seq for step in ours}
    for step in ours:
        built = [at for each, at in theirs if each.seen is not None and places.get(each.seen, 0) >= step.seq]
        known = told.get(step.sha256) or min(built, default=None)
        if known is not None:
            found[step.sha256] = known
    return found
