"""Databases of the demo on a server: removing what an earlier demo left, beginning one as a copy of another."""

import psycopg
from psycopg import sql

_GIVE_AWAY = """
DO $$
DECLARE what record;
BEGIN
    FOR what IN
        SELECT format('ALTER %s %s OWNER TO %I', CASE relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END, oid::regclass,
                      {owner}) AS command
        FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v')
        UNION ALL
        SELECT format('ALTER SEQUENCE %s OWNER TO %I', c.oid::regclass, {owner})
        FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'S'
          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('a', 'i'))
        UNION ALL
        SELECT format('ALTER ROUTINE %s OWNER TO %I', oid::regprocedure, {owner})
        FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        UNION ALL
        SELECT format('ALTER TYPE %s OWNER TO %I', oid::regtype, {owner})
        FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd')
           OR typnamespace = 'public'::regnamespace AND typtype = 'c'
              AND (SELECT relkind FROM pg_class WHERE pg_class.oid = typrelid) = 'c'
    LOOP
        EXECUTE what.command;
    END LOOP;
END $$
"""


def drop_database(admin: str, name: str) -> None:
    """Remove what an earlier demo left on a server that is not ours alone."""
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def copy_database(admin: str, template: str, name: str) -> None:
    """Begin the database ``name``, with a role of its own, as a copy of ``template``; needs a superuser."""
    new, old = sql.Identifier(name), sql.Identifier(template)
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(sql.SQL("create role {} login").format(new))
        connection.execute(sql.SQL("create database {} template {} owner {}").format(new, old, new))
        connection.execute(sql.SQL("revoke connect on database {} from public").format(new))
    with psycopg.connect(admin, autocommit=True, dbname=name) as connection:
        # Only what lies in the copy: to reassign shared objects would take the template's database away.
        connection.execute(sql.SQL(_GIVE_AWAY).format(owner=sql.Literal(name)))
