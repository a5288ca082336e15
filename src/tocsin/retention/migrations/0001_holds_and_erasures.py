"""What stops an erasure, and how far each erasure has come."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Erasure",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("request", models.UUIDField(db_index=True)),
                ("rule", models.TextField()),
                ("due_at", models.DateTimeField()),
                ("proposed_at", models.DateTimeField()),
                ("stopped_at", models.DateTimeField(null=True)),
                ("erased_at", models.DateTimeField(null=True)),
                ("decided_by", models.UUIDField(null=True)),
                ("backups_until", models.DateTimeField(null=True)),
                ("letters", models.PositiveIntegerField(default=0)),
                ("packages", models.PositiveIntegerField(default=0)),
                ("entries", models.PositiveIntegerField(default=0)),
                ("doomed", models.JSONField(default=list)),
                ("finished_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("erased_at__isnull", False), ("finished_at", None)),
                        fields=["erased_at"],
                        name="retention_unfinished",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("erased_at", None), ("stopped_at", None)),
                        fields=("request",),
                        name="retention_one_proposal_a_request",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("finished_at", None), ("erased_at__isnull", False), _connector="OR"),
                        name="retention_finished_was_erased",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LegalHold",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("request", models.UUIDField(db_index=True)),
                ("reason", models.CharField(max_length=500)),
                ("set_by", models.UUIDField()),
                ("set_at", models.DateTimeField()),
                ("release_reason", models.CharField(blank=True, max_length=500)),
                ("release_asked_by", models.UUIDField(null=True)),
                ("release_asked_at", models.DateTimeField(null=True)),
                ("released_by", models.UUIDField(null=True)),
                ("released_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("released_at", None), ("released_by", None)),
                            models.Q(
                                ("release_asked_by__isnull", False),
                                ("released_at__isnull", False),
                                ("released_by__isnull", False),
                                models.Q(("released_by", models.F("release_asked_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="retention_two_persons_release_a_hold",
                    )
                ],
            },
        ),
    ]
