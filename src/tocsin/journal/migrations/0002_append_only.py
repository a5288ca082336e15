"""Nothing in the journal is changed or taken away, and entries join at its end only.

The two exceptions: an entry's salt and event (with the column ``about``, which is made from it) may
be erased together when the row names the entry that records it, and a tile above level 0 grows at
its end until it is full.
"""

from django.db import migrations

REFUSE = """
CREATE FUNCTION journal_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'journal_append_only',
        MESSAGE = format('%s on %s: the journal is append-only', TG_OP, TG_TABLE_NAME);
END $$;
"""

# A statement is one batch. The head moves here and nowhere else, so a head that is ahead of the
# entries or behind them cannot be written, and a batch that does not join at the end is refused.
APPEND = """
CREATE FUNCTION journal_append() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    this_transaction bigint := pg_current_xact_id()::text::bigint;
    batch record;
BEGIN
    SELECT count(*) AS width, min("index") AS low, max("index") AS high, min(log_id) AS log, max(log_id) AS last_log,
           bool_or(changes_rows) AS acts, bool_and(transaction = this_transaction AND erased_by IS NULL) AS fresh
      INTO batch FROM appended;
    IF batch.width = 0 THEN
        RETURN NULL;
    END IF;
    UPDATE journal_log
       SET size = size + batch.width,
           transaction = this_transaction,
           acting = CASE WHEN batch.acts THEN this_transaction ELSE acting END
     WHERE number = batch.log AND batch.last_log = batch.log AND current AND halted IS NULL
       AND first + size = batch.low AND batch.high - batch.low + 1 = batch.width AND batch.fresh;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'journal_append_only',
            MESSAGE = format('entries %s to %s do not join the end of the journal', batch.low, batch.high);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER journal_append AFTER INSERT ON journal_storedentry
    REFERENCING NEW TABLE AS appended FOR EACH STATEMENT EXECUTE FUNCTION journal_append();
"""

ENTRY = """
CREATE FUNCTION journal_entry_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.event IS NOT NULL AND NEW.event IS NULL AND NEW.salt IS NULL AND NEW.about IS NULL
       AND NEW.erased_by > OLD."index"
       AND (NEW."index", NEW.log_id, NEW.commitment, NEW.kind, NEW.at, NEW.changes_rows, NEW.transaction)
         = (OLD."index", OLD.log_id, OLD.commitment, OLD.kind, OLD.at, OLD.changes_rows, OLD.transaction) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'journal_append_only',
        MESSAGE = format('entry %s may only lose its salt and event, together', OLD."index");
END $$;

CREATE TRIGGER journal_entry_changes BEFORE UPDATE ON journal_storedentry
    FOR EACH ROW EXECUTE FUNCTION journal_entry_changes();
CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal_storedentry
    FOR EACH ROW EXECUTE FUNCTION journal_refuse();
CREATE TRIGGER journal_no_truncate BEFORE TRUNCATE ON journal_storedentry
    FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse();
"""

TILE = """
CREATE FUNCTION journal_tile_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.log_id, NEW.level, NEW.number) = (OLD.log_id, OLD.level, OLD.number)
       AND length(NEW.hashes) > length(OLD.hashes)
       AND substring(NEW.hashes FOR length(OLD.hashes)) = OLD.hashes THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'journal_append_only',
        MESSAGE = format('tile %s/%s only grows at its end', OLD.level, OLD.number);
END $$;

CREATE TRIGGER journal_tile_changes BEFORE UPDATE ON journal_tile
    FOR EACH ROW EXECUTE FUNCTION journal_tile_changes();
CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal_tile
    FOR EACH ROW EXECUTE FUNCTION journal_refuse();
CREATE TRIGGER journal_no_truncate BEFORE TRUNCATE ON journal_tile
    FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse();
-- Hashes do not compress: no time is spent on trying.
ALTER TABLE journal_tile ALTER COLUMN hashes SET STORAGE EXTERNAL;
ALTER TABLE journal_tile ADD CONSTRAINT journal_tile_whole_hashes
    CHECK (length(hashes) > 0 AND length(hashes) % 32 = 0 AND (level > 0 OR length(hashes) = 8192));
"""

LOG = """
CREATE FUNCTION journal_log_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.number, NEW.origin, NEW.member, NEW.first, NEW.began)
         = (OLD.number, OLD.origin, OLD.member, OLD.first, OLD.began)
       AND (OLD.current OR NOT NEW.current)
       AND (OLD.halted IS NULL OR NEW.halted = OLD.halted)
       -- only journal_append() moves the head, from within its own trigger
       AND (pg_trigger_depth() > 1
            OR (NEW.size, NEW.transaction, NEW.acting) IS NOT DISTINCT FROM (OLD.size, OLD.transaction, OLD.acting))
       AND NEW.size >= OLD.size THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'journal_append_only',
        MESSAGE = format('log %s changes by its entries only', OLD.number);
END $$;

CREATE TRIGGER journal_log_changes BEFORE UPDATE ON journal_log
    FOR EACH ROW EXECUTE FUNCTION journal_log_changes();
CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal_log
    FOR EACH ROW EXECUTE FUNCTION journal_refuse();
CREATE TRIGGER journal_no_truncate BEFORE TRUNCATE ON journal_log
    FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse();
-- One row that changes with every batch: room on its page for many versions before a vacuum.
ALTER TABLE journal_log SET (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
"""

SIGNED = """
CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal_storedcheckpoint
    FOR EACH ROW EXECUTE FUNCTION journal_refuse();
CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal_storedcheckpoint
    FOR EACH ROW EXECUTE FUNCTION journal_refuse();
CREATE TRIGGER journal_no_truncate BEFORE TRUNCATE ON journal_storedcheckpoint
    FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse();
CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal_cosignature
    FOR EACH ROW EXECUTE FUNCTION journal_refuse();
CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal_cosignature
    FOR EACH ROW EXECUTE FUNCTION journal_refuse();
CREATE TRIGGER journal_no_truncate BEFORE TRUNCATE ON journal_cosignature
    FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse();
"""

WITNESSED = """
CREATE FUNCTION journal_witnessed_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.origin = OLD.origin AND (NEW.size > OLD.size OR (NEW.size = OLD.size AND NEW.root = OLD.root)) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'journal_append_only',
        MESSAGE = format('what was witnessed of %s is never taken back', OLD.origin);
END $$;

CREATE TRIGGER journal_witnessed_changes BEFORE UPDATE ON journal_witnessedlog
    FOR EACH ROW EXECUTE FUNCTION journal_witnessed_changes();
CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal_witnessedlog
    FOR EACH ROW EXECUTE FUNCTION journal_refuse();
CREATE TRIGGER journal_no_truncate BEFORE TRUNCATE ON journal_witnessedlog
    FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse();
"""

ALARM = """
CREATE FUNCTION journal_alarm_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.seen_at IS NULL AND NEW.seen_at IS NOT NULL AND NEW.seen_entry IS NOT NULL
       AND (NEW.id, NEW.code, NEW.origin, NEW.mark, NEW.sentence, NEW.evidence, NEW.at, NEW.entry)
           IS NOT DISTINCT FROM
           (OLD.id, OLD.code, OLD.origin, OLD.mark, OLD.sentence, OLD.evidence, OLD.at, OLD.entry) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'journal_append_only',
        MESSAGE = format('alarm %s may only be seen, once', OLD.id);
END $$;

CREATE TRIGGER journal_alarm_changes BEFORE UPDATE ON journal_alarm
    FOR EACH ROW EXECUTE FUNCTION journal_alarm_changes();
CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal_alarm
    FOR EACH ROW EXECUTE FUNCTION journal_refuse();
CREATE TRIGGER journal_no_truncate BEFORE TRUNCATE ON journal_alarm
    FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse();
"""

FUNCTIONS = ("append", "entry_changes", "tile_changes", "log_changes", "witnessed_changes", "alarm_changes", "refuse")
UNDO = "".join(f"DROP FUNCTION journal_{name}() CASCADE;" for name in FUNCTIONS)


class Migration(migrations.Migration):
    dependencies = [("journal", "0001_entries")]

    operations = [
        migrations.RunSQL(
            sql=REFUSE + APPEND + ENTRY + TILE + LOG + SIGNED + WITNESSED + ALARM,
            reverse_sql=UNDO + "ALTER TABLE journal_tile DROP CONSTRAINT journal_tile_whole_hashes;",
        )
    ]
