"""Filing by a link: one function says whether a link is open, one files by it once; nothing is ever shown back.

A link is known by its hash alone. Wrong, used, revoked and expired ones are one answer after the same work.
"""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

ROWS = """
CREATE FUNCTION forms_link_open(asked text, at timestamptz) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    known boolean;
BEGIN
    SELECT count(*) > 0 INTO known FROM forms_filinglink AS k
     WHERE k.token_sha256 = asked AND k.used_at IS NULL AND k.revoked_at IS NULL AND k.expires_at > at;
    IF NOT known THEN
        INSERT INTO forms_miss AS m (hour, count) VALUES (date_trunc('hour', at), 1)
        ON CONFLICT (hour) DO UPDATE SET count = m.count + 1;
    END IF;
    RETURN known;
END $$;

CREATE FUNCTION forms_file(asked text, words jsonb, called text, clear_sha256 text, sealed bytea, at timestamptz)
RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    taken uuid;
    made uuid := gen_random_uuid();
BEGIN
    IF octet_length(words::text) > 120000 OR coalesce(octet_length(sealed), 0) > 21 * 1024 * 1024
       OR length(called) > 120 THEN
        RETURN NULL;
    END IF;
    UPDATE forms_filinglink AS k SET used_at = at
     WHERE k.token_sha256 = asked AND k.used_at IS NULL AND k.revoked_at IS NULL AND k.expires_at > at
    RETURNING k.id INTO taken;
    IF taken IS NULL THEN
        RETURN NULL;
    END IF;
    INSERT INTO forms_filing (id, link_id, said, file_name, file_sha256, file, at)
    VALUES (made, taken, words, called, clear_sha256, sealed, at);
    RETURN made;
END $$;
"""
NO_ROWS = """
DROP FUNCTION forms_file(text, jsonb, text, text, bytea, timestamptz);
DROP FUNCTION forms_link_open(text, timestamptz);
"""
SETTLE = """
CREATE OR REPLACE FUNCTION forms_outer() RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
    SELECT ARRAY['forms_check_form', 'forms_open_order', 'forms_say', 'forms_link_open', 'forms_file']
$$;

SELECT forms_settle();
"""
_DESK = "(SELECT viewing_desk())"


def _closed(table: str) -> migrations.RunSQL:
    guard = f"SELECT viewing_guard('{table}', '{_DESK}', '{_DESK}')"
    return migrations.RunSQL(guard, f"SELECT viewing_unguard('{table}')")


class Migration(migrations.Migration):
    dependencies = [("forms", "0004_order_page")]

    operations = [
        migrations.CreateModel(
            name="FilingLink",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("token_sha256", models.CharField(max_length=64, unique=True)),
                ("meant_for", models.CharField(max_length=200)),
                ("made_by", models.UUIDField()),
                ("made_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Filing",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("said", models.JSONField()),
                ("file_name", models.CharField(blank=True, max_length=120)),
                ("file_sha256", models.CharField(blank=True, max_length=64)),
                ("file", models.BinaryField(null=True)),
                ("at", models.DateTimeField()),
                ("journalled", models.BooleanField(db_default=False)),
                ("settled_at", models.DateTimeField(null=True)),
                ("settled_by", models.UUIDField(null=True)),
                (
                    "link",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="filing", to="forms.filinglink"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(condition=Q(("settled_at", None)), fields=["at"], name="forms_filing_open")]
            },
        ),
        migrations.RunSQL(
            "SELECT journal_guard('forms_filinglink', '{token_sha256,meant_for,made_by,expires_at,revoked_at}')",
            "SELECT journal_unguard('forms_filinglink')",
        ),
        _closed("forms_filinglink"),
        _closed("forms_filing"),
        migrations.RunSQL(ROWS, NO_ROWS),
        migrations.RunSQL(SETTLE, migrations.RunSQL.noop),
    ]
