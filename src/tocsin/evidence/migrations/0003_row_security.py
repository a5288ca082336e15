"""Packages, their files, custody and deliveries are closed to who may not see a request that they came with."""

from django.db import migrations


def _of_request(column: str) -> str:
    return f"EXISTS (SELECT FROM requests_request AS its WHERE its.id = {column})"


_DELIVERED = "EXISTS (SELECT FROM evidence_delivery AS its WHERE its.package_id = evidence_package.id)"
_OF_PACKAGE = "EXISTS (SELECT FROM evidence_package AS its WHERE its.id = package_id)"
_CONVERTED = "EXISTS (SELECT FROM evidence_package AS its WHERE its.id = source_id)"

GUARDED = {
    "evidence_delivery": _of_request("request"),
    "evidence_package": f"{_of_request('request')} OR {_DELIVERED}",
    "evidence_custodylink": _OF_PACKAGE,
    "evidence_sealedfile": _OF_PACKAGE,
    "evidence_conversion": _CONVERTED,
    # One over a checkpoint of the journal belongs to nobody.
    "evidence_stamp": f"package_id IS NULL OR {_OF_PACKAGE}",
}


class Migration(migrations.Migration):
    dependencies = [
        ("dossiers", "0004_row_security"),
        ("evidence", "0002_guard"),
        ("requests", "0006_row_security"),
    ]

    operations = [
        *(
            migrations.RunSQL(
                f"SELECT viewing_guard('{table}', '{seen}', '{seen}')", f"SELECT viewing_unguard('{table}')"
            )
            for table, seen in GUARDED.items()
        ),
    ]
