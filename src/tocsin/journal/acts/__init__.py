"""What is done to the journal, one function for each verb."""

from tocsin.journal.acts.alarm import raise_alarm, see_alarm
from tocsin.journal.acts.append import record, record_all
from tocsin.journal.acts.audit import Audited, ask_audit, audit_as_asked, audit_at_start, audit_journal
from tocsin.journal.acts.checkpoint import (
    checkpoint,
    checkpoint_to_cosign,
    consistency_since,
    keep_cosignature,
    submission,
)
from tocsin.journal.acts.erase import erase, erase_all
from tocsin.journal.acts.export import Exported, export
from tocsin.journal.acts.fork import begin_new_origin, compare_with_witnesses
from tocsin.journal.acts.witness import add_checkpoint

__all__ = [
    "Audited",
    "Exported",
    "add_checkpoint",
    "ask_audit",
    "audit_as_asked",
    "audit_at_start",
    "audit_journal",
    "begin_new_origin",
    "checkpoint",
    "checkpoint_to_cosign",
    "compare_with_witnesses",
    "consistency_since",
    "erase",
    "erase_all",
    "export",
    "keep_cosignature",
    "raise_alarm",
    "record",
    "record_all",
    "see_alarm",
    "submission",
]
