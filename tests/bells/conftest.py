"""A house with a rota, and servers that take what its bells say."""

from collections.abc import Iterator

import pytest

from tests.bells.scene import Heard, House, listening
from tests.office_fixtures import office_template, offices
from tests.offices import Offices
from tocsin.bells import house as bells_house
from tocsin.bells.rules.settings import BellSettings

__all__ = ["office_template", "offices"]


@pytest.fixture(scope="module")
def running() -> Iterator[Heard]:
    with listening() as heard:
        yield heard


@pytest.fixture
def heard(running: Heard) -> Heard:
    running.clear()
    return running


@pytest.fixture
def house(offices: Offices, heard: Heard) -> Iterator[House]:
    yield House(offices, heard)
    bells_house.use(BellSettings())
