"""The proof of a letter in words: which entries of which journals stand for it, checked at this moment.

For a letter of ours: our own entry that it left, and the addressee's that he stored it (in his receipt). For one of
theirs: our entry that we stored it, in the receipt that we gave.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tocsin.base import jose
from tocsin.base.errors import TocsinError
from tocsin.base.this_node import this_node
from tocsin.desk import words
from tocsin.directory import reads as directory
from tocsin.journal import reads as journal
from tocsin.journal.errors import EntryErasedError, NoCheckpointError, UnknownEntryError
from tocsin.journal.reads import SeenEntry
from tocsin.proof.canonical import canonical, parse_canonical
from tocsin.proof.commitment import leaf_of
from tocsin.proof.errors import AlteredError
from tocsin.proof.fields import Fields
from tocsin.proof.lines import base64_of
from tocsin.proof.merkle import leaf_hash
from tocsin.proof.note import VerifierKey, parse_note
from tocsin.proof.opening import opening_in
from tocsin.proof.tlog_proof import parse_tlog_proof, verify_tlog_proof
from tocsin.wire.reads import KeptLetter, KeptReceipt


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownProof:
    """An entry of a journal, its proof, and what the check of this moment says."""

    title: str
    """``ours`` or ``theirs``, and which stage of the letter it stands for: a coded word."""
    member: str
    index: int
    holds: bool
    fault: str = ""
    origin: str = ""
    size: int = 0
    root: str = ""
    witnesses: tuple[str, ...] = ()
    """The names of the witnesses whose cosignatures were checked and are good."""
    event: str = ""
    salt: str = ""
    leaf: str = ""
    proof: str = ""
    """The proof as a file of its own (c2sp.org/tlog-proof@v1)."""


def proofs_of(kept: KeptLetter) -> list[ShownProof]:
    """Every entry that stands for a letter, ours first."""
    return list(_proofs(kept))


def _proofs(kept: KeptLetter) -> Iterator[ShownProof]:
    if kept.entry is not None:
        yield proof_of_index(kept.entry, title="proof:sent")
    for receipt in kept.receipts:
        yield _of_receipt(receipt)


def proof_of_entry(entry: SeenEntry) -> ShownProof:
    """That an entry of our journal stands at its place: what it says is not needed for that, so an erased one too."""
    leaf = leaf_hash(entry.commitment)
    shown: dict[str, Any] = {"title": "proof:entry", "member": this_node().member, "index": entry.index}
    try:
        opening = journal.opening_of(entry.index)
        shown |= {"event": canonical(opening.event).decode(), "salt": base64_of(opening.salt)}
    except (EntryErasedError, UnknownEntryError):
        pass
    try:
        written = journal.tlog_proof(entry.index)
    except (NoCheckpointError, UnknownEntryError) as error:
        return ShownProof(**shown, leaf=leaf.hex(), holds=False, fault=words.said(error))
    return _verified(shown | {"leaf": leaf.hex(), "proof": written}, leaf, written)


def witness_keys_of(shown: ShownProof) -> list[str]:
    """The keys of the witnesses that signed the state to which a proof leads, as vkey lines; none without a proof."""
    if not shown.proof:
        return []
    try:
        names = {each.name for each in parse_note(parse_tlog_proof(shown.proof).checkpoint).signatures}
    except AlteredError:
        return []
    return [key.text() for key in _witnesses() if key.name in names]


def proof_of_index(index: int, *, title: str = "proof:entry") -> ShownProof:
    """An entry of our own journal."""
    member = this_node().member
    try:
        opening, written = journal.opening_of(index), journal.tlog_proof(index)
    except (EntryErasedError, NoCheckpointError, UnknownEntryError) as error:
        return ShownProof(title=title, member=member, index=index, holds=False, fault=str(error))
    return _checked(title, member, index, opening.salt, opening.event, written)


def _of_receipt(receipt: KeptReceipt) -> ShownProof:
    title = f"proof:{receipt.stage.value}"
    try:
        fields = Fields("receipt", parse_canonical(jose.unverified_payload(receipt.jws)))
        opened = opening_in(fields, member=receipt.giver)
    except (AlteredError, ValueError) as error:
        return ShownProof(title=title, member=receipt.giver, index=receipt.index, holds=False, fault=str(error))
    written = opened.proof.text()
    return _checked(title, receipt.giver, receipt.index, opened.salt, opened.event.members, written)


def _checked(title: str, member: str, index: int, salt: bytes, event: Any, written: str) -> ShownProof:
    leaf = leaf_of(salt, event)
    shown: dict[str, Any] = {
        "title": title,
        "member": member,
        "index": index,
        "event": canonical(event).decode(),
        "salt": base64_of(salt),
        "leaf": leaf.hex(),
        "proof": written,
    }
    return _verified(shown, leaf, written)


def _verified(shown: dict[str, Any], leaf: bytes, written: str) -> ShownProof:
    logs = _logs_of(str(shown["member"]))
    try:
        found = verify_tlog_proof(parse_tlog_proof(written), leaf=leaf, logs=logs, witnesses=_witnesses())
    except (AlteredError, TocsinError) as error:
        return ShownProof(**shown, holds=False, fault=str(error))
    state = found.checkpoint
    names = tuple(sorted({each.key.name for each in found.cosigned}))
    return ShownProof(
        **shown, holds=True, origin=state.origin, size=state.size, root=base64_of(state.root), witnesses=names
    )


def _logs_of(member: str) -> Sequence[VerifierKey]:
    """The keys by which a member's journal is known here: our own, and the one on its card."""
    if member == this_node().member:
        return journal.verifiers()
    return [VerifierKey.parse(each.shown.card.journal.vkey) for each in directory.points() if each.member == member]


def _witnesses() -> list[VerifierKey]:
    return [VerifierKey.parse(each.shown.card.witness.vkey) for each in directory.points()]
