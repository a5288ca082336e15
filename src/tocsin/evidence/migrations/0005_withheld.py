"""What the defence is not shown: decisions, and policies that hold for counsel alone (decision 0146).

Whoever was let into a dossier without reading it whole defends somebody in it (``viewing_defends()``): for him a row
that such a decision names is not there. For everybody else the new part of each policy is one question, asked once a
statement. A file is named by its hash, so it is withheld in whatever package it lies.
"""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

_DEFENDS = """
CREATE FUNCTION viewing_defends() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT array(SELECT unnest(viewing_sees()) EXCEPT SELECT unnest(viewing_reads())) $$;
"""


def _not_withheld(what: str, thing: str) -> str:
    return (  # our own names alone
        "(cardinality((SELECT viewing_defends())) = 0 OR NOT EXISTS (SELECT FROM evidence_withholding AS held"  # noqa: S608
        f" WHERE held.what = '{what}' AND held.thing = {thing} AND held.lifted_at IS NULL"
        " AND held.dossier_id = ANY ((SELECT viewing_defends())::uuid[])))"
    )


def _of_request(column: str) -> str:
    return f"EXISTS (SELECT FROM requests_request AS its WHERE its.id = {column})"


_PACKAGE = (
    f"({_of_request('request')} OR EXISTS (SELECT FROM evidence_delivery AS its"
    " WHERE its.package_id = evidence_package.id))"
)
_OF_PACKAGE = "EXISTS (SELECT FROM evidence_package AS its WHERE its.id = package_id)"
_THREAD = _of_request("thread")
POLICIES = {
    "evidence_package": (_PACKAGE, _not_withheld("package", "evidence_package.id::text")),
    "evidence_sealedfile": (_OF_PACKAGE, _not_withheld("file", "evidence_sealedfile.sha256")),
    "wire_storedletter": (_THREAD, _not_withheld("letter", "wire_storedletter.sha256")),
}

_OF_DESK = (
    "((SELECT viewing_desk()) AND EXISTS (SELECT FROM dossiers_dossier AS its"
    " WHERE its.id = dossier_id AND NOT its.members_only))"
)
_SEEN = f"dossier_id = ANY ((SELECT viewing_sees())::uuid[]) OR {_OF_DESK}"
_MADE = f"dossier_id = ANY ((SELECT viewing_reads())::uuid[]) OR {_OF_DESK}"

# What hangs on a request, by id, for who may read the looks at all of it: the data protection officer sees no package.
THINGS = """
CREATE FUNCTION evidence_things_of(asked uuid) RETURNS TABLE (thing uuid) LANGUAGE sql STABLE SECURITY DEFINER AS $$
SELECT found.thing FROM (
    SELECT id AS thing FROM evidence_package WHERE request = asked
    UNION SELECT package_id FROM evidence_delivery WHERE request = asked AND package_id IS NOT NULL
    UNION SELECT id FROM requests_draft WHERE request = asked
) AS found
WHERE coalesce(current_setting('tocsin.looking', true), '') <> 'on' OR viewing_all_looks()
   OR EXISTS (SELECT FROM requests_request AS its
               WHERE its.id = asked AND requests_whole(its.members_only, its.dossier_id))
$$;
DO $$ BEGIN
    EXECUTE format('ALTER FUNCTION evidence_things_of(uuid) SET search_path = %I, pg_temp', current_schema());
END $$;
"""


def _altered(table: str, *, back: bool = False) -> str:
    before, more = POLICIES[table]
    return f"ALTER POLICY viewing_seen ON {table} USING ({before if back else f'{before} AND {more}'})"


class Migration(migrations.Migration):
    dependencies = [
        ("dossiers", "0004_row_security"),
        ("evidence", "0004_erased"),
        ("requests", "0006_row_security"),
        ("wire", "0002_guard"),
    ]

    operations = [
        migrations.AddIndex("package", models.Index("at", "id", name="evidence_package_at")),
        migrations.CreateModel(
            name="Withholding",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("what", models.CharField(max_length=10)),
                ("thing", models.CharField(max_length=64)),
                ("told", models.CharField(max_length=300)),
                ("ground", models.CharField(max_length=40)),
                ("reason", models.CharField(max_length=2000)),
                ("person", models.UUIDField()),
                ("at", models.DateTimeField()),
                ("reviewed_by", models.UUIDField(null=True)),
                ("reviewed_at", models.DateTimeField(null=True)),
                ("review", models.CharField(blank=True, max_length=2000)),
                ("lifted_by", models.UUIDField(null=True)),
                ("lifted_at", models.DateTimeField(null=True)),
                ("lifting", models.CharField(blank=True, max_length=2000)),
                (
                    "dossier",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="dossiers.dossier"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=["dossier", "what", "thing"], condition=Q(lifted_at=None), name="evidence_withheld_once"
                    ),
                    models.CheckConstraint(
                        condition=Q(what__in=["letter", "package", "file"]), name="evidence_withholding_what"
                    ),
                    models.CheckConstraint(
                        condition=Q(reviewed_by=None) | ~Q(reviewed_by=F("person")),
                        name="evidence_reviewed_by_another",
                    ),
                ],
                "indexes": [
                    models.Index("thing", name="evidence_withheld_thing", condition=Q(lifted_at=None)),
                ],
            },
        ),
        migrations.RunSQL(
            "SELECT journal_guard('evidence_withholding')", "SELECT journal_unguard('evidence_withholding')"
        ),
        migrations.RunSQL(
            f"SELECT viewing_guard('evidence_withholding', $${_SEEN}$$, $${_MADE}$$)",
            "SELECT viewing_unguard('evidence_withholding')",
        ),
        migrations.RunSQL(_DEFENDS, "DROP FUNCTION viewing_defends()"),
        *(migrations.RunSQL(_altered(table), _altered(table, back=True)) for table in POLICIES),
        migrations.RunSQL(THINGS, "DROP FUNCTION evidence_things_of(uuid)"),
    ]
