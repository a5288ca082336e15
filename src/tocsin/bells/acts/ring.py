"""Ringing: alarms and hand-overs are heard, and the bells of those who were told ring.

A worker calls it again and again. What is to ring is a row, one for each bell and thing, so it rings once whoever
calls; a worker that is killed between the ring and its row rings once more: somebody is woken twice rather than never.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from functools import cache, partial

from django.db import transaction
from django.utils import translation

from tocsin.base.actor import Actor
from tocsin.base.ids import PersonId, RequestId
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.bells import house, sending
from tocsin.bells.acts.hang import end_bell
from tocsin.bells.errors import BellFilesError
from tocsin.bells.models import Bell, Ring
from tocsin.bells.reads import PUSH, TRIAL
from tocsin.bells.rules import occasions as rules
from tocsin.bells.rules.occasions import Occasion, number_of, occasion_of
from tocsin.bells.rules.webpush import subscription_in
from tocsin.bells.sending import Sent
from tocsin.duty import reads as duty
from tocsin.duty.rules.rota import CHIEF, DEPUTY, FIRST, on_duty
from tocsin.people import reads as people
from tocsin.people.at_rest import decrypted
from tocsin.people.rules.rights import Role
from tocsin.requests import told as requests
from tocsin.requests.rules.alarms import CHIEF as CHIEFS
from tocsin.requests.rules.alarms import DEPUTY as DEPUTIES
from tocsin.requests.rules.alarms import OFFICER
from tocsin.requests.told import Told
from tocsin.wire import locks

HEARD_WITHIN = timedelta(hours=1)
"""What is older rings no bell: whoever was away reads it at the desk."""
_HOUR = timedelta(hours=1)
_WAITS = (timedelta(seconds=20), timedelta(minutes=1), timedelta(minutes=4))
_AT_ONCE = 100
_KEPT = timedelta(days=30)
_ONE_AT_A_TIME = "bells"
_PLACES = {OFFICER: FIRST, DEPUTIES: DEPUTY, CHIEFS: CHIEF}
_SHIFT = "shift:"
_NONE = RequestId("")


def ring_bells(*, at: Instant) -> int:
    """Hear what people were told of, and ring; how many bells rang."""
    settings = house.settings()
    if not (settings.gateways or settings.push):
        return 0
    with locks.held_if_free(_ONE_AT_A_TIME) as free:
        if not free:
            return 0
        _hear(at=at)
        due = Ring.objects.filter(state="waiting", next_try__lte=at).order_by("at", "id")
        rang = sum(_ring(ring, at=at) for ring in list(due.values_list("id", flat=True)[:_AT_ONCE]))
        Ring.objects.filter(at__lt=at - _KEPT).exclude(state="waiting").delete()
    return rang


# --- Hearing ------------------------------------------------------------------------------------


def _hear(*, at: Instant) -> None:
    bells: dict[str, list[Bell]] = {}
    for bell in Bell.objects.filter(until=None):
        bells.setdefault(str(bell.person), []).append(bell)
    if not bells:
        return
    since = at - HEARD_WITHIN
    heard = set(Ring.objects.filter(bell__until=None, at__gte=since).values_list("bell_id", "key"))
    of_role = cache(partial(_of_role, at=at))
    fresh = [
        Ring(bell=bell, key=told.key, occasion=occasion.value, request=told.request or None, next_try=at, at=told.at)
        for told in _told(since=since)
        for occasion in [_occasion(told)]
        for person in _persons(told.whom, of_role)
        for bell in bells.get(person, ())
        if occasion.value in bell.occasions and bell.since <= told.at <= at and (bell.id, told.key) not in heard
    ]
    Ring.objects.bulk_create(fresh, ignore_conflicts=True)


def _told(*, since: Instant) -> Iterator[Told]:
    yield from requests.alarms_told(since=since)
    yield from requests.hand_overs_told(since=since)
    for note in duty.unacknowledged():
        if note.at >= since:
            yield Told(key=f"{_SHIFT}{note.id}", request=_NONE, kind="hand-over", whom=(note.to,), at=note.at)


def _occasion(told: Told) -> Occasion:
    return Occasion.HAND_OVER if told.kind == "hand-over" else occasion_of(told.kind)


def _persons(whom: Iterable[str], of_role: Callable[[str], Sequence[PersonId]]) -> list[str]:
    """Persons as they are; of a role in the chain who is on duty there now, or every duty officer where nobody is."""
    found: dict[str, None] = {}
    for each in whom:
        found.update(dict.fromkeys(of_role(each) if each in _PLACES else [each]))
    return list(found)


def _of_role(role: str, *, at: Instant) -> list[PersonId]:
    turns = duty.turns(since=at, until=at + timedelta(milliseconds=1))
    named = [turn.person for turn in on_duty(turns, at=at)[_PLACES[role]]]
    return named or [each.id for each in people.people() if Role.DUTY_OFFICER.value in each.roles]


# --- Ringing ------------------------------------------------------------------------------------


def _ring(ring: int, *, at: Instant) -> bool:
    with transaction.atomic():
        row = Ring.objects.select_for_update(of=("self",)).select_related("bell").filter(id=ring).first()
        if row is None or row.state != "waiting":
            return False
        rung = Ring.objects.filter(bell=row.bell, state="rung", ended_at__gt=at - _HOUR).count()
        if rung > house.settings().most_an_hour:
            _end(row, "held", sending.TOO_OFTEN, at=at)
            return False
    sent = _send(row, more=rung == house.settings().most_an_hour, at=at)
    with transaction.atomic():
        row.tries += 1
        if not sent.fault:
            _end(row, "rung", "", at=at)
        elif sent.gone:
            _end(row, "failed", sent.fault, at=at)
            end_bell(row.bell, why="gone", by=Actor.node(this_node().member), at=at)
        elif row.tries > len(_WAITS):
            _end(row, "failed", sent.fault, at=at)
        else:
            row.said, row.next_try = sent.fault, at + _WAITS[row.tries - 1]
            row.save(update_fields=["tries", "said", "next_try"])
    return not sent.fault


def _end(row: Ring, state: str, said: str, *, at: Instant) -> None:
    row.state, row.said, row.ended_at, row.next_try = state, said[:200], at, None
    row.save(update_fields=["state", "said", "ended_at", "next_try", "tries"])


def _send(row: Ring, *, more: bool, at: Instant) -> Sent:
    to = decrypted(row.bell.target)
    if to is None:
        return Sent(sending.UNREADABLE)
    title, text = _words(row, more=more, at=at)
    try:
        if row.bell.way == PUSH:
            return _push(row, to, title=title, text=text, at=at)
        gateway = house.gateways().get(row.bell.way)
    except BellFilesError as error:  # the administrator mends it; meanwhile the other way rings all the same
        return Sent(str(error))
    return sending.through(gateway, to, title=title, text=text) if gateway else Sent(sending.TURNED_OFF)


def _push(row: Ring, to: str, *, title: str, text: str, at: Instant) -> Sent:
    settings = house.settings()
    if not settings.push:
        return Sent(sending.TURNED_OFF)
    path = f"/requests/{row.request}/" if row.request else "/"
    message = json.dumps({"title": title, "text": text, "path": path}, ensure_ascii=False).encode()
    try:
        browser = subscription_in(to, hosts=settings.push_hosts)
    except ValueError as error:
        return Sent(str(error))
    return sending.to_browser(message, browser, contact=settings.push_contact, key=house.push_key(), at=at)


def _words(row: Ring, *, more: bool, at: Instant) -> tuple[str, str]:
    """In the person's language; of the occasion and the number, and of nothing else."""
    words = rules.MORE if more else rules.TRIAL if row.key.startswith(TRIAL) else ""
    if not words and row.key.startswith(_SHIFT):
        words = rules.SHIFT
    account = people.account_of(str(row.bell.person), at=at)
    with translation.override(account.language if account else "en"):
        return rules.said(
            Occasion(row.occasion),
            number=number_of(str(row.request or "")),
            words=words,
            exercise=this_node().exercise,
            translate=translation.gettext,
        )
