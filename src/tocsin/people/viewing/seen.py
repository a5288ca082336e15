"""``with seen_as(said):`` what happens in it happens for somebody, and the database shows what he may see."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

from django.db import connections, transaction

from tocsin.people.viewing.base import DatabaseWrapper
from tocsin.people.viewing.said import Said


@contextmanager
def seen_as(said: Said) -> Iterator[None]:
    """Tell each transaction that begins in this block, and the one that runs, for whom it is.

    What is asked outside a transaction becomes one of its own. Blocks do not stand in one another: raises
    ``RuntimeError``, since the inner one would answer for somebody else than the outer.
    """
    looking = _looking()
    if looking.said is not None:
        raise RuntimeError("somebody looks already")
    looking.said = said
    try:
        with looking.execute_wrapper(_in_transaction):
            if looking.in_atomic_block:
                with _told_meanwhile(looking, said):
                    yield
            else:
                yield
    finally:
        looking.said = None


def somebody_looks() -> bool:
    """Whether what is asked now is asked for somebody: then a row that is not found may be there all the same."""
    return _looking().said is not None


@contextmanager
def the_node_acts() -> Iterator[None]:
    """Do in this block, within what somebody looks at, what the node does by rule and not by his rights.

    For an act that has found by his rights that he may say something here, and then keeps what he said in places that
    he never sees (a partner's word becomes a step, and clocks are reckoned anew). Nothing of it is shown to him.
    """
    looking = _looking()
    said = looking.said
    if said is None:
        yield
        return
    looking.said = None
    try:
        if looking.in_atomic_block:
            with _untold(looking):
                yield
        else:
            yield
    finally:
        looking.said = said
        if looking.in_atomic_block and not looking.needs_rollback:
            looking.tell(said)


@contextmanager
def _untold(looking: DatabaseWrapper) -> Iterator[None]:
    with transaction.atomic():  # what fails leaves the viewer in his place
        with looking.cursor() as cursor:
            cursor.execute("RESET ROLE")
            cursor.execute("SELECT set_config('tocsin.looking', '', true)")
        yield


def say_more(said: Said) -> None:
    """Say from now on ``said``, in the transaction that runs and in those to come."""
    looking = _looking()
    looking.said = said
    if looking.in_atomic_block:
        looking.tell(said)


@contextmanager
def _told_meanwhile(looking: DatabaseWrapper, said: Said) -> Iterator[None]:
    with transaction.atomic():  # what fails takes the saying back with it
        looking.tell(said)
        yield
        looking.ensure_connection()
        with looking.cursor() as cursor:
            cursor.execute("RESET ROLE")
            cursor.execute("SELECT " + ", ".join("set_config(%s, '', true)" for _ in said.settings), [*said.settings])


def _in_transaction(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001 - Django's own
    """Run a statement of its own within a transaction, which is told for whom it is."""
    looking = context["connection"]
    if looking.in_atomic_block:
        return execute(sql, params, many, context)
    with transaction.atomic(using=looking.alias):
        return execute(sql, params, many, context)


def _looking() -> DatabaseWrapper:
    return cast("DatabaseWrapper", connections["default"])
