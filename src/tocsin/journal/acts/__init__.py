"""What is done to the journal, one function for each verb."""

from tocsin.journal.acts.append import record, record_all
from tocsin.journal.acts.checkpoint import (
    checkpoint,
    checkpoint_to_cosign,
    consistency_since,
    keep_cosignature,
    submission,
)

__all__ = [
    "checkpoint",
    "checkpoint_to_cosign",
    "consistency_since",
    "keep_cosignature",
    "record",
    "record_all",
    "submission",
]
