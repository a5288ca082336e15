"""Taking in what other members tell outside any thread: each notice answered by a receipt or a problem.

A notice is opened and verified first; then it is kept, recorded and receipted in one transaction. The same bytes get
the same receipt. There is no order to keep: every notice stands alone, and the withdrawal of a warning says all that
the warning said (``rules.notice``).
"""

from collections.abc import Sequence

from django.db import transaction

from tocsin.base import instant, jose
from tocsin.base.actor import Actor
from tocsin.base.errors import TocsinError
from tocsin.base.ids import LetterId, MemberId
from tocsin.base.instant import Instant
from tocsin.base.jose import EnvelopeError, Typ
from tocsin.base.problem import Problem, problem_of
from tocsin.base.this_node import this_node
from tocsin.journal import acts as journal
from tocsin.journal import reads as journal_reads
from tocsin.journal.entries import Entry
from tocsin.notices import handlers, reads
from tocsin.notices.entries import NoticeStored
from tocsin.notices.errors import NoticeExerciseError, NoticeForkedError, NoticeNotForUsError
from tocsin.notices.models import StoredNotice, StoredTrait
from tocsin.notices.rules.features import traits_of
from tocsin.notices.rules.limits import HOUR, check_taken
from tocsin.notices.rules.notice import WARNS, CallBackWord, Notice, Warned, check_time, verify_notice
from tocsin.wire import locks, peers
from tocsin.wire.acts.admit import Caller
from tocsin.wire.acts.receive import count_refusals, own_opening_keys
from tocsin.wire.rules.batch import Answer, Given
from tocsin.wire.rules.open import claimed_sender
from tocsin.wire.rules.peer import Peer, check_made, signing_key_of
from tocsin.wire.rules.receipt import Opening, Receipted, Stage, sign_receipt
from tocsin.wire.rules.seal import SealedLetter


def take_notices(sealed: Sequence[SealedLetter], *, caller: Caller, at: Instant) -> list[Answer]:
    """Take in the notices that a caller brought; one answer for each."""
    keys = own_opening_keys()
    answers: list[Answer] = []
    for one in sealed:
        try:
            answers.append(_taken(jose.open_sealed(one.jwe, keys=keys), peer=caller.peer, at=at))
        except TocsinError as error:
            answers.append(problem_of(error))
    with transaction.atomic():
        count_refusals([each for each in answers if isinstance(each, Problem)], at=at)
    return answers


def take_from_mailbox(sender: MemberId, opened: Sequence[bytes], at: Instant) -> None:
    """Take in notices that came by the hub; nobody is answered, since their sender brings them again himself.

    Raises the first problem, after the others were taken in.
    """
    peer = peers.sender(sender, at=peers.machine_instant(at))
    first: TocsinError | None = None
    for jws in opened:
        try:
            _taken(jws, peer=peer, at=at)
        except TocsinError as error:
            first = first or error
    if first is not None:
        raise first


def _taken(jws: bytes, *, peer: Peer, at: Instant) -> Given:
    notice = _verified(jws, peer=peer, at=at)
    at = instant.as_told(at)
    with transaction.atomic():
        locks.hold(f"notices:{peer.member}")
        known = StoredNotice.objects.filter(member=peer.member, notice=notice.id).order_by("version")
        rows = list(known)
        for row in rows:
            if row.jws.encode("ascii") == jws:
                return Given(row.receipt.encode("ascii"))
        _check_new(notice, rows, at=at)
        return Given(_kept(notice, jws, at=at))


def _verified(jws: bytes, *, peer: Peer, at: Instant) -> Notice:
    now = peers.machine_instant(at)
    header = jose.header_of(jws)
    if header.typ not in {Typ.WARNING, Typ.NOTICE}:
        raise EnvelopeError(thing="signature", rule=f"typ must be {Typ.WARNING.value} or {Typ.NOTICE.value}")
    claimed = claimed_sender(jws)
    if claimed != peer.member:
        raise NoticeNotForUsError(field="from", value=claimed, expected=peer.member)
    found = signing_key_of(peer, kid=header.kid, at=now)
    notice = verify_notice(jws, key=found.key)
    check_made(found, made=notice.made, peer=peer)
    if isinstance(notice, Warned) is not (header.typ is Typ.WARNING):
        raise EnvelopeError(thing="signature", rule="its type and its typ agree")
    if isinstance(notice, CallBackWord) and notice.addressee != this_node().member:
        raise NoticeNotForUsError(field="to", value=notice.addressee, expected=this_node().member)
    if notice.exercise is not this_node().exercise:
        kinds = {True: "an exercise", False: "real work"}
        raise NoticeExerciseError(notice=kinds[notice.exercise], node=kinds[this_node().exercise])
    check_time(notice, at=now)
    return notice


def _check_new(notice: Notice, rows: Sequence[StoredNotice], *, at: Instant) -> None:
    """Raise for a version that was signed twice, for another forgery under one id, and for too many."""
    version = reads.version_of(notice)
    for row in rows:
        before = reads.notice_of(row)
        if row.version == version or not _same_forgery(before, notice):
            raise NoticeForkedError(sender=notice.sender, version=version, notice=notice.id)
    if version != WARNS:
        return  # a withdrawal is never held back
    now = peers.machine_instant(at)
    taken = StoredNotice.objects.filter(member=notice.sender, ours=False, version=WARNS)
    in_force = taken.filter(kind="warning", until__gt=now).count() if isinstance(notice, Warned) else 0
    check_taken(taken.filter(at__gt=now - HOUR).count(), in_force, sender=notice.sender)


def _same_forgery(before: Notice, notice: Notice) -> bool:
    if not isinstance(before, Warned) or not isinstance(notice, Warned):
        return False
    return (before.features, before.issued, before.until) == (notice.features, notice.issued, notice.until)


def _kept(notice: Notice, jws: bytes, *, at: Instant) -> bytes:
    columns = reads.columns_of(notice, jws)
    told = NoticeStored(
        letter=notice.id,
        letter_sha256=columns["sha256"],
        notice_kind=columns["kind"],
        version=columns["version"],
        sender=notice.sender,
    )
    row = StoredNotice.objects.create(**columns, ours=False, at=peers.machine_instant(at))
    if isinstance(notice, Warned):
        StoredTrait.objects.bulk_create(
            [StoredTrait(notice=row, trait=trait.value, value=value) for trait, value in traits_of(notice.features)]
        )
    more = handlers.tell_word(notice, at=at) if isinstance(notice, CallBackWord) else []
    receipt = _receipt(notice, columns["sha256"], [told, *more], at=at)
    StoredNotice.objects.filter(pk=row.pk).update(receipt=receipt.decode("ascii"))
    return receipt


def _receipt(notice: Notice, sha256: str, entries: Sequence[Entry], *, at: Instant) -> bytes:
    node = this_node()
    place, *_ = journal.record_all(entries, by=Actor.node(node.member), at=at)
    checkpoint = journal.checkpoint(at=at)
    (proof,) = journal_reads.tlog_proofs([place.index], checkpoint=checkpoint)
    about = Receipted(
        letter=LetterId(notice.id), sha256=sha256, sender=notice.sender, addressee=node.member, what="notice"
    )
    opening = Opening(salt=place.salt, event=place.event)
    return sign_receipt(
        about, stage=Stage.STORED, opening=opening, proof=proof, key=jose.signing_key(node.keys.signing), at=at
    )
