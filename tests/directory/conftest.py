"""Nodes of directory tests: the process becomes a member, with a person on duty and a profile."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol

import pytest

from tests.conftest import AsNode
from tests.directory.cards import Member, profile
from tocsin.base import instant, this_node
from tocsin.base.actor import Actor
from tocsin.base.ids import MemberId
from tocsin.base.instant import Instant
from tocsin.directory import own
from tocsin.directory.rules import words
from tocsin.directory.rules.card import Use
from tocsin.directory.rules.own_card import Profile


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
        own.use(profile=lambda: node.profile, rotate=_rotate)
        return node

    yield become_member
    own._own = own._Own()


@pytest.fixture
def quick_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """The words of cards through a hash that costs a millisecond; test_words.py has the true one."""
    monkeypatch.setattr(words, "_N", 2**7)


def _rotate(use: Use) -> None:
    """A new key, as the node's key files would give it after a restart."""
    node = this_node.this_node()
    fresh = Member("xx").keys
    keys = (
        replace(node.keys, signing=fresh.signing)
        if use is Use.SIGN
        else replace(node.keys, sealing=fresh.sealing, older_sealing=(node.keys.sealing, *node.keys.older_sealing))
    )
    this_node.become(replace(node, keys=keys))
