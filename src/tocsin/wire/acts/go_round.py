"""Going round by the hub: leave letters in its mailbox for a peer that does not answer, and fetch our own mail.

A letter that was left there is still not delivered: it waits in the outbox and is tried directly until
its receipt is stored. The receipt comes back on either way.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet

from tocsin.base import jose
from tocsin.base.actor import Actor
from tocsin.base.errors import TocsinError
from tocsin.base.ids import LetterId, MemberId, is_uuid
from tocsin.base.instant import Instant
from tocsin.base.jose import EnvelopeError, Typ
from tocsin.base.problem import Problem
from tocsin.base.this_node import this_node
from tocsin.journal import acts as journal
from tocsin.proof.canonical import Json, canonical, parse_strict
from tocsin.proof.errors import CanonicalError
from tocsin.wire import handlers, jobs, line, locks, peers
from tocsin.wire.acts.deliver import note_refusal, sealed_for
from tocsin.wire.acts.receipts import SentLetter, take_opened_receipts
from tocsin.wire.acts.receive import Brought, own_opening_keys, take
from tocsin.wire.entries import LettersRelayed
from tocsin.wire.errors import BodyFaultyError, LineDownError
from tocsin.wire.models import Direction, Outgoing, StoredLetter, StoredReceipt
from tocsin.wire.rules.batch import Given, members_of, posted
from tocsin.wire.rules.mailbox import LEAVE_AGAIN_AFTER
from tocsin.wire.rules.open import SignedLetter, claimed_sender, signed_letter
from tocsin.wire.rules.peer import Peer, signing_key_of
from tocsin.wire.rules.receipt import Receipted, claimed_letter
from tocsin.wire.rules.refusal import is_refusal, sign_refusal, verify_refusal

_MOST_PAGES: Final = 1000


def mailbox_path(member: MemberId) -> str:
    """Where the hub keeps a member's mail."""
    return f"/mailbox/{member}"


def relay(peer: MemberId, *, at: Instant) -> bool:
    """Leave a batch of what waits for ``peer`` in the hub's mailbox; whether more is to be left.

    Does nothing without a hub, or when the peer is the hub. Raises ``LineDownError`` when the hub does
    not take it.
    """
    hub = peers.our_hub()
    if hub is None or hub == peer:
        return False
    with locks.held_if_free(f"relay:{peer}") as free:
        return free and _relay_batch(peer, hub, at=at)


def _relay_batch(member: MemberId, hub: MemberId, *, at: Instant) -> bool:
    now, most = peers.machine_instant(at), this_node().limits.batch_letters
    not_left = Q(relayed_at=None) | Q(relayed_at__lte=now - LEAVE_AGAIN_AFTER)
    rows = list(
        waiting_at_all(member)
        .filter(not_left)
        .select_related("letter", "receipt")
        .order_by("letter_id", "receipt_id")[:most]
    )
    if not rows:
        return False
    peer, by_way = peers.peer_of(member, at=now), peers.peer_of(hub, at=now)
    body = posted([sealed_for(peer, _jws_of(row)) for row in rows], field="items", to=member)
    reply = line.ask(by_way, "POST", mailbox_path(member), body=body)
    if not reply.good:
        raise LineDownError(peer=hub, reason=f"answered {reply.status}: {reply.problem().detail}")
    with transaction.atomic():
        Outgoing.objects.filter(pk__in=[row.pk for row in rows]).update(relayed_at=now)
        relayed = LettersRelayed(addressee=member, hub=hub, sha256s=tuple(map(_hash_of, rows)))
        journal.record(relayed, by=Actor.node(this_node().member), at=at)
    return len(rows) == most


def waiting_at_all(peer: MemberId) -> QuerySet[Outgoing]:
    """What waits for ``peer``, due or not, that nobody has refused."""
    return Outgoing.objects.filter(peer=peer, refused=False)


def _jws_of(row: Outgoing) -> bytes:
    signed = row.letter if row.letter is not None else row.receipt
    return ((signed.jws if signed is not None else None) or "").encode("ascii")


def _hash_of(row: Outgoing) -> str:
    return sha256(_jws_of(row)).hexdigest()


# --- Our own mail -------------------------------------------------------------------------------


def pick_up(*, at: Instant) -> int:
    """Fetch what waits for us in the hub's mailbox, take it in, and let the hub forget it; how many items.

    Does nothing without a hub, or while another process does it. Raises ``LineDownError`` when the hub
    does not answer; what was taken in by then stays.
    """
    hub = peers.our_hub()
    if hub is None:
        return 0
    with locks.held_if_free("pick up") as free:
        return _pick_up(peers.peer_of(hub, at=peers.machine_instant(at)), at=at) if free else 0


def _pick_up(hub: Peer, *, at: Instant) -> int:
    after = fetched = 0
    for _ in range(_MOST_PAGES):
        items = _page(hub, after=after)
        if not items:
            break
        take_mail([envelope for _, envelope in items], at=at)
        _let_forget(hub, [number for number, _ in items])
        after, fetched = items[-1][0], fetched + len(items)
    return fetched


def _page(hub: Peer, *, after: int) -> list[tuple[int, bytes]]:
    reply = line.ask(hub, "GET", f"{mailbox_path(this_node().member)}?after={after}")
    if not reply.good:
        raise LineDownError(peer=hub.member, reason=f"answered {reply.status}: {reply.problem().detail}")
    items = members_of(reply.body, names={"items"})["items"]
    return [_item(item) for item in items] if isinstance(items, list) else []


def _item(item: Json) -> tuple[int, bytes]:
    match item:
        case {"number": int(number), "envelope": str(envelope)} if envelope.isascii():
            return number, envelope.encode("ascii")
    raise BodyFaultyError(field="items", rule="each has a number and an envelope")


def _let_forget(hub: Peer, numbers: Sequence[int]) -> None:
    body = canonical({"numbers": list(numbers)})
    line.ask(hub, "POST", f"{mailbox_path(this_node().member)}/forget", body=body)
    # Whatever it answered: what is fetched again is taken in again, without effect.


# --- Sealed things that came by way of somebody -------------------------------------------------


@dataclass(slots=True)
class _Mail:
    """What was in envelopes, by who claims to have written it."""

    letters: dict[MemberId, list[Brought]] = field(default_factory=dict)
    receipts: dict[MemberId, list[bytes]] = field(default_factory=dict)
    refusals: dict[MemberId, list[bytes]] = field(default_factory=dict)
    notices: dict[MemberId, list[bytes]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An envelope, or what was in it, that nothing could be made of."""

    reason: str


def take_mail(envelopes: Sequence[bytes], *, at: Instant) -> list[Unreadable]:
    """Take in sealed letters, receipts and refusals that came by mailbox or as a file.

    The answers to letters go back to their senders on whatever way is open. What cannot be taken in
    is told: its sender still has it.
    """
    mail, lost = _Mail(), []
    keys = own_opening_keys()
    for envelope in envelopes:
        try:
            _sort(mail, envelope, jose.open_sealed(envelope, keys=keys))
        except TocsinError as error:
            lost.append(Unreadable(str(error)))
    for sender, brought in mail.letters.items():
        lost += _take_letters(sender, brought, at=at)
    for giver, receipts in mail.receipts.items():
        lost += _take_receipts(giver, receipts, at=at)
    for giver, refusals in mail.refusals.items():
        for refusal in refusals:
            lost += _take_refusal(giver, refusal, at=at)
    for teller, notices in mail.notices.items():
        lost += _take_notices(teller, notices, at=at)
    return lost


def _sort(mail: _Mail, envelope: bytes, jws: bytes) -> None:
    typ, claimed = jose.header_of(jws).typ, claimed_sender(jws)
    if typ is Typ.LETTER:
        mail.letters.setdefault(claimed, []).append(Brought(envelope, signed_letter(jws)))
    elif typ is Typ.RECEIPT:
        kind = mail.refusals if is_refusal(_payload(jws)) else mail.receipts
        kind.setdefault(claimed, []).append(jws)
    elif typ in {Typ.WARNING, Typ.NOTICE}:
        mail.notices.setdefault(claimed, []).append(jws)
    else:
        raise EnvelopeError(thing="envelope", rule="it holds a letter, a receipt or a notice")


def _take_notices(teller: MemberId, notices: Sequence[bytes], *, at: Instant) -> list[Unreadable]:
    try:
        handlers.tell_notices(teller, notices, at=at)
    except TocsinError as error:
        return [Unreadable(str(error))]
    return []


def _payload(jws: bytes) -> dict[str, Json]:
    try:
        payload = parse_strict(jose.unverified_payload(jws))
    except CanonicalError:
        return {}
    return payload if isinstance(payload, dict) else {}


def _take_letters(sender: MemberId, brought: Sequence[Brought], *, at: Instant) -> list[Unreadable]:
    try:
        answers = take(brought, peer=peers.sender(sender, at=peers.machine_instant(at)), at=at)
    except TocsinError as error:
        return [Unreadable(str(error))]
    given = [answer.jws.decode("ascii") for answer in answers if isinstance(answer, Given)]
    _send_back(sender, given, at=at)
    lost = []
    for one, answer in zip(brought, answers, strict=True):
        if isinstance(answer, Problem):
            lost.append(Unreadable(answer.detail))
            if not answer.retryable and isinstance(one.inside, SignedLetter):
                _tell_refusal(sender, one.inside, answer, at=at)
    return lost


def _send_back(sender: MemberId, receipts: Sequence[str], *, at: Instant) -> None:
    """Put the receipts of letters that came by mailbox in the outbox."""
    rows = StoredReceipt.objects.filter(jws__in=receipts, outgoing=None).select_related("letter").order_by("id")
    Outgoing.objects.bulk_create(
        [Outgoing(peer=sender, receipt=row, thread=row.letter.thread, since=at) for row in rows], ignore_conflicts=True
    )
    jobs.deliver_soon(sender)


def _tell_refusal(sender: MemberId, signed: SignedLetter, problem: Problem, *, at: Instant) -> None:
    """Leave a refusal in the sender's mailbox; when that fails, the letter comes again and is refused again."""
    hub = peers.our_hub()
    try:
        letter = claimed_letter_of(signed)
        now = peers.machine_instant(at)
        peer = peers.peer_of(sender, at=now)
        if hub is None or peer.seal is None:
            return
        about = Receipted(
            letter=letter, sha256=sha256(signed.jws).hexdigest(), sender=sender, addressee=this_node().member
        )
        refusal = sign_refusal(about, problem, key=jose.signing_key(this_node().keys.signing), at=at)
        body = posted([jose.seal(refusal, key=peer.seal)], field="items", to=sender)
        line.ask(peers.peer_of(hub, at=now), "POST", mailbox_path(sender), body=body)
    except TocsinError:
        return


def claimed_letter_of(signed: SignedLetter) -> LetterId:
    """Which letter a JWS claims to be. Raises ``EnvelopeError``."""
    letter = _payload(signed.jws).get("id")
    if not is_uuid(letter):
        raise EnvelopeError(thing="signature", rule="the payload's id is a UUID")
    return LetterId(str(letter))


def _take_receipts(giver: MemberId, receipts: Sequence[bytes], *, at: Instant) -> list[Unreadable]:
    try:
        answers = take_opened_receipts(receipts, peer=peers.sender(giver, at=peers.machine_instant(at)), at=at)
    except TocsinError as error:
        return [Unreadable(str(error))]
    return [Unreadable(answer.detail) for answer in answers if isinstance(answer, Problem)]


def _take_refusal(giver: MemberId, jws: bytes, *, at: Instant) -> list[Unreadable]:
    try:
        peer = peers.peer_of(giver, at=peers.machine_instant(at))
        row = StoredLetter.objects.filter(
            letter=claimed_letter(jws), peer=giver, direction=Direction.SENT, outgoing__isnull=False
        ).first()
        if row is None:
            return []
        about = Receipted(
            letter=LetterId(str(row.letter)), sha256=row.sha256, sender=this_node().member, addressee=giver
        )
        key = signing_key_of(peer, kid=jose.header_of(jws).kid, at=peers.machine_instant(at)).key
        problem = verify_refusal(jws, about=about, key=key)
    except TocsinError as error:
        return [Unreadable(str(error))]
    if not problem.retryable:
        note_refusal(SentLetter.of(row), problem, at=at)
    return []
