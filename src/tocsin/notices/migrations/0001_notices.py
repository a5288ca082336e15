import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="StoredNotice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("notice", models.UUIDField()),
                ("member", models.CharField(max_length=40)),
                ("ours", models.BooleanField()),
                ("kind", models.CharField(max_length=16)),
                ("version", models.PositiveSmallIntegerField()),
                ("sha256", models.CharField(max_length=64, unique=True)),
                ("jws", models.TextField()),
                ("at", models.DateTimeField()),
                ("until", models.DateTimeField(null=True)),
                ("thread", models.UUIDField(null=True)),
                ("receipt", models.TextField(blank=True)),
                ("confirmed_by", models.UUIDField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["kind", "until"], name="notices_in_force"),
                    models.Index(fields=["thread"], name="notices_of_a_thread"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("member", "notice", "version"), name="notices_one_a_version")
                ],
            },
        ),
        migrations.CreateModel(
            name="OutgoingNotice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("peer", models.CharField(max_length=40)),
                ("since", models.DateTimeField()),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("next_attempt_at", models.DateTimeField(null=True)),
                ("relayed_at", models.DateTimeField(null=True)),
                ("refused", models.BooleanField(default=False)),
                ("problem", models.JSONField(null=True)),
                ("receipt", models.TextField(blank=True)),
                ("delivered_at", models.DateTimeField(null=True)),
                (
                    "notice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="outgoing", to="notices.storednotice"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("delivered_at", None), ("refused", False)),
                        fields=["peer"],
                        name="notices_waiting",
                    )
                ],
                "constraints": [models.UniqueConstraint(fields=("notice", "peer"), name="notices_once_to_each")],
            },
        ),
        migrations.CreateModel(
            name="StoredTrait",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("trait", models.CharField(max_length=16)),
                ("value", models.CharField(max_length=253)),
                (
                    "notice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="traits", to="notices.storednotice"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["value", "trait"], name="notices_by_trait")],
            },
        ),
    ]
