"""Telling a person what was quarantined: an alarm of the journal, which stands until she has seen it."""

from tocsin.base.ids import MemberId
from tocsin.base.instant import Instant
from tocsin.journal import acts as journal
from tocsin.proof.canonical import canonical

QUARANTINED = "wire.quarantined"


def sound_quarantine(peer: MemberId | str, *, code: str, sha256: str, at: Instant) -> None:
    """Raise the alarm for one thing of ``peer``, inside the transaction that keeps it.

    The thing itself lies in the quarantine under its ``sha256``. Of one peer a hundred wait at most; more say no more.
    """
    journal.raise_alarm(
        QUARANTINED,
        origin=str(peer),
        mark=f"{peer} {sha256}",
        sentence=f"Something that came from {peer} proves an alteration ({code}): tocsin wire status shows it.",
        evidence=canonical({"peer": str(peer), "code": code, "sha256": sha256}).decode(),
        at=at,
    )
