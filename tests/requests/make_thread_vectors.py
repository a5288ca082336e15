"""Makes ``tests/vectors/thread`` anew: ``python -m tests.requests.make_thread_vectors``.

Whole threads between two members, from the ask to the close: every letter as it was signed, the receipt that its
addressee gave for it, and what the thread is after it; and letters that must not be taken where they come, with the
code of the problem. Names, numbers and addresses are invented; the keys are those of ``tests/vectors/wire``.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid5

from tests.law import cases
from tests.wire.examples import NIGHT, PT, RO, Side, a_letter
from tests.wire.make_wire_vectors import keys
from tocsin.base import instant, jose
from tocsin.base.ids import InstrumentId, LetterId, RequestId
from tocsin.base.instant import Instant
from tocsin.base.jose import Typ
from tocsin.law.instrument import instrument
from tocsin.law.vocabulary import ClockId, DataCategory
from tocsin.proof.canonical import Json, canonical, parse_strict
from tocsin.proof.checkpoint import Checkpoint, sign_checkpoint
from tocsin.proof.commitment import leaf_of
from tocsin.proof.merkle import Frontier, prove_inclusion
from tocsin.proof.tlog_proof import TlogProof
from tocsin.requests.rules import letters as said
from tocsin.requests.rules.letters import Body, body_payload
from tocsin.requests.rules.marks import CarriedClock, Stage, Urgency, Whether
from tocsin.requests.rules.permits import Permits, permits_of
from tocsin.requests.rules.thread import ThreadState, state_of
from tocsin.wire.rules.letter import Letter, UnsignedLetter, letter_payload, parse_letter
from tocsin.wire.rules.receipt import Opening, Receipted, sign_receipt
from tocsin.wire.rules.receipt import Stage as ReceiptStage

VECTORS = Path(__file__).parents[1] / "vectors" / "thread"
PRESERVE, STORED = InstrumentId("budapest-29-preserve"), InstrumentId("budapest-31-stored")
STEP, ON_ITS_WAY = timedelta(minutes=10), timedelta(milliseconds=1250)
PACKAGE = sha256(b"an invented manifest").hexdigest()


@dataclass
class Log:
    """The journal of a member, which grows by its receipts."""

    side: Side
    leaves: list[bytes] = field(default_factory=list)

    def prove(self, opening: Opening) -> TlogProof:
        self.leaves.append(leaf_of(opening.salt, opening.event))
        frontier, runs = Frontier().append(self.leaves)
        hashes = {(run.level, run.first + n): digest for run in runs for n, digest in enumerate(run.hashes)}
        signed = sign_checkpoint(Checkpoint(self.side.origin, frontier.size, frontier.root()), key=self.side.journal)
        index = len(self.leaves) - 1
        path = prove_inclusion(index, frontier.size, lambda level, n: hashes[level, n])
        return TlogProof(index, tuple(path), signed)


@dataclass
class Thread:
    """A thread that is being written; each side has seen all that was written before, unless it is said otherwise."""

    name: str
    about: str
    instrument: InstrumentId
    exercise: int | None = None
    letters: list[Letter] = field(default_factory=list)
    receipts: list[bytes] = field(default_factory=list)
    logs: dict[str, Log] = field(default_factory=lambda: {side.member: Log(side) for side in (RO, PT)})

    @property
    def id(self) -> RequestId:
        return RequestId(str(uuid5(UUID(int=0), self.name)))

    @property
    def permits(self) -> Permits:
        return permits_of(instrument(self.instrument))

    @property
    def state(self) -> ThreadState:
        return state_of(self.letters, permits=self.permits)

    def next(
        self, side: Side, body: Body, *, unseen: int = 0, other: Mapping[str, Any] | None = None
    ) -> UnsignedLetter:
        """The next letter of a side, which has not yet seen the last ``unseen`` letters of the other one."""
        mine = [each for each in self.letters if each.sender == side.member]
        theirs = [each for each in self.letters if each.sender != side.member]
        seen = theirs[: len(theirs) - unseen]
        letter = a_letter(
            side,
            PT if side is RO else RO,
            id=LetterId(str(uuid5(UUID(self.id), str(len(self.letters))))),
            kind=body.kind,
            thread=self.id,
            seq=len(mine) + 1,
            prev=mine[-1].sha256 if mine else None,
            seen=seen[-1].sha256 if seen else None,
            written=NIGHT + STEP * len(self.letters),
            instrument=self.instrument,
            body=body_payload(body),
            exercise_shift_seconds=self.exercise,
        )
        return replace(letter, **(other or {}))

    def say(self, side: Side, body: Body, *, unseen: int = 0) -> None:
        letter = signed(self.next(side, body, unseen=unseen), side)
        self.letters.append(letter)
        self.receipts.append(self._receipt(letter, PT if side is RO else RO))

    def _receipt(self, letter: Letter, by: Side) -> bytes:
        at = letter.written + ON_ITS_WAY
        about = Receipted(letter=letter.id, sha256=letter.sha256, sender=letter.sender, addressee=by.member)
        event = {
            "v": 1,
            "kind": "letter-stored",
            "at": instant.text(at),
            "by": {"member": by.member, "person": "", "roles": ["node"]},
            "letter": letter.id,
            "letter_sha256": letter.sha256,
            "letter_kind": letter.kind.value,
            "thread": letter.thread,
            "sender": letter.sender,
            "seq": letter.seq,
        }
        opening = Opening(salt=sha256(letter.id.encode()).digest(), event=event)
        proof = self.logs[by.member].prove(opening).text()
        return sign_receipt(about, stage=ReceiptStage.STORED, opening=opening, proof=proof, key=by.signing_key, at=at)


def signed(letter: UnsignedLetter, by: Side) -> Letter:
    """Signed by whoever it is, also where the letter names another one."""
    payload = canonical(letter_payload(letter))
    return parse_letter(payload, jws=jose.sign(payload, typ=Typ.LETTER, key=by.signing_key))


# --- The threads --------------------------------------------------------------------------------


def an_ask(name: InstrumentId, *clocks: str) -> said.Ask:
    """The filled form of an instrument's own example, asked for with urgency."""
    return said.Ask(
        form=cast("Mapping[str, Json]", cases.filled(name).draft.form),
        categories=(DataCategory.SUBSCRIBER, DataCategory.TRAFFIC),
        clocks=tuple(CarriedClock(ClockId(each), name) for each in clocks),
        urgency=Urgency.URGENT,
        urgency_reason="Connection records are erased after seven days.",
        case_reference="RO-2026-0042",
        signed_off=(said.Signature(name="Ana Exemplu", role="prosecutor", at=NIGHT - timedelta(hours=1)),),
    )


def at(minutes: int) -> Instant:
    return NIGHT + timedelta(minutes=minutes)


KEEP = ClockId("ets185.29.7.preserve_min")
PERIOD: Json = {"from": "2026-11-18T00:00:00+02:00", "until": "2026-11-21T00:00:00+02:00"}


def preservation() -> Thread:
    thread = Thread(
        "preservation", "Preserved, disclosed in part, followed up, lapsed into a request and closed", PRESERVE
    )
    thread.say(RO, an_ask(PRESERVE, KEEP))
    thread.say(PT, said.Acknowledge(reference="PT-24/7-118"))
    thread.say(PT, said.Query(fields=(said.FieldQuery(field="period", why=said.Why.UNCLEAR),), preserved=True))
    thread.say(RO, said.Supplement(fields={"period": PERIOD}, cannot={"holder": "Not known to us."}))
    thread.say(PT, said.Indicate(whether=Whether.YES, form="confirmation of preservation", when=at(420)))
    thread.say(PT, said.Accept(reference="118/2026", words="Ținem datele."))
    held = said.Preserved(effected_at=at(55), scope="account example.user at mail.example", reference="EM-7731")
    thread.say(PT, held)
    line = said.PathLine(provider="Example Relay", country="SE", path="198.51.100.7 to 203.0.113.9")
    thread.say(PT, said.Disclose(lines=(line,)))
    thread.say(RO, said.Extend(clock=KEEP, days=30, reason="The request for assistance is being translated."))
    thread.say(PT, said.Extend(clock=KEEP, days=30))
    follow_up = said.FollowUp(stage=Stage.ISSUED, reference="MLA-7/2026", at=at(90), instrument=STORED)
    thread.say(RO, follow_up)
    decided = replace(follow_up, stage=Stage.DECIDED, at=at(100), outcome=said.Outcome.GRANTED)
    thread.say(PT, decided)
    thread.say(RO, said.Close(words="Mulțumim."))
    return thread


def production() -> Thread:
    thread = Thread(
        "production", "Postponed, accepted, delivered in two packages and closed, in an exercise", STORED, exercise=3600
    )
    thread.say(RO, an_ask(STORED))
    thread.say(PT, said.Acknowledge())
    postponed = said.Postpone(
        ground="ETS185_POSTPONE", reason="Our own investigation would be prejudiced.", until=at(600)
    )
    thread.say(PT, postponed)
    condition = said.Condition(kind=said.ConditionKind.CONFIDENTIALITY, words="The source is not to be named.")
    thread.say(PT, said.Accept(conditions=(condition,)))
    thread.say(PT, said.Deliver(package=PACKAGE, complete=False))
    thread.say(PT, said.Deliver(package=sha256(b"the rest").hexdigest()))
    thread.say(RO, said.Close())
    return thread


def refusal() -> Thread:
    thread = Thread("refusal", "Refused as a whole", PRESERVE)
    thread.say(RO, an_ask(PRESERVE))
    thread.say(PT, said.Refuse(ground="ETS185_POLITICAL", reason="The act is a political offence under our law."))
    thread.say(PT, said.Close())
    return thread


def crossing() -> Thread:
    thread = Thread(
        "crossing", "A withdrawal crosses a query and a preservation, which has happened all the same", PRESERVE
    )
    thread.say(RO, an_ask(PRESERVE, KEEP))
    thread.say(PT, said.Acknowledge())
    thread.say(RO, said.Withdraw(reason="The suspect was found."))
    missing = said.FieldQuery(field="identifiers", why=said.Why.INSUFFICIENT)
    thread.say(PT, said.Query(fields=(missing,)), unseen=1)
    thread.say(PT, said.Preserved(effected_at=at(35), scope="account example.user at mail.example"), unseen=1)
    thread.say(PT, said.Release(released_at=at(48), scope="account example.user at mail.example", why=_WITHDRAWN))
    thread.say(RO, said.Close())
    return thread


_WITHDRAWN = said.ReleaseReason.WITHDRAWN
THREADS: Mapping[str, Callable[[], Thread]] = {
    each.__name__: each for each in (preservation, production, refusal, crossing)
}


def thread_vector(thread: Thread) -> dict[str, Any]:
    effects = {placed.step.sha256: placed.effect.value for placed in (*thread.state.line, *thread.state.outside)}
    return {
        "about": thread.about,
        "instrument": thread.instrument,
        "thread": thread.id,
        "asker": RO.member,
        "asked": PT.member,
        "letters": [
            {
                "kind": letter.kind.value,
                "payload": letter_payload(letter),
                "jws": letter.jws.decode("ascii"),
                "sha256": letter.sha256,
                "receipt": receipt.decode("ascii"),
                "receipt_payload": parse_strict(jose.unverified_payload(receipt)),
                "phase": state_of(thread.letters[: number + 1], permits=thread.permits).phase.value,
                "effect_in_the_end": effects[letter.sha256],
            }
            for number, (letter, receipt) in enumerate(zip(thread.letters, thread.receipts, strict=True))
        ],
        "line": [placed.step.sha256 for placed in thread.state.line],
        "phase": thread.state.phase.value,
    }


# --- What must be refused -----------------------------------------------------------------------


@dataclass(frozen=True)
class Refused:
    """A letter that must not be taken after the first ``after`` letters of a thread."""

    name: str
    thread: str
    after: int
    by: Side
    body: Body
    code: str
    other: Mapping[str, Any] = field(default_factory=dict)
    objection: str = ""
    unseen: int = 0


SCOPE = "account example.user at mail.example"
RELEASE = said.Release(released_at=NIGHT, scope=SCOPE, why=said.ReleaseReason.DECIDED)
ASK = "preservation"
BODY, ILLEGAL, CHAIN = "requests.letter-body", "requests.letter-illegal", "requests.broken-chain"
PLAIN = said.Acknowledge()
REFUSED: tuple[Refused, ...] = (
    Refused("a member that its kind does not have", ASK, 1, PT, PLAIN, BODY, {"body": {"words": None}}),
    Refused("a member more", ASK, 1, PT, PLAIN, BODY, {"body": {"reference": None, "words": None, "copy_to": "gr"}}),
    Refused("blank words", ASK, 1, PT, PLAIN, BODY, {"body": {"reference": None, "words": "  "}}),
    Refused("urgent without a reason", ASK, 0, RO, replace(an_ask(PRESERVE), urgency_reason=None), BODY),
    Refused("a query for nothing", ASK, 1, PT, said.Query(fields=()), BODY),
    Refused("an answer without its instant", ASK, 1, PT, said.Indicate(whether=Whether.YES, form="a letter"), BODY),
    Refused("days and an instant", ASK, 7, RO, said.Extend(clock=KEEP, days=30, until=at(600)), BODY),
    Refused("neither lines nor why not", ASK, 7, PT, said.Disclose(), BODY),
    Refused(
        "decided without an outcome",
        ASK,
        11,
        PT,
        said.FollowUp(stage=Stage.DECIDED, reference="MLA-7/2026", at=at(100)),
        BODY,
    ),
    Refused(
        "a clock of another instrument", ASK, 0, RO, an_ask(PRESERVE, "eev.10.3.produce"), ILLEGAL, objection="clock"
    ),
    Refused("the asking side acknowledges", ASK, 1, RO, PLAIN, ILLEGAL, objection="other-side"),
    Refused(
        "a package under a preservation",
        ASK,
        1,
        PT,
        said.Deliver(package=PACKAGE),
        ILLEGAL,
        objection="not-in-instrument",
    ),
    Refused("acknowledged twice", ASK, 2, PT, PLAIN, ILLEGAL, objection="said-already"),
    Refused(
        "a ground of another instrument",
        ASK,
        1,
        PT,
        said.Refuse(ground="EEV_NE_BIS", reason="No."),
        ILLEGAL,
        objection="ground",
    ),
    Refused(
        "preserved tomorrow",
        ASK,
        1,
        PT,
        said.Preserved(effected_at=at(1440), scope=SCOPE),
        ILLEGAL,
        objection="not-yet-preserved",
    ),
    Refused("released while it is asked for", ASK, 1, PT, RELEASE, ILLEGAL, objection="nothing-preserved"),
    Refused("released while a follow-up waits", ASK, 11, PT, RELEASE, ILLEGAL, objection="follow-up-pending"),
    Refused("closed while data are held", ASK, 7, RO, said.Close(), ILLEGAL, objection="not-at-rest"),
    Refused(
        "anything after the close",
        ASK,
        13,
        PT,
        said.Query(fields=(said.FieldQuery(field="facts", why=said.Why.MISSING),)),
        ILLEGAL,
        objection="closed",
    ),
    Refused("wished twice", ASK, 9, RO, said.Extend(clock=KEEP, days=30), ILLEGAL, objection="said-already"),
    Refused(
        "a clock that nobody may extend",
        ASK,
        7,
        RO,
        said.Extend(clock=ClockId("ets185.29.6.inform"), days=30),
        ILLEGAL,
        objection="extension",
    ),
    Refused(
        "under another instrument than its ask", ASK, 1, PT, PLAIN, "requests.other-instrument", {"instrument": STORED}
    ),
    Refused(
        "an exercise in a real thread", ASK, 1, PT, PLAIN, "requests.exercise-mixed", {"exercise_shift_seconds": 0}
    ),
    Refused(
        "real in an exercise", "production", 1, PT, PLAIN, "requests.exercise-mixed", {"exercise_shift_seconds": None}
    ),
    Refused("a letter before it is missing", ASK, 2, PT, PLAIN, "wire.letter-gap", {"seq": 5, "prev": "5" * 64}),
    Refused(
        "another letter for a place that is taken",
        ASK,
        2,
        PT,
        said.Accept(),
        "wire.letter-forked",
        {"seq": 1, "prev": None},
    ),
    Refused(
        "it follows another letter than the one before it",
        ASK,
        2,
        PT,
        said.Accept(),
        "wire.letter-forked",
        {"prev": "5" * 64},
    ),
    Refused("it had seen more before", ASK, 4, PT, said.Accept(), CHAIN, unseen=2),
)


def refused() -> list[dict[str, Any]]:
    return [_refused_vector(each) for each in REFUSED]


def _refused_vector(each: Refused) -> dict[str, Any]:
    whole = THREADS[each.thread]()
    before = replace(whole, letters=whole.letters[: each.after])
    letter = signed(before.next(each.by, each.body, unseen=each.unseen, other=each.other), each.by)
    return {
        "name": each.name,
        "thread": each.thread,
        "after": each.after,
        "payload": letter_payload(letter),
        "letter": letter.jws.decode("ascii"),
        "code": each.code,
        "objection": each.objection or None,
    }


def vectors() -> dict[str, bytes]:
    """Every file, by its name."""
    told: dict[str, Any] = {name: thread_vector(make()) for name, make in THREADS.items()}
    told |= {"keys": keys(), "refused": refused()}
    return {
        f"{name}.json": (json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()
        for name, value in told.items()
    }


def main() -> None:
    VECTORS.mkdir(parents=True, exist_ok=True)
    for name, content in vectors().items():
        (VECTORS / name).write_bytes(content)


if __name__ == "__main__":
    main()
