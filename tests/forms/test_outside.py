"""The role of the process that answers strangers: one function, and no right to anything else."""

from collections.abc import Iterator

import psycopg
import pytest
from django.db import connections
from psycopg import sql

from tests.forms.test_print_form import printed
from tests.offices import Offices
from tests.requests.desk import Pair
from tocsin.forms.outside import role_of

REFUSED = psycopg.errors.InsufficientPrivilege
CHECK = "SELECT issuer, whole FROM forms_check_form(%s, %s, %s, %s, now())"


@pytest.fixture
def pair(offices: Offices) -> Pair:
    return Pair(offices)


@pytest.fixture
def outside(pair: Pair) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A connection as the public door makes it: the role is said in its first packet."""
    pair.ro()
    own = connections["default"].settings_dict
    with psycopg.connect(
        host=own["HOST"],
        port=own["PORT"],
        user=own["USER"],
        password=own["PASSWORD"],
        dbname=own["NAME"],
        options=f"-c role={role_of(own['USER'])}",
        autocommit=True,
    ) as made:
        yield made


def names(pair: Pair, kinds: str) -> list[str]:
    pair.ro()
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
            " AND relkind = ANY(%s) ORDER BY relname",
            [list(kinds)],
        )
        return [str(name) for (name,) in cursor.fetchall()]


def test_no_table_of_any_package_can_be_read_or_written(
    pair: Pair, outside: psycopg.Connection[tuple[object, ...]]
) -> None:
    tables = names(pair, "rpv")
    assert {"requests_request", "wire_storedletter", "forms_publishedform", "forms_check"} <= set(tables)
    for table in tables:
        for right in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE"):
            row = outside.execute("SELECT has_table_privilege(%s, %s)", [table, right]).fetchone()
            assert row == (False,), (table, right)
        with pytest.raises(REFUSED):
            outside.execute(sql.SQL("SELECT 1 FROM {}").format(sql.Identifier(table)))


def test_of_all_functions_that_run_as_the_owner_it_may_call_those_of_the_public_pages_alone(
    outside: psycopg.Connection[tuple[object, ...]],
) -> None:
    found = outside.execute(
        "SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace = current_schema()::regnamespace"
        " AND has_function_privilege(oid, 'EXECUTE')"
    ).fetchall()
    names = ("forms_check_form", "forms_file", "forms_link_open", "forms_open_order", "forms_say")
    assert sorted(found) == [(name,) for name in names]
    with pytest.raises(REFUSED):
        outside.execute("SELECT * FROM requests_referenced('%', 5)")


def test_it_answers_for_who_holds_a_form_and_for_nobody_else(
    pair: Pair, outside: psycopg.Connection[tuple[object, ...]]
) -> None:
    form = printed(pair, pair.sent(), language="en")
    assert outside.execute(CHECK, ["file", "", "", form.sha256]).fetchall()[0][1] is True
    assert outside.execute(CHECK, ["file", "", "", ""]).fetchall() == []
    assert outside.execute(CHECK, ["code", "%", "%", "%"]).fetchall() == []


def test_of_a_forms_page_it_learns_nothing_without_the_code(outside: psycopg.Connection[tuple[object, ...]]) -> None:
    opened = "SELECT * FROM forms_open_order(%s, %s, now())"
    assert outside.execute(opened, ["%", "%"]).fetchall() == []
    assert outside.execute(opened, ["", ""]).fetchall() == []
    said = outside.execute(
        "SELECT forms_say(%s, gen_random_uuid(), 'acknowledge', '{}', '', '', NULL, now())", ["%"]
    ).fetchall()
    assert said == [("unknown",)]


def test_a_connection_does_not_come_about_where_the_role_is_missing(pair: Pair) -> None:
    pair.ro()
    own = connections["default"].settings_dict
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(
            host=own["HOST"],
            port=own["PORT"],
            user=own["USER"],
            password=own["PASSWORD"],
            dbname=own["NAME"],
            options="-c role=nobody_outside",
        )


def test_the_name_of_the_role_is_that_of_the_database(pair: Pair) -> None:
    pair.ro()
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT forms_outside_role(), current_user")
        role, owner = cursor.fetchone() or ("", "")
    assert role_of(str(owner)) == role
