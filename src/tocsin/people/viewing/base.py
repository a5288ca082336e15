"""Django's backend for PostgreSQL; while somebody looks, each transaction begins with saying who (decision 0106).

It is said with the transaction and ends with it: a setting of the session would be found by whoever gets the connection
next. Nothing can stand between a transaction's beginning and the saying of it: a savepoint that is taken back later
does not take it back.
"""

from typing import Any

from django.db.backends.postgresql import base
from psycopg import sql

from tocsin.people.viewing.said import Said


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that may be looking for somebody."""

    said: Said | None = None
    """What each transaction is told at its beginning; nothing while the node works for itself."""

    def set_autocommit(self, autocommit: bool, *arguments: Any, **named: Any) -> None:  # noqa: FBT001 - Django's own
        """Begin a transaction, or end one, as Django does; and say at its beginning for whom it is."""
        super().set_autocommit(autocommit, *arguments, **named)
        if autocommit or self.said is None:
            return
        try:
            self.tell(self.said)
        except BaseException:
            self.connection.rollback()
            super().set_autocommit(True)
            raise

    def tell(self, said: Said) -> None:
        """Say for whom the running transaction is."""
        with self.wrap_database_errors:
            self.connection.execute(sql.SQL(said.statement), said.values)
