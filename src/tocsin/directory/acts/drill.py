"""Drills: one member calls another, and a person there answers. The reaction time is the caller's to measure.

A call and an answer are signed and go straight to the other node. What could not be delivered is tried again by
``post_drills``; a call that reached nobody shows as not answered, which is what it is.
"""

from hashlib import sha256

from django.db import transaction

from tocsin.base import instant
from tocsin.base.actor import Actor
from tocsin.base.errors import PeerError, ProofError, RuleError
from tocsin.base.ids import MemberId, new_uuid
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.directory import reads
from tocsin.directory.acts.connect import exchange, pinned_client
from tocsin.directory.acts.rows import check_may
from tocsin.directory.entries import DrillAnswered, DrillCalled, DrillTaken
from tocsin.directory.errors import DrillRefusedError, PersonNeededError
from tocsin.directory.models import Drill
from tocsin.directory.rules import signed
from tocsin.directory.rules.card import CardKind, Use
from tocsin.directory.rules.life import (
    CALL_LASTS,
    CALLED_EVERY,
    CLOCK_SLACK,
    LIMIT,
    DrillAnswer,
    DrillCall,
    claim_answer,
    claim_call,
    sign_answer,
    sign_call,
)
from tocsin.directory.rules.sight import Contact
from tocsin.directory.rules.signed import Claim
from tocsin.directory.rules.trust import TrustedCard
from tocsin.journal.acts import record
from tocsin.people.rules.rights import Right

DRILLS, ANSWERS = "/directory/drills", "/directory/drills/answers"
MOST_WAITING = 3
"""How many calls of one member may wait here, so that nobody fills a desk with drills."""
_TAKEN = 200


# --- The caller ---------------------------------------------------------------------------------


def call_drill(member: MemberId, *, by: Actor, at: Instant) -> str:
    """Call ``member`` to see how soon a person answers; the drill's id. Raises what ``card_of`` raises."""
    drill = _called(member, by=by, at=at)
    post_drills()
    return drill


def _called(member: MemberId, *, by: Actor, at: Instant) -> str:
    """A call that waits to be delivered; its id."""
    check_may(by, Right.CONFIRM_CARD)
    reads.card_of(member)
    call = DrillCall(id=new_uuid(), sender=this_node().member, addressee=member, at=_now())
    jws = sign_call(call, key=this_node().keys.signing)
    with transaction.atomic():
        Drill.objects.create(id=call.id, member=member, ours=True, call=jws, called=call.at)
        record(DrillCalled(drill=call.id, member=member), by=by, at=at)
    return call.id


def call_all(*, by: Actor, at: Instant, post: bool = True) -> list[str]:
    """Call every contact point that lets letters in, now; the drills' ids.

    Without ``post`` the calls leave with the worker's next round, for somebody who cannot wait for all lines.
    """
    called = [_called(contact.member, by=by, at=at) for contact in _reachable()]
    if post:
        post_drills()
    return called


def call_those_due(*, at: Instant) -> list[str]:
    """The monthly drill, by the node itself: call every contact point that was not called for 30 days."""
    before = instant.true_now() - CALLED_EVERY
    due = [each.member for each in _reachable() if (each.drill.called if each.drill else each.met) < before]
    return [call_drill(member, by=Actor.node(this_node().member), at=at) for member in due]


def _reachable() -> list[Contact]:
    """Every contact point whose letters pass, but the hub, which has no desk, and this node."""
    own = this_node().member
    return [
        contact
        for contact in reads.points()
        if contact.in_force and contact.member != own and contact.shown.card.kind is not CardKind.HUB
    ]


def take_answer(content: bytes, *, at: Instant) -> None:
    """Take in the answer to a call of ours: its signature, its caller, and that it is to this very call.

    The same answer again has no effect. Raises ``DrillRefusedError``, ``SignedFormError``,
    ``SignatureWrongError``, and what ``card_of`` raises.
    """
    jws = content.decode("ascii", errors="replace")
    claim, answer = claim_answer(jws)
    _verify(claim, reads.card_of(answer.sender), made=answer.at)
    when = instant.true_now()
    with transaction.atomic():
        row = Drill.objects.select_for_update().filter(id=answer.id, ours=True, member=answer.sender).first()
        if row is None or answer.addressee != this_node().member:
            raise DrillRefusedError(rule="this node has made no such call")
        if answer.call_sha256 != _hex(row.call):
            raise DrillRefusedError(rule="it answers another call")
        if row.answered is not None:
            return
        row.answer, row.answered = jws, when
        row.answered_name, row.answered_role = answer.by_name, answer.by_role
        row.save()
        _record_answer(row, by=Actor.node(this_node().member), at=at)


# --- The member that is called ------------------------------------------------------------------


def take_call(content: bytes, *, at: Instant) -> str:
    """Take in another member's call; it waits for a person. The same call again has no effect.

    Raises ``DrillRefusedError``, ``SignedFormError``, ``SignatureWrongError``, and what ``card_of`` raises.
    """
    jws = content.decode("ascii", errors="replace")
    claim, call = claim_call(jws)
    _verify(claim, reads.card_of(call.sender), made=call.at)
    when = instant.true_now()
    if call.addressee != this_node().member:
        raise DrillRefusedError(rule=f"it calls {call.addressee}")
    if not when - CALL_LASTS < call.at <= when + CLOCK_SLACK:
        raise DrillRefusedError(rule=f"it was made at {instant.text(call.at)}, which is too long ago or to come")
    with transaction.atomic():
        others = Drill.objects.filter(member=call.sender, ours=False, answered=None).exclude(id=call.id)
        if others.filter(called__gt=when - CALL_LASTS).count() >= MOST_WAITING:
            raise DrillRefusedError(rule=f"{MOST_WAITING} calls of {call.sender} are waiting already")
        row, made = Drill.objects.get_or_create(
            id=call.id, defaults={"member": call.sender, "ours": False, "call": jws, "called": when}
        )
        if made:
            record(DrillTaken(drill=call.id, member=call.sender), by=Actor.node(this_node().member), at=at)
        elif row.ours or row.call != jws:
            raise DrillRefusedError(rule="another call has this id")
    return call.id


def answer_drill(drill: str, *, by: Actor, at: Instant) -> None:
    """A person on duty answers a call that waits. Answering again has no effect.

    Raises ``PersonNeededError`` when no person acts, ``DrillRefusedError`` when no such call waits.
    """
    check_may(by, Right.CONFIRM_CARD)
    if not by.person:
        raise PersonNeededError
    with transaction.atomic():
        row = Drill.objects.select_for_update().filter(id=drill, ours=False).first()
        if row is None:
            raise DrillRefusedError(rule="no such call waits here")
        if row.answered is None:
            answer = _answer_to(row, by=by)
            row.answer = sign_answer(answer, key=this_node().keys.signing)
            row.answered, row.answered_name, row.answered_role = answer.at, answer.by_name, answer.by_role
            row.sent = False
            row.save()
            _record_answer(row, by=by, at=at)
    post_drills()


# --- Both ---------------------------------------------------------------------------------------


def post_drills() -> int:
    """Deliver calls and answers that wait; how many are still waiting. A call that is too old is given up."""
    since = instant.true_now() - CALL_LASTS
    calls = Drill.objects.filter(ours=True, sent=False, answered=None, called__gt=since)
    answers = Drill.objects.filter(ours=False, sent=False, called__gt=since).exclude(answer="")
    waiting = [*((row, DRILLS, row.call) for row in calls), *((row, ANSWERS, row.answer) for row in answers)]
    return sum(not _delivered(row, path, jws) for row, path, jws in waiting)


def _delivered(row: Drill, path: str, jws: str) -> bool:
    try:
        card = reads.card_of(MemberId(row.member)).card
        client = pinned_client(card.endpoint, tls=card.tls, private_allowed=this_node().private_endpoints)
        answer = exchange(client, "POST", path, content=jws.encode("ascii"), limit=LIMIT)
    except (RuleError, PeerError, ProofError):
        return False
    if answer.status != _TAKEN:
        return False
    Drill.objects.filter(pk=row.pk).update(sent=True)
    return True


def _verify(claim: Claim, trusted: TrustedCard, *, made: Instant) -> None:
    signed.verified(claim, public=trusted.key(claim.kid, use=Use.SIGN, at=made).raw)


def _answer_to(row: Drill, *, by: Actor) -> DrillAnswer:
    return DrillAnswer(
        id=str(row.id),
        sender=this_node().member,
        addressee=MemberId(row.member),
        call_sha256=_hex(row.call),
        at=_now(),
        by_name=by.name,
        by_role=min(by.roles, default="person"),
    )


def _record_answer(row: Drill, *, by: Actor, at: Instant) -> None:
    seconds = round((row.answered - row.called).total_seconds()) if row.answered else 0
    entry = DrillAnswered(
        drill=str(row.id), member=row.member, ours=row.ours, seconds=seconds, answer_sha256=_hex(row.answer)
    )
    record(entry, by=by, at=at)


def _now() -> Instant:
    return instant.parse(instant.text(instant.true_now()))


def _hex(jws: str) -> str:
    return sha256(jws.encode("ascii")).hexdigest()
