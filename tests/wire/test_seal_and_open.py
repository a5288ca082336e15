from datetime import timedelta

import pytest

from tests.wire.examples import EVE, NIGHT, PT, RO, a_letter
from tocsin.base import jose
from tocsin.base.errors import TocsinError
from tocsin.base.ids import InstrumentId
from tocsin.base.jose import EnvelopeBrokenError, EnvelopeError, EnvelopeKeyError, SignatureWrongError, Typ
from tocsin.proof.canonical import canonical
from tocsin.wire.errors import (
    CompetenceMissingError,
    ExerciseLetterError,
    LetterFieldError,
    LetterFromTheFutureError,
    LetterNotByCallerError,
    LetterNotForUsError,
)
from tocsin.wire.rules.letter import LetterKind, letter_payload
from tocsin.wire.rules.open import (
    Door,
    check_letter,
    claimed_sender,
    open_letter,
    really_written,
    signed_letter,
    verify_letter,
)
from tocsin.wire.rules.seal import (
    SealedLetter,
    new_part,
    open_part,
    part_for_others,
    part_for_reader,
    seal_letter,
    sign_letter,
)

DOOR = Door(
    member=PT.member,
    caller=RO.member,
    competences=[InstrumentId("budapest-29-preserve")],
    exercise=False,
    clock=NIGHT,
)


def test_a_letter_comes_out_as_it_went_in() -> None:
    sent = sign_letter(a_letter(), key=RO.signing_key)
    signed = open_letter(seal_letter(sent, key=PT.sealing_key), keys=PT.opening_keys)
    assert claimed_sender(signed.jws) == RO.member
    assert verify_letter(signed, key=RO.verifying_key) == sent
    assert letter_payload(sent) == letter_payload(a_letter())


def test_the_network_sees_neither_sender_nor_thread_nor_kind() -> None:
    sealed = seal_letter(sign_letter(a_letter(), key=RO.signing_key), key=PT.sealing_key)
    header = jose._json_header(sealed.jwe.split(b".")[0], thing="seal")
    assert header.keys() == {"alg", "enc", "epk", "kid", "typ"}
    assert header["kid"] == PT.sealing_key.kid


def test_a_letter_signed_by_another_is_refused() -> None:
    forged = sign_letter(a_letter(), key=EVE.signing_key)  # says it is from ro
    with pytest.raises(SignatureWrongError):
        verify_letter(signed_letter(forged.jws), key=RO.verifying_key)


def test_a_letter_sealed_to_another_is_refused() -> None:
    sealed = seal_letter(sign_letter(a_letter(), key=RO.signing_key), key=EVE.sealing_key)
    with pytest.raises(EnvelopeKeyError):
        open_letter(sealed, keys=PT.opening_keys)


def test_a_letter_cut_short_is_refused() -> None:
    sealed = seal_letter(sign_letter(a_letter(), key=RO.signing_key), key=PT.sealing_key)
    for length in (0, 1, 100, len(sealed.jwe) // 2, len(sealed.jwe) - 1):
        with pytest.raises((EnvelopeError, EnvelopeBrokenError)):
            open_letter(SealedLetter(sealed.jwe[:length]), keys=PT.opening_keys)


def test_a_ticket_in_an_envelope_is_not_a_letter() -> None:
    ticket = jose.sign(canonical(letter_payload(a_letter())), typ=Typ.TICKET, key=RO.signing_key)
    with pytest.raises(EnvelopeError):
        open_letter(SealedLetter(jose.seal(ticket, key=PT.sealing_key)), keys=PT.opening_keys)


def test_a_letter_that_breaks_a_rule_is_not_even_signed() -> None:
    with pytest.raises(LetterFieldError):
        sign_letter(a_letter(seq=2), key=RO.signing_key)  # the second letter, and no hash of the first


@pytest.mark.parametrize("payload", [b"", b"[]", b"{}", b'{"from":1}', b'{"from":"../"}', b'{"from":"ro","from":"pt"}'])
def test_who_claims_nothing_readable_is_nobody(payload: bytes) -> None:
    with pytest.raises(EnvelopeError):
        claimed_sender(jose.sign(payload, typ=Typ.LETTER, key=RO.signing_key))


REFUSALS: dict[str, tuple[dict[str, object], dict[str, object], type[TocsinError]]] = {
    "brought by somebody else": ({}, {"caller": EVE.member}, LetterNotByCallerError),
    "written to somebody else, and passed on": ({}, {"member": EVE.member}, LetterNotForUsError),
    "from an exercise": ({"exercise_shift_seconds": 3600}, {}, ExerciseLetterError),
    "an exercise without a shift": ({"exercise_shift_seconds": 0}, {}, ExerciseLetterError),
    "written six minutes from now": ({"written": NIGHT + timedelta(minutes=6)}, {}, LetterFromTheFutureError),
    "an ask beyond the card": ({"instrument": InstrumentId("eev-epoc")}, {}, CompetenceMissingError),
}


@pytest.mark.parametrize(("letter", "door", "error"), REFUSALS.values(), ids=REFUSALS.keys())
def test_a_valid_letter_can_still_be_one_not_to_take(
    letter: dict[str, object], door: dict[str, object], error: type[TocsinError]
) -> None:
    signed = sign_letter(a_letter(RO, PT, **letter), key=RO.signing_key)
    with pytest.raises(error):
        check_letter(signed, door=_door(**door))


TAKEN: dict[str, tuple[dict[str, object], dict[str, object]]] = {
    "an ask within the card": ({}, {}),
    "an answer needs no competence": ({"kind": LetterKind.ACCEPT}, {"competences": []}),
    "five minutes ahead": ({"written": NIGHT + timedelta(minutes=5)}, {}),
    "written a week ago, while the line was cut": ({"written": NIGHT - timedelta(days=7)}, {}),
    "an exercise moved a year ahead, at a node for exercises": (
        {"written": NIGHT + timedelta(days=365), "exercise_shift_seconds": 365 * 86400},
        {"exercise": True},
    ),
}


@pytest.mark.parametrize(("letter", "door"), TAKEN.values(), ids=TAKEN.keys())
def test_a_letter_that_fits_is_taken(letter: dict[str, object], door: dict[str, object]) -> None:
    check_letter(sign_letter(a_letter(RO, PT, **letter), key=RO.signing_key), door=_door(**door))


def test_a_shift_beyond_the_calendar_is_a_fault_of_the_letter() -> None:
    letter = sign_letter(a_letter(exercise_shift_seconds=100 * 366 * 86400), key=RO.signing_key)
    assert really_written(letter).year == 1926
    far = sign_letter(
        a_letter(written=NIGHT.replace(year=50), exercise_shift_seconds=99 * 366 * 86400), key=RO.signing_key
    )
    with pytest.raises(LetterFieldError):
        really_written(far)


def _door(**changes: object) -> Door:
    fields: dict[str, object] = {
        "member": DOOR.member,
        "caller": DOOR.caller,
        "competences": DOOR.competences,
        "exercise": DOOR.exercise,
        "clock": DOOR.clock,
    }
    return Door(**(fields | changes))  # type: ignore[arg-type]


# --- Parts --------------------------------------------------------------------------------------


def test_a_part_opens_for_its_reader_and_binds_for_the_others() -> None:
    part = new_part("grounds", {"text": "Why we ask."})
    for_reader, for_others = part_for_reader(part, key=PT.sealing_key), part_for_others(part)
    assert open_part(for_reader, keys=PT.opening_keys) == part
    assert for_others.commitment == for_reader.commitment
    with pytest.raises(LetterFieldError):
        open_part(for_others, keys=PT.opening_keys)


def test_the_same_words_make_another_commitment_each_time() -> None:
    first, second = (part_for_others(new_part("grounds", {"text": "Why."})) for _ in range(2))
    assert first.commitment != second.commitment


FALSE_PARTS: dict[str, bytes] = {
    "other words": canonical({"salt": "A" * 43 + "=", "content": {"text": "Other."}}),
    "no salt": canonical({"content": {}}),
    "a short salt": canonical({"salt": "AAAA", "content": {}}),
    "content that is a list": canonical({"salt": "A" * 43 + "=", "content": []}),
    "not canonical": b'{"salt": "AAAA", "content": {}}',
    "not JSON": b"\xff",
}


@pytest.mark.parametrize("plain", FALSE_PARTS.values(), ids=FALSE_PARTS.keys())
def test_a_part_that_is_not_what_was_committed_to_is_refused(plain: bytes) -> None:
    part = part_for_reader(new_part("grounds", {"text": "Why we ask."}), key=PT.sealing_key)
    false = type(part)(name=part.name, commitment=part.commitment, sealed=jose.seal(plain, key=PT.sealing_key).decode())
    with pytest.raises(LetterFieldError):
        open_part(false, keys=PT.opening_keys)


def test_who_passes_a_letter_on_learns_only_that_it_is_not_his() -> None:
    letter = sign_letter(a_letter(exercise_shift_seconds=1), key=RO.signing_key)
    with pytest.raises(LetterNotByCallerError):
        check_letter(letter, door=_door(caller=EVE.member, member=EVE.member))
