"""Taking in a request that no node sent: it came by mail, by upload, on paper, by telephone or in another system.

This node is asked, and its clocks run from the receipt on that way, by the same engine as for a letter. Its ask is a
step that was taken down (``rules.elsewhere``), its counterpart a member that is known, one known by hearsay, or
``unknown``: then nothing is handed over, whoever asks the acts, until a person puts a known member in his place.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.ids import InstrumentId, MemberId, RequestId, new_uuid
from tocsin.base.instant import Instant, text
from tocsin.base.this_node import this_node
from tocsin.journal import acts as journal
from tocsin.law.instrument import instrument
from tocsin.law.provisions import Instrument, Side
from tocsin.law.treaty import states
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.proof.canonical import Json, canonical
from tocsin.proof.errors import CanonicalError
from tocsin.requests import reads
from tocsin.requests.acts.brought import keep_file
from tocsin.requests.acts.elsewhere import keep_step
from tocsin.requests.acts.persons import check_person
from tocsin.requests.acts.renew import renew, subjects_in
from tocsin.requests.acts.send import Between, asked_in, opened_entry
from tocsin.requests.counterparts import counterpart_of, unknown_sender
from tocsin.requests.entries import PutInDossier, RequestJoined, RequestTakenIn, SenderIdentified
from tocsin.requests.errors import JoinError, SenderKnownError, TakeInFaultsError
from tocsin.requests.models import Arrival, Request, StepElsewhere, add_subjects, keep_wordings
from tocsin.requests.reads import Standing
from tocsin.requests.rules.elsewhere import Said, known_as
from tocsin.requests.rules.letters import Ask, body_payload, faults_of
from tocsin.requests.rules.marks import Urgency
from tocsin.requests.rules.steps import parse_tombstone, tombstone
from tocsin.requests.rules.ways import (
    BY_FORM,
    TAKEN_IN,
    UNKNOWN,
    Brought,
    Checked,
    Way,
    check_line,
    check_received,
    check_words,
)
from tocsin.requests.rules.wording import MOST, dictionary_of, words_of

_MOST_REASON = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenIn:
    """What is known of a request that came on another way."""

    way: Way
    received_at: Instant
    """On that way: the clocks run from there."""
    instrument: InstrumentId
    sender: MemberId = UNKNOWN
    """A member that is known, or known by hearsay; ``unknown`` else."""
    country: str = ""
    """Of a sender who is not known, as it stands there: two letters."""
    sender_name: str = ""
    sender_address: str = ""
    checked: Checked = Checked.NOT
    checked_words: str = ""
    case_reference: str = ""
    form: Mapping[str, Json] = field(default_factory=dict)
    """What of the instrument's form could be read out of it; a form is never complete here, and what is missing is
    asked for by a query."""
    words: str = ""
    """What it says, in its own words and language."""
    language: str = "en"
    file: Brought | None = None


def take_in(came: TakenIn, *, by: Actor, at: Instant) -> Standing:
    """Open a request that came on another way than the wire; who takes it in has it.

    Raises ``ElsewhereFieldError`` and ``TakeInFaultsError`` naming the field, ``UnknownInstrumentError``,
    ``UnknownMemberError`` for a member on no list of this house, ``SenderKnownError`` for ourselves.
    """
    rights.check(by, Right.ANSWER)
    check_person(by, kind="ask")
    law = instrument(came.instrument)
    _check(came, law, at=at)
    between = _between(came, law)
    ask = _ask(came, law, between, at=at)
    with transaction.atomic():
        row = _opened(came, ask, by=by, at=at)
        kept = keep_file(row, came.file, at=at) if came.file else None
        said = Said(
            body=ask,
            side=Side.ASKER,
            way=came.way,
            at=came.received_at,
            said_by=came.sender_name,
            file_sha256=kept.sha256 if kept else None,
        )
        step = keep_step(row, said, after=None, kept=kept, by=by, at=at)
        arrival = Arrival.objects.create(
            id=new_uuid(),
            request=row,
            way=came.way.value,
            received_at=came.received_at,
            sender_name=came.sender_name,
            sender_address=came.sender_address,
            country=between.sender.state,
            checked=came.checked.value,
            checked_words=came.checked_words,
            words=came.words,
            language=came.language,
            file=kept,
            recorded_at=at,
            recorded_by=by.person,
        )
        add_subjects(subjects_in(row, came.form))
        _keep_words(row, came, ask, sha256=step.sha256)
        told = RequestTakenIn(
            request=str(row.id),
            arrival=str(arrival.id),
            way=came.way.value,
            received_at=text(came.received_at),
            checked=came.checked.value,
            counterpart=row.counterpart,
            step_sha256=step.sha256,
            file_sha256=kept.sha256 if kept else "",
        )
        journal.record_all([opened_entry(row, ask), told], by=by, at=at)
        return renew(row, at=at)


def identify_sender(
    request: str, member: MemberId, *, checked: Checked, reason: str, by: Actor, at: Instant
) -> Standing:
    """Put a known member in the place of a sender who was not known; how that was found out is said.

    What was taken down stays, hash for hash: only whose it is becomes known. Raises ``SenderKnownError`` when he is
    known already, when the member is this node or another State's than the instrument allows, or when nothing was
    checked; ``UnknownMemberError``.
    """
    rights.check(by, Right.ANSWER)
    check_person(by, kind="sender")
    check_words("reason", reason, needed=True)
    if checked is Checked.NOT:
        raise SenderKnownError(rule="say how it was checked who he is")
    if len(reason) > _MOST_REASON:
        raise SenderKnownError(rule=f"the reason has at most {_MOST_REASON} characters")
    with transaction.atomic():
        row = reads.row_to_change(by, request)
        if row.counterpart != UNKNOWN:
            raise SenderKnownError(rule=f"it is {row.counterpart}")
        known = _known(member, instrument(row.instrument))
        row.counterpart = member
        row.save(update_fields=["counterpart"])
        for each in StepElsewhere.objects.select_for_update(of=("self",)).filter(request=row):
            each.step = tombstone(known_as(parse_tombstone(each.step), member, before=UNKNOWN))
            each.save(update_fields=["step"])
        Arrival.objects.filter(request=row).update(
            checked=checked.value, checked_words=reason, country=known.sender.state
        )
        told = SenderIdentified(request=str(row.id), counterpart=member, checked=checked.value, reason=reason)
        journal.record(told, by=by, at=at)
        return renew(row, at=at)


def join(request: str, other: str, *, reason: str, by: Actor, at: Instant) -> Standing:
    """Say that ``other``, which was taken in, is ``request``: both ways on which it came stay, and one goes on.

    The other lies from then on where the request lies. Where the request came on another way than the wire as well, its
    clocks run from the earliest receipt; where a letter of the other side opened it, from that letter, as the other
    side's do. Raises ``JoinError`` and ``UnknownRequestError``: both have to be the joiner's to see and to change.
    """
    rights.check(by, Right.ANSWER)
    check_person(by, kind="join")
    check_words("reason", reason, needed=True)
    with transaction.atomic():
        first, second = (reads.row_to_change(by, each) for each in sorted((request, other)))
        row, same = (first, second) if str(first.id) == request else (second, first)
        _check_joins(row, same)
        same.joined_to = row
        entries: list[RequestJoined | PutInDossier] = [
            RequestJoined(request=str(row.id), other=str(same.id), reason=reason)
        ]
        if same.dossier_id != row.dossier_id and row.dossier_id is not None:
            same.dossier_id, same.members_only = row.dossier_id, row.members_only
            entries.append(
                PutInDossier(what="request", id=str(same.id), dossier=str(row.dossier_id), reason=reason[:_MOST_REASON])
            )
        same.save(update_fields=["joined_to", "dossier", "members_only"])
        journal.record_all(entries, by=by, at=at)
        renew(same, at=at)
        return renew(row, at=at)


# --- What is checked ------------------------------------------------------------------------------


def _check(came: TakenIn, law: Instrument, *, at: Instant) -> None:
    if came.way not in TAKEN_IN:
        raise TakeInFaultsError(field="way", rule=f"one of {', '.join(TAKEN_IN)}")
    if law.notifies_of is not None:
        raise TakeInFaultsError(field="instrument", rule="it goes with an order, and never by itself")
    check_received(came.received_at, since=None, at=at)
    for name in ("sender_name", "sender_address", "case_reference"):
        check_line(name, getattr(came, name))
    for name in ("words", "checked_words"):
        check_words(name, getattr(came, name))
    if len(came.checked_words) > _MOST_REASON:
        raise TakeInFaultsError(field="checked_words", rule=f"at most {_MOST_REASON} characters")
    if came.sender != UNKNOWN and came.checked is Checked.NOT:
        raise TakeInFaultsError(
            field="checked", rule="say how it was checked that it is from this member, or leave it unknown"
        )
    if came.sender == UNKNOWN and came.country not in states():
        raise TakeInFaultsError(field="country", rule="the State from which it says to come, in two letters")
    named = {each.id for each in law.form.fields}
    for name in sorted(set(came.form) - named):
        raise TakeInFaultsError(field=name, rule=f"not a field of {law.id}")


def _between(came: TakenIn, law: Instrument) -> Between:
    if came.sender == UNKNOWN:
        return Between(sender=unknown_sender(law, came.country), recipient=reads.own_party())
    return _known(came.sender, law)


def _known(member: MemberId, law: Instrument) -> Between:
    """Between a member and this node; whether the instrument fits them is for a person to say in the answer."""
    if member in (this_node().member, UNKNOWN):
        raise SenderKnownError(rule="name a member of the directory or of the list")
    sender = counterpart_of(member).party
    if sender.kind is not law.parties.sender:
        raise SenderKnownError(rule=f"under {law.id} a {law.parties.sender} asks, and {member} is a {sender.kind}")
    return Between(sender=sender, recipient=reads.own_party())


def _ask(came: TakenIn, law: Instrument, between: Between, *, at: Instant) -> Ask:
    """What was taken down as an ask; raises ``TakeInFaultsError`` with the first thing that no ask can say."""
    try:
        asked = asked_in(law, came.form, between, at=at)
        ask = replace(asked, form=dict(came.form), case_reference=came.case_reference)
        body = body_payload(ask)
        canonical(body)
        faults = faults_of(ask.kind, body)
    except (ValueError, CanonicalError) as fault:
        raise TakeInFaultsError(field="form", rule=str(fault)) from None
    for each in faults:
        raise TakeInFaultsError(field=each.field, rule=each.rule)
    return ask


def _check_joins(row: Request, same: Request) -> None:
    if row.id == same.id:
        raise JoinError(rule="it is the same one")
    if row.joined_to_id is not None or same.joined_to_id is not None:
        raise JoinError(rule="one of them is joined already")
    if row.side != Side.ASKED.value or same.side != Side.ASKED.value:
        raise JoinError(rule="only what this node is asked comes on several ways")
    if same.channel != BY_FORM:
        raise JoinError(rule="the one that goes on is that of the wire: join the other to it")
    if row.instrument != same.instrument:
        raise JoinError(rule=f"one is under {row.instrument}, the other under {same.instrument}")
    if same.counterpart not in (row.counterpart, UNKNOWN):
        raise JoinError(rule=f"one is from {row.counterpart}, the other from {same.counterpart}")
    if reads.thread_of(same).letters or StepElsewhere.objects.filter(request=same).count() > 1:
        raise JoinError(rule="something was said in the other already; join this one to it")
    if same.dossier_id is not None and same.dossier_id != row.dossier_id:
        raise JoinError(rule="the other lies in a dossier in which this one does not lie")


# --- Rows ---------------------------------------------------------------------------------------


def _opened(came: TakenIn, ask: Ask, *, by: Actor, at: Instant) -> Request:
    row = Request(
        id=RequestId(new_uuid()),
        side=Side.ASKED.value,
        counterpart=came.sender,
        instrument=came.instrument,
        case_reference=came.case_reference,
        urgent=ask.urgency is not Urgency.ORDINARY,
        exercise=this_node().exercise,
        case_holder=by.person,
        channel=BY_FORM,
        opened_at=at,
        changed_at=at,
        state="asked",
    )
    row.save(force_insert=True)
    return row


def _keep_words(row: Request, came: TakenIn, ask: Ask, *, sha256: str) -> None:
    """What it says in its own words is found, and what was read out of it into the form."""
    said = "\n".join(each for each in (words_of(body_payload(ask)), came.words) if each)[:MOST]
    if said:
        keep_wordings([(str(row.id), sha256, said, dictionary_of(came.language))])
