"""Letters written by the node that this process is, as its acts would write them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db import transaction

from tests.wire.desks import new_thread
from tocsin.base.actor import Actor
from tocsin.base.ids import InstrumentId, LetterId, MemberId, RequestId, new_uuid
from tocsin.base.instant import true_now
from tocsin.base.this_node import this_node
from tocsin.law.vocabulary import LetterKind
from tocsin.proof.canonical import Json
from tocsin.wire import reads
from tocsin.wire.acts.post import post, post_all
from tocsin.wire.rules.letter import CardSource, DirectoryNote, Letter, UnsignedLetter, Writer

PT = MemberId("pt")


def officer() -> Actor:
    """The person who writes."""
    return Actor(member=this_node().member, person="p1", name="Ioana Exemplu", roles=frozenset({"duty-officer"}))


def draft(
    thread: RequestId, *, to: MemberId, body: Mapping[str, Json] | None = None, first: bool = False
) -> UnsignedLetter:
    """The next letter of a thread, not signed; ``first`` says that there is none before it."""
    last = None if first else reads.last_of(thread, peer=to, sent=True)
    return UnsignedLetter(
        id=LetterId(new_uuid()),
        kind=LetterKind.ASK if last is None else LetterKind.SUPPLEMENT,
        thread=thread,
        sender=this_node().member,
        addressee=to,
        seq=last.seq + 1 if last else 1,
        prev=last.sha256 if last else None,
        seen=None,
        written=true_now(),
        by=Writer(name="Ioana Exemplu", role="duty-officer"),
        instrument=InstrumentId("budapest-29-preserve"),
        directory=DirectoryNote(source=CardSource.TUF),
        body=body or {"account": "someone@mail.example"},
    )


def write(thread: RequestId | None = None, *, to: MemberId = PT, **changes: Any) -> Letter:
    """Write and post the next letter of a thread."""
    letter = replace(draft(thread or new_thread(), to=to), **changes)
    with transaction.atomic():
        return post(letter, by=officer(), at=letter.written)


def write_many(
    bodies: Sequence[Mapping[str, Json]], *, to: MemberId = PT, threads: Sequence[RequestId] = ()
) -> list[Letter]:
    """Write and post one letter for each body, each the first of a thread, inside the caller's transaction."""
    opened = threads or [new_thread() for _ in bodies]
    drafts = [draft(thread, to=to, body=body, first=True) for thread, body in zip(opened, bodies, strict=True)]
    return post_all(drafts, by=officer(), at=drafts[0].written)
