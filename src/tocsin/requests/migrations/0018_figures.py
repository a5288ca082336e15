"""What reports count: without ids, seen by the node alone, and made anew after a crash (so not logged)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("requests", "0017_partners"),
    ]

    operations = [
        migrations.CreateModel(
            name="ClockFigure",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("opened", models.DateField()),
                ("side", models.CharField(max_length=6)),
                ("instrument", models.CharField(max_length=64)),
                ("counterpart", models.CharField(max_length=40)),
                ("clock", models.CharField(max_length=80)),
                ("phase", models.CharField(max_length=40)),
                ("count", models.BigIntegerField()),
            ],
            options={
                "indexes": [models.Index(fields=["opened"], name="requests_clock_figures")],
            },
        ),
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
            name="Figure",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("opened", models.DateField()),
                ("side", models.CharField(max_length=6)),
                ("instrument", models.CharField(max_length=64)),
                ("counterpart", models.CharField(max_length=40)),
                ("urgent", models.BooleanField()),
                ("state", models.CharField(max_length=40)),
                ("ended", models.BooleanField()),
                ("ground", models.CharField(blank=True, max_length=120)),
                ("seconds", models.BigIntegerField(null=True)),
                ("received", models.BooleanField()),
                ("answered", models.BooleanField()),
            ],
            options={
                "indexes": [models.Index(fields=["opened"], name="requests_figures")],
            },
        ),
        *(
            migrations.RunSQL(
                f"ALTER TABLE {table} SET UNLOGGED; SELECT viewing_guard('{table}', 'false', 'false')",
                f"SELECT viewing_unguard('{table}')",
            )
            for table in ("requests_figure", "requests_clockfigure", "requests_counted")
        ),
    ]
