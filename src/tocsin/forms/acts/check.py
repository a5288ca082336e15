"""Checking: what a stranger who holds a form may learn of it, and what its issuer learns of him: that he asked.

This is all that the process at the public door does with the database, by one function of it (migration 0003): it has
no right to any table. Wrong numbers, wrong codes and strange files are one answer, after the same work.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection, transaction

from tocsin.base.actor import Actor
from tocsin.base.instant import Instant, text
from tocsin.base.this_node import this_node
from tocsin.forms.entries import FormChecked
from tocsin.forms.models import Check
from tocsin.forms.rules.number import check_sha256, plain
from tocsin.journal import acts as journal

_BATCH = 200
_LONGEST_NUMBER = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Genuine:
    """A form that this node printed: who asks in it, and when."""

    issuer: str
    number: str
    whole: bool
    """Whether the very file was given: then no byte of it was altered. Otherwise number and code, or the letter."""
    written_at: Instant
    printed_at: Instant
    exercise: bool
    pdf_sha256: str
    letter_sha256: str
    seal_sha256: str


def check_by_code(number: str, code: str, *, at: Instant) -> Genuine | None:
    """The form with this number and code; nothing for anything else."""
    return _check("code", check=check_sha256(number, code), number=plain(number)[:_LONGEST_NUMBER], file="", at=at)


def check_file(chunks: Iterable[bytes], *, at: Instant) -> Genuine | None:
    """The form that a file is, or whose letter it is; nothing for anything else. The file is hashed and not read."""
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return _check("file", check="", number="", file=digest.hexdigest(), at=at)


def take_in_checks(*, at: Instant) -> int:
    """Tell the journal of the checks that came since; how many there were."""
    taken = 0
    while True:
        with transaction.atomic():
            waiting = Check.objects.select_for_update(of=("self",), skip_locked=True).filter(journalled=False)
            rows = list(waiting.select_related("form").order_by("at", "id")[:_BATCH])
            if not rows:
                return taken
            journal.record_all([_entry(row) for row in rows], by=Actor.node(this_node().member), at=at)
            Check.objects.filter(id__in=[row.id for row in rows]).update(journalled=True)
        taken += len(rows)


def _entry(row: Check) -> FormChecked:
    return FormChecked(
        request=str(row.form.request_id),
        number=row.form.number,
        way=row.way,
        found=row.found,
        checked_at=text(row.at),
    )


def _check(way: str, *, check: str, number: str, file: str, at: Instant) -> Genuine | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM forms_check_form(%s, %s, %s, %s, %s)", [way, check, number, file, at])
        names = [column.name for column in cursor.description or ()]
        found = cursor.fetchone()
    return None if found is None else Genuine(**dict(zip(names, found, strict=True)))
