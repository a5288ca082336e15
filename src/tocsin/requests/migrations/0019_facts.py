"""What is counted of a request stands in a row of its own; figures are of months.

Unlogged: made anew after a crash, together with the note of when they were made. Seen by the node alone.
"""

from django.db import migrations, models

TABLES = ("requests_fact", "requests_figure", "requests_reaction", "requests_clockfigure")


class Migration(migrations.Migration):
    dependencies = [("requests", "0018_figures")]

    operations = [
        migrations.DeleteModel("Figure"),
        migrations.DeleteModel("ClockFigure"),
        migrations.RunSQL("DELETE FROM requests_counted", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="Fact",
            fields=[
                ("request", models.UUIDField(primary_key=True, serialize=False)),
                ("month", models.DateField()),
                ("side", models.CharField(max_length=6)),
                ("instrument", models.CharField(max_length=64)),
                ("counterpart", models.CharField(max_length=40)),
                ("state", models.CharField(max_length=40)),
                ("ended", models.BooleanField()),
                ("ground", models.CharField(blank=True, max_length=120)),
                ("answered", models.BooleanField()),
                ("seconds", models.BigIntegerField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="ClockFigure",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("month", models.DateField()),
                ("side", models.CharField(max_length=6)),
                ("instrument", models.CharField(max_length=64)),
                ("counterpart", models.CharField(max_length=40)),
                ("clock", models.CharField(max_length=80)),
                ("phase", models.CharField(max_length=40)),
                ("count", models.BigIntegerField()),
            ],
            options={
                "indexes": [models.Index(fields=["month"], name="requests_clock_figures")],
            },
        ),
        migrations.CreateModel(
            name="Figure",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("month", models.DateField()),
                ("side", models.CharField(max_length=6)),
                ("instrument", models.CharField(max_length=64)),
                ("counterpart", models.CharField(max_length=40)),
                ("state", models.CharField(max_length=40)),
                ("ended", models.BooleanField()),
                ("ground", models.CharField(blank=True, max_length=120)),
                ("answered", models.BooleanField()),
                ("timed", models.BooleanField()),
                ("count", models.BigIntegerField()),
            ],
            options={
                "indexes": [models.Index(fields=["month"], name="requests_figures")],
            },
        ),
        migrations.CreateModel(
            name="Reaction",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("month", models.DateField()),
                ("side", models.CharField(max_length=6)),
                ("instrument", models.CharField(blank=True, max_length=64)),
                ("counterpart", models.CharField(blank=True, max_length=40)),
                ("seconds", models.BigIntegerField()),
                ("count", models.BigIntegerField()),
            ],
            options={
                "indexes": [models.Index(fields=["month"], name="requests_reactions")],
            },
        ),
        *(
            migrations.RunSQL(
                f"ALTER TABLE {table} SET UNLOGGED; SELECT viewing_guard('{table}', 'false', 'false')",
                f"SELECT viewing_unguard('{table}')",
            )
            for table in TABLES
        ),
    ]
