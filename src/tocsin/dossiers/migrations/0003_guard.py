"""No act of dossiers without an entry: the journal's guard on their rows."""

from django.db import migrations

GUARDED = ("dossiers_dossier", "dossiers_member", "dossiers_dossiernote", "dossiers_look")


class Migration(migrations.Migration):
    dependencies = [("dossiers", "0002_dossiers"), ("journal", "0003_guard")]

    operations = [
        *(
            migrations.RunSQL(f"SELECT journal_guard('{table}')", f"SELECT journal_unguard('{table}')")
            for table in GUARDED
        ),
    ]
