"""The fixtures behind ``tests/offices.py``, for the packages that want them in their ``conftest.py``."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from tests.offices import Offices, offices_open, template_made


@pytest.fixture(scope="session")
def office_template(
    django_test_environment: None,  # noqa: ARG001 - Django as tests want it
    django_db_blocker: DjangoDbBlocker,
    database_server: str,
) -> Iterator[str]:
    """The database that every office's is a copy of."""
    with django_db_blocker.unblock(), template_made(database_server) as name:
        yield name


@pytest.fixture
def offices(
    office_template: str, django_db_blocker: DjangoDbBlocker, database_server: str, node_home: Callable[[str], Path]
) -> Iterator[Offices]:
    """Nobody yet: a test founds the nodes that it needs."""
    with (
        django_db_blocker.unblock(),
        offices_open(server=database_server, template=office_template, homes=node_home) as opened,
    ):
        yield opened
