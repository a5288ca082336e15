"""No call-back, no decision to go without one and no word of a forgery without an entry; none seen without its request.

A word about a call-back names a request, so it is seen by who may see that; one about a request that is not here at all
is for the desk to see: somebody may have a key of ours.
"""

from django.db import migrations

_WHOLE = "(NOT its.members_only AND (SELECT viewing_desk()) OR its.dossier_id = ANY ((SELECT viewing_reads())::uuid[]))"
_OF_REQUEST = f"EXISTS (SELECT FROM requests_request AS its WHERE its.id = request_id AND {_WHOLE})"
_OF_REQUEST_OR_NONE = f"(request_id IS NULL AND (SELECT viewing_desk()) OR {_OF_REQUEST})"
GUARDED = {
    "requests_callback": _OF_REQUEST,
    "requests_withoutcallback": _OF_REQUEST,
    "requests_forgery": _OF_REQUEST_OR_NONE,
}
_DESK = "(SELECT viewing_desk())"
_TOLD = f"({_DESK} AND (thread IS NULL OR requests_told(thread)))"

TOLD = """
CREATE FUNCTION requests_told(asked uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER AS $$
    SELECT coalesce((SELECT requests_whole(members_only, dossier_id) FROM requests_request WHERE id = asked), true)
$$;
DO $$ BEGIN
    EXECUTE format('ALTER FUNCTION requests_told(uuid) SET search_path = %I, pg_temp', current_schema());
END $$;
"""


def _see_notices(seen: str) -> str:
    said = f"'notices_storednotice', '{seen}', '{seen}'"
    return f"SELECT viewing_unguard('notices_storednotice'); SELECT viewing_guard({said})"


class Migration(migrations.Migration):
    dependencies = [("requests", "0015_call_backs"), ("notices", "0002_guard")]

    operations = [
        *(
            migrations.RunSQL(
                f"SELECT journal_guard('{table}'); SELECT viewing_guard('{table}', '{seen}', '{seen}')",
                f"SELECT journal_unguard('{table}'); SELECT viewing_unguard('{table}')",
            )
            for table, seen in GUARDED.items()
        ),
        migrations.RunSQL(TOLD, "DROP FUNCTION requests_told(uuid)"),
        migrations.RunSQL(_see_notices(_TOLD), _see_notices(_DESK)),
    ]
