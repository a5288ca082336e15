"""No act of requests without an entry: the journal's guard on their rows."""

from django.db import migrations

GUARDED = (
    "requests_draft",
    "requests_storedsignoff",
    "requests_alarm",
    "requests_releasedraft",
    "requests_look",
    "requests_clockshift",
)


class Migration(migrations.Migration):
    dependencies = [("requests", "0001_requests"), ("journal", "0003_guard")]

    operations = [
        *(
            migrations.RunSQL(f"SELECT journal_guard('{table}')", f"SELECT journal_unguard('{table}')")
            for table in GUARDED
        ),
        # Copies of what letters and clocks say are bookkeeping; who a request is with, and who has it, are acts.
        migrations.RunSQL(
            "SELECT journal_guard('requests_request', '{side,counterpart,instrument,parent_id,case_holder}')",
            "SELECT journal_unguard('requests_request')",
        ),
    ]
