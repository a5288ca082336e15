"""Dossiers, their members, notes and looks are closed to all who were not let in.

What somebody reads is said at the beginning of his transaction (``viewing.py``), so no policy looks anything up: an
array, made once for each statement.
"""

from django.db import migrations

_READ = "dossier_id = ANY ((SELECT viewing_reads())::uuid[])"
_OF_DESK = (
    "((SELECT viewing_desk()) AND EXISTS (SELECT FROM dossiers_dossier AS its"
    " WHERE its.id = dossier_id AND NOT its.members_only))"
)
_OF_NO_DOSSIER = "dossier_id IS NULL AND (SELECT viewing_desk())"
_MINE = "person = (SELECT viewing_person())"

GUARDED = {
    "dossiers_dossier": (
        "id = ANY ((SELECT viewing_sees())::uuid[]) OR NOT members_only AND (SELECT viewing_desk())",
        "id = ANY ((SELECT viewing_reads())::uuid[]) OR NOT members_only AND (SELECT viewing_desk())",
    ),
    "dossiers_member": (f"{_READ} OR {_OF_DESK}", f"{_READ} OR {_OF_DESK}"),
    "dossiers_dossiernote": (f"{_READ} OR {_OF_DESK}", f"{_READ} OR {_OF_DESK}"),
    # A look is written by who looks, for himself, and changed by nobody.
    "dossiers_look": (
        f"(SELECT viewing_all_looks()) OR {_MINE} OR {_READ} OR {_OF_DESK} OR {_OF_NO_DOSSIER}",
        _MINE,
        "false",
    ),
}


def _guard(table: str) -> str:
    said = ", ".join(f"'{text}'" for text in (table, *GUARDED[table]))
    return f"SELECT viewing_guard({said})"


class Migration(migrations.Migration):
    dependencies = [("dossiers", "0003_guard")]

    operations = [
        *(migrations.RunSQL(_guard(table), f"SELECT viewing_unguard('{table}')") for table in GUARDED),
    ]
