"""The hub's side of mailboxes: take sealed things for a member, hand them out, forget them."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from django.db import transaction
from django.db.models import Count, Q, Sum

from tocsin.base import jose
from tocsin.base.actor import Actor
from tocsin.base.ids import MemberId
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.journal import acts as journal
from tocsin.wire import locks, peers
from tocsin.wire.entries import MailForgotten, MailTaken
from tocsin.wire.errors import LetterTooLargeError, NotAMailboxError
from tocsin.wire.models import MailboxItem
from tocsin.wire.rules.batch import envelope_bytes
from tocsin.wire.rules.mailbox import KEPT_FOR, PAGE_ITEMS, Kept, check_room
from tocsin.wire.rules.seal import SealedLetter

_EXPIRE_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Item:
    """A sealed thing in a mailbox, under the number by which it is fetched and forgotten."""

    number: int
    envelope: bytes


def check_is_hub() -> None:
    """Raise ``NotAMailboxError`` unless this node is the hub."""
    node = this_node()
    if node.hub != node.member:
        raise NotAMailboxError


def leave(sealed: Sequence[SealedLetter], *, addressee: MemberId, sender: MemberId, at: Instant) -> int:
    """Keep sealed things for ``addressee``; how many were new. The same bytes are kept once.

    Raises ``NotAMailboxError``, what ``peers.peer_of`` raises for an addressee who is not in the
    directory, ``EnvelopeError``, ``LetterTooLargeError`` or ``MailboxFullError``; then none is kept.
    """
    check_is_hub()
    now = peers.machine_instant(at)
    peers.peer_of(addressee, at=now)
    by_hash = {sha256(one.jwe).hexdigest(): one.jwe for one in sealed}
    for envelope in by_hash.values():
        _check_envelope(envelope)
    with transaction.atomic():
        locks.hold(f"mailbox:{addressee}")
        known = MailboxItem.objects.filter(addressee=addressee, sha256__in=by_hash).values_list("sha256", flat=True)
        for sha in list(known):
            del by_hash[sha]
        if by_hash:
            _keep(by_hash, addressee=addressee, sender=sender, at=at)
    return len(by_hash)


def _check_envelope(envelope: bytes) -> None:
    jose.sealed_to(envelope)
    most = envelope_bytes(this_node().limits.letter_bytes)
    if len(envelope) > most:
        raise LetterTooLargeError(size=len(envelope), most=most)


def _keep(by_hash: dict[str, bytes], *, addressee: MemberId, sender: MemberId, at: Instant) -> None:
    now, size = peers.machine_instant(at), sum(map(len, by_hash.values()))
    check_room(_kept(addressee, sender), items=len(by_hash), size=size, member=addressee)
    MailboxItem.objects.bulk_create(
        MailboxItem(
            addressee=addressee,
            sender=sender,
            sha256=sha,
            size=len(envelope),
            envelope=envelope.decode("ascii"),
            left=now,
            until=now + KEPT_FOR,
        )
        for sha, envelope in by_hash.items()
    )
    taken = MailTaken(addressee=addressee, sender=sender, sha256s=tuple(by_hash))
    journal.record(taken, by=Actor.node(this_node().member), at=at)


def _kept(addressee: MemberId, sender: MemberId) -> Kept:
    sums = MailboxItem.objects.filter(addressee=addressee).aggregate(
        items=Count("id"), size=Sum("size"), of_sender=Count("id", filter=Q(sender=sender))
    )
    return Kept(items=sums["items"], size=sums["size"] or 0, of_sender=sums["of_sender"])


def waiting_for(member: MemberId, *, after: int) -> list[Item]:
    """The next page of what waits for ``member``, who asks himself: items numbered above ``after``.

    Raises ``NotAMailboxError``.
    """
    check_is_hub()
    rows = MailboxItem.objects.filter(addressee=member, id__gt=after).order_by("id").values_list("id", "envelope")
    return [Item(number, envelope.encode("ascii")) for number, envelope in rows[:PAGE_ITEMS]]


def forget(member: MemberId, numbers: Sequence[int], *, at: Instant) -> int:
    """Throw away what ``member`` says it has; how many there were. Raises ``NotAMailboxError``."""
    check_is_hub()
    return _forget(Q(addressee=member, id__in=list(numbers)), why="fetched", at=at)


def expire_mail(*, at: Instant) -> int:
    """Throw away what nobody came for in time; how many there were."""
    return _forget(Q(until__lte=peers.machine_instant(at)), why="expired", at=at)


def _forget(which: Q, *, why: str, at: Instant) -> int:
    with transaction.atomic():
        rows = list(
            MailboxItem.objects.select_for_update(skip_locked=True)
            .filter(which)
            .order_by("id")
            .values_list("id", "addressee", "sha256")[:_EXPIRE_AT_ONCE]
        )
        if not rows:
            return 0
        MailboxItem.objects.filter(id__in=[number for number, _, _ in rows]).delete()
        addressees = sorted({addressee for _, addressee, _ in rows})
        entries = [
            MailForgotten(addressee=one, sha256s=tuple(sha for _, to, sha in rows if to == one), why=why)
            for one in addressees
        ]
        journal.record_all(entries, by=Actor.node(this_node().member), at=at)
    return len(rows)
