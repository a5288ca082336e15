"""From what the network sees to a letter: open, verify, and ask whether it is for us to take.

    SealedLetter --open_letter--> SignedLetter --verify_letter--> Letter --check_letter--> (taken)

A type says what has been checked. A ``SignedLetter`` is what somebody sealed to us: it claims a
sender and proves nothing. Only ``verify_letter`` makes a ``Letter``, and rules and acts accept
nothing else. ``check_letter`` then asks what a valid letter may still get wrong: who brought it, to
whom it is written, when, under which exercise and which competence.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from tocsin.base import instant, jose
from tocsin.base.ids import MEMBER_PATTERN, InstrumentId, MemberId
from tocsin.base.instant import Instant
from tocsin.base.jose import EnvelopeError, OpeningKey, Typ, VerifyingKey
from tocsin.proof.canonical import parse_strict
from tocsin.proof.errors import CanonicalError
from tocsin.wire.errors import (
    CompetenceMissingError,
    ExerciseLetterError,
    LetterFieldError,
    LetterFromTheFutureError,
    LetterNotByCallerError,
    LetterNotForUsError,
)
from tocsin.wire.rules.letter import CardSource, Letter, LetterKind, parse_letter
from tocsin.wire.rules.seal import SealedLetter

CLOCK_TOLERANCE: Final = timedelta(minutes=5)
"""How far ahead of ours another node's clock may be."""


@dataclass(frozen=True, slots=True)
class SignedLetter:
    """What was sealed to us: it names a key, and nobody has verified its signature."""

    jws: bytes
    kid: str


def open_letter(sealed: SealedLetter, *, keys: Mapping[str, OpeningKey]) -> SignedLetter:
    """Open a seal made to one of our keys. Raises what ``jose.open_sealed`` and ``header_of`` raise."""
    return signed_letter(jose.open_sealed(sealed.jwe, keys=keys))


def signed_letter(jws: bytes) -> SignedLetter:
    """A JWS that says it is a letter; raises ``EnvelopeError`` when it does not even say that."""
    header = jose.header_of(jws)
    if header.typ is not Typ.LETTER:
        raise EnvelopeError(thing="signature", rule=f"typ must be {Typ.LETTER.value}")
    return SignedLetter(jws=jws, kid=header.kid)


def claimed_sender(jws: bytes) -> MemberId:
    """Whom a signed thing claims to be from, only to find the key that can prove it.

    Raises ``EnvelopeError``.
    """
    try:
        payload = parse_strict(jose.unverified_payload(jws))
    except CanonicalError:
        payload = None
    sender = payload.get("from") if isinstance(payload, dict) else None
    if not isinstance(sender, str) or MEMBER_PATTERN.fullmatch(sender) is None:
        raise EnvelopeError(thing="signature", rule="the payload is an object whose field from is a member's id")
    return MemberId(sender)


def verify_letter(signed: SignedLetter, *, key: VerifyingKey) -> Letter:
    """The letter, once its signature is proved to be by ``key``.

    Raises ``SignatureWrongError``, or what ``parse_letter`` raises.
    """
    return parse_letter(jose.payload_of(signed.jws, typ=Typ.LETTER, key=key), jws=signed.jws)


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """What one member's letters have to fit at this node, at this moment.

    ``clock`` is the machine's instant, never shifted.
    """

    member: MemberId
    caller: MemberId
    competences: Collection[InstrumentId]
    exercise: bool
    clock: Instant


def check_letter(letter: Letter, *, door: Door) -> None:
    """Raise the ``PeerError`` that says why a valid letter is still not one to take."""
    if letter.sender != door.caller:
        raise LetterNotByCallerError(sender=letter.sender, caller=door.caller)
    if letter.addressee != door.member:
        raise LetterNotForUsError(addressee=letter.addressee, member=door.member)
    if (letter.exercise_shift_seconds is not None) is not door.exercise:
        said = "an exercise" if not door.exercise else "real work"
        raise ExerciseLetterError(letter=said, node="real work" if not door.exercise else "exercises")
    if letter.directory.source is CardSource.HEARSAY:  # goes as a form, never here
        raise LetterFieldError(
            field="directory.source", rule="a letter on the wire is written by somebody who has keys"
        )
    check_written(letter, clock=door.clock)
    # The one who is asked answers by right of having been asked; only an ask needs a competence.
    if letter.kind is LetterKind.ASK and letter.instrument not in door.competences:
        raise CompetenceMissingError(sender=letter.sender, instrument=letter.instrument)


def check_written(letter: Letter, *, clock: Instant) -> None:
    """Raise ``LetterFromTheFutureError`` when the writer's clock is ahead of ours by more than is normal."""
    if really_written(letter) - clock > CLOCK_TOLERANCE:
        raise LetterFromTheFutureError(written=instant.text(letter.written), now=instant.text(clock))


def really_written(letter: Letter) -> Instant:
    """When the letter was written by the clock of the machine: an exercise's shift is taken off.

    Raises ``LetterFieldError`` for an instant beyond the calendar.
    """
    try:
        return letter.written - timedelta(seconds=letter.exercise_shift_seconds or 0)
    except OverflowError:
        raise LetterFieldError(field="written", rule="an instant of the calendar, without the shift") from None
