"""Who is who: from the anchor that the reader brings to the keys of every member.

An anchor is what the reader knows from elsewhere and trusts:

    a TUF root      the directory's root metadata, as a file or as its SHA-256
    a card          a contact point's card whose fingerprint the reader knows, as a file or as the
                    fingerprint: the SHA-256 of the card's payload (or of its JWS)

A card (JWS ``tocsin-card+jws``, in a file ``{"card":"<JWS>"}``) names a member's keys:

    {"v": 1, "type": "card", "member": "ro", "name": "…", "serial": 3, "issued": "…",
     "keys": [{"kid": "…", "use": "sign", "suite": "tocsin-1", "public": "<base64>", "from": "…", "until": null}, …],
     "journal": {"origin": "ro.example/journal", "vkey": "…"}, "witness": {"name": "…", "vkey": "…"}, …}

A card is signed by one of its own keys, which proves nothing about who made it. It is *vouched for* when

    1  the directory states it, through roots that lead back to the anchor (tuf.py), and that by the role
       whose member it is: ``state-ro`` for ``ro`` and ``ro-…``, and no State's role for anybody else; or
    2  its fingerprint is an anchor; or
    3  it is a later card of a vouched one: signed by a key of it, and naming no new signing key; or
    4  the journal of a vouched member records that a person confirmed it by voice; or
    5  the journal of the member itself, by the keys of another vouched card of it, records that it signed it:
       so an older card vouches for what was signed before a key was revoked, where no directory does.

A journal that was lost and goes on under another name begins with an entry that names the old one. Where that entry
is shown, in the log of a vouched member, the old log counts as its own too, under the same keys.

A signature counts only if its key is on the vouched card that was in force when it says it was made.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from tocsin.proof.bundle import MOST_READ, ListedCard, StatedBy
from tocsin.proof.canonical import parse_canonical, parse_strict
from tocsin.proof.errors import AlteredError, CanonicalError, UnreadableError
from tocsin.proof.fields import Fields, said
from tocsin.proof.findings import CannotTellError, Report
from tocsin.proof.jws import CARD, ClaimedJws, parse_jws
from tocsin.proof.lines import bytes_of
from tocsin.proof.note import SIGNER, WITNESS, VerifierKey
from tocsin.proof.opening import Opening
from tocsin.proof.tuf import Metadata, Root, parse_metadata, root_chain, stated_target

CONFIRMED = "card-confirmed"
"""The kind of the journal entry that records a confirmation by voice; it names ``member`` and the card's ``sha256``."""
SIGNED = "card-signed"
"""The kind of the journal entry by which a member records a card of its own, by its ``sha256``."""
BEGUN = "origin-begun"
"""The kind of the first entry of a log that goes on where another one, its ``old_origin``, was lost."""
SUITE = "tocsin-1"

_OF_A_STATE = re.compile(r"([a-z]{2})(?:-.*)?")
_HASH = re.compile(r"[0-9a-f]{64}")


# --- Anchors ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Anchor:
    """What the reader brings: a hash, or a file with its hash."""

    sha256: str
    content: bytes | None = None


def read_anchor(text: str) -> Anchor:
    """An anchor as it is given on the command line; raises ``UnreadableError``."""
    if _HASH.fullmatch(text.lower()):
        return Anchor(text.lower())
    try:
        with Path(text).open("rb") as stream:
            content = stream.read(MOST_READ)
        parsed = parse_strict(content)
    except (OSError, CanonicalError, ValueError) as error:
        raise UnreadableError(f"the anchor {text!r} is neither 64 hexadecimal digits nor a JSON file") from error
    if not isinstance(parsed, dict) or not ({"signed", "card"} & parsed.keys()):
        raise UnreadableError(f"the anchor {text!r} is neither a TUF root nor a card")
    return Anchor(sha256(content).hexdigest(), content)


# --- Cards --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CardKey:
    """A key as a card names it."""

    kid: str
    use: str
    public: bytes
    since: datetime
    until: datetime | None

    def in_force(self, at: datetime) -> bool:
        """From its first instant on, up to and without its last."""
        return self.since <= at and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True)
class Card:
    """A card that one of its own keys signed. Whether anybody vouches for it is another question."""

    path: str
    content: bytes
    compact: bytes
    jws: ClaimedJws
    member: str
    name: str
    serial: int
    issued: datetime
    keys: tuple[CardKey, ...]
    logs: tuple[VerifierKey, ...]
    witnesses: tuple[VerifierKey, ...]

    @property
    def hashes(self) -> set[str]:
        """The hashes by which an anchor or an entry can name the card: of payload, JWS and file."""
        return {sha256(part).hexdigest() for part in (self.jws.payload_bytes, self.compact, self.content)}

    def said(self) -> str:
        """The card in words."""
        return f"card of {self.member} ({self.name}, serial {self.serial}, issued {said(self.issued)})"

    def keys_for(self, use: str) -> list[CardKey]:
        """The keys of one use."""
        return [key for key in self.keys if key.use == use]


def read_card(path: str, content: bytes) -> Card:
    """The card in a file, its own signature checked; raises ``AlteredError``."""
    try:
        whole = Fields(path, parse_canonical(content.rstrip(b"\r\n")))
    except CanonicalError as error:
        raise AlteredError(path, str(error)) from error
    compact = whole.text("card").encode("utf-8")
    jws = parse_jws(compact, typ=CARD)
    fields = Fields(path, jws.payload).expect(v=1, type="card")
    card = Card(
        path=path,
        content=content,
        compact=compact,
        jws=jws,
        member=fields.text("member"),
        name=fields.text("name"),
        serial=fields.number("serial"),
        issued=fields.instant("issued"),
        keys=tuple(_card_key(key) for key in _keys_of_the_suite(fields)),
        logs=_note_keys(fields, SIGNER, use="journal", named=fields.object("journal").text("origin")),
        witnesses=_note_keys(fields, WITNESS, use="witness", named=fields.object("witness").text("name")),
    )
    own = [key for key in card.keys_for("sign") if key.kid == jws.kid and key.in_force(card.issued)]
    if not own:
        raise AlteredError(path, "it is not signed by a key that it names and that was in force")
    jws.verify(own[0].public)
    return card


def _keys_of_the_suite(fields: Fields) -> list[Fields]:
    return [key for key in fields.objects("keys") if key.text("suite") == SUITE]


def _card_key(fields: Fields) -> CardKey:
    use, public = fields.text("use"), fields.text("public")
    raw = public.encode() if use == "age" else bytes_of(public, thing=fields.thing)
    return CardKey(fields.text("kid"), use, raw, fields.instant("from"), fields.optional_instant("until"))


def _note_keys(fields: Fields, kind: int, *, use: str, named: str) -> tuple[VerifierKey, ...]:
    """The keys of one use as the keys of signed notes under their name."""
    keys = [_card_key(key) for key in _keys_of_the_suite(fields) if key.text("use") == use]
    try:
        return tuple(VerifierKey(named, kind, key.public) for key in keys)
    except ValueError as error:
        raise AlteredError(fields.thing, str(error)) from error


# --- Who is vouched for -------------------------------------------------------------------------


@dataclass(slots=True)
class Members:
    """The vouched cards of every member, oldest first, and those that nobody vouches for."""

    vouched: dict[str, list[Card]] = field(default_factory=dict)
    claimed: set[str] = field(default_factory=set)
    """Members of whom the bundle lists a card, good or not."""
    lost: dict[str, list[str]] = field(default_factory=dict)
    """The names of logs that a member lost and went on from."""

    def name_of(self, member: str) -> str:
        """The member with the name on its card."""
        cards = self.vouched.get(member)
        return f"{member} ({cards[-1].name})" if cards else member

    def signing_key(self, member: str, kid: str, at: datetime) -> bytes:
        """The key ``kid`` of a member, if it was good at ``at``.

        Raises ``AlteredError`` when the member's card names no such key or there is no card,
        ``CannotTellError`` when nothing vouches for the card, which was then accused already.
        """
        card = self._card_at(member, at)
        for key in card.keys_for("sign"):
            if key.kid == kid and key.in_force(at):
                return key.public
        raise AlteredError(
            "signature", f"made with the key {kid}, which the {card.said()} does not name for {said(at)}"
        )

    def logs_of(self, member: str) -> list[VerifierKey]:
        """The keys that sign the journal of a member; raises like ``signing_key``."""
        logs = [log for card in self._cards(member) for log in card.logs]
        lost = [VerifierKey(name, SIGNER, log.public) for name in self.lost.get(member, ()) for log in logs]
        return list(dict.fromkeys([*logs, *lost]))

    def witnesses(self) -> dict[VerifierKey, str]:
        """The witness keys of all vouched members, and whose they are."""
        every = [card for cards in self.vouched.values() for card in cards]
        return {key: card.member for card in every for key in card.witnesses}

    def member_of_log(self, log: VerifierKey) -> str:
        """Whose journal it is."""
        return next(member for member in self.vouched if log in self.logs_of(member))

    def has_unvouched(self) -> bool:
        """Whether some member's card is altered or vouched for by nothing."""
        return bool(self.claimed - self.vouched.keys())

    def all_logs(self) -> list[VerifierKey]:
        """The journal keys of all vouched members."""
        return [log for member in self.vouched for log in self.logs_of(member)]

    def _card_at(self, member: str, at: datetime) -> Card:
        cards = self._cards(member)
        return max((card for card in cards if card.issued <= at), key=lambda card: card.serial, default=cards[0])

    def _cards(self, member: str) -> list[Card]:
        if member in self.vouched:
            return self.vouched[member]
        if member in self.claimed:  # then the card was accused already, or what it rests on
            raise CannotTellError(f"the keys of {member} are not known, since nothing vouches for its card")
        raise AlteredError("signature", f"said to be that of {member}, of whom the bundle holds no card")


ReadBundleFile = Callable[[str], bytes]


@dataclass(slots=True)
class Vouching:
    """Finds out which cards are vouched for, by the four ways at the top of this file."""

    anchors: Sequence[Anchor]
    read: ReadBundleFile
    report: Report
    roots: dict[int, Root] = field(default_factory=dict)
    cards: dict[str, tuple[ListedCard, Card]] = field(default_factory=dict)
    vouched: dict[str, str] = field(default_factory=dict)
    """For each vouched card's path, who vouches for it, in words."""
    undecided: dict[str, str] = field(default_factory=dict)
    """Cards whose vouching rests on something that was already accused."""
    _claimed: set[str] = field(default_factory=set)
    _met: set[str] = field(default_factory=set)
    _lost: dict[str, list[str]] = field(default_factory=dict)
    _chain_broke: bool = False

    def read_roots(self, paths: Sequence[str]) -> None:
        """Follow the roots from the anchor on."""
        found: dict[int, Metadata] = {}
        for path in paths:
            with self.report.accusing(path):
                metadata = parse_metadata(self.read(path), kind="root", thing=path)
                found[metadata.version] = metadata
        self._chain_broke = len(found) < len(paths)
        with self.report.accusing("anchor"):
            start = self._trusted_root(found)
            if start is not None:
                self._follow_roots(start, [found[version] for version in sorted(found) if version > start.version])

    def read_cards(self, listed: Iterable[ListedCard]) -> None:
        """Read every card and see whether the directory or an anchor vouches for it."""
        for one in listed:
            self._claimed.add(one.member)
            with self.report.accusing(one.path):
                card = read_card(one.path, self.read(one.path))
                if card.member != one.member:
                    raise AlteredError(one.path, f"the card of {card.member}, not of {one.member}")
                self.cards[one.path] = (one, card)
                self._vouch_at_once(one, card)

    def say_anchors(self) -> bool:
        """Accuse every anchor that the bundle does not hold; false when it holds none of them."""
        for anchor in self.anchors:
            if anchor.sha256 not in self._met:
                text = f"No root and no card in this bundle is the one that you brought (SHA-256 {anchor.sha256})."
                self.report.altered("anchor", text)
        return bool(self._met)

    def follow(self, openings: Mapping[str, Opening]) -> Members:
        """Go on from the vouched cards to later cards and to cards confirmed by voice."""
        while True:
            before = len(self.vouched)
            self._follow_updates()
            self._follow_lost_logs(openings)
            self._follow_confirmations(openings)
            if len(self.vouched) == before:
                break
        for path, (_, card) in self.cards.items():
            self._say_card(path, card)
        return self._members()

    def _trusted_root(self, found: Mapping[int, Metadata]) -> Metadata | None:
        for anchor in self.anchors:
            for metadata in found.values():
                if sha256(metadata.content).hexdigest() == anchor.sha256:
                    self._met.add(anchor.sha256)
                    return metadata
            if anchor.content is not None and b'"signed"' in anchor.content:
                return self._brought_root(anchor.sha256, anchor.content, found)
        return None

    def _brought_root(self, digest: str, content: bytes, found: Mapping[int, Metadata]) -> Metadata:
        brought = parse_metadata(content, kind="root", thing="anchor")
        self._met.add(digest)
        if brought.version in found:
            raise AlteredError(found[brought.version].thing, f"not the root {brought.version} that you brought")
        return brought

    def _follow_roots(self, start: Metadata, later: Sequence[Metadata]) -> None:
        broke, self._chain_broke = self._chain_broke, True
        for root in root_chain(start, later):
            self.roots[root.version] = root
        self._chain_broke = broke
        digest = sha256(start.content).hexdigest()
        text = f"The directory's root {start.version} is the one that you brought (SHA-256 {digest})."
        self.report.established("directory", text)
        if later:
            first, last = start.version + 1, max(self.roots)
            each = f"Root {last}" if first == last else f"Each root from {first} to {last}"
            text = f"{each} is signed by enough keys of the root before it, and by enough of its own."
            self.report.established("directory", text)

    def _vouch_at_once(self, listed: ListedCard, card: Card) -> None:
        brought = {anchor.sha256 for anchor in self.anchors} & card.hashes
        if brought:
            self._met |= brought
            self.vouched[card.path] = f"it is the one that you brought (SHA-256 {min(brought)})"
        elif listed.stated is not None and listed.stated.root in self.roots:
            self.undecided[card.path] = "what the directory says of it cannot be relied on"
            self.vouched[card.path] = self._directory_says(listed.stated, card)
        elif listed.stated is not None and self._chain_broke:
            self.undecided[card.path] = f"the chain to the directory's root {listed.stated.root} is broken"

    def _directory_says(self, stated: StatedBy, card: Card) -> str:
        found = stated_target(
            f"cards/{card.member}.json",
            card.content,
            root=self.roots[stated.root],
            targets=self._metadata(stated.targets),
            roles=[(name, self._metadata(path)) for name, path in stated.roles],
            thing=card.path,
        )
        state = _OF_A_STATE.fullmatch(card.member)
        if found.role != f"state-{state[1]}" if state else found.role.startswith("state-"):
            raise AlteredError(card.path, f"the role {found.role} may not speak for {card.member}")
        return (
            f"the directory's role {found.role} stated it (version {found.version}, under root "
            f"{found.root_version}, good until {said(found.expires)})"
        )

    def _metadata(self, path: str) -> Metadata:
        return parse_metadata(self.read(path), kind="targets", thing=path)

    def _follow_updates(self) -> None:
        for card in self._unvouched():
            for path in list(self.vouched):
                older = self.cards[path][1]
                if older.member == card.member and older.serial < card.serial and _continues(card, older):
                    self.vouched[card.path] = (
                        f"it is signed by a key of the member's card with serial {older.serial} "
                        "and names no new signing key"
                    )

    def _follow_confirmations(self, openings: Mapping[str, Opening]) -> None:
        members = self._members()
        for path, opening in openings.items():
            if opening.event.members.get("kind") in (CONFIRMED, SIGNED) and opening.member in members.vouched:
                for card in self._unvouched():
                    with self.report.accusing(path):
                        self._confirm(card, opening, members)

    def _follow_lost_logs(self, openings: Mapping[str, Opening]) -> None:
        """Learn the names of logs that were lost; a node may have lost more than one, each named by the next."""
        begun = {path: opening for path, opening in openings.items() if opening.event.members.get("kind") == BEGUN}
        for _ in begun:
            for path, opening in begun.items():
                with self.report.accusing(path):
                    self._follow_lost_log(path, opening, self._members())

    def _follow_lost_log(self, path: str, opening: Opening, members: Members) -> None:
        if opening.member not in members.vouched:
            return
        old, new = opening.event.text("old_origin"), opening.event.text("origin")
        logs = members.logs_of(opening.member)
        if old in self._lost.get(opening.member, ()) or new not in {log.name for log in logs}:
            return
        verified = opening.verify(logs)
        if (verified.checkpoint.origin, opening.proof.index) != (new, 0):
            raise AlteredError(path, f"it is not the first entry of the log {new} that it says was begun")
        self._lost.setdefault(opening.member, []).append(old)

    def _confirm(self, card: Card, opening: Opening, members: Members) -> None:
        event = opening.event.members
        own = event.get("kind") == SIGNED
        whose = opening.member if own else event.get("member")
        if whose != card.member or event.get("sha256") not in card.hashes:
            return
        opening.verify(members.logs_of(opening.member))
        if own:
            self.vouched[card.path] = (
                f"its own journal records that it signed it, at place {opening.proof.index} for "
                f"{said(opening.event.instant('at'))}"
            )
            return
        self.vouched[card.path] = (
            f"{members.name_of(opening.member)} confirmed it by voice, as its journal records at place "
            f"{opening.proof.index} for {said(opening.event.instant('at'))}"
        )

    def _unvouched(self) -> list[Card]:
        return [card for path, (_, card) in self.cards.items() if path not in self.vouched]

    def _say_card(self, path: str, card: Card) -> None:
        if path in self.vouched:
            self.report.established(path, f"The {card.said()} is vouched for: {self.vouched[path]}.")
        elif path in self.undecided:
            self.report.not_checked(path, f"Whether the {card.said()} is the member's own: {self.undecided[path]}.")
        else:
            text = f"Nothing that you brought vouches for the {card.said()}: whose keys it names is not proved."
            self.report.altered(path, text)

    def _members(self) -> Members:
        lost = {member: list(names) for member, names in self._lost.items()}
        members = Members(claimed=set(self._claimed), lost=lost)
        cards = [card for path, (_, card) in self.cards.items() if path in self.vouched]
        for card in sorted(cards, key=lambda card: card.serial):
            members.vouched.setdefault(card.member, []).append(card)
        return members


def _continues(newer: Card, older: Card) -> bool:
    """Whether ``newer`` may replace ``older`` without anybody's confirmation (rule 3 at the top)."""
    known = {(key.kid, key.public): key for key in older.keys_for("sign")}
    signer = next((key for key in known.values() if key.kid == newer.jws.kid), None)
    named = {(key.kid, key.public) for key in newer.keys_for("sign")}
    return signer is not None and signer.in_force(newer.issued) and named <= known.keys()
