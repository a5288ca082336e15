"""No exercise, played move, blocked send or wipe without an entry. Marks are copies, and are journalled when kept."""

from django.db import migrations

GUARDED = ("exercise_exercise", "exercise_playedmove", "exercise_blocked", "exercise_wipe")


class Migration(migrations.Migration):
    dependencies = [("exercise", "0001_exercise"), ("journal", "0003_guard")]

    operations = [
        migrations.RunSQL(f"SELECT journal_guard('{table}')", f"SELECT journal_unguard('{table}')") for table in GUARDED
    ]
