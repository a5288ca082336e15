"""Puts one node together: database, Django, who this process is, and who is called by whom.

Packages know only those below them. Where a lower one has to wake a higher one, the function is
named here, in a table, and nowhere else.
"""

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import django

from tocsin.base import instant
from tocsin.base.this_node import ThisNode, this_node
from tocsin.base.this_node import become as become_node
from tocsin.node.certificate import pinned, settle
from tocsin.node.config import DATABASE_VARIABLE, HOME_VARIABLE, Config, load
from tocsin.node.database import Server, check_reachable
from tocsin.node.entrances import WEB
from tocsin.node.errors import MigrationsPendingError
from tocsin.node.keys import load_keys

if TYPE_CHECKING:
    from tocsin.directory.rules.own_card import Profile
    from tocsin.forms.place import Place
    from tocsin.law.vocabulary import LetterKind
    from tocsin.wire.handlers import LetterHandler

_MIGRATION_LOCK = 0x746F6373696E  # "tocsin": one number for all nodes, since each has its own database


@dataclass(slots=True)
class Started:
    """A node that this process has become, and the database that it keeps or uses."""

    config: Config
    database_url: str
    server: Server | None
    """The embedded PostgreSQL; ``None`` when the operator's is used."""

    def stop(self, *, wait_for_guests: float = 0.0) -> None:
        """Let the database go; it stops if this process keeps it."""
        from django.db import connections  # noqa: PLC0415 - Django may not be set up before

        connections.close_all()
        if self.server is not None:
            self.server.stop(wait_for_guests=wait_for_guests)


def start(home: Path, *, keep: bool = False, wait: float = 0.0, patience: float = 0.0) -> Started:
    """Become the node in ``home``: database, Django, keys, handlers.

    With ``keep`` this process keeps the embedded database (and waits ``wait`` seconds for another to
    leave it), otherwise it shares the one that runs and starts one only if none does. An operator's
    database that does not answer yet is given ``patience`` seconds. May be called once in a process.
    Raises ``HomeMissingError``, ``ConfigFaultyError``, ``KeyFileError`` and what the database raises.
    """
    config = load(home)
    settle(home)
    node = node_of(config)
    server, url = _database_of(config, keep=keep, wait=wait, patience=patience)
    os.environ[HOME_VARIABLE] = str(home)
    os.environ[DATABASE_VARIABLE] = url
    try:
        become(config, node)
    except BaseException:
        if server is not None:
            server.stop()
        raise
    return Started(config=config, database_url=url, server=server)


def node_of(config: Config) -> ThisNode:
    """The node that a config and its key files make; raises ``KeyFileError``."""
    return ThisNode(
        member=config.member,
        home=config.home,
        keys=load_keys(config.home),
        origin=config.origin,
        exercise=config.exercise,
        private_endpoints=config.private_endpoints,
        hub=config.hub,
        limits=config.limits,
    )


def become(config: Config, node: ThisNode) -> None:
    """Set Django up, be ``node``, and name who is called by whom."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tocsin.node.settings")
    django.setup()
    WEB.open_here(config)
    become_node(node)
    instant.use_shift_source(_shift_source() if config.exercise else None)
    _connect_packages(config)


def _connect_packages(config: Config) -> None:
    """Hand the tables over to those who call what stands in them."""
    from tocsin.bells import house as bells_house  # noqa: PLC0415 - for its settings
    from tocsin.bells import tasks as bells_tasks  # noqa: F401, PLC0415 - for the tasks that it registers
    from tocsin.desk import house as desk_house  # noqa: PLC0415 - for the page of administration
    from tocsin.directory import own  # noqa: PLC0415 - needs Django set up
    from tocsin.evidence import tasks as evidence_tasks  # noqa: F401, PLC0415 - for the tasks that it registers
    from tocsin.exercise import tasks as exercise_tasks  # noqa: F401, PLC0415 - for the tasks that it registers
    from tocsin.forms import place as form_place  # noqa: PLC0415 - for the address of the check page
    from tocsin.forms import tasks as forms_tasks  # noqa: F401, PLC0415 - for the tasks that it registers
    from tocsin.gate import health  # noqa: PLC0415 - needs Django set up
    from tocsin.mail import post as mail_post  # noqa: PLC0415 - for its settings
    from tocsin.mail import tasks as mail_tasks  # noqa: F401, PLC0415 - for the tasks that it registers
    from tocsin.node import tasks  # noqa: F401, PLC0415 - for the tasks that it registers
    from tocsin.node.gauges import gauges  # noqa: PLC0415 - needs Django set up
    from tocsin.node.house import RunningNode  # noqa: PLC0415 - needs Django set up
    from tocsin.node.own_keys import KeyFiles  # noqa: PLC0415 - for the cards alone
    from tocsin.notices import handlers as notice_handlers  # noqa: PLC0415 - needs Django set up
    from tocsin.notices import tasks as notices_tasks  # noqa: F401, PLC0415 - for the tasks that it registers
    from tocsin.notices.acts.take import take_from_mailbox  # noqa: PLC0415 - needs Django set up
    from tocsin.requests import tasks as requests_tasks  # noqa: F401, PLC0415 - for the tasks that it registers
    from tocsin.requests.acts.call_back import heard_of_call_back  # noqa: PLC0415 - needs Django set up
    from tocsin.requests.acts.receive import note_receipts, take_back  # noqa: PLC0415 - needs Django set up
    from tocsin.retention import own as own_retention  # noqa: PLC0415 - needs Django set up
    from tocsin.retention import tasks as retention_tasks  # noqa: F401, PLC0415 - for the tasks that it registers
    from tocsin.wire import handlers  # noqa: PLC0415 - needs Django set up

    own.use(profile=card_profile, keys=KeyFiles())
    own_retention.use(lambda: load(this_node().home).retention)
    handlers.use(letter_handlers(), receipt=note_receipts, returned=take_back, notice=take_from_mailbox)
    notice_handlers.use(word=heard_of_call_back)
    form_place.use(place_of(config))
    mail_post.use(config.mail)
    bells_house.use(config.bells)
    desk_house.use(RunningNode())
    health.use_gauges(gauges())


def place_of(config: Config) -> "Place":
    """How strangers find this node."""
    from tocsin.forms.place import Place  # noqa: PLC0415 - for the forms alone

    address = f"{config.public.address}/" if config.public.port else ""
    return Place(name=config.name, phone=config.phone, address=address)


def letter_handlers() -> Mapping["LetterKind", "LetterHandler"]:
    """Who takes a letter of each kind: every one of them is a step of a request."""
    from tocsin.law.vocabulary import LetterKind  # noqa: PLC0415 - needs no node
    from tocsin.requests.acts.receive import receive  # noqa: PLC0415 - needs Django set up

    return dict.fromkeys(LetterKind, receive)


def card_profile() -> "Profile":
    """What this node says of itself on its card."""
    from tocsin.directory.rules.card import CardKind  # noqa: PLC0415 - for the cards alone
    from tocsin.directory.rules.own_card import Profile  # noqa: PLC0415 - for the cards alone

    config = load(this_node().home)
    return Profile(
        name=config.name,
        kind=CardKind(config.kind),
        country=config.country,
        zone=config.zone,
        subdivision=config.subdivision,
        languages=config.languages,
        hours=config.hours,
        phone=config.phone or None,
        endpoint=config.endpoint,
        tls=pinned(config.home, at=instant.true_now()),
        competences=config.competences,
        exercise=config.exercise,
    )


_SHIFT_IS_FRESH = 0.2
"""Seconds for which a process believes the shift that it last read: another process may move the clock."""


def _shift_source() -> Callable[[], timedelta]:
    """Who tells how far the clock of an exercise is moved."""
    from django.db import Error as DatabaseError  # noqa: PLC0415 - needs Django set up

    from tocsin.requests.acts.shift import shift_in_force  # noqa: PLC0415 - needs Django set up

    known, read_at = timedelta(0), float("-inf")

    def shift() -> timedelta:
        nonlocal known, read_at
        if monotonic() - read_at >= _SHIFT_IS_FRESH:
            with suppress(DatabaseError):  # before the first migration, or while the database is away
                known, read_at = shift_in_force(), monotonic()
        return known

    return shift


# -- database ------------------------------------------------------------------------------------


def _database_of(config: Config, *, keep: bool, wait: float, patience: float) -> tuple[Server | None, str]:
    url = os.environ.get(DATABASE_VARIABLE) or config.database_url
    if url:
        check_reachable(url, patience=patience)
        return None, url
    server = Server(config.home / "database").start(share=not keep, wait=wait)
    try:
        return server, server.ensure_database(config.member)
    except BaseException:
        server.stop()
        raise


def migrate() -> int:
    """Bring the database to this version, one process at a time; how many migrations it lacked."""
    from django.core.management import call_command  # noqa: PLC0415 - needs Django set up
    from django.db import connection  # noqa: PLC0415 - needs Django set up

    from tocsin.gate.health import pending_migrations  # noqa: PLC0415 - needs Django set up

    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(%s)", [_MIGRATION_LOCK])
    try:
        pending = pending_migrations()
        if pending:
            call_command("migrate", interactive=False, verbosity=0)
        with connection.cursor() as cursor:
            cursor.execute("select viewing_settle()")  # a role that was lacking may be there now (decision 0106)
            cursor.execute("select forms_settle()")  # the same, for the process that answers strangers (decision 0116)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_unlock(%s)", [_MIGRATION_LOCK])
    return pending


def check_migrated() -> None:
    """Raise ``MigrationsPendingError`` unless the database is at this version."""
    from tocsin.gate.health import pending_migrations  # noqa: PLC0415 - needs Django set up

    pending = pending_migrations()
    if pending:
        raise MigrationsPendingError(count=pending)
