"""Members with requests that have ended, and a node's own retention rules."""

from collections.abc import Callable, Iterator

import pytest

from tests.evidence.scene import Scene
from tests.office_fixtures import office_template, offices
from tests.offices import Offices
from tests.retention.rules import KEPT
from tocsin.retention import own
from tocsin.retention.rules.policy import Policy

__all__ = ["office_template", "offices"]

Ruled = Callable[[Policy], None]


@pytest.fixture(autouse=True)
def ruled() -> Iterator[Ruled]:
    """The rules of the node; ``KEPT`` unless a test sets others."""
    before = own._own.policy
    own.use(lambda: KEPT)
    yield lambda policy: own.use(lambda: policy)
    own._own.policy = before


@pytest.fixture
def scene(offices: Offices) -> Scene:
    """ro asked pt for stored data, and pt ordered the provider to hand them over."""
    return Scene.set(offices)
