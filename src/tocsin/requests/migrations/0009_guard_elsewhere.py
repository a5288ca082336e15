"""No export, and no word of another system, without an entry; and neither is seen by who may not see its request."""

from django.db import migrations

_WHOLE = "(NOT its.members_only AND (SELECT viewing_desk()) OR its.dossier_id = ANY ((SELECT viewing_reads())::uuid[]))"
_OF_REQUEST = f"EXISTS (SELECT FROM requests_request AS its WHERE its.id = request_id AND {_WHOLE})"
_OF_EXPORT = "EXISTS (SELECT FROM requests_channelexport AS its WHERE its.request_id = export_id)"
GUARDED = {"requests_channelexport": _OF_REQUEST, "requests_stepelsewhere": _OF_EXPORT}
_BEFORE = "side,counterpart,instrument,parent_id,case_holder,dossier_id"


def _guard_requests(columns: str) -> str:
    guard = f"SELECT journal_guard('requests_request', '{{{columns}}}')"
    return f"SELECT journal_unguard('requests_request'); {guard}"


class Migration(migrations.Migration):
    dependencies = [("requests", "0008_elsewhere")]

    operations = [
        *(
            migrations.RunSQL(f"SELECT journal_guard('{table}')", f"SELECT journal_unguard('{table}')")
            for table in GUARDED
        ),
        migrations.RunSQL(_guard_requests(f"{_BEFORE},channel,channel_received_at"), _guard_requests(_BEFORE)),
        *(
            migrations.RunSQL(
                f"SELECT viewing_guard('{table}', '{seen}', '{seen}')", f"SELECT viewing_unguard('{table}')"
            )
            for table, seen in GUARDED.items()
        ),
    ]
