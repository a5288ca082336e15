"""What every test may use: one real PostgreSQL for the session, and nodes with fresh keys.

``DATABASE_URL`` names the server if it is set (its role has to be able to create databases);
otherwise an embedded one is started, once, by the controlling process of pytest-xdist, or on first
use where there is no such process. The role of the tests is no superuser, so row security and
rights hold in tests as they do in a node.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

import psycopg
import pyrage
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from django.conf import settings
from django.db import connections
from django.test import TransactionTestCase
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from xdist.remote import Producer
from xdist.scheduler import LoadGroupScheduling

from tests.tables import SHARED_VARIABLE, drop_tables, empty, tables
from tocsin.base import instant, this_node
from tocsin.base.ids import MemberId
from tocsin.base.this_node import Keyring, ThisNode
from tocsin.node.database import Server, ensure_database
from tocsin.node.entrances import WEB

ROOT = Path(__file__).parents[1]
ROLE = "tocsin_tests"

# The tests' own server gives up durability for speed; tests of durability start servers of their own.
QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "100"}


# A machine that is busy with something else is no fault of the rule under test.
hypothesis_settings.register_profile("usual", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.register_profile("fast", hypothesis_settings.get_profile("usual"), max_examples=15)
hypothesis_settings.load_profile("usual")


class SessionServer:
    """The PostgreSQL of this test session, started when first asked for."""

    def __init__(self) -> None:
        self._server: Server | None = None
        self._folder: Path | None = None
        self._url: str | None = None

    @property
    def url(self) -> str:
        """The URL of a role that may create databases and is no superuser."""
        if self._url is None:
            os.environ["DATABASE_URL"] = self._url = _ordinary(os.environ.get("DATABASE_URL") or self._start())
        return self._url

    @property
    def runs(self) -> bool:
        """Whether anybody asked for it yet."""
        return self._url is not None

    def _start(self) -> str:
        self._folder = Path(tempfile.mkdtemp(prefix="tocsin-tests-"))
        self._server = Server(self._folder / "database", settings=QUICK).start()
        return self._server.url

    def stop(self) -> None:
        """Stop what was started here and remove it."""
        if self._server is not None and self._folder is not None:
            self._server.stop()
            shutil.rmtree(self._folder, ignore_errors=True)
            os.environ.pop("DATABASE_URL", None)


def _ordinary(url: str) -> str:
    """``url``, or that of an ordinary role on the same server if ``url`` is a superuser's."""
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute("select rolsuper from pg_roles where rolname = current_user").fetchone()
        if row is None or not row[0]:
            return url
        ordinary = ensure_database(url, ROLE, password="for tests")  # noqa: S106 - a role for tests alone
        connection.execute(f"alter role {ROLE} createdb")
        connection.execute(f"grant set on parameter session_replication_role to {ROLE}")  # tests/tables.py: empty
    return ordinary


_session_server = SessionServer()


_shared: list[Path] = []


def pytest_configure(config: pytest.Config) -> None:
    WEB.open_here()  # a test of another entrance opens that one
    if SHARED_VARIABLE not in os.environ:
        _shared.append(Path(tempfile.mkdtemp(prefix="tocsin-shared-")))
        os.environ[SHARED_VARIABLE] = str(_shared[0])
    controls_workers = not hasattr(config, "workerinput") and bool(config.getoption("numprocesses", default=None))
    if controls_workers:
        _ = _session_server.url  # the workers find it in their environment


def pytest_unconfigure() -> None:
    if _shared and _session_server.runs:
        drop_tables(_session_server.url)
    _session_server.stop()
    for folder in _shared:
        shutil.rmtree(folder, ignore_errors=True)
        os.environ.pop(SHARED_VARIABLE, None)


class GroupedScheduling(LoadGroupScheduling):  # type: ignore[misc]  # it has no types
    """The tests of a module run in one process, in their order: what it makes once is made once (decision 0131).

    So do those of modules that are marked with one ``xdist_group``. pytest-xdist 3.8 writes the group where pytest 9.2
    no longer reads it, so without this the mark does nothing.
    """

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.partition("::")[0]
        return _group_of(module) or module


@cache
def _group_of(module: str) -> str:
    found = re.search(r'pytest\.mark\.xdist_group\("([^"]+)"\)', (ROOT / module).read_text())
    return found[1] if found else ""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first, so that no process works alone at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> GroupedScheduling | None:
    return GroupedScheduling(config, log) if config.getvalue("dist") == "loadgroup" else None


@pytest.fixture(scope="session")
def database_server() -> str:
    """The URL of the session's PostgreSQL, for a role that may create databases."""
    return _session_server.url


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    database_server: str,
    django_db_modify_db_settings_parallel_suffix: None,  # noqa: ARG001 - its effect on names is wanted
) -> None:
    """Point Django at the session's PostgreSQL before the test database is made."""
    url = urlsplit(database_server)
    places: list[dict[str, Any]] = [settings.DATABASES["default"], connections["default"].settings_dict]
    for place in places:
        place.update(
            NAME=unquote(url.path.lstrip("/")),
            USER=unquote(url.username or ""),
            PASSWORD=unquote(url.password or ""),
            HOST=url.hostname or "",
            PORT=str(url.port or ""),
        )
        place["TEST"] = {**place["TEST"], "TEMPLATE": tables(database_server)}


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:  # noqa: ARG001 - laid over it
    """Let tests that commit empty the tables that they wrote in, and no others."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _: empty(connections["default"]))
        yield


class AsNode(Protocol):
    """Makes this process the node of a member; the same member gets the same keys again."""

    def __call__(self, member: str, **traits: Any) -> ThisNode: ...


def fresh_keys() -> Keyring:
    """A keyring that nobody used before."""
    return Keyring(
        signing=Ed25519PrivateKey.generate(),
        sealing=X25519PrivateKey.generate(),
        journal=Ed25519PrivateKey.generate(),
        witness=Ed25519PrivateKey.generate(),
        age=str(pyrage.x25519.Identity.generate()),
    )


@pytest.fixture
def node_home(tmp_path: Path) -> Callable[[str], Path]:
    """A home folder for each member that is named."""

    def home(member: str) -> Path:
        folder = tmp_path / member
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    return home


@pytest.fixture
def as_node(node_home: Callable[[str], Path]) -> Iterator[AsNode]:
    """Change sides within one process: ``as_node("ro")``, then ``as_node("pt", exercise=True)``."""
    known: dict[str, ThisNode] = {}
    before = this_node._node

    def become(member: str, **traits: Any) -> ThisNode:
        if member not in known or traits:
            keys = known[member].keys if member in known else fresh_keys()
            traits = {"origin": f"{member}.example/journal", "keys": keys, **traits}
            known[member] = ThisNode(member=MemberId(member), home=node_home(member), **traits)
        this_node.become(known[member])
        return known[member]

    yield become
    this_node._node = before
    instant.use_shift_source(None)
