"""Wiping: everything that exercises made at this node goes in one act, and the journal's tree stays what it was.

Rows go in one transaction: a kill in the middle of it changes nothing, and the next call does it all. Files go after
its commit, whole folders of them, and the next call finishes that as well. Nothing is listed here that is wiped: of the
packages that hold an exercise's work every table is emptied, so a new one is too; what stays is listed, with why.
Letters keep their places and hashes and lose their words; entries of the journal become tombstones, but for those that
hold no personal data or go with a person's record (who works here, marks, turns of duty).
"""

import shutil
from collections.abc import Iterator
from typing import Final

from django.apps import apps
from django.db import connection, transaction
from django.db.models import Model

from tocsin.base.actor import Actor
from tocsin.base.ids import new_uuid
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.exercise.acts.marks import reckon_marks
from tocsin.exercise.acts.run import check_exercise_node
from tocsin.exercise.entries import ExerciseEnded, ExerciseWiped, WipeAsked, WipedFilesGone
from tocsin.exercise.errors import WipeNotConfirmedError
from tocsin.exercise.models import Exercise, Wipe
from tocsin.journal import acts as journal
from tocsin.journal.reads import erasable_but
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.wire.acts.erase import erase_all_letters

RULE: Final = "An exercise was wiped: nothing of it is kept but tombstones and marks."
EMPTIED: Final = ("requests", "dossiers", "duty", "evidence", "forms", "mail", "notices", "retention", "wire", "bells")
"""The packages that hold an exercise's work. (Who works here, the directory and the journal stay.)"""
STAYS: Final = {
    "duty.Turn": "who is on duty when: the house's, and no word of a request",
    "duty.Chain": "after how many minutes who is called: the house's",
    "bells.Bell": "how a person is told away from the desk: hers",
    "requests.ClockShift": "the clock goes on from where it is, and never back",
    "wire.StoredLetter": "the places of letters, without their words: receipts and hashes stand on them",
    "wire.StoredReceipt": "receipts of letters that have no words any more",
    "wire.Line": "how lines are",
    "wire.Attempt": "when a line failed",
    "wire.DownStatement": "the same, as others say it",
    "wire.RefusalCount": "counts",
    "wire.RateCount": "counts",
    "wire.UsedTicket": "tickets that may not be used twice",
}
FOLDERS: Final = ("attachments", "evidence", "forms", "mail")
_PERSONS_RECORD: Final = "with the person's record"
_AT_ONCE: Final = 1000


def ask_wipe(typed: str, *, by: Actor, at: Instant) -> str:
    """Order that everything is wiped; the worker does it within seconds, ``carry_out_wipes`` at once. Its id.

    Whoever orders it types the node's name. An exercise that runs ends with it. Raises ``NotAnExerciseNodeError`` and
    ``WipeNotConfirmedError``.
    """
    rights.check(by, Right.RUN_NODE)
    check_exercise_node()
    if typed.strip() != this_node().member:
        raise WipeNotConfirmedError(expected=this_node().member)
    with transaction.atomic():
        waiting = Wipe.objects.select_for_update().filter(wiped_at=None).first()
        if waiting is not None:
            return str(waiting.id)
        row = Wipe.objects.create(id=new_uuid(), asked_at=at, asked_by=by.person or None)
        journal.record(WipeAsked(wipe=str(row.id)), by=by, at=at)
    return str(row.id)


def carry_out_wipes(*, at: Instant) -> int:
    """Do what was ordered and finish what a kill left; how many wipes are done now that were not."""
    rows = list(Wipe.objects.filter(finished_at=None).order_by("asked_at"))
    if not rows:
        return 0
    check_exercise_node()
    for row in rows:
        if row.wiped_at is None:
            _end_what_runs(at=at)
            _wipe(row, at=at)
        _let_files_go(row, at=at)
    return len(rows)


def _end_what_runs(*, at: Instant) -> None:
    """An exercise that runs ends, and its marks are kept while its letters can still be read."""
    with transaction.atomic():
        running = Exercise.objects.select_for_update().filter(ended_at=None).first()
        if running is not None:
            running.ended_at = at
            running.save(update_fields=["ended_at"])
            told = ExerciseEnded(exercise=str(running.id), marks=running.scores.count())
            journal.record(told, by=Actor.node(this_node().member), at=at)
    while Exercise.objects.filter(marks_kept_at=None).exists():
        reckon_marks(at=at)


def _wipe(wipe: Wipe, *, at: Instant) -> None:
    node = Actor.node(this_node().member)
    with transaction.atomic():
        row = Wipe.objects.select_for_update().get(pk=wipe.pk)
        if row.wiped_at is not None:
            return
        _check_all_in_sight()
        requests = apps.get_model("requests", "Request")._default_manager.count()  # noqa: SLF001 - by its name alone
        letters = erase_all_letters(at=at)
        rows = _empty_tables()
        entries = _erase_entries(by=node, at=at)
        row.wiped_at, row.requests, row.letters, row.entries, row.rows = at, requests, letters, entries, rows
        row.save()
        told = ExerciseWiped(wipe=str(row.id), requests=requests, letters=letters, entries=entries, rows=rows)
        journal.record(told, by=node, at=at)


def _let_files_go(wipe: Wipe, *, at: Instant) -> None:
    for name in FOLDERS:
        shutil.rmtree(this_node().home / name, ignore_errors=True)
    with transaction.atomic():
        row = Wipe.objects.select_for_update().get(pk=wipe.pk)
        if row.finished_at is None:
            row.finished_at = at
            row.save(update_fields=["finished_at"])
            journal.record(WipedFilesGone(wipe=str(row.id)), by=Actor.node(this_node().member), at=at)


def wiped_models() -> Iterator[type[Model]]:
    """The tables that a wipe empties."""
    for label in EMPTIED:
        if apps.is_installed(f"tocsin.{label}"):
            for model in apps.get_app_config(label).get_models():
                if model._meta.label not in STAYS:  # noqa: SLF001 - Django's documented way to a model's name
                    yield model


def _empty_tables() -> int:
    """Take every row of these tables away; keys between them are checked when all are empty."""
    emptied = 0
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        for model in wiped_models():
            table = connection.ops.quote_name(model._meta.db_table)  # noqa: SLF001 - as above
            cursor.execute(f"DELETE FROM {table}")  # noqa: S608 - the name of a model of ours
            emptied += cursor.rowcount
    return emptied


def _erase_entries(*, by: Actor, at: Instant) -> int:
    indexes = erasable_but(_PERSONS_RECORD)
    for first in range(0, len(indexes), _AT_ONCE):
        journal.erase_all(indexes[first : first + _AT_ONCE], rule=RULE, by=by, at=at)
    return len(indexes)


def _check_all_in_sight() -> None:
    """Raise ``RuntimeError`` where row security shows one person's part: what is not seen would not be wiped."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('tocsin.looking', true), '')")
        if cursor.fetchone() != ("",):
            raise RuntimeError("a wipe is the node's own work: it is not done within seen_by(viewer)")
