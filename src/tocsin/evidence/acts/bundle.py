"""The proof bundle of a request: everything that shows, years later and without Tocsin, what was said and handed over.

What lies in it stands at the top of ``tocsin/proof/bundle.py``; ``python -m tocsin.proof`` checks it. Whoever gets it
needs one thing more, which must come to him another way: the anchor (the directory's first root, or the fingerprint of
a card that was confirmed by voice).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import transaction

from tocsin.base import instant, jose
from tocsin.base.actor import Actor
from tocsin.base.instant import Instant, text
from tocsin.base.this_node import this_node
from tocsin.directory import reads as directory
from tocsin.evidence import folders, reads
from tocsin.evidence.acts import carry
from tocsin.evidence.acts.custody import next_signed, record_event
from tocsin.evidence.acts.keys import own_identity
from tocsin.evidence.acts.open import check_held
from tocsin.evidence.acts.pack import storing
from tocsin.evidence.acts.story import story_of
from tocsin.evidence.acts.vouching import Vouching
from tocsin.evidence.bundle_files import BundleFiles
from tocsin.evidence.entries import BundleWritten, PackageOpened
from tocsin.evidence.models import Package
from tocsin.evidence.reads import PackageView, StampLine
from tocsin.evidence.rules.custody import CustodyKind, event_hash
from tocsin.evidence.rules.manifest import check_file
from tocsin.evidence.rules.pages import Located, pages_of
from tocsin.evidence.streams import BLOCK, unseal
from tocsin.journal import acts as journal
from tocsin.journal import reads as journal_reads
from tocsin.journal.errors import EntryErasedError
from tocsin.journal.reads import SignedCheckpoint
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.proof.bundle import Erased, Index, ListedPackage, Stamp
from tocsin.proof.canonical import canonical, parse_canonical
from tocsin.proof.checkpoint import parse_checkpoint
from tocsin.proof.findings import Finding
from tocsin.proof.lines import base64_of
from tocsin.proof.note import parse_note
from tocsin.proof.tlog_proof import parse_tlog_proof
from tocsin.proof.verify import verify
from tocsin.requests import reads as requests
from tocsin.requests.reads import Standing
from tocsin.wire import peers
from tocsin.wire.reads import KeptLetter


class EvidenceIn(StrEnum):
    """How the files of packages are in a bundle."""

    CLEAR = "clear"
    """Decrypted, for who is to read them: it is an opening, and in the custody and the journal as one."""
    SEALED = "sealed"
    """As they travelled: encrypted to their addressee."""
    WITHOUT = "without"
    """Not at all: hashes alone."""


@dataclass(frozen=True, slots=True)
class WrittenBundle:
    """A bundle that was written, and what checks it."""

    path: Path
    index_sha256: str
    files: int
    root_sha256: str | None
    """The SHA-256 of the directory's first root that is in it: the anchor, to be compared another way."""
    card_sha256: str | None
    """The fingerprint of this node's own card: the anchor where there is no directory."""


@dataclass(slots=True)
class _Bundle:
    """What is gathered for one bundle."""

    standing: Standing
    packages: list[PackageView]
    files: BundleFiles
    vouching: Vouching
    at: Instant
    letters: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    erased: list[Erased] = field(default_factory=list)
    receipts: list[str] = field(default_factory=list)
    openings: list[str] = field(default_factory=list)
    checkpoints: dict[bytes, str] = field(default_factory=dict)
    consistency: list[str] = field(default_factory=list)
    listed: list[ListedPackage] = field(default_factory=list)
    stamps: list[Stamp] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)
    """Where things lie, for the pages: by hash of a letter, by package and file name."""
    lost: list[int] = field(default_factory=list)
    """Entries whose event was erased under a retention rule."""
    seen: dict[str, set[Instant]] = field(default_factory=dict)
    """When a member signed something (true time)."""
    witnesses: set[str] = field(default_factory=set)

    @property
    def kept(self) -> Sequence[KeptLetter]:
        return [each for each in self.standing.thread.kept if each.set_aside is None]


def write_bundle(  # what, where to, how, who, when and where
    request: str, target: Path, *, by: Actor, at: Instant, evidence: EvidenceIn = EvidenceIn.SEALED, place: str = ""
) -> WrittenBundle:
    """Write the proof bundle of a request to ``target``, a folder or a .zip file that is not there yet.

    Raises ``UnknownRequestError``, ``FolderTakenError``, ``StorageError``; with evidence in the clear also what
    ``open_package`` raises for an altered file. Nothing is left of a bundle that was not finished.
    """
    rights.check(by, Right.EXPORT_PROOF)
    standing = requests.standing_for(by, request, at=at)
    packages = reads.packages_for(by, request)
    if evidence is EvidenceIn.CLEAR:
        rights.check(by, Right.OPEN_EVIDENCE)
        packages = [_opened(view, by=by, at=at, place=place) for view in packages]
    with storing(str(target)), BundleFiles(target, at=instant.true_now()) as files:
        bundle = _gathered(standing, packages, files, evidence, at=at)
        index = _index(bundle, _pages(bundle))
        with transaction.atomic():
            told = BundleWritten(
                request=request,
                index_sha256=sha256(index.written()).hexdigest(),
                files=len(files.listed),
                evidence=evidence.value,
            )
            journal.record(told, by=by, at=at)
        digest = files.finish(index)
        return WrittenBundle(target, digest, len(files.listed), *_anchors(bundle))


def check_bundle(request: str, *, by: Actor, at: Instant) -> list[Finding]:
    """Check everything of a request as ``tocsin verify`` does, against the cards that this node trusts.

    The bundle is written without evidence, checked and thrown away: nobody outside gets it, so the journal is told
    nothing. Raises ``UnknownRequestError`` and ``StorageError``.
    """
    rights.check(by, Right.EXPORT_PROOF)
    standing = requests.standing_for(by, request, at=at)
    packages = reads.packages_for(by, request)
    folder = folders.private_folder(folders.evidence_folder() / "bundles")
    with TemporaryDirectory(dir=folder) as place:
        target = Path(place) / "checked.zip"
        with storing(str(target)), BundleFiles(target, at=instant.true_now()) as files:
            bundle = _gathered(standing, packages, files, EvidenceIn.WITHOUT, at=at)
            files.finish(_index(bundle, []))
        trusted = [files.listed[path].sha256 for path in bundle.vouching.cards]
        return verify(target, anchors=trusted)


def _gathered(
    standing: Standing, packages: list[PackageView], files: BundleFiles, evidence: EvidenceIn, *, at: Instant
) -> _Bundle:
    bundle = _Bundle(standing, packages, files, Vouching(files), at)
    _letters(bundle)
    _steps(bundle)
    _packages(bundle, evidence)
    _cards(bundle)
    _journal(bundle)
    return bundle


def _index(bundle: _Bundle, pages: Sequence[str]) -> Index:
    return Index(
        thread=bundle.standing.thread.line.id,
        made_at=text(instant.true_now()),
        made_by=this_node().member,
        files=tuple(bundle.files.listed[path] for path in sorted(bundle.files.listed)),
        roots=bundle.vouching.root_paths(),
        cards=tuple(bundle.vouching.cards[path] for path in sorted(bundle.vouching.cards)),
        letters=tuple(bundle.letters),
        steps=tuple(bundle.steps),
        erased=tuple(bundle.erased),
        receipts=tuple(bundle.receipts),
        openings=tuple(bundle.openings),
        checkpoints=tuple(bundle.checkpoints.values()),
        consistency=tuple(bundle.consistency),
        packages=tuple(bundle.listed),
        stamps=tuple(bundle.stamps),
        pages=tuple(pages),
    )


# --- Letters and receipts -----------------------------------------------------------------------


def _letters(bundle: _Bundle) -> None:
    for kept in bundle.kept:
        if kept.letter is None:
            bundle.erased.append(_erased(bundle, kept))
        else:
            path = bundle.files.add(f"letters/{len(bundle.letters) + 1:03d}.jws", kept.letter.jws)
            bundle.letters.append(path)
            bundle.places[kept.sha256] = path
            shift = timedelta(seconds=kept.letter.exercise_shift_seconds or 0)
            _saw(bundle, kept.letter.sender, kept.letter.written - shift)
        for receipt in kept.receipts:
            path = f"receipts/{len(bundle.receipts) + 1:03d}.jws"
            bundle.receipts.append(bundle.files.add(path, receipt.jws))
            _saw(bundle, receipt.giver, receipt.at)
            _note_witnesses(bundle, _checkpoint_in(receipt.jws))


def _steps(bundle: _Bundle) -> None:
    """What no letter carries, byte for byte as its hash was taken; nothing of what was erased."""
    for line in bundle.standing.thread.taken_down:
        if line.record:
            path = f"steps/{len(bundle.steps) + 1:03d}.json"
            bundle.steps.append(bundle.files.add(path, canonical(dict(line.record))))
            bundle.places[line.step.sha256] = path


def _erased(bundle: _Bundle, kept: KeptLetter) -> Erased:
    ours, line = this_node().member, bundle.standing.thread.line
    sender, addressee = (ours, kept.peer) if kept.sent else (kept.peer, ours)
    _saw(bundle, sender, peers.machine_instant(kept.written))
    return Erased(sender, addressee, line.id, kept.seq, kept.kind, kept.sha256)


def _saw(bundle: _Bundle, member: str, at: Instant) -> None:
    bundle.seen.setdefault(member, set()).add(min(at, instant.true_now()))


def _checkpoint_in(receipt: bytes) -> bytes:
    payload = parse_canonical(jose.unverified_payload(receipt))
    proof = payload.get("proof") if isinstance(payload, dict) else None
    return parse_tlog_proof(str(proof)).checkpoint


def _note_witnesses(bundle: _Bundle, note: bytes) -> None:
    bundle.witnesses.update(signature.name for signature in parse_note(note).signatures)


# --- Cards --------------------------------------------------------------------------------------


def _cards(bundle: _Bundle) -> None:
    """Cards of whoever signed anything here, and of the witnesses of the journals' states.

    Of the time when a state was signed as well as of today: a key that was revoked since is on the former alone.
    """
    states = [state for state in _states() if state]
    for state in states:
        _note_witnesses(bundle, state.note)
    found = (contact for contact in directory.points() if contact.in_force is not None)
    seen_by = [contact.member for contact in found if contact.shown.card.witness.name in bundle.witnesses]
    for when in (instant.true_now(), *(peers.machine_instant(state.at) for state in states)):
        for each in (this_node().member, *seen_by):
            _saw(bundle, each, when)
    for member, instants in sorted(bundle.seen.items()):
        bundle.vouching.add(member, instants)
    bundle.vouching.add_lost_logs()


def _states() -> tuple[SignedCheckpoint | None, SignedCheckpoint | None]:
    """The largest state of our journal that a witness has cosigned, and the largest that was signed."""
    return journal_reads.latest_checkpoint(cosigned=True), journal_reads.latest_checkpoint()


def _anchors(bundle: _Bundle) -> tuple[str | None, str | None]:
    own = directory.own_card()
    roots = bundle.vouching.root_paths()
    return (bundle.files.listed[roots[0]].sha256 if roots else None, own.sha256 if own else None)


# --- The journal --------------------------------------------------------------------------------


def _journal(bundle: _Bundle) -> None:
    """Our entries about the request, opened, each with its proof; states, and that they continue one another."""
    fresh = journal.checkpoint_to_cosign(at=bundle.at)
    cosigned, _ = _states()
    wanted = sorted({*_entries(bundle), *bundle.vouching.entries})
    covered = [each for each in wanted if cosigned and _covers(cosigned, each)]
    rest = [each for each in wanted if each not in covered and _covers(fresh, each)]
    for state, indexes in ((cosigned, covered), (fresh, rest)):
        if state is not None and indexes:
            proofs = journal_reads.tlog_proofs(indexes, checkpoint=state)
            _openings(bundle, zip(indexes, proofs, strict=True))
    before = [each for each in wanted if each not in covered and each not in rest]  # of a log that was lost
    _openings(bundle, ((each, journal_reads.tlog_proof(each)) for each in before))
    used = [state for state in (cosigned if covered else None, fresh if rest or not covered else None) if state]
    states = sorted({state.size: state for state in [*used, *_given_out(bundle, fresh)]}.values(), key=lambda s: s.size)
    for state in states:
        _checkpoint(bundle, state.note)
    stamped = _stamped_state(states[-1])
    for older, newer in pairwise(states):
        _continued(bundle, older.note, newer.note, older.size, newer.size)
    if stamped is not None:
        _stamp_of_state(bundle, states[-1], stamped)


def _entries(bundle: _Bundle) -> Iterable[int]:
    """What our journal says of this request: what we sent, what we took down, receipts that we got, custody, stamps."""
    if bundle.steps:
        yield from journal_reads.entries_about(bundle.standing.thread.line.id, _TAKEN_DOWN)
    for kept in bundle.kept:
        if kept.entry is not None:
            yield kept.entry
        yield from (receipt.entry for receipt in kept.receipts if kept.sent)
    for view in bundle.packages:
        yield from (entry for entry in view.entries if entry is not None)


def _covers(state: SignedCheckpoint, index: int) -> bool:
    return state.log.first <= index < state.log.first + state.size


def _openings(bundle: _Bundle, proved: Iterable[tuple[int, str]]) -> None:
    for index, proof in proved:
        try:
            opening = journal_reads.opening_of(index)
        except EntryErasedError:
            bundle.lost.append(index)
            continue
        if not _is_of_this_request(bundle, opening.event):
            continue
        content = canonical(
            {
                "v": 1,
                "type": "opening",
                "member": this_node().member,
                "entry": {"salt": base64_of(opening.salt), "event": opening.event},
                "proof": proof,
            }
        )
        path = f"journal/{len(bundle.openings) + 1:03d}.opening.json"
        bundle.openings.append(bundle.files.add(path, content))


_TAKEN_DOWN = ("request-taken-in", "step-taken-down", "step-elsewhere-recorded", "step-read-again")
"""Entries by which what nobody signed stands in the journal, with when and by whom it was written down."""


def _is_of_this_request(bundle: _Bundle, event: object) -> bool:
    """An entry about a letter of another request stays out: its letter is not here, and it is nobody's business."""
    about = event.get("letter_sha256") if isinstance(event, dict) else None
    return about is None or about in bundle.places or about in {one.sha256 for one in bundle.erased}


def _given_out(bundle: _Bundle, fresh: SignedCheckpoint) -> list[SignedCheckpoint]:
    """States of our journal that stand in receipts which we gave."""
    found = []
    for kept in bundle.kept:
        for receipt in kept.receipts:
            if receipt.giver == this_node().member:
                state = parse_checkpoint(parse_note(_checkpoint_in(receipt.jws)).text)
                if state.origin == fresh.log.origin:
                    found.append(journal_reads.checkpoint_of(state.size, origin=state.origin))
    return found


def _checkpoint(bundle: _Bundle, note: bytes) -> str:
    if note not in bundle.checkpoints:
        path = f"journal/{len(bundle.checkpoints) + 1:03d}.checkpoint"
        bundle.checkpoints[note] = bundle.files.add(path, note)
    return bundle.checkpoints[note]


def _continued(bundle: _Bundle, older: bytes, newer: bytes, old: int, size: int) -> None:
    if old in (0, size):
        return
    proof = journal_reads.tree(size).consistency(old)
    content = canonical(
        {
            "v": 1,
            "type": "consistency",
            "old": older.decode(),
            "new": newer.decode(),
            "proof": [base64_of(digest) for digest in proof],
        }
    )
    path = f"journal/{len(bundle.consistency) + 1:03d}.consistency.json"
    bundle.consistency.append(bundle.files.add(path, content))


def _stamped_state(latest: SignedCheckpoint) -> tuple[StampLine, int] | None:
    """The first time-stamped state of our journal that holds all of this, if there is one."""
    for stamp in reads.stamps_of_checkpoints():
        state = parse_checkpoint(parse_note(stamp.over).text)
        if state.origin == latest.log.origin and state.size >= latest.size:
            return stamp, state.size
    return None


def _stamp_of_state(bundle: _Bundle, latest: SignedCheckpoint, stamped: tuple[StampLine, int]) -> None:
    stamp, size = stamped
    over = _checkpoint(bundle, stamp.over)
    _continued(bundle, latest.note, stamp.over, latest.size, size)
    _add_stamp(bundle, stamp, over)


def _add_stamp(bundle: _Bundle, stamp: StampLine, over: str) -> None:
    number = len(bundle.stamps) + 1
    authority = bundle.files.add(f"time/{number:03d}.pem", stamp.root.encode())
    path = bundle.files.add(f"time/{number:03d}.tsr", stamp.reply)
    bundle.stamps.append(Stamp(path, over, authority))


# --- Evidence -----------------------------------------------------------------------------------


def _packages(bundle: _Bundle, evidence: EvidenceIn) -> None:
    for number, view in enumerate(bundle.packages, start=1):
        folder = f"evidence/{number}"
        manifest = bundle.files.add(f"{folder}/manifest.json", view.manifest_bytes)
        custody = tuple(bundle.files.add(f"{folder}/custody/{event.seq:02d}.jws", event.jws) for event in view.chain)
        for event in view.chain:
            _saw(bundle, event.member, event.true_at)
        for stamp in view.stamps:
            _add_stamp(bundle, stamp, manifest)
        clear = _clear(bundle, view, folder) if evidence is EvidenceIn.CLEAR and _is_ours(view) else ()
        sealed = _sealed(bundle, view, folder) if evidence is EvidenceIn.SEALED else ()
        bundle.listed.append(ListedPackage(manifest, custody, clear, sealed))
        bundle.places[view.id] = manifest


def _is_ours(view: PackageView) -> bool:
    return view.state != Package.State.QUARANTINED and reads.is_known(view.id, this_node().member)


def _clear(bundle: _Bundle, view: PackageView, folder: str) -> tuple[tuple[str, str], ...]:
    found = []
    for number, file in enumerate(view.manifest.files, start=1):
        path = f"{folder}/files/{number:03d}"
        source = folders.sealed_path(view.id, this_node().member, number)
        with carry.reading(source, file.name) as reading, bundle.files.adding(path) as writing:
            clear = unseal(reading, writing, identity=own_identity(), name=file.name).clear
        check_file(file, size=clear.size, sha256=clear.sha256, sha512=clear.sha512)
        bundle.places[f"{view.id}/{file.name}"] = path
        found.append((file.name, path))
    return tuple(found)


def _sealed(bundle: _Bundle, view: PackageView, folder: str) -> tuple[str, ...]:
    """The files as they went with a letter of this request; no other encrypted file proves anything."""
    carried = {one.age_sha256 for kept in bundle.kept if kept.letter for one in kept.letter.attachments}
    found = []
    for file in view.files:
        source = folders.sealed_path(view.id, file.member, file.number)
        if file.age_sha256 not in carried or not source.is_file():
            continue
        path = f"{folder}/sealed/{file.number:03d}.age"
        with carry.reading(source, file.name) as reading, bundle.files.adding(path) as writing:
            while block := reading.read(BLOCK):
                writing.write(block)
        bundle.places[f"{view.id}/{file.name}"] = path
        found.append(path)
    return tuple(found)


def _opened(view: PackageView, *, by: Actor, at: Instant, place: str) -> PackageView:
    """Say in custody and journal that a package is opened for a bundle; one that is not ours to open stays as it is."""
    if not _is_ours(view):
        return view
    row = reads.package_row(by, view.id)
    check_held(row)
    note = "for a proof bundle with the evidence in the clear"
    with transaction.atomic():
        row = reads.package_row(by, view.id, lock=True)
        event = next_signed(row, CustodyKind.OPENED, by=by, at=at, place=place, note=note)
        told = PackageOpened(
            package=view.id, manifest_sha256=view.manifest_sha256, custody_sha256=event_hash(event.jws), reason=note
        )
        record_event(row, event, told, by=by, at=at)
    return reads.view_of(row)


# --- Pages --------------------------------------------------------------------------------------


def _pages(bundle: _Bundle) -> list[str]:
    located = Located(places=bundle.places, lost=len(bundle.lost), names=bundle.vouching.names)
    story = story_of(bundle.standing, bundle.packages, located, made_by=this_node().member, made_at=instant.true_now())
    return [bundle.files.add(path, content) for path, content in pages_of(story).items()]
