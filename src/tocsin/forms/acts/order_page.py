"""A form's own page: opening it, saying something on it, and taking what was said into the thread.

Opening and saying are all that the process at the public door does, by two functions of the database (migration 0004);
the worker takes in. What was said counts from its arrival, as a step "by the order page" that nobody signed; what the
thread does not take is kept with the reason, for a person.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from tocsin.base import instant
from tocsin.base.actor import Actor
from tocsin.base.errors import TocsinError
from tocsin.base.ids import RequestId, is_uuid
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.forms.entries import OrderPageClosed, SayingSetAside
from tocsin.forms.errors import UnknownPageError
from tocsin.forms.models import OrderPage, Saying
from tocsin.forms.rules.number import check_sha256, plain
from tocsin.forms.rules.order import Kind, Order, body_of, read_order
from tocsin.journal import acts as journal
from tocsin.law.provisions import Side
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.requests import reads as requests
from tocsin.requests.acts.elsewhere import Heard, Sealed, take_down_by_page
from tocsin.requests.rules.ways import Way
from tocsin.wire.peers import machine_instant

_BATCH = 20
_LONGEST_NUMBER = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidBefore:
    """Something that was said on a page already: the page's own receipt of it."""

    kind: str
    at: Instant
    file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A form's page, for who holds the form."""

    number: str
    issuer: str
    exercise: bool
    language: str
    written_at: Instant
    printed_at: Instant
    opened_at: Instant
    """When it was first opened."""
    closed: bool
    order: Order | None
    """What it says; nothing once it is closed."""
    sayings: tuple[SaidBefore, ...]


# --- At the public door ---------------------------------------------------------------------------


def open_order(number: str, code: str, *, at: Instant) -> Opened | None:
    """The page of the form with this number and code; nothing for anything else, after the same work."""
    with connection.cursor() as cursor:
        asked = check_sha256(number, code), plain(number)[:_LONGEST_NUMBER], at
        cursor.execute("SELECT * FROM forms_open_order(%s, %s, %s)", asked)
        names = [column.name for column in cursor.description or ()]
        found = cursor.fetchone()
    return None if found is None else _opened(dict(zip(names, found, strict=True)))


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedUpload:
    """A file that was encrypted before anything kept it."""

    name: str
    age: bytes
    sha256: str
    """Of the file in the clear; empty where its sender encrypted it himself."""


def say(
    number: str, code: str, *, once: str, kind: Kind, said: Mapping[str, Any], file: SealedUpload | None, at: Instant
) -> str:
    """Keep what was said on a page; what became of it.

    ``kept``, ``again`` for the same form sent twice, ``closed``, ``too-much``, or ``unknown`` for who does not hold it.
    """
    if not is_uuid(once):
        return "unknown"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT forms_say(%s, %s::uuid, %s, %s::jsonb, %s, %s, %s, %s)",
            [
                check_sha256(number, code),
                once,
                kind.value,
                json.dumps(dict(said)),
                file.name if file else "",
                file.sha256 if file else "",
                file.age if file else None,
                at,
            ],
        )
        (answer,) = cursor.fetchone() or ("unknown",)
    return str(answer)


def _opened(row: dict[str, Any]) -> Opened:
    content = row["content"] if isinstance(row["content"], dict) else json.loads(row["content"])
    before = row["sayings"] if isinstance(row["sayings"], list) else json.loads(row["sayings"])
    return Opened(
        number=row["number"],
        issuer=row["issuer"],
        exercise=row["exercise"],
        language=row["language"],
        written_at=row["written_at"],
        printed_at=row["printed_at"],
        opened_at=row["opened_at"],
        closed=row["closed"],
        order=read_order(content) if content else None,
        sayings=tuple(
            SaidBefore(kind=each["kind"], at=instant.parse(each["at"]), file=each["file"]) for each in before
        ),
    )


# --- In the house ---------------------------------------------------------------------------------


def take_in_sayings(*, at: Instant) -> int:
    """Take what was said on pages into their threads, each by itself and once; how many there were.

    ``at`` is the instant of the act by the node's own clock, which an exercise moves; what was said arrived in true
    time and is moved with it. What arrives after ``at`` waits for the next turn.
    """
    taken = 0
    while taken < _BATCH and _take_in_next(at=at):
        taken += 1
    return taken


def close_page(request: str, number: str, *, by: Actor, at: Instant) -> None:
    """Close a form's page: it shows nothing any more, and takes nothing. Raises ``UnknownPageError``."""
    rights.check(by, Right.SEND)
    requests.check_may_change(by, request)
    with transaction.atomic():
        pages = OrderPage.objects.select_for_update(of=("self",)).filter(
            form__request__id=request, form__number=number, closed_at=None
        )
        page = pages.first()
        if page is None:
            raise UnknownPageError(number=number)
        page.closed_at = at
        page.save(update_fields=["closed_at"])
        journal.record(OrderPageClosed(request=request, number=number), by=by, at=at)


def _take_in_next(*, at: Instant) -> bool:
    """Take in what was said first; two workers wait for each other, so that each page is taken in as it was said."""
    with transaction.atomic():
        row = (
            Saying.objects.select_for_update(of=("self",))
            .filter(taken_at=None, at__lte=machine_instant(at))
            .select_related("page__form")
            .order_by("at", "id")
            .first()
        )
        if row is None:
            return False
        problem = _taken(row, at=at)
        Saying.objects.filter(id=row.id).update(taken_at=at, problem=problem[:500], **_emptied(problem))
    return True


def _emptied(problem: str) -> dict[str, Any]:
    """What was taken in lies with its request: the outer table keeps no word of it, and no file."""
    return {} if problem else {"said": {}, "file": None}


def _taken(row: Saying, *, at: Instant) -> str:
    request = RequestId(str(row.page.form.request_id))
    try:
        with transaction.atomic():
            heard, sealed = _heard(row)
            take_down_by_page(request, heard, sealed=sealed, at=at)
    except (TocsinError, ValueError, KeyError, TypeError) as fault:
        told = SayingSetAside(request=request, number=row.page.form.number, said=row.kind, reason=str(fault)[:300])
        OrderPage.objects.filter(form=row.page_id).update(content=row.page.content)  # the act that the entry is of
        journal.record(told, by=Actor.node(this_node().member), at=at)
        return str(fault)
    return ""


def _heard(row: Saying) -> tuple[Heard, Sealed | None]:
    sealed = Sealed(name=row.file_name, age=bytes(row.file), sha256=row.file_sha256) if row.file is not None else None
    body = body_of(Kind(row.kind), row.said, package=sealed.hash if sealed else "")
    heard = Heard(
        body=body,
        side=Side.ASKED,
        way=Way.ORDER_PAGE,
        received_at=row.at + instant.shift(),
        said_by=str(row.said.get("name") or "")[:200],
        reference=row.page.form.number,
    )
    return heard, sealed
