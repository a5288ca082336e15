"""What is known of members: cards in force, where they come from, and how well they answer.

The directory runs on **true time** (``instant.true_now()``), never on an exercise's shifted clock: an exercise
that plays next month neither makes a card stale nor a key outdated. So reads take ``as_of``, a true instant,
for looking back, and look at the present when it is left out.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, time
from functools import lru_cache
from typing import TypeVar

from django.db.models import Max, Min, Q, QuerySet

from tocsin.base import instant
from tocsin.base.errors import RuleError
from tocsin.base.ids import InstrumentId, MemberId
from tocsin.base.instant import Instant, text
from tocsin.base.jose import kid_of
from tocsin.base.this_node import this_node
from tocsin.directory.errors import (
    CardFromTheFutureError,
    NoDirectoryError,
    NotPublishedError,
    StaleCardError,
    UnconfirmedMemberError,
    UnknownMemberError,
)
from tocsin.directory.models import (
    ContactTry,
    Drill,
    JoinedDirectory,
    KnownCard,
    ListedContact,
    NationalTable,
    OwnCard,
    ProposedWords,
    PublishedFile,
    RefusedKey,
    SignOfLife,
    TrustedMetadata,
    cards_held,
    last_own_card,
)
from tocsin.directory.rules import life, tuf
from tocsin.directory.rules.card import Card, CardKind, SignedCard, Use, read_card
from tocsin.directory.rules.freshness import GRACE, beyond_grace, earliest_end, stale_since
from tocsin.directory.rules.hearsay import Listed, Outcome, is_hearsay
from tocsin.directory.rules.national import read_table
from tocsin.directory.rules.own_card import OwnWords, read_words
from tocsin.directory.rules.sight import (
    Contact,
    ContactView,
    DirectoryStanding,
    DrillResult,
    HistoryFile,
    Known,
    PastCard,
    PastHearsay,
    Proposal,
    SignedHistory,
    SignedTable,
    Tried,
    WaitingDrill,
    hearsay_fades,
    seen_by_card,
)
from tocsin.directory.rules.trust import (
    Confirmation,
    Held,
    Refusal,
    Source,
    TrustedCard,
    in_force,
    sources_disagree,
)
from tocsin.law.national import Tables

Row = TypeVar("Row", KnownCard, TrustedMetadata, NationalTable)
_TOP = ("root", "timestamp", "snapshot", "targets")

# --- Cards --------------------------------------------------------------------------------------


def card_of(member: MemberId, *, as_of: Instant | None = None) -> TrustedCard:
    """The card by which ``member`` is dealt with: from the directory or confirmed by voice, the higher serial.

    ``as_of`` is true time, for looking back; leave it out for the present. Raises ``UnknownMemberError``,
    ``UnconfirmedMemberError`` when only unconfirmed cards are known, ``StaleCardError`` when only the
    directory vouches for it and has been stale for longer than the grace.
    """
    cards, keys = cards_held(member, as_of)
    rows = {row.source: row for row in cards}
    refused = {kid: Refusal(since=since, reason=reason) for kid, since, reason in keys}
    return _trusted(member, rows, refused, _Ends(as_of), when=as_of or instant.true_now())


def points(*, as_of: Instant | None = None) -> list[Contact]:
    """Every member that is known by a card, those that answer first, then by country and id."""
    rows: dict[MemberId, dict[str, KnownCard]] = {}
    for row in _in_place(KnownCard.objects.all(), as_of):
        rows.setdefault(MemberId(row.member), {})[row.source] = row
    found = _Observations(rows, as_of)
    listed = [found.contact(member) for member in rows]
    return sorted(listed, key=lambda contact: (contact.fades, contact.shown.card.country, contact.member))


def point(member: MemberId, *, as_of: Instant | None = None) -> Contact:
    """One member by its cards, with each source apart; raises ``UnknownMemberError``."""
    for found in points(as_of=as_of):
        if found.member == member:
            return found
    raise UnknownMemberError(member=member)


def past_cards(member: MemberId, *, most: int = 50) -> list[PastCard]:
    """Every card of ``member`` that this node held, of each source, the latest first."""
    rows = KnownCard.objects.filter(member=member).order_by("-since", "-id")[:most]
    return [PastCard(held=held_of(row), until=row.until) for row in rows]


def cards_shown(members: Iterable[MemberId]) -> dict[MemberId, Card]:
    """The card by which each member is named on a list, by one question: of those in place the best vouched for.

    It tells name, country and zone, and trusts nobody: letters go by ``card_of``.
    """
    ranks = {Source.TUF: 0, Source.VOICE: 1, Source.FILE: 2, Source.HEARSAY: 3}
    rows = _in_place(KnownCard.objects.filter(member__in=set(members)), None)
    best = sorted(rows, key=lambda row: (ranks[Source(row.source)], -row.serial), reverse=True)
    return {MemberId(row.member): _read(row.jws).card for row in best}


def own_card() -> SignedCard | None:
    """The last card that this node signed for itself; ``None`` before the first."""
    jws = last_own_card()
    return _read(jws) if jws else None


def own_cards() -> list[SignedCard]:
    """Every card that this node signed for itself, the oldest first."""
    return [_read(row.jws) for row in OwnCard.objects.order_by("serial")]


def words_in_force() -> OwnWords | None:
    """What two people confirmed that this node's card says; ``None`` while its settings alone say it."""
    row = ProposedWords.objects.filter(confirmed=True).order_by("-settled").first()
    return read_words(row.words) if row else None


def waiting_words() -> Proposal | None:
    """What waits for a second person's confirmation."""
    row = ProposedWords.objects.filter(settled=None).first()
    if row is None:
        return None
    return Proposal(
        id=str(row.id),
        words=read_words(row.words),
        by_person=row.proposed_by,
        by_name=row.proposed_name,
        at=row.proposed,
    )


def own_keys(use: Use) -> list[bytes]:
    """The public keys of a use that this node's last card names, the retired ones as well.

    None if that card is not signed with the key that this node signs with now: whoever can write to the
    database could have put it there.
    """
    own = own_card()
    if own is None or own.signer != kid_of(this_node().keys.signing.public_key().public_bytes_raw()):
        return []
    return [key.raw for key in own.card.keys if key.use is use]


def pinned_since(certificate: str) -> Instant | None:
    """Since when this node's cards have named a certificate (PEM) without a break; ``None`` if the last does not."""
    since = None
    for row in OwnCard.objects.order_by("-serial").iterator(chunk_size=16):
        if certificate not in _read(row.jws).card.tls:
            break
        since = row.issued
    return since


def unconfirmed_card(member: MemberId) -> Held:
    """The card of ``member`` that waits for its confirmation; raises ``UnknownMemberError``."""
    waiting = KnownCard.objects.filter(member=member, until=None, source__in=[Source.FILE, Source.HEARSAY])
    row = waiting.order_by("-since", "-id").first()
    if row is None:
        raise UnknownMemberError(member=member)
    return held_of(row)


# --- Contacts, with a node or by hearsay ---------------------------------------------------------


def contact(member: MemberId) -> ContactView:
    """A contact, however it is known: by a card (directory, voice, unconfirmed) or by hearsay from a list.

    ``ContactView.known`` says which. Raises ``UnknownMemberError``.
    """
    if not is_hearsay(member):
        return seen_by_card(point(member))
    row = ListedContact.objects.filter(member=member).order_by("-since", "-id").first()
    if row is None:
        raise UnknownMemberError(member=member)
    found = _heard(row, _tries([row]))
    if found.given_up or not found.fades:
        return found
    return next((each for each in hearsay_for() if each.member == member), found)  # with those that answer instead


def heard_of(member: MemberId) -> Listed:
    """What a list last said of a contact by hearsay, by one question; raises ``UnknownMemberError``."""
    row = ListedContact.objects.filter(member=member).order_by("-since", "-id").first() if is_hearsay(member) else None
    if row is None:
        raise UnknownMemberError(member=member)
    return listed_in(row)


def contacts(*, country: str | None = None, kind: CardKind | None = None, hearsay: bool = True) -> list[ContactView]:
    """All that can be turned to, but this node: those that answer first, those with a node before hearsay."""
    own, by_card = this_node().member, points()
    found = [*(seen_by_card(each) for each in by_card if each.member != own), *(_all_heard(by_card) if hearsay else [])]
    kept = [each for each in found if country in {None, each.country} and kind in {None, each.kind}]
    return sorted(kept, key=lambda each: (each.fades, each.known is Known.HEARSAY, each.country, each.name))


def hearsay_for(
    *, country: str | None = None, kind: CardKind | None = None, instrument: InstrumentId | None = None
) -> list[ContactView]:
    """Contacts of lists, those that answer first; with ``instrument`` those whose list names it, or names none."""
    kept = (each for each in _all_heard(points()) if country in {None, each.country} and kind in {None, each.kind})
    fit = (each for each in kept if instrument is None or not each.competences or instrument in each.competences)
    return sorted(fit, key=lambda each: (each.fades, each.country, each.name))


def contacts_named(members: Iterable[MemberId]) -> dict[MemberId, str]:
    """The name of each contact, by card or by hearsay, by two questions; for lists."""
    wanted = set(members)
    names = {member: card.name for member, card in cards_shown(wanted).items()}
    rows = ListedContact.objects.filter(member__in=[each for each in wanted if is_hearsay(each)])
    heard = rows.order_by("since", "id").values_list("member", "name")
    return names | {MemberId(member): name for member, name in heard}


def past_hearsay(member: MemberId, *, most: int = 50) -> list[PastHearsay]:
    """What lists said of a contact and when, the latest first."""
    rows = ListedContact.objects.filter(member=member).order_by("-since", "-id")[:most]
    return [
        PastHearsay(
            listed=listed_in(row), source=row.source, source_date=row.source_date, since=row.since, until=row.until
        )
        for row in rows
    ]


def tries_of(member: MemberId, *, most: int = 50) -> list[Tried]:
    """When somebody tried to reach a contact by hearsay, the latest first."""
    return [_tried(row) for row in ContactTry.objects.filter(member=member).order_by("-at", "-id")[:most]]


def listed_in(row: ListedContact) -> Listed:
    """A row as what a list says."""
    return Listed(
        key=row.key,
        name=row.name,
        kind=CardKind(row.kind),
        country=row.country,
        zone=row.zone,
        subdivision=row.subdivision or None,
        languages=tuple(row.languages),
        hours=row.hours,
        phone=row.phone or None,
        email=row.email or None,
        smime=row.smime or None,
        competences=tuple(InstrumentId(each) for each in row.competences),
    )


def _all_heard(by_card: Iterable[Contact]) -> list[ContactView]:
    """Every contact of a list; with one that fades who answers in its country, members (``by_card``) first."""
    rows = list(ListedContact.objects.filter(until=None).order_by("country", "name", "member"))
    tries = _tries(rows)
    found = [_heard(row, tries) for row in rows]
    answering: dict[tuple[str, CardKind], list[MemberId]] = {}
    for each in found:
        if not each.fades:
            answering.setdefault((each.country, each.kind), []).append(each.member)
    for known in by_card:
        if known.in_force and not known.fades and known.member != this_node().member:
            card = known.shown.card
            answering.setdefault((card.country, card.kind), []).insert(0, known.member)
    return [
        replace(each, instead=tuple(answering.get((each.country, each.kind), ()))) if each.fades else each
        for each in found
    ]


def _tries(rows: Iterable[ListedContact]) -> dict[str, list[ContactTry]]:
    """The last try of each contact, and the last that was answered."""
    members = [row.member for row in rows]
    last = ContactTry.objects.filter(member__in=members).order_by("member", "-at", "-id").distinct("member")
    answered = (
        ContactTry.objects.filter(member__in=members, outcome=Outcome.ANSWERED)
        .order_by("member", "-at", "-id")
        .distinct("member")
    )
    found: dict[str, list[ContactTry]] = {}
    for each in (*last, *answered):
        found.setdefault(each.member, []).append(each)
    return found


def _tried(row: ContactTry) -> Tried:
    return Tried(at=row.at, outcome=Outcome(row.outcome), by_name=row.by_name, note=row.note)


def _heard(row: ListedContact, tries: Mapping[str, list[ContactTry]]) -> ContactView:
    mine = [_tried(each) for each in tries.get(row.member, [])]
    answered = next((each.at for each in mine if each.outcome is Outcome.ANSWERED), None)
    tried = mine[0] if mine else None
    told = min(row.listed, datetime.combine(row.source_date, time(0), tzinfo=UTC))
    fades = hearsay_fades(tried, answered=answered, told=told, at=instant.true_now())
    return ContactView(
        member=MemberId(row.member),
        known=Known.HEARSAY,
        listed=listed_in(row),
        source=row.source,
        source_date=row.source_date,
        since=row.since,
        tried=tried,
        last_answer=answered,
        fades=fades,
        given_up=row.until is not None,
        version=row.pk,
    )


# --- The directory as a whole -------------------------------------------------------------------


def standing() -> DirectoryStanding:
    """The directory that this node joined; raises ``NoDirectoryError``."""
    row = JoinedDirectory.objects.first()
    if row is None:
        raise NoDirectoryError
    when, end = instant.true_now(), _Ends(None).of()
    return DirectoryStanding(
        hub=MemberId(row.hub),
        endpoint=row.endpoint,
        tls=tuple(row.tls),
        root_sha256=row.root_sha256,
        joined=row.joined,
        fresh=row.fresh,
        ends=end,
        stale_since=stale_since(end, at=when) if end else None,
        beyond_grace=end is not None and beyond_grace(end, at=when),
        fault=row.fault,
        left_out=dict(row.left_out),
    )


def signed_history(member: MemberId, *, as_of: Instant) -> SignedHistory:
    """What shows why the card of ``member`` was trusted at ``as_of`` (true time). Raises like ``card_of``.

    For a card from the directory: every root from the one that this node was given to the one then in force,
    the metadata then in force, and the card file. For a card confirmed by voice: the card, and in
    ``held.confirmation`` by whom and when.
    """
    held = card_of(member, as_of=as_of).held
    role = _role_of(held) if held.source is Source.TUF else ""
    return SignedHistory(
        held=held,
        role=role,
        metadata=tuple(_history(role, when=as_of)) if role else (),
        target_path=tuf.card_path(member) if role else "",
        target=held.signed.file,
    )


def trusted_metadata() -> dict[str, bytes]:
    """The directory's metadata that is trusted now, by role: where the next walk begins."""
    return {row.role: bytes(row.content) for row in _in_place(TrustedMetadata.objects.all(), None)}


def published_file(path: str) -> bytes:
    """At the hub: a file of the repository, its latest version. Raises ``NotPublishedError``."""
    row = PublishedFile.objects.filter(path=path).order_by("-version").first()
    if row is None:
        raise NotPublishedError(name=path)
    return bytes(row.content)


def published_metadata() -> dict[str, bytes]:
    """At the hub: the latest metadata of each role."""
    rows = PublishedFile.objects.exclude(role="").order_by("role", "-version").distinct("role")
    return {row.role: bytes(row.content) for row in rows}


def published_files() -> dict[str, bytes]:
    """At the hub: the whole repository by path, each file in its latest version."""
    rows = PublishedFile.objects.order_by("path", "-version").distinct("path")
    return {row.path: bytes(row.content) for row in rows}


# --- How well members answer --------------------------------------------------------------------


def last_sign_of_life(member: MemberId) -> Instant | None:
    """When the node of ``member`` was last proved to run (true time)."""
    row = SignOfLife.objects.filter(member=member).first()
    return row.at if row else None


def signs_of_life() -> list[str]:
    """The last signed sign of life of each member, as the hub publishes them."""
    return list(SignOfLife.objects.order_by("member").values_list("jws", flat=True))


def drill_results(member: MemberId | None = None) -> list[DrillResult]:
    """Our drills, the latest first, of one member or of all."""
    rows = Drill.objects.filter(ours=True).order_by("-called")
    return [_result(row) for row in (rows.filter(member=member) if member else rows)]


def waiting_drills() -> list[WaitingDrill]:
    """Other members' calls that nobody here has answered, the oldest first."""
    rows = Drill.objects.filter(ours=False, answered=None).order_by("called")
    return [WaitingDrill(id=str(row.id), member=MemberId(row.member), called=row.called) for row in rows]


# --- National law -------------------------------------------------------------------------------


def national_table_of(member: MemberId, *, as_of: Instant | None = None) -> SignedTable | None:
    """What ``member`` has said of its national law, as it signed it; ``None`` when nothing is recorded."""
    row = _in_place(NationalTable.objects.filter(member=member), as_of).first()
    return _table(row) if row else None


def national_tables(*, as_of: Instant | None = None) -> Tables:
    """The national tables that are known, by State, as the law's questions want them.

    Where several points of a State have signed one, that of the point with the State's own id counts.
    """
    rows = sorted(_in_place(NationalTable.objects.all(), as_of), key=lambda row: (-len(row.member), row.member))
    found = [_table(row).table for row in rows]
    return {table.state: table for table in found}


def _table(row: NationalTable) -> SignedTable:
    return SignedTable(
        member=MemberId(row.member),
        jws=row.jws,
        source=row.source,
        as_of=row.as_of,
        since=row.since,
        table=_read_table(row.jws),
    )


_read_table = lru_cache(maxsize=256)(read_table)


# --- Steps --------------------------------------------------------------------------------------


class _Ends:
    """When the directory's word on a role ends, by what was trusted at an instant."""

    def __init__(self, as_of: Instant | None) -> None:
        self._as_of = as_of
        self._ends: dict[str, Instant] | None = None

    def of(self, role: str = "") -> Instant | None:
        """The earliest end of what vouches for ``role``; ``None`` when no directory was walked yet."""
        if self._ends is None:
            rows = _in_place(TrustedMetadata.objects.all(), self._as_of)
            self._ends = dict(rows.values_list("role", "ends"))
        found = [self._ends[name] for name in (*_TOP, role) if name in self._ends]
        return earliest_end(found) if "timestamp" in self._ends else None


def _in_place(rows: "QuerySet[Row]", as_of: Instant | None) -> "QuerySet[Row]":
    """Of rows that take each other's place, those that were in it at ``as_of``, or are now.

    The present asks no clock: a clock that was set back makes nobody unknown.
    """
    return (
        rows.filter(until=None) if as_of is None else rows.filter(Q(until=None) | Q(until__gt=as_of), since__lte=as_of)
    )


def _history(role: str, *, when: Instant) -> Iterator[HistoryFile]:
    for root in TrustedMetadata.objects.filter(role="root", since__lte=when).order_by("version"):
        yield HistoryFile(name=f"{root.version}.root.json", content=bytes(root.content))
    current = {row.role: row for row in _in_place(TrustedMetadata.objects.all(), when)}
    for name in ("timestamp", "snapshot", "targets", role):
        row = current[name]
        yield HistoryFile(
            name="timestamp.json" if name == "timestamp" else f"{row.version}.{name}.json", content=bytes(row.content)
        )


def _refused(members: Iterable[MemberId], as_of: Instant | None) -> dict[MemberId, dict[str, Refusal]]:
    rows = RefusedKey.objects.filter(member__in=list(members))
    found: dict[MemberId, dict[str, Refusal]] = {}
    for row in rows if as_of is None else rows.filter(since__lte=as_of):
        found.setdefault(MemberId(row.member), {})[row.kid] = Refusal(since=row.since, reason=row.reason)
    return found


def _trusted(
    member: MemberId, rows: Mapping[str, KnownCard], refused: Mapping[str, Refusal], ends: _Ends, *, when: Instant
) -> TrustedCard:
    from_directory, by_voice = _held_or_none(rows.get(Source.TUF)), _held_or_none(rows.get(Source.VOICE))
    end = ends.of(rows[Source.TUF].role) if from_directory else None
    outlived = end is not None and beyond_grace(end, at=when)
    held = in_force(None if outlived else from_directory, by_voice)
    if held is None:
        raise _why_not(member, rows, end)
    return TrustedCard(
        held=held,
        stale_since=stale_since(end, at=when) if end and held.source is Source.TUF else None,
        refused=refused,
        sources_disagree=sources_disagree(from_directory, by_voice),
    )


def _why_not(member: MemberId, rows: Mapping[str, KnownCard], end: Instant | None) -> RuleError:
    if Source.TUF in rows and end is not None:
        return StaleCardError(stale_since=text(end), grace_days=GRACE.days)
    if rows:
        return UnconfirmedMemberError(member=member)
    now = instant.true_now()
    to_come = KnownCard.objects.filter(member=member, until=None, since__gt=now).order_by("since").first()
    if to_come is not None:
        return CardFromTheFutureError(member=member, since=text(to_come.since), instant=text(now))
    return UnknownMemberError(member=member)


def _held_or_none(row: KnownCard | None) -> Held | None:
    return held_of(row) if row else None


def held_of(row: KnownCard) -> Held:
    """The card of a row, with its form and signature checked again."""
    return Held(
        signed=_read(row.jws),
        source=Source(row.source),
        since=row.since,
        confirmation=_confirmation(row),
        via=row.via,
    )


def _confirmation(row: KnownCard) -> Confirmation | None:
    if row.confirmed_at is None or row.confirmed_serial is None:
        return None
    return Confirmation(
        by_person=row.confirmed_by, by_name=row.confirmed_name, at=row.confirmed_at, serial=row.confirmed_serial
    )


@lru_cache(maxsize=4096)
def _read(jws: str) -> SignedCard:
    return read_card(jws)  # checked again as it comes out of the database, once in a process


def _role_of(held: Held) -> str:
    return tuf.role_of(held.signed.card.member, held.signed.card.kind)


def _result(row: Drill) -> DrillResult:
    return DrillResult(
        id=str(row.id),
        member=MemberId(row.member),
        called=row.called,
        answered=row.answered,
        by_name=row.answered_name,
        by_role=row.answered_role,
    )


class _Observations:
    """All that is known of all members at an instant, in a fixed number of queries."""

    def __init__(self, rows: Mapping[MemberId, Mapping[str, KnownCard]], as_of: Instant | None) -> None:
        when = as_of or instant.true_now()
        self._rows, self._when, self._ends = rows, when, _Ends(as_of)
        self._refused = _refused(rows, as_of)
        self._alive = dict(SignOfLife.objects.values_list("member", "at"))
        drills = Drill.objects.filter(ours=True, called__lte=when).order_by("member", "-called").distinct("member")
        self._drill = {row.member: _result(row) for row in drills}
        answered = Drill.objects.filter(ours=True, answered__lte=when)
        self._answered = dict(answered.values_list("member").annotate(last=Max("answered")))
        self._first = dict(KnownCard.objects.values_list("member").annotate(first=Min("since")))
        self._trust = {member: self._trust_or_why_not(member) for member in rows}
        self._fading = {member for member in rows if self._fades(member)}

    def contact(self, member: MemberId) -> Contact:
        trusted = self._trust[member]
        good = trusted if isinstance(trusted, TrustedCard) else None
        held = [held_of(self._rows[member][source]) for source in Source if source in self._rows[member]]
        return Contact(
            member=member,
            held=tuple(held),
            in_force=good,
            why_not="" if isinstance(trusted, TrustedCard) else str(trusted),
            met=self._first[member],
            alive=self._alive.get(member),
            drill=self._drill.get(member),
            last_answer=self._answered.get(member),
            fades=member in self._fading,
            instead=self._instead_of(member, good) if member in self._fading else (),
        )

    def _trust_or_why_not(self, member: MemberId) -> TrustedCard | RuleError:
        try:
            return _trusted(member, self._rows[member], self._refused.get(member, {}), self._ends, when=self._when)
        except RuleError as why_not:
            return why_not

    def _fades(self, member: MemberId) -> bool:
        # a member that was met less than 90 days ago has not failed to answer yet
        return life.fades(self._answered.get(member) or self._first[member], at=self._when)

    def _instead_of(self, member: MemberId, trusted: TrustedCard | None) -> tuple[MemberId, ...]:
        if trusted is None:
            return ()
        return tuple(
            other
            for other, card in sorted(self._trust.items())
            if other not in {member, this_node().member}
            and other not in self._fading
            and isinstance(card, TrustedCard)
            and (card.card.kind, card.card.country) == (CardKind.STATE, trusted.card.country)
        )
