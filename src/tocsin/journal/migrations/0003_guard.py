"""No act without an entry, no entry without an act: kept by the database at commit.

Another package attaches a table of its own in a migration that depends on this one::

    dependencies = [("journal", "0003_guard")]
    operations = [
        migrations.RunSQL("SELECT journal_guard('wire_storedletter')", "SELECT journal_unguard('wire_storedletter')"),
    ]

From then on a transaction that inserts, updates or deletes a row of it is refused at commit unless
it appends an entry to the journal as well. ``journal_guard('wire_outbox', '{gave_up}')`` watches
updates of the named columns only, for a table that also holds bookkeeping (inserts and deletes stay
watched). A migration that changes rows of a guarded table unguards it first and guards it again.

How it works. The first guarded change of a transaction leaves a mark that lives and dies with the
transaction (a local setting, which a savepoint takes back as well) and queues one check for the
commit; later changes find the mark and queue nothing. The check compares the head of the journal
with the running transaction. The other way round, an append queues one check that looks for the
mark. See docs/decisions/0051.
"""

from django.db import migrations

GUARD = """
CREATE FUNCTION journal_mark_act() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('tocsin.act', pg_current_xact_id()::text, true);
    RETURN NULL;
END $$;

CREATE FUNCTION journal_demand_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM journal_log WHERE current AND transaction = pg_current_xact_id()::text::bigint;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
            CONSTRAINT = 'journal_no_act_without_an_entry', TABLE = TG_TABLE_NAME,
            MESSAGE = format('%s on %s without an entry in the journal', TG_OP, TG_TABLE_NAME);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION journal_demand_act() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('tocsin.act', true) IS DISTINCT FROM pg_current_xact_id()::text THEN
        RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
            CONSTRAINT = 'journal_no_entry_without_an_act', TABLE = 'journal_storedentry',
            MESSAGE = format('entries up to %s without a change of a guarded row', NEW.first + NEW.size - 1);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION journal_guard(target regclass, watched text[] DEFAULT NULL) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    changes text := 'INSERT OR DELETE OR UPDATE';
    unmarked text := 'current_setting(''tocsin.act'', true) IS DISTINCT FROM pg_current_xact_id()::text';
BEGIN
    IF watched IS NOT NULL THEN
        changes := changes || ' OF ' || (SELECT string_agg(quote_ident(name), ', ') FROM unnest(watched) AS name);
    END IF;
    EXECUTE format('CREATE TRIGGER journal_mark_act AFTER %s ON %s FOR EACH ROW WHEN (%s)'
                   ' EXECUTE FUNCTION journal_mark_act()', changes, target, unmarked);
    EXECUTE format('CREATE CONSTRAINT TRIGGER journal_demand_entry AFTER %s ON %s DEFERRABLE INITIALLY DEFERRED'
                   ' FOR EACH ROW WHEN (%s) EXECUTE FUNCTION journal_demand_entry()', changes, target, unmarked);
    EXECUTE format('CREATE TRIGGER journal_no_truncate BEFORE TRUNCATE ON %s FOR EACH STATEMENT'
                   ' EXECUTE FUNCTION journal_refuse()', target);
END $$;

CREATE FUNCTION journal_unguard(target regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('DROP TRIGGER journal_mark_act ON %s', target);
    EXECUTE format('DROP TRIGGER journal_demand_entry ON %s', target);
    EXECUTE format('DROP TRIGGER journal_no_truncate ON %s', target);
END $$;

CREATE CONSTRAINT TRIGGER journal_demand_act AFTER UPDATE ON journal_log DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.acting IS DISTINCT FROM OLD.acting) EXECUTE FUNCTION journal_demand_act();
"""

# The journal's own acts are acts as well: an erasure, a log begun, an alarm raised or seen. An alarm
# of a halted journal and the first log of a node have no entry, and cannot have one.
OWN = """
CREATE TRIGGER journal_mark_act AFTER UPDATE ON journal_storedentry
    FOR EACH ROW EXECUTE FUNCTION journal_mark_act();
CREATE CONSTRAINT TRIGGER journal_demand_entry AFTER UPDATE ON journal_storedentry DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION journal_demand_entry();

CREATE TRIGGER journal_mark_act AFTER INSERT ON journal_log
    FOR EACH ROW WHEN (NEW.number > 1) EXECUTE FUNCTION journal_mark_act();
CREATE CONSTRAINT TRIGGER journal_demand_entry AFTER INSERT ON journal_log DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.number > 1) EXECUTE FUNCTION journal_demand_entry();

CREATE TRIGGER journal_mark_act AFTER INSERT ON journal_alarm
    FOR EACH ROW WHEN (NEW.entry IS NOT NULL) EXECUTE FUNCTION journal_mark_act();
CREATE CONSTRAINT TRIGGER journal_demand_entry AFTER INSERT ON journal_alarm DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.entry IS NOT NULL) EXECUTE FUNCTION journal_demand_entry();
CREATE TRIGGER journal_mark_seen AFTER UPDATE ON journal_alarm
    FOR EACH ROW EXECUTE FUNCTION journal_mark_act();
CREATE CONSTRAINT TRIGGER journal_demand_seen AFTER UPDATE ON journal_alarm DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION journal_demand_entry();
"""

UNDO = """
DROP FUNCTION journal_guard(regclass, text[]);
DROP FUNCTION journal_unguard(regclass);
DROP FUNCTION journal_mark_act() CASCADE;
DROP FUNCTION journal_demand_entry() CASCADE;
DROP FUNCTION journal_demand_act() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("journal", "0002_append_only")]

    operations = [migrations.RunSQL(sql=GUARD + OWN, reverse_sql=UNDO)]
