"""What a node does with what others bring, in a real database."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.utils import IntegrityError
from django.test.utils import CaptureQueriesContext

from tests.conftest import AsNode
from tests.wire.conftest import Taken
from tests.wire.desks import ASKED, NOW, Desk, know, new_thread, sealed_to_this_node
from tocsin.base import jose
from tocsin.base.actor import Actor
from tocsin.base.errors import PeerError, RuleError
from tocsin.base.ids import InstrumentId, LetterId, MemberId
from tocsin.base.jose import Typ
from tocsin.base.problem import Problem
from tocsin.base.this_node import Limits, ThisNode
from tocsin.directory.models import KnownCard, RefusedKey
from tocsin.journal import reads as journal
from tocsin.journal.acts import see_alarm
from tocsin.journal.models import StoredEntry
from tocsin.node.checks import check_alarms
from tocsin.node.gauges import gauges
from tocsin.proof.canonical import canonical
from tocsin.proof.note import SIGNER, VerifierKey
from tocsin.wire import handlers
from tocsin.wire.acts.admit import admit
from tocsin.wire.acts.receive import receive
from tocsin.wire.errors import (
    SenderKeyError,
    SenderUnknownError,
    TicketFaultyError,
    TicketOutOfTimeError,
    TicketUsedError,
    TooManyLettersError,
)
from tocsin.wire.models import DownStatement, QuarantinedLetter, RefusalCount, StoredLetter, StoredReceipt
from tocsin.wire.rules.batch import Answer, Given
from tocsin.wire.rules.letter import Letter, letter_payload
from tocsin.wire.rules.receipt import Receipt, Receipted, Stage, verify_receipt
from tocsin.wire.rules.seal import SealedLetter, seal_letter, sign_letter
from tocsin.wire.rules.ticket import Asked, Down, body_hash

PT = MemberId("pt")


def receipt_in(answer: Answer, letter: Letter, node: ThisNode) -> Receipt:
    """The receipt in an answer, verified as its sender would."""
    assert isinstance(answer, Given), answer
    about = Receipted(letter=letter.id, sha256=letter.sha256, sender=letter.sender, addressee=node.member)
    key = jose.verifying_key(node.keys.signing.public_key().public_bytes_raw())
    log = VerifierKey(node.origin, SIGNER, node.keys.journal.public_key().public_bytes_raw())
    return verify_receipt(answer.jws, about=about, key=key, logs=[log])


def code_of(answer: Answer) -> str:
    return answer.code if isinstance(answer, Problem) else "taken"


def kept() -> int:
    return StoredLetter.objects.count()


# --- Letters that are taken ---------------------------------------------------------------------


pytestmark = pytest.mark.usefixtures("ro")


def test_the_instant_that_is_kept_is_the_one_that_the_receipt_tells(ro: Desk, pt: ThisNode) -> None:
    letter = ro.write(PT)
    (answer,) = ro.brings(letter, at=NOW + timedelta(microseconds=1_234_567))
    told = receipt_in(answer, letter, pt).at
    assert told == NOW + timedelta(microseconds=1_234_000)
    assert StoredReceipt.objects.get().at == StoredLetter.objects.get().at == told


@pytest.mark.django_db(transaction=True)
def test_a_letter_is_kept_handed_over_journalled_and_receipted(ro: Desk, pt: ThisNode, taken: Taken) -> None:
    letter = ro.write(PT)
    (answer,) = ro.brings(letter)
    receipt = receipt_in(answer, letter, pt)
    assert receipt.stage is Stage.STORED
    assert taken.letters == [letter]
    entry = StoredEntry.objects.get(index=receipt.index)
    assert (entry.kind, entry.about) == ("letter-stored", letter.thread)
    stored = StoredLetter.objects.get()
    assert (stored.jws, stored.sha256, stored.peer) == (letter.jws.decode(), letter.sha256, "ro")


def test_a_batch_is_answered_in_its_order_under_one_checkpoint(ro: Desk, pt: ThisNode, taken: Taken) -> None:
    thread = new_thread()
    letters = [ro.write(PT, thread) for _ in range(3)] + [ro.write(PT) for _ in range(47)]
    receipts = [receipt_in(one, letter, pt) for one, letter in zip(ro.brings(*letters), letters, strict=True)]
    assert len({receipt.size for receipt in receipts}) == 1
    assert len({receipt.index for receipt in receipts}) == 50
    assert taken.letters == letters


@pytest.mark.django_db(transaction=True)
def test_a_letter_that_comes_twice_has_one_effect_and_one_receipt(ro: Desk, taken: Taken) -> None:
    letter, before = ro.write(PT), journal.tree().size
    (first,), (second,) = ro.brings(letter), ro.brings(letter)
    assert first == second
    assert taken.letters == [letter]
    assert (kept(), StoredReceipt.objects.count(), journal.tree().size) == (1, 1, before + 1)


def test_a_letter_that_stands_twice_in_one_batch_has_one_effect(ro: Desk, taken: Taken) -> None:
    letter = ro.write(PT)
    first, second = ro.brings(letter, letter)
    assert first == second
    assert taken.letters == [letter]


def test_a_receipt_once_given_outlives_the_card_and_the_checkpoint_of_its_day(ro: Desk, pt: ThisNode) -> None:
    letter = ro.write(PT)
    (first,) = ro.brings(letter)
    ro.brings(*[ro.write(PT) for _ in range(20)])
    (again,) = ro.brings(letter, at=NOW + timedelta(days=6))
    assert again == first
    receipt_in(again, letter, pt)


def test_letters_of_two_senders_do_not_meet(ro: Desk) -> None:
    gr = Desk.of("gr")
    know(gr.card)
    thread = new_thread()
    letters = [ro.write(PT, thread), gr.write(PT, thread)]
    assert [code_of(desk.brings(one)[0]) for desk, one in zip((ro, gr), letters, strict=True)] == ["taken", "taken"]


# --- Order --------------------------------------------------------------------------------------


def test_a_letter_whose_predecessor_is_missing_is_not_kept_and_fits_once_it_is_there(ro: Desk, taken: Taken) -> None:
    thread = new_thread()
    one, two, three = (ro.write(PT, thread) for _ in range(3))
    assert [code_of(answer) for answer in ro.brings(three, two)] == ["wire.letter-gap", "wire.letter-gap"]
    assert kept() == 0
    assert [code_of(answer) for answer in ro.brings(one)] == ["taken"]
    assert [code_of(answer) for answer in ro.brings(three, two)] == ["wire.letter-gap", "taken"]
    assert [code_of(answer) for answer in ro.brings(three)] == ["taken"]
    assert taken.letters == [one, two, three]


def test_two_letters_for_one_place_are_a_fork_and_kept_for_a_person(ro: Desk, taken: Taken) -> None:
    thread = new_thread()
    first = ro.write(PT, thread)
    other = sign_letter(replace(ro.draft(PT, thread), seq=1, prev=None), key=ro.signing_key)
    answers = ro.brings(first, other)
    assert [code_of(answer) for answer in answers] == ["taken", "wire.letter-forked"]
    assert taken.letters == [first]
    row = QuarantinedLetter.objects.get()
    assert (row.peer, row.envelope) == ("ro", other.jws.decode())
    assert StoredEntry.objects.get(index=row.entry).kind == "letter-quarantined"
    ro.brings(other)
    assert QuarantinedLetter.objects.count() == 1


def test_two_letters_with_one_id_are_a_fork(ro: Desk) -> None:
    same = LetterId("8f2d1a4e-4b1f-4d55-9d0e-2f6f2b9a7c11")
    answers = ro.brings(ro.write(PT, id=same), ro.write(PT, id=same))
    assert [code_of(answer) for answer in answers] == ["taken", "wire.letter-forked"]
    assert code_of(ro.brings(ro.write(PT, id=same))[0]) == "wire.letter-forked"


def test_a_false_letter_in_a_batch_hinders_no_other(ro: Desk, taken: Taken) -> None:
    good = [ro.write(PT) for _ in range(3)]
    forged = sign_letter(ro.draft(PT, new_thread()), key=Desk.of("eve").signing_key)
    answers = ro.brings(good[0], forged, good[1], SealedLetter(b"nothing"), good[2])
    assert [code_of(answer) for answer in answers] == ["taken", "wire.sender-key", "taken", "envelope", "taken"]
    assert taken.letters == good


# --- Letters that are refused -------------------------------------------------------------------


def test_a_letter_signed_by_another_key_under_the_senders_key_id_is_quarantined(ro: Desk) -> None:
    posing = jose.SigningKey(kid=ro.signing_key.kid, jwk=Desk.of("eve").signing_key.jwk)
    forged = sign_letter(ro.draft(PT, new_thread()), key=posing)
    assert [code_of(answer) for answer in ro.brings(forged)] == ["envelope-signature"]
    assert QuarantinedLetter.objects.get().code == "envelope-signature"
    assert kept() == 0


def test_an_envelope_altered_on_its_way_is_quarantined(ro: Desk) -> None:
    sealed = sealed_to_this_node(ro.write(PT)).jwe
    altered = sealed[:-30] + (b"A" if sealed[-30:-29] != b"A" else b"B") + sealed[-29:]
    assert [code_of(answer) for answer in ro.brings(SealedLetter(altered))] == ["envelope-broken"]
    assert QuarantinedLetter.objects.get().envelope == altered.decode()


def test_what_was_quarantined_stands_as_an_alarm_until_a_person_has_seen_it(ro: Desk) -> None:
    posing = jose.SigningKey(kid=ro.signing_key.kid, jwk=Desk.of("eve").signing_key.jwk)
    forged = sealed_to_this_node(sign_letter(ro.draft(PT, new_thread()), key=posing))
    good = ro.write(PT)
    assert [code_of(answer) for answer in ro.brings(forged, good, forged)][1] == "taken"
    ro.brings(forged)
    (alarm,) = journal.alarms()
    assert (alarm.code, alarm.origin) == ("wire.quarantined", "ro")
    assert "tocsin wire status" in alarm.sentence
    assert [message.id for message in check_alarms(None, databases=["default"])] == ["tocsin.W011"]
    assert gauges()["tocsin_journal_alarms"][1]() == 1
    assert StoredEntry.objects.filter(kind="journal-alarm-raised").count() == 1
    see_alarm(alarm.number, by=Actor(PT, person="p1", roles=frozenset({"administrator"})), at=NOW)
    ro.brings(forged)
    assert journal.alarms() == [], "the same thing again is no second alarm"


def test_a_letter_to_somebody_else_is_refused_whoever_sealed_it_to_us(ro: Desk) -> None:
    assert code_of(ro.brings(ro.write(MemberId("gr")))[0]) == "wire.letter-not-for-us"


def test_a_letter_that_another_member_passes_on_is_refused(ro: Desk) -> None:
    gr = Desk.of("gr")
    know(gr.card)
    assert code_of(gr.brings(ro.write(PT))[0]) == "wire.sender-key"  # the key that it names is not gr's


def test_a_letter_sealed_to_another_key_is_refused(ro: Desk) -> None:
    public = Desk.of("gr").someone.keys.sealing.public_key().public_bytes_raw()
    wrong = seal_letter(ro.write(PT), key=jose.sealing_key(public))
    assert code_of(ro.brings(wrong)[0]) == "envelope-key"


def test_a_letter_sealed_to_a_key_that_was_rotated_meanwhile_still_opens(
    ro: Desk, pt: ThisNode, as_node: AsNode
) -> None:
    sealed = sealed_to_this_node(ro.write(PT))
    newer = replace(pt.keys, sealing=Desk.of("pt").someone.keys.sealing, older_sealing=(pt.keys.sealing,))
    as_node("pt", keys=newer)
    assert code_of(ro.brings(sealed)[0]) == "taken"


@pytest.mark.parametrize("length", [0, 1, 200, -1])
def test_an_envelope_cut_short_is_refused(ro: Desk, length: int) -> None:
    sealed = sealed_to_this_node(ro.write(PT)).jwe
    assert code_of(ro.brings(SealedLetter(sealed[:length]))[0]).startswith("envelope")
    assert kept() == 0


def test_a_letter_longer_than_the_limit_is_refused_with_both_sizes(ro: Desk, as_node: AsNode) -> None:
    as_node("pt", limits=Limits(letter_bytes=4000))
    letter = ro.write(PT, body={"words": "x" * 4000})
    (answer,) = ro.brings(letter)
    assert isinstance(answer, Problem)
    assert (answer.code, answer.status) == ("wire.letter-too-large", 413)
    assert answer.fields == {"size": str(len(letter.jws)), "most": "4000"}


def test_an_ask_beyond_the_competences_of_the_card_is_refused(ro: Desk) -> None:
    (answer,) = ro.brings(ro.write(PT, instrument=InstrumentId("eev-epoc")))
    assert isinstance(answer, Problem)
    assert (answer.code, answer.fields) == ("wire.competence-missing", {"sender": "ro", "instrument": "eev-epoc"})


def test_another_suite_is_refused_by_name(ro: Desk, pt: ThisNode) -> None:
    payload = letter_payload(ro.draft(PT, new_thread())) | {"suite": "tocsin-0"}
    jws = jose.sign(canonical(payload), typ=Typ.LETTER, key=ro.signing_key)
    key = jose.sealing_key(pt.keys.sealing.public_key().public_bytes_raw())
    (answer,) = ro.brings(SealedLetter(jose.seal(jws, key=key)))
    assert code_of(answer) == "wire.letter-suite"


def test_a_kind_that_nobody_here_takes_is_refused(ro: Desk) -> None:
    handlers.use({})
    (answer,) = ro.brings(ro.write(PT))
    assert isinstance(answer, Problem)
    assert (answer.code, answer.fields) == ("wire.letter-kind-not-taken", {"kind": "ask"})


class NoSuchAccountError(PeerError):
    code = "no-such-account"
    sentence = "The field account is not an account."


def test_a_handler_that_refuses_leaves_nothing_of_the_letter_and_all_of_the_others(ro: Desk, taken: Taken) -> None:
    thread = new_thread()
    letters = [ro.write(PT), ro.write(PT, thread), ro.write(PT, thread), ro.write(PT)]

    def refuse(letter: Letter) -> None:
        if letter == letters[1]:
            raise NoSuchAccountError

    taken.refuse = refuse
    answers = ro.brings(*letters)
    assert [code_of(answer) for answer in answers] == ["taken", "no-such-account", "wire.letter-gap", "taken"]
    assert set(StoredLetter.objects.values_list("sha256", flat=True)) == {letters[0].sha256, letters[3].sha256}


class NoDeskError(RuleError):
    code = "no-desk"
    sentence = "This node has no desk yet."


def test_a_fault_that_is_ours_to_mend_lets_the_letter_come_again(ro: Desk, taken: Taken) -> None:
    def fail(_: Letter) -> None:
        raise NoDeskError

    taken.refuse = fail
    letter = ro.write(PT)
    (answer,) = ro.brings(letter)
    assert isinstance(answer, Problem)
    assert (answer.code, answer.status, answer.retryable) == ("no-desk", 503, True)
    taken.refuse = lambda _: None
    assert code_of(ro.brings(letter)[0]) == "taken"


def test_an_error_that_nobody_foresaw_keeps_nothing_of_the_batch(ro: Desk, taken: Taken) -> None:
    def fail(_: Letter) -> None:
        raise ZeroDivisionError

    taken.refuse = fail
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        ro.brings(ro.write(PT))
    assert kept() == 0


def test_refusals_are_counted_by_reason_and_nothing_else_is_kept_of_them(ro: Desk) -> None:
    ro.brings(ro.write(MemberId("gr")), ro.write(MemberId("gr")), SealedLetter(b"x"))
    counts = dict(RefusalCount.objects.values_list("code", "count"))
    assert counts == {"wire.letter-not-for-us": 2, "envelope": 1}


# --- Who may bring anything ---------------------------------------------------------------------


def test_an_unknown_member_is_turned_away_before_anything_is_opened() -> None:
    eve = Desk.of("eve")
    with pytest.raises(SenderUnknownError):
        eve.brings(eve.write(PT))
    assert kept() == 0
    assert QuarantinedLetter.objects.count() == 0


def test_a_member_whose_card_nobody_confirmed_is_turned_away(ro: Desk) -> None:
    KnownCard.objects.filter(member="ro").update(source="file")
    with pytest.raises(SenderUnknownError) as raised:
        ro.brings(ro.write(PT))
    assert "confirmed" in str(raised.value)


def test_a_revoked_key_works_no_more_whatever_the_letter_says_of_its_time(ro: Desk) -> None:
    letter, stolen = ro.write(PT, written=NOW - timedelta(days=30)), ro.signing_key
    RefusedKey.objects.create(member="ro", kid=stolen.kid, since=NOW - timedelta(minutes=1), reason="stolen")
    with pytest.raises(SenderKeyError) as raised:
        ro.admitted()
    assert "revoked: stolen" in str(raised.value)
    ro.someone.rotate_signing()
    know(ro.someone.card(at=NOW - timedelta(hours=6)), since=NOW - timedelta(hours=5))
    assert [code_of(answer) for answer in ro.brings(letter, ro.write(PT))] == ["wire.sender-key", "taken"]


def test_a_retired_key_still_verifies_what_was_written_before_and_nothing_later(ro: Desk) -> None:
    early, late = ro.write(PT, written=NOW - timedelta(days=2)), ro.write(PT, written=NOW - timedelta(minutes=1))
    ro.someone.rotate_signing()
    know(ro.someone.card(at=NOW - timedelta(hours=6)), since=NOW - timedelta(hours=5))
    assert [code_of(answer) for answer in ro.brings(early, late)] == ["taken", "wire.sender-key"]


def test_a_ticket_is_good_once(ro: Desk) -> None:
    caller, letter = ro.admitted(), sealed_to_this_node(ro.write(PT))
    receive([letter], caller=caller, at=NOW)
    with pytest.raises(TicketUsedError):
        receive([letter], caller=caller, at=NOW)


def test_a_ticket_of_a_batch_that_was_rolled_back_is_not_used_up(ro: Desk, taken: Taken) -> None:
    caller, letter = ro.admitted(), sealed_to_this_node(ro.write(PT))

    def fail(_: Letter) -> None:
        raise DatabaseError("the connection is gone")

    taken.refuse = fail
    with pytest.raises(DatabaseError), transaction.atomic():
        receive([letter], caller=caller, at=NOW)
    taken.refuse = lambda _: None
    assert [code_of(answer) for answer in receive([letter], caller=caller, at=NOW)] == ["taken"]


def test_a_ticket_for_another_body_or_time_admits_nobody(ro: Desk) -> None:
    header = ro.ticket(asked=replace(ASKED, body=body_hash(b"one")))
    with pytest.raises(TicketFaultyError):
        admit(header, asked=replace(ASKED, body=body_hash(b"two")), at=NOW)
    with pytest.raises(TicketOutOfTimeError):
        admit(ro.ticket(), asked=ASKED, at=NOW + timedelta(minutes=2))
    with pytest.raises(TicketFaultyError):
        admit(ro.ticket(), asked=Asked(method="POST", path="/wire/receipts"), at=NOW)


def test_more_letters_in_a_minute_than_the_limit_are_told_when_to_come_back(ro: Desk, as_node: AsNode) -> None:
    as_node("pt", limits=Limits(letters_per_minute=5))
    ro.brings(*[ro.write(PT) for _ in range(5)], at=NOW + timedelta(seconds=20))
    with pytest.raises(TooManyLettersError) as raised, transaction.atomic():
        ro.brings(ro.write(PT), at=NOW + timedelta(seconds=20))
    assert raised.value.fields["retry_after"] == 40
    assert code_of(ro.brings(ro.write(PT), at=NOW + timedelta(seconds=60))[0]) == "taken"


def test_a_sender_that_was_cut_off_says_so_and_it_is_kept(ro: Desk) -> None:
    down = Down(since=NOW - timedelta(hours=9), attempts=118, reason="connection refused")
    ro.brings(ro.write(PT), down=down)
    row = DownStatement.objects.get()
    assert (row.peer, row.since, row.attempts) == ("ro", down.since, 118)
    assert StoredEntry.objects.get(index=row.entry).kind == "down-stated"
    ro.brings(ro.write(PT), down=replace(down, attempts=119))
    assert DownStatement.objects.get().attempts == 119


# --- Clocks -------------------------------------------------------------------------------------


def test_a_clock_that_jumped_ahead_at_the_sender_is_told_with_both_times(ro: Desk) -> None:
    letter = ro.write(PT, written=NOW + timedelta(hours=1))
    (answer,) = ro.brings(letter)
    assert isinstance(answer, Problem)
    assert (answer.code, answer.retryable) == ("wire.letter-from-the-future", True)
    assert code_of(ro.brings(letter, at=NOW + timedelta(hours=1))[0]) == "taken"


def test_an_exercise_is_refused_by_a_node_that_is_not_made_for_it(ro: Desk, as_node: AsNode) -> None:
    letter = ro.write(PT, written=NOW + timedelta(days=60), exercise_shift_seconds=60 * 86400)
    assert code_of(ro.brings(letter)[0]) == "wire.exercise-letter"
    as_node("pt", exercise=True)
    assert code_of(ro.brings(letter)[0]) == "taken"


# --- The database keeps it ----------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_letter_cannot_be_kept_without_an_entry(ro: Desk) -> None:
    ro.brings(ro.write(PT))
    with pytest.raises(IntegrityError, match="without an entry"), transaction.atomic():
        StoredLetter.objects.update(kind="close")


def test_a_batch_of_fifty_asks_the_database_no_more_often_than_one_of_two(ro: Desk) -> None:
    def questions(count: int) -> int:
        letters = [sealed_to_this_node(ro.write(PT)) for _ in range(count)]
        caller = ro.admitted()
        with CaptureQueriesContext(connection) as asked:
            receive(letters, caller=caller, at=NOW)
        return len(asked)

    questions(1)
    assert questions(50) <= questions(2) + 1  # a tile of the journal may become full
