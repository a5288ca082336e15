"""What auditors ask for: entries by instant and by person, at any size of the journal; and audits with their results.

A tree in the place of the summary of blocks (BRIN) that lay on ``at``: a page of one day out of ten million entries is
read off it, and the entries join at its right edge (decision 0144).
"""

import django.db.models.lookups
from django.db import migrations, models

_PERSON = models.Func(
    models.Func(models.F("event"), models.Value('"person":"'), models.Value(2), function="split_part"),
    models.Value('"'),
    models.Value(1),
    function="split_part",
    output_field=models.TextField(),
)


class Migration(migrations.Migration):
    dependencies = [("journal", "0003_guard")]

    operations = [
        migrations.RemoveIndex("storedentry", "journal_entry_at"),
        migrations.AddIndex("storedentry", models.Index("at", "index", name="journal_entry_when")),
        migrations.AddIndex(
            "storedentry",
            models.Index(
                _PERSON,
                "index",
                name="journal_entry_person",
                condition=~models.Q(django.db.models.lookups.Exact(_PERSON, models.Value(""))),
            ),
        ),
        migrations.CreateModel(
            name="AuditRun",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("asked_by", models.UUIDField()),
                ("asked_at", models.DateTimeField()),
                ("began_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("fault", models.TextField(blank=True)),
                ("findings", models.JSONField(default=list)),
                ("counts", models.JSONField(default=list)),
            ],
            options={
                "indexes": [
                    models.Index("asked_at", name="journal_audit_waiting", condition=models.Q(("ended_at", None)))
                ]
            },
        ),
    ]
