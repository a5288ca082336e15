"""No act of people without an entry: the journal's guard on their rows."""

from django.db import migrations

GUARDED = (
    "people_person",
    "people_token",
)


class Migration(migrations.Migration):
    dependencies = [("people", "0001_people"), ("journal", "0003_guard")]

    operations = [
        *(
            migrations.RunSQL(f"SELECT journal_guard('{table}')", f"SELECT journal_unguard('{table}')")
            for table in GUARDED
        ),
    ]
