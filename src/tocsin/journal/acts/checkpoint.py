"""Signing the tree, and what witnesses make of it.

A checkpoint is a promise about the past that cannot be taken back. So it is signed in the
transaction that appends what it covers, after the tree was shown to continue the last one signed;
others read it when that transaction has committed. Whoever puts it into a receipt hands the receipt
out after the commit (the outbox does): a checkpoint that somebody has seen and that was rolled back
would be a second history.
"""

from django.db import transaction

from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.journal.acts.append import check_takes_entries
from tocsin.journal.errors import CosignatureError, InconsistentTreeError, NoCheckpointError
from tocsin.journal.models import Cosignature, Log, StoredCheckpoint
from tocsin.journal.reads.tree import SignedCheckpoint, Tree, checkpoint_of
from tocsin.journal.rules.place import Head, Last
from tocsin.proof.checkpoint import Checkpoint, sign_checkpoint
from tocsin.proof.errors import AlteredError
from tocsin.proof.merkle import EMPTY_ROOT, verify_consistency
from tocsin.proof.note import SIGNER, Signature, VerifierKey, open_note, parse_note
from tocsin.proof.witness import add_checkpoint_body


def checkpoint(*, at: Instant) -> SignedCheckpoint:
    """Sign the tree as this transaction sees it, own entries included.

    A size that was signed before gives the same checkpoint again. Raises ``NoCheckpointError`` when
    nothing was ever recorded, ``JournalHaltedError``, and ``InconsistentTreeError`` when the tree
    does not continue what was signed: then nothing is.
    """
    with transaction.atomic(savepoint=False):
        found = Log.objects.to_sign()
        if found is None:
            raise NoCheckpointError(size=0)
        log, last = found
        check_takes_entries(log, member=this_node().member, origin=this_node().origin)
        if last is not None and last.size == log.size:
            return checkpoint_of(log.size, origin=log.origin)
        return _signed(log, last or _NOTHING, at=at)


def checkpoint_to_cosign(*, at: Instant) -> SignedCheckpoint:
    """The checkpoint to show to witnesses: of all that is committed now.

    Raises ``RuntimeError`` inside a transaction, which could still be rolled back after a witness
    has seen it.
    """
    with transaction.atomic(durable=True):
        return checkpoint(at=at)


def consistency_since(old: int, *, size: int, origin: str | None = None) -> list[bytes]:
    """The proof that this node's tree of ``size`` begins with the one of ``old`` entries.

    A witness that has seen ``old`` asks for it. Raises ``NoCheckpointError`` for a size that the
    tree never had.
    """
    signed = checkpoint_of(size, origin=origin)
    if old > size:
        raise NoCheckpointError(size=old)
    return Tree(signed.log, size).consistency(old)


def submission(signed: SignedCheckpoint, *, old: int) -> bytes:
    """What is posted to a witness that last cosigned ``old`` entries of this log."""
    proof = consistency_since(old, size=signed.size, origin=signed.log.origin)
    return add_checkpoint_body(old=old, proof=proof, signed=signed.note)


def keep_cosignature(signed: SignedCheckpoint, answer: bytes, *, witness: VerifierKey, at: Instant) -> None:
    """Keep the signature line that a witness answered with, after it was verified.

    A witness cosigns a checkpoint once; a second answer for the same one is left aside. Raises
    ``CosignatureError`` for an answer that does not hold that witness's good signature.
    """
    signature = _cosignature_in(signed, answer, witness)
    stored = StoredCheckpoint.objects.get(log_id=signed.log.number, size=signed.size)
    kept = Cosignature(checkpoint=stored, witness=witness.name, verifier=witness.text(), line=signature.line(), at=at)
    Cosignature.objects.bulk_create([kept], ignore_conflicts=True)


def _cosignature_in(signed: SignedCheckpoint, answer: bytes, witness: VerifierKey) -> Signature:
    text = parse_note(signed.note).text
    try:
        note = parse_note(f"{text}\n".encode() + answer)
        open_note(note.written(), [witness])
    except AlteredError as error:
        raise CosignatureError(witness=witness.name, size=signed.size, rule=error.rule) from error
    return next(one for one in note.signatures if (one.name, one.key_id) == (witness.name, witness.key_id))


_NOTHING = Last(0, EMPTY_ROOT)


def _signed(log: Head, last: Last, *, at: Instant) -> SignedCheckpoint:
    tree = Tree(log, log.size)
    root = _continuing_root(tree, last)
    key = this_node().keys.journal
    note = sign_checkpoint(Checkpoint(log.origin, log.size, root), key=key)
    verifier = VerifierKey(log.origin, SIGNER, key.public_key().public_bytes_raw()).text()
    # Signed by another process meanwhile, it has the same root, and with the same key the same bytes.
    StoredCheckpoint.objects.keep(
        log=log.number, size=log.size, root=root, note=note.decode(), verifier=verifier, at=at
    )
    return SignedCheckpoint(log, log.size, root, note, verifier, at, tree=tree)


def _continuing_root(tree: Tree, last: Last) -> bytes:
    """The tree's root, once it is shown to continue the last checkpoint."""
    try:
        root, proof = tree.root(), tree.consistency(last.size)
        verify_consistency(old=last.size, size=tree.size, old_root=last.root, root=root, proof=proof)
    except (AlteredError, ValueError) as error:
        raise InconsistentTreeError(size=tree.size, old=last.size, rule=str(error)) from error
    return root
