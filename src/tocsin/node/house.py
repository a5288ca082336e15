"""What a running node tells its desk of itself (``desk.house``)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.desk.house import Found, Setting
from tocsin.node.certificate import load_certificate
from tocsin.node.config import FILE, Config, load
from tocsin.node.database import without_password
from tocsin.node.findings import look_around

_STATES = ("todo", "doing", "failed")
_LONG = 200


class RunningNode:
    """The node that this process is, as its files and its database have it now."""

    def found(self) -> Sequence[Found]:
        """What the doctor finds, but what asks other servers."""
        return [Found(each.about, each.state.value, each.said, each.cure) for each in look_around(self._config())]

    def settings(self) -> Sequence[Setting]:
        """Every setting in force, passwords left out."""
        return list(_settings(self._config()))

    def settings_file(self) -> str:
        """The file of settings."""
        return str(this_node().home / FILE)

    def jobs(self) -> Mapping[str, int]:
        """How many jobs wait, run and failed."""
        return {state: ProcrastinateJob.objects.filter(status=state).count() for state in _STATES}

    def certificate_ends(self) -> Instant:
        """When the TLS certificate ends."""
        return load_certificate(this_node().home).not_valid_after_utc

    def archived(self) -> Instant | None:
        """When PostgreSQL last archived its log."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT last_archived_time FROM pg_stat_archiver")
            row = cursor.fetchone()
        return row[0] if row else None

    def _config(self) -> Config:
        return load(this_node().home)


def _settings(config: Config) -> Iterator[Setting]:
    for part in fields(config):
        value = getattr(config, part.name)
        if part.name == "home":
            continue
        if is_dataclass(value) and not isinstance(value, type):
            usual = type(value)() if part.name != "listen" else value
            for one in fields(value):
                told = getattr(value, one.name)
                yield Setting(part.name, one.name, _said(told), told == getattr(usual, one.name))
        elif part.name == "database_url":
            said = without_password(value) if value else "embedded"
            yield Setting("database", "url", said, value is None)
        else:
            yield Setting("", part.name, _said(value), False)


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    parts = value if isinstance(value, (tuple, list)) else () if value is None else (value,)
    text = ", ".join(map(str, parts))
    return text if len(text) <= _LONG else text[: _LONG - 1] + "…"
