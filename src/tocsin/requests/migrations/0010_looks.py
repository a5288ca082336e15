"""A look says in which dossier the request lay, and whether its reason was asked for."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("dossiers", "0002_dossiers"),
        ("requests", "0009_guard_elsewhere"),
    ]

    operations = [
        migrations.AddField(
            "look",
            "dossier",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="dossiers.dossier"
            ),
        ),
        migrations.AddField("look", "derived", models.BooleanField(db_default=False)),
    ]
