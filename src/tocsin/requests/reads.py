"""What somebody may see of requests; absent and forbidden are one answer.

The letters are ``wire``'s; from them ``rules`` yields state and clocks. Rows are copies to find requests by.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet

from tocsin.base.actor import Actor
from tocsin.base.errors import RuleError
from tocsin.base.ids import DossierId, InstrumentId, MemberId, PersonId, RequestId, is_uuid
from tocsin.base.instant import Instant, parse, text
from tocsin.base.this_node import this_node
from tocsin.directory import reads as directory
from tocsin.dossiers import reads as dossiers
from tocsin.dossiers.reads import LookLine as LookedAt
from tocsin.dossiers.viewing import sight_of
from tocsin.law import draft_check
from tocsin.law.calendar import Place
from tocsin.law.clock import NationalLimit
from tocsin.law.faults import Fault, FaultCode, fault
from tocsin.law.instrument import instrument
from tocsin.law.national import Tables
from tocsin.law.provisions import Instrument, Side
from tocsin.law.rendering import fields_kept_from_addressee
from tocsin.law.running import Interval
from tocsin.law.setting import Party
from tocsin.law.vocabulary import ClockId, Function, LetterKind, StateCode
from tocsin.people.rules import rights
from tocsin.people.rules.four_eyes import SignOff, good_ones
from tocsin.people.rules.rights import Right
from tocsin.proof.canonical import Json
from tocsin.requests.beside import (
    NOTHING_BESIDE,
    Beside,
    ElsewhereView,
    NotificationView,
    StepLine,
    beside,
    elsewhere_of,
    notification_of,
    notification_row,
    received_of_ours,
    step_lines,
    steps_elsewhere,
    view_of_export,
)
from tocsin.requests.called_back import NO_CALL_BACK, CallBackView, called_back
from tocsin.requests.counterparts import KnownBy, counterpart_of, party_of, place_of_member
from tocsin.requests.errors import OwnCardMissingError, UnknownDraftError, UnknownRequestError
from tocsin.requests.models import (
    Alarm,
    ChannelExport,
    Draft,
    HandOver,
    Look,
    Note,
    ReleaseDraft,
    Request,
    SavedView,
    StoredSignOff,
    Subject,
    locked_requests,
)
from tocsin.requests.rules.call_back import GIVES_DATA
from tocsin.requests.rules.clocks import Surroundings
from tocsin.requests.rules.drafts import Content, read_content
from tocsin.requests.rules.elsewhere import received as received_elsewhere
from tocsin.requests.rules.letters import Ask, Body, parse_body
from tocsin.requests.rules.notification import confirmed_by, stopped_by
from tocsin.requests.rules.permits import Permits, permits_of
from tocsin.requests.rules.reckoning import ClockLine, Reckoning, reckoning_of
from tocsin.requests.rules.steps import Step, parse_tombstone, step_of
from tocsin.requests.rules.subjects import subjects_of
from tocsin.requests.rules.thread import ThreadState, kinds_to_write, state_of
from tocsin.requests.rules.ways import BY_FORM, UNKNOWN
from tocsin.requests.rules.wording import all_dictionaries
from tocsin.wire import peers
from tocsin.wire import reads as wire
from tocsin.wire.acts.receive import own_opening_keys
from tocsin.wire.reads import KeptLetter, Outage
from tocsin.wire.rules.letter import Letter
from tocsin.wire.rules.receipt import Stage
from tocsin.wire.rules.seal import open_part


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestLine:
    """A request on the watch: what is to be known at a glance."""

    id: RequestId
    side: Side
    counterpart: MemberId
    instrument: InstrumentId
    state: str
    urgent: bool
    exercise: bool
    case_reference: str
    channel: str
    """The other system in which it runs: this node sent nothing. Nothing where its letters are ours; ``form`` where
    they go as forms."""
    channel_received_at: Instant | None
    parent: RequestId | None
    held_by: PersonId | None
    opened_at: Instant
    changed_at: Instant
    ended_at: Instant | None
    due_clock: str
    due_strict: Instant | None
    due_latest: Instant | None
    due_by: Side | None = None
    """The side whose duty the clock is that matters now."""
    waits_for: Side | None = None
    """The side whose move it is."""
    unread_since: Instant | None = None
    """When the first letter came that no person here has opened."""
    joined_to: RequestId | None = None
    """The request that this one is: it came on another way as well."""

    @property
    def by_form(self) -> bool:
        """Whether the other side has no node: our letters go as forms, what it says is taken down."""
        return self.channel == BY_FORM

    @property
    def unknown_sender(self) -> bool:
        """Whether nobody here knows who sent it."""
        return self.counterpart == UNKNOWN

    @property
    def ours(self) -> bool:
        """Whether it is this node's move."""
        return self.waits_for is self.side


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchFilter:
    """What of the watch somebody wants to see; nothing left out when empty."""

    side: Side | None = None
    counterpart: str = ""
    instrument: str = ""
    state: str = ""
    held_by: str = ""
    """A person's id, or ``NOBODY``."""
    urgent: bool = False
    unread: bool = False
    ours: bool = False
    """Only where it is this node's move."""
    ended: bool = False


NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchPage:
    """A page of the watch: what is overdue apart, then what is due, then what has no clock."""

    overdue: tuple[RequestLine, ...]
    """The nearest to now, the earliest first."""
    overdue_more: bool
    lines: tuple[RequestLine, ...]
    after: str
    """Where the next page begins; empty at the end."""

    @property
    def all(self) -> tuple[RequestLine, ...]:
        """Every line, in order."""
        return (*self.overdue, *self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteView:
    """An internal note."""

    id: str
    person: PersonId
    words: str
    language: str
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOverView:
    """A request went from hand to hand."""

    given_by: PersonId
    before: PersonId | None
    to: PersonId
    words: str
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedViewLine:
    """A way of looking at the watch that its owner keeps under a name."""

    id: str
    name: str
    filters: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search found: requests, the newest first, each with a piece of the text around the words."""

    lines: tuple[RequestLine, ...]
    pieces: Mapping[RequestId, str]
    more: bool
    """Whether there is more than is listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """A request with its letters, and what they make of it."""

    line: RequestLine
    instrument: Instrument
    permits: Permits
    letters: tuple[Letter, ...]
    kept: tuple[KeptLetter, ...]
    """The same letters as the wire keeps them, with their receipts; those that were erased as well."""
    state: ThreadState
    steps: tuple[Letter | Step, ...]
    """All that the state is made of: letters, and steps that no letter carries."""
    taken_down: tuple[StepLine, ...] = ()
    """The steps that no letter carries, in the order in which they were written down."""

    @property
    def ask(self) -> Letter:
        """The letter that opened it; there is none where the ask was taken down."""
        return self.letters[0]

    @property
    def ask_step(self) -> StepLine | None:
        """The ask as it was taken down, where no letter of the wire opened the thread."""
        return next((each for each in self.taken_down if each.step.kind is LetterKind.ASK), None)

    @property
    def ask_body(self) -> Mapping[str, Json]:
        """What the ask says, by letter or as it was taken down; empty where it was erased."""
        step = self.ask_step
        if step is not None:
            return step.body
        return self.letters[0].body if self.letters else {}

    @property
    def head(self) -> str:
        """A hash that moves with everything that is said: of the last letter, or of all where not all are letters.

        What is taken down has the instant of its writing alone, and of one instant nothing is the last.
        """
        if not self.taken_down:
            return self.kept[-1].sha256 if self.kept else ""
        said = sorted([*(each.sha256 for each in self.kept), *(each.step.sha256 for each in self.taken_down)])
        return hashlib.sha256("".join(said).encode()).hexdigest()

    @property
    def said_last(self) -> str:
        """The hash of what came or left last; of one instant what was taken down, and what stands later on its side."""
        said = [(each.at, False, each.seq, each.sha256) for each in self.kept]
        said += [(each.recorded_at, True, each.step.seq, each.step.sha256) for each in self.taken_down]
        return max(said)[-1] if said else ""

    @property
    def ask_said(self) -> Ask:
        """What the ask says."""
        said = parse_body(LetterKind.ASK, dict(self.ask_body))
        if not isinstance(said, Ask):
            raise TypeError("a thread begins with its ask")
        return said


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A request at an instant: its thread, its clocks, and what may be written next."""

    thread: Thread
    reckoning: Reckoning
    elsewhere: ElsewhereView | None = None
    """Where it runs in another system: what is known of it there."""
    notification: NotificationView | None = None
    """Of an order of ours: the thread in which its enforcing authority was notified."""
    beside: Beside = NOTHING_BESIDE
    """What of it no letter of the wire carries."""
    call_back: CallBackView = NO_CALL_BACK
    """How it stands with its call-back, and what is said forged: of this house alone."""

    @property
    def at(self) -> Instant:
        """The instant."""
        return self.reckoning.at

    @property
    def clocks(self) -> tuple[ClockLine, ...]:
        """Every clock, in the order in which they were started."""
        return self.reckoning.clocks

    @property
    def nearest(self) -> ClockLine | None:
        """The clock that matters now."""
        return self.reckoning.nearest

    @property
    def line_is_down(self) -> bool:
        """Whether what the other side has sent cannot be known now."""
        return self.reckoning.line_is_down

    @property
    def may_write(self) -> tuple[LetterKind, ...]:
        """The kinds of letter that this node may write next.

        None where the request runs in another system, where its sender is not known, and where it is another one.
        What gives data is left out while a call-back stands against it.
        """
        line = self.thread.line
        if (line.channel and not line.by_form) or line.unknown_sender or line.joined_to:
            return ()
        kinds = kinds_to_write(self.thread.state, line.side, permits=self.thread.permits)
        return tuple(each for each in kinds if each not in self.barred)

    @property
    def barred(self) -> frozenset[LetterKind]:
        """Letters that the thread would take and this house does not write before it has called back."""
        return GIVES_DATA if self.call_back.standing.barred else frozenset()

    def may_take_down(self, side: Side) -> tuple[LetterKind, ...]:
        """The kinds of step of a side that may be taken down next: what no letter of ours says.

        Ours where the sender is not known, and then nothing that hands anything over.
        """
        line = self.thread.line
        if not line.channel or line.joined_to:
            return ()
        kinds = kinds_to_write(self.thread.state, side, permits=self.thread.permits)
        if side is not line.side or not line.by_form:
            return kinds
        return tuple(each for each in kinds if each not in GIVES_DATA) if line.unknown_sender else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftView:
    """A draft and who signed it."""

    id: str
    request: RequestId
    parent: RequestId | None
    content: Content
    written_by: PersonId
    written_at: Instant
    sign_offs: tuple[SignOff, ...]

    @property
    def signed(self) -> tuple[SignOff, ...]:
        """The sign-offs that count for the draft as it stands."""
        return good_ones(self.sign_offs, draft_sha256=self.content.sha256)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmLine:
    """Who was told of what, and when."""

    request: RequestId
    clock: str
    kind: str
    told: tuple[str, ...]
    choices: tuple[str, ...]
    line_down: bool
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class LookLine:
    """Who looked at a request, and why."""

    person: PersonId
    reason: str
    at: Instant


# --- Requests -----------------------------------------------------------------------------------


def watch(
    viewer: Actor, *, ended: bool = False, urgent: bool | None = None, state: str = "", most: int = 200
) -> list[RequestLine]:
    """Requests by time left, those without a clock after them; open ones unless ``ended``."""
    rights.check(viewer, Right.READ_REQUESTS)
    rows = seen_by(viewer).filter(ended_at__isnull=not ended)
    if urgent is not None:
        rows = rows.filter(urgent=urgent)
    if state:
        rows = rows.filter(state=state)
    ordered = rows.order_by(F("due_strict").asc(nulls_last=True), "opened_at", "id")
    return [_line(row) for row in ordered[:most]]


_PAGE = 50
_MOST_OVERDUE = 15


def watch_page(viewer: Actor, which: WatchFilter, *, at: Instant, after: str = "", size: int = _PAGE) -> WatchPage:
    """A page of the watch, by time left; the first also holds what is overdue. ``after`` is from the page before.

    One question for the overdue and one for a page (two where it holds the last clock), however many requests.
    """
    rights.check(viewer, Right.READ_REQUESTS)
    rows = _filtered(seen_by(viewer).filter(ended_at__isnull=not which.ended), which)
    if which.ended:
        lines, onward = _ended_page(rows, after, size)
        return WatchPage(overdue=(), overdue_more=False, lines=lines, after=onward)
    lines, onward = _due_page(rows, after or f"{text_exact(at)}|", size)
    overdue = (
        list(rows.filter(due_strict__lt=at).order_by("-due_strict", "-id")[: _MOST_OVERDUE + 1]) if not after else []
    )
    shown = tuple(_line(row) for row in reversed(overdue[:_MOST_OVERDUE]))
    return WatchPage(overdue=shown, overdue_more=len(overdue) > _MOST_OVERDUE, lines=lines, after=onward)


def overdue_page(viewer: Actor, which: WatchFilter, *, at: Instant, after: str = "", size: int = _PAGE) -> WatchPage:
    """What is overdue alone, the nearest to now first."""
    rights.check(viewer, Right.READ_REQUESTS)
    rows = _filtered(seen_by(viewer).filter(ended_at=None, due_strict__lt=at), which)
    last = _place(after)
    if last is not None:
        rows = rows.filter(Q(due_strict__lte=last[0]) & (Q(due_strict__lt=last[0]) | Q(id__lt=last[1])))
    found = list(rows.order_by("-due_strict", "-id")[: size + 1])
    lines = tuple(_line(row) for row in found[:size])
    return WatchPage(overdue=lines, overdue_more=False, lines=(), after=_onward(found, size))


def counterparts(viewer: Actor) -> list[MemberId]:
    """Everybody this node has or had a request with, by id; however many requests, it reads one row for each."""
    rights.check(viewer, Right.READ_REQUESTS)
    sight = sight_of(viewer)
    with connection.cursor() as cursor:
        cursor.execute(_COUNTERPARTS, {"desk": sight.desk, "reads": sorted(sight.reads)})
        return [MemberId(member) for (member,) in cursor.fetchall()]


_COUNTERPARTS = """
WITH RECURSIVE known (member) AS (
    SELECT min(counterpart) FROM requests_request
     WHERE NOT members_only AND %(desk)s OR dossier_id = ANY(%(reads)s::uuid[])
    UNION ALL
    SELECT (SELECT min(counterpart) FROM requests_request WHERE counterpart > known.member
               AND (NOT members_only AND %(desk)s OR dossier_id = ANY(%(reads)s::uuid[])))
      FROM known WHERE known.member IS NOT NULL
) SELECT member FROM known WHERE member IS NOT NULL
"""


def _filtered(rows: "QuerySet[Request]", which: WatchFilter) -> "QuerySet[Request]":
    plain_ones = {
        "side": which.side.value if which.side else "",
        "counterpart": which.counterpart,
        "instrument": which.instrument,
        "state": which.state,
    }
    rows = rows.filter(**{name: value for name, value in plain_ones.items() if value})
    if which.held_by:
        held = (
            {"case_holder": None}
            if which.held_by == NOBODY or not is_uuid(which.held_by)
            else {"case_holder": which.held_by}
        )
        rows = rows.filter(**held)
    if which.urgent:
        rows = rows.filter(urgent=True)
    if which.unread:
        rows = rows.filter(unread_since__isnull=False)
    if which.ours:
        rows = rows.filter(waits_for=F("side"))
    return rows


def _due_page(rows: "QuerySet[Request]", after: str, size: int) -> tuple[tuple[RequestLine, ...], str]:
    """Rows with a clock after a place, then those without one, by their id."""
    due, last = after.split("|", 1) if "|" in after else ("", after)
    found: list[Request] = []
    place = _place(after)
    if due and place is not None:
        later = Q(due_strict__gte=place[0])
        if last:
            later &= Q(due_strict__gt=place[0]) | Q(id__gt=last)
        found = list(rows.filter(later).order_by("due_strict", "id")[: size + 1])
    if len(found) <= size:
        others = rows.filter(due_strict=None).order_by("id")
        if not due and is_uuid(last):
            others = others.filter(id__gt=last)
        found += others[: size + 1 - len(found)]
    return tuple(_line(row) for row in found[:size]), _onward(found, size)


def _ended_page(rows: "QuerySet[Request]", after: str, size: int) -> tuple[tuple[RequestLine, ...], str]:
    place = _place(after)
    if place is not None:
        rows = rows.filter(Q(ended_at__lte=place[0]) & (Q(ended_at__lt=place[0]) | Q(id__lt=place[1])))
    found = list(rows.order_by("-ended_at", "-id")[: size + 1])
    last = found[size - 1] if len(found) > size else None
    onward = f"{text(last.ended_at)}|{last.id}" if last is not None and last.ended_at else ""
    return tuple(_line(row) for row in found[:size]), onward


def _onward(found: list[Request], size: int) -> str:
    if len(found) <= size:
        return ""
    last = found[size - 1]
    return f"{text_exact(last.due_strict)}|{last.id}" if last.due_strict else f"|{last.id}"


def _place(after: str) -> tuple[Instant, str] | None:
    """The instant and the id at which a page ended; nothing for what is no place."""
    due, _, last = after.partition("|")
    try:
        return parse(due), last if is_uuid(last) else ""
    except ValueError:
        return None


def text_exact(at: Instant) -> str:
    """An instant as a place between two pages: to the microsecond, as rows have it."""
    return at.isoformat()


# --- Search -------------------------------------------------------------------------------------

_MOST_FOUND = 50
_MOST_READ = 1000
"""So many rows of an index a search reads at most: a word that stands in half of all letters finds some of them."""


def search(viewer: Actor, words: str) -> Found:
    """Requests by their case reference, their letters and the notes on them; the newest first.

    Words are read by the dictionary of each text's language; in quotation marks they stand together, and ``-word`` must
    not be there. In a language without a dictionary a part of a word is enough.
    """
    rights.check(viewer, Right.READ_REQUESTS)
    asked = " ".join(words.replace("\0", " ").split())[:200]
    if not asked:
        return Found(lines=(), pieces={}, more=False)
    found = _requests_worded(asked)
    ids = {*_requests_referenced(asked), *(row for row, _ in found)}
    rows = seen_by(viewer).filter(id__in=ids).order_by(F("ended_at").desc(nulls_first=True), "-changed_at", "-id")
    lines = tuple(_line(row) for row in rows[: _MOST_FOUND + 1])
    pieces = {RequestId(str(row)): piece for row, piece in found}
    return Found(lines=lines[:_MOST_FOUND], pieces=pieces, more=len(lines) > _MOST_FOUND)


_PIECE = "StartSel=\ue000,StopSel=\ue001,MaxWords=24,MinWords=10,MaxFragments=1"


# Two functions of the database (migrations 0006, 0011) look into the indexes and show what who looks may see: behind a
# policy PostgreSQL would read every row instead (decision 0106). The index is asked in all languages at once; whether a
# text says it, its own dictionary decides.
def _requests_worded(asked: str) -> list[tuple[str, str]]:
    """Requests whose letters or notes hold the words, each with a piece of text; the words between two marks."""
    queries = " || ".join("websearch_to_tsquery(%s, %s)" for _ in all_dictionaries())
    given = [part for dictionary in all_dictionaries() for part in (dictionary, asked)]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('gin_fuzzy_search_limit', %s, true)", [str(_MOST_READ)])
        cursor.execute(
            f"SELECT request_id, piece FROM requests_worded({queries}, %s, %s, %s, %s, %s)",  # noqa: S608 - placeholders
            [*given, asked, _part(asked), _PIECE, _MOST_READ, _MOST_FOUND + 1],
        )
        return [(str(request), piece) for request, piece in cursor.fetchall()]


def _requests_referenced(asked: str) -> list[str]:
    """The newest requests whose case reference holds these characters."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT request_id FROM requests_referenced(%s, %s)", [_part(asked), _MOST_FOUND])
        return [str(request) for (request,) in cursor.fetchall()]


def _part(asked: str) -> str:
    return "%" + asked.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"


# --- One request --------------------------------------------------------------------------------


def line_for(viewer: Actor, request: str) -> RequestLine:
    """A request at a glance; raises ``UnknownRequestError``."""
    rights.check(viewer, Right.READ_REQUESTS)
    return _line(row_for(viewer, request))


def thread_for(viewer: Actor, request: str, *, lock: bool = False) -> Thread:
    """A request with its letters and state; with ``lock`` for an act that writes to it."""
    rights.check(viewer, Right.READ_REQUESTS)
    return thread_of(row_for(viewer, request, lock=lock))


def standing_for(viewer: Actor, request: str, *, at: Instant) -> Standing:
    """A request with its clocks as they stand at ``at``."""
    rights.check(viewer, Right.READ_REQUESTS)
    return standing_of(row_for(viewer, request), at=at)


def children_for(viewer: Actor, request: str) -> list[RequestLine]:
    """The requests that were made to carry this one out."""
    rights.check(viewer, Right.READ_REQUESTS)
    return [_line(row) for row in seen_by(viewer).filter(parent=row_for(viewer, request)).order_by("opened_at")]


def alarms_for(viewer: Actor, request: str | None = None) -> list[AlarmLine]:
    """What was told to whom, newest first; of one request or of all."""
    rights.check(viewer, Right.READ_REQUESTS)
    rows = Alarm.objects.filter(_in_sight(viewer, "request__")).order_by("-at", "-id")
    if request is not None:
        rows = rows.filter(request=row_for(viewer, request))
    return [
        AlarmLine(
            request=RequestId(str(row.request_id)),
            clock=row.clock,
            kind=row.kind,
            told=tuple(row.told),
            choices=tuple(row.choices),
            line_down=row.line_down,
            at=row.at,
        )
        for row in rows[:1000]
    ]


def looks_for(viewer: Actor, request: str) -> list[LookLine]:
    """Who looked at a request, when and why; newest first."""
    rights.check(viewer, Right.READ_REQUESTS)
    rows = Look.objects.filter(request=row_for(viewer, request)).order_by("-at", "-id")[:1000]
    return [LookLine(person=PersonId(str(row.person)), reason=row.reason, at=row.at) for row in rows]


def all_looks_for(viewer: Actor, *, since: Instant, until: Instant, dossier: str = "") -> list[LookedAt]:
    """Who looked at what from ``since`` on and before ``until``, oldest first: the day's list.

    The data protection officer gets all of it, the owner of a dossier what was looked at in it. Raises
    ``RightMissingError`` for who is neither, and ``UnknownDossierError``.
    """
    sight = sight_of(viewer)
    if not sight.owns:
        rights.check(viewer, Right.READ_LOOKS)
    others = dossiers.looks_for(viewer, since=since, until=until, dossier=dossier)
    rows = Look.objects.filter(at__gte=since, at__lt=until)
    if not sight.all_looks:
        rows = rows.filter(dossier_id__in=sight.owns)
    if dossier:
        rows = rows.filter(dossier_id=dossier)
    found = [
        LookedAt(
            person=PersonId(str(row.person)),
            what="request",
            thing=str(row.request_id),
            dossier=DossierId(str(row.dossier_id)) if row.dossier_id else None,
            reason=row.reason,
            derived=row.derived,
            at=row.at,
        )
        for row in rows
    ]
    return sorted([*others, *found], key=lambda each: each.at)


def notes_for(viewer: Actor, request: str) -> list[NoteView]:
    """The internal notes on a request, oldest first."""
    rights.check(viewer, Right.READ_REQUESTS)
    rows = Note.objects.filter(request=row_for(viewer, request)).order_by("at", "id")
    return [
        NoteView(id=str(row.id), person=PersonId(str(row.person)), words=row.words, language=row.language, at=row.at)
        for row in rows[:1000]
    ]


def hand_overs_for(viewer: Actor, request: str) -> list[HandOverView]:
    """In whose hands a request was, oldest first."""
    rights.check(viewer, Right.READ_REQUESTS)
    rows = HandOver.objects.filter(request=row_for(viewer, request)).order_by("at", "id")
    return [
        HandOverView(
            given_by=PersonId(str(row.given_by)),
            before=PersonId(str(row.before)) if row.before else None,
            to=PersonId(str(row.to)),
            words=row.words,
            at=row.at,
        )
        for row in rows[:1000]
    ]


def views_for(viewer: Actor) -> list[SavedViewLine]:
    """The saved views of who looks, by name."""
    rows = SavedView.objects.filter(person=viewer.person).order_by("name") if viewer.person else []
    return [SavedViewLine(id=str(row.id), name=row.name, filters=row.filters) for row in rows]


def drafts_of(viewer: Actor, request: str) -> list[DraftView]:
    """Open drafts that are made to carry a request out."""
    rights.check(viewer, Right.READ_REQUESTS)
    rows = (
        drafts_seen_by(viewer)
        .filter(parent=row_for(viewer, request), sent_at=None, discarded_at=None)
        .order_by("-written_at")
    )
    return [_draft(row) for row in rows.prefetch_related("sign_offs")]


def release_draft_for(viewer: Actor, request: str) -> str:
    """The id of the release that waits for a decision, or ``""``."""
    rights.check(viewer, Right.READ_REQUESTS)
    row = ReleaseDraft.objects.filter(request=row_for(viewer, request), decision="").first()
    return str(row.id) if row else ""


def elsewhere_for(viewer: Actor, request: str) -> ElsewhereView:
    """A request that runs in another system, with its export; by its own id or by that of its draft.

    Raises ``UnknownRequestError`` where there is none.
    """
    rights.check(viewer, Right.READ_REQUESTS)
    if not is_uuid(request):
        raise UnknownRequestError(request=request)
    found = Q(request=request) | Q(draft=request)
    export = ChannelExport.objects.filter(found, request__in=seen_by(viewer)).first()
    if export is None:
        raise UnknownRequestError(request=request)
    return view_of_export(export, step_lines(export.request))


def overlaps_for(viewer: Actor, request: str) -> list[RequestLine]:
    """Other requests at this desk about the same person, newest first, whoever asked: for the one who is asked alone.

    Nothing at the side that asked (there a draft tells, of its own office's requests). Whether to tell either asker is
    for a person to decide; nothing here goes out.
    """
    rights.check(viewer, Right.READ_REQUESTS)
    row = row_for(viewer, request)
    if row.side != Side.ASKED.value:
        return []
    same = Subject.objects.filter(request=row).values("sha256")
    others = seen_by(viewer).filter(subjects__sha256__in=same, side=Side.ASKED.value).exclude(id=row.id).distinct()
    return [_line(each) for each in others.order_by("-opened_at", "id")[:_MOST_OVERLAPS_SHOWN]]


def overlapping(viewer: Actor, lines: Sequence[RequestLine]) -> dict[RequestId, int]:
    """For requests of a list that this node is asked: how many others here are about the same person, where any are."""
    rights.check(viewer, Right.READ_REQUESTS)
    asked = [each.id for each in lines if each.side is Side.ASKED]
    mine = Subject.objects.filter(request__id__in=asked).values_list("request", "sha256")
    theirs = seen_by(viewer).filter(side=Side.ASKED.value)
    holders = Subject.objects.filter(sha256__in={sha256 for _, sha256 in mine}, request__in=theirs)
    by_subject: dict[str, set[str]] = defaultdict(set)
    for holder, sha256 in holders.values_list("request", "sha256"):
        by_subject[sha256].add(str(holder))
    found: dict[str, set[str]] = defaultdict(set)
    for request, sha256 in mine:
        found[str(request)] |= by_subject[sha256] - {str(request)}
    return {RequestId(request): len(others) for request, others in found.items() if others}


def notification_for(viewer: Actor, request: str) -> NotificationView | None:
    """The notification of an order that this node issued, and what it brought; nothing where none was sent."""
    rights.check(viewer, Right.READ_REQUESTS)
    row = row_for(viewer, request)
    return notification_of(row, thread_of(row).state) if row.side == Side.ASKER.value else None


def word_for(viewer: Actor, request: str) -> Body | None:
    """The letter that would tell an order's addressee what its notified authority said; nothing once that is done.

    A person writes it (``acts.notify.tell_addressee``), or does not.
    """
    found = notification_for(viewer, request)
    return None if found is None else found.word


def notification_missing(viewer: Actor, request: str) -> bool:
    """Whether an order of this node says that an authority is notified, and none was yet (2023/1543, Art. 8(1))."""
    rights.check(viewer, Right.READ_REQUESTS)
    row = row_for(viewer, request)
    if row.side != Side.ASKER.value or row.channel or instrument(row.instrument).notification is None:
        return False
    draft = Draft.objects.filter(request=row.id).first()
    wanted = draft is not None and draft.content["form"].get("notification") == "notified"
    return wanted and notification_row(row) is None


def parts_for(letter: Letter) -> dict[str, dict[str, Json]]:
    """What the sealed parts of a letter to this node say, by name: a notified authority's own part of an order.

    Each is checked against its commitment. A part that is sealed to nobody here, or not at all, is left out.
    """
    if letter.addressee != this_node().member:
        return {}
    keys = own_opening_keys()
    return {part.name: open_part(part, keys=keys).content for part in letter.parts if part.sealed is not None}


def follow_ups_of(row: Request) -> list[RequestId]:
    """Open requests with the same side that name this one as an earlier request: what follows a preservation."""
    later = Request.objects.filter(earlier__contains=[str(row.id)], counterpart=row.counterpart, side=row.side)
    open_ones = later.filter(ended_at=None).exclude(id=row.id).order_by("opened_at", "id")
    return [RequestId(str(each)) for each in open_ones.values_list("id", flat=True)]


def in_dossier(viewer: Actor, dossier: str) -> list[RequestLine]:
    """The requests that lie in a dossier, the newest first; raises ``UnknownDossierError``."""
    rights.check(viewer, Right.READ_REQUESTS)
    rows = seen_by(viewer).filter(dossier_id=dossiers.read_whole(viewer, dossier).id).order_by("-opened_at", "id")
    return [_line(row) for row in rows]


def drafts_in_dossier(viewer: Actor, dossier: str) -> list[DraftView]:
    """The open drafts that lie in a dossier, the newest first; raises ``UnknownDossierError``."""
    rights.check(viewer, Right.READ_REQUESTS)
    rows = drafts_seen_by(viewer).filter(dossier_id=dossiers.read_whole(viewer, dossier).id)
    open_ones = rows.filter(sent_at=None, discarded_at=None).order_by("-written_at")
    return [_draft(row) for row in open_ones.prefetch_related("sign_offs")]


def seen_by(viewer: Actor) -> "QuerySet[Request]":
    """The rows that somebody may see, if he may read requests. For this package's own acts."""
    return Request.objects.filter(_in_sight(viewer))


def drafts_seen_by(viewer: Actor) -> "QuerySet[Draft]":
    """The drafts that somebody may see, if he may read requests. For this package's own acts."""
    return Draft.objects.filter(_in_sight(viewer))


def _in_sight(viewer: Actor, prefix: str = "") -> Q:
    return dossiers.lies_in_sight(sight_of(viewer), prefix=prefix)


def row_to_change(viewer: Actor, request: str) -> Request:
    """The row of a request, locked, for somebody who may change what lies in its dossier.

    Raises ``UnknownRequestError`` and ``DossierCapacityError``. For this package's own acts.
    """
    row = row_for(viewer, request, lock=True)
    _check_works_in(viewer, row)
    return row


def is_held_by(request: str, person: Actor) -> bool:
    """Whether somebody has a request in his hands."""
    return seen_by(person).filter(id=request, case_holder=person.person).exists()


def dossier_of(request: str) -> DossierId | None:
    """The dossier in which a request lies, of what was found for the viewer before."""
    found = Request.objects.filter(id=request).values_list("dossier", flat=True).first()
    return DossierId(str(found)) if found else None


def any_in_sight(viewer: Actor, requests: Iterable[str]) -> bool:
    """Whether the viewer may see one of these requests at least, if he may read requests."""
    return seen_by(viewer).filter(id__in=list(requests)).exists()


def check_may_change(viewer: Actor, request: str) -> None:
    """Raise ``UnknownRequestError`` or ``DossierCapacityError`` unless the viewer may change what lies with a request.

    For what hangs on requests in packages above: evidence.
    """
    _check_works_in(viewer, row_for(viewer, request))


def _check_works_in(viewer: Actor, row: "Request | Draft") -> None:
    if row.dossier_id is not None:
        dossiers.check_works_in(viewer, DossierId(str(row.dossier_id)), members_only=row.members_only)


def row_for(viewer: Actor, request: str, *, lock: bool = False) -> Request:
    """The row of a request that the viewer may see; raises ``UnknownRequestError``. For this package's own acts."""
    rows = seen_by(viewer).select_for_update(of=("self",)) if lock else seen_by(viewer)
    row = rows.filter(id=request).first() if is_uuid(request) else None
    if row is None:
        raise UnknownRequestError(request=request)
    return row


@cache
def permits_under(instrument_id: str) -> Permits:
    """What a shipped instrument permits; raises ``UnknownInstrumentError``."""
    return permits_of(instrument(instrument_id))


def tombstones_of(row: Request) -> list[Step]:
    """The steps that a request's erased letters were; most requests have none."""
    if row.erased_at is None:
        return []
    return [parse_tombstone(step) for step in row.tombstones.order_by("sha256").values_list("step", flat=True)]


def thread_of(row: Request) -> Thread:
    """A row's request with its letters and what they make of it."""
    return _thread(row, steps_elsewhere(row))


def _thread(row: Request, elsewhere: Sequence[tuple[Step, Instant | None]]) -> Thread:
    law, permits = instrument(row.instrument), permits_under(row.instrument)
    kept = tuple(each for each in wire.kept_letters(RequestId(str(row.id))) if each.set_aside is None)
    letters = tuple(each.letter for each in kept if each.letter is not None)
    steps: tuple[Letter | Step, ...] = (*letters, *tombstones_of(row), *(step for step, _ in elsewhere))
    return Thread(
        line=_line(row),
        instrument=law,
        permits=permits,
        letters=letters,
        kept=kept,
        state=state_of(steps, permits=permits),
        steps=steps,
        taken_down=step_lines(row),
    )


def standing_of(row: Request, *, at: Instant) -> Standing:
    """A row's request with its clocks as they stand at ``at``."""
    elsewhere = steps_elsewhere(row)
    thread = _thread(row, elsewhere)
    reckoning = reckoning_of(
        thread.state,
        _received(thread.kept) | received_beside(row, thread.steps, elsewhere),
        side=thread.line.side,
        permits=thread.permits,
        around=Backdrop(since=row.opened_at, at=at).around(thread.state, row),
        at=at,
    )
    return Standing(
        thread=thread,
        reckoning=reckoning,
        elsewhere=elsewhere_of(row, thread.taken_down),
        notification=notification_of(row, thread.state) if row.side == Side.ASKER.value else None,
        beside=beside(row, thread.taken_down),
        call_back=called_back(row, thread.ask_body, supplements_in(thread), at=at),
    )


def supplements_in(thread: Thread) -> list[Mapping[str, Json]]:
    """What the asking side's supplements say, by letter or as they were taken down."""
    by_letter = [each.body for each in thread.letters if each.kind is LetterKind.SUPPLEMENT]
    return [*by_letter, *(each.body for each in thread.taken_down if each.step.kind is LetterKind.SUPPLEMENT)]


def received_beside(
    row: Request, steps: Iterable[Letter | Step], elsewhere: Sequence[tuple[Step, Instant | None]]
) -> dict[str, Instant]:
    """When what no receipt of the wire tells of was received: steps that were taken down, letters that went as forms.

    ``elsewhere`` are the former among all ``steps``. For this package's own acts.
    """
    if not elsewhere and row.channel != BY_FORM:
        return {}
    ours = [step_of(each) if isinstance(each, Letter) else each for each in steps]
    mine = [each for each in ours if each.sender == this_node().member]
    return received_elsewhere(elsewhere) | received_of_ours(row, mine, elsewhere)


def orders_told_of(notifications: Iterable[RequestId]) -> set[RequestId]:
    """The orders that these notifications tell of, at the side that issued them."""
    found = Request.objects.filter(id__in=list(notifications)).exclude(parent=None).values_list("parent", flat=True)
    return {RequestId(str(each)) for each in found}


def rows_of(requests: Iterable[RequestId]) -> dict[RequestId, Request]:
    """The rows of requests that are known here, locked in one order for all. For this package's own acts."""
    return {RequestId(str(row.id)): row for row in locked_requests(requests)}


def _received(letters: Iterable[KeptLetter]) -> dict[str, Instant]:
    """When each letter was stored by its addressee, by the letter's hash: ours by its receipt, theirs by our row."""
    found: dict[str, Instant] = {}
    for kept in letters:
        stored = next((each.at for each in kept.receipts if each.stage is Stage.STORED), None)
        if not kept.sent:
            found[kept.sha256] = stored or kept.at
        elif stored is not None:
            found[kept.sha256] = stored
    return found


def _with_notification(around: Surroundings, row: Request, state: ThreadState) -> Surroundings:
    """The surroundings with what a notified authority does to an order's clocks; in its own thread, with its own."""
    law = instrument(row.instrument)
    if law.notifies_of is not None:
        return replace(around, clock_named=law.clock)
    found = notification_of(row, state) if row.side == Side.ASKER.value else None
    if found is None:
        return around
    return replace(around, confirmed=confirmed_by(law, found.answer), stopped=stopped_by(law, found.answer))


class Backdrop:
    """What the clocks of requests opened at or after ``since`` hang on beside letters and receipts, up to ``at``.

    Places, national law and cut lines are read once, when they are first asked for, and are the same for all requests
    of the one act or look that a backdrop is made for. It must not outlive its transaction.
    """

    def __init__(self, *, since: Instant, at: Instant) -> None:
        self._since, self._at = since, at
        self._shift = at - peers.machine_instant(at)
        self._places: dict[MemberId, Place | None] = {}
        self._outages: dict[MemberId, Outage | None] = {}
        self._surroundings: dict[tuple[MemberId, MemberId, tuple[Interval, ...]], Surroundings] = {}

    def around(self, state: ThreadState, row: Request) -> Surroundings:
        """The surroundings of the request that ``row`` is, whose letters make ``state``."""
        if state.asker is None or state.asked is None:
            return Surroundings(places={})
        line_down = () if row.channel else self._line_down(MemberId(row.counterpart), since=row.opened_at)
        return _with_notification(self._between(state.asker, state.asked, line_down), row, state)

    def _between(self, asker: MemberId, asked: MemberId, line_down: tuple[Interval, ...]) -> Surroundings:
        """The surroundings of all requests between these two whose line was cut in these times."""
        known = asker, asked, line_down
        if known not in self._surroundings:
            sides = {Side.ASKER: self._place(asker), Side.ASKED: self._place(asked)}
            self._surroundings[known] = Surroundings(
                places={side: place for side, place in sides.items() if place is not None},
                line_down=line_down,
                national=self._national,
            )
        return self._surroundings[known]

    def _place(self, member: MemberId) -> Place | None:
        if member not in self._places:
            self._places[member] = place_of_member(member)
        return self._places[member]

    @cached_property
    def _tables(self) -> Tables:
        return directory.national_tables()

    def _national(self, clock: ClockId, country: str) -> NationalLimit | None:
        table = self._tables.get(StateCode(country))
        return table.limits.get(clock) if table else None

    def _line_down(self, peer: MemberId, *, since: Instant) -> tuple[Interval, ...]:
        """When the line to ``peer`` was cut, as attempts of both sides prove; in the clock of the request."""
        if peer not in self._outages:
            begin, end = self._since - self._shift, self._at - self._shift
            self._outages[peer] = wire.proved_outage(peer, since=begin, until=end)
        known = self._outages[peer]
        cut = known.since(since - self._shift) if known else None
        if cut is None or not cut.proved_by_both:
            return ()
        begin = min([each.at for each in cut.ours] + [each.since for each in cut.theirs])
        end = max([each.at for each in cut.ours] + [each.until for each in cut.theirs])
        return (Interval(begin + self._shift, end + self._shift),)


def line_of(row: Request) -> RequestLine:
    """A row as others may see it. For this package's own reads."""
    return _line(row)


def _line(row: Request) -> RequestLine:
    return RequestLine(
        id=RequestId(str(row.id)),
        side=Side(row.side),
        counterpart=MemberId(row.counterpart),
        instrument=InstrumentId(row.instrument),
        state=EXPORTED if row.channel not in ("", BY_FORM) and row.channel_received_at is None else row.state,
        urgent=row.urgent,
        exercise=row.exercise,
        case_reference=row.case_reference,
        channel=row.channel,
        channel_received_at=row.channel_received_at,
        parent=RequestId(str(row.parent_id)) if row.parent_id else None,
        held_by=PersonId(str(row.case_holder)) if row.case_holder else None,
        opened_at=row.opened_at,
        changed_at=row.changed_at,
        ended_at=row.ended_at,
        due_clock=row.due_clock,
        due_strict=row.due_strict,
        due_latest=row.due_latest,
        due_by=Side(row.due_by) if row.due_by else None,
        waits_for=Side(row.waits_for) if row.waits_for else None,
        unread_since=row.unread_since,
        joined_to=RequestId(str(row.joined_to_id)) if row.joined_to_id else None,
    )


# --- What has ended -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedRequest:
    """A request that has ended, and all that hangs on it with it."""

    id: RequestId
    instrument: InstrumentId
    side: Side
    ended_at: Instant
    """When the last of them ended."""
    erased_at: Instant | None


def ended_requests(*, until: Instant) -> Iterator[EndedRequest]:
    """What of requests is left to be erased, of those that ended by ``until``; for the node's own rule of retention.

    A request has not ended while one that was made to carry it out is open, or one that names it as an earlier one,
    or while a letter of it has not reached the other side.
    """
    rows = Request.objects.filter(Q(erased_at=None) | Q(came_later=True), ended_at__lte=until)
    for row in rows.order_by("ended_at", "id").iterator(chunk_size=500):
        ended = ended_request(row)
        if ended is not None and ended.ended_at <= until:
            yield ended


def ended_request(row: Request) -> EndedRequest | None:
    """A row's request as one that has ended; nothing while it, or what hangs on it, is open, or a letter waits."""
    hanging = Request.objects.filter(Q(parent=row) | Q(joined_to=row) | Q(earlier__contains=[str(row.id)]))
    ends = [row.ended_at, *hanging.values_list("ended_at", flat=True)]
    known = [each for each in ends if each is not None]
    if len(known) < len(ends) or wire.letters_wait(RequestId(str(row.id))):
        return None
    return EndedRequest(
        id=RequestId(str(row.id)),
        instrument=InstrumentId(row.instrument),
        side=Side(row.side),
        ended_at=max(known),
        erased_at=None if row.came_later else row.erased_at,
    )


def lines_among(viewer: Actor, requests: Iterable[str]) -> dict[RequestId, RequestLine]:
    """Those of these requests that somebody may see, at a glance, by one question."""
    rights.check(viewer, Right.READ_REQUESTS)
    return {RequestId(str(row.id)): _line(row) for row in seen_by(viewer).filter(id__in=set(filter(is_uuid, requests)))}


def seen_among(viewer: Actor, requests: Iterable[str]) -> set[RequestId]:
    """Those of these requests that somebody may see."""
    rights.check(viewer, Right.READ_REQUESTS)
    rows = seen_by(viewer).filter(id__in=list(requests))
    return {RequestId(str(request)) for request in rows.values_list("id", flat=True)}


def not_erased(requests: Iterable[str]) -> set[RequestId]:
    """Those of these requests that are here and were not erased."""
    rows = Request.objects.filter(Q(erased_at=None) | Q(came_later=True), id__in=list(requests))
    return {RequestId(str(request)) for request in rows.values_list("id", flat=True)}


# --- Drafts -------------------------------------------------------------------------------------


def drafts_for(viewer: Actor) -> list[DraftView]:
    """Open drafts, newest first."""
    rights.check(viewer, Right.READ_REQUESTS)
    rows = drafts_seen_by(viewer).filter(sent_at=None, discarded_at=None).order_by("-written_at")
    return [_draft(row) for row in rows.prefetch_related("sign_offs")[:200]]


def draft_for(viewer: Actor, draft: str) -> DraftView:
    """An open draft; raises ``UnknownDraftError``."""
    rights.check(viewer, Right.READ_REQUESTS)
    return _draft(draft_row(viewer, draft))


def draft_to_change(viewer: Actor, draft: str) -> Draft:
    """The row of an open draft, locked, for somebody who may change what lies in its dossier.

    Raises ``UnknownDraftError`` and ``DossierCapacityError``. For this package's own acts.
    """
    row = draft_row(viewer, draft, lock=True)
    _check_works_in(viewer, row)
    return row


def draft_row(viewer: Actor, draft: str, *, lock: bool = False) -> Draft:
    """The row of an open draft that the viewer may see; raises ``UnknownDraftError``. For this package's own acts."""
    rows = drafts_seen_by(viewer).select_for_update(of=("self",)) if lock else drafts_seen_by(viewer)
    row = rows.filter(id=draft, sent_at=None, discarded_at=None).first() if is_uuid(draft) else None
    if row is None:
        raise UnknownDraftError(draft=draft)
    return row


def view_of_draft(row: Draft) -> DraftView:
    """A draft's row as others may see it."""
    return _draft(row)


def faults_of_draft(draft: DraftView, *, at: Instant, viewer: Actor | None = None) -> list[Fault]:
    """What the receiving side's rules say of a draft: every fault with its rule and its cure.

    That no letters go to its addressee is a warning: it may go as a form, or by another system. For a ``viewer`` with a
    warning for each request of this office, among those that he may see, that asked for the
    data of the same person already. Raises ``OwnCardMissingError``.
    """
    own = own_party()
    try:
        recipient = counterpart_of(draft.content.to)
    except RuleError as error:
        return [_addressee_unknown(draft, str(error)), *_overlaps(draft, viewer)]
    found = _checked(draft, own, recipient.party, at=at)
    if recipient.known is not KnownBy.CARD:
        found.append(_addressee_unknown(draft, recipient.why_not).warns())
    if not draft.content.case_reference.strip():
        found.append(fault("case_reference", _PROTOCOL, FaultCode.FIELD_MISSING, label="The reference of the case"))
    return [*found, *_overlaps(draft, viewer)]


_PROTOCOL = "protocol, letter of kind ask"
_DIRECTORY = "directory: letters go to members whose card is trusted"
EXPORTED = "exported"
"""The state of a request that was written out for another system, which is not known to have it."""
_DOUBLE_WORK = "your office's own requests"
_MOST_OVERLAPS_SHOWN = 50
_MOST_OVERLAPS = 5


def _addressee_unknown(draft: DraftView, reason: str) -> Fault:
    return fault("to", _DIRECTORY, FaultCode.ADDRESSEE_UNKNOWN, member=draft.content.to, reason=reason)


def _overlaps(draft: DraftView, viewer: Actor | None) -> list[Fault]:
    """A warning for each earlier ask about the same person, newest first; nothing for who may not see requests."""
    if viewer is None or Right.READ_REQUESTS not in rights.rights_of(viewer.roles):
        return []
    law = instrument(draft.content.instrument)
    subjects = subjects_of(law.form, draft.content.form)
    rows = seen_by(viewer).filter(subjects__sha256__in=subjects, side=Side.ASKER.value).distinct()
    return [
        fault(
            "identifiers",
            _DOUBLE_WORK,
            FaultCode.ALREADY_ASKED,
            day=row.opened_at.date().isoformat(),
            request=str(row.id),
            member=row.counterpart,
            state=row.state,
        ).warns()
        for row in rows.exclude(id__in=draft.content.earlier).order_by("-opened_at")[:_MOST_OVERLAPS]
    ]


def _checked(draft: DraftView, own: Party, recipient: Party, *, at: Instant) -> list[Fault]:
    content, law = draft.content, instrument(draft.content.instrument)
    kept = fields_kept_from_addressee(law)
    return draft_check.faults(
        draft_check.Draft(
            instrument=law.id,
            form={name: value for name, value in content.form.items() if name not in kept},
            for_authority={name: value for name, value in content.form.items() if name in kept},
            sign_offs=(*_signed_as(draft.signed), *_desk(law)),
            channel=content.channel,
            channel_ground="" if content.other_way is None else content.other_way.ground,
            overrides={each.rule: each.reason for each in content.overrides},
        ),
        sender=own,
        recipient=recipient,
        instrument=law,
        national=directory.national_tables(),
        at=at,
    )


def _desk(law: Instrument) -> tuple[draft_check.SignOff, ...]:
    """What is not coercive the contact point itself may send: its desk signs by sending."""
    return () if law.coercive else (draft_check.SignOff(function=Function.CONTACT_POINT, name=this_node().member),)


def _signed_as(signed: Iterable[SignOff]) -> Iterable[draft_check.SignOff]:
    """The sign-offs as the law counts them; one by somebody without an office that it knows is worth nothing."""
    known = {function.value for function in Function}
    return (
        draft_check.SignOff(function=Function(each.function), validates=each.validates, name=each.name)
        for each in signed
        if each.function in known
    )


def _draft(row: Draft) -> DraftView:
    return DraftView(
        id=str(row.id),
        request=RequestId(str(row.request)),
        parent=RequestId(str(row.parent_id)) if row.parent_id else None,
        content=read_content(row.content),
        written_by=PersonId(str(row.written_by)),
        written_at=row.written_at,
        sign_offs=_sign_offs(row.sign_offs.all()),
    )


def _sign_offs(rows: Iterable[StoredSignOff]) -> tuple[SignOff, ...]:
    return tuple(
        SignOff(
            id=str(row.id),
            person=PersonId(str(row.person)),
            name=row.name,
            function=row.function,
            validates=row.validates,
            at=row.at,
            draft_sha256=row.draft_sha256,
            document_sha256=row.document_sha256,
            confirmed_by=PersonId(str(row.confirmed_by)) if row.confirmed_by else None,
        )
        for row in sorted(rows, key=lambda each: each.at)
    )


# --- Parties ------------------------------------------------------------------------------------


def own_party() -> Party:
    """What this node is as an end of a request; raises ``OwnCardMissingError`` before it has signed a card."""
    signed = directory.own_card()
    if signed is None:
        raise OwnCardMissingError(member=this_node().member)
    return party_of(signed.card)
