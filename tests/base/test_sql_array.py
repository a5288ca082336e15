"""Arrays as PostgreSQL reads them: the real one is asked."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as some

from tocsin.base.sql_array import sql_array

_TEXTS = some.text(some.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)


@pytest.fixture(scope="module")
def connection(database_server: str) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    with psycopg.connect(database_server, autocommit=True) as open_connection:
        yield open_connection


@given(texts=some.lists(some.none() | _TEXTS | some.sampled_from(["", "NULL", "null", "{}", "a,b", '"', "\\", " "])))
def test_texts_come_back_as_they_are(connection: psycopg.Connection[tuple[Any, ...]], texts: list[str | None]) -> None:
    assert connection.execute("SELECT %s::text[]", [sql_array(texts)]).fetchone() == (texts,)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("uuid", [UUID("8f2d1a4e-4b1f-4d55-9d0e-000000000001"), None]),
        ("bigint", [1, -(2**63), 2**63 - 1]),
        ("bool", [True, False, None]),
        ("timestamptz", [datetime(2026, 11, 24, 3, 0, 0, 1, tzinfo=UTC), None]),
    ],
)
def test_values_of_each_type_come_back(
    connection: psycopg.Connection[tuple[Any, ...]], kind: str, values: list[object]
) -> None:
    assert connection.execute(f"SELECT %s::{kind}[] = %s", [sql_array(values), values]).fetchone() == (True,)
