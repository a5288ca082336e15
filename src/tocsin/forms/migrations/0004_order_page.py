"""A form's own page: what it shows is a row that was published, what is said on it another; two functions reach them.

The process at the public door may call them and the check, and read or write no table. ``forms_open_order`` answers for
who holds number and code, and for nobody else, after the same work as the check. ``forms_say`` keeps one saying by its
key, so many of a page and so many bytes; who calls it with a wrong code writes nothing.
"""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

ROWS = """
CREATE FUNCTION forms_open_order(asked_check text, asked_number text, at timestamptz)
RETURNS TABLE (number text, issuer text, exercise boolean, language text, written_at timestamptz,
               printed_at timestamptz, content jsonb, opened_at timestamptz, closed boolean, sayings jsonb)
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    form forms_publishedform%ROWTYPE;
    page forms_orderpage%ROWTYPE;
    named uuid;
BEGIN
    SELECT * INTO form FROM forms_publishedform AS p WHERE p.check_sha256 = asked_check;
    SELECT p.id INTO named FROM forms_publishedform AS p WHERE p.plain_number = asked_number;
    SELECT * INTO page FROM forms_orderpage AS o WHERE o.form_id = form.id;
    IF coalesce(form.id, named) IS NOT NULL THEN
        INSERT INTO forms_check (id, form_id, way, found, at)
        VALUES (gen_random_uuid(), coalesce(form.id, named), 'page', form.id IS NOT NULL, at);
    ELSE
        INSERT INTO forms_miss AS m (hour, count) VALUES (date_trunc('hour', at), 1)
        ON CONFLICT (hour) DO UPDATE SET count = m.count + 1;
    END IF;
    IF page.form_id IS NULL THEN
        RETURN;
    END IF;
    UPDATE forms_orderpage AS o SET opened_at = coalesce(o.opened_at, at) WHERE o.form_id = form.id;
    RETURN QUERY SELECT form.number::text, form.issuer::text, form.exercise, form.language::text, form.written_at,
                        form.printed_at, CASE WHEN page.closed_at IS NULL THEN page.content ELSE '{}'::jsonb END,
                        coalesce(page.opened_at, at), page.closed_at IS NOT NULL,
                        coalesce((SELECT jsonb_agg(jsonb_build_object('kind', s.kind, 'at', s.at,
                                                                      'file', s.file_name) ORDER BY s.at, s.id)
                                    FROM forms_saying AS s WHERE s.page_id = form.id), '[]'::jsonb);
END $$;

CREATE FUNCTION forms_say(asked_check text, key uuid, what text, words jsonb, called text, clear_sha256 text,
                          sealed bytea, at timestamptz)
RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    page forms_orderpage%ROWTYPE;
    said_before int;
    bytes_before bigint;
BEGIN
    SELECT o.* INTO page FROM forms_orderpage AS o JOIN forms_publishedform AS p ON p.id = o.form_id
     WHERE p.check_sha256 = asked_check FOR UPDATE OF o;
    IF page.form_id IS NULL THEN
        RETURN 'unknown';
    END IF;
    IF page.closed_at IS NOT NULL THEN
        RETURN 'closed';
    END IF;
    PERFORM FROM forms_saying AS s WHERE s.page_id = page.form_id AND s.once = key;
    IF FOUND THEN
        RETURN 'again';
    END IF;
    SELECT count(*), coalesce(sum(octet_length(s.file)), 0) INTO said_before, bytes_before
      FROM forms_saying AS s WHERE s.page_id = page.form_id;
    IF said_before >= 100 OR octet_length(words::text) > 60000 OR length(called) > 120
       OR bytes_before + coalesce(octet_length(sealed), 0) > 200 * 1024 * 1024
       OR coalesce(octet_length(sealed), 0) > 21 * 1024 * 1024 THEN
        RETURN 'too-much';
    END IF;
    INSERT INTO forms_saying (id, page_id, once, kind, said, file_name, file_sha256, file, at, problem)
    VALUES (gen_random_uuid(), page.form_id, key, what, words, called, clear_sha256, sealed, at, '');
    RETURN 'kept';
END $$;
"""
NO_ROWS = """
DROP FUNCTION forms_say(text, uuid, text, jsonb, text, text, bytea, timestamptz);
DROP FUNCTION forms_open_order(text, text, timestamptz);
"""
SETTLE = """
-- The functions that the process at the public door may call, and nobody else but the owner.
CREATE FUNCTION forms_outer() RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
    SELECT ARRAY['forms_check_form', 'forms_open_order', 'forms_say']
$$;

CREATE OR REPLACE FUNCTION forms_settle() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    outside text := forms_outside_role();
    viewers text := viewing_role();
    outer_ones text[] := forms_outer();
    own record;
BEGIN
    FOR own IN SELECT p.oid::regprocedure AS name, p.proname FROM pg_proc AS p
                WHERE p.prosecdef AND p.pronamespace = current_schema()::regnamespace
                  AND p.proowner = (SELECT oid FROM pg_roles WHERE rolname = current_user) LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', own.name, current_schema());
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', own.name);
        IF viewers <> 'none' AND own.proname <> ALL (outer_ones) THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', own.name, viewers);
        END IF;
    END LOOP;
    ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
    IF viewers <> 'none' THEN
        EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT EXECUTE ON FUNCTIONS TO %I',
                       current_schema(), viewers);
        FOR own IN SELECT p.oid::regprocedure AS name FROM pg_proc AS p
                    WHERE p.proname = ANY (outer_ones) AND p.pronamespace = current_schema()::regnamespace LOOP
            EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM %I', own.name, viewers);
        END LOOP;
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
    FOR own IN SELECT p.oid::regprocedure AS name FROM pg_proc AS p
                WHERE p.proname = ANY (outer_ones) AND p.pronamespace = current_schema()::regnamespace LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', own.name, outside);
    END LOOP;
    RETURN outside;
END $$;

SELECT forms_settle();
"""
_FORM = "EXISTS (SELECT FROM forms_publishedform AS its WHERE its.id = form_id)"
_PAGE = "EXISTS (SELECT FROM forms_publishedform AS its WHERE its.id = page_id)"


def _closed(table: str, seen: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"SELECT viewing_guard('{table}', '{seen}', '{seen}')", f"SELECT viewing_unguard('{table}')"
    )


class Migration(migrations.Migration):
    dependencies = [("forms", "0003_outside")]

    operations = [
        migrations.CreateModel(
            name="OrderPage",
            fields=[
                (
                    "form",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="order_page",
                        serialize=False,
                        to="forms.publishedform",
                    ),
                ),
                ("content", models.JSONField()),
                ("opened_at", models.DateTimeField(null=True)),
                ("closed_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Saying",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("once", models.UUIDField()),
                ("kind", models.CharField(max_length=16)),
                ("said", models.JSONField()),
                ("file_name", models.CharField(blank=True, max_length=120)),
                ("file_sha256", models.CharField(blank=True, max_length=64)),
                ("file", models.BinaryField(null=True)),
                ("at", models.DateTimeField()),
                ("taken_at", models.DateTimeField(null=True)),
                ("problem", models.CharField(blank=True, max_length=500)),
                (
                    "page",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="sayings", to="forms.orderpage"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(condition=Q(("taken_at", None)), fields=["at"], name="forms_saying_new")],
                "constraints": [models.UniqueConstraint(fields=("page", "once"), name="forms_said_once")],
            },
        ),
        migrations.RunSQL(
            "SELECT journal_guard('forms_orderpage', '{content,closed_at}')",
            "SELECT journal_unguard('forms_orderpage')",
        ),
        _closed("forms_orderpage", _FORM),
        _closed("forms_saying", _PAGE),
        migrations.RunSQL(ROWS, NO_ROWS),
        migrations.RunSQL(SETTLE, migrations.RunSQL.noop),
    ]
