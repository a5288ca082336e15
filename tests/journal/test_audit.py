"""One byte changed anywhere, and the audit says where."""

import os
import random
import tracemalloc
from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import transaction

from tests.conftest import AsNode
from tests.journal.examples import NIGHT, OFFICER, OtherLog, as_administrator, execute, grown_to, record_looks
from tocsin.journal import acts, reads
from tocsin.journal.rules.audit import Audit, Counts, Graves, Signed, Source
from tocsin.journal.rules.place import Head
from tocsin.journal.rules.verdict import Row
from tocsin.proof.note import WITNESS, VerifierKey, cosign_text, parse_note

PT = OtherLog("pt.example/journal")
PT_WITNESS = VerifierKey("pt.example/journal/witness", WITNESS, PT.key.public_key().public_bytes_raw())
ERASED = (7, 260, 590)
SIZES = (1, 200, 512, 560, 590, 601)


@pytest.fixture(autouse=True)
def _ro(as_node: AsNode) -> None:
    as_node("ro")


@pytest.fixture
def journal(db: None) -> None:  # noqa: ARG001 - rolled back after the test
    """602 entries: two full tiles and an end, checkpoints, a cosignature, and three that were erased by entry 601."""
    signed = grown_to(*SIZES)
    text = parse_note(signed[2].note).text
    line = cosign_text(text, name=PT_WITNESS.name, key=PT.key, seconds=1_790_000_000).line()
    acts.keep_cosignature(signed[2], line.encode(), witness=PT_WITNESS, at=NIGHT)
    acts.erase_all(ERASED, rule="retention of tests", by=OFFICER, at=NIGHT)
    acts.checkpoint(at=NIGHT)


def found() -> list[str]:
    return [finding.sentence() for finding in reads.findings(reads.audits())]


@pytest.mark.usefixtures("journal")
def test_an_unaltered_journal_is_found_whole() -> None:
    audits = reads.audits()
    assert list(reads.findings(audits)) == []
    assert audits[0].counts == Counts(entries=602, erased=3, hashes=2, checkpoints=7, cosignatures=1)


def flip(column: str, at: int) -> str:
    return f"{column} = set_byte({column}, {at}, get_byte({column}, {at}) # 1)"


def entry(change: str, index: int) -> str:
    return f"UPDATE journal_storedentry SET {change} WHERE index = {index}"  # noqa: S608 - a test


def tile(change: str, level: int, number: int) -> str:
    return f"UPDATE journal_tile SET {change} WHERE (level, number) = ({level}, {number})"  # noqa: S608 - a test


def checkpoint(change: str, size: int) -> str:
    return f"UPDATE journal_storedcheckpoint SET {change} WHERE size = {size}"  # noqa: S608 - a test


OPENING = "its event or its salt was altered"
COMMITMENT = "its commitment was altered"
TILE = "it was altered: the entry and the hash above agree on another"
ABOVE = "it is not the hash over what lies below it"
NOTE = "its note or its key was altered"
COSIGNATURE = "checkpoint of 512: the cosignature of {0} was altered: the signature of {0} does not verify".format(
    "pt.example/journal/witness"
)
NOBODY = "its event and salt, its commitment and the tree do not agree, and nothing says which is right"

# What is changed, and every word that the audit says of it.
CHANGES: dict[str, tuple[str, list[str]]] = {
    "the event of an entry": (entry("event = replace(event, 'a test', 'a Test')", 5), [f"entry 5: {OPENING}"]),
    "the salt of an entry": (entry(flip("salt", 31), 5), [f"entry 5: {OPENING}"]),
    "the commitment of an entry": (entry(flip("commitment", 0), 5), [f"entry 5: {COMMITMENT}"]),
    "the event of the first entry": (entry("event = replace(event, '03:00', '04:00')", 0), [f"entry 0: {OPENING}"]),
    "the event at the end of a tile": (entry(flip("salt", 0), 255), [f"entry 255: {OPENING}"]),
    "the event of an entry beyond the tiles": (entry(flip("salt", 0), 550), [f"entry 550: {OPENING}"]),
    "the commitment of an entry beyond the tiles": (entry(flip("commitment", 9), 550), [f"entry 550: {COMMITMENT}"]),
    "the event of the last entry": (
        entry("event = replace(event, 'of tests', 'of Tests')", 601),
        [f"entry 601: {OPENING}"],
    ),
    "the kind of an entry": (
        entry("kind = 'test-file-looked-aT'", 5),
        ["entry 5: its column kind is 'test-file-looked-aT', and its event says 'test-file-looked-at'"],
    ),
    "the instant of an entry": (
        entry("at = at + interval '1 hour'", 0),
        ["entry 0: its column at is 2026-11-24T04:00:01.123Z, and its event says 2026-11-24T03:00:01.123Z"],
    ),
    "what an entry is about": (
        entry("about = 'file 99'", 6),
        ["entry 6: its column about is 'file 99', which its event does not name"],
    ),
    "the commitment of an erased entry": (
        entry(flip("commitment", 3), 7),
        [f"entry 7: {COMMITMENT} (the entry is erased)"],
    ),
    "the kind of an erased entry": (
        entry("kind = 'test-x'", 7),
        ["entry 7: its kind or instant is not the one that the record of its erasure tells"],
    ),
    "the instant of an erased entry": (
        entry("at = at + interval '1 second'", 260),
        ["entry 260: its kind or instant is not the one that the record of its erasure tells"],
    ),
    "which entry records an erasure": (
        entry("erased_by = 600", 7),
        ["entry 7: it is erased, and entry 600 does not record that"],
    ),
    "an entry erased by nobody": (
        entry("salt = NULL, event = NULL, about = NULL, erased_by = 601", 8),
        ["entry 8: it is erased, and entry 601 does not record that"],
    ),
    "an entry gone": ("DELETE FROM journal_storedentry WHERE index = 9", ["entry 9: it is missing"]),
    "an erased entry gone": ("DELETE FROM journal_storedentry WHERE index = 7", ["entry 7: it is missing"]),
    "an entry gone beyond the tiles": (
        "DELETE FROM journal_storedentry WHERE index = 555",
        ["entry 555: it is missing"],
    ),
    "the last entries gone": (
        "DELETE FROM journal_storedentry WHERE index IN (599, 600)",
        ["entry 599: it is missing", "entry 600: it is missing"],
    ),
    "an entry replaced as a whole": (
        entry("event = '{}', salt = sha256('s'), commitment = sha256(sha256('s') || '{}'::bytea)", 5),
        ["entry 5: it was replaced: the tree holds another entry in its place"],
    ),
    "an entry replaced beyond the tiles": (
        entry("event = '{}', salt = sha256('s'), commitment = sha256(sha256('s') || '{}'::bytea)", 515),
        [
            "entry 515: its column kind is 'test-file-looked-at', and its event says None",
            "entry 515: its column at is 2026-11-24T03:09:20.123Z, and its event says None",
            "entry 515: its column about is 'file 3', which its event does not name",
            "checkpoint of 560: it was signed for another tree: something in entries 512 to 559 is not as it was",
        ],
    ),
    "a hash in a tile": (tile(flip("hashes", 32 * 5 + 1), 0, 0), [f"tile 0/0, hash 5 (of entry 5): {TILE}"]),
    "a hash of an erased entry in a tile": (
        tile(flip("hashes", 32 * 4), 0, 1),
        [f"tile 0/1, hash 4 (of entry 260): {TILE}"],
    ),
    "a hash in the tile above": (
        tile(flip("hashes", 32 + 31), 1, 0),
        [f"tile 1/0, hash 1 (over entries 256 to 511): {ABOVE}"],
    ),
    "a tile gone": ("DELETE FROM journal_tile WHERE (level, number) = (0, 1)", ["tile 0/1: it is missing"]),
    "the tile above gone": (
        "DELETE FROM journal_tile WHERE level = 1",
        [
            "tile 1/0, hash 0 (over entries 0 to 255): it is missing",
            "tile 1/0, hash 1 (over entries 256 to 511): it is missing",
        ],
    ),
    "a tile that belongs to nothing": (
        "INSERT INTO journal_tile (log_id, level, number, hashes) SELECT 1, 0, 2, hashes FROM journal_tile LIMIT 1",
        ["level 0 of the tiles: it holds 256 hashes more than the log has"],
    ),
    "the root beside a checkpoint": (
        checkpoint(flip("root", 0), 200),
        ["checkpoint of 200: its column root is not the root that was signed"],
    ),
    "the size beside a checkpoint": (
        checkpoint("size = 201", 200),
        ["checkpoint of 201: what was signed is 200 entries of ro.example/journal"],
    ),
    "the text of a checkpoint": (
        checkpoint("note = replace(note, E'\\n200\\n', E'\\n202\\n')", 200),
        ["checkpoint of 200: its note or its key was altered: the signature of ro.example/journal does not verify"],
    ),
    "the key beside a checkpoint": (
        checkpoint("verifier = replace(verifier, '+A', '+B')", 200),
        [f"checkpoint of 200: {NOTE}: not a name with an Ed25519 key of a known kind"],
    ),
    "a checkpoint without its entries": (
        checkpoint("size = 700", 601),
        [
            "checkpoint of 700: what was signed is 601 entries of ro.example/journal",
            "checkpoint of 700: it covers entries 602 to 699, not there any more",
        ],
    ),
    "the cosignature of a checkpoint": (
        "UPDATE journal_cosignature SET line = overlay(line placing substr(line, length(line) - 29, 2) from 60)",
        [COSIGNATURE],
    ),
    "the head": (
        "UPDATE journal_log SET size = 600",
        [
            "checkpoint of 601: it covers entry 600, not there any more",
            "checkpoint of 602: it covers entries 600 to 601, not there any more",
            "the head: 2 entries lie outside of the 600 that it tells",
        ],
    ),
}


@pytest.mark.usefixtures("journal")
@pytest.mark.parametrize(("statement", "said"), CHANGES.values(), ids=CHANGES.keys())
def test_what_was_changed_is_named_and_nothing_else(statement: str, said: list[str]) -> None:
    as_administrator(statement)
    assert found() == said


@pytest.mark.usefixtures("journal")
def test_an_entry_changed_after_the_last_checkpoint_is_named_though_nothing_says_which_part() -> None:
    record_looks(3)
    as_administrator(entry(flip("salt", 0), 603))
    assert found() == [f"entry 603: {NOBODY}"]


@pytest.mark.usefixtures("journal")
def test_any_byte_of_any_entry_is_missed_by_nobody() -> None:
    seed = int(os.environ.get("TOCSIN_SEED", random.SystemRandom().randrange(10**6)))
    choose = random.Random(seed)  # noqa: S311 - the seed is told below
    for _ in range(25):
        index = choose.choice([n for n in range(601) if n not in ERASED])
        column = choose.choice(["salt", "commitment", "event"])
        if column == "event":
            length = execute("SELECT length(event) FROM journal_storedentry WHERE index = %s", index)[0][0]
            assert isinstance(length, int)
            change = f"event = overlay(event placing '~' from {choose.randrange(length) + 1} for 1)"
        else:
            change = flip(column, choose.randrange(32))
        with transaction.atomic():
            as_administrator(entry(change, index))
            rule = COMMITMENT if column == "commitment" else OPENING
            assert found() == [f"entry {index}: {rule}"], f"TOCSIN_SEED={seed}"
            transaction.set_rollback(True)


@pytest.mark.usefixtures("journal")
def test_a_checkpoint_that_another_key_signed_is_named() -> None:
    stranger = Ed25519PrivateKey.generate()
    log = OtherLog("ro.example/journal")
    log.key = stranger
    note, vkey = log.checkpoint().decode(), log.verifier.text()
    as_administrator(
        f"UPDATE journal_storedcheckpoint SET note = '{note}', verifier = '{vkey}' WHERE size = 200",  # noqa: S608 - a test
    )
    assert found() == [
        "checkpoint of 200: it is signed with a key that is not this node's",
        "checkpoint of 200: what was signed is 0 entries of ro.example/journal",
    ]


@pytest.mark.django_db
def test_the_last_part_of_a_journal_can_be_looked_at_alone() -> None:
    grown_to(9_000)
    record_looks(1_000)
    acts.checkpoint(at=NIGHT)
    audits = reads.audits(last=500)
    assert list(reads.findings(audits)) == []
    assert audits[0].counts.entries == 10_000 - 8_192
    as_administrator(entry(flip("salt", 0), 5), entry(flip("salt", 0), 9_500))
    assert [f.index for f in reads.findings(reads.audits(last=500))] == [9_500]
    assert [f.index for f in reads.findings(reads.audits())] == [5, 9_500]


@pytest.mark.usefixtures("journal")
def test_progress_is_told_in_entries() -> None:
    done: list[int] = []
    assert list(reads.findings(reads.audits(), progress=done.append)) == []
    assert sum(done) == 602


# --- S31 ----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("journal")
def test_s31_one_word_changed_and_one_entry_deleted_are_both_named_at_the_next_start() -> None:
    as_administrator(
        entry("event = replace(event, 'a test', 'no test')", 41), "DELETE FROM journal_storedentry WHERE index = 300"
    )
    found_at_start = acts.audit_at_start(at=NIGHT + timedelta(days=1)).findings
    assert [finding.index for finding in found_at_start] == [41, 300]
    assert [alarm.sentence for alarm in reads.alarms()] == [
        "The journal ro.example/journal was altered. entry 300: it is missing",
        f"The journal ro.example/journal was altered. entry 41: {OPENING}",
    ]
    head = reads.head()
    assert head is not None
    assert reads.opening_of(head.first + head.size - 1).event == {  # and the journal goes on, and tells it
        **reads.opening_of(head.first + head.size - 1).event,  # type: ignore[dict-item]
        "kind": "journal-alarm-raised",
        "code": "journal.altered",
    }


@pytest.mark.usefixtures("journal")
def test_an_alarm_of_the_audit_is_raised_once_and_stands_until_a_person_has_seen_it() -> None:
    as_administrator(entry(flip("salt", 0), 41))
    acts.audit_journal(at=NIGHT)
    acts.audit_journal(at=NIGHT + timedelta(days=1))
    (alarm,) = reads.alarms()
    acts.see_alarm(alarm.number, by=OFFICER, at=NIGHT + timedelta(days=2))
    acts.audit_journal(at=NIGHT + timedelta(days=3))
    assert reads.alarms() == []
    assert [seen.seen for seen in reads.alarms(waiting=False)] == [NIGHT + timedelta(days=2)]


# --- Size ---------------------------------------------------------------------------------------


class Endless(Source):
    """A journal as long as one likes, made up chunk by chunk, with nothing right in it."""

    def rows(self, log: Head, low: int, high: int) -> list[Row]:
        return [Row(log.first + n, bytes(32), bytes(32), "{}", "x", NIGHT, None, None) for n in range(low, high)]

    def tiles(self, _log: Head, _level: int, low: int, high: int) -> Mapping[int, bytes]:
        return {n: bytes(8192) for n in range(low, high)}

    def checkpoints(self, _log: Head, *, above: int) -> Iterator[Signed]:
        return iter([Signed(above + n, bytes(32), "", "", ()) for n in range(1, 5000)])

    def graves(self, _erased_by: Collection[int]) -> Graves:
        return {}

    def hashes(self, _log: Head) -> Mapping[int, int]:
        return {}

    def beyond(self, _log: Head) -> int:
        return 0


def test_an_audit_keeps_no_more_of_a_long_journal_than_of_a_short_one() -> None:
    def peak(size: int) -> int:
        log = Head(1, "ro.example/journal", "ro", 0, size, None)
        tracemalloc.start()
        count = sum(1 for _ in Audit(Endless(), log, ours=()).findings())
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert count >= size
        return most

    assert peak(24_000) < 1.1 * peak(8_192)
