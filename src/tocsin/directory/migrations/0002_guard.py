"""No change of the directory's rows without an entry in the journal.

Not watched: ``SignOfLife`` (an observation, replaced every hour, with its own signature as its proof), how the
joined directory stands (when it was tried, when it was fresh), and whether a drill's post went out.
"""

from django.db import migrations

WHOLE = (
    "directory_owncard",
    "directory_knowncard",
    "directory_refusedkey",
    "directory_trustedmetadata",
    "directory_publishedfile",
    "directory_nationaltable",
)
COLUMNS = {
    "directory_joineddirectory": "{hub,endpoint,tls,root_sha256,joined}",
    "directory_drill": "{call,called,answer,answered,answered_name,answered_role}",
}


class Migration(migrations.Migration):
    dependencies = [("directory", "0001_cards"), ("journal", "0003_guard")]

    operations = [
        *(
            migrations.RunSQL(f"SELECT journal_guard('{table}')", f"SELECT journal_unguard('{table}')")
            for table in WHOLE
        ),
        *(
            migrations.RunSQL(f"SELECT journal_guard('{table}', '{columns}')", f"SELECT journal_unguard('{table}')")
            for table, columns in COLUMNS.items()
        ),
    ]
