"""What Prometheus is told of a node: counts of what waits and of what must not be, and no names."""

from collections.abc import Callable, Mapping
from contextlib import suppress

from procrastinate.contrib.django.models import ProcrastinateJob

from tocsin.base import instant
from tocsin.base.actor import Actor
from tocsin.base.this_node import this_node
from tocsin.directory import reads as directory
from tocsin.directory.errors import NoDirectoryError
from tocsin.journal import reads as journal
from tocsin.node.certificate import load_certificate
from tocsin.people.rules.rights import Role
from tocsin.wire import reads as wire

Gauge = Callable[[], float | None]
"""Counts; ``None`` where there is nothing to count."""


def gauges() -> Mapping[str, tuple[str, Gauge]]:
    """What is measured when ``/metrics`` is read: name → what it is, and who counts it."""
    return {
        "tocsin_jobs_waiting": ("Jobs that no worker has begun.", lambda: _jobs("todo")),
        "tocsin_jobs_failed": ("Jobs that failed in the last days.", lambda: _jobs("failed")),
        "tocsin_outbox_letters": (
            "Letters without a receipt yet.",
            lambda: sum(line.letters for line in _wire().lines),
        ),
        "tocsin_outbox_oldest_seconds": ("How long the oldest of them waits.", _oldest_seconds),
        "tocsin_lines_down": ("Members that cannot be reached now.", _lines_down),
        "tocsin_letters_refused": ("Letters refused for good.", lambda: len(_wire().refused)),
        "tocsin_quarantined": ("Things that prove an alteration.", lambda: len(_wire().quarantined)),
        "tocsin_journal_alarms": ("Alarms that nobody has seen yet.", lambda: len(journal.alarms())),
        "tocsin_directory_stale_seconds": ("For how long the directory has been stale.", _stale_seconds),
        "tocsin_certificate_seconds": ("How long the TLS certificate is good for.", _certificate_seconds),
    }


def _jobs(status: str) -> float:
    return ProcrastinateJob.objects.filter(status=status).count()


def _wire() -> wire.WireStatus:
    """As the administrator sees it: counts, no content."""
    return wire.status(Actor(this_node().member, name="metrics", roles=frozenset({Role.ADMINISTRATOR})))


def _oldest_seconds() -> float:
    since = [line.since for line in _wire().lines if line.since is not None]
    return (instant.true_now() - min(since)).total_seconds() if since else 0.0


def _lines_down() -> float:
    return sum(line.down_since is not None for line in _wire().lines)


def _stale_seconds() -> float | None:
    with suppress(NoDirectoryError):
        since = directory.standing().stale_since
        return (instant.true_now() - since).total_seconds() if since is not None else 0.0
    return None


def _certificate_seconds() -> float:
    left = load_certificate(this_node().home).not_valid_after_utc - instant.true_now()
    return left.total_seconds()
