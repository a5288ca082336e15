"""No turn and no hand-over without an entry; and hand-overs are seen by those who work at the desk alone."""

from django.db import migrations

GUARDED = ("duty_turn", "duty_chain", "duty_shiftnote")
_DESK = "(SELECT viewing_desk())"


class Migration(migrations.Migration):
    dependencies = [("duty", "0001_duty"), ("journal", "0003_guard"), ("dossiers", "0001_viewing")]

    operations = [
        *(
            migrations.RunSQL(f"SELECT journal_guard('{table}')", f"SELECT journal_unguard('{table}')")
            for table in GUARDED
        ),
        migrations.RunSQL(
            f"SELECT viewing_guard('duty_shiftnote', '{_DESK}', '{_DESK}')",
            "SELECT viewing_unguard('duty_shiftnote')",
        ),
    ]
