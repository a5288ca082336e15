"""Joining a directory, and refreshing what is known from it.

A refresh has two halves. The walk goes over the network and holds no lock (``update.py``). Then one transaction
takes in what it proved: metadata, cards, revoked keys, withdrawals, national tables, and the entry that says so.
If another process was quicker, its result stands and ours is let go.

A card that breaks a rule of its own (form, serial, role) is left out and named; the one before it stays. A role
whose files break a rule of TUF keeps what it had. Neither holds the others up.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from django.db import transaction
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Root
from tuf.ngclient.fetcher import FetcherInterface

from tocsin.base import instant
from tocsin.base.actor import Actor
from tocsin.base.errors import TocsinError
from tocsin.base.ids import MemberId
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.directory import reads
from tocsin.directory.acts import national
from tocsin.directory.acts.hub import PATH, hub_fetcher
from tocsin.directory.acts.rows import check_may, current, end, one_at_a_time, read_row, refuse_left_out
from tocsin.directory.acts.update import TrustedFile, Walk, walk_directory
from tocsin.directory.entries import DirectoryJoined, DirectoryRefreshed, DirectoryRefused
from tocsin.directory.errors import (
    CardAlteredError,
    CardFaultyError,
    DirectoryRefusedError,
    DirectoryUnreachableError,
    NoDirectoryError,
    RootRefusedError,
)
from tocsin.directory.models import JoinedDirectory, KnownCard, TrustedMetadata
from tocsin.directory.rules import tuf
from tocsin.directory.rules.card import SignedCard, check_issued, file_of, read_card_file
from tocsin.directory.rules.sight import DirectoryStanding
from tocsin.directory.rules.trust import Source, check_serial
from tocsin.journal.acts import record
from tocsin.people.rules.rights import Right

_CARDS, _NATIONAL = "cards/", "national/"


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh brought."""

    new: bool
    """Whether anything is another than before."""
    versions: Mapping[str, int] = field(default_factory=dict)
    cards: tuple[MemberId, ...] = ()
    withdrawn: tuple[MemberId, ...] = ()
    revoked: tuple[str, ...] = ()
    """``member kid`` of each key that verifies nothing any more."""
    tables: tuple[MemberId, ...] = ()
    faults: tuple[str, ...] = ()
    """What was left out, each with its reason."""


def join_directory(root: bytes, *, hub_card: bytes, by: Actor, at: Instant) -> DirectoryStanding:
    """Trust the directory that begins with ``root``, and fetch it from the hub that ``hub_card`` names.

    The root is the anchor: it was handed over by somebody who is trusted, or its SHA-256 was compared by voice.
    The hub's card only says where to fetch; what is fetched proves itself. Joining the same root again changes
    the hub alone. Raises ``RootRefusedError``, ``CardAlteredError``, ``CardFaultyError``.
    """
    check_may(by, Right.RUN_NODE)
    first, hub = _root_of(root), read_card_file(hub_card)
    when = instant.true_now()
    with transaction.atomic():
        one_at_a_time()
        before = JoinedDirectory.objects.first()
        if before and before.root_sha256 != _hex(root):
            raise RootRefusedError(rule=f"this node trusts another directory already, {before.root_sha256}")
        JoinedDirectory.objects.update_or_create(
            only=True,
            defaults={
                "hub": hub.card.member,
                "endpoint": hub.card.endpoint,
                "tls": list(hub.card.tls),
                "root_sha256": _hex(root),
                "joined": before.joined if before else when,
            },
        )
        if before is None:  # a later root may be trusted already
            _keep(TrustedFile(role="root", version=first.version, ends=first.expires, content=root), when=when)
        entry = DirectoryJoined(
            hub=hub.card.member, endpoint=hub.card.endpoint, root_sha256=_hex(root), root_version=first.version
        )
        record(entry, by=by, at=at)
    return reads.standing()


def refresh_directory(*, at: Instant, fetcher: FetcherInterface | None = None) -> Refreshed:
    """Fetch what is new in the directory and take it in; by the node itself, as often as wanted.

    With an unchanged directory this is two small requests and no entry. Raises ``NoDirectoryError``,
    ``DirectoryUnreachableError``, and ``DirectoryRefusedError`` when what is served breaks a rule: it is
    recorded, and what was trusted before stays in force until its grace is over.
    """
    joined = JoinedDirectory.objects.first()
    if joined is None:
        raise NoDirectoryError
    trusted, known = reads.trusted_metadata(), _known_files()
    try:
        walk = walk_directory(
            trusted,
            base_url=joined.endpoint + PATH,
            fetcher=fetcher or hub_fetcher(),
            known=known.get,
            again=bool(joined.left_out),
        )
    except (DirectoryRefusedError, DirectoryUnreachableError) as error:
        _note_fault(error, at=at)
        raise
    with transaction.atomic():
        one_at_a_time()
        if reads.trusted_metadata() != trusted:
            return Refreshed(new=False)  # another process was quicker
        return _take_in(walk, trusted, known, at=at)


# --- Before the walk ----------------------------------------------------------------------------


def _root_of(content: bytes) -> Root:
    try:
        root = tuf.read(content, Root)
        root.signed.verify_delegate("root", root.signed_bytes, root.signatures)
    except (TocsinError, RepositoryError, ValueError) as error:
        raise RootRefusedError(rule=str(error)) from error
    return root.signed


def _known_files() -> dict[str, bytes]:
    cards = KnownCard.objects.filter(source=Source.TUF, until=None)
    files = {tuf.card_path(MemberId(row.member)): file_of(row.jws) for row in cards}
    return files | national.known_files()


def _note_fault(error: DirectoryRefusedError | DirectoryUnreachableError, *, at: Instant) -> None:
    """Keep why a refresh failed, and record a broken rule the first time that it is seen."""
    with transaction.atomic():
        one_at_a_time()
        before = JoinedDirectory.objects.get()
        JoinedDirectory.objects.update(tried=instant.true_now(), fault=str(error))
        if isinstance(error, DirectoryRefusedError) and before.fault != str(error):
            entry = DirectoryRefused(attack=str(error.fields["attack"]), rule=str(error.fields["rule"])[:500])
            record(entry, by=Actor.node(this_node().member), at=at)


# --- After the walk -----------------------------------------------------------------------------


def _take_in(walk: Walk, trusted: Mapping[str, bytes], known: Mapping[str, bytes], *, at: Instant) -> Refreshed:
    when = instant.true_now()
    pieces = (*walk.roots, *walk.top.values(), *walk.roles.values())
    fresh = [piece for piece in pieces if trusted.get(piece.role) != piece.content]
    for piece in fresh:
        _keep(piece, when=when)
    taken = _Taken(left_out=dict(walk.faults))
    if walk.changed:
        _take_files(walk, taken, known, when=when)
    news = _note_success(walk, taken, when=when)
    if not (fresh or taken.anything or news):
        return Refreshed(new=False, faults=taken.faults)
    return _recorded(taken, fresh, at=at)


@dataclass(slots=True)
class _Taken:
    """What one walk changes, gathered step by step."""

    cards: list[SignedCard] = field(default_factory=list)
    withdrawn: list[MemberId] = field(default_factory=list)
    revoked: list[str] = field(default_factory=list)
    tables: dict[MemberId, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    """Roles and files, each with the reason."""

    @property
    def faults(self) -> tuple[str, ...]:
        return tuple(f"{name}: {reason}" for name, reason in sorted(self.left_out.items()))

    @property
    def anything(self) -> bool:
        return bool(self.cards or self.withdrawn or self.revoked or self.tables)


def _take_files(walk: Walk, taken: _Taken, known: Mapping[str, bytes], *, when: Instant) -> None:
    for path, (role, content) in sorted(walk.files.items()):
        if known.get(path) == content:
            continue
        try:
            with transaction.atomic():
                _take_file(path, content, taken, role=role, when=when)
        except TocsinError as fault:
            taken.left_out[path] = str(fault)
    _withdraw(walk, taken, when=when)


def _take_file(path: str, content: bytes, taken: _Taken, *, role: str, when: Instant) -> None:
    if path.startswith(_CARDS):
        _take_card(path, content, taken, role=role, when=when)
    elif path.startswith(_NATIONAL):
        member = MemberId(path.removeprefix(_NATIONAL).removesuffix(".jws"))
        table = national.take_in(content, member=member, source=Source.TUF, when=when)
        if table is not None:
            taken.tables[member] = table


def _take_card(path: str, content: bytes, taken: _Taken, *, role: str, when: Instant) -> None:
    member = MemberId(path.removeprefix(_CARDS).removesuffix(".json"))
    signed = read_card_file(content, expected=member)
    before = current(member, Source.TUF)
    known = read_row(before)
    if known:
        check_serial(signed, known=known)
    check_issued(signed.card, at=when)
    fault = tuf.card_fault(signed.card, role=role)
    if fault:
        raise CardFaultyError(faults=fault)
    if content != signed.file:
        raise CardAlteredError(reason="the file in the directory has another end of line than it should")
    end([before], when=when)
    KnownCard.objects.create(
        member=member,
        source=Source.TUF.value,
        serial=signed.card.serial,
        sha256=signed.sha256,
        jws=signed.jws,
        role=role,
        since=when,
    )
    taken.cards.append(signed)
    taken.revoked += [f"{member} {kid}" for kid in refuse_left_out(signed, when=when)]
    _follow_the_hub(signed)


def _withdraw(walk: Walk, taken: _Taken, *, when: Instant) -> None:
    """End the cards that the directory no longer holds; those of a role at fault stay as they were."""
    for row in KnownCard.objects.filter(source=Source.TUF, until=None):
        if tuf.card_path(MemberId(row.member)) not in walk.files and row.role not in walk.faults:
            end([row], when=when)
            taken.withdrawn.append(MemberId(row.member))


def _follow_the_hub(signed: SignedCard) -> None:
    """Fetch from where the hub's card in the directory says."""
    JoinedDirectory.objects.filter(hub=signed.card.member).update(
        endpoint=signed.card.endpoint, tls=list(signed.card.tls)
    )


def _note_success(walk: Walk, taken: _Taken, *, when: Instant) -> bool:
    """Keep that the walk went through; whether other things than before were left out."""
    before = JoinedDirectory.objects.get()
    left_out = taken.left_out if walk.changed else before.left_out
    JoinedDirectory.objects.update(tried=when, fresh=when, fault="", left_out=left_out)
    return bool(left_out != before.left_out)


def _keep(piece: TrustedFile, *, when: Instant) -> None:
    """Metadata in the place of what was current in its role."""
    current_one = TrustedMetadata.objects.filter(role=piece.role, until=None)
    if current_one.filter(sha256=_hex(piece.content)).exists():
        return
    current_one.update(until=when)
    TrustedMetadata.objects.create(
        role=piece.role,
        version=piece.version,
        sha256=_hex(piece.content),
        content=piece.content,
        ends=piece.ends,
        since=when,
    )


def _recorded(taken: _Taken, fresh: list[TrustedFile], *, at: Instant) -> Refreshed:
    versions = {file.role: file.version for file in fresh}
    entry = DirectoryRefreshed(
        versions=versions,
        cards=tuple(f"{signed.card.member} {signed.card.serial} {signed.sha256}" for signed in taken.cards),
        withdrawn=tuple(taken.withdrawn),
        revoked=tuple(taken.revoked),
        tables=tuple(f"{member} {table}" for member, table in taken.tables.items()),
        faults=taken.faults,
    )
    record(entry, by=Actor.node(this_node().member), at=at)
    return Refreshed(
        new=True,
        versions=versions,
        cards=tuple(signed.card.member for signed in taken.cards),
        withdrawn=tuple(taken.withdrawn),
        revoked=tuple(taken.revoked),
        tables=tuple(taken.tables),
        faults=taken.faults,
    )


def _hex(content: bytes) -> str:
    return sha256(content).hexdigest()
