"""Nodes of directory tests: the process becomes a member, with a person on duty and a profile."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol

import pytest

from tests.conftest import AsNode, fresh_keys
from tests.directory.cards import Member, profile
from tocsin.base import instant, this_node
from tocsin.base.actor import Actor
from tocsin.base.ids import MemberId
from tocsin.base.instant import Instant
from tocsin.directory import own
from tocsin.directory.rules import words
from tocsin.directory.rules.card import Use
from tocsin.directory.rules.own_card import Profile, public_text


@dataclass
class Node:
    """Who this process is in a test."""

    member: MemberId
    officer: Actor
    administrator: Actor
    profile: Profile

    @property
    def at(self) -> Instant:
        """Now, as an entrance takes it."""
        return instant.now()

    def as_member(self) -> Member:
        """The same member, as the other side sees it: with these keys."""
        return Member(self.member, keys=this_node.this_node().keys)


class BecomeNode(Protocol):
    """``become("ro")``: this process is RO's node, with its profile named as ``node/wiring.py`` would."""

    def __call__(self, member: str, **traits: Any) -> Node: ...


@pytest.fixture
def become(as_node: AsNode) -> Iterator[BecomeNode]:
    """Change sides, with a profile and people."""

    def become_member(member: str, **traits: Any) -> Node:
        as_node(member, **traits)
        node = Node(
            member=MemberId(member),
            officer=Actor(MemberId(member), person="p1", name="Ana Exemplu", roles=frozenset({"duty-officer"})),
            administrator=Actor(MemberId(member), person="p2", name="Ion Exemplu", roles=frozenset({"administrator"})),
            profile=profile(member),
        )
        own.use(profile=lambda: node.profile, keys=KeysInMemory())
        return node

    yield become_member
    own._own = own._Own()


@pytest.fixture
def quick_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """The words of cards through a hash that costs a millisecond; test_words.py has the true one."""
    monkeypatch.setattr(words, "_N", 2**7)


class KeysInMemory:
    """New keys as the node's key files would give them after a restart; tests/node/test_own_keys.py has the files."""

    def __init__(self) -> None:
        self._next: dict[Use, Any] = {}

    def announced(self) -> dict[Use, str]:
        return {use: public_text(key) for use, key in self._next.items()}

    def announce(self, use: Use) -> None:
        self._next.setdefault(use, getattr(fresh_keys(), _FIELDS[use]))

    def rotate(self, use: Use, *, fresh: bool) -> None:
        node, held = this_node.this_node(), this_node.this_node().keys
        coming = None if fresh else self._next.get(use)
        self._next.pop(use, None)
        new: dict[str, Any] = {_FIELDS[use]: coming or getattr(fresh_keys(), _FIELDS[use])}
        if use is Use.SEAL:
            new["older_sealing"] = (held.sealing, *held.older_sealing)
        if use is Use.AGE:
            new["older_age"] = (held.age, *held.older_age)
        if use is Use.JOURNAL:
            new["older_journal"] = (held.journal.public_key().public_bytes_raw(), *held.older_journal)
        this_node.become(replace(node, keys=replace(held, **new)))

    def announced_certificate(self) -> str | None:
        return None

    def announce_certificate(self) -> None:
        raise NotImplementedError

    def rotate_certificate(self, *, fresh: bool) -> None:
        raise NotImplementedError


_FIELDS = {
    Use.SIGN: "signing",
    Use.SEAL: "sealing",
    Use.JOURNAL: "journal",
    Use.WITNESS: "witness",
    Use.AGE: "age",
}
