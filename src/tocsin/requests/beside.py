"""What of a request stands beside its own letters: steps that no letter carries, and its notification.

``reads`` puts them to the letters. Steps elsewhere are steps of the thread itself; a notification is a thread of its
own, whose answer moves the clocks of the order that it tells of.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from tocsin.base.ids import InstrumentId, MemberId, PersonId, RequestId
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.law.instrument import instrument
from tocsin.law.provisions import Side
from tocsin.law.vocabulary import LetterKind
from tocsin.proof.canonical import Json
from tocsin.requests.models import Arrival, BroughtFile, ChannelExport, FormReceipt, Request, StepElsewhere
from tocsin.requests.rules.elsewhere import Elsewhere, received_by_form
from tocsin.requests.rules.letters import Body
from tocsin.requests.rules.notification import Answer, answer_in, is_told, word_to_addressee
from tocsin.requests.rules.permits import permits_of
from tocsin.requests.rules.steps import Step, parse_tombstone
from tocsin.requests.rules.thread import ThreadState, state_of
from tocsin.requests.rules.ways import BY_FORM, TYPED, Checked, Way
from tocsin.wire import reads as wire
from tocsin.wire.reads import KeptLetter
from tocsin.wire.rules.receipt import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class BroughtLine:
    """A file that came with what was written down; its name and kind are what somebody called it."""

    id: str
    name: str
    media_type: str
    size: int
    sha256: str
    """Of the file in the clear; empty where its sender alone had it in the clear."""
    age_only: bool
    """Whether its sender encrypted it: what is in it, this node has not looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLine:
    """What no letter carries, as it was written down here."""

    step: Step
    record: Mapping[str, Json]
    """What was written down, of which the step's hash is taken; empty once it was erased."""
    reference: str
    way: Way
    said_by: str
    """The name that was given."""
    file: BroughtLine | None
    received_at: Instant
    recorded_at: Instant
    recorded_by: PersonId | None
    """The typist; nobody for what came by the order page."""
    second_reader: PersonId | None
    read_at: Instant | None
    differs: str
    """What the second reader found to differ."""

    @property
    def body(self) -> Mapping[str, Json]:
        """What it says, as a letter of its kind would; empty once it was erased."""
        said = self.record.get("body")
        return said if isinstance(said, Mapping) else {}

    @property
    def unread(self) -> bool:
        """Whether a person here typed it and no second one has read it; a partner types her own words."""
        return self.recorded_by is not None and self.way in TYPED and self.second_reader is None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivalLine:
    """One way on which a request came."""

    id: str
    way: Way
    received_at: Instant
    sender_name: str
    """As it stands there: it proves nothing."""
    sender_address: str
    country: str
    checked: Checked
    checked_words: str
    words: str
    language: str
    file: BroughtLine | None
    recorded_at: Instant
    recorded_by: PersonId | None
    came_as: RequestId
    """The request as which it was taken in: another one, before the two were joined."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormReceiptLine:
    """When a letter of ours that went as a form was received, as somebody said it."""

    letter_sha256: str
    received_at: Instant
    way: Way
    said_by: str
    reference: str
    recorded_at: Instant
    recorded_by: PersonId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """All of a request that no letter of the wire carries."""

    steps: tuple[StepLine, ...] = ()
    arrivals: tuple[ArrivalLine, ...] = ()
    """The ways on which it came, those of requests that were joined to it as well; the first first."""
    receipts: tuple[FormReceiptLine, ...] = ()


NOTHING_BESIDE = Beside()


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


def view_of_export(export: ChannelExport, steps: tuple[StepLine, ...]) -> ElsewhereView:
    """An exported request as others may see it, with the steps that were written down of it."""
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
        steps=steps,
    )


def step_lines(row: Request) -> tuple[StepLine, ...]:
    """What was written down of a request, in the order in which it was; nothing where its letters are ours."""
    if not row.channel:
        return ()
    found = StepElsewhere.objects.filter(request=row).select_related("file").defer("file__age")
    return tuple(_step_line(each) for each in found.order_by("recorded_at", "id"))


def _step_line(row: StepElsewhere) -> StepLine:
    return StepLine(
        step=parse_tombstone(row.step),
        record=row.record,
        reference=row.reference,
        way=Way(row.way),
        said_by=row.said_by,
        file=brought_line(row.file) if row.file else None,
        received_at=row.received_at,
        recorded_at=row.recorded_at,
        recorded_by=_person(row.recorded_by),
        second_reader=_person(row.second_reader),
        read_at=row.read_at,
        differs=row.differs,
    )


def brought_line(row: BroughtFile) -> BroughtLine:
    """A file that came with something, without its bytes."""
    return BroughtLine(
        id=str(row.id),
        name=row.name,
        media_type=row.media_type,
        size=row.size,
        sha256=row.sha256,
        age_only=not row.sha256,
    )


def beside(row: Request, steps: tuple[StepLine, ...]) -> Beside:
    """All of a request that no letter carries: its steps, which were read, the ways on which it came, and receipts."""
    arrivals = _arrivals(row)
    if not row.channel:
        return Beside(arrivals=arrivals)
    found = FormReceipt.objects.filter(request=row).order_by("received_at", "letter_sha256")
    receipts = tuple(
        FormReceiptLine(
            letter_sha256=each.letter_sha256,
            received_at=each.received_at,
            way=Way(each.way),
            said_by=each.said_by,
            reference=each.reference,
            recorded_at=each.recorded_at,
            recorded_by=_person(each.recorded_by),
        )
        for each in found
    )
    return Beside(steps=steps, arrivals=arrivals, receipts=receipts)


def _arrivals(row: Request) -> tuple[ArrivalLine, ...]:
    if row.side == Side.ASKER.value:
        return ()
    rows = Arrival.objects.filter(Q(request=row) | Q(request__joined_to=row)).select_related("file").defer("file__age")
    return tuple(
        ArrivalLine(
            id=str(each.id),
            way=Way(each.way),
            received_at=each.received_at,
            sender_name=each.sender_name,
            sender_address=each.sender_address,
            country=each.country,
            checked=Checked(each.checked),
            checked_words=each.checked_words,
            words=each.words,
            language=each.language,
            file=brought_line(each.file) if each.file else None,
            recorded_at=each.recorded_at,
            recorded_by=_person(each.recorded_by),
            came_as=RequestId(str(each.request_id)),
        )
        for each in rows.order_by("received_at", "id")
    )


def _person(found: UUID | None) -> PersonId | None:
    return PersonId(str(found)) if found else None


def elsewhere_of(row: Request, steps: tuple[StepLine, ...]) -> ElsewhereView | None:
    """What is known of a request that runs in another system; nothing where its letters are ours."""
    export = _export(row)
    return view_of_export(export, steps) if export else None


def _export(row: Request) -> ChannelExport | None:
    return ChannelExport.objects.filter(request=row).first() if row.channel not in ("", BY_FORM) else None


def steps_elsewhere(row: Request) -> list[tuple[Step, Instant | None]]:
    """The steps of a request that no letter carries, with when each was received on its way."""
    if not row.channel:
        return []
    export = _export(row)
    first = [(parse_tombstone(export.step), export.received_at)] if export else []
    rows = StepElsewhere.objects.filter(request=row).values_list("step", "received_at")
    later = [(parse_tombstone(step), received_at) for step, received_at in rows]
    return [*first, *_as_it_first_came(row, later)]


def _as_it_first_came(row: Request, steps: Sequence[tuple[Step, Instant]]) -> list[tuple[Step, Instant | None]]:
    """An ask that came on several ways was received when it first came."""
    joined = [*row.joined.values_list("steps_elsewhere__received_at", flat=True)] if row.side == "asked" else []
    first = min((at for at in joined if at is not None), default=None)
    return [(step, min(at, first) if first is not None and step.kind is LetterKind.ASK else at) for step, at in steps]


def received_of_ours(
    row: Request, ours: Iterable[Step], theirs: Iterable[tuple[Step, Instant | None]]
) -> dict[str, Instant]:
    """When each letter of ours that went as a form was received, as far as it is known."""
    if row.channel != BY_FORM:
        return {}
    told = dict(FormReceipt.objects.filter(request=row).values_list("letter_sha256", "received_at"))
    answered = [(step, at) for step, at in theirs if at is not None and step.sender == row.counterpart]
    return received_by_form(list(ours), answered, told)


def thread_elsewhere(row: Request) -> Elsewhere:
    """Whose thread a request is in which steps are taken down."""
    ours, theirs = this_node().member, MemberId(row.counterpart)
    asks = row.side == Side.ASKER.value
    return Elsewhere(
        request=RequestId(str(row.id)),
        instrument=InstrumentId(row.instrument),
        asker=ours if asks else theirs,
        asked=theirs if asks else ours,
        channel=row.channel,
        exercise=row.exercise,
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
