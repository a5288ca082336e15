"""The role that a node's owner takes on for who looks: how it comes to be, on each kind of server."""

from collections.abc import Iterator
from importlib import import_module

import psycopg
import pytest

from tocsin.node.database import Server, ensure_database
from tocsin.node.demo.databases import copy_database

_MIGRATION = import_module("tocsin.dossiers.migrations.0001_viewing")
LONG = "a_role_of_a_cluster_whose_names_are_as_long_as_they_may_be_here"
TABLE = """
CREATE TABLE thing (id int PRIMARY KEY, open boolean);
INSERT INTO thing VALUES (1, true), (2, false);
SELECT viewing_guard('thing', 'open', 'open');
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {"fsync": "off", "synchronous_commit": "off"}
    with Server(tmp_path_factory.mktemp("viewers") / "database", settings=settings) as running:
        yield running


def viewing_sql() -> str:
    """What the migration runs."""
    return str(_MIGRATION.Migration.operations[0].sql)


def done(url: str, *statements: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def seen(url: str) -> list[tuple[object, ...]]:
    """What the node itself sees, and what it sees while somebody looks; who it is then."""
    with psycopg.connect(url) as connection:
        (itself,) = connection.execute("SELECT count(*) FROM thing").fetchone() or (None,)
        connection.execute("SELECT set_config('tocsin.looking', 'on', true), set_config('role', viewing_role(), true)")
        looking = connection.execute("SELECT count(*), current_user::text FROM thing").fetchone() or ()
    return [(itself,), looking]


def with_role(server: Server, name: str, traits: str) -> str:
    done(
        server.url,
        f"CREATE ROLE \"{name}\" LOGIN {traits} PASSWORD 'for tests'",
        f'CREATE DATABASE "{name}" OWNER "{name}"',
    )
    address = server.url.rsplit("@", 1)[1].rsplit("/", 1)[0]
    return f"postgresql://{name}:for%20tests@{address}/{name}"


def test_an_embedded_server_makes_it_with_the_node(server: Server) -> None:
    url = server.ensure_database("ro")
    done(url, viewing_sql(), TABLE)
    assert seen(url) == [(2,), (1, "ro_viewers")]
    assert server.ensure_database("ro") == url, "it may be asked for again"


@pytest.mark.parametrize("traits", ["SUPERUSER", "CREATEROLE"])
def test_an_owner_who_may_make_roles_makes_it_himself(server: Server, traits: str) -> None:
    url = with_role(server, f"own_{traits.lower()}", traits)
    done(url, viewing_sql(), TABLE)
    assert seen(url) == [(2,), (1, f"own_{traits.lower()}_viewers")]


def test_an_owner_who_may_not_is_held_himself_until_somebody_grants_it(server: Server) -> None:
    url = with_role(server, "plain", "")
    done(url, viewing_sql(), TABLE)
    assert seen(url) == [(2,), (1, "plain")]
    done(server.url, "CREATE ROLE plain_viewers NOLOGIN", "GRANT plain_viewers TO plain")
    assert done(url, "SELECT viewing_settle()") == [("plain_viewers",)]
    assert seen(url) == [(2,), (1, "plain_viewers")]
    done(server.url, "REVOKE plain_viewers FROM plain")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        seen(url)
    assert done(url, "SELECT viewing_settle()") == [("none",)]
    assert seen(url) == [(2,), (1, "plain")]


def test_a_role_that_passes_by_row_security_or_is_somebodys_own_is_not_taken(server: Server) -> None:
    for name, traits in (("bypass", "NOLOGIN BYPASSRLS"), ("somebody", "LOGIN")):
        url = with_role(server, name, "")
        done(server.url, f"CREATE ROLE {name}_viewers {traits}", f"GRANT {name}_viewers TO {name}")
        done(url, viewing_sql(), TABLE)
        assert seen(url) == [(2,), (1, name)]


def test_a_long_name_has_viewers_of_its_own(server: Server) -> None:
    url = with_role(server, LONG, "CREATEROLE")
    done(url, viewing_sql(), TABLE)
    (_, (count, role)) = seen(url)
    assert count == 1
    assert str(role).endswith("_viewers")


def test_two_databases_of_one_owner_share_it_and_two_owners_do_not(server: Server) -> None:
    first, second = server.ensure_database("pt"), server.ensure_database("es")
    done(server.url, "CREATE DATABASE pt_again OWNER pt")
    again = first.rsplit("/", 1)[0] + "/pt_again"
    for url in (first, second, again):
        done(url, viewing_sql(), TABLE)
    assert [seen(url)[1][1] for url in (first, again, second)] == ["pt_viewers", "pt_viewers", "es_viewers"]
    with psycopg.connect(second) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SET ROLE pt_viewers")


def test_tables_of_later_migrations_are_given_to_it_too(server: Server) -> None:
    url = ensure_database(server.url, "late", password="for tests")  # noqa: S106 - a role for tests alone
    done(url, viewing_sql(), TABLE)
    done(url, "CREATE TABLE later (id bigserial)")
    with psycopg.connect(url) as connection:
        connection.execute("SELECT set_config('role', viewing_role(), true)")
        connection.execute("INSERT INTO later DEFAULT VALUES")
        assert connection.execute("SELECT count(*) FROM later").fetchone() == (1,)


def test_functions_closed_to_everybody_are_opened_to_it_in_a_copied_database_too(server: Server) -> None:
    url = ensure_database(server.url, "closed", password="for tests")  # noqa: S106 - a role for tests alone
    done(
        url,
        viewing_sql(),
        "ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
        "CREATE FUNCTION job_asked_for() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE FUNCTION as_its_owner() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
    )
    copy_database(server.url, "closed", "copied")
    copied = server.ensure_database("copied")
    for each in (url, copied):
        done(each, "SELECT viewing_settle()")
        with psycopg.connect(each) as connection:
            connection.execute("SELECT set_config('role', viewing_role(), true)")
            assert connection.execute("SELECT job_asked_for()").fetchone() == (1,)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("SELECT as_its_owner()")
