"""A node, pt, that others write to; what its handlers took."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import pytest

from tests.conftest import AsNode
from tests.tables import tables
from tests.wire.desks import Desk, know
from tocsin.base.instant import Instant
from tocsin.base.this_node import ThisNode
from tocsin.journal.entries import Entry
from tocsin.law.vocabulary import LetterKind
from tocsin.wire import handlers
from tocsin.wire.rules.letter import Letter


@pytest.fixture(scope="session")
def template(database_server: str) -> str:
    """The database that nodes in processes of their own are copied from."""
    return tables(database_server)


@dataclass
class Taken:
    """What was handed over, in order. ``refuse`` may raise for a letter."""

    letters: list[Letter] = field(default_factory=list)
    refuse: Callable[[Letter], None] = lambda _: None

    def __call__(self, letters: Sequence[Letter], _at: Instant) -> list[Entry]:
        for letter in letters:
            self.refuse(letter)
        self.letters += letters
        return []


@pytest.fixture
def taken() -> Iterator[Taken]:
    """Somebody who takes every letter and remembers it."""
    everything = Taken()
    handlers.use(dict.fromkeys(LetterKind, everything))
    yield everything
    handlers.use({})


@pytest.fixture
def pt(as_node: AsNode, taken: Taken) -> ThisNode:  # noqa: ARG001 - it takes the letters
    """This process as the node of pt."""
    return as_node("pt")


@pytest.fixture
def ro(db: None, pt: ThisNode) -> Desk:  # noqa: ARG001 - the node that knows it
    """A member that pt knows."""
    desk = Desk.of("ro")
    know(desk.card)
    return desk
