"""The role of the process that answers strangers: it may call one function, and read or write no table at all.

``<owner>_outside`` has no login; the public door takes it on when it connects. ``forms_check_form`` looks a form up by
the hash of number and code, or of a file, notes that it was asked for, and answers with one row or none. It runs as the
owner of the tables, so whoever has taken the public process over learns of no form that he does not hold, and cannot
list them. Every call does the same work: one look-up, one row written.

``forms_settle()`` makes the role where the cluster lets us, gives it its one right, and closes what runs as the
owner, and all that later migrations make, to everybody but those who look; ``tocsin migrate`` calls it again.
Without the role the public door stays closed.
"""

from django.db import migrations

CHECK = """
CREATE FUNCTION forms_check_form(way text, asked_check text, asked_number text, asked_file text, at timestamptz)
RETURNS TABLE (issuer text, number text, whole boolean, written_at timestamptz, printed_at timestamptz,
               exercise boolean, pdf_sha256 text, letter_sha256 text, seal_sha256 text)
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    form forms_publishedform%ROWTYPE;
    named uuid;
BEGIN
    SELECT * INTO form FROM forms_publishedform AS p
     WHERE p.check_sha256 = asked_check OR p.pdf_sha256 = asked_file
        OR (p.letter_sha256 = asked_file AND asked_file <> '')
     ORDER BY p.printed_at DESC LIMIT 1;
    SELECT p.id INTO named FROM forms_publishedform AS p WHERE p.plain_number = asked_number;
    IF coalesce(form.id, named) IS NOT NULL THEN
        INSERT INTO forms_check (id, form_id, way, found, at)
        VALUES (gen_random_uuid(), coalesce(form.id, named), way, form.id IS NOT NULL, at);
    ELSE
        INSERT INTO forms_miss AS m (hour, count) VALUES (date_trunc('hour', at), 1)
        ON CONFLICT (hour) DO UPDATE SET count = m.count + 1;
    END IF;
    IF form.id IS NOT NULL THEN
        RETURN QUERY SELECT form.issuer::text, form.number::text, form.pdf_sha256 = asked_file, form.written_at,
                            form.printed_at, form.exercise, form.pdf_sha256::text, form.letter_sha256::text,
                            form.seal_sha256::text;
    END IF;
END $$;

CREATE FUNCTION forms_outside_role() RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN CASE WHEN octet_length(current_user) <= 55 THEN current_user::text ELSE left(md5(current_user), 12) END
           || '_outside';
END $$;

CREATE FUNCTION forms_settle() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    outside text := forms_outside_role();
    viewers text := viewing_role();
    own record;
BEGIN
    FOR own IN SELECT p.oid::regprocedure AS name, p.proname FROM pg_proc AS p
                WHERE p.prosecdef AND p.pronamespace = current_schema()::regnamespace
                  AND p.proowner = (SELECT oid FROM pg_roles WHERE rolname = current_user) LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', own.name, current_schema());
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', own.name);
        IF viewers <> 'none' AND own.proname <> 'forms_check_form' THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', own.name, viewers);
        END IF;
    END LOOP;
    -- What a later migration makes is closed from the beginning, to everybody but those who look.
    ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
    IF viewers <> 'none' THEN
        EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT EXECUTE ON FUNCTIONS TO %I',
                       current_schema(), viewers);
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = outside)
       AND EXISTS (SELECT FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolcreaterole)) THEN
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN NOINHERIT', outside);
            EXECUTE format('GRANT %I TO %I', outside, current_user);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;  -- another database of the same owner made it meanwhile
        END;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = outside AND NOT rolsuper AND NOT rolbypassrls) THEN
        RETURN 'none';
    END IF;
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), outside);
    EXECUTE format('GRANT EXECUTE ON FUNCTION forms_check_form(text, text, text, text, timestamptz) TO %I', outside);
    RETURN outside;
END $$;

SELECT forms_settle();
"""
UNDO = """
DROP FUNCTION forms_settle();
DROP FUNCTION forms_outside_role();
DROP FUNCTION forms_check_form(text, text, text, text, timestamptz);
"""


class Migration(migrations.Migration):
    dependencies = [("forms", "0002_guard"), ("dossiers", "0001_viewing")]

    operations = [migrations.RunSQL(CHECK, UNDO)]
