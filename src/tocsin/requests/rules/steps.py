"""Steps: what of a letter a thread's state and clocks are computed from, and what outlives erasure.

A tombstone is a step as stored JSON; ``exercise`` says only whether, and ``written`` is the instant
in the letter itself::

    {"v": 1, "id": "8f2d…", "sha256": "<64 hex>", "thread": "51c0…", "instrument": "budapest-29-preserve",
     "from": "pt", "to": "ro", "seq": 2, "prev": "<64 hex>", "seen": "<64 hex>",
     "written": "2026-11-24T03:20:00.000Z", "exercise": false,
     "marks": {"kind": "refuse", "ground": "ETS185_POLITICAL", "part": null}}

Since ``state_of`` turns every letter into its step first, a thread of tombstones has the same state
as the thread of letters that it once was.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from tocsin.base import instant
from tocsin.base.ids import MEMBER_PATTERN, InstrumentId, LetterId, MemberId, RequestId
from tocsin.base.instant import Instant
from tocsin.law.vocabulary import LetterKind
from tocsin.proof.canonical import Json
from tocsin.requests.errors import LetterBodyError, TombstoneError
from tocsin.requests.rules.letters import Body, marks_of, parse_body
from tocsin.requests.rules.marks import HEX_64, INSTRUMENT_ID, Marks, marks_payload, parse_marks
from tocsin.requests.rules.shape import Shape
from tocsin.wire.rules.letter import Letter

TOMBSTONE_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A letter's place in its thread, its instants, its hash, and its marks.

    ``marks`` is nothing when the letter says what no letter of its kind can say.
    """

    id: LetterId
    sha256: str
    thread: RequestId
    instrument: InstrumentId
    kind: LetterKind
    sender: MemberId
    addressee: MemberId
    seq: int
    prev: str | None
    seen: str | None
    written: Instant
    exercise: bool
    marks: Marks | None


def step_of(letter: Letter) -> Step:
    """The step that this letter is."""
    return _step(letter, _marks(letter))


def step_saying(letter: Letter, body: Body) -> Step:
    """The step that this letter is, for who has read its body already."""
    return _step(letter, marks_of(body))


def _step(letter: Letter, marks: Marks | None) -> Step:
    return Step(
        id=letter.id,
        sha256=letter.sha256,
        thread=letter.thread,
        instrument=letter.instrument,
        kind=letter.kind,
        sender=letter.sender,
        addressee=letter.addressee,
        seq=letter.seq,
        prev=letter.prev,
        seen=letter.seen,
        written=letter.written,
        exercise=letter.exercise_shift_seconds is not None,
        marks=marks,
    )


def tombstone(step: Step) -> dict[str, Json]:
    """What is kept when a letter is erased; ``parse_tombstone`` gives the same step back."""
    return {
        "v": TOMBSTONE_VERSION,
        "id": step.id,
        "sha256": step.sha256,
        "thread": step.thread,
        "instrument": step.instrument,
        "from": step.sender,
        "to": step.addressee,
        "seq": step.seq,
        "prev": step.prev,
        "seen": step.seen,
        "written": instant.text(step.written),
        "exercise": step.exercise,
        "marks": {"kind": step.kind.value, "unreadable": True} if step.marks is None else marks_payload(step.marks),
    }


def parse_tombstone(payload: Mapping[str, Json]) -> Step:
    """The step in a tombstone; raises ``TombstoneError`` with the first fault."""
    shape = Shape(payload)
    if shape.take("v") != TOMBSTONE_VERSION:
        raise TombstoneError(field="v", rule=f"only version {TOMBSTONE_VERSION} is known")
    kind, marks = _parse_kind(shape.take("marks"))
    step = Step(
        id=LetterId(shape.uuid("id")),
        sha256=shape.match("sha256", HEX_64, "64 lower-case hexadecimal digits"),
        thread=RequestId(shape.uuid("thread")),
        instrument=InstrumentId(shape.match("instrument", INSTRUMENT_ID, "an instrument id")),
        kind=kind,
        sender=MemberId(shape.match("from", MEMBER_PATTERN, "a member id")),
        addressee=MemberId(shape.match("to", MEMBER_PATTERN, "a member id")),
        seq=shape.integer("seq", at_least=1),
        prev=shape.optional("prev", lambda: shape.match("prev", HEX_64, "64 lower-case hexadecimal digits")),
        seen=shape.optional("seen", lambda: shape.match("seen", HEX_64, "64 lower-case hexadecimal digits")),
        written=shape.instant("written"),
        exercise=shape.boolean("exercise"),
        marks=marks,
    )
    shape.finish()
    if shape.faults:
        raise TombstoneError(field=shape.faults[0].field, rule=shape.faults[0].rule)
    return step


def _marks(letter: Letter) -> Marks | None:
    try:
        return marks_of(parse_body(letter.kind, letter.body))
    except LetterBodyError:
        return None


def _parse_kind(written: Json) -> tuple[LetterKind, Marks | None]:
    if not isinstance(written, dict):
        raise TombstoneError(field="marks", rule="an object")
    if written.get("unreadable") is True:
        shape = Shape({"kind": written.get("kind")})
        return LetterKind(shape.one_of("kind", [kind.value for kind in LetterKind])), None
    marks = parse_marks(written)
    return marks.kind, marks
