"""No act of evidence without an entry: the journal's guard on packages and what becomes of them."""

from django.db import migrations

GUARDED = (
    "evidence_package",
    "evidence_custodylink",
    "evidence_sealedfile",
    "evidence_delivery",
    "evidence_conversion",
    "evidence_stamp",
)


class Migration(migrations.Migration):
    dependencies = [("evidence", "0001_packages"), ("journal", "0003_guard")]

    operations = [
        migrations.RunSQL(f"SELECT journal_guard('{table}')", f"SELECT journal_unguard('{table}')") for table in GUARDED
    ]
