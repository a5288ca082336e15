"""Erasure: what is due goes whole, what is held stays, places and proofs stand, and a kill anywhere does no harm."""

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connections, transaction

from tests.evidence.scene import Scene
from tests.offices import Offices, connection_to, entries
from tests.requests.desk import Pair, stored
from tests.retention.conftest import Ruled
from tests.retention.ended import LONG_AFTER, ended, files_here, left_of
from tests.retention.rules import KEPT
from tocsin.base.actor import Actor
from tocsin.base.instant import text
from tocsin.base.this_node import this_node
from tocsin.evidence import reads as evidence
from tocsin.evidence.acts import erase as evidence_acts
from tocsin.evidence.errors import PackageErasedError
from tocsin.journal import acts as journal
from tocsin.journal import reads as journal_reads
from tocsin.journal.models import StoredEntry
from tocsin.people.errors import RightMissingError
from tocsin.requests import reads as requests
from tocsin.requests.acts import erase as request_acts
from tocsin.requests.acts.send import send_request
from tocsin.requests.acts.sign_off import sign_off
from tocsin.requests.acts.write import write_letter
from tocsin.requests.errors import PersonNeededError, UnknownRequestError
from tocsin.requests.models import Draft, Request
from tocsin.requests.rules import letters as say
from tocsin.retention import reads
from tocsin.retention.acts import erase as acts
from tocsin.retention.acts.erase import erase_request, finish_erasures
from tocsin.retention.acts.retain import retain
from tocsin.retention.errors import NotDueError
from tocsin.retention.models import Erasure
from tocsin.retention.rules.policy import Erase
from tocsin.wire import reads as wire
from tocsin.wire.acts import erase as wire_acts
from tocsin.wire.folders import whole_path
from tocsin.wire.models import Outgoing, StoredLetter

SAID = ("example.user", "RO-55", "Zyprexa", "mailbox.mbox", "sessions.csv", "Thank you", "Sofia Amostra")
"""Words of the letters, the draft, the package and the look; each is somewhere before the erasure."""


def officer(offices: Offices, member: str = "ro") -> Actor:
    """Somebody who may erase and hold."""
    return offices.person(member, "Carmen Caz", "case-officer")


# --- What goes and what stays -------------------------------------------------------------------


def test_nothing_of_what_was_said_is_left_in_the_database_or_on_the_disk(scene: Scene) -> None:
    at = ended(scene)
    there = {each.split(" in ")[0] for each in left_of(SAID)}
    assert there == set(SAID)
    assert files_here() != []
    retain(at=at + LONG_AFTER - timedelta(days=KEPT.notice_days))
    retain(at=at + LONG_AFTER)
    assert left_of(SAID) == []
    assert files_here() == []


def test_state_clocks_and_chain_hold_over_tombstones(scene: Scene) -> None:
    at = ended(scene)
    before = requests.standing_for(scene.ioana, scene.hand_over, at=at)
    erase_request(scene.hand_over, by=officer(scene.offices), at=at + LONG_AFTER)
    after = requests.standing_for(scene.ioana, scene.hand_over, at=at)
    assert after.thread.letters == ()
    assert after.thread.state == before.thread.state
    assert [(each.key, each.state) for each in after.clocks] == [(each.key, each.state) for each in before.clocks]
    assert [each.sha256 for each in after.thread.kept] == [each.sha256 for each in before.thread.kept]
    assert [each.receipts for each in after.thread.kept] == [each.receipts for each in before.thread.kept]


def test_the_tree_stands_and_the_tombstones_name_the_rule(scene: Scene) -> None:
    at = ended(scene)
    commitments = list(StoredEntry.objects.order_by("index").values_list("commitment", flat=True))
    root = journal.checkpoint(at=at).size, journal_reads.tree().root()
    made = erase_request(scene.hand_over, by=officer(scene.offices), at=at + LONG_AFTER)
    now = list(StoredEntry.objects.order_by("index").values_list("commitment", flat=True))
    assert now[: len(commitments)] == commitments
    assert journal_reads.tree(root[0]).root() == root[1]
    audited = journal.audit_journal(at=at + LONG_AFTER)
    assert audited.findings == []
    assert audited.counts[0].erased == made.entries > 10
    rule = "requests: 100 days after the end (Law 1/2026 of Example, Article 9)"
    assert made.rule == rule
    for kind in ("entries-erased", "letters-erased", "package-erased", "request-erased"):
        assert {each["rule"] for each in entries(kind)} == {rule}, kind
    left = [each for each in entries() if scene.hand_over in (each.get("request"), each.get("thread"))]
    assert {each["kind"] for each in left} == {
        "letters-erased",
        "package-erased",
        "request-erased",
        "erased-files-gone",
    }


def test_an_erasure_says_by_whom_and_when_the_last_backup_that_holds_it_expires(scene: Scene) -> None:
    at = ended(scene) + LONG_AFTER
    carmen = officer(scene.offices)
    made = erase_request(scene.hand_over, by=carmen, at=at)
    assert (made.decided_by, made.backups_until) == (carmen.person, at + timedelta(days=35))
    (told,) = entries("request-erased")
    assert (told["by"]["person"], told["backups_until"]) == (carmen.person, text(made.backups_until))
    assert reads.erased(scene.ioana) == [made]


def test_a_package_of_two_requests_goes_with_the_last_of_them(scene: Scene) -> None:
    at = ended(scene)
    scene.offices.be("pt")
    (package,) = evidence.packages_for(scene.ines, scene.hand_over)
    carmen = officer(scene.offices, "pt")
    erase_request(scene.produce, by=carmen, at=at + timedelta(days=31))
    assert entries("request-erased")[0]["packages_kept"] == [package.id]
    assert evidence.package_for(scene.ines, package.id) == package
    assert [each for each in files_here() if package.id in each] != []
    erase_request(scene.hand_over, by=carmen, at=at + LONG_AFTER)
    with pytest.raises(PackageErasedError):
        evidence.package_for(scene.ines, package.id)
    assert files_here() == []
    assert evidence.packages_for(scene.ines, scene.hand_over) == []
    assert journal.audit_journal(at=at + LONG_AFTER).findings == []


def test_other_requests_and_other_entries_are_as_they_were(scene: Scene) -> None:
    at = ended(scene)
    scene.offices.be("pt")
    before = requests.standing_for(scene.ines, scene.hand_over, at=at)
    kept = [each for each in entries() if scene.hand_over in (each.get("request"), each.get("thread"))]
    erase_request(scene.produce, by=officer(scene.offices, "pt"), at=at + timedelta(days=31))
    assert requests.standing_for(scene.ines, scene.hand_over, at=at) == before
    assert [each for each in kept if each not in entries()] == []


# --- When ---------------------------------------------------------------------------------------


def test_nothing_is_erased_before_its_day_and_everything_a_notice_after_it(scene: Scene) -> None:
    at = ended(scene)
    scene.offices.be("pt")
    produced = requests.line_for(scene.ines, scene.produce).ended_at
    assert produced is not None
    day = produced + timedelta(days=30)  # the rule for orders; the other request has a hundred
    retain(at=day - timedelta(seconds=1))
    assert reads.due(scene.ines) == []
    retain(at=day)
    (due,) = reads.due(scene.ines)
    assert (due.request, due.due_at, due.erased_by_itself_at) == (scene.produce, day, day + timedelta(days=10))
    assert due.rule == "orders: 30 days after the end (Law 1/2026 of Example, Article 9(2))"
    retain(at=day + timedelta(days=10, seconds=-1))
    assert reads.erased(scene.ines) == []
    retain(at=day + timedelta(days=10))
    (gone,) = reads.erased(scene.ines)
    assert (gone.request, gone.decided_by, gone.files_gone) == (scene.produce, None, True)
    assert requests.line_for(scene.ines, scene.hand_over).case_reference == "RO-55"
    assert at < day


def test_where_a_person_decides_nothing_goes_by_itself(scene: Scene, ruled: Ruled) -> None:
    at = ended(scene)
    ruled(replace(KEPT, erase=Erase.BY_DECISION.value))
    retain(at=at + LONG_AFTER)
    retain(at=at + 9 * LONG_AFTER)
    (due,) = reads.due(scene.ioana)
    assert (due.request, due.erased_by_itself_at) == (scene.hand_over, None)
    erase_request(scene.hand_over, by=officer(scene.offices), at=at + 9 * LONG_AFTER)
    assert reads.due(scene.ioana) == []


def test_a_proposal_is_made_once_and_stops_when_the_rule_no_longer_says_so(scene: Scene, ruled: Ruled) -> None:
    at = ended(scene)
    due_at = at + timedelta(days=100)
    for hours in range(3):
        retain(at=due_at + timedelta(hours=hours))
    assert len(entries("erasure-proposed")) == 1
    ruled(replace(KEPT, days=1000))
    retain(at=due_at + LONG_AFTER)
    assert reads.due(scene.ioana) == []
    assert len(entries("erasure-stopped")) == 1
    assert requests.line_for(scene.ioana, scene.hand_over).case_reference == "RO-55"


def test_a_request_waits_for_what_hangs_on_it(offices: Offices) -> None:
    pair = Pair(offices)
    keep = pair.sent()
    follows = pair.sent(stored(pair.at, earlier=keep))
    pair.ro_writes(keep, say.Withdraw(reason="the suspect was found", obtained=say.Obtained.NONE))
    carmen = officer(offices)
    with pytest.raises(NotDueError, match="hangs on it, is open"):
        erase_request(keep, by=carmen, at=pair.at + LONG_AFTER)
    retain(at=pair.at + LONG_AFTER)
    assert reads.due(pair.ioana) == []
    pair.later(days=50)
    pair.ro_writes(follows, say.Withdraw(reason="the suspect was found", obtained=say.Obtained.NONE))
    pair.ro()
    retain(at=pair.at + timedelta(days=99))
    assert reads.due(pair.ioana) == []  # a hundred days after the last of them
    retain(at=pair.at + timedelta(days=100))
    assert {each.request for each in reads.due(pair.ioana)} == {keep, follows}


def test_only_who_may_erases_and_only_what_is_due(scene: Scene) -> None:
    at = ended(scene)
    refused: list[tuple[type[Exception], Callable[[], Any]]] = [
        (RightMissingError, lambda: erase_request(scene.hand_over, by=scene.ioana, at=at + LONG_AFTER)),
        (NotDueError, lambda: erase_request(scene.hand_over, by=officer(scene.offices), at=at)),
        (
            UnknownRequestError,
            lambda: erase_request("00000000-0000-4000-8000-000000000000", by=officer(scene.offices), at=at),
        ),
        (
            PersonNeededError,
            lambda: erase_request(
                scene.hand_over,
                by=Actor(this_node().member, name="x", roles=frozenset({"case-officer"})),
                at=at + LONG_AFTER,
            ),
        ),
    ]
    before = left_of(SAID)
    for error, act in refused:
        with pytest.raises(error):
            act()
    assert left_of(SAID) == before
    erase_request(scene.hand_over, by=officer(scene.offices), at=at + LONG_AFTER)
    with pytest.raises(NotDueError, match="erased already"):
        erase_request(scene.hand_over, by=officer(scene.offices), at=at + LONG_AFTER)


# --- What comes afterwards ----------------------------------------------------------------------


def test_a_letter_that_comes_after_the_erasure_is_taken_and_erased_as_well(offices: Offices) -> None:
    pair = Pair(offices)
    request = pair.sent()
    pair.pt()  # its line is cut: this letter crosses the withdrawal, and comes long after
    write_letter(request, say.Acknowledge(reference="PT-9", words="Late: example.late"), by=pair.ines, at=pair.at)
    pair.ro()
    withdrawn = say.Withdraw(reason="the suspect was found", obtained=say.Obtained.NONE)
    write_letter(request, withdrawn, by=pair.ioana, at=pair.at)
    offices._carry_from("ro", machine=pair.at)
    pair.ro()
    erase_request(request, by=officer(offices), at=pair.at + LONG_AFTER)
    assert pair.carry() == []
    ours, theirs = pair.at_ro(request), pair.at_pt(request)
    assert ours.thread.state == theirs.thread.state
    assert len(ours.thread.letters) == 1
    pair.ro()
    assert left_of(["example.late"]) != []
    retain(at=pair.at + LONG_AFTER)
    retain(at=pair.at + 2 * LONG_AFTER)
    assert left_of(["example.late"]) == []
    assert len(reads.erased(pair.ioana, request)) == 2
    assert pair.at_ro(request).thread.state == theirs.thread.state
    assert journal.audit_journal(at=pair.at).findings == []


def test_what_still_has_to_reach_the_other_side_keeps_its_request(offices: Offices) -> None:
    pair = Pair(offices)
    request = pair.sent()
    pair.ro()
    withdrawn = say.Withdraw(reason="the suspect was found", obtained=say.Obtained.NONE)
    write_letter(request, withdrawn, by=pair.ioana, at=pair.at)
    retain(at=pair.at + LONG_AFTER)
    assert reads.due(pair.ioana) == []
    with pytest.raises(NotDueError, match="waits to leave"):
        erase_request(request, by=officer(offices), at=pair.at + LONG_AFTER)
    assert pair.carry() == []
    pair.ro()
    retain(at=pair.at + LONG_AFTER)
    assert [each.request for each in reads.due(pair.ioana)] == [request]


def test_a_letter_of_an_erased_thread_that_comes_again_gets_its_receipt_and_brings_nothing_back(
    offices: Offices,
) -> None:
    pair = Pair(offices)
    request = pair.sent()
    pair.ro_writes(request, say.Withdraw(reason="Zyprexa", obtained=say.Obtained.NONE))
    pair.pt()
    erase_request(request, by=officer(offices, "pt"), at=pair.at + LONG_AFTER)
    pair.ro()
    for row in StoredLetter.objects.filter(thread=request).order_by("id"):
        with transaction.atomic():
            Outgoing.objects.create(peer="pt", letter=row, thread=request, since=pair.at)
    assert pair.carry() == []
    pair.pt()
    assert left_of(["Zyprexa"]) == []
    assert wire.letters_of(request) == []


# --- Drafts that never left ---------------------------------------------------------------------


def test_a_draft_that_nobody_touched_for_its_time_goes_with_its_sign_offs_and_entries(offices: Offices) -> None:
    pair = Pair(offices)
    kept = pair.draft()
    pair.later(days=-25)
    old = pair.draft()
    sign_off(old.id, draft_sha256=old.content.sha256, by=pair.radu, at=pair.at)
    pair.later(days=25)
    retain(at=pair.at)
    assert [str(each.id) for each in Draft.objects.all()] == [kept.id]
    (told,) = entries("draft-erased")
    assert (told["draft"], told["rule"].split(":")[0]) == (old.id, "drafts")
    assert [each for each in entries() if old.id == each.get("draft")] == [told]
    assert journal.audit_journal(at=pair.at).findings == []
    sign_off(kept.id, draft_sha256=kept.content.sha256, by=pair.radu, at=pair.at)
    assert send_request(kept.id, by=pair.ioana, at=pair.at)
    retain(at=pair.at + timedelta(days=21))
    assert Draft.objects.count() == 1  # it left: it goes with its request


# --- Whatever is killed when --------------------------------------------------------------------


STEPS: dict[str, tuple[Any, str]] = {
    "the wire's rows": (wire_acts, "erase_files_untold"),
    "tombstones and the request's rows": (request_acts, "erase_request"),
    "the packages' rows": (evidence_acts, "erase_packages"),
    "the letters": (wire_acts, "erase_letters_untold"),
    "salts and events": (journal, "erase_all"),
    "the entries that record it": (journal, "record_all"),
    "the commit": (acts, "_erase"),
    "the wire's files": (wire_acts, "let_files_go"),
    "the evidence's files": (evidence_acts, "let_folders_go"),
    "the word that they are gone": (acts, "finish"),
}


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_a_process_that_is_killed_at_any_step_is_finished_next_time(
    scene: Scene,
    step: str,
    *,
    before: bool,
    database_server: str,
) -> None:
    at = ended(scene)
    carmen = officer(scene.offices)
    office = scene.offices.be("ro")

    def doomed() -> None:
        connections["default"] = connection_to(database_server, office.database)
        place, name = STEPS[step]
        setattr(place, name, _dying(getattr(place, name), before=before))
        erase_request(scene.hand_over, by=carmen, at=at + LONG_AFTER)

    assert _killed(doomed) == signal.SIGKILL
    wanted = reads.erased(scene.ioana)
    assert [each.files_gone for each in wanted] in ([], [False], [True])
    later = at + LONG_AFTER + timedelta(days=KEPT.notice_days)
    retain(at=at + LONG_AFTER)
    retain(at=later)
    (gone,) = reads.erased(scene.ioana)
    assert gone.files_gone
    assert Erasure.objects.get().doomed == []
    assert left_of(SAID) == []
    assert files_here() == []
    assert journal.audit_journal(at=later).findings == []
    assert requests.standing_for(scene.ioana, scene.hand_over, at=at).thread.line.state == "closed"


def _dying(function: Callable[..., Any], *, before: bool) -> Callable[..., Any]:
    def dies(*told: Any, **named: Any) -> Any:
        if not before:
            function(*told, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    return dies


def _killed(act: Callable[[], None]) -> int:
    """Do it in a process of its own; the signal that ended it, or 0."""
    child = os.fork()
    if child == 0:
        try:
            act()
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


def test_files_that_no_row_wants_are_swept_a_day_later(scene: Scene) -> None:
    at = ended(scene)
    lost = whole_path("ab" * 32)
    lost.write_bytes(b"left by a kill between a commit and its unlink")
    before = [each for each in files_here() if "abab" not in each]
    wire_acts.sweep_files(at=at)
    assert lost.exists(), "it may be on its way in: its row comes after it"
    old = (at - timedelta(days=2)).timestamp()
    os.utime(lost, (old, old))
    wire_acts.sweep_files(at=at)
    assert files_here() == before


def test_finishing_twice_is_finishing_once(scene: Scene) -> None:
    at = ended(scene) + LONG_AFTER
    erase_request(scene.hand_over, by=officer(scene.offices), at=at)
    assert finish_erasures(at=at) == 0
    row = Erasure.objects.get()
    acts.finish(Erasure(pk=row.pk, request=row.request, doomed=[]), at=at)
    assert len(entries("erased-files-gone")) == 1


def test_the_database_refuses_an_erasure_without_its_entry(scene: Scene) -> None:
    ended(scene)
    with pytest.raises(IntegrityError, match="without an entry"), transaction.atomic():
        Erasure.objects.create(
            id=scene.produce, request=scene.hand_over, rule="x", due_at=scene.at, proposed_at=scene.at
        )
    assert Request.objects.exists()
