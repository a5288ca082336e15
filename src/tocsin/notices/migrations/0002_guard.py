"""No notice without an entry, and no receipt for one; the desk alone sees them.

Words about call-backs name a request: whether it may be seen, only ``requests`` knows, whose migration narrows this.
"""

from django.db import migrations

_DESK = "(SELECT viewing_desk())"
_OF_NOTICE = "EXISTS (SELECT FROM notices_storednotice AS its WHERE its.id = notice_id)"
SEEN = {
    "notices_storednotice": _DESK,
    "notices_storedtrait": _OF_NOTICE,
    "notices_outgoingnotice": _OF_NOTICE,
}


class Migration(migrations.Migration):
    dependencies = [
        ("notices", "0001_notices"),
        ("journal", "0003_guard"),
        ("dossiers", "0004_row_security"),
    ]

    operations = [
        # The receipt that we gave follows from it.
        migrations.RunSQL(
            "SELECT journal_guard('notices_storednotice', '{notice,member,kind,version,sha256,jws,at,until,thread}')",
            "SELECT journal_unguard('notices_storednotice')",
        ),
        migrations.RunSQL(
            "SELECT journal_guard('notices_outgoingnotice', '{receipt}')",
            "SELECT journal_unguard('notices_outgoingnotice')",
        ),
        *(
            migrations.RunSQL(
                f"SELECT viewing_guard('{table}', '{seen}', '{seen}')", f"SELECT viewing_unguard('{table}')"
            )
            for table, seen in SEEN.items()
        ),
    ]
