"""The watch: copies to sort and filter by, words to find by, notes, hand-overs, saved views, and what is done once."""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.contrib.postgres.operations import TrigramExtension, UnaccentExtension
from django.db import migrations, models

DICTIONARIES = (
    *("danish", "dutch", "english", "estonian", "finnish", "french", "german", "greek", "hungarian", "irish"),
    *("italian", "lithuanian", "portuguese", "romanian", "spanish", "swedish", "simple"),
)
"""The languages of the Union for which PostgreSQL has a dictionary, and the one without."""


def configuration(name: str) -> migrations.RunSQL:
    """Words as the dictionary has them, whatever their accents."""
    stems = "simple" if name == "simple" else f"{name}_stem"
    make = f"""
        CREATE TEXT SEARCH CONFIGURATION tocsin_{name} (COPY = {name});
        ALTER TEXT SEARCH CONFIGURATION tocsin_{name}
              ALTER MAPPING FOR hword, hword_part, word, asciihword, asciiword, hword_asciipart WITH unaccent, {stems}
    """
    return migrations.RunSQL(make, f"DROP TEXT SEARCH CONFIGURATION tocsin_{name}")


class Migration(migrations.Migration):
    dependencies = [
        ("requests", "0003_writers_and_subjects"),
    ]

    operations = [
        TrigramExtension(),
        UnaccentExtension(),
        *map(configuration, DICTIONARIES),
        migrations.CreateModel(
            name="DoneOnce",
            fields=[
                ("key", models.UUIDField(primary_key=True, serialize=False)),
                ("person", models.UUIDField()),
                ("outcome", models.CharField(blank=True, max_length=500)),
                ("at", models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name="HandOver",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("given_by", models.UUIDField()),
                ("before", models.UUIDField(null=True)),
                ("to", models.UUIDField()),
                ("words", models.CharField(blank=True, max_length=500)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Note",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("person", models.UUIDField()),
                ("words", models.TextField()),
                ("language", models.CharField(max_length=12)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("person", models.UUIDField()),
                ("name", models.CharField(max_length=60)),
                ("filters", models.JSONField()),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Wording",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("source", models.CharField(max_length=64)),
                ("words", models.TextField()),
                ("dictionary", models.CharField(max_length=40)),
                ("vector", django.contrib.postgres.search.SearchVectorField()),
            ],
        ),
        migrations.AddField(
            model_name="request",
            name="due_by",
            field=models.CharField(blank=True, max_length=8),
        ),
        migrations.AddField(
            model_name="request",
            name="unread_since",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="request",
            name="waits_for",
            field=models.CharField(blank=True, max_length=6),
        ),
        migrations.AddIndex(
            model_name="request",
            index=models.Index(
                condition=models.Q(("ended_at", None)),
                fields=["counterpart", "due_strict", "id"],
                name="requests_watch_with",
            ),
        ),
        migrations.AddIndex(
            model_name="request",
            index=models.Index(
                condition=models.Q(("ended_at", None)),
                fields=["instrument", "due_strict", "id"],
                name="requests_watch_under",
            ),
        ),
        migrations.AddIndex(
            model_name="request",
            index=models.Index(
                condition=models.Q(("ended_at", None)),
                fields=["state", "due_strict", "id"],
                name="requests_watch_state",
            ),
        ),
        migrations.AddIndex(
            model_name="request",
            index=models.Index(
                condition=models.Q(("ended_at", None)),
                fields=["case_holder", "due_strict", "id"],
                name="requests_watch_held",
            ),
        ),
        migrations.AddIndex(
            model_name="request",
            index=models.Index(
                condition=models.Q(("ended_at", None), ("urgent", True)),
                fields=["due_strict", "id"],
                name="requests_watch_urgent",
            ),
        ),
        migrations.AddIndex(
            model_name="request",
            index=models.Index(
                condition=models.Q(("unread_since__isnull", False)),
                fields=["unread_since", "id"],
                name="requests_unread",
            ),
        ),
        migrations.AddIndex(
            model_name="request",
            index=models.Index(
                condition=models.Q(("ended_at__isnull", False)), fields=["ended_at", "id"], name="requests_ended"
            ),
        ),
        migrations.AddIndex(
            model_name="request",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["case_reference"], name="requests_by_reference", opclasses=["gin_trgm_ops"]
            ),
        ),
        migrations.AddField(
            model_name="handover",
            name="request",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="hand_overs", to="requests.request"
            ),
        ),
        migrations.AddField(
            model_name="note",
            name="request",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="notes", to="requests.request"
            ),
        ),
        migrations.AddConstraint(
            model_name="savedview",
            constraint=models.UniqueConstraint(fields=("person", "name"), name="requests_view_named_once"),
        ),
        migrations.AddField(
            model_name="wording",
            name="request",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="wordings", to="requests.request"
            ),
        ),
        migrations.AddIndex(
            model_name="wording",
            index=django.contrib.postgres.indexes.GinIndex(fields=["vector"], name="requests_wording_vector"),
        ),
        migrations.AddIndex(
            model_name="wording",
            index=django.contrib.postgres.indexes.GinIndex(
                condition=models.Q(("dictionary", "tocsin_simple")),
                fields=["words"],
                name="requests_wording_parts",
                opclasses=["gin_trgm_ops"],
            ),
        ),
        migrations.AddConstraint(
            model_name="wording",
            constraint=models.UniqueConstraint(fields=("source",), name="requests_worded_once"),
        ),
        *(
            migrations.RunSQL(f"SELECT journal_guard('{table}')", f"SELECT journal_unguard('{table}')")
            for table in ("requests_note", "requests_handover")
        ),
        # The new copies are filled as the old ones are renewed: a worker looks at every open request once.
        migrations.RunSQL("UPDATE requests_request SET next_look = NULL WHERE ended_at IS NULL", ""),
    ]
