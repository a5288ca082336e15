"""Preserved data that lapsed: a draft release is laid before a person, who decides. Nothing is released by itself."""

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.instant import Instant
from tocsin.journal import acts as journal
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.requests import reads
from tocsin.requests.acts.write import write_letter
from tocsin.requests.entries import ReleaseDecided
from tocsin.requests.errors import NoReleaseDraftError
from tocsin.requests.models import ReleaseDraft
from tocsin.requests.rules.letters import Release, ReleaseReason


def decide_release(request: str, *, release: bool, scope: str, by: Actor, at: Instant) -> None:
    """Decide about a drafted release: set the data free and tell the other side, or keep them.

    Raises ``NoReleaseDraftError`` when none waits; ``NotYourMoveError`` when a follow-up came meanwhile.
    """
    rights.check(by, Right.ANSWER)
    with transaction.atomic():
        row = reads.row_to_change(by, request)
        draft = ReleaseDraft.objects.select_for_update().filter(request=row, decision="").first()
        if draft is None:
            raise NoReleaseDraftError(request=request)
        draft.decision, draft.decided_at = ("release" if release else "keep"), at
        draft.decided_by = by.person
        draft.save()
        if release:
            write_letter(request, Release(released_at=at, scope=scope, why=ReleaseReason.LAPSED), by=by, at=at)
        told = ReleaseDecided(request=str(row.id), draft=str(draft.id), decision=draft.decision)
        journal.record(told, by=by, at=at)
