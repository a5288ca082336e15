"""After a restored backup: fetch back from the peers what was lost, before anything is written again.

A node whose witnesses have seen more of its journal than is in its database was restored from an older
backup. It halts (``compare_with_witnesses``). What it lost stands with its peers:

* letters that they sent it, and for which they hold its receipts: they put them back in their outbox,
  and they come as any letter comes, once the journal goes on;
* letters that it sent them: they give them back, each sealed, with the receipt that they gave for it.
  Without them it would write other letters for the same places of its chains, and say two things.

    POST /wire/back  {"to": "pt", "since": "…Z", "after": 0}
                  →  {"letters": [{"number": 7, "envelope": JWE, "receipt": JWS}], "again": 3}

The journal then goes on under a new origin whose first entry says how many letters came back.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import Max

from tocsin.base import instant, jose
from tocsin.base.actor import Actor
from tocsin.base.errors import TocsinError
from tocsin.base.ids import MemberId
from tocsin.base.instant import Instant
from tocsin.base.this_node import become, this_node
from tocsin.directory import reads as directory
from tocsin.directory.rules.card import Use
from tocsin.journal import acts as journal
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.proof.canonical import Json, canonical
from tocsin.wire import handlers, jobs, line, locks, peers
from tocsin.wire.acts.post import heads_of_ours, keep_letters
from tocsin.wire.acts.receipts import Proved, SentLetter, proved, store_receipts
from tocsin.wire.acts.receive import own_opening_keys
from tocsin.wire.entries import LetterReturned
from tocsin.wire.errors import BodyFaultyError
from tocsin.wire.models import Direction, Outgoing, StoredLetter
from tocsin.wire.rules.batch import members_of
from tocsin.wire.rules.chain import Head, check_place
from tocsin.wire.rules.letter import Letter
from tocsin.wire.rules.open import signed_letter, verify_letter
from tocsin.wire.rules.peer import Peer, peer_of_card

BACK: Final = "/wire/back"
PAGE: Final = 50
_BEFORE_THE_LAST: Final = timedelta(hours=1)
"""How far before the last thing that is still here the peers are asked to look: clocks differ."""


# --- The peer's side ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenBack:
    """A letter that goes back to its sender: sealed to him, with the receipt that it got here."""

    number: int
    envelope: bytes
    receipt: bytes


def give_back(peer: Peer, *, since: Instant, after: int, at: Instant) -> tuple[list[GivenBack], int]:
    """The next page of letters that ``peer`` sent us and has lost, and how many of ours go to it once more.

    Ours are put back in the outbox with the first page.
    """
    again = 0 if after else _send_again(peer.member, since=since, at=at)
    rows = StoredLetter.objects.filter(
        peer=peer.member, direction=Direction.RECEIVED, at__gte=since, id__gt=after, jws__isnull=False
    ).order_by("id")
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
    return next((one.jws.encode("ascii") for one in row.receipts.all() if one.stage == "stored"), b"")


# --- Our side -----------------------------------------------------------------------------------


@dataclass(slots=True)
class FetchedBack:
    """What the peers gave back. ``away`` are those that did not answer: ask again when they do."""

    letters: list[tuple[Peer, Letter, bytes]] = field(default_factory=list)
    again: int = 0
    away: dict[MemberId, str] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many letters came back or are on their way."""
        return len(self.letters) + self.again


def fetch_back(*, at: Instant) -> FetchedBack:
    """Ask every peer for what this node lost; nothing is kept yet, since the journal may be halted."""
    since = _last_known(at=at)
    found = FetchedBack()
    for peer in _peers(at=at):
        try:
            letters, again = _from(peer, since=since)
        except TocsinError as error:
            found.away[peer.member] = str(error)
            continue
        found.letters += _lost(letters)
        found.again += again
    return found


def _lost(letters: Sequence[tuple[Peer, Letter, bytes]]) -> list[tuple[Peer, Letter, bytes]]:
    known = set(
        StoredLetter.objects.filter(sha256__in=[letter.sha256 for _, letter, _ in letters]).values_list(
            "sha256", flat=True
        )
    )
    return [one for one in letters if one[1].sha256 not in known]


def keep_returned(found: FetchedBack, *, at: Instant) -> int:
    """Keep letters of ours that came back, those in place in their chains; how many were new."""
    return sum(_keep_from(peer, found, at=at) for peer in {peer.member: peer for peer, _, _ in found.letters}.values())


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
    known = [one.in_force for one in directory.contacts(as_of=clock) if one.in_force and one.member != mine]
    return [peer_of_card(card, at=clock) for card in known]


def _from(peer: Peer, *, since: Instant) -> tuple[list[tuple[Peer, Letter, bytes]], int]:
    found: list[tuple[Peer, Letter, bytes]] = []
    after = again = 0
    while True:
        body = canonical({"to": peer.member, "since": instant.text(since), "after": after})
        letters, more = _page(line.ask(peer, "POST", BACK, body=body).checked(peer).body)
        again += more
        if not letters:
            return found, again
        found += [(peer, _ours(one.envelope), one.receipt) for one in letters]
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


def _ours(envelope: bytes) -> Letter:
    """A letter of ours, proved to be by one of our own keys: a peer cannot make us have said anything."""
    signed = signed_letter(jose.open_sealed(envelope, keys=own_opening_keys()))
    keys = [jose.verifying_key(raw) for raw in _own_public_keys()]
    key = next((one for one in keys if one.kid == signed.kid), None)
    if key is None:
        raise BodyFaultyError(field="letters", rule="each is signed by a key of this node")
    return verify_letter(signed, key=key)


def _own_public_keys() -> list[bytes]:
    now = this_node().keys.signing.public_key().public_bytes_raw()
    card = directory.own_card()
    older = [key.raw for key in card.card.keys if key.use is Use.SIGN] if card is not None else []
    return [now, *older]


def _keep_from(peer: Peer, found: FetchedBack, *, at: Instant) -> int:
    brought = {letter.sha256: (letter, receipt) for one, letter, receipt in found.letters if one.member == peer.member}
    with transaction.atomic():
        locks.hold(*(f"chain:{letter.thread}" for letter, _ in brought.values()))
        known = StoredLetter.objects.filter(sha256__in=brought).values_list("sha256", flat=True)
        lost = [letter for sha, (letter, _) in brought.items() if sha not in set(known)]
        fitting = _fitting(sorted(lost, key=lambda letter: (letter.thread, letter.seq)), peer.member)
        entries = [_entry(letter) for letter in fitting]
        told = handlers.tell_returned(fitting, at=at)
        places = journal.record_all([*entries, *told], by=Actor.node(this_node().member), at=at)
        indexes = [place.index for place in places[: len(fitting)]]
        rows = keep_letters(fitting, direction=Direction.SENT, entries=indexes, at=at)
        receipts = _proofs(fitting, rows, {sha: receipt for sha, (_, receipt) in brought.items()}, peer, at=at)
        store_receipts(receipts, giver=peer.member, at=at)
    return len(fitting)


def _fitting(letters: Sequence[Letter], addressee: MemberId) -> list[Letter]:
    """Those of the letters that continue what is here; another one for a place that is taken is left out."""
    heads = heads_of_ours({(letter.thread, addressee) for letter in letters})
    fitting = []
    for letter in letters:
        place = letter.thread, addressee
        try:
            heads[place] = check_place(letter, head=heads.get(place, Head()))
        except TocsinError:
            continue
        fitting.append(letter)
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
