"""What this node's card is to say is proposed and settled with an entry each."""

from django.db import migrations

TABLE = "directory_proposedwords"


class Migration(migrations.Migration):
    dependencies = [("directory", "0005_own_words"), ("journal", "0003_guard")]

    operations = [
        migrations.RunSQL(f"SELECT journal_guard('{TABLE}')", f"SELECT journal_unguard('{TABLE}')"),
    ]
