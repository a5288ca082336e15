"""No form goes out without an entry; and who may not see a request sees none of its forms and checks.

A check is written by a stranger's question, in a role that reaches no journal, so its row is made without an entry. The
worker tells the journal of it within a minute (``acts.check.take_in_checks``): saying so in the row is the act.
"""

from django.db import migrations

_OF_REQUEST = "EXISTS (SELECT FROM requests_request AS its WHERE its.id = request_id)"
_OF_FORM = "EXISTS (SELECT FROM forms_publishedform AS its WHERE its.id = form_id)"
GUARDED = {"forms_publishedform": _OF_REQUEST, "forms_check": _OF_FORM}

TAKEN_IN = """
CREATE CONSTRAINT TRIGGER journal_demand_entry AFTER UPDATE OF journalled ON forms_check DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (CASE current_setting('tocsin.act', true) WHEN pg_current_xact_id()::text THEN false
                       ELSE journal_first_act() END) EXECUTE FUNCTION journal_demand_entry();
"""


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
        migrations.RunSQL(TAKEN_IN, "DROP TRIGGER journal_demand_entry ON forms_check"),
        *(
            migrations.RunSQL(
                f"SELECT viewing_guard('{table}', '{seen}', '{seen}')",
                f"SELECT viewing_unguard('{table}')",
            )
            for table, seen in GUARDED.items()
        ),
    ]
