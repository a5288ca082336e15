r"""A proof bundle: what a court is given, as a directory or a .zip file.

    bundle.json                        the index: what each file is, with its size and SHA-256
    directory/1.root.json …            the directory's signed history (TUF): every root,
    directory/4.targets.json           targets metadata that delegated to the roles,
    directory/7.ro.json                the roles' metadata that stated the cards
    directory/cards/ro.3.json          cards, byte for byte as the directory states them
    letters/001.jws                    the letters of the request, signed, as their senders wrote them
    steps/001.json                     what no letter carries, as it was taken down; nobody signed it
    receipts/001.jws                   the receipts of their addressees
    journal/001.opening.json           an entry of a journal, opened, with the proof of its place
    journal/001.checkpoint             a journal's state, signed by it and cosigned by witnesses
    journal/001.consistency.json       proof that one state of a journal continues another
    time/001.tsr                       an RFC 3161 time stamp over one of these files (.tst: bare token)
    evidence/<n>/manifest.json         what a package holds; …/custody/01.jws who had it when
    evidence/<n>/files/001             evidence in the clear; …/sealed/001.age sealed evidence
    pages/index.html                   the same for reading; no part of the proof

Paths are plain: lower-case letters, digits, ``. _ -``, at most eight parts. A letter's hash, which
other letters and entries name, is the SHA-256 of its file: ``sha256sum letters/001.jws`` shows it.

``bundle.json`` is canonical JSON. Nobody signs it: whoever puts a bundle together can leave things
out of it, and the checks find out what the signed things themselves tell of others.

    {"v": 1, "type": "bundle", "thread": "51c0…", "made": {"at": "2026-11-24T09:00:00.000Z", "by": "ro"},
     "files": [{"path": "letters/001.jws", "sha256": "…", "size": 1423}, …],
     "roots": ["directory/1.root.json", "directory/2.root.json"],
     "cards": [{"path": "directory/cards/ro.3.json", "member": "ro",
                "stated": {"root": 2, "targets": "directory/4.targets.json",
                           "roles": [{"name": "ro", "path": "directory/7.ro.json"}]}},
               {"path": "directory/cards/pt.1.json", "member": "pt", "stated": null}],
     "letters": ["letters/001.jws", …],
     "erased": [{"from": "ro", "to": "pt", "thread": "51c0…", "seq": 2, "kind": "query", "sha256": "…"}],
     "receipts": ["receipts/001.jws"], "openings": ["journal/001.opening.json"],
     "checkpoints": ["journal/001.checkpoint"], "consistency": ["journal/001.consistency.json"],
     "packages": [{"manifest": "evidence/1/manifest.json", "custody": ["evidence/1/custody/01.jws"],
                   "files": [{"name": "mailbox.mbox", "path": "evidence/1/files/001"}],
                   "sealed": ["evidence/1/sealed/001.age"]}],
     "stamps": [{"path": "time/001.tsr", "over": "journal/001.checkpoint", "authority": "time/authority.pem"}],
     "steps": ["steps/001.json"], "pages": ["pages/index.html"]}

``steps`` is left out where there are none. A step is canonical JSON, and its hash, which letters may name as seen, is
the SHA-256 of its file: {"v": 2, "type": "step-elsewhere", "request", "channel", "way", "side": "asker" | "asked",
"seq", "kind", "body", "said_by", "file", "reference", "at"}.

``stated`` is ``null`` for a card that stands in no directory but was confirmed by voice. ``erased``
letters were erased under a retention rule; their place and hash stay. The two small formats of the
journal's files, canonical JSON too:

    {"v": 1, "type": "opening", "member": "ro", "entry": {"salt": "<base64>", "event": {…}},
     "proof": "c2sp.org/tlog-proof@v1\n…"}
    {"v": 1, "type": "consistency", "old": "<checkpoint>", "new": "<checkpoint>", "proof": ["<base64>", …]}
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Protocol

from tocsin.proof.canonical import Json, canonical, parse_canonical
from tocsin.proof.errors import AlteredError, CanonicalError, UnreadableError
from tocsin.proof.fields import Fields

INDEX = "bundle.json"

MOST_FILES = 100_000
MOST_INDEX = 32 * 1024 * 1024
MOST_READ = 8 * 1024 * 1024
"""Bytes of a file that is read whole; evidence is only ever streamed."""
MOST_GROWTH = 200
"""How many times larger than in the .zip a file may be; whoever makes a .zip stores evidence unpacked."""

_SMALL = 1024 * 1024
_CHUNK = 1024 * 1024
_PATH = re.compile(r"(?=.{1,200}\Z)[a-z0-9][a-z0-9._-]*(?:/[a-z0-9][a-z0-9._-]*){0,7}")
_OF_THE_SYSTEM = {".ds_store", "thumbs.db", "desktop.ini"}


def is_bundle_path(path: str) -> bool:
    """Whether a file of a bundle may have this path: plain parts that lead nowhere else."""
    return bool(_PATH.fullmatch(path)) and ".." not in path


# --- The index ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A file of the bundle as the index lists it."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class StatedBy:
    """Where the directory states a card: under which root, and in which files. ``roles`` are (name, path)."""

    root: int
    targets: str
    roles: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ListedCard:
    """A card, and where the directory states it, if it does."""

    path: str
    member: str
    stated: StatedBy | None = None


@dataclass(frozen=True, slots=True)
class Erased:
    """A letter that was erased under a retention rule; its place and its hash stay."""

    sender: str
    addressee: str
    thread: str
    seq: int
    kind: str
    sha256: str


@dataclass(frozen=True, slots=True)
class ListedPackage:
    """A package of evidence. ``files`` are (name in the manifest, path); not all need be in the bundle."""

    manifest: str
    custody: tuple[str, ...]
    files: tuple[tuple[str, str], ...] = ()
    sealed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stamp:
    """An RFC 3161 time stamp over a file of the bundle. ``authority`` is its certificate file (PEM)."""

    path: str
    over: str
    authority: str | None = None


@dataclass(frozen=True, slots=True)
class Index:
    """What a bundle holds: the content of ``bundle.json``. Times are texts, RFC 3339 in UTC."""

    thread: str
    made_at: str
    made_by: str
    files: tuple[ListedFile, ...] = ()
    roots: tuple[str, ...] = ()
    cards: tuple[ListedCard, ...] = ()
    letters: tuple[str, ...] = ()
    erased: tuple[Erased, ...] = ()
    receipts: tuple[str, ...] = ()
    openings: tuple[str, ...] = ()
    checkpoints: tuple[str, ...] = ()
    consistency: tuple[str, ...] = ()
    packages: tuple[ListedPackage, ...] = ()
    stamps: tuple[Stamp, ...] = ()
    pages: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()

    def written(self) -> bytes:
        """The bytes of ``bundle.json``; raises ``ValueError`` for an index that could not be read."""
        content = canonical(_index_json(self))
        try:
            parse_index(content)
        except AlteredError as error:
            raise ValueError(str(error)) from error
        return content

    def mentioned(self) -> set[str]:
        """Every path that the index gives a meaning to."""
        metadata = [path for card in self.cards if card.stated for path in _paths_of(card.stated)]
        evidence = [path for package in self.packages for path in _paths_of_package(package)]
        stamps = [path for stamp in self.stamps for path in (stamp.path, stamp.over, stamp.authority) if path]
        plain = [*self.roots, *self.letters, *self.receipts, *self.openings, *self.checkpoints, *self.consistency]
        return {*plain, *self.steps, *self.pages, *(card.path for card in self.cards), *metadata, *evidence, *stamps}


def _paths_of(stated: StatedBy) -> list[str]:
    return [stated.targets, *(path for _, path in stated.roles)]


def _paths_of_package(package: ListedPackage) -> list[str]:
    return [package.manifest, *package.custody, *(path for _, path in package.files), *package.sealed]


def parse_index(content: bytes) -> Index:
    """Read ``bundle.json``; raises ``AlteredError``."""
    try:
        fields = Fields(INDEX, parse_canonical(content)).expect(v=1, type="bundle")
    except CanonicalError as error:
        raise AlteredError(INDEX, str(error)) from error
    made = fields.object("made")
    index = Index(
        thread=fields.text("thread"),
        made_at=made.text("at"),
        made_by=made.text("by"),
        files=tuple(
            ListedFile(one.text("path"), one.number("size"), one.hex64("sha256")) for one in fields.objects("files")
        ),
        cards=tuple(_card(one) for one in fields.objects("cards")),
        erased=tuple(_erased(one) for one in fields.objects("erased")),
        packages=tuple(_package(one) for one in fields.objects("packages")),
        stamps=tuple(_stamp(one) for one in fields.objects("stamps")),
        steps=tuple(fields.texts("steps")) if "steps" in fields.members else (),
        **{name: tuple(fields.texts(name)) for name in _PATH_LISTS},
    )
    _check_paths(index)
    return index


_PATH_LISTS = ("roots", "letters", "receipts", "openings", "checkpoints", "consistency", "pages")


def _card(fields: Fields) -> ListedCard:
    return ListedCard(fields.text("path"), fields.text("member"), _stated(fields))


def _stated(fields: Fields) -> StatedBy | None:
    if fields.members.get("stated", "") is None:
        return None
    stated = fields.object("stated")
    roles = tuple((role.text("name"), role.text("path")) for role in stated.objects("roles"))
    return StatedBy(stated.number("root"), stated.text("targets"), roles)


def _erased(fields: Fields) -> Erased:
    return Erased(
        sender=fields.text("from"),
        addressee=fields.text("to"),
        thread=fields.text("thread"),
        seq=fields.number("seq"),
        kind=fields.text("kind"),
        sha256=fields.hex64("sha256"),
    )


def _package(fields: Fields) -> ListedPackage:
    return ListedPackage(
        manifest=fields.text("manifest"),
        custody=tuple(fields.texts("custody")),
        files=tuple((one.text("name"), one.text("path")) for one in fields.objects("files")),
        sealed=tuple(fields.texts("sealed")),
    )


def _stamp(fields: Fields) -> Stamp:
    return Stamp(fields.text("path"), fields.text("over"), fields.optional_text("authority"))


def _check_paths(index: Index) -> None:
    listed = {file.path for file in index.files}
    if len(listed) != len(index.files) or INDEX in listed:
        raise AlteredError(INDEX, "a file is listed twice, or the index lists itself")
    for path in sorted(listed):
        if not is_bundle_path(path):
            raise AlteredError(INDEX, f"the path {path[:80]!r} could lead outside the bundle")
    for path in sorted(index.mentioned() - listed):
        raise AlteredError(INDEX, f"{path[:80]!r} is given a meaning but not listed with its hash")


def _index_json(index: Index) -> dict[str, Json]:
    return {
        "v": 1,
        "type": "bundle",
        "thread": index.thread,
        "made": {"at": index.made_at, "by": index.made_by},
        "files": [{"path": file.path, "size": file.size, "sha256": file.sha256} for file in index.files],
        "cards": [_card_json(card) for card in index.cards],
        "erased": [_erased_json(erased) for erased in index.erased],
        "packages": [_package_json(package) for package in index.packages],
        "stamps": [{"path": one.path, "over": one.over, "authority": one.authority} for one in index.stamps],
        "roots": list(index.roots),
        "letters": list(index.letters),
        "receipts": list(index.receipts),
        "openings": list(index.openings),
        "checkpoints": list(index.checkpoints),
        "consistency": list(index.consistency),
        "pages": list(index.pages),
        **({"steps": list(index.steps)} if index.steps else {}),
    }


def _card_json(card: ListedCard) -> dict[str, Json]:
    roles: list[Json] = (
        [] if card.stated is None else [{"name": name, "path": path} for name, path in card.stated.roles]
    )
    stated: Json = (
        None if card.stated is None else {"root": card.stated.root, "targets": card.stated.targets, "roles": roles}
    )
    return {"path": card.path, "member": card.member, "stated": stated}


def _erased_json(erased: Erased) -> dict[str, Json]:
    return {
        "from": erased.sender,
        "to": erased.addressee,
        "thread": erased.thread,
        "seq": erased.seq,
        "kind": erased.kind,
        "sha256": erased.sha256,
    }


def _package_json(package: ListedPackage) -> dict[str, Json]:
    return {
        "manifest": package.manifest,
        "custody": list(package.custody),
        "files": [{"name": name, "path": path} for name, path in package.files],
        "sealed": list(package.sealed),
    }


# --- The files ----------------------------------------------------------------------------------


class Container(Protocol):
    """Where the files of a bundle lie."""

    sizes: dict[str, int]
    strange: list[str]
    """What lies there and cannot be part of a bundle: links, names that lead elsewhere."""

    def open(self, path: str) -> BinaryIO:
        """The file as a stream."""


@dataclass(slots=True)
class DirectoryContainer:
    """A bundle that was unpacked. Links are never followed."""

    root: Path
    sizes: dict[str, int] = field(default_factory=dict)
    strange: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for found in sorted(self.root.rglob("*")):
            path = found.relative_to(self.root).as_posix()
            if found.is_symlink() or not (found.is_dir() or found.is_file()):
                self.strange.append(path)
            elif found.is_file():
                _take(self, path, found.stat().st_size)

    def open(self, path: str) -> BinaryIO:
        """The file as a stream."""
        return (self.root / path).open("rb")


@dataclass(slots=True)
class ZipContainer:
    """A bundle in a .zip file; nothing is ever unpacked to disk."""

    archive: zipfile.ZipFile
    sizes: dict[str, int] = field(default_factory=dict)
    strange: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for info in self.archive.infolist():
            if info.is_dir():
                continue
            if info.filename in self.sizes or _is_strange(info):
                self.strange.append(info.filename)
            else:
                _take(self, info.filename, info.file_size)

    def open(self, path: str) -> BinaryIO:
        """The file as a stream."""
        return self.archive.open(path)  # type: ignore[return-value]  # ZipExtFile reads like a BinaryIO


def _is_strange(info: zipfile.ZipInfo) -> bool:
    """Encrypted, packed in a rare way, or growing beyond measure."""
    rare = info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    grows = info.file_size > _SMALL and info.file_size > MOST_GROWTH * max(info.compress_size, 1)
    return bool(info.flag_bits & 1) or rare or grows


def _take(container: DirectoryContainer | ZipContainer, path: str, size: int) -> None:
    if len(container.sizes) >= MOST_FILES:
        raise UnreadableError(f"more than {MOST_FILES} files")
    if path.rpartition("/")[2].casefold() in _OF_THE_SYSTEM:
        return  # left behind by a file manager that looked in
    if is_bundle_path(path):
        container.sizes[path] = size
    else:
        container.strange.append(path)


@contextmanager
def open_container(bundle: Path) -> Iterator[Container]:
    """The files of a bundle; raises ``UnreadableError`` when there is no bundle at that place."""
    if bundle.is_dir():
        yield _directory(bundle)
        return
    try:
        archive = zipfile.ZipFile(bundle)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise UnreadableError(f"{bundle} is neither a directory nor a whole .zip file ({error})") from error
    with archive:
        yield ZipContainer(archive)


def _directory(bundle: Path) -> DirectoryContainer:
    try:
        return DirectoryContainer(bundle)
    except OSError as error:
        raise UnreadableError(f"{bundle} cannot be read whole ({error})") from error


def read_index(container: Container) -> Index:
    """The index of a bundle; raises ``UnreadableError`` without one, ``AlteredError`` for a broken one."""
    if INDEX not in container.sizes:
        raise UnreadableError(f"there is no {INDEX}: this is no proof bundle")
    return parse_index(read_file(container, INDEX, most=MOST_INDEX))


def read_file(container: Container, path: str, *, most: int | None = None) -> bytes:
    """A whole file of at most ``most`` bytes (``MOST_READ``); raises ``AlteredError`` for any other."""
    most = MOST_READ if most is None else most
    if path not in container.sizes:
        raise AlteredError(path, "it is missing from the bundle")
    if container.sizes[path] > most:
        raise AlteredError(path, f"larger than {most} bytes")
    return b"".join(chunks_of(container, path))


def chunks_of(container: Container, path: str) -> Iterator[bytes]:
    """A file piece by piece; raises ``AlteredError`` when it is missing, damaged or not as long as it says."""
    if path not in container.sizes:
        raise AlteredError(path, "it is missing from the bundle")
    left = container.sizes[path]
    try:
        with container.open(path) as stream:
            while chunk := stream.read(_CHUNK):
                left -= len(chunk)
                if left < 0:
                    break
                yield chunk
    except (OSError, EOFError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error) as error:
        raise AlteredError(path, f"damaged: {error}") from error
    if left:
        raise AlteredError(path, "damaged: not as long as it should be")


def hash_of_file(container: Container, path: str) -> str:
    """The SHA-256 of a file, in hexadecimal, whatever its size."""
    digest = sha256()
    for chunk in chunks_of(container, path):
        digest.update(chunk)
    return digest.hexdigest()
