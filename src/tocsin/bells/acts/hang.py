"""Hanging a bell and taking it down: each person for herself, within what the administrator chose."""

from collections.abc import Iterable

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.ids import new_uuid
from tocsin.base.instant import Instant, text
from tocsin.bells import house, reads
from tocsin.bells.entries import BellHung, BellTakenDown
from tocsin.bells.errors import BellFieldError, BellsOffError, TooManyBellsError
from tocsin.bells.models import Bell, Ring
from tocsin.bells.reads import PUSH, TRIAL
from tocsin.bells.rules.occasions import Occasion
from tocsin.bells.rules.webpush import subscription_in
from tocsin.bells.sending import TAKEN_DOWN
from tocsin.journal import acts as journal
from tocsin.people.at_rest import encrypted
from tocsin.requests.acts.persons import check_person

MOST_BELLS = 6
_MOST_LABEL = 80


def hang_bell(way: str, *, to: str, label: str, occasions: Iterable[str], by: Actor, at: Instant) -> str:
    """Have a bell from now on; its id. ``way`` is a gateway of the house or ``push``.

    ``to`` is what the gateway takes, or what a browser says of its subscription. Raises ``BellsOffError``,
    ``BellFieldError``, ``TooManyBellsError``.
    """
    check_person(by, kind="bell")
    _check_target(way, to)
    chosen = _chosen(occasions)
    named = label.strip()
    if not named or len(named) > _MOST_LABEL or not named.isprintable():
        raise BellFieldError(field="label", rule=f"on one line, 1 to {_MOST_LABEL} characters")
    with transaction.atomic():
        own = Bell.objects.select_for_update().filter(person=by.person, until=None)
        if len(list(own.values_list("id", flat=True))) >= MOST_BELLS:
            raise TooManyBellsError(most=MOST_BELLS)
        row = Bell.objects.create(
            id=new_uuid(),
            person=by.person,
            way=way,
            target=encrypted(to),
            label=named,
            occasions=chosen,
            since=at,
        )
        told = BellHung(person=by.person, bell=str(row.id), way=way, occasions=tuple(chosen))
        journal.record(told, by=by, at=at)
    return str(row.id)


def take_down(bell: str, *, by: Actor, at: Instant) -> None:
    """Have a bell no longer; where it rang is forgotten. Raises ``UnknownBellError``."""
    with transaction.atomic():
        row = reads.bell_row(by, bell)
        end_bell(row, why="by-herself", by=by, at=at)


def try_bell(bell: str, *, by: Actor, at: Instant) -> None:
    """Let a bell ring now, to see whether it does. Raises ``UnknownBellError``."""
    with transaction.atomic():
        row = reads.bell_row(by, bell)
        Ring.objects.create(bell=row, key=f"{TRIAL}:{text(at)}", occasion=Occasion.OTHER.value, next_try=at, at=at)


def end_bell(row: Bell, *, why: str, by: Actor, at: Instant) -> None:
    """End a bell, in the caller's transaction."""
    row.until, row.target, row.label = at, "", ""
    row.save(update_fields=["until", "target", "label"])
    Ring.objects.filter(bell=row, state="waiting").update(state="failed", said=TAKEN_DOWN, ended_at=at)
    journal.record(BellTakenDown(person=str(row.person), bell=str(row.id), why=why), by=by, at=at)


def _check_target(way: str, to: str) -> None:
    settings = house.settings()
    gateway = house.gateways().get(way)
    if not (settings.push if way == PUSH else gateway):
        raise BellsOffError
    try:
        if way == PUSH:
            subscription_in(to, hosts=settings.push_hosts)
        elif gateway is not None:
            gateway.url_for(to)
    except ValueError as error:
        raise BellFieldError(field="to", rule=str(error)) from None


def _chosen(occasions: Iterable[str]) -> list[str]:
    wanted = set(occasions)
    chosen: list[str] = [each.value for each in Occasion if each.value in wanted]
    if not chosen or len(chosen) != len(wanted):
        raise BellFieldError(field="occasions", rule=f"one or more of {', '.join(Occasion)}")
    return chosen
