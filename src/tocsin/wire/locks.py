"""Locks by name, in the database, so that they hold between processes and machines.

A lock of a transaction ends with it. A lock of a session is for work that spans transactions and
waits for the network; it ends with the connection when a process dies, so nothing has to be cleaned
up. It needs a connection of its own for as long as it is held: behind a pooler that hands out a
connection for each transaction it would hold nothing (see the operations guide).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256

from django.db import connection

from tocsin.base.sql_array import sql_array


def _number(name: str) -> int:
    return int.from_bytes(sha256(f"tocsin.wire:{name}".encode()).digest()[:8], "big", signed=True)


def hold(*names: str) -> None:
    """Wait for the locks and hold them until the transaction ends; always in one order, so nobody deadlocks."""
    numbers = sorted({_number(name) for name in names})
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(number) FROM unnest(%s::bigint[]) AS number", [sql_array(numbers)])


@contextmanager
def held_if_free(name: str) -> Iterator[bool]:
    """Hold the lock of the session if nobody else does, and tell which; let go at the end."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_number(name)])
        row = cursor.fetchone()
    got = bool(row and row[0])
    try:
        yield got
    finally:
        if got and connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_number(name)])
