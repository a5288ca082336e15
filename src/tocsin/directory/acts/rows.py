"""Steps that several acts share: who may, one change at a time, and what follows when a card takes another's place."""

from collections.abc import Iterable

from django.db import connection

from tocsin.base import instant
from tocsin.base.actor import Actor
from tocsin.base.ids import MemberId
from tocsin.base.instant import Instant
from tocsin.directory.errors import RevokedKeyError
from tocsin.directory.models import KnownCard, RefusedKey
from tocsin.directory.reads import held_of
from tocsin.directory.rules.card import SignedCard, kids_left_out, read_card
from tocsin.directory.rules.trust import Source
from tocsin.people.rules.rights import Right, check

_LOCK = 0x646972  # "dir"
_NODE_ROLE = "node"


def check_may(by: Actor, right: Right) -> None:
    """Raise ``RightMissingError`` unless a person with ``right`` acts, or the node itself, by rule."""
    if _NODE_ROLE not in by.roles:
        check(by, right)


def one_at_a_time() -> None:
    """Hold every other change of cards and metadata back until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def current(member: MemberId, *sources: Source) -> KnownCard | None:
    """The card of a member that is in its place now, from the first of these sources that has one."""
    rows = {row.source: row for row in KnownCard.objects.filter(member=member, until=None, source__in=sources)}
    return next((rows[source] for source in sources if source in rows), None)


def read_row(row: KnownCard | None) -> SignedCard | None:
    """The signed card of a row, if there is one."""
    return held_of(row).signed if row else None


def check_not_refused(card: SignedCard) -> None:
    """Raise ``RevokedKeyError`` when the key that signed the card is refused."""
    refusal = RefusedKey.objects.filter(member=card.card.member, kid=card.signer).first()
    if refusal is not None:
        raise RevokedKeyError(
            member=card.card.member, kid=card.signer, since=instant.text(refusal.since), reason=refusal.reason
        )


def end(rows: Iterable[KnownCard | None], *, when: Instant) -> None:
    """Another card, or none, takes the place of these."""
    ids = [row.pk for row in rows if row is not None]
    KnownCard.objects.filter(pk__in=ids).update(until=when)


def refuse_left_out(new: SignedCard, *, when: Instant) -> tuple[str, ...]:
    """Refuse the keys that a trusted card leaves out, and that an earlier trusted one named; their ids."""
    earlier = KnownCard.objects.filter(
        member=new.card.member, serial__lt=new.card.serial, source__in=[Source.TUF, Source.VOICE]
    )
    kids = frozenset[str]().union(*(kids_left_out(new.card, read_card(row.jws).card) for row in earlier))
    reason = f"left out of card {new.card.serial}"
    return refuse(new.card.member, kids, reason=reason, when=when)


def refuse(member: MemberId, kids: Iterable[str], *, reason: str, when: Instant) -> tuple[str, ...]:
    """Refuse these keys from now on; the ids of those that were not refused before."""
    known = set(RefusedKey.objects.filter(member=member, kid__in=list(kids)).values_list("kid", flat=True))
    fresh = sorted(set(kids) - known)
    RefusedKey.objects.bulk_create(
        [RefusedKey(member=member, kid=kid, since=when, reason=reason[:500]) for kid in fresh]
    )
    return tuple(fresh)
