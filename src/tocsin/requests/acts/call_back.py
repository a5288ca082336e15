"""Calling back in an emergency: what was said is written down, a second person confirms it, or it is gone without.

Every act here is of the side that is asked. It changes no thread; what the other side is to know of it goes to it as a
notice outside the thread (``tocsin.notices``), and the heads of this house are called by the rota.
"""

from datetime import timedelta
from hashlib import sha256

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.errors import RuleError
from tocsin.base.ids import DossierId, MemberId, RequestId, is_uuid, new_uuid
from tocsin.base.instant import Instant, text
from tocsin.directory import reads as directory
from tocsin.dossiers import reads as dossiers
from tocsin.duty import reads as duty
from tocsin.duty.rules.rota import CHIEF, on_duty
from tocsin.journal import acts as journal
from tocsin.journal.entries import Entry
from tocsin.law.provisions import Side
from tocsin.notices.acts.issue import tell_call_back
from tocsin.notices.rules.notice import CallBackWord, Said
from tocsin.people.rules import four_eyes, rights
from tocsin.people.rules.rights import Right
from tocsin.requests import reads
from tocsin.requests.acts.persons import check_person
from tocsin.requests.called_back import CallBackView, called_back
from tocsin.requests.counterparts import counterpart_of
from tocsin.requests.entries import CallBackConfirmed, CallBackRecorded, HeadsTold, WentWithoutCallBack
from tocsin.requests.errors import CallBackNotNeededError, GoWithoutError, UnknownCallBackError
from tocsin.requests.models import Alarm, CallBack, Request, WithoutCallBack
from tocsin.requests.reads import Thread
from tocsin.requests.rules.alarms import CHIEF as CHIEF_ROLE
from tocsin.requests.rules.call_back import SENTENCES, CallState, Outcome, check_call, check_reason
from tocsin.requests.rules.ways import UNKNOWN

_AN_INSTANT = timedelta(microseconds=1)
_TOLD = {
    Outcome.DENIED: Said.DENIED,
    Outcome.NO_ANSWER: Said.UNANSWERED,
}


def record_call_back(
    request: str,
    *,
    number_from_card: str,
    answered_by: str,
    words: str,
    outcome: Outcome,
    by: Actor,
    at: Instant,
    claimed: MemberId | None = None,
) -> str:
    """Write down that the authority of an emergency was called back, and what came of it; the call-back's id.

    ``claimed`` is the member that a sender whom nobody knows claims to be: its number in the directory is called.

    ``confirmed`` counts once a second person has confirmed it (``confirm_call_back``). ``denied`` counts at once:
    nothing is given, and the other side and the heads are told. So they are when nobody answers, the first time.
    Raises ``CallBackFieldError`` for another number than the directory's or an answer of the one who signed, and
    ``CallBackNotNeededError`` for a request that is no emergency or has nobody who could be called.
    """
    rights.check(by, Right.ANSWER)
    check_person(by, kind="call-back")
    with transaction.atomic():
        row, thread, before = _emergency(request, by=by, at=at)
        check_call(
            number=number_from_card,
            of_directory=number_of(_to_call(row, claimed)),
            answered_by=answered_by,
            signed_by=signed_by(thread),
            words=words,
            outcome=outcome,
        )
        call = CallBack.objects.create(
            id=new_uuid(),
            request=row,
            number=number_from_card[:60],
            answered_by=answered_by.strip() if outcome is not Outcome.NO_ANSWER else "",
            words=words,
            outcome=outcome.value,
            by=by.person,
            by_name=by.name,
            at=at,
        )
        told = CallBackRecorded(
            request=str(row.id),
            call_back=str(call.id),
            number=call.number,
            answered_by=call.answered_by,
            outcome=call.outcome,
            words_sha256=sha256(words.encode()).hexdigest(),
        )
        journal.record(told, by=by, at=at)
        first = not any(each.outcome is outcome for each in before.calls)
        if outcome in _TOLD and (first or outcome is Outcome.DENIED):
            _tell_both(row, thread, _TOLD[outcome], by=by, at=at)
    return str(call.id)


def confirm_call_back(call_back: str, *, by: Actor, at: Instant) -> None:
    """Confirm, as a second person of this side, that the authority was called and said that it asked.

    Said once: again it changes nothing. Raises ``UnknownCallBackError`` and ``OwnConfirmationError``.
    """
    _check_second(by)
    with transaction.atomic():
        call = CallBack.objects.filter(id=call_back).first() if is_uuid(call_back) else None
        if call is None or call.outcome != Outcome.CONFIRMED:
            raise UnknownCallBackError(call_back=call_back[:64])
        reads.row_to_change(by, str(call.request_id))
        call = CallBack.objects.select_for_update().get(id=call_back)
        four_eyes.check_second_person(entered_by=str(call.by), confirms=by.person, name=by.name)
        if call.confirmed_by is not None:
            return
        call.confirmed_by, call.confirmed_name, call.confirmed_at = by.person, by.name, at
        call.save(update_fields=["confirmed_by", "confirmed_name", "confirmed_at"])
        told = CallBackConfirmed(request=str(call.request_id), call_back=str(call.id))
        journal.record(told, by=by, at=at)


def go_without_call_back(request: str, *, reason: str, by: Actor, at: Instant) -> None:
    """Decide to give the data although nobody answered: a life is at risk, and the set minutes are over.

    Both heads are told at once. Decided once. Raises ``GoWithoutError`` before that or where no life is at risk,
    ``CallBackFieldError`` without a reason in writing, ``CallBackNotNeededError``.
    """
    rights.check(by, Right.ANSWER)
    check_person(by, kind="call-back")
    check_reason(reason)
    with transaction.atomic():
        row, thread, before = _emergency(request, by=by, at=at)
        standing = before.standing
        if standing.state is CallState.WITHOUT:
            return
        if standing.state is not CallState.MAY_GO_WITHOUT:
            raise GoWithoutError(rule=_why_not(before))
        tried = min(each.at for each in before.calls if each.outcome is Outcome.NO_ANSWER)
        WithoutCallBack.objects.create(
            request=row, reason=reason.strip(), tried_since=tried, by=by.person, by_name=by.name, at=at
        )
        told = WentWithoutCallBack(request=str(row.id), reason=reason.strip(), tried_since=text(tried))
        journal.record(told, by=by, at=at)
        _tell_both(row, thread, Said.DISCLOSED, by=by, at=at)


def heard_of_call_back(word: CallBackWord, at: Instant) -> list[Entry]:
    """Another member tells what became of its call-back to us: our heads are called. Called by ``notices``.

    A request that is not known here came in our name all the same: then somebody has a key of ours, and the word is
    shown without a request.
    """
    row = Request.objects.select_for_update(of=("self",)).filter(id=word.thread, side=Side.ASKER.value).first()
    if row is None or row.counterpart != word.sender:
        return []
    return [call_heads(row, f"heard-{word.said.value}", at=at)]


def call_heads(row: Request, what: str, *, at: Instant) -> HeadsTold:
    """Call whoever is chief now, and leave it on the timeline; what to record of it.

    Where nobody is on the rota the chief is named by his place; of what lies in a dossier of its members alone those
    who work in it are called (decision 0105).
    """
    told = _heads(row, at=at)
    Alarm.objects.get_or_create(
        request=row, key=f"{what}:{text(at)}", kind=f"call-back-{what}"[:40], defaults={"told": told, "at": at}
    )
    return HeadsTold(request=str(row.id), what=what, told=tuple(told))


def number_of(member: MemberId) -> str:
    """The telephone number of an authority as this house knew it before: by its card, or from a list; else nothing."""
    try:
        return counterpart_of(member).phone
    except RuleError:
        return ""


def signed_by(thread: Thread) -> str:
    """Who signed the ask, as the sender's node claims, or as it stands in what was taken in."""
    step = thread.ask_step
    if step is not None:
        return step.said_by
    return thread.letters[0].by.name if thread.letters else ""


def _to_call(row: Request, claimed: MemberId | None) -> MemberId:
    """Whom the call-back goes to: a known sender is called himself, whatever he claims to be."""
    return claimed if claimed and row.counterpart == UNKNOWN else MemberId(row.counterpart)


def _heads(row: Request, *, at: Instant) -> list[str]:
    if row.members_only:
        return [*dossiers.to_call(DossierId(str(row.dossier_id)), at=at)]
    turns = on_duty(duty.turns(since=at, until=at + _AN_INSTANT), at=at)
    return list(dict.fromkeys(turn.person for turn in turns[CHIEF])) or [CHIEF_ROLE]


def _emergency(request: str, *, by: Actor, at: Instant) -> tuple[Request, Thread, CallBackView]:
    row = reads.row_to_change(by, request)
    if row.side != Side.ASKED.value:
        raise CallBackNotNeededError(rule="this side asked")
    thread = reads.thread_of(row)
    found = called_back(row, thread.ask_body, reads.supplements_in(thread), at=at)
    if found.standing.emergency is None:
        raise CallBackNotNeededError(rule="the request pleads no emergency")
    return row, thread, found


def _tell_both(row: Request, thread: Thread, said: Said, *, by: Actor, at: Instant) -> None:
    """Tell the heads of this house, and the other side where letters go to it."""
    journal.record(call_heads(row, said.value, at=at), by=by, at=at)
    member = MemberId(row.counterpart)
    try:
        directory.card_of(member)
    except RuleError:
        return  # nobody is known whose node could be told; who was called knows
    sha = thread.ask_step.step.sha256 if thread.ask_step else thread.letters[0].sha256
    tell_call_back(RequestId(str(row.id)), ask_sha256=sha, to=member, said=said, by=by, at=at)


def _why_not(view: CallBackView) -> str:
    standing = view.standing
    if standing.state is CallState.UNANSWERED and standing.may_go_without_from is not None:
        return f"somebody has to be tried for {view.minutes} minutes, until {text(standing.may_go_without_from)}"
    if standing.state is CallState.UNANSWERED:
        return "the request does not plead that a life is at risk"
    return SENTENCES[standing.state]


def _check_second(by: Actor) -> None:
    """A second person who reads requests and acts for this house; raises ``RightMissingError``."""
    rights.check(by, Right.READ_REQUESTS)
    if not {Right.ANSWER, Right.SEND, Right.SIGN_OFF} & rights.rights_of(by.roles):
        rights.check(by, Right.ANSWER)
    check_person(by, kind="confirmation")
