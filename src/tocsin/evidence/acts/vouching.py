"""For a proof bundle: the cards in force when things were signed, and what vouches for each of them.

A card from the directory comes with the directory's signed history; one that was confirmed by voice with the entry of
our journal that records it, and with the card whose words were heard if a later one continues it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from tocsin.base import instant
from tocsin.base.actor import Actor
from tocsin.base.errors import TocsinError
from tocsin.base.ids import MemberId
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.directory import reads as directory
from tocsin.directory.rules.card import SignedCard
from tocsin.directory.rules.sight import SignedHistory
from tocsin.directory.rules.trust import Source
from tocsin.evidence.bundle_files import BundleFiles
from tocsin.journal import reads as journal
from tocsin.people.rules.rights import Role
from tocsin.proof.bundle import ListedCard, StatedBy
from tocsin.proof.members import BEGUN, CONFIRMED, SIGNED

_ROOT = ".root.json"


@dataclass(slots=True)
class Vouching:
    """Collects cards with their histories into a bundle."""

    files: BundleFiles
    cards: dict[str, ListedCard] = field(default_factory=dict)
    """By the card's file in the bundle."""
    roots: dict[int, str] = field(default_factory=dict)
    entries: set[int] = field(default_factory=set)
    """Entries of our journal that record a confirmation by voice."""
    names: dict[str, str] = field(default_factory=dict)
    """The names on the cards, by member."""
    unknown: set[str] = field(default_factory=set)

    def add(self, member: str, instants: Iterable[Instant]) -> None:
        """The cards of a member that were in force at these instants (true time), and the one in force now."""
        for at in sorted({*instants, instant.true_now()}):
            self._add_at(MemberId(member), at)
        if member not in self.names:
            self.unknown.add(member)

    def root_paths(self) -> tuple[str, ...]:
        """The directory's roots, oldest first."""
        return tuple(self.roots[version] for version in sorted(self.roots))

    def _add_at(self, member: MemberId, at: Instant) -> None:
        try:
            history = directory.signed_history(member, as_of=at)
        except TocsinError:  # it was met later, or is this node's own card that stands in no directory
            if member == this_node().member:
                self._add_own(at)
            return
        self._add_history(history)

    def _add_own(self, at: Instant) -> None:
        """Our own card of then and, where it is not the last, the entry of our journal that records it."""
        cards = directory.own_cards()
        then = [own for own in cards if own.card.issued <= at] or cards[:1]
        for own in {then[-1].sha256: then[-1], cards[-1].sha256: cards[-1]}.values() if cards else ():
            self._add_card(own, stated=None)
            if own != cards[-1]:
                self._add_entries(SIGNED, sha256=own.sha256)

    def add_lost_logs(self) -> None:
        """The entries by which our journal went on under another name, where it was lost."""
        if len(journal.logs()) > 1:
            self._add_entries(BEGUN)

    def _add_entries(self, kind: str, *, about: str | None = None, **said: object) -> None:
        # The journal shows entries to an auditor; here the node looks for those of its own, by what they say.
        looking = Actor(this_node().member, name="node", roles=frozenset({Role.AUDITOR.value}))
        for entry in journal.entries(looking, kind=kind, about=about):
            if isinstance(entry.event, dict) and said.items() <= entry.event.items():
                self.entries.add(entry.index)

    def _add_history(self, history: SignedHistory) -> None:
        held = history.held
        if held.source is Source.TUF:
            self._add_card(held.signed, stated=self._stated(history), content=history.target)
            return
        self._add_card(held.signed, stated=None)
        if held.confirmation is not None:
            self._add_confirmation(held.signed, serial=held.confirmation.serial, at=held.confirmation.at)

    def _add_confirmation(self, signed: SignedCard, *, serial: int, at: Instant) -> None:
        member = signed.card.member
        if signed.card.serial != serial:  # what was heard were the words of an earlier card, which this one continues
            try:
                earlier = directory.signed_history(member, as_of=at)
                self._add_card(earlier.held.signed, stated=None)
            except TocsinError:
                self.unknown.add(member)
        self._add_entries(CONFIRMED, about=member, serial=serial)

    def _add_card(self, signed: SignedCard, *, stated: StatedBy | None, content: bytes | None = None) -> None:
        card = signed.card
        path = f"directory/cards/{card.member}.{card.serial}.json"
        self.names[card.member] = card.name
        if path in self.cards and stated is None:
            return
        self.files.add(path, content if content is not None else signed.file)
        if path not in self.cards or self.cards[path].stated is None:
            self.cards[path] = ListedCard(path, card.member, stated)

    def _stated(self, history: SignedHistory) -> StatedBy:
        targets, role = "", ""
        for file in history.metadata:
            path = f"directory/{file.name}"
            if file.name.endswith(_ROOT):
                self.roots[int(file.name.removesuffix(_ROOT))] = self.files.add(path, file.content)
            elif file.name.endswith(".targets.json"):
                targets = self.files.add(path, file.content)
            elif file.name.endswith(f".{history.role}.json"):
                role = self.files.add(path, file.content)
        in_force = max(int(f.name.removesuffix(_ROOT)) for f in history.metadata if f.name.endswith(_ROOT))
        return StatedBy(in_force, targets, ((history.role, role),))
