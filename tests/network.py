"""Nodes in memory: letters cross, repeat, come late, get lost; time moves.

A ``Desk`` is one side of a thread as the pure rules see it: the letters and receipts that it holds,
and its keys. Letters are signed for real and verified for real; what is left out is the sealing,
the database and the line, which have tests of their own. A ``Network`` is what lies between: a road
on which every letter and every receipt waits until the test says what becomes of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from itertools import count
from uuid import UUID, uuid5

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tocsin.base.errors import TocsinError
from tocsin.base.ids import LetterId, MemberId, RequestId
from tocsin.base.instant import Instant, parse
from tocsin.base.jose import SigningKey, Typ, VerifyingKey, payload_of, sign, signing_key, verifying_key
from tocsin.law.provisions import Side
from tocsin.law.vocabulary import LetterKind
from tocsin.proof.canonical import canonical
from tocsin.requests.rules.letters import Body, body_payload
from tocsin.requests.rules.permits import Permits
from tocsin.requests.rules.steps import step_of
from tocsin.requests.rules.thread import (
    Effect,
    LetterPlace,
    ThreadState,
    check_letter,
    check_next,
    next_letter_place,
    state_of,
)
from tocsin.wire.rules.letter import (
    CardSource,
    DirectoryNote,
    Letter,
    UnsignedLetter,
    Writer,
    letter_payload,
    parse_letter,
)

START = parse("2026-11-24T02:00:00.000Z")
MOST_REFUSALS = 5
THREAD = RequestId("51c0a7de-7f0a-4f63-8c8b-0d6c4f0f4c9e")


@cache
def key_of(member: MemberId) -> SigningKey:
    """The same key for the same name every time, so that a failing example fails again."""
    return signing_key(Ed25519PrivateKey.from_private_bytes(member.encode().ljust(32, b".")))


@cache
def public_of(member: MemberId) -> VerifyingKey:
    private = Ed25519PrivateKey.from_private_bytes(member.encode().ljust(32, b"."))
    return verifying_key(private.public_key().public_bytes_raw())


def signed(unsigned: UnsignedLetter) -> Letter:
    """The letter as its sender holds it."""
    payload = canonical(letter_payload(unsigned))
    return parse_letter(payload, jws=sign(payload, typ=Typ.LETTER, key=key_of(unsigned.sender)))


def verified(jws: bytes, *, sender: MemberId) -> Letter:
    """The letter as its receiver gets it: nothing is trusted but the sender's public key."""
    return parse_letter(payload_of(jws, typ=Typ.LETTER, key=public_of(sender)), jws=jws)


@dataclass
class Desk:
    """One side of a thread: what it holds, and what it was told."""

    member: MemberId
    other: MemberId
    side: Side
    permits: Permits
    letters: dict[str, Letter] = field(default_factory=dict)
    receipts: dict[str, Instant] = field(default_factory=dict)
    refused: list[TocsinError] = field(default_factory=list)
    exercise_shift_seconds: int | None = None
    _numbers: "count[int]" = field(default_factory=count)

    @property
    def state(self) -> ThreadState:
        return state_of(self.letters.values(), permits=self.permits)

    def next_place(self) -> LetterPlace:
        return next_letter_place(self.state, self.side)

    def letter(self, body: Body, *, at: Instant, place: LetterPlace | None = None) -> Letter:
        """A letter of this desk, wherever it may stand; the desk does not keep it."""
        where = place or self.next_place()
        return signed(
            UnsignedLetter(
                id=LetterId(str(uuid5(UUID(THREAD), f"{self.member} {next(self._numbers)}"))),
                kind=body.kind,
                thread=THREAD,
                sender=self.member,
                addressee=self.other,
                seq=where.seq,
                prev=where.prev,
                seen=where.seen,
                written=at,
                by=Writer(name="Ioana Exemplu", role="duty-officer"),
                instrument=self.permits.instrument,
                directory=DirectoryNote(source=CardSource.VOICE),
                body=body_payload(body),
                exercise_shift_seconds=self.exercise_shift_seconds,
            )
        )

    def write(self, body: Body, *, at: Instant) -> Letter:
        """Write, check and keep a letter; raises ``NotYourMoveError`` where the rules say no."""
        letter = self.letter(body, at=at)
        check_next(self.letters.values(), step_of(letter), permits=self.permits)
        self.letters[letter.sha256] = letter
        return letter

    def take_in(self, letter: Letter, *, at: Instant) -> Instant:
        """Keep what came in; gives the instant of the receipt, the same one each time."""
        if letter.sha256 not in self.letters:
            check_letter(self.letters.values(), letter, permits=self.permits)
            self.letters[letter.sha256] = letter
            self.receipts[letter.sha256] = at
        return self.receipts[letter.sha256]

    @property
    def unreceipted(self) -> list[Letter]:
        """Own letters that nobody has acknowledged yet; these are sent again."""
        mine = (letter for letter in self.letters.values() if letter.sender == self.member)
        return [letter for letter in mine if letter.sha256 not in self.receipts]

    def effects(self) -> Mapping[str, Effect]:
        state = self.state
        return {placed.step.sha256: placed.effect for placed in (*state.line, *state.outside)}


@dataclass(frozen=True)
class OnTheRoad:
    """A letter, or the receipt of one, under way to ``to``."""

    to: Side
    jws: bytes
    sender: MemberId
    receipt: tuple[str, Instant] | None = None


class Network:
    """Two desks and the road between them."""

    def __init__(self, permits: Permits, *, at: Instant = START) -> None:
        asker, asked = MemberId("ro"), MemberId("pt")
        self.desks = {
            Side.ASKER: Desk(asker, asked, Side.ASKER, permits),
            Side.ASKED: Desk(asked, asker, Side.ASKED, permits),
        }
        self.road: list[OnTheRoad] = []
        self.now = at

    def pass_time(self, span: timedelta) -> None:
        self.now += span

    def write(self, side: Side, body: Body) -> Letter:
        """A desk writes, and the letter is on the road."""
        letter = self.desks[side].write(body, at=self.now)
        self.post(side, letter)
        return letter

    def post(self, side: Side, letter: Letter) -> None:
        self.road.append(OnTheRoad(to=_OTHER[side], jws=letter.jws, sender=letter.sender))

    def send_again(self, side: Side) -> None:
        for letter in self.desks[side].unreceipted:
            self.post(side, letter)

    def deliver(self, number: int, *, keep: bool = False) -> None:
        """What lies at ``number`` on the road arrives; with ``keep`` it will arrive once more."""
        item = self.road[number] if keep else self.road.pop(number)
        desk = self.desks[item.to]
        if item.receipt is not None:
            desk.receipts[item.receipt[0]] = item.receipt[1]
            return
        letter = verified(item.jws, sender=item.sender)
        try:
            at = desk.take_in(letter, at=self.now)
        except TocsinError as error:
            desk.refused.append(error)
            return
        self.road.append(OnTheRoad(to=_OTHER[item.to], jws=b"", sender=desk.member, receipt=(letter.sha256, at)))

    def lose(self, number: int) -> None:
        del self.road[number]

    def settle(self) -> None:
        """Everything that was lost is sent again and everything arrives: both hold the same.

        Fails when a letter is refused again and again, since then they never will.
        """
        while self.road or any(desk.unreceipted for desk in self.desks.values()):
            if not self.road:
                refused = [error for desk in self.desks.values() for error in desk.refused]
                assert len(refused) < MOST_REFUSALS, refused[-1]
                for side in self.desks:
                    self.send_again(side)
            self.deliver(0)

    def say(self, side: Side, body: Body) -> Letter:
        """Write and deliver at once, receipt included."""
        letter = self.write(side, body)
        self.settle()
        return letter


_OTHER = {Side.ASKER: Side.ASKED, Side.ASKED: Side.ASKER}


def kinds(letters: Mapping[str, Letter]) -> list[LetterKind]:
    return [letter.kind for letter in letters.values()]
