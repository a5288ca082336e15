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
commit; later changes find the mark and queue nothing. Marking stands in the trigger's WHEN, which is
asked once for each row and on the spot: a trigger for each row would cost ten times as much. The
check compares the head of the journal with the running transaction. The other way round, an append
queues one check that looks for the mark. See docs/decisions/0051.
"""

from django.db import migrations

GUARD = """
CREATE FUNCTION journal_first_act() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('tocsin.act', true) = pg_current_xact_id()::text THEN
        RETURN false;
    END IF;
    PERFORM set_config('tocsin.act', pg_current_xact_id()::text, true);
    RETURN true;
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
BEGIN
    IF watched IS NOT NULL THEN
        changes := changes || ' OF ' || (SELECT string_agg(quote_ident(name), ', ') FROM unnest(watched) AS name);
    END IF;
    EXECUTE format('CREATE CONSTRAINT TRIGGER journal_demand_entry AFTER %s ON %s DEFERRABLE INITIALLY DEFERRED'
                   ' FOR EACH ROW WHEN (CASE current_setting(''tocsin.act'', true) WHEN pg_current_xact_id()::text'
                   ' THEN false ELSE journal_first_act() END)'
                   ' EXECUTE FUNCTION journal_demand_entry()', changes, target);
    EXECUTE format('CREATE TRIGGER journal_no_truncate BEFORE TRUNCATE ON %s FOR EACH STATEMENT'
                   ' EXECUTE FUNCTION journal_refuse()', target);
END $$;

CREATE FUNCTION journal_unguard(target regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('DROP TRIGGER journal_demand_entry ON %s', target);
    EXECUTE format('DROP TRIGGER journal_no_truncate ON %s', target);
END $$;

CREATE CONSTRAINT TRIGGER journal_demand_act AFTER UPDATE ON journal_log DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.acting IS DISTINCT FROM OLD.acting) EXECUTE FUNCTION journal_demand_act();
"""

# The journal's own acts are acts as well: an erasure, a log begun, an alarm raised or seen. An alarm
# of a halted journal and the first log of a node have no entry, and cannot have one.
OWN = """
CREATE CONSTRAINT TRIGGER journal_demand_entry AFTER UPDATE ON journal_storedentry DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (journal_first_act()) EXECUTE FUNCTION journal_demand_entry();
CREATE CONSTRAINT TRIGGER journal_demand_entry AFTER INSERT ON journal_log DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (CASE WHEN NEW.number > 1 THEN journal_first_act() ELSE false END)
    EXECUTE FUNCTION journal_demand_entry();
CREATE CONSTRAINT TRIGGER journal_demand_entry AFTER INSERT ON journal_alarm DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (CASE WHEN NEW.entry IS NOT NULL THEN journal_first_act() ELSE false END)
    EXECUTE FUNCTION journal_demand_entry();
CREATE CONSTRAINT TRIGGER journal_demand_seen AFTER UPDATE ON journal_alarm DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (journal_first_act()) EXECUTE FUNCTION journal_demand_entry();
"""

UNDO = """
DROP FUNCTION journal_guard(regclass, text[]);
DROP FUNCTION journal_unguard(regclass);
DROP FUNCTION journal_demand_entry() CASCADE;
DROP FUNCTION journal_demand_act() CASCADE;
DROP FUNCTION journal_first_act() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("journal", "0002_append_only")]

    operations = [migrations.RunSQL(sql=GUARD + OWN, reverse_sql=UNDO)]
