"""Requests of those who have no node: steps hang on their request, with their way, their scan and their second reader.

An export's key is that of its request, so what named the export names the request now.
"""

import django.db.models.deletion
from django.db import migrations, models

_OF_EXPORT = "EXISTS (SELECT FROM requests_channelexport AS its WHERE its.request_id = export_id)"
_STEPS = "requests_stepelsewhere"
_UNGUARD = f"SELECT journal_unguard('{_STEPS}'); SELECT viewing_unguard('{_STEPS}')"


def _guard(seen: str) -> str:
    return f"SELECT journal_guard('{_STEPS}'); SELECT viewing_guard('{_STEPS}', '{seen}', '{seen}')"


class Migration(migrations.Migration):
    dependencies = [("requests", "0012_promises")]

    operations = [
        migrations.RunSQL(_UNGUARD, _guard(_OF_EXPORT)),
        migrations.RenameField("stepelsewhere", "export", "request"),
        migrations.AlterField(
            "stepelsewhere",
            "request",
            models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="steps_elsewhere", to="requests.request"
            ),
        ),
        migrations.CreateModel(
            name="BroughtFile",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=120)),
                ("media_type", models.CharField(max_length=60)),
                ("size", models.IntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("age", models.BinaryField()),
                ("at", models.DateTimeField()),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="brought", to="requests.request"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Arrival",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("way", models.CharField(max_length=20)),
                ("received_at", models.DateTimeField()),
                ("sender_name", models.CharField(blank=True, max_length=200)),
                ("sender_address", models.CharField(blank=True, max_length=200)),
                ("country", models.CharField(max_length=2)),
                ("checked", models.CharField(max_length=20)),
                ("checked_words", models.CharField(blank=True, max_length=500)),
                ("words", models.TextField(blank=True)),
                ("language", models.CharField(max_length=12)),
                ("recorded_at", models.DateTimeField()),
                ("recorded_by", models.UUIDField(null=True)),
                (
                    "file",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="requests.broughtfile",
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="arrivals", to="requests.request"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="FormReceipt",
            fields=[
                ("letter_sha256", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("received_at", models.DateTimeField()),
                ("way", models.CharField(max_length=20)),
                ("said_by", models.CharField(blank=True, max_length=200)),
                ("reference", models.CharField(blank=True, max_length=200)),
                ("recorded_at", models.DateTimeField()),
                ("recorded_by", models.UUIDField(null=True)),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="form_receipts",
                        to="requests.request",
                    ),
                ),
            ],
        ),
        migrations.AddField("stepelsewhere", "way", models.CharField(db_default="other-system", max_length=20)),
        migrations.AddField("stepelsewhere", "said_by", models.CharField(blank=True, db_default="", max_length=200)),
        migrations.AddField(
            "stepelsewhere",
            "file",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="requests.broughtfile",
            ),
        ),
        migrations.AddField("stepelsewhere", "second_reader", models.UUIDField(null=True)),
        migrations.AddField("stepelsewhere", "read_at", models.DateTimeField(null=True)),
        migrations.AddField("stepelsewhere", "differs", models.CharField(blank=True, db_default="", max_length=500)),
        migrations.AddField(
            "request",
            "joined_to",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="joined",
                to="requests.request",
            ),
        ),
    ]
