"""Offices: nodes in this process, each with a real database of its own, and a postman who carries letters between them.

``offices.be("ro")`` makes this process the node of ro; ``offices.carry()`` brings every letter that waits to its
addressee, as his inbox would take it, and his receipt back. What is left out is the line alone, which has tests of its
own. Databases are copies of one that was migrated, so every act commits for real.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from tests.directory.cards import Member, profile
from tests.directory.conftest import KeysInMemory
from tests.tables import empty, tables
from tests.wire.desks import know
from tocsin.base import instant, jose, this_node
from tocsin.base.actor import Actor
from tocsin.base.ids import InstrumentId, MemberId
from tocsin.base.instant import Instant, parse
from tocsin.base.problem import Problem
from tocsin.base.this_node import ThisNode
from tocsin.directory import own
from tocsin.directory.entries import CardSigned
from tocsin.directory.models import OwnCard
from tocsin.directory.rules.card import SignedCard
from tocsin.journal.acts import record
from tocsin.journal.models import StoredEntry
from tocsin.law.vocabulary import LetterKind
from tocsin.notices import handlers as notice_handlers
from tocsin.people import reads as people
from tocsin.people.acts.people import add_person
from tocsin.requests.acts.call_back import heard_of_call_back
from tocsin.requests.acts.receive import note_receipts, receive, take_back
from tocsin.requests.acts.shift import shift_in_force
from tocsin.wire import handlers, peers
from tocsin.wire.acts.admit import admit
from tocsin.wire.acts.deliver import sealed_for
from tocsin.wire.acts.receipts import take_opened_receipts, take_receipts
from tocsin.wire.acts.receive import receive as take_in
from tocsin.wire.models import Outgoing
from tocsin.wire.rules.batch import Given
from tocsin.wire.rules.seal import SealedLetter
from tocsin.wire.rules.ticket import Asked, new_ticket

START = parse("2026-11-24T02:00:00.000Z")
"""Tuesday, four in the morning in Bucharest, two in Lisbon."""
INBOX = Asked(method="POST", path="/wire/inbox")
STATE_TAKES = tuple(
    InstrumentId(name)
    for name in (
        "budapest-26-spontaneous",
        "budapest-29-preserve",
        "budapest-30-disclose",
        "budapest-31-stored",
        "budapest-35-assist",
        "dir2013-40-13-urgent",
        "eev-epoc",
        "eev-epoc-notification",
    )
)
PROVIDER_TAKES = tuple(
    InstrumentId(name) for name in ("budapest-16-order", "budapest-18-order", "eev-epoc", "eev-epoc-pr")
)
_number = count(1)


@cache
def member_named(name: str) -> Member:
    """The same keys and the same card for the same name in every test: keys are slow to make."""
    someone = Member(name)
    takes = STATE_TAKES if profile(name).kind.value == "state" else PROVIDER_TAKES
    someone.profile = replace(someone.profile, competences=takes, languages=("en", "pt"))
    return someone


@dataclass
class Office:
    """A member's node in this process."""

    node: ThisNode
    someone: Member
    database: str
    wrapper: BaseDatabaseWrapper
    people: dict[str, Actor] = field(default_factory=dict)


class Offices:
    """The nodes of a test; one of them is what this process is."""

    def __init__(self, *, server: str, template: str, homes: Callable[[str], Path]) -> None:
        self._server, self._template, self._homes = server, template, homes
        self._offices: dict[str, Office] = {}
        self.at = START

    def found(self, member: str, *, exercise: bool = False) -> Office:
        """A new node with its own database; it knows everybody founded before it, and they know it."""
        someone = member_named(member)
        someone.profile = replace(someone.profile, exercise=exercise)
        database = _free.pop() if _free else self._new_database()
        wrapper = connection_to(self._server, database)
        node = ThisNode(
            member=MemberId(member),
            home=self._homes(member),
            keys=someone.keys,
            origin=f"{member}.example/journal",
            exercise=exercise,
            private_endpoints=True,
        )
        office = Office(node=node, someone=someone, database=database, wrapper=wrapper)
        self._offices[member] = office
        self.be(member)
        card = self._own_card(someone)
        for name, other in self._offices.items():
            if name != member:
                know(other.someone.cards[-1], since=self.at - timedelta(days=1))
                self.be(name)
                know(card, since=self.at - timedelta(days=1))
                self.be(member)
        return office

    def _new_database(self) -> str:
        name = f"office_{os.getpid()}_{next(_number)}"
        with psycopg.connect(self._server, autocommit=True) as server:
            server.execute(f'create database "{name}" template "{self._template}" strategy file_copy')
        return name

    def _own_card(self, someone: Member) -> SignedCard:
        """The node's own card, signed two days ago: the act itself would date its keys from today."""
        when = self.at - timedelta(days=2)
        someone.cards.clear()
        card = someone.card(at=when)
        with transaction.atomic():
            OwnCard.objects.create(serial=card.card.serial, sha256=card.sha256, jws=card.jws, issued=when)
            kids = tuple(key.kid for key in card.card.keys)
            record(
                CardSigned(serial=card.card.serial, sha256=card.sha256, kids=kids, revoked=()), by=console(), at=when
            )
        return card

    def be(self, member: str) -> Office:
        """Make this process the node of a member."""
        office = self._offices[member]
        this_node.become(office.node)
        connections["default"] = office.wrapper
        own.use(profile=lambda: office.someone.profile, keys=KeysInMemory())
        instant.use_shift_source(shift_in_force if office.node.exercise else None)
        return office

    def person(self, member: str, name: str, *roles: str, function: str = "") -> Actor:
        """Somebody who works at a member's node."""
        office = self.be(member)
        if name not in office.people:
            add_person(name=name, roles=frozenset(roles), function=function, by=console(), at=self.at)
            office.people[name] = people.actor_of(name)
        return office.people[name]

    def carry(self, *, at: Instant | None = None) -> list[Problem]:
        """Bring all that waits to its addressees, until nothing more waits; what was refused.

        ``at`` is the instant by the clock of the node that this process is now; the others have their own.
        """
        here = this_node.this_node().member
        machine = peers.machine_instant(at or self.at)
        problems: list[Problem] = []
        moved = True
        while moved:
            moved = False
            for member in list(self._offices):
                went, refused = self._carry_from(member, machine=machine)
                moved, problems = moved or went, problems + refused
        self.be(here)
        return problems

    def _carry_from(self, member: str, *, machine: Instant) -> tuple[bool, list[Problem]]:
        self.be(member)
        waiting = list(Outgoing.objects.filter(refused=False).select_related("letter", "receipt").order_by("id"))
        return bool(waiting), [problem for row in waiting for problem in self._carry_one(member, row, machine=machine)]

    def _carry_one(self, member: str, row: Outgoing, *, machine: Instant) -> list[Problem]:
        self.be(member)
        peer = peers.peer_of(MemberId(row.peer), at=machine)
        key = jose.signing_key(this_node.this_node().keys.signing)
        ticket = new_ticket(INBOX, sender=MemberId(member), to=peer.member, key=key, at=machine, down=None)
        signed = row.letter or row.receipt
        assert signed is not None
        sealed = SealedLetter(sealed_for(peer, str(signed.jws).encode()))
        self.be(row.peer)
        at = machine + instant.shift()
        caller = admit(f"Tocsin {ticket.decode()}", asked=INBOX, at=at)
        if row.letter is None:
            take_receipts([sealed], caller=caller, at=at)
            answer = None
        else:
            (answer,) = take_in([sealed], caller=caller, at=at)
        self.be(member)
        if answer is None:
            Outgoing.objects.filter(pk=row.pk).delete()
        elif isinstance(answer, Given):
            take_opened_receipts([answer.jws], peer=peer, at=machine + instant.shift())
        else:
            Outgoing.objects.filter(pk=row.pk).update(refused=True)
            return [answer]
        return []

    def close(self) -> None:
        """Leave the databases empty, for the offices of the next test."""
        for office in self._offices.values():
            empty(office.wrapper)
            office.wrapper.close()
            _free.append(office.database)


def console() -> Actor:
    """The administrator at the console of the node that this process is."""
    return Actor(this_node.this_node().member, name="console", roles=frozenset({"administrator"}))


@contextmanager
def template_made(server: str) -> Iterator[str]:
    """The database that every office's is a copy of."""
    yield tables(server)
    with psycopg.connect(server, autocommit=True) as connection:  # the session is over
        while _free:
            connection.execute(f'drop database if exists "{_free.pop()}"')


_free: list[str] = []
"""Databases of offices that were closed: emptying one takes a tenth of the time of making one."""


def connection_to(server: str, database: str) -> BaseDatabaseWrapper:
    """A connection of Django's to a database of this server."""
    url = urlsplit(server)
    wrapper = connections.create_connection("default")
    wrapper.settings_dict = {
        **wrapper.settings_dict,
        "NAME": database,
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": url.hostname or "",
        "PORT": str(url.port or ""),
    }
    return wrapper


@contextmanager
def offices_open(*, server: str, template: str, homes: Callable[[str], Path]) -> Iterator[Offices]:
    """Offices for one test; afterwards this process is what it was before."""
    before, node = connections["default"], this_node._node
    opened = Offices(server=server, template=template, homes=homes)
    handlers.use(dict.fromkeys(LetterKind, receive), receipt=note_receipts, returned=take_back)
    notice_handlers.use(word=heard_of_call_back)
    try:
        yield opened
    finally:
        opened.close()
        connections["default"] = before
        this_node._node = node
        instant.use_shift_source(None)
        handlers.use({})
        notice_handlers.use()


def entries(kind: str = "") -> list[Mapping[str, Any]]:
    """What the journal of the node that this process is was told, oldest first; of one kind or all."""
    events = [json.loads(row.event) for row in StoredEntry.objects.order_by("index") if row.event]
    return [each for each in events if not kind or each["kind"] == kind]
