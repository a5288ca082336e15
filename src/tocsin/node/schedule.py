"""What a worker does again and again: one visible table.

A task in the table is named as procrastinate knows it, and takes one argument, ``timestamp``. Whoever
starts it first does it: with several workers a turn is still taken once. A turn that nobody took in
time is left out, and while one waits no second is queued, so a worker that was away does not come back to a pile.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from tocsin.node.config import Config

if TYPE_CHECKING:
    from procrastinate import App

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


@dataclass(frozen=True, slots=True)
class Turn:
    """A task and how often it is done."""

    task: str
    every: timedelta
    """A part of a minute, an hour or a day that goes into it without rest."""
    where: Callable[[Config], bool] = lambda _: True
    """At which nodes; at the others its act does nothing, and a worker need not ask for it."""


def turns_of(config: Config) -> tuple[Turn, ...]:
    """What a worker of this node does without being asked for."""
    return tuple(turn for turn in schedule() if turn.where(config))


def schedule() -> tuple[Turn, ...]:
    """Every task that is done without being asked for, at one node or another."""
    return (
        Turn("tocsin.node.retry_stalled_jobs", every=timedelta(seconds=30)),
        Turn("tocsin.node.forget_old_jobs", every=timedelta(hours=6)),
        Turn("tocsin.node.audit_journal", every=timedelta(days=1)),
        Turn("tocsin.node.audit_as_asked", every=timedelta(seconds=10)),
        Turn("tocsin.people.tell_failures", every=timedelta(minutes=1)),
        Turn("tocsin.people.sweep", every=timedelta(minutes=10)),
        Turn("tocsin.wire.sweep", every=timedelta(minutes=1)),
        Turn("tocsin.wire.pick_up", every=timedelta(seconds=10)),
        Turn("tocsin.wire.expire", every=timedelta(minutes=1)),
        Turn("tocsin.wire.ask_witnesses", every=timedelta(minutes=1)),
        Turn("tocsin.notices.deliver", every=timedelta(seconds=10)),
        Turn("tocsin.evidence.sweep", every=timedelta(hours=1)),
        Turn("tocsin.requests.ring", every=timedelta(seconds=5)),
        Turn("tocsin.requests.count", every=timedelta(hours=1)),
        Turn("tocsin.forms.take_in_checks", every=timedelta(minutes=1)),
        Turn("tocsin.forms.take_in_sayings", every=timedelta(seconds=5)),
        Turn("tocsin.bells.ring", every=timedelta(seconds=5), where=_rings_bells),
        Turn("tocsin.mail.deliver", every=timedelta(seconds=10), where=_sends_mail),
        Turn("tocsin.mail.fetch", every=timedelta(minutes=1), where=_reads_mail),
        Turn("tocsin.mail.forget", every=timedelta(days=1)),
        Turn("tocsin.retention.retain", every=timedelta(days=1)),
        Turn("tocsin.exercise.play", every=timedelta(seconds=5), where=_is_for_exercises),
        Turn("tocsin.directory.refresh", every=timedelta(minutes=10)),
        Turn("tocsin.directory.renew", every=timedelta(hours=1)),
        Turn("tocsin.directory.alive", every=timedelta(hours=1)),
        Turn("tocsin.directory.drills", every=timedelta(minutes=1)),
        Turn("tocsin.directory.monthly_drill", every=timedelta(days=1)),
    )


def _rings_bells(config: Config) -> bool:
    return config.bells.gateways or config.bells.push


def _sends_mail(config: Config) -> bool:
    return config.mail.sends


def _reads_mail(config: Config) -> bool:
    return config.mail.reads


def _is_for_exercises(config: Config) -> bool:
    return config.exercise


AT_START = (
    "tocsin.wire.sweep",
    "tocsin.wire.pick_up",
    "tocsin.requests.ring",
    "tocsin.requests.count",
    "tocsin.retention.retain",
)
"""What a worker does first: what waited while nobody worked."""


def cron_of(every: timedelta) -> str:
    """How procrastinate writes it: minute, hour, day, month, day of the week, and second last.

    Raises ``ValueError`` for what does not divide a minute, an hour or a day.
    """
    seconds = int(every.total_seconds())
    if seconds < 1 or every != timedelta(seconds=seconds) or _DAY % seconds:
        raise ValueError(f"{every} does not divide a day")
    if seconds < _MINUTE and _MINUTE % seconds == 0:
        return f"* * * * * */{seconds}"
    if _MINUTE <= seconds < _HOUR and _HOUR % seconds == 0 and seconds % _MINUTE == 0:
        return f"*/{seconds // _MINUTE} * * * *"
    if seconds >= _HOUR and seconds % _HOUR == 0:
        return f"0 */{seconds // _HOUR} * * *" if seconds < _DAY else "0 0 * * *"
    raise ValueError(f"{every} does not divide a minute, an hour or a day")


def register(app: "App", turns: Iterable[Turn]) -> None:
    """Tell procrastinate the table; raises ``KeyError`` for a task that nobody has."""
    for turn in turns:
        app.periodic_registry.register_task(
            task=app.tasks[turn.task],
            cron=cron_of(turn.every),
            periodic_id="",
            configure_kwargs={"queueing_lock": turn.task},
        )
