"""Telling others outside any thread: warn of a forgery, withdraw the warning, tell what became of a call-back.

Each is a person's act. It signs once, puts a row in the outbox for every member that is to hear of it, and is recorded
in one transaction; ``acts.deliver`` carries it.
"""

from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction

from tocsin.base import instant, jose
from tocsin.base.actor import Actor
from tocsin.base.ids import MemberId, RequestId, new_uuid
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.directory import reads as directory
from tocsin.journal import acts as journal
from tocsin.notices import jobs, reads
from tocsin.notices.entries import NoticeIssued
from tocsin.notices.errors import (
    FeaturesFaultyError,
    NotOurWarningError,
    OfficeNumberError,
    PersonNeededError,
)
from tocsin.notices.models import OutgoingNotice, StoredNotice, StoredTrait
from tocsin.notices.rules.features import Features, features_payload, normal_phone, read_features, traits_of
from tocsin.notices.rules.limits import HOUR, check_issued
from tocsin.notices.rules.notice import (
    MOST_DAYS,
    USUAL_DAYS,
    WARNS,
    CallBackWord,
    Notice,
    Said,
    Warned,
    Why,
    Withdrawn,
    sign_notice,
)
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.wire import locks, peers

_ROLES = ("duty-officer", "case-officer", "issuing-authority")


def warn(features: Features, *, by: Actor, at: Instant, days: int = USUAL_DAYS) -> str:
    """Warn every member of a forgery by its features; the warning's id.

    Whoever calls this has made sure that two persons say it is one (``requests.acts.forgery``). Raises
    ``FeaturesFaultyError`` with every fault, ``OfficeNumberError`` for the number of a member's card,
    ``TooManyWarningsError``, and ``PersonNeededError`` for the node itself.
    """
    _check_may(by)
    check_features(features)
    now = instant.as_told(peers.machine_instant(at))
    warned = Warned(
        id=new_uuid(),
        sender=this_node().member,
        issued=now,
        until=now + timedelta(days=max(1, min(days, MOST_DAYS))),
        exercise=this_node().exercise,
        role=_role(by),
        features=features,
    )
    with transaction.atomic():
        locks.hold("warn")
        check_issued(StoredNotice.objects.filter(ours=True, kind="warning", version=WARNS, at__gt=now - HOUR).count())
        row = _issue(warned, to=everybody(), by=by, at=at)
        StoredTrait.objects.bulk_create(
            [StoredTrait(notice=row, trait=trait.value, value=value) for trait, value in traits_of(features)]
        )
    return warned.id


def withdraw_warning(warning: str, *, why: Why, by: Actor, at: Instant) -> None:
    """Withdraw a warning of ours: all who got it are told, and it is shown as withdrawn from then on.

    Done once: again it changes nothing. Raises ``UnknownWarningError`` and ``NotOurWarningError``.
    """
    _check_may(by)
    known = reads.warning_view(warning)
    if known.warned.sender != this_node().member:
        raise NotOurWarningError(member=known.warned.sender)
    with transaction.atomic():
        locks.hold(f"withdraw:{warning}")
        if reads.warning_view(warning).warned.withdrawn is not None:
            return
        first = known.warned
        now = instant.as_told(peers.machine_instant(at))
        gone = Warned(
            id=first.id,
            sender=first.sender,
            issued=first.issued,
            until=first.until,
            exercise=first.exercise,
            role=_role(by),
            features=first.features,
            withdrawn=Withdrawn(at=now, why=why),
        )
        told = OutgoingNotice.objects.filter(notice__notice=warning, notice__version=WARNS)
        _issue(gone, to=sorted({*everybody(), *map(MemberId, told.values_list("peer", flat=True))}), by=by, at=at)


def tell_call_back(request: RequestId, *, ask_sha256: str, to: MemberId, said: Said, by: Actor, at: Instant) -> str:
    """Tell the side in whose name an ask came what became of the call-back; the notice's id."""
    _check_may(by)
    word = CallBackWord(
        id=new_uuid(),
        sender=this_node().member,
        addressee=to,
        at=instant.as_told(peers.machine_instant(at)),
        exercise=this_node().exercise,
        thread=request,
        letter_sha256=ask_sha256,
        said=said,
        name=by.name,
        role=_role(by),
    )
    with transaction.atomic():
        _issue(word, to=[to], by=by, at=at)
    return word.id


def check_features(features: Features) -> None:
    """Raise ``FeaturesFaultyError`` or ``OfficeNumberError`` for features that are not to be told."""
    _again, faults = read_features(features_payload(features))
    if faults:
        raise FeaturesFaultyError(faults="; ".join(faults))
    known = [(each.listed.phone or "", each.member) for each in directory.contacts()]
    offices = {normal_phone(phone): member for phone, member in known if phone}
    for phone in features.phones:
        if phone in offices:
            raise OfficeNumberError(phone=phone, member=offices[phone])


def everybody() -> list[MemberId]:
    """Every member whose card is trusted, but this node."""
    return [each.member for each in directory.contacts(hearsay=False) if each.has_node]


def _issue(notice: Notice, *, to: Sequence[MemberId], by: Actor, at: Instant) -> StoredNotice:
    jws = sign_notice(notice, key=jose.signing_key(this_node().keys.signing))
    now = peers.machine_instant(at)
    row = StoredNotice.objects.create(
        **reads.columns_of(notice, jws), ours=True, at=now, confirmed_by=by.person or None
    )
    OutgoingNotice.objects.bulk_create([OutgoingNotice(notice=row, peer=peer, since=now) for peer in to])
    journal.record(issued_entry(row, to=to), by=by, at=at)
    jobs.deliver_soon()
    return row


def issued_entry(row: StoredNotice, *, to: Sequence[MemberId]) -> NoticeIssued:
    """What is recorded when a notice is put in the outbox for these members."""
    return NoticeIssued(
        notice=str(row.notice), notice_kind=row.kind, version=row.version, notice_sha256=row.sha256, to=tuple(to)
    )


def _check_may(by: Actor) -> None:
    rights.check(by, Right.ANSWER)
    if not by.person:
        raise PersonNeededError


def _role(by: Actor) -> str:
    return next((role for role in _ROLES if role in by.roles), min(by.roles, default="node"))
