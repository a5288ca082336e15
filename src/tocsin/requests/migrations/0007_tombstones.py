"""What stays of a request whose retention is over: a step for each erased letter."""

import django.db.models.deletion
from django.db import migrations, models

_SEEN = (
    "EXISTS (SELECT FROM requests_request AS its WHERE its.id = request_id"
    " AND (NOT its.members_only AND (SELECT viewing_desk())"
    " OR its.dossier_id = ANY ((SELECT viewing_reads())::uuid[])))"
)


class Migration(migrations.Migration):
    dependencies = [("requests", "0006_row_security"), ("journal", "0003_guard")]

    operations = [
        migrations.AddField("request", "erased_at", models.DateTimeField(null=True)),
        migrations.AddField("request", "came_later", models.BooleanField(db_default=False)),
        migrations.CreateModel(
            name="Tombstone",
            fields=[
                ("sha256", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("step", models.JSONField()),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="tombstones", to="requests.request"
                    ),
                ),
            ],
        ),
        migrations.RunSQL("SELECT journal_guard('requests_tombstone')", "SELECT journal_unguard('requests_tombstone')"),
        migrations.RunSQL(
            f"SELECT viewing_guard('requests_tombstone', '{_SEEN}', '{_SEEN}')",
            "SELECT viewing_unguard('requests_tombstone')",
        ),
    ]
