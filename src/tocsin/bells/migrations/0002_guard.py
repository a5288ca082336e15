"""Nobody has a bell without an entry, and each person sees her own alone; that one rang is bookkeeping."""

from django.db import migrations

_OWN = "person = viewing_person()"
_OF_OWN = "EXISTS (SELECT FROM bells_bell AS its WHERE its.id = bell_id)"
CLOSED = {"bells_bell": _OWN, "bells_ring": _OF_OWN}


class Migration(migrations.Migration):
    dependencies = [("bells", "0001_bells"), ("journal", "0003_guard"), ("dossiers", "0001_viewing")]

    operations = [
        migrations.RunSQL("SELECT journal_guard('bells_bell')", "SELECT journal_unguard('bells_bell')"),
        *(
            migrations.RunSQL(
                f"SELECT viewing_guard('{table}', '{seen}', '{seen}')", f"SELECT viewing_unguard('{table}')"
            )
            for table, seen in CLOSED.items()
        ),
    ]
