"""After a restored backup: fetch back from the peers what was lost, before anything is written again.

A node whose witnesses have seen more of its journal than is in its database was restored from an older
backup. It halts (``compare_with_witnesses``). What it lost stands with its peers, and they give it back,
each letter sealed, in the order in which the peer had them:

* letters that it sent them, with the receipts that they gave. Without them it would write other letters
  for the same places of its chains, and say two things;
* letters that they sent it, with the receipts that it gave itself: clocks began to run at the instants in
  these, on both sides, and must not begin anew. For what comes back without a receipt that proves
  itself they also put their letters back in their outbox: these come as any letter comes, once the
  journal goes on, and one that is here already has no second effect.

    POST /wire/back  {"to": "pt", "since": "…Z", "after": 0}
                  →  {"letters": [{"number": 7, "envelope": JWE, "receipt": JWS}], "again": 3}

The journal then goes on under a new origin whose first entry says how many letters came back.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import Max, Q

from tocsin.base import instant, jose
from tocsin.base.actor import Actor
from tocsin.base.errors import TocsinError
from tocsin.base.ids import MemberId, RequestId
from tocsin.base.instant import Instant
from tocsin.base.this_node import become, this_node
from tocsin.directory import reads as directory
from tocsin.directory.rules.card import Use
from tocsin.journal import acts as journal
from tocsin.journal import reads as journal_reads
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.proof.canonical import Json, canonical
from tocsin.wire import handlers, jobs, line, locks, peers
from tocsin.wire.acts.post import heads_of_ours, heads_of_theirs, keep_letters
from tocsin.wire.acts.receipts import Proved, SentLetter, proved, store_receipts
from tocsin.wire.acts.receive import RECEIPT_COLUMNS, own_opening_keys, stored_entry
from tocsin.wire.entries import LetterReturned
from tocsin.wire.errors import BodyFaultyError, SenderKeyError
from tocsin.wire.handlers import ReturnedLetter
from tocsin.wire.models import Direction, Outgoing, StoredLetter, StoredReceipt, add_rows
from tocsin.wire.rules.batch import members_of
from tocsin.wire.rules.chain import Head, check_place
from tocsin.wire.rules.letter import Letter
from tocsin.wire.rules.open import signed_letter, verify_letter
from tocsin.wire.rules.peer import Peer, peer_of_card, signing_key_of
from tocsin.wire.rules.receipt import Receipt, Receipted, Stage, verify_receipt

BACK: Final = "/wire/back"
PAGE: Final = 50
_BEFORE_THE_LAST: Final = timedelta(hours=1)
"""How far before the last thing that is still here the peers are asked to look: clocks differ."""


# --- The peer's side ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenBack:
    """A letter that goes to the one who lost it, sealed to him, with the receipt that its addressee gave for it."""

    number: int
    envelope: bytes
    receipt: bytes


def give_back(peer: Peer, *, since: Instant, after: int, at: Instant) -> tuple[list[GivenBack], int]:
    """The next page of letters between ``peer`` and us that it may have lost, and how many of ours go to it once more.

    Ours are put back in the outbox with the first page.
    """
    again = 0 if after else _send_again(peer.member, since=since, at=at)
    counts = Q(direction=Direction.RECEIVED) | Q(direction=Direction.SENT, set_aside=None, receipts__stage=Stage.STORED)
    rows = (
        StoredLetter.objects.filter(counts, peer=peer.member, at__gte=since, id__gt=after, jws__isnull=False)
        .distinct()
        .order_by("id")
    )
    seal = peer.seal
    if seal is None:
        return [], again
    return [
        GivenBack(number=row.pk, envelope=jose.seal((row.jws or "").encode("ascii"), key=seal), receipt=_receipt(row))
        for row in rows.prefetch_related("receipts")[:PAGE]
    ], again


def _send_again(peer: MemberId, *, since: Instant, at: Instant) -> int:
    lost = StoredLetter.objects.filter(
        peer=peer, direction=Direction.SENT, at__gte=since, set_aside=None, erased=None, refused=None, outgoing=None
    )
    rows = [Outgoing(peer=row.peer, letter=row, thread=row.thread, since=at) for row in lost.order_by("id")]
    Outgoing.objects.bulk_create(rows, ignore_conflicts=True)
    if rows:
        jobs.deliver_soon(peer)
    return len(rows)


def _receipt(row: StoredLetter) -> bytes:
    return next((one.jws.encode("ascii") for one in row.receipts.all() if one.stage == Stage.STORED), b"")


# --- Our side -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """A letter that a peer gave back. ``given`` is the receipt that we gave for a letter of the peer's, proved."""

    peer: Peer
    letter: Letter
    receipt: bytes
    given: Receipt | None = None

    @property
    def ours(self) -> bool:
        """Whether it is a letter of ours."""
        return self.letter.sender == this_node().member


@dataclass(slots=True)
class FetchedBack:
    """What the peers gave back. ``away`` are those that did not answer: ask again when they do."""

    letters: list[Came] = field(default_factory=list)
    again: int = 0
    """How many letters to us are on their way once more; those that came back with their receipts among them."""
    away: dict[MemberId, str] = field(default_factory=dict)

    @property
    def ours(self) -> int:
        """How many letters of ours came back."""
        return sum(one.ours for one in self.letters)

    @property
    def theirs(self) -> int:
        """How many letters to us came back with the receipts that we gave for them."""
        return len(self.letters) - self.ours

    @property
    def count(self) -> int:
        """How many letters came back or are on their way."""
        return self.ours + max(self.again, self.theirs)


def fetch_back(*, at: Instant) -> FetchedBack:
    """Ask every peer for what this node lost; nothing is kept yet, since the journal may be halted."""
    since = _last_known(at=at)
    found = FetchedBack()
    for peer in _peers(at=at):
        try:
            letters, again = _from(peer, since=since, at=at)
        except TocsinError as error:
            found.away[peer.member] = str(error)
            continue
        found.letters += _lost(letters)
        found.again += again
    return found


def _lost(letters: Sequence[Came]) -> list[Came]:
    hashes = [one.letter.sha256 for one in letters]
    known = set(StoredLetter.objects.filter(sha256__in=hashes).values_list("sha256", flat=True))
    return [one for one in letters if one.letter.sha256 not in known]


def keep_returned(found: FetchedBack, *, at: Instant) -> int:
    """Keep letters that came back, those in place in their chains; how many were new."""
    return sum(_keep_from(peer, found, at=at) for peer in {one.peer.member: one.peer for one in found.letters}.values())


def recover(origin: str, *, by: Actor, at: Instant) -> FetchedBack:
    """Fetch back what was lost, begin the journal's new origin, and keep what came back.

    This process goes on under the new origin; others have to be started again with it in their settings.
    Raises ``RightMissingError``, and what ``journal.acts.begin_new_origin`` raises for a journal that is not
    halted or an origin that is taken.
    """
    rights.check(by, Right.RUN_NODE)
    found = fetch_back(at=at)
    with transaction.atomic():
        journal.begin_new_origin(origin, fetched_back=found.count, by=by, at=at)
    become(replace(this_node(), origin=origin))
    keep_returned(found, at=at)
    return found


def _last_known(*, at: Instant) -> Instant:
    last = StoredLetter.objects.aggregate(last=Max("at"))["last"]
    return (last or at - timedelta(days=3650)) - _BEFORE_THE_LAST


def _peers(*, at: Instant) -> list[Peer]:
    clock, mine = peers.machine_instant(at), this_node().member
    known = [one.in_force for one in directory.points(as_of=clock) if one.in_force and one.member != mine]
    return [peer_of_card(card, at=clock) for card in known]


def _from(peer: Peer, *, since: Instant, at: Instant) -> tuple[list[Came], int]:
    found: list[Came] = []
    after = again = 0
    while True:
        body = canonical({"to": peer.member, "since": instant.text(since), "after": after})
        letters, more = _page(line.ask(peer, "POST", BACK, body=body).checked(peer).body)
        again += more
        if not letters:
            return found, again
        found += [came for one in letters if (came := _opened(one, peer, at=at)) is not None]
        after = letters[-1].number


def _page(body: bytes) -> tuple[list[GivenBack], int]:
    members = members_of(body, names={"letters", "again"})
    letters, again = members["letters"], members["again"]
    if not isinstance(letters, list) or not isinstance(again, int):
        raise BodyFaultyError(field="letters", rule="a list, and again a number")
    return [_given(one) for one in letters], again


def _given(one: Json) -> GivenBack:
    match one:
        case {"number": int(number), "envelope": str(envelope), "receipt": str(receipt)}:
            return GivenBack(number=number, envelope=envelope.encode(), receipt=receipt.encode())
    raise BodyFaultyError(field="letters", rule="each has number, envelope and receipt")


def _opened(one: GivenBack, peer: Peer, *, at: Instant) -> Came | None:
    """What was given back, proved; nothing for a letter of the peer's that comes without a receipt of ours."""
    signed = signed_letter(jose.open_sealed(one.envelope, keys=own_opening_keys()))
    ours = next((key for raw in _own_public_keys() if (key := jose.verifying_key(raw)).kid == signed.kid), None)
    if ours is not None:  # proved to be by a key of our own: a peer cannot make us have said anything
        return Came(peer=peer, letter=verify_letter(signed, key=ours), receipt=one.receipt)
    try:
        theirs = signing_key_of(peer, kid=signed.kid, at=peers.machine_instant(at))
    except SenderKeyError:  # it comes as any letter comes, and is judged there
        return None
    letter = verify_letter(signed, key=theirs.key)
    if (letter.sender, letter.addressee) != (peer.member, this_node().member):
        raise BodyFaultyError(field="letters", rule="each is a letter between the two nodes")
    try:
        return Came(peer=peer, letter=letter, receipt=one.receipt, given=_given_by_us(one.receipt, letter))
    except TocsinError:
        return None


def _given_by_us(jws: bytes, letter: Letter) -> Receipt:
    """The receipt that this node gave for a letter before it forgot both; raises what says why it is none."""
    kid = jose.header_of(jws).kid
    key = next((key for raw in _own_public_keys() if (key := jose.verifying_key(raw)).kid == kid), None)
    if key is None:
        raise BodyFaultyError(field="receipt", rule="it is signed by a key of this node")
    about = Receipted(letter=letter.id, sha256=letter.sha256, sender=letter.sender, addressee=letter.addressee)
    receipt = verify_receipt(jws, about=about, key=key, logs=journal_reads.verifiers())
    if receipt.stage is not Stage.STORED:
        raise BodyFaultyError(field="receipt", rule="it says that the letter was stored")
    return receipt


def _own_public_keys() -> list[bytes]:
    now = this_node().keys.signing.public_key().public_bytes_raw()
    card = directory.own_card()
    older = [key.raw for key in card.card.keys if key.use is Use.SIGN] if card is not None else []
    return [now, *older]


def _keep_from(peer: Peer, found: FetchedBack, *, at: Instant) -> int:
    brought = {one.letter.sha256: one for one in found.letters if one.peer.member == peer.member}
    with transaction.atomic():
        locks.hold(f"receive:{peer.member}", *(f"chain:{one.letter.thread}" for one in brought.values()))
        known = set(StoredLetter.objects.filter(sha256__in=brought).values_list("sha256", flat=True))
        lost = [one for sha, one in brought.items() if sha not in known]
        ours = _fitting([one for one in lost if one.ours], heads_of_ours(_chains(lost)))
        theirs = _fitting([one for one in lost if not one.ours], heads_of_theirs(_chains(lost)))
        fitting = {one.letter.sha256 for one in (*ours, *theirs)}
        told = handlers.tell_returned(
            [
                ReturnedLetter(letter=one.letter, stored=one.given.at if one.given else None)
                for one in lost
                if one.letter.sha256 in fitting
            ],
            at=at,
        )
        entries = [*(_entry(one.letter) for one in ours), *(stored_entry(one.letter) for one in theirs), *told]
        indexes = [place.index for place in journal.record_all(entries, by=Actor.node(this_node().member), at=at)]
        _keep_theirs(theirs, indexes[len(ours) : len(fitting)], at=at)
        _keep_ours(ours, indexes[: len(ours)], peer, at=at)  # last: who is told of its receipts finds all letters
    return len(fitting)


def _keep_ours(ours: Sequence[Came], indexes: Sequence[int], peer: Peer, *, at: Instant) -> None:
    letters = [one.letter for one in ours]
    rows = keep_letters(letters, direction=Direction.SENT, entries=indexes, at=at)
    receipts = {one.letter.sha256: one.receipt for one in ours}
    store_receipts(_proofs(letters, rows, receipts, peer, at=at), giver=peer.member, at=at)


def _keep_theirs(theirs: Sequence[Came], indexes: Sequence[int], *, at: Instant) -> None:
    rows = keep_letters(
        [one.letter for one in theirs], direction=Direction.RECEIVED, entries=[None] * len(theirs), at=at
    )
    receipts = [
        (row, given.stage.value, given.at, given.jws.decode("ascii"), given.origin, given.index, index)
        for row, index, given in zip(rows, indexes, (one.given for one in theirs), strict=True)
        if given is not None
    ]
    add_rows(StoredReceipt, RECEIPT_COLUMNS, receipts)


def _chains(letters: Iterable[Came]) -> set[tuple[RequestId, MemberId]]:
    return {(one.letter.thread, one.peer.member) for one in letters}


def _fitting(letters: Iterable[Came], heads: dict[tuple[RequestId, MemberId], Head]) -> list[Came]:
    """Those of the letters that continue what is here; another one for a place that is taken is left out."""
    fitting = []
    for one in sorted(letters, key=lambda one: (one.letter.thread, one.letter.seq)):
        place = one.letter.thread, one.peer.member
        try:
            heads[place] = check_place(one.letter, head=heads.get(place, Head()))
        except TocsinError:
            continue
        fitting.append(one)
    return fitting


def _entry(letter: Letter) -> LetterReturned:
    return LetterReturned(
        letter=letter.id,
        letter_sha256=letter.sha256,
        thread=letter.thread,
        addressee=letter.addressee,
        seq=letter.seq,
    )


def _proofs(
    letters: Sequence[Letter], rows: Sequence[int], receipts: dict[str, bytes], peer: Peer, *, at: Instant
) -> list[Proved]:
    found = []
    for letter, row in zip(letters, rows, strict=True):
        sent = SentLetter(
            row=row, id=letter.id, thread=letter.thread, peer=peer.member, seq=letter.seq, sha256=letter.sha256
        )
        try:
            found.append(proved(receipts[letter.sha256], sent, peer, at=at))
        except TocsinError:
            Outgoing.objects.create(peer=peer.member, letter_id=row, thread=letter.thread, since=at)
    return found
