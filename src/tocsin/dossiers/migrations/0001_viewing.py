"""The role under which everything happens that a person or a stranger asks for, and how tables are closed to it.

The owner of the tables does the node's own work: inbox, worker, commands. Where the cluster lets us have it, a second
role ``<owner>_viewers`` (no login, no rights but to rows, granted to the owner) is taken on for a transaction, and row
security holds for it. Roles belong to a cluster and not to a database: one serves all databases of the same owner, and
nodes on one cluster have different owners, so different viewers.

``viewing_settle()`` brings that about as far as it may, and may be called at any time; ``tocsin migrate`` does. Where
there is no such role and none may be made, the same policies hold for the owner itself (FORCE), but for what he does
while nobody looks; ``tocsin doctor`` says so (W015). ``viewing_role()`` is the role to take on, or ``none``: it is
written down, so that a role that is lost later stops everything instead of opening everything.

Another package closes a table of its own in a migration that depends on this one::

    migrations.RunSQL("SELECT viewing_guard('requests_alarm', 'EXISTS (SELECT …)', 'EXISTS (SELECT …)')",
                      "SELECT viewing_unguard('requests_alarm')")

with what a row must be to be seen, and to be made, changed or deleted. Two things to know (decision 0106): COPY does
not write into a table that is closed to the one who writes, and behind a policy PostgreSQL uses no index for an
operator that is not leakproof, like ``@@`` and ``@>``.
"""

from django.db import migrations

SETTINGS = """
CREATE FUNCTION viewing_desk() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT coalesce(current_setting('tocsin.desk', true), '') = 'on' $$;
CREATE FUNCTION viewing_all_looks() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT coalesce(current_setting('tocsin.looks', true), '') = 'on' $$;
CREATE FUNCTION viewing_person() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('tocsin.viewer', true), '')::uuid $$;
CREATE FUNCTION viewing_reads() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('tocsin.reads', true), '')::uuid[] $$;
CREATE FUNCTION viewing_sees() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('tocsin.sees', true), '')::uuid[] $$;
CREATE FUNCTION viewing_role() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT 'none'::text $$;
"""

ROLE = """
CREATE FUNCTION viewing_role_found() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    owner text := current_user;
    wanted text := CASE WHEN octet_length(owner) <= 55 THEN owner ELSE left(md5(owner), 12) END || '_viewers';
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted)
       AND EXISTS (SELECT FROM pg_roles WHERE rolname = owner AND (rolsuper OR rolcreaterole)) THEN
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN NOINHERIT', wanted);
            EXECUTE format('GRANT %I TO %I', wanted, owner);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;  -- another database of the same owner made it meanwhile
        END;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = wanted AND NOT rolsuper AND NOT rolbypassrls AND NOT rolcanlogin)
       AND pg_has_role(owner, wanted, 'MEMBER') AND NOT pg_has_role(wanted, owner, 'MEMBER') THEN
        RETURN wanted;
    END IF;
    RETURN 'none';
END $$;
"""

CLOSE = """
CREATE FUNCTION viewing_close(target regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('DROP POLICY IF EXISTS viewing_node ON %s', target);
    IF viewing_role() = 'none' THEN
        EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', target);
        EXECUTE format('CREATE POLICY viewing_node ON %s USING'
                       ' (coalesce(current_setting(''tocsin.looking'', true), '''') <> ''on'')', target);
    ELSE
        EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', target);
    END IF;
END $$;

CREATE FUNCTION viewing_guard(target regclass, seen text, made text, changed text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
    EXECUTE format('CREATE POLICY viewing_seen ON %s FOR SELECT USING (%s)', target, seen);
    EXECUTE format('CREATE POLICY viewing_made ON %s FOR INSERT WITH CHECK (%s)', target, made);
    EXECUTE format('CREATE POLICY viewing_changed ON %s FOR UPDATE USING (%s)', target, coalesce(changed, made));
    EXECUTE format('CREATE POLICY viewing_deleted ON %s FOR DELETE USING (%s)', target, coalesce(changed, made));
    PERFORM viewing_close(target);
END $$;

CREATE FUNCTION viewing_unguard(target regclass) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    policy text;
BEGIN
    FOREACH policy IN ARRAY ARRAY['node', 'seen', 'made', 'changed', 'deleted'] LOOP
        EXECUTE format('DROP POLICY IF EXISTS viewing_%s ON %s', policy, target);
    END LOOP;
    EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', target);
    EXECUTE format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', target);
END $$;
"""

SETTLE = """
CREATE FUNCTION viewing_settle() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    role text := viewing_role_found();
    here text := current_schema();
    own record;
BEGIN
    IF role <> viewing_role() THEN
        EXECUTE format('CREATE OR REPLACE FUNCTION viewing_role() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS %L',
                       format('SELECT %L::text', role));
        FOR own IN SELECT oid::regclass AS name FROM pg_class
                    WHERE relrowsecurity AND relnamespace = here::regnamespace
                      AND relowner = (SELECT oid FROM pg_roles WHERE rolname = current_user) LOOP
            PERFORM viewing_close(own.name);
        END LOOP;
    END IF;
    IF role = 'none' THEN
        RETURN role;
    END IF;
    IF NOT has_schema_privilege(role, here, 'USAGE') THEN
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', here, role);
    END IF;
    FOR own IN SELECT oid::regclass AS name, relkind FROM pg_class
                WHERE relkind IN ('r', 'p', 'v', 'S') AND relnamespace = here::regnamespace
                  AND relowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)
                  AND NOT CASE relkind WHEN 'S' THEN has_sequence_privilege(role, oid, 'USAGE')
                               ELSE has_table_privilege(role, oid, 'SELECT') END LOOP
        EXECUTE format(CASE own.relkind WHEN 'S' THEN 'GRANT USAGE, SELECT ON SEQUENCE %s TO %I'
                            ELSE 'GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE %s TO %I' END, own.name, role);
    END LOOP;
    -- Functions are everybody's unless a later migration closes them; those that run as their owner it opens itself.
    FOR own IN SELECT oid::regprocedure AS name FROM pg_proc
                WHERE prokind = 'f' AND NOT prosecdef AND pronamespace = here::regnamespace
                  AND proowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)
                  AND NOT has_function_privilege(role, oid, 'EXECUTE') LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', own.name, role);
    END LOOP;
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO %I',
                   here, role);
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT USAGE, SELECT ON SEQUENCES TO %I', here, role);
    RETURN role;
END $$;

SELECT viewing_settle();
"""

UNDO = """
DROP FUNCTION viewing_settle();
DROP FUNCTION viewing_guard(regclass, text, text, text);
DROP FUNCTION viewing_unguard(regclass);
DROP FUNCTION viewing_close(regclass);
DROP FUNCTION viewing_role_found();
DROP FUNCTION viewing_role();
DROP FUNCTION viewing_sees();
DROP FUNCTION viewing_reads();
DROP FUNCTION viewing_person();
DROP FUNCTION viewing_all_looks();
DROP FUNCTION viewing_desk();
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = []

    operations = [migrations.RunSQL(sql=SETTINGS + ROLE + CLOSE + SETTLE, reverse_sql=UNDO)]
