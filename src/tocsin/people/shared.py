"""What all processes of a node remember together, as a cache of Django's in a table.

allauth counts attempts and remembers used codes in Django's cache, so each process must see what the others saw.
Django's own cache in a table keeps pickles: whoever writes to the database would run code in the server. This one
keeps JSON. What is over is swept away by ``tasks.py``.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db import connection

from tocsin.base import instant
from tocsin.base.instant import Instant
from tocsin.people.models import Remembered

_FOR_EVER = datetime.max.replace(tzinfo=UTC)
_ADD = """
INSERT INTO people_remembered AS kept (key, value, until) VALUES (%s, %s, %s)
ON CONFLICT (key) DO UPDATE SET value = excluded.value, until = excluded.until WHERE kept.until <= %s
"""


class SharedCache(BaseCache):
    """A cache whose values are JSON."""

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        del location
        super().__init__(params)

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Keep a value where there is none that is good; of two processes that do it at once one succeeds."""
        named, at = self.make_and_validate_key(key, version=version), instant.true_now()
        with connection.cursor() as cursor:
            cursor.execute(_ADD, [named, json.dumps(value), self._until(timeout, at=at), at])
            return bool(cursor.rowcount)

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        """The value that is kept and still good."""
        rows = Remembered.objects.filter(key=self.make_and_validate_key(key, version=version))
        found = rows.filter(until__gt=instant.true_now()).values_list("value", flat=True).first()
        return default if found is None else found

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        """Keep a value."""
        named = self.make_and_validate_key(key, version=version)
        row = Remembered(key=named, value=value, until=self._until(timeout, at=instant.true_now()))
        Remembered.objects.bulk_create(
            [row], update_conflicts=True, unique_fields=["key"], update_fields=["value", "until"]
        )

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Keep what is there for longer."""
        at = instant.true_now()
        rows = Remembered.objects.filter(key=self.make_and_validate_key(key, version=version), until__gt=at)
        return bool(rows.update(until=self._until(timeout, at=at)))

    def delete(self, key: Any, version: int | None = None) -> bool:
        """Forget a value; whether there was one."""
        return bool(Remembered.objects.filter(key=self.make_and_validate_key(key, version=version)).delete()[0])

    def clear(self) -> None:
        """Forget everything."""
        Remembered.objects.all().delete()

    def _until(self, timeout: Any, *, at: Instant) -> Instant:
        seconds = self.default_timeout if timeout is DEFAULT_TIMEOUT else timeout
        return _FOR_EVER if seconds is None else at + timedelta(seconds=seconds)
