"""No way in is given or taken without an entry: the journal's guard on accounts, factors, links and invitations.

Language and zone of an account, when a factor was used last, and what a provider said at a sign-in are bookkeeping and
not watched. Sessions are not watched either: most of their rows are of people who only stand in the door; that somebody
signed in or out is recorded by the acts.
"""

from django.db import migrations

GUARDED = (
    "'people_account', '{password,sign_in_name,person_id,is_active}'",
    "'people_invitation'",
    "'mfa_authenticator', '{user_id,type,data}'",
    "'socialaccount_socialaccount', '{id}'",
)


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0003_accounts"),
        ("journal", "0003_guard"),
        ("mfa", "0003_authenticator_type_uniq"),
        ("socialaccount", "0006_alter_socialaccount_extra_data"),
    ]

    operations = [
        migrations.RunSQL(f"SELECT journal_guard({target})", f"SELECT journal_unguard({target.split(',')[0]})")
        for target in GUARDED
    ]
