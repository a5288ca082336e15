"""A partner sees what is asked of its own organisation: the request, its letters, what was said there, receipts.

Nothing internal hangs on these policies: no note, look, draft, clock, alarm, file or dossier. A partner changes no row;
what she says becomes a step by the node's own rule (``acts.partner``).
"""

from django.db import migrations

PARTNER = """
CREATE FUNCTION viewing_partner() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT nullif(current_setting('tocsin.partner', true), '')
$$;
"""
_BY_DESK = "NOT {0}members_only AND (SELECT viewing_desk())"
_SEES = "{0}dossier_id = ANY ((SELECT viewing_sees())::uuid[])"
_READS = "{0}dossier_id = ANY ((SELECT viewing_reads())::uuid[])"
_PARTNER = "({0}side = 'asker' AND {0}counterpart = (SELECT viewing_partner()))"
_SEEN = f"({_BY_DESK} OR {_SEES})".format("")
_WHOLE = f"({_BY_DESK} OR {_READS})".format("its.")
_OF_REQUEST = "EXISTS (SELECT FROM requests_request AS its WHERE its.id = request_id AND {0})"
POLICIES = {
    "requests_request": (_SEEN, f"({_SEEN} OR {_PARTNER.format('')})"),
    **dict.fromkeys(
        ("requests_stepelsewhere", "requests_formreceipt"),
        (_OF_REQUEST.format(_WHOLE), _OF_REQUEST.format(f"({_WHOLE} OR {_PARTNER.format('its.')})")),
    ),
}


def _seen(table: str, condition: str) -> str:
    return f"DROP POLICY viewing_seen ON {table}; CREATE POLICY viewing_seen ON {table} FOR SELECT USING ({condition})"


class Migration(migrations.Migration):
    dependencies = [("requests", "0016_guard_call_backs")]

    operations = [
        migrations.RunSQL(PARTNER, "DROP FUNCTION viewing_partner()"),
        *(migrations.RunSQL(_seen(table, after), _seen(table, before)) for table, (before, after) in POLICIES.items()),
    ]
