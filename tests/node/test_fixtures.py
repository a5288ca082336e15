"""The fixtures that every other test builds on."""

import pytest
from django.db import connection

from tests.conftest import AsNode
from tocsin.base.this_node import this_node


@pytest.mark.django_db
def test_a_test_runs_in_a_real_postgresql_as_an_ordinary_role() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select current_database(), rolsuper, rolbypassrls from pg_roles where rolname = current_user")
        row = cursor.fetchone()
    assert row is not None
    assert row[0].startswith("test_")
    assert row[1:] == (False, False)


def test_a_process_changes_sides_and_keeps_each_sides_keys(as_node: AsNode) -> None:
    romania = as_node("ro")
    portugal = as_node("pt", exercise=True)
    assert this_node() is portugal
    assert portugal.keys.signing is not romania.keys.signing
    assert as_node("ro") is romania
    assert romania.home.stat().st_mode & 0o777 == 0o700
