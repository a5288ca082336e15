"""No act of the wire without an entry: the journal's guard on what letters, receipts and files are."""

from django.db import migrations

GUARDED = (
    "wire_storedletter",
    "wire_storedreceipt",
    "wire_attempt",
    "wire_downstatement",
    "wire_quarantinedletter",
    "wire_storedattachment",
    "wire_mailboxitem",
)


class Migration(migrations.Migration):
    dependencies = [("wire", "0001_letters"), ("journal", "0003_guard")]

    operations = [
        *(
            migrations.RunSQL(f"SELECT journal_guard('{table}')", f"SELECT journal_unguard('{table}')")
            for table in GUARDED
        ),
        # Letters and receipts stay in their rows, as they are: base64 does not get shorter, and trying to
        # compress each and moving it aside cost more than all else about keeping it (decision 0073).
        *(
            migrations.RunSQL(
                f"ALTER TABLE {table} SET (toast_tuple_target = 8160)",
                f"ALTER TABLE {table} RESET (toast_tuple_target)",
            )
            for table in ("wire_storedletter", "wire_storedreceipt", "wire_mailboxitem")
        ),
        # How often a file was tried is bookkeeping; that it left is an act.
        migrations.RunSQL(
            "SELECT journal_guard('wire_outgoingfile', '{state}')", "SELECT journal_unguard('wire_outgoingfile')"
        ),
    ]
