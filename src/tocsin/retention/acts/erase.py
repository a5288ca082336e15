"""Erasing a request whose retention is over: all of it, once, and so that a kill between any two steps does no harm.

The order stands at the top of the package. Everything that can be refused is refused before anything is changed; rows
and the journal's entries go in one transaction, which appends to the journal last; files go after it.
"""

from collections.abc import Sequence
from pathlib import Path

from django.db import connection, transaction

from tocsin.base.actor import Actor
from tocsin.base.ids import RequestId, new_uuid
from tocsin.base.instant import Instant, text
from tocsin.base.this_node import this_node
from tocsin.evidence.acts import erase as evidence
from tocsin.journal import acts as journal
from tocsin.journal import reads as journal_reads
from tocsin.mail.acts import erase as mail
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.requests import reads as request_reads
from tocsin.requests.acts import erase as requests
from tocsin.requests.acts.persons import check_person
from tocsin.retention import own, reads
from tocsin.retention.acts.hold import ONE_AT_A_TIME
from tocsin.retention.entries import DraftErased, ErasedFilesGone, RequestErased
from tocsin.retention.errors import NotDueError, OnHoldError
from tocsin.retention.models import Erasure, LegalHold
from tocsin.retention.reads import ErasedRequest
from tocsin.retention.rules.policy import Policy, Rule
from tocsin.wire import locks
from tocsin.wire import reads as wire
from tocsin.wire.acts import erase as wire_acts
from tocsin.wire.rules.letter import Letter

_AT_ONCE = 1000
"""Entries whose erasure one entry records."""


def erase_request(request: str, *, by: Actor, at: Instant) -> ErasedRequest:
    """Erase a request that is due, by a person's decision.

    Raises ``UnknownRequestError``, ``DossierCapacityError``, ``NotDueError``, ``OnHoldError``.
    """
    rights.check(by, Right.ERASE)
    check_person(by, kind="erasure")
    line = request_reads.line_for(by, request)
    request_reads.check_may_change(by, line.id)
    return erase_due(line.id, by=by, at=at, decided_by=by.person)


def erase_due(request: RequestId, *, by: Actor, at: Instant, decided_by: str | None = None) -> ErasedRequest:
    """Erase a request that is due, by whoever was found to be allowed; then take its files away."""
    with transaction.atomic():
        row = _erase(request, by=by, at=at, decided_by=decided_by)
    finish(row, at=at)
    found = reads.view_of_erasure(row)
    assert found is not None  # noqa: S101 - it was erased three lines above
    return found


def finish_erasures(*, at: Instant) -> int:
    """Take away the files of every erasure that was not finished; how many."""
    rows = list(Erasure.objects.filter(erased_at__isnull=False, finished_at=None).order_by("erased_at", "id"))
    for row in rows:
        finish(row, at=at)
    return len(rows)


def finish(row: Erasure, *, at: Instant) -> None:
    """Take the files of an erasure off the disk, then say that they are gone."""
    home = this_node().home
    paths = [home / path for path in row.doomed]
    wire_acts.let_files_go([path for path in paths if _is_wires(path, home)])
    evidence.let_folders_go([path for path in paths if not _is_wires(path, home)])
    with transaction.atomic():
        locked = Erasure.objects.select_for_update().filter(pk=row.pk, finished_at=None).first()
        if locked is None:
            return
        locked.doomed, locked.finished_at = [], at
        locked.save(update_fields=["doomed", "finished_at"])
        told = ErasedFilesGone(request=str(row.request), proposal=str(row.id), paths=len(paths))
        journal.record(told, by=Actor.node(this_node().member), at=at)
    row.doomed, row.finished_at = [], at


def erase_draft(draft: str, request: RequestId, *, at: Instant) -> bool:
    """Erase a draft that never left and lay untouched for its time; whether it was still so."""
    policy = own.policy()
    rule = policy.for_drafts
    with transaction.atomic():
        locks.hold(ONE_AT_A_TIME)
        if reads.standing_holds(request) or not requests.erase_draft(draft, until=at - rule.kept):
            return False
        entries = _erase_entries([request, draft], rule, at=at)
        told = DraftErased(
            request=request,
            draft=draft,
            rule=rule.written(),
            entries=entries,
            backups_until=text(policy.gone_from_backups_at(at)),
        )
        journal.record(told, by=Actor.node(this_node().member), at=at)
    return True


# --- In one transaction -------------------------------------------------------------------------


def _erase(request: RequestId, *, by: Actor, at: Instant, decided_by: str | None) -> Erasure:
    _check_all_in_sight()
    locks.hold(ONE_AT_A_TIME)
    policy = own.policy()
    rule, due_at = _rule_of_what_is_due(request, policy, at=at)
    row = _proposal(request, rule, due_at=due_at, at=at)
    kept = wire.kept_letters(request)
    letters = [each.letter for each in kept if each.letter is not None]
    files = wire_acts.erase_files_untold(letters, at=at)
    counted = [each.letter for each in kept if each.letter is not None and each.set_aside is None]
    drafts = requests.erase_request(request, counted, at=at)
    mails = mail.erase_mails(request)
    packages = evidence.erase_packages(request, rule=rule.written(), at=at)
    told_letters = wire_acts.erase_letters_untold(request, rule=rule.written(), at=at)
    LegalHold.objects.filter(request=request).update(reason="", release_reason="")
    entries = _erase_entries([request, *drafts, *packages.packages, *mails, *_attachments(letters)], rule, at=at, by=by)
    row.erased_at, row.rule, row.due_at = at, rule.written(), due_at
    row.decided_by = decided_by
    row.backups_until = policy.gone_from_backups_at(at)
    row.letters, row.packages, row.entries = len(letters), len(packages.packages), entries
    row.doomed = _below_home([*files, *packages.folders])
    row.save()
    told = RequestErased(
        request=request,
        proposal=str(row.id),
        rule=rule.written(),
        letters=len(letters),
        packages=len(packages.packages),
        packages_kept=packages.shared,
        entries=entries,
        backups_until=text(row.backups_until),
    )
    journal.record_all([*([told_letters] if told_letters else []), *packages.entries, told], by=by, at=at)
    return row


def _check_all_in_sight() -> None:
    """Raise ``RuntimeError`` where row security shows one person's part: who else has a package would not be seen."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('tocsin.looking', true), '')")
        if cursor.fetchone() != ("",):
            raise RuntimeError("an erasure is the node's own work: it is not done within seen_by(viewer)")


def _rule_of_what_is_due(request: RequestId, policy: Policy, *, at: Instant) -> tuple[Rule, Instant]:
    ended = requests.lock_ended(request)
    if ended is None:
        raise NotDueError(
            request=request, rule="it, or a request that hangs on it, is open, or a letter of it waits to leave"
        )
    if ended.erased_at is not None:
        raise NotDueError(request=request, rule="it was erased already")
    rule = policy.rule_for(ended.instrument)
    due_at = rule.due_at(ended.ended_at)
    if due_at > at:
        raise NotDueError(request=request, rule=f"it is due at {text(due_at)}, by the rule {rule.written()}")
    for hold in reads.standing_holds(request):
        raise OnHoldError(request=request, hold=hold)
    return rule, due_at


def _proposal(request: RequestId, rule: Rule, *, due_at: Instant, at: Instant) -> Erasure:
    rows = Erasure.objects.select_for_update().filter(request=request, erased_at=None, stopped_at=None)
    return rows.first() or Erasure(id=new_uuid(), request=request, rule=rule.written(), due_at=due_at, proposed_at=at)


def _erase_entries(things: Sequence[str], rule: Rule, *, at: Instant, by: Actor | None = None) -> int:
    who = by or Actor.node(this_node().member)
    indexes = journal_reads.erasable_about(things)
    for first in range(0, len(indexes), _AT_ONCE):
        journal.erase_all(indexes[first : first + _AT_ONCE], rule=rule.written(), by=who, at=at)
    return len(indexes)


def _attachments(letters: Sequence[Letter]) -> list[str]:
    return [one.id for letter in letters for one in letter.attachments]


# --- Paths --------------------------------------------------------------------------------------


def _below_home(paths: Sequence[Path]) -> list[str]:
    home = this_node().home
    return sorted({str(path.relative_to(home)) for path in paths})


def _is_wires(path: Path, home: Path) -> bool:
    return path.relative_to(home).parts[0] == "attachments"
