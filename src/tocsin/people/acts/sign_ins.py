"""What the journal is told of coming and going, and of what failed."""

from datetime import timedelta

from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.db.models import F

from tocsin.base.actor import Actor
from tocsin.base.instant import Instant, text
from tocsin.base.this_node import this_node
from tocsin.journal.acts import record, record_all
from tocsin.people.entries import RecoveryCodeUsed, SignedIn, SignedOut, SignInFailed, SignInsFailed
from tocsin.people.models import Account, FailedSignIns
from tocsin.people.reads import actor_of
from tocsin.people.rules.sign_in import Shown

KEPT = timedelta(days=1)
"""How long counts of failed sign-ins stay after the journal knows them."""
CODE_SECONDS = 30 * 3
"""A code of an authenticator app is taken for its half minute and the one before and after: it counts once in all."""


def note_sign_in(person: str, shown: Shown, *, session: str, address: str, at: Instant) -> None:
    """Record that somebody came in."""
    with transaction.atomic():
        entry = SignedIn(person=person, session=session, way=shown.way.value, address=address)
        record(entry, by=actor_of(person), at=at)


def note_sign_out(person: str, *, sessions: list[str], at: Instant) -> None:
    """Record that somebody left these sessions."""
    with transaction.atomic():
        entries = [SignedOut(person=person, session=each) for each in sessions]
        record_all(entries, by=actor_of(person), at=at)


def note_recovery_code(person: str, *, left: int, at: Instant) -> None:
    """Record that a recovery code was used up, in the transaction that did it."""
    record(RecoveryCodeUsed(person=person, left=left), by=actor_of(person), at=at)


def note_failure(sign_in_name: str, *, step: str, address: str, at: Instant) -> None:
    """Count a failed sign-in; the first of a minute is recorded at once, the others when the minute is over.

    Attempts at names that nobody has are counted together, and what was typed is kept nowhere: people type their
    passwords into the wrong field.
    """
    account = Account.objects.filter(sign_in_name=sign_in_name.strip().lower()).first() if sign_in_name else None
    minute = at.replace(second=0, microsecond=0)
    rows = FailedSignIns.objects.filter(account=account, minute=minute)
    if rows.update(count=F("count") + 1):
        return
    try:
        with transaction.atomic():
            FailedSignIns.objects.create(account=account, minute=minute)
            person = str(account.person_id) if account else ""
            record(SignInFailed(person=person, step=step, address=address), by=_node(), at=at)
    except IntegrityError:  # another process was first
        rows.update(count=F("count") + 1)


def tell_failures(*, at: Instant) -> int:
    """Record how many sign-ins failed in each minute that is over, where it was more than one; how many minutes."""
    over = FailedSignIns.objects.filter(minute__lt=at - timedelta(minutes=1))
    with transaction.atomic():
        rows = list(
            over.filter(told=False).select_for_update(of=("self",)).select_related("account").order_by("minute")
        )
        entries = [
            SignInsFailed(
                person=str(row.account.person_id) if row.account else "", minute=text(row.minute), count=row.count
            )
            for row in rows
            if row.count > 1
        ]
        FailedSignIns.objects.filter(pk__in=[row.pk for row in rows]).update(told=True)
        over.filter(told=True, minute__lt=at - KEPT).delete()
        record_all(entries, by=_node(), at=at)
    return len(entries)


def first_use(account_id: str, code: str) -> bool:
    """Whether a code of an authenticator app was not used before; from now on it was."""
    return bool(cache.add(f"people.code-used:{account_id}:{code}", "y", timeout=CODE_SECONDS))


def _node() -> Actor:
    return Actor.node(this_node().member)
