"""What reports count: what is counted of a request in a row of its own, figures of months, and when they were made.

Seen by the node alone, and unlogged: all of it is made anew after a crash.
"""

from django.db import migrations, models

TABLES = ("requests_counted", "requests_fact", "requests_figure", "requests_reaction", "requests_clockfigure")


class Migration(migrations.Migration):
    dependencies = [("requests", "0017_partners")]

    operations = [
        migrations.CreateModel(
            name="Counted",
            fields=[
                ("only", models.BooleanField(default=True, primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("seconds", models.FloatField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("only", True)), name="requests_counted_once")
                ],
            },
        ),
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
