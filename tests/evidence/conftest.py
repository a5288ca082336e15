"""A provider and two States, with the requests between them along which a package travels."""

import pytest

from tests.evidence.scene import Scene
from tests.office_fixtures import office_template, offices
from tests.offices import Offices

__all__ = ["office_template", "offices"]


@pytest.fixture
def scene(offices: Offices) -> Scene:
    """ro asked pt for stored data, and pt ordered the provider to hand them over."""
    return Scene.set(offices)
