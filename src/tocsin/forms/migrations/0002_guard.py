"""No form goes out without an entry; and who may not see a request sees none of its forms and checks.

A check is written by a stranger's question, in a role that reaches no journal: the worker tells the journal of it
within a minute (``acts.take_in``), and until then the row stands there by itself.
"""

from django.db import migrations

_OF_REQUEST = "EXISTS (SELECT FROM requests_request AS its WHERE its.id = request_id)"
_OF_FORM = "EXISTS (SELECT FROM forms_publishedform AS its WHERE its.id = form_id)"
GUARDED = {"forms_publishedform": _OF_REQUEST, "forms_check": _OF_FORM}


class Migration(migrations.Migration):
    dependencies = [
        ("forms", "0001_forms"),
        ("journal", "0003_guard"),
        ("requests", "0006_row_security"),
    ]

    operations = [
        migrations.RunSQL(
            "SELECT journal_guard('forms_publishedform')", "SELECT journal_unguard('forms_publishedform')"
        ),
        *(
            migrations.RunSQL(
                f"SELECT viewing_guard('{table}', '{seen}', '{seen}')",
                f"SELECT viewing_unguard('{table}')",
            )
            for table, seen in GUARDED.items()
        ),
    ]
