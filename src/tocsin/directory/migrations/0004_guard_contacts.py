"""What lists say of contacts, and when they were tried, changes with an entry; a list that waits counts for nothing."""

from django.db import migrations

TABLES = ("directory_listedcontact", "directory_contacttry")


class Migration(migrations.Migration):
    dependencies = [("directory", "0003_listed_contacts"), ("journal", "0003_guard")]

    operations = [
        migrations.RunSQL(f"SELECT journal_guard('{table}')", f"SELECT journal_unguard('{table}')") for table in TABLES
    ]
