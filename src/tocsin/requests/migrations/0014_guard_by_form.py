"""No arrival, no step of somebody without a node and no scan without an entry; none seen without its request."""

from django.db import migrations

_WHOLE = "(NOT its.members_only AND (SELECT viewing_desk()) OR its.dossier_id = ANY ((SELECT viewing_reads())::uuid[]))"
_OF_REQUEST = f"EXISTS (SELECT FROM requests_request AS its WHERE its.id = request_id AND {_WHOLE})"
GUARDED = ("requests_stepelsewhere", "requests_broughtfile", "requests_arrival", "requests_formreceipt")
_BEFORE = "side,counterpart,instrument,parent_id,case_holder,dossier_id,channel,channel_received_at"


def _guard_requests(columns: str) -> str:
    guard = f"SELECT journal_guard('requests_request', '{{{columns}}}')"
    return f"SELECT journal_unguard('requests_request'); {guard}"


class Migration(migrations.Migration):
    dependencies = [("requests", "0013_by_form")]

    operations = [
        *(
            migrations.RunSQL(
                f"SELECT journal_guard('{table}'); SELECT viewing_guard('{table}', '{_OF_REQUEST}', '{_OF_REQUEST}')",
                f"SELECT journal_unguard('{table}'); SELECT viewing_unguard('{table}')",
            )
            for table in GUARDED
        ),
        migrations.RunSQL(_guard_requests(f"{_BEFORE},joined_to_id"), _guard_requests(_BEFORE)),
    ]
