"""What comes in: letters of threads, receipts of ours. Called by ``wire`` inside the transaction that stores them.

All of a batch at once: rows are locked, letters read, requests reckoned and rows written in a number of statements that
does not grow with the batch (decision 0045).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from tocsin.base.ids import RequestId
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.journal.entries import Entry
from tocsin.law.instrument import notifications
from tocsin.law.provisions import Side
from tocsin.law.vocabulary import LetterKind
from tocsin.requests import reads
from tocsin.requests.acts.erase import note_late_letter
from tocsin.requests.acts.renew import copy, keep_all_clocks, renew_all, subjects_in
from tocsin.requests.acts.words import keep_words
from tocsin.requests.beside import steps_elsewhere
from tocsin.requests.entries import RequestOpened
from tocsin.requests.models import Draft, Request, add_requests, add_subjects
from tocsin.requests.rules.letters import Ask, Body, parse_body
from tocsin.requests.rules.marks import Urgency
from tocsin.requests.rules.reckoning import Reckoning, reckoning_of
from tocsin.requests.rules.steps import Step, step_of, step_saying
from tocsin.requests.rules.thread import ThreadState, state_of, state_with
from tocsin.wire import reads as wire
from tocsin.wire.handlers import ReturnedLetter
from tocsin.wire.rules.letter import Letter
from tocsin.wire.rules.receipt import Receipt, Stage


def receive(letters: Sequence[Letter], at: Instant) -> Sequence[Entry]:
    """Take letters into their threads; raises a ``PeerError`` for the first that may not be in its thread.

    The first letter of a thread opens a request here. Letters that cross or come late are taken as the rules say. What
    a notified authority answers moves the clocks of the order as well, whose row is locked and renewed with the others.
    """
    ids = {letter.thread for letter in letters}
    told = {letter.thread for letter in letters if letter.instrument in notifications()}
    orders = reads.orders_told_of(told) if told else set()
    threads = _threads(ids | orders, but=[letter.sha256 for letter in letters])
    for letter in letters:
        _take(letter, threads[letter.thread], at=at)
    return _keep(threads.values(), at=at)


def note_receipts(receipts: Sequence[tuple[RequestId, Receipt]], at: Instant) -> Sequence[Entry]:
    """Receipts for letters of ours came: clocks that start when those letters were stored start now.

    ``wire`` stores their rows after this, with their places in the journal, so they are looked at beside the rows. What
    is not of the stage *stored* moves no clock.
    """
    stored = [(thread, receipt) for thread, receipt in receipts if receipt.stage is Stage.STORED]
    threads = _threads({thread for thread, _ in stored}) if stored else {}
    for thread, receipt in stored:
        threads[thread].stored[receipt.letter_sha256] = receipt.at
    _keep([each for each in threads.values() if each.row is not None], at=_reached(stored, at))
    return ()


def _reached(stored: Sequence[tuple[RequestId, Receipt]], at: Instant) -> Instant:
    """When all of these receipts had been given: an act begins before the answer comes that it waits for.

    Reckoned at its beginning, a letter would not have arrived yet, and nothing would look at the request again. A clock
    of the other side that is far ahead moves nothing.
    """
    given = (receipt.at for _, receipt in stored if receipt.at <= at + _AHEAD)
    return max([at, *given])


_AHEAD = timedelta(minutes=10)


def take_back(letters: Sequence[ReturnedLetter], at: Instant) -> Sequence[Entry]:
    """Letters that were lost with a restored backup came back: requests are again what their letters make of them.

    Nothing is judged: each was lawful when it was written, or taken in. What no letter says (who had the request, whom
    it was made for, notes, alarms) comes from the draft where that is still there, and else is gone.
    """
    threads = _threads({one.letter.thread for one in letters}, but=[one.letter.sha256 for one in letters])
    drafts = {str(draft.request): draft for draft in Draft.objects.filter(request__in=list(threads))}
    for one in sorted(letters, key=lambda one: one.letter.kind is not LetterKind.ASK):  # an ask tells most of a request
        _take_back(one, threads[one.letter.thread], drafts.get(one.letter.thread))
    entries = _keep(threads.values(), at=at)
    for request, draft in drafts.items():
        if threads[RequestId(request)].opened is not None:
            Request.objects.filter(id=request).update(dossier=draft.dossier_id, members_only=draft.members_only)
    Draft.objects.filter(request__in=list(drafts), sent_at=None).update(sent_at=at)
    return entries


# --- One thread of a batch ----------------------------------------------------------------------


@dataclass(slots=True, kw_only=True)
class _Thread:
    """A thread while a batch is taken in: what is here, and what came."""

    row: Request | None
    steps: list[Step] = field(default_factory=list)
    stored: dict[str, Instant] = field(default_factory=dict)
    """When each letter was stored by its addressee, by the letter's hash."""
    state: ThreadState | None = None
    came: list[Letter] = field(default_factory=list)
    """The letters of this batch."""
    opened: RequestOpened | None = None
    subjects: list[tuple[object, str]] = field(default_factory=list)


def _threads(ids: Iterable[RequestId], *, but: Sequence[str] = ()) -> Mapping[RequestId, _Thread]:
    """The threads as they stand here, without the letters hashed ``but``; their requests' rows locked."""
    rows = reads.rows_of(ids)
    threads = {thread: _Thread(row=rows.get(thread)) for thread in ids}
    for thread, row in rows.items():
        threads[thread].steps += reads.tombstones_of(row)
    for thread, letters in wire.counted_letters(ids, but=but).items():
        for counted in letters:
            threads[thread].steps.append(step_of(counted.letter))
            if counted.stored is not None:
                threads[thread].stored[counted.letter.sha256] = counted.stored
    for thread, row in rows.items():
        elsewhere = steps_elsewhere(row)
        threads[thread].steps += [step for step, _ in elsewhere]
        threads[thread].stored |= reads.received_beside(row, threads[thread].steps, elsewhere)
    return threads


def _take(letter: Letter, thread: _Thread, *, at: Instant) -> None:
    body = parse_body(letter.kind, letter.body)
    step = step_saying(letter, body)
    thread.state = state_with(thread.steps, step, permits=reads.permits_under(letter.instrument))
    thread.steps.append(step)
    thread.stored[letter.sha256] = at
    if thread.row is None:
        _open(thread, letter, body, at=at)
    if thread.row is not None and letter.sender == thread.row.counterpart:
        thread.row.unread_since = thread.row.unread_since or at
    thread.came.append(letter)
    note_late_letter(thread.row)


def _take_back(returned: ReturnedLetter, thread: _Thread, draft: Draft | None) -> None:
    letter = returned.letter
    thread.steps.append(step_of(letter))
    if returned.stored is not None:
        thread.stored[letter.sha256] = returned.stored
    if thread.row is None:
        row, opened = _open(thread, letter, parse_body(letter.kind, letter.body), at=returned.stored or letter.written)
        if draft is not None:
            row.parent_id, row.case_holder = draft.parent_id, draft.written_by
            thread.opened = replace(opened, parent=str(draft.parent_id or ""))
    thread.came.append(letter)


def _open(thread: _Thread, letter: Letter, body: Body, *, at: Instant) -> tuple[Request, RequestOpened]:
    """Begin a request with the first of its letters that is here, of the other side or, when it came back, of ours."""
    ask = body if isinstance(body, Ask) else None
    ours = letter.sender == this_node().member
    asked = (letter.kind is LetterKind.ASK) != ours
    thread.row = row = Request(
        id=letter.thread,
        side=Side.ASKED.value if asked else Side.ASKER.value,
        counterpart=letter.addressee if ours else letter.sender,
        instrument=letter.instrument,
        case_reference=ask.case_reference if ask else "",
        earlier=list(ask.earlier) if ask else [],
        urgent=ask is not None and ask.urgency is not Urgency.ORDINARY,
        exercise=this_node().exercise,
        opened_at=at,
        changed_at=at,
        state="asked",
    )
    thread.subjects = subjects_in(row, ask.form) if ask is not None else []
    thread.opened = opened = RequestOpened(
        request=letter.thread,
        side=row.side,
        counterpart=row.counterpart,
        instrument=letter.instrument,
        parent="",
        validation_follows=ask is not None and ask.validation_follows,
    )
    return row, opened


def _keep(threads: Iterable[_Thread], *, at: Instant) -> list[Entry]:
    """Write down what the threads come to; what to record of it."""
    known = [(each, each.row) for each in threads if each.row is not None]
    if not known:
        return []
    backdrop = reads.Backdrop(since=min(row.opened_at for _, row in known), at=at)
    fresh: list[tuple[Request, Reckoning]] = []
    there: list[tuple[Request, Reckoning]] = []
    for thread, row in known:
        (fresh if thread.opened else there).append((row, _reckoned(thread, row, backdrop, at=at)))
    _add(fresh)
    renew_all(there)
    add_subjects([subject for thread, _ in known for subject in thread.subjects])
    keep_words(
        [letter for thread, _ in known for letter in thread.came],
        begun=[RequestId(str(row.id)) for thread, row in known if thread.opened],
    )
    return [thread.opened for thread, _ in known if thread.opened is not None]


def _reckoned(thread: _Thread, row: Request, backdrop: reads.Backdrop, *, at: Instant) -> Reckoning:
    permits = reads.permits_under(row.instrument)
    state = thread.state or state_of(thread.steps, permits=permits)
    around = backdrop.around(state, row)
    return reckoning_of(state, thread.stored, side=Side(row.side), permits=permits, around=around, at=at)


def _add(fresh: Sequence[tuple[Request, Reckoning]]) -> None:
    for row, reckoning in fresh:
        copy(row, reckoning)
    add_requests([row for row, _ in fresh])
    keep_all_clocks(fresh)
