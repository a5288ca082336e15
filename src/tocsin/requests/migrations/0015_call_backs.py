import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("requests", "0014_guard_by_form"),
    ]

    operations = [
        migrations.CreateModel(
            name="WithoutCallBack",
            fields=[
                (
                    "request",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="without_call_back",
                        serialize=False,
                        to="requests.request",
                    ),
                ),
                ("reason", models.TextField()),
                ("tried_since", models.DateTimeField()),
                ("by", models.UUIDField()),
                ("by_name", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="CallBack",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("number", models.CharField(blank=True, max_length=60)),
                ("answered_by", models.CharField(blank=True, max_length=200)),
                ("words", models.TextField(blank=True)),
                ("outcome", models.CharField(max_length=12)),
                ("by", models.UUIDField()),
                ("by_name", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
                ("confirmed_by", models.UUIDField(null=True)),
                ("confirmed_name", models.CharField(blank=True, max_length=200)),
                ("confirmed_at", models.DateTimeField(null=True)),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="call_backs", to="requests.request"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Forgery",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("features", models.JSONField()),
                ("words", models.TextField(blank=True)),
                ("marked_by", models.UUIDField()),
                ("marked_name", models.CharField(max_length=200)),
                ("marked_at", models.DateTimeField()),
                ("confirmed_by", models.UUIDField(null=True)),
                ("confirmed_name", models.CharField(blank=True, max_length=200)),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("warning", models.UUIDField(null=True)),
                ("taken_back_by", models.UUIDField(null=True)),
                ("taken_back_name", models.CharField(blank=True, max_length=200)),
                ("taken_back_at", models.DateTimeField(null=True)),
                ("why", models.CharField(blank=True, max_length=12)),
                (
                    "request",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="forgeries",
                        to="requests.request",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("taken_back_at", None)),
                        fields=("request",),
                        name="requests_one_forgery_stands",
                    )
                ],
            },
        ),
    ]
