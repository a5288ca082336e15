"""The directory as a TUF client sees it: what is taken in, and every attack that must change nothing."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tuf.api.metadata import MetaFile, Root, Targets

from tests.directory.cards import Member, profile
from tests.directory.conftest import BecomeNode, Node
from tests.directory.simulator import LONG_AGO, MemoryFetcher, Repository, true_now
from tests.directory.web import served
from tocsin.base import instant
from tocsin.base.errors import TocsinError
from tocsin.base.ids import MemberId
from tocsin.directory import reads
from tocsin.directory.acts import cards
from tocsin.directory.acts.refresh import Refreshed, join_directory, refresh_directory
from tocsin.directory.errors import (
    DirectoryRefusedError,
    DirectoryUnreachableError,
    NoDirectoryError,
    RevokedKeyError,
    RootRefusedError,
    StaleCardError,
    UnknownMemberError,
)
from tocsin.directory.models import TrustedMetadata
from tocsin.directory.rules import tuf
from tocsin.directory.rules.card import Use
from tocsin.directory.rules.freshness import GRACE
from tocsin.directory.rules.trust import Source
from tocsin.directory.rules.words import words_of
from tocsin.journal.models import StoredEntry

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_words")]

PT, MAIL, HUB = MemberId("pt"), MemberId("example-mail"), MemberId("hub")
DAY = timedelta(days=1)


class World:
    """A directory with a hub, a second State and a provider, and RO's node, which joined it."""

    def __init__(self, node: Node, *, endpoint: str | None = None) -> None:
        self.node = node
        self.pt, self.mail, self.hub = Member("pt"), Member("example-mail"), Member("hub")
        self.hub.profile = profile("hub", endpoint=endpoint or "https://hub.example")
        for member in (self.pt, self.mail, self.hub):
            member.card(at=true_now() - 10 * DAY)
        self.repository = Repository.with_members(self.pt, self.mail, self.hub)
        self.fetcher: MemoryFetcher | None = self.repository.fetcher()

    def join(self) -> None:
        join_directory(
            self.repository.root, hub_card=self.hub.cards[0].file, by=self.node.administrator, at=self.node.at
        )

    def refresh(self) -> Refreshed:
        return refresh_directory(at=self.node.at, fetcher=self.fetcher)

    def next_card(self, member: Member, **changes: Any) -> None:
        """A new card of a member, published."""
        self.repository.put(member.card(at=true_now() - timedelta(hours=1), **changes))
        self.repository.publish()


@pytest.fixture
def world(become: BecomeNode) -> World:
    made = World(become("ro"))
    made.join()
    return made


def kinds() -> list[str]:
    return list(StoredEntry.objects.order_by("index").values_list("kind", flat=True))


def event(kind: str) -> dict[str, Any]:
    row = StoredEntry.objects.filter(kind=kind).order_by("-index").first()
    assert row is not None
    return dict(json.loads(row.event or "{}"))


# --- What is taken in ---------------------------------------------------------------------------


def test_a_node_that_joined_nothing_says_so(become: BecomeNode) -> None:
    node = become("ro")
    with pytest.raises(NoDirectoryError):
        refresh_directory(at=node.at)


def test_a_refresh_takes_in_every_card_and_says_where_it_is_from(world: World) -> None:
    result = world.refresh()
    assert set(result.cards) == {PT, MAIL, HUB}
    assert result.faults == ()
    trusted = reads.card_of(PT)
    assert (trusted.source, trusted.stale_since, trusted.held.confirmation) == (Source.TUF, None, None)
    assert trusted.held.signed == world.pt.cards[0]
    assert kinds() == ["directory-joined", "directory-refreshed"]


def test_a_refresh_of_an_unchanged_directory_is_two_requests_and_no_entry(world: World) -> None:
    world.refresh()
    fetcher = world.repository.fetcher()
    world.fetcher = fetcher
    before = kinds()
    assert world.refresh() == Refreshed(new=False)
    assert fetcher.asked == ["metadata/2.root.json", "metadata/timestamp.json"]
    assert kinds() == before


def test_only_what_changed_is_fetched_again(world: World) -> None:
    world.refresh()
    world.next_card(world.pt)
    fetcher = world.repository.fetcher()
    world.fetcher = fetcher
    assert world.refresh().cards == (PT,)
    assert [path for path in fetcher.asked if path.startswith("targets/")] == [
        next(path for path in fetcher.asked if path.endswith(".pt.json"))
    ]
    assert len(fetcher.asked) == 5


def test_a_revoked_key_stops_working_at_the_next_refresh(world: World) -> None:
    world.refresh()
    stolen = world.pt.cards[0].signer
    assert reads.card_of(PT).key(stolen, use=Use.SIGN, at=true_now())
    world.pt.rotate_signing()
    world.next_card(world.pt, revoked=frozenset({stolen}))
    assert world.refresh().revoked == (f"pt {stolen}",)
    with pytest.raises(RevokedKeyError, match="left out of card 2"):
        reads.card_of(PT).key(stolen, use=Use.SIGN, at=true_now() - 5 * DAY)


def test_a_key_revoked_in_the_directory_is_refused_in_cards_confirmed_by_voice_too(world: World) -> None:
    node, pt = world.node, world.pt
    cards.take_card(pt.cards[0].file, by=node.officer, at=node.at)
    cards.confirm_card(PT, heard=str(words_of(pt.cards[0].jws, member=PT)), by=node.officer, at=node.at)
    stolen = pt.cards[0].signer
    pt.rotate_signing()
    world.next_card(pt, revoked=frozenset({stolen}))
    world.refresh()
    trusted = reads.card_of(PT)
    assert (trusted.source, trusted.card.serial, trusted.sources_disagree) == (Source.TUF, 2, True)
    after_grace = reads.card_of(PT, as_of=true_now() + DAY + GRACE + DAY)
    assert after_grace.source is Source.VOICE
    with pytest.raises(RevokedKeyError):
        after_grace.key(stolen, use=Use.SIGN, at=true_now())


def test_the_two_sources_are_shown_apart(world: World) -> None:
    node, pt = world.node, world.pt
    world.refresh()
    cards.confirm_card(PT, heard=str(words_of(pt.cards[0].jws, member=PT)), by=node.officer, at=node.at)
    held = reads.point(PT).held
    assert [each.source for each in held] == [Source.TUF, Source.VOICE]
    assert [each.confirmation.by_name if each.confirmation else None for each in held] == [None, "Ana Exemplu"]


def test_a_withdrawn_delegation_withdraws_its_cards(world: World) -> None:
    world.refresh()
    then = instant.true_now()
    del world.repository.role_keys["state-pt"]
    world.repository.admit(set())
    world.repository.publish()
    assert world.refresh().withdrawn == (PT,)
    with pytest.raises(UnknownMemberError):
        reads.card_of(PT)
    assert reads.card_of(PT, as_of=then).source is Source.TUF
    assert reads.card_of(MAIL).source is Source.TUF


def test_new_root_holders_are_followed_when_the_old_ones_signed(world: World) -> None:
    world.refresh()
    world.repository.new_root(holders={name: Ed25519PrivateKey.generate() for name in ("gr", "es", "fr")})
    world.repository.admit(set())
    world.next_card(world.pt)
    assert world.refresh().cards == (PT,)
    assert [file.name for file in reads.signed_history(PT, as_of=instant.true_now()).metadata][:2] == [
        "1.root.json",
        "2.root.json",
    ]


def test_a_new_online_key_is_followed(world: World) -> None:
    world.refresh()
    world.repository.new_root(online=Ed25519PrivateKey.generate())
    world.next_card(world.mail)
    assert world.refresh().cards == (MAIL,)


def test_the_hub_is_followed_to_where_its_card_says(world: World) -> None:
    world.refresh()
    world.next_card(world.hub, changed=replace(world.hub.profile, endpoint="https://elsewhere.example"))
    world.refresh()
    assert reads.standing().endpoint == "https://elsewhere.example"


def test_the_signed_history_shows_why_a_card_was_trusted(world: World) -> None:
    world.refresh()
    then = instant.true_now()
    world.next_card(world.pt)
    world.refresh()
    history = reads.signed_history(PT, as_of=then)
    names = [file.name for file in history.metadata]
    assert names == ["1.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json", "1.state-pt.json"]
    assert (history.role, history.target_path) == ("state-pt", "cards/pt.json")
    for file in history.metadata:
        if file.name != "timestamp.json":
            assert world.repository.served[f"metadata/{file.name}"] == file.content
    assert history.target == world.pt.cards[0].file
    assert f"targets/{tuf.target_file_name('cards/pt.json', _target(history.metadata))}" in world.repository.served


def _target(metadata: Any) -> Any:
    return tuf.read(metadata[-1].content, Targets).signed.targets["cards/pt.json"]


def test_of_two_refreshes_at_once_one_takes_in_and_the_other_lets_go(world: World) -> None:
    inner: list[Refreshed] = []
    quick = world.repository.fetcher()
    slow = world.repository.fetcher()

    def another_first() -> None:
        slow.down = lambda: None
        inner.append(refresh_directory(at=world.node.at, fetcher=quick))

    slow.down = another_first
    world.fetcher = slow
    assert world.refresh() == Refreshed(new=False)
    assert set(inner[0].cards) == {PT, MAIL, HUB}
    assert kinds().count("directory-refreshed") == 1


def test_joining_again_takes_back_no_later_root(world: World) -> None:
    world.refresh()
    world.repository.new_root()
    world.next_card(world.pt)
    world.refresh()
    world.join()
    assert tuf.read(reads.trusted_metadata()["root"], Root).signed.version == 2
    assert world.refresh() == Refreshed(new=False)


def test_a_clock_that_was_set_back_makes_nobody_unknown(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.refresh()
    before = instant.true_now() - 2 * DAY
    monkeypatch.setattr(instant, "true_now", lambda: before)
    assert reads.card_of(PT).source is Source.TUF
    assert {contact.member for contact in reads.points()} == {PT, MAIL, HUB}


def test_another_directorys_root_is_refused_once_one_is_joined(world: World) -> None:
    other = Repository.with_members(Member("hub"))
    with pytest.raises(RootRefusedError, match="another directory"):
        join_directory(other.root, hub_card=world.hub.cards[0].file, by=world.node.administrator, at=world.node.at)


def test_what_is_no_root_is_refused(become: BecomeNode) -> None:
    node, hub = become("ro"), Member("hub")
    unsigned = Repository()
    unsigned.new_root().signatures.clear()
    unsigned.roots[0].signatures.clear()
    for content in (b"", b"{}", b"[]", tuf.written(unsigned.roots[0])):
        with pytest.raises(RootRefusedError):
            join_directory(content, hub_card=hub.card().file, by=node.administrator, at=node.at)


# --- When the hub is away -----------------------------------------------------------------------


def test_cards_stay_good_for_the_grace_and_every_letter_is_told_since_when(world: World) -> None:
    world.refresh()
    end = reads.standing().ends
    assert end is not None
    assert end - instant.true_now() < DAY
    assert reads.card_of(PT, as_of=end - timedelta(seconds=1)).stale_since is None
    assert reads.card_of(PT, as_of=end).stale_since == end
    assert reads.card_of(PT, as_of=end + 7 * DAY).stale_since == end
    assert reads.card_of(PT, as_of=end + GRACE - timedelta(seconds=1)).stale_since == end
    with pytest.raises(StaleCardError, match="grace of 14 days"):
        reads.card_of(PT, as_of=end + GRACE)


def test_a_card_confirmed_by_voice_does_not_grow_stale(world: World) -> None:
    node, pt = world.node, world.pt
    world.refresh()
    cards.confirm_card(PT, heard=str(words_of(pt.cards[0].jws, member=PT)), by=node.officer, at=node.at)
    later = instant.true_now() + 100 * DAY
    assert (reads.card_of(PT, as_of=later).source, reads.card_of(PT, as_of=later).stale_since) == (Source.VOICE, None)


def test_an_exercise_that_plays_next_year_makes_nothing_stale(become: BecomeNode) -> None:
    world = World(become("ro", exercise=True))
    instant.use_shift_source(lambda: timedelta(days=400))
    world.join()
    world.refresh()
    assert reads.card_of(PT).stale_since is None
    assert reads.standing().stale_since is None


def test_a_hub_that_cannot_be_reached_changes_nothing_and_is_told(world: World) -> None:
    world.refresh()
    down = world.repository.fetcher()
    down.down = _raise_oserror
    world.fetcher = down
    before = kinds()
    with pytest.raises(DirectoryUnreachableError):
        world.refresh()
    assert reads.standing().fault.startswith("The directory cannot be fetched")
    assert reads.card_of(PT).source is Source.TUF
    assert kinds() == before


def _raise_oserror() -> None:
    raise OSError("no route")


# --- One State's faults are its own -------------------------------------------------------------

Spoil = Callable[[World], None]


def _role_signed_by_a_stranger(world: World) -> None:
    world.repository.role_keys["state-pt"] = Ed25519PrivateKey.generate()
    world.next_card(world.pt)


def _role_that_has_ended(world: World) -> None:
    world.repository.put(world.pt.card(at=true_now()), at=true_now() - LONG_AGO)
    world.repository.publish()


def _card_bytes_changed(world: World) -> None:
    world.next_card(world.pt)
    newest = world.pt.cards[-1].file
    path = next(path for path, content in world.repository.served.items() if content == newest)
    world.repository.served[path] = newest.replace(b"e", b"f", 1)


def _card_missing(world: World) -> None:
    world.next_card(world.pt)
    newest = world.pt.cards[-1].file
    del world.repository.served[next(path for path, each in world.repository.served.items() if each == newest)]


def _card_with_an_older_serial(world: World) -> None:
    stale = Member("pt", keys=world.pt.keys)
    world.next_card(world.pt)
    world.refresh()
    world.repository.put(stale.card(at=true_now() - 12 * DAY))
    world.repository.publish()


def _card_of_another_member_under_its_path(world: World) -> None:
    world.repository.put_files("state-pt", {"cards/pt.json": world.mail.cards[0].file})
    world.repository.publish()


def _card_with_a_changed_byte_signed_into_the_directory(world: World) -> None:
    spoilt = world.pt.cards[0].file.replace(b"A", b"B", 1)
    world.repository.put_files("state-pt", {"cards/pt.json": spoilt})
    world.repository.publish()


def _no_card_at_all(world: World) -> None:
    world.repository.put_files("state-pt", {"cards/pt.json": b"\xff" * 10})
    world.repository.publish()


def _card_from_the_future(world: World) -> None:
    world.repository.put(world.pt.card(at=true_now() + DAY))
    world.repository.publish()


def _twin_of_the_card_that_is_known(world: World) -> None:
    """Two different cards with one serial, both signed by the State's keys."""
    twin = Member("pt", keys=world.pt.keys)
    world.repository.put(twin.card(at=true_now() - 9 * DAY))
    world.repository.publish()


FAULTS_OF_ONE: dict[str, tuple[Spoil, str]] = {
    "a role signed by a stranger": (_role_signed_by_a_stranger, "too few signatures"),
    "a role that has ended": (_role_that_has_ended, "freeze"),
    "a card whose bytes were changed": (_card_bytes_changed, "mix and match"),
    "a card that is missing": (_card_missing, "404|not there"),
    "a card with an older serial": (_card_with_an_older_serial, "serial 1; serial 2 is known"),
    "another member's card under its path": (_card_of_another_member_under_its_path, "card of pt was expected"),
    "a spoilt card that its State signed": (_card_with_a_changed_byte_signed_into_the_directory, "not what its"),
    "no card at all": (_no_card_at_all, "not UTF-8"),
    "a card from the future": (_card_from_the_future, "future"),
    "a second card with a serial that is known": (_twin_of_the_card_that_is_known, "Two different cards of pt"),
}


@pytest.mark.parametrize("case", FAULTS_OF_ONE)
def test_a_fault_of_one_state_is_named_and_holds_nobody_else_up(world: World, case: str) -> None:
    spoil, reason = FAULTS_OF_ONE[case]
    world.refresh()
    trusted = reads.card_of(PT)
    world.repository.put(world.mail.card(at=true_now() - timedelta(hours=2)))
    spoil(world)
    result = world.refresh()
    (fault,) = result.faults
    _assert_matches(reason, fault)
    assert reads.card_of(MAIL).card.serial == 2
    assert reads.card_of(PT).card.serial >= trusted.card.serial
    assert reads.card_of(PT).held.signed.jws in {card.jws for card in world.pt.cards}
    assert tuple(event("directory-refreshed")["faults"]) == (fault,)
    again = world.refresh()
    assert again.faults == (fault,), "looked at again until it is mended"


def _assert_matches(pattern: str, text: str) -> None:
    assert any(each in text for each in pattern.split("|")), text


def test_the_private_role_cannot_speak_for_a_state(world: World) -> None:
    world.refresh()
    false = Member("gr")
    world.repository.put(false.card(at=true_now() - DAY), role="private")
    world.repository.publish()
    (fault,) = world.refresh().faults
    assert "a card of gr, which is a state, is not signed by the role private" in fault
    with pytest.raises(UnknownMemberError):
        reads.card_of(MemberId("gr"))


def test_the_private_role_cannot_replace_the_card_of_a_state_that_is_there(world: World) -> None:
    """The path is the State's: a client never asks the private role for it."""
    world.refresh()
    false = Member("pt")
    false.cards = list(world.pt.cards)
    world.repository.put(false.card(at=true_now() - DAY), role="private")
    world.repository.publish()
    world.refresh()
    assert reads.card_of(PT).held.signed == world.pt.cards[0]


# --- Attacks ------------------------------------------------------------------------------------
# Each is what somebody who controls the hub, the network or some of the keys would serve.


def _rollback_of_the_timestamp(world: World) -> None:
    old = world.repository.served["metadata/timestamp.json"]
    world.next_card(world.pt)
    world.refresh()
    world.repository.served["metadata/timestamp.json"] = old


def _rollback_of_the_snapshot(world: World) -> None:
    first = world.repository.snapshot
    world.next_card(world.pt)
    world.refresh()
    world.repository.snapshot = first
    world.repository.renew()


def _rollback_of_a_role(world: World) -> None:
    old = dict(world.repository.roles)
    world.next_card(world.pt)
    world.refresh()
    world.repository.roles = old
    world.repository.publish()


def _freeze(world: World) -> None:
    world.repository.renew(at=true_now() - 2 * DAY)


def _freeze_of_the_snapshot(world: World) -> None:
    world.repository.publish(at=true_now() - 30 * DAY)
    world.repository.renew()


def _freeze_of_the_root(world: World) -> None:
    world.repository.new_root(at=true_now() - LONG_AGO)
    world.repository.publish()


def _freeze_of_the_delegations(world: World) -> None:
    world.repository.admit(set(), at=true_now() - LONG_AGO)
    world.repository.publish()


def _snapshot_of_another_moment(world: World) -> None:
    """Mix and match: the timestamp of now over the snapshot bytes of then."""
    then = world.repository.served["metadata/1.snapshot.json"]
    world.next_card(world.pt)
    world.repository.served["metadata/2.snapshot.json"] = then


def _delegations_of_another_moment(world: World) -> None:
    then = world.repository.served["metadata/1.targets.json"]
    world.repository.admit({"state-gr"})
    world.repository.publish()
    world.repository.served["metadata/2.targets.json"] = then


def _root_by_one_holder(world: World) -> None:
    root = world.repository.new_root()
    keep = next(iter(root.signatures))
    for keyid in set(root.signatures) - {keep}:
        del root.signatures[keyid]
    world.repository.served["metadata/2.root.json"] = tuf.written(root)


def _root_by_new_holders_alone(world: World) -> None:
    old = {tuf.key_id(key.public_key().public_bytes_raw()) for key in world.repository.holders.values()}
    root = world.repository.new_root(holders={name: Ed25519PrivateKey.generate() for name in ("x", "y", "z")})
    for keyid in old & set(root.signatures):
        del root.signatures[keyid]
    world.repository.served["metadata/2.root.json"] = tuf.written(root)


def _root_by_one_holder_twice(world: World) -> None:
    root = world.repository.new_root()
    first, *rest = root.signatures
    for keyid in rest:
        root.signatures[keyid].signature = root.signatures[first].signature
    world.repository.served["metadata/2.root.json"] = tuf.written(root)


def _root_that_skips_a_version(world: World) -> None:
    world.repository.new_root()
    root = world.repository.new_root()
    world.repository.served["metadata/2.root.json"] = tuf.written(root)


def _delegations_by_one_holder(world: World) -> None:
    world.repository.admit({"state-gr"})
    assert world.repository.targets is not None
    world.repository.sign_by_holders(world.repository.targets, count=1)
    world.repository.publish()


def _delegations_by_the_hub(world: World) -> None:
    world.repository.admit({"state-gr"})
    assert world.repository.targets is not None
    world.repository.targets.signatures.clear()
    tuf.sign(world.repository.targets, world.repository.online)
    world.repository.publish()


def _timestamp_by_a_stranger(world: World) -> None:
    world.repository.online = Ed25519PrivateKey.generate()
    world.repository.renew()


def _timestamp_without_a_signature(world: World) -> None:
    assert world.repository.timestamp is not None
    world.repository.renew()
    world.repository.timestamp.signatures.clear()
    world.repository.served["metadata/timestamp.json"] = tuf.written(world.repository.timestamp)


def _endless_timestamp(world: World) -> None:
    world.repository.served["metadata/timestamp.json"] += b" " * 20_000


def _a_role_left_out_of_the_snapshot(world: World) -> None:
    world.repository.publish()
    snapshot = world.repository.snapshot
    assert snapshot is not None
    del snapshot.signed.meta["hub.json"]
    snapshot.signatures.clear()
    tuf.sign(snapshot, world.repository.online)
    world.repository.served[f"metadata/{snapshot.signed.version}.snapshot.json"] = tuf.written(snapshot)
    world.repository.renew()


def _a_snapshot_of_another_version_than_the_timestamp_says(world: World) -> None:
    assert world.repository.timestamp is not None
    world.repository.publish()
    stamp = world.repository.timestamp
    assert stamp is not None
    stamp.signed.snapshot_meta = MetaFile(version=9)
    stamp.signatures.clear()
    tuf.sign(stamp, world.repository.online)
    world.repository.served["metadata/timestamp.json"] = tuf.written(stamp)
    world.repository.served["metadata/9.snapshot.json"] = world.repository.served["metadata/2.snapshot.json"]


def _no_json(world: World) -> None:
    world.repository.served["metadata/timestamp.json"] = b"<html>"


def _a_snapshot_in_the_place_of_the_timestamp(world: World) -> None:
    world.repository.served["metadata/timestamp.json"] = world.repository.served["metadata/1.snapshot.json"]


ATTACKS: dict[str, tuple[Spoil, str]] = {
    "rollback of the timestamp": (_rollback_of_the_timestamp, "rollback"),
    "rollback of the snapshot": (_rollback_of_the_snapshot, "rollback"),
    "rollback of a State's cards": (_rollback_of_a_role, "rollback"),
    "freeze": (_freeze, "freeze"),
    "freeze of the snapshot": (_freeze_of_the_snapshot, "freeze"),
    "freeze of the root": (_freeze_of_the_root, "freeze"),
    "freeze of the delegations": (_freeze_of_the_delegations, "freeze"),
    "mix and match of snapshots": (_snapshot_of_another_moment, "mix and match"),
    "mix and match of delegations": (_delegations_of_another_moment, "mix and match"),
    "a root signed by one holder": (_root_by_one_holder, "too few signatures"),
    "a root signed by its new holders alone": (_root_by_new_holders_alone, "too few signatures"),
    "a root signed by one holder in everybody's name": (_root_by_one_holder_twice, "too few signatures"),
    "a root that skips a version": (_root_that_skips_a_version, "rollback"),
    "delegations signed by one holder": (_delegations_by_one_holder, "too few signatures"),
    "delegations signed by the hub": (_delegations_by_the_hub, "too few signatures"),
    "a timestamp signed by a stranger": (_timestamp_by_a_stranger, "too few signatures"),
    "a timestamp without a signature": (_timestamp_without_a_signature, "too few signatures"),
    "an endless timestamp": (_endless_timestamp, "endless file"),
    "a role left out of the snapshot": (_a_role_left_out_of_the_snapshot, "malformed"),
    "a snapshot of another version": (_a_snapshot_of_another_version_than_the_timestamp_says, "rollback"),
    "no JSON": (_no_json, "malformed"),
    "a snapshot in the timestamp's place": (_a_snapshot_in_the_place_of_the_timestamp, "malformed"),
}


@contextmanager
def memory(become: BecomeNode) -> Iterator[World]:
    yield World(become("ro"))


@contextmanager
def http(become: BecomeNode) -> Iterator[World]:
    """The same over TLS: the node's own fetcher, pinned to the certificate of the hub's card."""
    files: dict[str, bytes] = {}
    with served(files) as origin:
        world = World(become("ro", private_endpoints=True), endpoint=origin)
        files.update(world.repository.served)
        world.repository.served = files
        world.fetcher = None
        yield world


@pytest.mark.parametrize("through", [memory, http], ids=["in memory", "over HTTP"])
@pytest.mark.parametrize("case", ATTACKS)
def test_an_attack_on_the_directory_changes_nothing_and_is_recorded(
    become: BecomeNode, through: Callable[[BecomeNode], Any], case: str
) -> None:
    attack, name = ATTACKS[case]
    with through(become) as world:
        world.join()
        assert set(world.refresh().cards) == {PT, MAIL, HUB}
        attack(world)
        before = _trust()
        with pytest.raises(DirectoryRefusedError) as refused:
            world.refresh()
        assert refused.value.fields["attack"] == name
        assert _trust() == before
        assert (event("directory-refused")["attack"], reads.standing().fault) == (name, str(refused.value))
        with pytest.raises(DirectoryRefusedError):
            world.refresh()
        assert kinds().count("directory-refused") == 1, "recorded once, not every ten minutes"


def _trust() -> tuple[dict[str, bytes], list[str], int]:
    contacts = reads.points()
    held = [f"{each.member} {one.source} {one.signed.sha256}" for each in contacts for one in each.held]
    return reads.trusted_metadata(), held, TrustedMetadata.objects.count()


def test_after_an_attack_the_true_directory_is_taken_in_again(world: World) -> None:
    world.refresh()
    good = world.repository.served["metadata/timestamp.json"]
    _no_json(world)
    with pytest.raises(DirectoryRefusedError):
        world.refresh()
    world.repository.served["metadata/timestamp.json"] = good
    world.next_card(world.pt)
    assert world.refresh().cards == (PT,)
    assert reads.standing().fault == ""


# --- Over HTTP ----------------------------------------------------------------------------------


def test_a_node_refreshes_over_tls_from_the_hub_that_its_card_names(become: BecomeNode) -> None:
    with http(become) as world:
        world.join()
        assert set(world.refresh().cards) == {PT, MAIL, HUB}
        assert world.refresh() == Refreshed(new=False)


def test_a_hub_with_another_certificate_than_its_cards_is_not_read(become: BecomeNode) -> None:
    with http(become) as world, served(world.repository.served, name="an attacker") as elsewhere:
        world.hub.profile = profile("hub", endpoint=elsewhere)
        world.hub.card()
        join_directory(
            world.repository.root, hub_card=world.hub.cards[-1].file, by=world.node.administrator, at=world.node.at
        )
        with pytest.raises(DirectoryUnreachableError, match="CERTIFICATE_VERIFY_FAILED"):
            world.refresh()


def test_a_hub_on_the_loopback_is_not_called_unless_the_settings_allow_it(become: BecomeNode) -> None:
    with http(become) as world:
        become("ro", private_endpoints=False)
        world.join()
        with pytest.raises(TocsinError, match="loopback or in a private range"):
            world.refresh()
