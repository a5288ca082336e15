"""A whole small bundle, made on the spot from fresh keys: the story that the verifier is tested on.

ro asks pt to preserve data (letter 1), pt acknowledges (1) and asks back (2), ro supplements (2), pt
delivers a package (3) that a provider made and handed to it. Three members and a hub; the hub and the
other State are witnesses. Cards are stated by a TUF repository that python-tuf signs, so that the
verifier is checked against the library that the product uses.
"""

import hashlib
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import DelegatedRole, Delegations, Key, Metadata, Role, Root, TargetFile, Targets

from tocsin.proof.bundle import Index, ListedCard, ListedFile, ListedPackage, Stamp, StatedBy
from tocsin.proof.canonical import canonical
from tocsin.proof.checkpoint import Checkpoint, sign_checkpoint
from tocsin.proof.commitment import commitment, new_salt
from tocsin.proof.jws import CARD, CUSTODY, LETTER, RECEIPT, kid_of, sign_jws
from tocsin.proof.lines import base64_of
from tocsin.proof.merkle import Frontier, leaf_hash, prove_consistency, prove_inclusion
from tocsin.proof.note import SIGNER, WITNESS, VerifierKey, cosign_text, parse_note
from tocsin.proof.tlog_proof import TlogProof

THREAD = "51c00000-0000-4000-8000-000000000001"
PACKAGE = "9a000000-0000-4000-8000-000000000001"
START = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
FILES = {"mailbox.mbox": b"From alice@mail.example\n" * 200, "sessions.csv": b"at,address\n2026-11-20,192.0.2.7\n"}
SEALED = b"age-encryption.org/v1\nnot really opened by anybody here"


def text(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Log:
    """A journal in memory."""

    def __init__(self, origin: str, key: Ed25519PrivateKey) -> None:
        self.origin, self.key = origin, key
        self.frontier = Frontier()
        self.hashes: dict[tuple[int, int], bytes] = {}
        self.sizes: dict[int, bytes] = {0: self.frontier.root()}

    def append(self, salt: bytes, event: dict[str, Any]) -> int:
        self.frontier, runs = self.frontier.append([leaf_hash(commitment(salt, event))])
        for run in runs:
            self.hashes |= {(run.level, run.first + i): digest for i, digest in enumerate(run.hashes)}
        self.sizes[self.frontier.size] = self.frontier.root()
        return self.frontier.size - 1

    def read(self, level: int, n: int) -> bytes:
        return self.hashes[level, n]

    def rewind(self, size: int) -> None:
        """Forget what came after ``size`` entries, so that tests do not see each other's."""
        self.frontier = Frontier.read(size, self.read)

    def checkpoint(self, size: int, witnesses: list["Member"] | None = None, at: datetime = START) -> bytes:
        tree = Checkpoint(self.origin, size, self.sizes[size])
        lines = [witness.cosign(tree.text(), at) for witness in witnesses or []]
        return parse_note(sign_checkpoint(tree, key=self.key)).with_signatures(lines).written()

    def proof(self, index: int, checkpoint: bytes, size: int) -> str:
        return TlogProof(index, tuple(prove_inclusion(index, size, self.read)), checkpoint).text()


class Member:
    """A member with its keys, its journal and its cards."""

    def __init__(self, member: str, name: str) -> None:
        self.member, self.name = member, name
        self.signing, self.journal_key, self.witness_key = (Ed25519PrivateKey.generate() for _ in range(3))
        self.log = Log(f"{member}.example/journal", self.journal_key)
        self.sent: dict[str, list[bytes]] = {}
        self.seen: dict[str, str] = {}

    def cosign(self, checkpoint: str, at: datetime) -> Any:
        name = f"{self.member}.example/witness"
        return cosign_text(checkpoint, name=name, key=self.witness_key, seconds=int(at.timestamp()))

    def card(self, *, serial: int = 1, issued: datetime | None = None, **changed: Any) -> bytes:
        """A card's file."""
        keys = {"sign": self.signing, "journal": self.journal_key, "witness": self.witness_key}
        since = START - timedelta(days=30)
        payload = {
            "v": 1,
            "type": "card",
            "member": self.member,
            "name": self.name,
            "keys": [
                {
                    "kid": kid_of(raw(key)),
                    "use": use,
                    "suite": "tocsin-1",
                    "public": base64_of(raw(key)),
                    "from": text(since),
                    "until": None,
                }
                for use, key in keys.items()
            ],
            "journal": {"origin": self.log.origin, "vkey": self.vkey(SIGNER)},
            "witness": {"name": f"{self.member}.example/witness", "vkey": self.vkey(WITNESS)},
            "serial": serial,
            "issued": text(issued or since),
        } | changed
        return canonical({"card": sign_jws(payload, typ=CARD, key=self.signing).decode()}) + b"\n"

    def vkey(self, kind: int) -> str:
        if kind == SIGNER:
            return VerifierKey(self.log.origin, SIGNER, raw(self.journal_key)).text()
        return VerifierKey(f"{self.member}.example/witness", WITNESS, raw(self.witness_key)).text()

    def write(self, to: "Member", kind: str, at: datetime, **changed: Any) -> bytes:
        """The next letter of this member in the request."""
        sent = self.sent.setdefault(THREAD, [])
        payload = {
            "v": 1,
            "type": "letter",
            "suite": "tocsin-1",
            "id": f"{self.member}-{len(sent) + 1}",
            "kind": kind,
            "thread": THREAD,
            "from": self.member,
            "to": to.member,
            "seq": len(sent) + 1,
            "prev": sha(sent[-1]) if sent else None,
            "seen": self.seen.get(THREAD),
            "written": text(at),
            "exercise": None,
            "directory": {"source": "tuf", "stale_since": None},
            "by": {"name": "Ioana Exemplu", "role": "duty-officer"},
            "instrument": "budapest-29-preserve",
            "body": {},
            "parts": [],
            "attachments": [],
        } | changed
        letter = sign_jws(payload, typ=LETTER, key=self.signing)
        sent.append(letter)
        to.seen[THREAD] = sha(letter)
        self.record("letter-sent", at, letter=payload["id"], letter_sha256=sha(letter))
        return letter

    def record(self, kind: str, at: datetime, **fields: Any) -> tuple[int, bytes, dict[str, Any]]:
        """An entry in this member's journal: its place, salt and event."""
        by = {"member": self.member, "person": "", "roles": ["node"]}
        event = {"v": 1, "kind": kind, "at": text(at), "by": by} | fields
        salt = new_salt()
        return self.log.append(salt, event), salt, event

    def receipt(self, letter: bytes, sender: "Member", at: datetime, stage: str = "stored") -> bytes:
        payload = json.loads(unpadded(letter))
        place, salt, event = self.record(
            f"letter-{stage}", at, letter=payload["id"], letter_sha256=sha(letter), thread=THREAD
        )
        size = place + 1
        return sign_jws(
            {
                "v": 1,
                "type": "receipt",
                "stage": stage,
                "letter": payload["id"],
                "letter_sha256": sha(letter),
                "from": self.member,
                "to": sender.member,
                "at": text(at),
                "entry": {"salt": base64_of(salt), "event": event},
                "proof": self.log.proof(place, self.log.checkpoint(size), size),
            },
            typ=RECEIPT,
            key=self.signing,
        )

    def opening(self, place: int, salt: bytes, event: dict[str, Any], checkpoint: bytes, size: int) -> bytes:
        return canonical(
            {
                "v": 1,
                "type": "opening",
                "member": self.member,
                "entry": {"salt": base64_of(salt), "event": event},
                "proof": self.log.proof(place, checkpoint, size),
            }
        )


def raw(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()


def unpadded(jws: bytes) -> bytes:
    from base64 import urlsafe_b64decode  # noqa: PLC0415 - only here

    body = jws.split(b".")[1]
    return urlsafe_b64decode(body + b"=" * (-len(body) % 4))


@dataclass
class Directory:
    """A TUF repository: root keys 2 of 3, a second root that changes one key, one role for each State."""

    files: dict[str, bytes] = field(default_factory=dict)
    cards: dict[str, StatedBy] = field(default_factory=dict)
    signers: dict[str, CryptoSigner] = field(default_factory=dict)
    keepers: list[CryptoSigner] = field(default_factory=list)
    top: CryptoSigner = field(default_factory=CryptoSigner.generate_ed25519)


def directory_of(cards: dict[str, bytes]) -> Directory:
    """State the cards, by member, under the second of two roots."""
    made = Directory(keepers=[CryptoSigner.generate_ed25519() for _ in range(4)])
    keepers, top = made.keepers, made.top
    expires = START + timedelta(days=365)
    made.files["directory/1.root.json"] = signed(_root(1, keepers[:3], top.public_key, expires), keepers[:3])
    made.files["directory/2.root.json"] = signed(_root(2, keepers[1:], top.public_key, expires), keepers)
    roles: dict[str, DelegatedRole] = {}
    keys: dict[str, Key] = {}
    for member, content in cards.items():
        role, pattern = role_of(member)
        signer = made.signers.setdefault(role, CryptoSigner.generate_ed25519())
        roles[role] = DelegatedRole(role, [signer.public_key.keyid], 1, True, [pattern])
        keys[signer.public_key.keyid] = signer.public_key
        targets = Targets(3, expires=expires, targets={path_of(member): TargetFile.from_data(path_of(member), content)})
        made.files[f"directory/3.{role}.json"] = signed(targets, [signer])
        made.cards[member] = StatedBy(2, "directory/5.targets.json", ((role, f"directory/3.{role}.json"),))
    delegating = Targets(5, expires=expires, delegations=Delegations(keys, roles))
    made.files["directory/5.targets.json"] = signed(delegating, [top])
    return made


def path_of(member: str) -> str:
    return f"cards/{member}.json"


def role_of(member: str) -> tuple[str, str]:
    """The role that states a member's card and the paths that are its own; the private one comes last."""
    if len(member) == 2:
        return f"state-{member}", path_of(member)
    return ("hub", path_of("hub")) if member == "hub" else ("private", "cards/*.json")


def _root(version: int, keepers: list[CryptoSigner], top: Key, expires: datetime) -> Root:
    ids = [keeper.public_key.keyid for keeper in keepers]
    keys = {keeper.public_key.keyid: keeper.public_key for keeper in keepers} | {top.keyid: top}
    roles = {"root": Role(ids, 2)} | {name: Role([top.keyid], 1) for name in ("targets", "snapshot", "timestamp")}
    return Root(version, expires=expires, keys=keys, roles=roles, consistent_snapshot=True)


def signed(content: Root | Targets, signers: list[CryptoSigner]) -> bytes:
    metadata: Metadata[Any] = Metadata(content)
    for signer in signers:
        metadata.sign(signer, append=True)
    return metadata.to_bytes()


@dataclass
class Bundle:
    """The files of a bundle, to be changed and written."""

    files: dict[str, bytes]
    index: Index
    anchor: str

    def changed(self, path: str, change: Callable[[bytes], bytes]) -> "Bundle":
        """With one file changed and the index left as it was."""
        return replace(self, files=self.files | {path: change(self.files[path])})

    def reindexed(self, **lists: Any) -> "Bundle":
        """With the hashes of the index made right again, as a careful forger would."""
        index = replace(self.index, **lists)
        kept = {path: content for path, content in self.files.items() if path in index.mentioned()}
        listed = tuple(ListedFile(path, len(content), sha(content)) for path, content in sorted(kept.items()))
        return Bundle(kept, replace(index, files=listed), self.anchor)

    def write(self, directory: Path) -> Path:
        for path, content in (self.files | {"bundle.json": self.index.written()}).items():
            (directory / path).parent.mkdir(parents=True, exist_ok=True)
            (directory / path).write_bytes(content)
        return directory

    def zipped(self, path: Path, compression: int = zipfile.ZIP_DEFLATED) -> Path:
        with zipfile.ZipFile(path, "w", compression) as archive:
            for name, content in (self.files | {"bundle.json": self.index.written()}).items():
                archive.writestr(name, content)
        return path


@dataclass
class Story:
    """The members of the story and the bundle that tells it."""

    ro: Member
    pt: Member
    mail: Member
    hub: Member
    bundle: Bundle


@cache
def story() -> Story:
    """The story, made once for all tests; none of them changes it."""
    ro, pt = Member("ro", "Example point of Romania"), Member("pt", "Example point of Portugal")
    mail, hub = Member("example-mail", "Example Mail"), Member("hub", "Example hub")
    members = {one.member: one for one in (ro, pt, hub, mail)}
    cards = {name: one.card() for name, one in members.items()}
    directory = directory_of(cards)
    files = dict(directory.files) | {f"directory/cards/{name}.1.json": content for name, content in cards.items()}

    manifest = _manifest(mail)
    chain = _custody(manifest, [("made", mail, None), ("handed-over", mail, "pt"), ("received", pt, None)])
    letters, receipts = _letters(ro, pt, manifest)
    chain += _custody(manifest, [("handed-over", pt, "ro"), ("received", ro, None), ("opened", ro, None)], chain)
    place = ro.record("package-opened", minute(20), package=PACKAGE)
    files |= {f"letters/{n:03}.jws": letter for n, letter in enumerate(letters, 1)}
    files |= {f"receipts/{n:03}.jws": receipt for n, receipt in enumerate(receipts, 1)}
    files |= _journal_files(ro, pt, hub, place)
    files |= {f"evidence/1/custody/{n:02}.jws": event for n, event in enumerate(chain, 1)}
    files |= {"evidence/1/manifest.json": manifest, "evidence/1/sealed/001.age": SEALED}
    files |= {f"evidence/1/files/{n:03}": content for n, content in enumerate(FILES.values(), 1)}
    files |= {"pages/index.html": b"<!doctype html><title>For reading only</title>"}
    files |= {"time/001.tsr": b"0\x82" + hashlib.sha256(files["journal/001.checkpoint"]).digest() + b"rest of a token"}
    index = Index(
        thread=THREAD,
        made_at=text(minute(30)),
        made_by="ro",
        roots=("directory/1.root.json", "directory/2.root.json"),
        cards=tuple(ListedCard(f"directory/cards/{name}.1.json", name, directory.cards[name]) for name in members),
        letters=under(files, "letters/"),
        receipts=under(files, "receipts/"),
        openings=tuple(path for path in under(files, "journal/") if path.endswith(".opening.json")),
        checkpoints=("journal/001.checkpoint",),
        consistency=("journal/001.consistency.json",),
        packages=(
            ListedPackage(
                "evidence/1/manifest.json",
                under(files, "evidence/1/custody/"),
                tuple((name, f"evidence/1/files/{n:03}") for n, name in enumerate(FILES, 1)),
                ("evidence/1/sealed/001.age",),
            ),
        ),
        stamps=(Stamp("time/001.tsr", "journal/001.checkpoint"),),
        pages=("pages/index.html",),
    )
    bundle = Bundle(files, index, sha(files["directory/1.root.json"])).reindexed()
    return Story(ro, pt, mail, hub, bundle)


def under(files: dict[str, bytes], folder: str) -> tuple[str, ...]:
    return tuple(sorted(path for path in files if path.startswith(folder)))


def minute(after: int) -> datetime:
    return START + timedelta(minutes=after)


def _letters(ro: Member, pt: Member, manifest: bytes) -> tuple[list[bytes], list[bytes]]:
    receipts = []

    def sent(sender: Member, addressee: Member, kind: str, after: int, **changed: Any) -> bytes:
        letter = sender.write(addressee, kind, minute(after), **changed)
        receipts.append(addressee.receipt(letter, sender, minute(after + 1)))
        return letter

    attachment = {
        "id": "8f000000-0000-4000-8000-000000000001",
        "name": "package.tar",
        "size": 5000,
        "sha256": sha(b"what is inside"),
        "sha512": hashlib.sha512(b"what is inside").hexdigest(),
        "age_size": len(SEALED),
        "age_sha256": sha(SEALED),
    }
    letters = [
        sent(ro, pt, "ask", 0),
        sent(pt, ro, "acknowledge", 2),
        sent(pt, ro, "query", 4),
        sent(ro, pt, "supplement", 6, parts=[{"name": "grounds", "commitment": "0" * 64, "sealed": None}]),
        sent(pt, ro, "deliver", 8, body={"package": {"manifest": sha(manifest)}}, attachments=[attachment]),
    ]
    receipts.append(pt.receipt(letters[0], ro, minute(9), stage="opened"))
    return letters, receipts


def _manifest(maker: Member) -> bytes:
    return canonical(
        {
            "v": 1,
            "type": "manifest",
            "package": PACKAGE,
            "request": THREAD,
            "title": "Mailbox of a named account",
            "made": {
                "at": text(START),
                "member": maker.member,
                "person": "Mailo Exemplo",
                "place": "Lisboa, PT",
                "tool": {"name": "tocsin", "version": "0.1.0"},
            },
            "files": [
                {
                    "name": name,
                    "size": len(content),
                    "sha256": sha(content),
                    "sha512": hashlib.sha512(content).hexdigest(),
                    "modified": None,
                    "raw": True,
                    "converted": None,
                }
                for name, content in FILES.items()
            ],
        }
    )


def _custody(
    manifest: bytes, events: list[tuple[str, Member, str | None]], before: list[bytes] | None = None
) -> list[bytes]:
    chain = list(before or [])
    for event, member, to in events:
        payload = {
            "v": 1,
            "type": "custody",
            "package": PACKAGE,
            "manifest_sha256": sha(manifest),
            "seq": len(chain) + 1,
            "prev": sha(chain[-1]) if chain else None,
            "event": event,
            "member": member.member,
            "person": "a person",
            "to": to,
            "at": text(minute(10 + len(chain))),
            "exercise": None,
            "place": "Lisboa, PT",
            "note": "",
        }
        chain.append(sign_jws(payload, typ=CUSTODY, key=member.signing))
    return chain[len(before or []) :]


def _journal_files(ro: Member, pt: Member, hub: Member, opened: tuple[int, bytes, dict[str, Any]]) -> dict[str, bytes]:
    """ro's journal cosigned by hub and pt, with two openings; pt's journal continued and cosigned by hub."""
    size = ro.log.frontier.size
    checkpoint = ro.log.checkpoint(size, [hub, pt, ro], minute(25))
    old = pt.log.frontier.size
    for _ in range(3):
        pt.record("card-looked-at", minute(24))
    new = pt.log.frontier.size
    consistency = {
        "v": 1,
        "type": "consistency",
        "old": pt.log.checkpoint(old).decode(),
        "new": pt.log.checkpoint(new, [hub], minute(26)).decode(),
        "proof": [base64_of(digest) for digest in prove_consistency(old, new, pt.log.read)],
    }
    return {
        "journal/001.checkpoint": checkpoint,
        "journal/001.opening.json": ro.opening(*opened, checkpoint, size),
        "journal/001.consistency.json": canonical(consistency),
    }
