"""A database with every table and nothing in them, made once for all test processes; migrating takes seconds.

A test that commits for real empties after itself the tables that it wrote in. To truncate all of them would take as
long as many a test. The journal and every table that it guards refuse that, so it is done as a replica does what it is
told: without triggers. The role of the tests is given that right (``conftest.py``); where it cannot be given, TRUNCATE
does it, which these tables no longer refuse here and in every copy.
"""

import fcntl
import os
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql

from tests.node import warm
from tocsin.node.config import DATABASE_VARIABLE, HOME_VARIABLE

SHARED_VARIABLE = "TOCSIN_TESTS_SHARED"
"""Names the folder that the processes of a session share."""
_BEGIN_AGAIN = """
SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL
"""
_GUARDED = "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'journal_no_truncate'"


def shared() -> Path:
    """The folder that the processes of this session share: what is made once for all of them lies there."""
    return Path(os.environ[SHARED_VARIABLE])


@cache
def tables(server: str) -> str:
    """The name of that database on a server, to be the template of others."""
    name = _name()
    with (shared() / "tables.lock").open("w") as lock, psycopg.connect(server, autocommit=True) as connection:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
            draft = f"{name}_draft"
            connection.execute(sql.SQL("drop database if exists {}").format(sql.Identifier(draft)))
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(draft)))
            make_tables(urlsplit(server)._replace(path=f"/{draft}").geturl(), call="tests.tables:make_truncatable")
            rename = sql.SQL("alter database {} rename to {}")
            connection.execute(rename.format(sql.Identifier(draft), sql.Identifier(name)))
    return name


def drop_tables(server: str) -> None:
    """Take it away again: the session is over, and the server may be somebody else's."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database if exists {}").format(sql.Identifier(_name())))


def _name() -> str:
    return f"tables_of_{shared().name.replace('-', '_')}"


def empty(connection: BaseDatabaseWrapper) -> None:
    """Leave the database as it was when its tables had been made."""
    names = _all_tables()
    with connection.cursor() as cursor:
        found = (f"(SELECT '{name}' FROM {name} LIMIT 1)" for name in names)  # noqa: S608 - names of our own
        cursor.execute(" UNION ALL ".join(found))
        full = [str(row[0]) for row in cursor.fetchall()]
        cursor.execute("SELECT has_parameter_privilege('session_replication_role', 'SET')")
        if not full:
            return
        if cursor.fetchone() == (True,):
            gone = "; ".join(f"DELETE FROM {name}" for name in full)  # noqa: S608 - names of our own
            cursor.execute(f"BEGIN; SET LOCAL session_replication_role = replica; {gone}; COMMIT")
            cursor.execute(_BEGIN_AGAIN)
        else:
            cursor.execute(f"TRUNCATE {', '.join(full)} RESTART IDENTITY CASCADE")


@cache
def _all_tables() -> list[str]:
    """Those of models, but what migrations themselves write down."""
    from django.apps import apps  # noqa: PLC0415 - needs Django set up

    names = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    return sorted(names - {"django_content_type", "auth_permission"})


def make_tables(url: str, *, call: str = "tests.tables:make") -> None:
    """Make the tables in this database, in a process of its own."""
    kept = {name: value for name, value in os.environ.items() if name != HOME_VARIABLE}
    made = warm.run(call, told=kept | {DATABASE_VARIABLE: url})
    assert made.returncode == 0, made.stderr


def make() -> None:
    """In that process: the tables of the database that the environment names, as a node makes them."""
    import django  # noqa: PLC0415 - not before its settings are named

    os.environ["DJANGO_SETTINGS_MODULE"] = "tocsin.node.settings"
    django.setup()
    from tocsin.node import wiring  # noqa: PLC0415 - needs Django set up

    wiring.migrate()


def make_truncatable() -> None:
    """The same, but TRUNCATE empties every one of them."""
    make()
    from django.db import connection  # noqa: PLC0415 - needs Django set up

    with connection.cursor() as cursor:
        cursor.execute(_GUARDED)
        for (table,) in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER journal_no_truncate")
