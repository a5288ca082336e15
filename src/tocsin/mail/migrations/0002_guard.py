"""No mail leaves, comes or is sorted without an entry; and who may not see a request sees none of its mails.

Of what leaves only the state is watched: that a try was begun, and when the next is due, is bookkeeping. A mail that
points at a request is seen by who sees that request, before anybody has sorted it: what is said of a case that is its
members' alone is not for the whole desk.
"""

from django.db import migrations

_DESK = "viewing_desk()"
_OF_REQUEST = "viewing_desk() AND EXISTS (SELECT FROM requests_request AS its WHERE its.id = request_id)"
_OF_POINTED = (
    "viewing_desk() AND (coalesce(request_id, proposed) IS NULL"
    " OR EXISTS (SELECT FROM requests_request AS its WHERE its.id = coalesce(request_id, proposed)))"
)
CLOSED = {"mail_mailcontact": _DESK, "mail_outgoingmail": _OF_REQUEST, "mail_incomingmail": _OF_POINTED}
GUARDED = {
    "mail_mailcontact": "NULL",
    "mail_outgoingmail": "'{state,password,content}'",
    "mail_incomingmail": "'{state,request_id,content}'",
}


class Migration(migrations.Migration):
    dependencies = [("mail", "0001_mail"), ("journal", "0003_guard"), ("requests", "0006_row_security")]

    operations = [
        *(
            migrations.RunSQL(
                f"SELECT journal_guard('{table}', {watched})",
                f"SELECT journal_unguard('{table}')",
            )
            for table, watched in GUARDED.items()
        ),
        *(
            migrations.RunSQL(
                f"SELECT viewing_guard('{table}', '{seen}', '{seen}')", f"SELECT viewing_unguard('{table}')"
            )
            for table, seen in CLOSED.items()
        ),
    ]
