"""Cards, refused keys, the directory's metadata, signs of life, drills, national tables."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="OwnCard",
            fields=[
                ("serial", models.PositiveBigIntegerField(primary_key=True, serialize=False)),
                ("sha256", models.CharField(max_length=64, unique=True)),
                ("jws", models.TextField()),
                ("issued", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="SignOfLife",
            fields=[
                ("member", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("taken", models.DateTimeField()),
                ("jws", models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name="Drill",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("member", models.CharField(max_length=40)),
                ("ours", models.BooleanField()),
                ("call", models.TextField()),
                ("called", models.DateTimeField()),
                ("answer", models.TextField(blank=True)),
                ("answered", models.DateTimeField(null=True)),
                ("answered_name", models.CharField(blank=True, max_length=200)),
                ("answered_role", models.CharField(blank=True, max_length=64)),
                ("sent", models.BooleanField(default=False)),
            ],
            options={
                "indexes": [models.Index(fields=["member", "called"], name="directory_drills")],
            },
        ),
        migrations.CreateModel(
            name="JoinedDirectory",
            fields=[
                ("only", models.BooleanField(default=True, primary_key=True, serialize=False)),
                ("hub", models.CharField(max_length=40)),
                ("endpoint", models.TextField()),
                ("tls", models.JSONField(default=list)),
                ("root_sha256", models.CharField(max_length=64)),
                ("joined", models.DateTimeField()),
                ("tried", models.DateTimeField(null=True)),
                ("fresh", models.DateTimeField(null=True)),
                ("fault", models.TextField(blank=True)),
                ("left_out", models.JSONField(default=dict)),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(("only", True)), name="directory_only_one")],
            },
        ),
        migrations.CreateModel(
            name="KnownCard",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("member", models.CharField(max_length=40)),
                ("source", models.CharField(max_length=8)),
                ("serial", models.PositiveBigIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("jws", models.TextField()),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField(null=True)),
                ("role", models.CharField(blank=True, max_length=60)),
                ("via", models.CharField(blank=True, max_length=40)),
                ("confirmed_by", models.CharField(blank=True, max_length=40)),
                ("confirmed_name", models.CharField(blank=True, max_length=200)),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("confirmed_serial", models.PositiveBigIntegerField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["until"], name="directory_card_current"),
                    models.Index(fields=["member", "since"], name="directory_card_history"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("until", None)),
                        fields=("member", "source"),
                        name="directory_one_card_from_each_source",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("source", "voice"), _negated=True),
                            models.Q(("confirmed_at__isnull", False), ("confirmed_serial__isnull", False)),
                            _connector="OR",
                        ),
                        name="directory_voice_is_confirmed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("source__in", ["tuf", "voice", "file", "hearsay"])),
                        name="directory_known_source",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="NationalTable",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("member", models.CharField(max_length=40)),
                ("source", models.CharField(max_length=8)),
                ("sha256", models.CharField(max_length=64)),
                ("jws", models.TextField()),
                ("as_of", models.DateField()),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("until", None)), fields=("member",), name="directory_one_national_table"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PublishedFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("path", models.CharField(max_length=200)),
                ("role", models.CharField(blank=True, max_length=60)),
                ("version", models.PositiveBigIntegerField()),
                ("content", models.BinaryField()),
                ("sha256", models.CharField(max_length=64)),
                ("since", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["role", "version"], name="directory_published_role")],
                "constraints": [models.UniqueConstraint(fields=("path", "version"), name="directory_published_once")],
            },
        ),
        migrations.CreateModel(
            name="RefusedKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("member", models.CharField(max_length=40)),
                ("kid", models.CharField(max_length=16)),
                ("since", models.DateTimeField()),
                ("reason", models.CharField(max_length=500)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("member", "kid"), name="directory_key_refused_once")],
            },
        ),
        migrations.CreateModel(
            name="TrustedMetadata",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("role", models.CharField(max_length=60)),
                ("version", models.PositiveBigIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("content", models.BinaryField()),
                ("ends", models.DateTimeField()),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["until"], name="directory_metadata_current"),
                    models.Index(fields=["role", "since"], name="directory_metadata_history"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("until", None)), fields=("role",), name="directory_one_metadata_a_role"
                    )
                ],
            },
        ),
    ]
