"""What the product makes, by its own rules, is what the verifier reads: no format is described twice in vain."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from tests.directory.cards import ISSUED, Member
from tests.directory.simulator import Repository
from tests.proof.bundles import Bundle, Log, sha, under
from tests.proof.test_verify import accused, texts
from tocsin.base import jose
from tocsin.base.actor import Actor
from tocsin.base.ids import InstrumentId, LetterId, MemberId, RequestId
from tocsin.base.instant import text
from tocsin.base.jose import Typ, signing_key
from tocsin.evidence.rules.custody import CustodyEvent, CustodyKind, event_payload, next_event
from tocsin.evidence.rules.manifest import EvidenceFile, Manifest, manifest_bytes
from tocsin.journal.rules.event import batch_of
from tocsin.proof.bundle import Index, ListedCard, ListedPackage, StatedBy
from tocsin.proof.canonical import canonical
from tocsin.proof.findings import Kind
from tocsin.proof.verify import is_good, verify
from tocsin.wire.entries import LetterStored
from tocsin.wire.rules.letter import Attachment, CardSource, DirectoryNote, Letter, LetterKind, UnsignedLetter, Writer
from tocsin.wire.rules.receipt import Opening, Receipted, Stage, sign_receipt
from tocsin.wire.rules.seal import new_part, part_for_others, sign_letter

THREAD = RequestId("51c00000-0000-4000-8000-000000000002")
PACKAGE = "9a000000-0000-4000-8000-000000000002"
CONTENT = b"From alice@mail.example\n" * 10
AT = ISSUED + timedelta(hours=1)


def product_bundle() -> Bundle:
    """A bundle in which the product's own rules made everything."""
    ro, pt, hub = Member("ro"), Member("pt"), Member("hub")
    repository = Repository.with_members(ro, pt, hub, at=ISSUED)
    repository.new_root(at=ISSUED)
    manifest = manifest_of(pt)
    letters = {"letters/001.jws": ask(ro, pt), "letters/002.jws": deliver(pt, ro, manifest)}
    log = Log("pt.example/journal", pt.keys.journal)
    chain = custody(pt, ro, manifest)
    files = {
        **{path: letter.jws for path, letter in letters.items()},
        "receipts/001.jws": receipt(letters["letters/001.jws"], pt, log),
        "evidence/1/manifest.json": manifest,
        "evidence/1/files/001": CONTENT,
        **{f"evidence/1/custody/{n:02}.jws": event for n, event in enumerate(chain, 1)},
        **{f"directory/cards/{one.member}.1.json": one.cards[-1].file for one in (ro, pt, hub)},
        **{f"directory/{path.removeprefix('metadata/')}": content for path, content in metadata(repository).items()},
    }
    index = Index(
        thread=THREAD,
        made_at=text(AT),
        made_by="ro",
        roots=("directory/1.root.json", "directory/2.root.json"),
        cards=tuple(stated(repository, one) for one in (ro, pt, hub)),
        letters=tuple(letters),
        receipts=("receipts/001.jws",),
        packages=(
            ListedPackage(
                "evidence/1/manifest.json", under(files, "evidence/1/custody/"), (("a.mbox", "evidence/1/files/001"),)
            ),
        ),
    )
    return Bundle(files, index, sha(repository.root)).reindexed()


def test_a_bundle_of_what_the_product_makes_is_good(tmp_path: Path) -> None:
    bundle = product_bundle()
    findings = verify(bundle.write(tmp_path), anchors=[bundle.anchor])
    assert is_good(findings), accused(findings)
    said = texts(findings, Kind.ESTABLISHED)
    for sentence in (
        "The card of ro (Invented point ro",
        "Letter 1 of pt (Invented point pt) to ro (Invented point ro) (deliver) is signed",
        "letter 1 of ro (ask) was stored by the node",
        "This manifest is named in letter 1 of pt (deliver).",
        "It went with letter 1 of pt (deliver).",
        "The chain of custody is complete: 3 events",
    ):
        assert sentence in said


def metadata(repository: Repository) -> dict[str, bytes]:
    return {
        path: content
        for path, content in repository.served.items()
        if path.startswith("metadata/") and "snapshot" not in path and "timestamp" not in path
    }


def stated(repository: Repository, member: Member) -> ListedCard:
    role = {"ro": "state-ro", "pt": "state-pt", "hub": "hub"}[member.member]
    assert repository.targets is not None
    return ListedCard(
        f"directory/cards/{member.member}.1.json",
        member.member,
        StatedBy(
            2,
            f"directory/{repository.targets.signed.version}.targets.json",
            ((role, f"directory/{repository.roles[role].signed.version}.{role}.json"),),
        ),
    )


def ask(ro: Member, pt: Member) -> Letter:
    part = part_for_others(new_part("grounds", {"why": "said to the authority alone"}))
    letter = UnsignedLetter(
        id=LetterId("a1000000-0000-4000-8000-000000000001"),
        kind=LetterKind.ASK,
        thread=THREAD,
        sender=ro.member,
        addressee=pt.member,
        seq=1,
        prev=None,
        seen=None,
        written=AT,
        by=Writer(name="Ioana Exemplu", role="duty-officer"),
        instrument=InstrumentId("budapest-29-preserve"),
        directory=DirectoryNote(source=CardSource.TUF),
        parts=(part,),
    )
    return sign_letter(letter, key=signing_key(ro.keys.signing))


def deliver(pt: Member, ro: Member, manifest: bytes) -> Letter:
    attachment = Attachment(
        id="a1000000-0000-4000-8000-000000000009",
        name="a.mbox",
        size=len(CONTENT),
        sha256=sha(CONTENT),
        sha512=hashlib.sha512(CONTENT).hexdigest(),
        age_size=1,
        age_sha256="0" * 64,
    )
    letter = UnsignedLetter(
        id=LetterId("a1000000-0000-4000-8000-000000000002"),
        kind=LetterKind.DELIVER,
        thread=THREAD,
        sender=pt.member,
        addressee=ro.member,
        seq=1,
        prev=None,
        seen=None,
        written=AT + timedelta(minutes=5),
        by=Writer(name="Mailo Exemplo", role="case-officer"),
        instrument=InstrumentId("budapest-29-preserve"),
        directory=DirectoryNote(source=CardSource.TUF, stale_since=AT),
        body={"packages": [{"manifest": sha(manifest)}]},
        attachments=(attachment,),
        exercise_shift_seconds=300,
    )
    return sign_letter(letter, key=signing_key(pt.keys.signing))


def receipt(letter: Letter, giver: Member, log: Log) -> bytes:
    """The receipt with the entry that the product records for it, and its place in the journal."""
    entry = LetterStored(
        letter=letter.id,
        letter_sha256=letter.sha256,
        letter_kind=letter.kind.value,
        thread=letter.thread,
        sender=letter.sender,
        seq=letter.seq,
    )
    batch = batch_of([entry], by=Actor.node(giver.member), at=AT + timedelta(minutes=1))
    place = log.append(batch.salts[0], batch.events[0])
    return sign_receipt(
        Receipted(letter=letter.id, sha256=letter.sha256, sender=letter.sender, addressee=giver.member),
        stage=Stage.STORED,
        opening=Opening(salt=batch.salts[0], event=batch.events[0]),
        proof=log.proof(place, log.checkpoint(place + 1), place + 1),
        key=signing_key(giver.keys.signing),
        at=AT + timedelta(minutes=1),
    )


def manifest_of(maker: Member) -> bytes:
    return manifest_bytes(
        Manifest(
            package=PACKAGE,
            request=THREAD,
            title="Mailbox of a named account",
            made_at=AT,
            member=maker.member,
            person="Mailo Exemplo",
            place="Lisboa, PT",
            tool_name="tocsin",
            tool_version="0.1.0",
            files=(
                EvidenceFile("a.mbox", len(CONTENT), sha(CONTENT), hashlib.sha512(CONTENT).hexdigest(), modified=None),
            ),
        )
    )


def custody(pt: Member, ro: Member, manifest: bytes) -> list[bytes]:
    """Made and handed over by pt, received by ro, by the product's own rules."""
    chain: list[CustodyEvent] = []
    steps = [(CustodyKind.MADE, pt, None), (CustodyKind.HANDED_OVER, pt, "ro"), (CustodyKind.RECEIVED, ro, None)]
    for kind, member, to in steps:
        event = next_event(
            chain,
            kind,
            package=PACKAGE,
            manifest_sha256=sha(manifest),
            member=MemberId(member.member),
            person="a person",
            at=AT + timedelta(minutes=len(chain)),
            place="Lisboa, PT",
            to=to,
        )
        jws = jose.sign(canonical(event_payload(event)), typ=Typ.CUSTODY, key=signing_key(member.keys.signing))
        chain.append(replace(event, jws=jws))
    return [event.jws for event in chain]
