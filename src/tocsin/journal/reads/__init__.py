"""What may be seen of the journal."""

from tocsin.journal.reads.about import Done, done_between, erasable_about, kinds_kept
from tocsin.journal.reads.audit import audits, findings
from tocsin.journal.reads.auditor import SeenAlarm, SeenEntry, alarms, entries
from tocsin.journal.reads.tree import (
    InclusionProof,
    SignedCheckpoint,
    Tree,
    checkpoint_of,
    head,
    latest_checkpoint,
    log_of,
    logs,
    opening_of,
    origin,
    proof_of,
    tile,
    tlog_proof,
    tlog_proofs,
    tree,
    verifier,
    verifiers,
)
from tocsin.journal.reads.witness import witnessed, witnessed_sizes

__all__ = [
    "Done",
    "InclusionProof",
    "SeenAlarm",
    "SeenEntry",
    "SignedCheckpoint",
    "Tree",
    "alarms",
    "audits",
    "checkpoint_of",
    "done_between",
    "entries",
    "erasable_about",
    "findings",
    "head",
    "kinds_kept",
    "latest_checkpoint",
    "log_of",
    "logs",
    "opening_of",
    "origin",
    "proof_of",
    "tile",
    "tlog_proof",
    "tlog_proofs",
    "tree",
    "verifier",
    "verifiers",
    "witnessed",
    "witnessed_sizes",
]
