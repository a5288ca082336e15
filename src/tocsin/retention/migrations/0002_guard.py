"""No hold and no erasure without an entry; and none of a request that somebody may not see is shown to him."""

from django.db import migrations

GUARDED = ("retention_legalhold", "retention_erasure")
_SEEN = (
    "EXISTS (SELECT FROM requests_request AS its WHERE its.id = request"
    " AND (NOT its.members_only AND (SELECT viewing_desk())"
    " OR its.dossier_id = ANY ((SELECT viewing_reads())::uuid[])))"
)


class Migration(migrations.Migration):
    dependencies = [
        ("retention", "0001_holds_and_erasures"),
        ("journal", "0003_guard"),
        ("requests", "0007_tombstones"),
    ]

    operations = [
        *(
            migrations.RunSQL(f"SELECT journal_guard('{table}')", f"SELECT journal_unguard('{table}')")
            for table in GUARDED
        ),
        *(
            migrations.RunSQL(
                f"SELECT viewing_guard('{table}', '{_SEEN}', '{_SEEN}')", f"SELECT viewing_unguard('{table}')"
            )
            for table in GUARDED
        ),
    ]
