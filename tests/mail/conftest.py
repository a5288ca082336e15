"""A node that sends and reads mail."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mail.scene import FROM, TO, Post, Server, certified, served
from tests.office_fixtures import office_template, offices
from tests.offices import Offices
from tocsin.base import instant
from tocsin.mail import post as mail_post
from tocsin.mail.rules.settings import MailSettings

__all__ = ["office_template", "offices"]


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With the certificates of both sides: made before the scene begins, so that they are valid in it."""
    folder = tmp_path_factory.mktemp("mail-keys")
    certified(folder, "authority", FROM)
    certified(folder, "provider", TO)
    certified(folder, "stranger", TO)
    return folder


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    with served() as server:
        yield server


@pytest.fixture
def server(running: Server) -> Server:
    running.mails.clear()
    running.to.clear()
    running.answers.clear()
    return running


@pytest.fixture
def post(offices: Offices, keys: Path, server: Server) -> Iterator[Post]:
    offices.at = instant.true_now()
    yield Post(offices, keys=keys, server=server)
    mail_post.use(MailSettings())
