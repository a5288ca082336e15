"""As a witness this node cosigns what continues, once, and raises an alarm for what does not."""

import json
import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection, transaction
from django.test import Client

from tests.conftest import AsNode
from tests.directory.cards import Member
from tests.journal.examples import NIGHT, OFFICER, OtherLog
from tocsin.base import instant
from tocsin.base.this_node import this_node
from tocsin.directory.acts import cards
from tocsin.directory.rules.words import words_of
from tocsin.gate import witness as gate
from tocsin.journal import acts, reads
from tocsin.journal.errors import UnknownAlarmError
from tocsin.journal.models import Alarm, StoredEntry
from tocsin.proof.checkpoint import open_checkpoint
from tocsin.proof.note import WITNESS, VerifierKey, parse_note
from tocsin.proof.witness import Answer

ENTRIES = [sha256(bytes([n])).digest() for n in range(40)]
NAME = sha256(b"pt.example/journal").hexdigest()


@pytest.fixture(autouse=True)
def _ro(as_node: AsNode, transactional_db: None) -> None:  # noqa: ARG001 - what is answered has to be committed
    as_node("ro")


@pytest.fixture
def pt() -> OtherLog:
    return OtherLog(entries=ENTRIES[:10])


def ours() -> VerifierKey:
    return VerifierKey("ro.example/journal/witness", WITNESS, this_node().keys.witness.public_key().public_bytes_raw())


def ask(log: OtherLog, *, old: int, body: bytes | None = None) -> Answer:
    return acts.add_checkpoint(body or log.submission(old=old), keys_of=log.keys_of, at=NIGHT)


def test_a_checkpoint_that_continues_is_cosigned_and_kept_with_the_cosignature(pt: OtherLog) -> None:
    answer = ask(pt, old=0)
    assert answer.status == 200
    note = reads.witnessed(NAME)
    assert note is not None
    assert note == pt.checkpoint() + answer.body.encode()
    opened = open_checkpoint(note, logs=[pt.verifier], witnesses=[ours()])
    assert [cosigned.seconds for cosigned in opened.cosigned] == [int(NIGHT.timestamp())]
    pt.grow(ENTRIES[10:30])
    assert ask(pt, old=10).status == 200
    assert reads.witnessed_sizes() == {"pt.example/journal": 30}


def test_an_old_size_that_is_not_the_one_seen_last_is_told_the_one_that_is(pt: OtherLog) -> None:
    ask(pt, old=0)
    pt.grow(ENTRIES[10:30])
    answer = ask(pt, old=0)
    assert (answer.status, answer.body, answer.content_type) == (409, "10\n", "text/x.tlog.size")


def test_a_log_that_nobody_knows_leaves_no_trace(pt: OtherLog) -> None:
    answer = acts.add_checkpoint(pt.submission(old=0), keys_of=lambda _: (), at=NIGHT)
    assert answer.status == 404
    assert reads.witnessed_sizes() == {}


@pytest.mark.parametrize("body", [b"", b"old 0\n\nnot a note", b"old x\n\n", b"\xff\xfe"], ids=repr)
def test_what_cannot_be_read_is_refused(pt: OtherLog, body: bytes) -> None:
    assert acts.add_checkpoint(body, keys_of=pt.keys_of, at=NIGHT).status == 400


def test_the_answer_is_never_given_inside_a_transaction_that_could_be_rolled_back(pt: OtherLog) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError):
        ask(pt, old=0)


# --- Two histories ------------------------------------------------------------------------------


def split(log: OtherLog) -> OtherLog:
    """The same log as somebody rewrote it: another entry in it, signed with the same key."""
    other = OtherLog(entries=[*ENTRIES[:5], *ENTRIES[6:12]])
    other.key = log.key
    return other


def test_a_second_history_is_not_cosigned_and_raises_an_alarm_with_both_as_evidence(pt: OtherLog) -> None:
    ask(pt, old=0)
    forged = split(pt)
    answer = ask(forged, old=10)
    assert answer.status == 422
    assert reads.witnessed_sizes() == {"pt.example/journal": 10}
    (alarm,) = reads.alarms()
    assert (alarm.code, alarm.origin) == ("journal.inconsistent-checkpoint", "pt.example/journal")
    assert "pt.example/journal signed a tree of 11" in alarm.sentence
    evidence = json.loads(alarm.evidence)
    for note in (evidence["cosigned"], evidence["refused"].partition("\n\n")[2]):
        open_checkpoint(note.encode(), logs=[pt.verifier])  # both are signed by the log itself


def test_the_alarm_is_in_the_journal_and_its_entry_names_the_evidence(pt: OtherLog) -> None:
    ask(pt, old=0)
    ask(split(pt), old=10)
    (kept,) = Alarm.objects.all()
    assert kept.entry is not None
    event = reads.opening_of(kept.entry).event
    assert isinstance(event, dict)
    assert event["kind"] == "journal-alarm-raised"
    assert event["evidence_sha256"] == sha256(kept.evidence.encode()).hexdigest()


def test_the_same_contradiction_again_is_no_second_alarm(pt: OtherLog) -> None:
    ask(pt, old=0)
    forged = split(pt)
    for _ in range(3):
        assert ask(forged, old=10).status == 422
    assert len(reads.alarms()) == 1
    assert StoredEntry.objects.count() == 1


def test_a_log_that_floods_its_witness_with_contradictions_fills_no_disk(
    pt: OtherLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acts.alarm, "ENOUGH", 3)
    ask(pt, old=0)
    forged = split(pt)
    for number in range(6):
        forged.grow([bytes([number])])
        assert ask(forged, old=10).status == 422
    assert len(reads.alarms()) == 3


def test_a_proof_with_a_hash_changed_is_refused(pt: OtherLog) -> None:
    ask(pt, old=0)
    pt.grow(ENTRIES[10:30])
    head, gap, rest = pt.submission(old=10).partition(b"\n\n")
    lines = head.split(b"\n")
    lines[2] = lines[1]
    assert ask(pt, old=10, body=b"\n".join(lines) + gap + rest).status == 422


# --- At the same time ---------------------------------------------------------------------------


def test_of_two_that_ask_at_once_from_the_same_size_one_wins(pt: OtherLog) -> None:
    ask(pt, old=0)
    bodies = []
    for more in (ENTRIES[10:12], ENTRIES[12:20]):
        pt.grow(more)
        bodies.append(pt.submission(old=10))
    gate_, answers = threading.Barrier(2), []

    def run(body: bytes) -> None:
        gate_.wait(timeout=20)
        answers.append(acts.add_checkpoint(body, keys_of=pt.keys_of, at=NIGHT))
        connection.close()

    threads = [threading.Thread(target=run, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    won, lost = sorted(answers, key=lambda answer: answer.status)
    assert (won.status, lost.status) == (200, 409)
    assert won.record is not None
    assert lost.body == f"{won.record.size}\n"
    assert reads.witnessed_sizes() == {"pt.example/journal": won.record.size}


def test_a_slow_request_does_not_take_back_a_later_one(pt: OtherLog) -> None:
    """The race that the specification tells: whoever read the old size last must not store first."""
    ask(pt, old=0)
    pt.grow(ENTRIES[10:12])
    slow = pt.submission(old=10)
    pt.grow(ENTRIES[12:20])
    quick = pt.submission(old=10)
    holds, may_go = threading.Event(), threading.Event()
    answers: list[Answer] = []

    def keys_while_slow(origin: str) -> Sequence[VerifierKey]:
        holds.set()
        may_go.wait(timeout=20)
        return pt.keys_of(origin)

    def run() -> None:
        answers.append(acts.add_checkpoint(slow, keys_of=keys_while_slow, at=NIGHT))
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    assert holds.wait(timeout=20)
    assert ask(pt, old=10, body=quick).status == 200
    may_go.set()
    thread.join(timeout=30)
    assert [answer.status for answer in answers] == [409]
    assert reads.witnessed_sizes() == {"pt.example/journal": 20}


# --- Over HTTP ----------------------------------------------------------------------------------


@pytest.fixture
def _known(pt: OtherLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "keys_of", pt.keys_of)  # the cards have tests of their own


def post(client: Client, body: bytes) -> tuple[int, bytes, str]:
    response = client.post("/witness/add-checkpoint", data=body, content_type="text/plain")
    return response.status_code, response.content, response.headers["Content-Type"]


@pytest.mark.usefixtures("_known")
def test_a_log_posts_its_checkpoint_and_anybody_reads_what_was_cosigned(pt: OtherLog, client: Client) -> None:
    status, line, kind = post(client, pt.submission(old=0))
    assert (status, kind) == (200, "text/plain; charset=utf-8")
    assert parse_note(pt.checkpoint() + line).signatures[1].name == "ro.example/journal/witness"
    shown = client.get(f"/witness/{NAME}/checkpoint")
    assert (shown.status_code, shown.content) == (200, pt.checkpoint() + line)
    assert shown.headers["Cache-Control"] == "public, max-age=2"
    assert client.get(f"/witness/{'0' * 64}/checkpoint").status_code == 404
    pt.grow(ENTRIES[10:12])
    assert post(client, pt.submission(old=5)) == (409, b"10\n", "text/x.tlog.size")


def test_a_log_is_known_by_the_card_that_its_member_confirmed(pt: OtherLog, client: Client) -> None:
    member, officer, at = Member("pt"), replace(OFFICER, name="Ana Exemplu"), instant.true_now()
    pt.key = member.keys.journal
    card = member.card(at=at - timedelta(hours=1))
    gate._members._looked = -gate.LOOK_AGAIN_AFTER
    cards.take_card(card.file, by=officer, at=at)
    assert post(client, pt.submission(old=0))[0] == 404, "a card that nobody confirmed"
    cards.confirm_card(member.member, heard=str(words_of(card.jws, member=member.member)), by=officer, at=at)
    gate._members._looked = -gate.LOOK_AGAIN_AFTER
    assert post(client, pt.submission(old=0))[0] == 200
    stranger = OtherLog(entries=ENTRIES[:12])
    assert post(client, stranger.submission(old=10))[0] == 403


def test_a_log_that_is_on_no_card_is_not_known(pt: OtherLog, client: Client) -> None:
    assert post(client, pt.submission(old=0))[0] == 404


@pytest.mark.usefixtures("_known")
def test_what_is_too_large_is_refused_before_it_is_read(pt: OtherLog, client: Client) -> None:
    assert post(client, pt.submission(old=0) + b"x" * gate.MAX_BYTES)[0] == 413
    assert client.get("/witness/add-checkpoint").status_code == 405


def test_an_alarm_is_seen_by_a_person_once(pt: OtherLog) -> None:
    ask(pt, old=0)
    ask(split(pt), old=10)
    (alarm,) = reads.alarms()
    acts.see_alarm(alarm.number, by=OFFICER, at=NIGHT)
    assert reads.alarms() == []
    with pytest.raises(UnknownAlarmError):
        acts.see_alarm(alarm.number, by=OFFICER, at=NIGHT)


# --- Keys that are replaced ---------------------------------------------------------------------


def test_a_log_that_signs_with_another_key_goes_on_in_the_same_record(pt: OtherLog) -> None:
    assert ask(pt, old=0).status == 200
    rotated = OtherLog(entries=ENTRIES[:20])
    both = lambda origin: [*pt.keys_of(origin), *rotated.keys_of(origin)]  # noqa: E731 - the card names both keys
    assert acts.add_checkpoint(rotated.submission(old=10), keys_of=both, at=NIGHT).status == 200
    assert reads.witnessed_sizes() == {"pt.example/journal": 20}
    again = acts.add_checkpoint(rotated.submission(old=0), keys_of=both, at=NIGHT)
    assert (again.status, again.body) == (409, "20\n"), "a new key does not begin a new record"
    other = OtherLog(entries=[*ENTRIES[1:20], *ENTRIES[:5]])
    other.key = rotated.key
    answer = acts.add_checkpoint(other.submission(old=20), keys_of=both, at=NIGHT)
    assert answer.status == 422, "and makes no second history good"


def test_a_witness_with_another_key_keeps_its_record(pt: OtherLog, as_node: AsNode) -> None:
    assert ask(pt, old=0).status == 200
    node = this_node()
    as_node("ro", keys=replace(node.keys, witness=Ed25519PrivateKey.generate()))
    assert ask(pt, old=0).body == "10\n"
    pt.grow(ENTRIES[10:20])
    assert ask(pt, old=10).status == 200
    note = reads.witnessed(NAME)
    assert note is not None
    assert len(open_checkpoint(note, logs=[pt.verifier], witnesses=[ours()]).cosigned) == 1
    other = OtherLog(entries=[*ENTRIES[20:30], *ENTRIES[:15]])
    other.key = pt.key
    assert ask(other, old=20).status == 422
