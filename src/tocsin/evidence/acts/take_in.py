"""Taking a delivered package in: it is whole, it is the one announced, and its custody has no gap.

The manifest and the chain of custody are opened and checked: the manifest's hash is the one in the letter, each event
of the chain is signed by a key of its member that was good when it was made, each names the one before it, and the last
hands the package to this node. The files themselves stay encrypted until somebody opens them for a reason; that they
came as they were announced, the wire has checked by their hashes.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from tocsin.base import instant, jose
from tocsin.base.actor import Actor
from tocsin.base.errors import ProofError, RuleError, TocsinError
from tocsin.base.ids import MemberId
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.directory import reads as directory
from tocsin.directory.rules.card import Use
from tocsin.evidence import folders, reads
from tocsin.evidence.acts import carry
from tocsin.evidence.acts.custody import keep_event, next_signed, record_event
from tocsin.evidence.acts.deliver import CUSTODY, MANIFEST
from tocsin.evidence.acts.keys import own_identity
from tocsin.evidence.acts.pack import Sealed, keep_sealed
from tocsin.evidence.acts.sweep import sweep_folders
from tocsin.evidence.entries import PackageQuarantined, PackageReceived
from tocsin.evidence.errors import (
    CustodyChainError,
    FileHashError,
    FileMissingError,
    FileSizeError,
    FilesOnTheWayError,
    ManifestError,
    ManifestNotAnnouncedError,
    NothingToTakeInError,
    PackageErasedError,
    PackageUnfitError,
)
from tocsin.evidence.models import Delivery, Package
from tocsin.evidence.reads import PackageView
from tocsin.evidence.rules.custody import (
    CustodyEvent,
    CustodyKind,
    custody_of,
    event_hash,
    event_of_jws,
    read_chain_lines,
    read_event,
)
from tocsin.evidence.rules.manifest import EvidenceFile, Manifest, manifest_hash, read_manifest_bytes
from tocsin.evidence.streams import unseal
from tocsin.journal import acts as journal
from tocsin.law.vocabulary import LetterKind
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.proof.canonical import parse_canonical
from tocsin.proof.errors import CanonicalError
from tocsin.requests import reads as requests
from tocsin.wire.rules.letter import Attachment, Letter

MOST_DESCRIBED = 8 * 1024 * 1024
"""Bytes of a manifest or a chain of custody: what a proof bundle's check reads whole."""


@dataclass(frozen=True, slots=True)
class _Announced:
    """A package as a letter brought it, checked: nothing of it is kept yet."""

    letter: Letter
    manifest: Manifest
    content: bytes
    chain: tuple[CustodyEvent, ...]
    files: tuple[tuple[EvidenceFile, Attachment], ...]


def take_in(request: str, *, by: Actor, at: Instant, place: str = "") -> list[PackageView]:
    """Take in every delivered package of a request that is here, oldest first.

    Raises ``NothingToTakeInError``; ``FilesOnTheWayError`` while files of the next one are missing; and the
    ``ProofError`` that says what was altered, after the delivery was put in quarantine.
    """
    rights.check(by, Right.TAKE_IN_EVIDENCE)
    waiting = deliveries_waiting(by, request)
    requests.check_may_change(by, request)
    if not waiting:
        raise NothingToTakeInError(request=request)
    sweep_folders()
    taken: list[PackageView] = []
    for letter in waiting:
        try:
            taken.append(_take_in(letter, by=by, at=at, place=place))
        except FilesOnTheWayError:
            if not taken:
                raise
    return taken


def deliveries_waiting(viewer: Actor, request: str) -> list[Letter]:
    """The letters that brought packages of a request which nobody has taken in yet."""
    letters = requests.thread_for(viewer, request).letters
    known = reads.deliveries_taken(request)
    return [
        letter
        for letter in letters
        if letter.kind is LetterKind.DELIVER and letter.sender != this_node().member and letter.sha256 not in known
    ]


def _take_in(letter: Letter, *, by: Actor, at: Instant, place: str) -> PackageView:
    here = carry.whole_files(letter)
    if len(here) < len(letter.attachments):
        raise FilesOnTheWayError(announced=len(letter.attachments), seq=letter.seq, here=len(here))
    try:
        view = _keep(_announced(letter), by=by, at=at, place=place)
    except (ProofError, ManifestError) as fault:
        _quarantine(letter, fault, by=by, at=at)
        raise
    carry.let_go(letter, at=at)
    return view


def _announced(letter: Letter) -> _Announced:
    named = {attachment.name: attachment for attachment in letter.attachments}
    content, chain = (_described(letter, named, name) for name in (MANIFEST, CUSTODY))
    digest = manifest_hash(content)
    if digest != letter.body.get("package"):
        raise ManifestNotAnnouncedError(found=digest, stated=letter.body.get("package"))
    manifest = read_manifest_bytes(content)
    events = tuple(verified_event(jws, place=n) for n, jws in enumerate(read_chain_lines(chain), start=1))
    _check_chain(events, manifest, digest, sender=letter.sender)
    return _Announced(letter, manifest, content, events, tuple(_matched(manifest, letter.attachments)))


def _described(letter: Letter, named: dict[str, Attachment], name: str) -> bytes:
    """The manifest or the chain, opened and compared with what the letter says of it."""
    attachment = named.get(name)
    if attachment is None:
        raise FileMissingError(name=name)
    if attachment.size > MOST_DESCRIBED:
        raise FileSizeError(name=name, found=attachment.size, stated=f"at most {MOST_DESCRIBED}")
    opened = io.BytesIO()
    with carry.reading(carry.whole_files(letter)[attachment.id], name) as source:
        found = unseal(source, opened, identity=own_identity(), name=name)
    if found.clear.sha256 != attachment.sha256:
        raise FileHashError(
            name=name, algorithm="SHA-256", found=found.clear.sha256, stated=f"{attachment.sha256} (in the letter)"
        )
    return opened.getvalue()


def verified_event(jws: bytes, *, place: int) -> CustodyEvent:
    """A custody event whose signature was verified with its member's card; raises ``CustodyChainError``.

    The card is the one in force at the time, as this node knew it then, or the one it knows now where it met the
    member later.
    """
    event = event_of_jws(jws)
    if event.member == this_node().member:
        public = this_node().keys.signing.public_key().public_bytes_raw()
    else:
        public = _public_of(event, kid=jose.header_of(jws).kid)
    try:
        payload = jose.payload_of(jws, typ=jose.Typ.CUSTODY, key=jose.verifying_key(public))
        return read_event(dict(parse_canonical(payload)), jws=jws)  # type: ignore[arg-type]  # an object: read above
    except (jose.EnvelopeError, jose.SignatureWrongError, CanonicalError) as fault:
        raise CustodyChainError(seq=place, rule=f"the signature is not that of {event.member} ({fault})") from fault


def _public_of(event: CustodyEvent, *, kid: str) -> bytes:
    true_at = min(event.true_at, instant.true_now())
    faults: list[TocsinError] = []
    for as_of in (true_at, None):
        try:
            card = directory.card_of(MemberId(event.member), as_of=as_of)
            return card.key(kid, use=Use.SIGN, at=true_at).raw
        except TocsinError as fault:
            faults.append(fault)
    raise CustodyChainError(seq=event.seq, rule=f"the key of {event.member} is not known for then ({faults[-1]})")


def _check_chain(chain: Sequence[CustodyEvent], manifest: Manifest, digest: str, *, sender: str) -> None:
    custody = custody_of(chain)
    last, first = chain[-1], chain[0]
    if first.package != manifest.package or first.manifest_sha256 != digest:
        raise CustodyChainError(seq=1, rule="it is the chain of another package")
    if first.member != manifest.member:
        raise CustodyChainError(seq=1, rule=f"{first.member} says that it made what {manifest.member} made")
    if (first.exercise_shift_seconds is not None) != this_node().exercise:
        raise CustodyChainError(seq=1, rule="a chain of an exercise belongs to nodes of an exercise, and no other does")
    if (
        custody.offered_to != this_node().member
        or custody.holder != sender
        or last.event is not CustodyKind.HANDED_OVER
    ):
        raise CustodyChainError(seq=last.seq, rule=f"it does not end with {sender} handing the package to this node")


def _matched(manifest: Manifest, attachments: Sequence[Attachment]) -> list[tuple[EvidenceFile, Attachment]]:
    """Each file of the manifest with the attachment that has its size and hashes."""
    left = [one for one in attachments if one.name not in (MANIFEST, CUSTODY)]
    found = []
    for file in manifest.files:
        wanted = (file.size, file.sha256, file.sha512)
        match = next((one for one in left if (one.size, one.sha256, one.sha512) == wanted), None)
        if match is None:
            raise FileMissingError(name=file.name)
        left.remove(match)
        found.append((file, match))
    if left:
        raise PackageUnfitError(name=left[0].name)
    return found


def _keep(announced: _Announced, *, by: Actor, at: Instant, place: str) -> PackageView:
    letter, manifest, ours = announced.letter, announced.manifest, this_node().member
    here = carry.whole_files(letter)
    with folders.making(manifest.package, ours) as made, transaction.atomic():
        row, held = _row(announced, at=at)
        for event in announced.chain[held:]:
            keep_event(row, event, entry=None)
        if not reads.is_known(manifest.package, ours):
            keep_sealed(row, [Sealed(file, one.age_size, one.age_sha256) for file, one in announced.files], member=ours)
            for number, (_, one) in enumerate(announced.files, start=1):
                folders.link_or_copy(here[one.id], made.folder / folders.file_name(number))
            made.keep()
        Delivery.objects.create(
            package=row,
            request=letter.thread,
            letter=letter.id,
            letter_sha256=letter.sha256,
            sender=letter.sender,
            addressee=letter.addressee,
            at=at,
        )
        event = next_signed(row, CustodyKind.RECEIVED, by=by, at=at, place=place)
        told = PackageReceived(
            package=manifest.package,
            request=letter.thread,
            manifest_sha256=row.manifest_sha256,
            custody_sha256=event_hash(event.jws),
            sender=letter.sender,
            letter=letter.id,
            letter_sha256=letter.sha256,
        )
        record_event(row, event, told, by=by, at=at)
    return reads.view_of(row)


def _row(announced: _Announced, *, at: Instant) -> tuple[Package, int]:
    """The package's row, new or known, and how many events of the chain are kept already."""
    manifest, digest = announced.manifest, manifest_hash(announced.content)
    row, _ = Package.objects.get_or_create(
        id=manifest.package,
        defaults={
            "request": announced.letter.thread,
            "title": manifest.title,
            "member": manifest.member,
            "made_at": manifest.made_at,
            "manifest": announced.content,
            "manifest_sha256": digest,
            "sealed_to": this_node().member,
            "state": Package.State.HELD,
            "at": at,
        },
    )
    if row.erased_at is not None:
        raise PackageErasedError(package=str(row.id), day=row.erased_at.date().isoformat())
    known = reads.chain_of(row)
    if row.manifest_sha256 != digest or [each.jws for each in announced.chain[: len(known)]] != [e.jws for e in known]:
        raise CustodyChainError(seq=len(known), rule="this node knows another history of the same package")
    if row.state != Package.State.QUARANTINED:
        row.state, row.sealed_to = Package.State.HELD, this_node().member
        row.save(update_fields=["state", "sealed_to"])
    return row, len(known)


def _quarantine(letter: Letter, fault: ProofError | RuleError, *, by: Actor, at: Instant) -> None:
    """Set a delivery apart: it is not looked at again, and its sender is told by a person."""
    with transaction.atomic():
        Delivery.objects.create(
            package=None,
            request=letter.thread,
            letter=letter.id,
            letter_sha256=letter.sha256,
            sender=letter.sender,
            addressee=letter.addressee,
            at=at,
            fault=str(fault),
        )
        told = PackageQuarantined(
            package=str(letter.body.get("package")),
            request=letter.thread,
            code=fault.code,
            thing=str(fault.fields.get("name", fault.fields.get("seq", ""))),
        )
        journal.record(told, by=by, at=at)
