"""A package whose retention is over leaves its row."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("evidence", "0003_row_security")]

    operations = [
        migrations.AddField("package", "erased_at", models.DateTimeField(null=True)),
        migrations.AlterField(
            "package",
            "state",
            models.CharField(
                choices=[
                    ("made", "Made"),
                    ("held", "Held"),
                    ("quarantined", "Quarantined"),
                    ("erased", "Erased"),
                ],
                max_length=12,
            ),
        ),
    ]
