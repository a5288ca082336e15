"""Withholding something of a dossier from the defence: an authority's act, on a ground and for a written reason.

Another person than decided it reviews it; any authority that works in the dossier lifts it. Nothing is taken away: the
defence sees what was withheld, from when until when, on which ground and on whose decision.
"""

from hashlib import sha256

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.ids import DossierId, new_uuid
from tocsin.base.instant import Instant
from tocsin.dossiers import reads as dossiers
from tocsin.evidence import defence
from tocsin.evidence.entries import ItemWithheld, WithholdingLifted, WithholdingReviewed
from tocsin.evidence.errors import OwnReviewError, UnknownItemError, WithheldAlreadyError, WithholdingFieldError
from tocsin.evidence.models import Withholding
from tocsin.evidence.rules.withholding import Withheld, WithholdingGround, check_reason, check_words
from tocsin.journal import acts as journal
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.requests.acts.persons import check_person


def withhold(  # what of which dossier, what is told of it, why, who and when
    dossier: str, *, what: str, thing: str, told: str, ground: str, reason: str, by: Actor, at: Instant
) -> str:
    """Withhold a letter (by its hash), a package (by its id) or a file (by its SHA-256) from the defence.

    Gives the decision's id. Raises ``RightMissingError``, ``DossierCapacityError``, ``WithholdingFieldError``,
    ``UnknownItemError`` and ``WithheldAlreadyError``.
    """
    _check(by)
    check_words(told=told, reason=reason)
    kind, why = _kind(what), _ground(ground)
    with transaction.atomic():
        row = dossiers.row_to_change(by, dossier)
        before = Withholding.objects.filter(dossier_id=row.id, what=kind.value, thing=thing, lifted_at=None).first()
        if before is not None:
            raise WithheldAlreadyError(day=before.at.date().isoformat())
        _check_lies_in(by, DossierId(str(row.id)), kind, thing)
        made = Withholding.objects.create(
            id=new_uuid(),
            dossier_id=row.id,
            what=kind.value,
            thing=thing,
            told=told,
            ground=why.value,
            reason=reason,
            person=by.person,
            at=at,
        )
        entry = ItemWithheld(
            dossier=str(row.id),
            withholding=str(made.id),
            what=kind.value,
            thing=thing,
            ground=why.value,
            reason_sha256=_hash(reason),
        )
        journal.record(entry, by=by, at=at)
    return str(made.id)


def review_withholding(dossier: str, withholding: str, *, reason: str, by: Actor, at: Instant) -> None:
    """Say, as another person than decided it, that a decision stands and why.

    Raises ``OwnReviewError`` and ``UnknownWithholdingError`` beside what ``withhold`` raises.
    """
    _check(by)
    check_reason(reason)
    with transaction.atomic():
        dossiers.row_to_change(by, dossier)
        row = defence.withholding_row(dossier, withholding)
        if str(row.person) == by.person:
            raise OwnReviewError
        row.reviewed_at, row.review = at, reason
        row.reviewed_by = by.person
        row.save(update_fields=["reviewed_at", "review", "reviewed_by"])
        told = WithholdingReviewed(dossier=dossier, withholding=withholding, reason_sha256=_hash(reason))
        journal.record(told, by=by, at=at)


def lift_withholding(dossier: str, withholding: str, *, reason: str, by: Actor, at: Instant) -> None:
    """Lift a decision: counsel is shown it from now on. Raises also ``UnknownWithholdingError``."""
    _check(by)
    check_reason(reason)
    with transaction.atomic():
        dossiers.row_to_change(by, dossier)
        row = defence.withholding_row(dossier, withholding)
        row.lifted_at, row.lifting = at, reason
        row.lifted_by = by.person
        row.save(update_fields=["lifted_at", "lifting", "lifted_by"])
        told = WithholdingLifted(dossier=dossier, withholding=withholding, reason_sha256=_hash(reason))
        journal.record(told, by=by, at=at)


def _check(by: Actor) -> None:
    rights.check(by, Right.WITHHOLD)
    check_person(by, kind="withholding")


def _kind(what: str) -> Withheld:
    try:
        return Withheld(what)
    except ValueError:
        raise WithholdingFieldError(field="what", rule=f"one of {', '.join(Withheld)}") from None


def _ground(ground: str) -> WithholdingGround:
    try:
        return WithholdingGround(ground)
    except ValueError:
        raise WithholdingFieldError(field="ground", rule=f"one of {', '.join(WithholdingGround)}") from None


def _check_lies_in(by: Actor, dossier: DossierId, what: Withheld, thing: str) -> None:
    """What is not withheld yet is in what the defence is shown: there it has to be found."""
    shown = defence.defence_of(by, dossier)
    names = {
        Withheld.LETTER: (letter.sha256 for request in shown.requests for letter in request.letters),
        Withheld.PACKAGE: (package.view.id for package in shown.packages),
        Withheld.FILE: (each.file.sha256 for package in shown.packages for each in package.files),
    }[what]
    if thing not in set(names):
        raise UnknownItemError(thing=thing)


def _hash(words: str) -> str:
    return sha256(words.encode()).hexdigest()
