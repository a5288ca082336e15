"""Values of ours as plain JSON, for programs that read what we print."""

import dataclasses
from collections.abc import Mapping
from datetime import date, timedelta
from enum import Enum
from typing import Any

from tocsin.base.instant import Instant, text


def plain(value: Any) -> Any:  # noqa: PLR0911 - one line a kind
    """Any value of ours as JSON: dataclasses by their fields, instants as text."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value) if field.repr}
    if isinstance(value, Instant):
        return text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return int(value.total_seconds())
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bytes):
        return value.decode("ascii", "replace")
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = [plain(item) for item in value]
        return sorted(items, key=str) if isinstance(value, set | frozenset) else items
    return value
