"""What of a request stands beside its own letters: steps that were taken in another system, and its notification.

``reads`` puts them to the letters. Steps elsewhere are steps of the thread itself; a notification is a thread of its
own, whose answer moves the clocks of the order that it tells of.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from tocsin.base.ids import InstrumentId, MemberId, PersonId, RequestId
from tocsin.base.instant import Instant
from tocsin.law.instrument import instrument
from tocsin.requests.models import ChannelExport, Request
from tocsin.requests.rules.elsewhere import Elsewhere
from tocsin.requests.rules.letters import Body
from tocsin.requests.rules.notification import Answer, answer_in, is_told, word_to_addressee
from tocsin.requests.rules.permits import permits_of
from tocsin.requests.rules.steps import Step, parse_tombstone
from tocsin.requests.rules.thread import ThreadState, state_of
from tocsin.wire import reads as wire
from tocsin.wire.reads import KeptLetter
from tocsin.wire.rules.receipt import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLine:
    """What a side did in the other system, as it was written down here."""

    step: Step
    record: dict[str, object]
    reference: str
    received_at: Instant
    recorded_at: Instant
    recorded_by: PersonId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ElsewhereView:
    """A request that runs in another system: not sent by us, and what is known of it here."""

    request: RequestId
    channel: str
    label: str
    sha256: str
    """Of the export (``rules.export``)."""
    files: dict[str, str]
    exported_at: Instant
    exported_by: PersonId | None
    reference: str
    received_at: Instant | None
    recorded_at: Instant | None
    recorded_by: PersonId | None
    steps: tuple[StepLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationView:
    """The notification of an order: to whom it went, and what it brought so far."""

    request: RequestId
    to: MemberId
    stored_at: Instant | None
    """When the authority's node stored it: its time runs from there."""
    answer: Answer | None
    told: bool
    """Whether the addressee of the order was told of it."""

    @property
    def word(self) -> Body | None:
        """The letter that would tell him; a person writes it, or does not."""
        return None if self.told else word_to_addressee(self.answer, by=self.to)


# --- Steps elsewhere ----------------------------------------------------------------------------


def view_of_export(export: ChannelExport) -> ElsewhereView:
    """An exported request as others may see it."""
    lines = tuple(
        StepLine(
            step=parse_tombstone(each.step),
            record=each.record,
            reference=each.reference,
            received_at=each.received_at,
            recorded_at=each.recorded_at,
            recorded_by=_person(each.recorded_by),
        )
        for each in export.steps.order_by("recorded_at", "id")
    )
    return ElsewhereView(
        request=RequestId(str(export.request_id)),
        channel=export.channel,
        label=export.label,
        sha256=export.sha256,
        files=export.files,
        exported_at=export.exported_at,
        exported_by=_person(export.exported_by),
        reference=export.reference,
        received_at=export.received_at,
        recorded_at=export.recorded_at,
        recorded_by=_person(export.recorded_by),
        steps=lines,
    )


def _person(found: UUID | None) -> PersonId | None:
    return PersonId(str(found)) if found else None


def elsewhere_of(row: Request) -> ElsewhereView | None:
    """What is known of a request that runs in another system; nothing where its letters are ours."""
    export = ChannelExport.objects.filter(request=row).first() if row.channel else None
    return view_of_export(export) if export else None


def steps_elsewhere(row: Request) -> list[tuple[Step, Instant | None]]:
    """The steps of a request that no letter carries, with when the other system received each."""
    export = ChannelExport.objects.filter(request=row).first() if row.channel else None
    if export is None:
        return []
    later = [(parse_tombstone(each.step), each.received_at) for each in export.steps.all()]
    return [(parse_tombstone(export.step), export.received_at), *later]


def thread_elsewhere(export: ChannelExport) -> Elsewhere:
    """Whose thread an exported request is."""
    ask = parse_tombstone(export.step)
    return Elsewhere(
        request=ask.thread,
        instrument=ask.instrument,
        asker=ask.sender,
        asked=ask.addressee,
        channel=export.channel,
        exercise=ask.exercise,
    )


# --- The notification ---------------------------------------------------------------------------


def notification_row(row: Request) -> Request | None:
    """The row of the thread that notifies an authority of this order, at the side that issued it."""
    law = instrument(row.instrument)
    if law.notification is None:
        return None
    return Request.objects.filter(parent=row, instrument=law.notification.id, side=row.side).first()


def notification_of(row: Request, order: ThreadState) -> NotificationView | None:
    """The notification of this order, read off its letters; ``order`` is the state of the order's own thread."""
    found = notification_row(row)
    if found is None:
        return None
    kept = [each for each in wire.kept_letters(RequestId(str(found.id))) if each.set_aside is None]
    letters = [each.letter for each in kept if each.letter is not None]
    state = state_of(letters, permits=permits_of(instrument(InstrumentId(found.instrument))))
    stored = _stored(kept)
    answer = answer_in(state, stored)
    return NotificationView(
        request=RequestId(str(found.id)),
        to=MemberId(found.counterpart),
        stored_at=next((stored.get(each.sha256) for each in kept if each.sent and each.seq == 1), None),
        answer=answer,
        told=answer is not None and is_told(order, answer),
    )


def _stored(letters: Iterable[KeptLetter]) -> dict[str, Instant]:
    """When each letter was stored by its addressee, by its hash."""
    found: dict[str, Instant] = {}
    for kept in letters:
        stored = next((each.at for each in kept.receipts if each.stage is Stage.STORED), None)
        if stored is not None or not kept.sent:
            found[kept.sha256] = stored or kept.at
    return found
