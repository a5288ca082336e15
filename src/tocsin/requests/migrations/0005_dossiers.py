"""Requests and drafts lie in dossiers; a copy of the dossier's ``members_only`` comes with the key and stays true."""

import django.db.models.deletion
from django.db import migrations, models


def _with_its_dossier(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"""
        ALTER TABLE {table}
          ADD CONSTRAINT {table}_dossier FOREIGN KEY (dossier_id, members_only)
              REFERENCES dossiers_dossier (id, members_only) ON UPDATE CASCADE,
          ADD CONSTRAINT {table}_desk CHECK (dossier_id IS NOT NULL OR NOT members_only)
        """,
        f"ALTER TABLE {table} DROP CONSTRAINT {table}_dossier, DROP CONSTRAINT {table}_desk",
    )


def _dossier(related_name: str) -> "models.ForeignKey[object, object]":
    return models.ForeignKey(
        db_constraint=False,
        null=True,
        on_delete=django.db.models.deletion.PROTECT,
        related_name=related_name,
        to="dossiers.dossier",
    )


_ACTS = "side,counterpart,instrument,parent_id,case_holder"


def _guard(columns: str) -> str:
    return f"SELECT journal_guard('requests_request', '{{{columns}}}')"


class Migration(migrations.Migration):
    dependencies = [
        ("dossiers", "0002_dossiers"),
        ("requests", "0004_watch"),
    ]

    operations = [
        migrations.AddField("draft", "dossier", _dossier("drafts")),
        migrations.AddField("draft", "members_only", models.BooleanField(db_default=False)),
        migrations.AddField("request", "dossier", _dossier("requests")),
        migrations.AddField("request", "members_only", models.BooleanField(db_default=False)),
        *(_with_its_dossier(table) for table in ("requests_request", "requests_draft")),
        # In which dossier a request lies is an act.
        migrations.RunSQL("SELECT journal_unguard('requests_request')", _guard(_ACTS)),
        migrations.RunSQL(_guard(f"{_ACTS},dossier_id"), "SELECT journal_unguard('requests_request')"),
    ]
