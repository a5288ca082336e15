"""Whose data a request is about, as hashes of its identifiers: two requests for one account have one hash.

Only what names somebody counts: type, value and, for an account, the service. When an address was used, and from
which port, is left out: the desk that is asked judges that. Letter case and spaces around a value do not make another
identifier where none of its type tells case apart.
"""

import hashlib
from collections.abc import Mapping

from tocsin.law.provisions import FieldKind, Form
from tocsin.proof.canonical import Json, canonical

_CASE_MATTERS = frozenset({"url", "other", "user", "account"})


def subjects_of(form: Form, values: Mapping[str, Json]) -> frozenset[str]:
    """The hashes of all identifiers in the values of a form; what is no identifier is passed over."""
    field = form.of_kind(FieldKind.IDENTIFIERS)
    found = values.get(field.id) if field else None
    items = found if isinstance(found, list) else [found]
    return frozenset(_hash(item) for item in items if isinstance(item, dict) and _names_somebody(item))


def _names_somebody(item: Mapping[str, Json]) -> bool:
    return all(isinstance(item.get(name), str) and str(item[name]).strip() for name in ("type", "value"))


def _hash(item: Mapping[str, Json]) -> str:
    kind = str(item["type"])
    value = _plain(item["value"], folded=kind not in _CASE_MATTERS)
    service = _plain(item.get("service"), folded=True)
    return hashlib.sha256(canonical([kind, value, service])).hexdigest()


def _plain(value: Json, *, folded: bool) -> str:
    text = value.strip() if isinstance(value, str) else ""
    return text.casefold() if folded else text
