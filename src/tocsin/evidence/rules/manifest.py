"""The manifest of a package: what was delivered, by whom, made when, where and with what.

A manifest is canonical JSON; its SHA-256 is what letters and custody events name::

    {"v": 1, "type": "manifest", "package": "<uuid>", "request": "<uuid>", "title": "…",
     "made": {"at": "2026-11-24T03:00:00.000Z", "member": "example-mail", "person": "…", "place": "Lisboa, PT",
              "tool": {"name": "tocsin", "version": "0.1.0"}},
     "files": [{"name": "mailbox.mbox", "size": 52428800, "sha256": "…", "sha512": "…",
                "modified": "…" | null, "raw": true, "converted": null},
               {"name": "sessions.csv", …, "raw": false,
                "converted": {"from": "sessions.log", "program": "…", "version": "…", "arguments": "…",
                              "counted": "records", "before": 412, "after": 412}}]}

A hash list is a legal field (Implementing Regulation (EU) 2025/1550, Annex 3.3.3: full file names, sizes and at least
one hash with its algorithm). A converted file never replaces what came: the raw file that it was made from is in the
same manifest, and the counts before and after stand beside it.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Any

from tocsin.base.ids import is_uuid
from tocsin.base.instant import Instant, parse, text
from tocsin.evidence.errors import FileHashError, FileSizeError, ManifestError
from tocsin.proof.canonical import canonical, parse_canonical
from tocsin.proof.errors import CanonicalError

_HEX64, _HEX128 = re.compile(r"[0-9a-f]{64}"), re.compile(r"[0-9a-f]{128}")
MAX_FILES = 10_000
MAX_NAME = 255


@dataclass(frozen=True, slots=True)
class Conversion:
    """How a file was made from a raw one of the same package."""

    source: str
    program: str
    version: str
    arguments: str
    counted: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """One file of a package. Sizes are bytes; hashes are lower-case hexadecimal."""

    name: str
    size: int
    sha256: str
    sha512: str
    modified: Instant | None = None
    converted: Conversion | None = None

    @property
    def raw(self) -> bool:
        """Whether the file is as it came."""
        return self.converted is None


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a package holds, and who made it."""

    package: str
    request: str
    title: str
    made_at: Instant
    member: str
    person: str
    place: str
    tool_name: str
    tool_version: str
    files: tuple[EvidenceFile, ...]


def manifest_bytes(manifest: Manifest) -> bytes:
    """The canonical bytes whose SHA-256 names the manifest; raises ``ManifestError`` for a faulty one."""
    _check(manifest)
    return canonical(_as_json(manifest))


def read_manifest(found: dict[str, Any]) -> Manifest:
    """A manifest out of parsed JSON; raises ``ManifestError`` that names the field and the rule."""
    made = _member(found, "made", dict)
    tool = _member(made, "tool", dict, within="made")
    files = _member(found, "files", list)
    if found.get("v") != 1 or found.get("type") != "manifest":
        raise ManifestError(field="type", rule='"v" is 1 and "type" is "manifest"')
    _no_more_than(found, {"v", "type", "package", "request", "title", "made", "files"}, within="")
    _no_more_than(made, {"at", "member", "person", "place", "tool"}, within="made")
    _no_more_than(tool, {"name", "version"}, within="made.tool")
    manifest = Manifest(
        package=_member(found, "package", str),
        request=_member(found, "request", str),
        title=_member(found, "title", str),
        made_at=_instant(made, "at", within="made"),
        member=_member(made, "member", str, within="made"),
        person=_member(made, "person", str, within="made"),
        place=_member(made, "place", str, within="made"),
        tool_name=_member(tool, "name", str, within="made.tool"),
        tool_version=_member(tool, "version", str, within="made.tool"),
        files=tuple(_read_file(item, f"files[{n}]") for n, item in enumerate(files)),
    )
    _check(manifest)
    return manifest


def check_name(name: str, *, field: str) -> None:
    """A file's name is a relative path of plain parts, so that no package writes outside its folder."""
    parts = name.split("/")
    if not name or len(name.encode()) > MAX_NAME or any(part in {"", ".", ".."} for part in parts):
        raise ManifestError(field=field, rule=f"a relative path of at most {MAX_NAME} bytes without empty parts or ..")
    if any(ord(char) < 0x20 or char in '\\:*?"<>|' for char in name) or name != name.strip():  # noqa: PLR2004 - controls
        raise ManifestError(field=field, rule='no control characters, no \\ : * ? " < > |, no space at its ends')


def _check(manifest: Manifest) -> None:
    for field in ("package", "request"):
        if not is_uuid(getattr(manifest, field)):
            raise ManifestError(field=field, rule="a UUID in lower case")
    if not 1 <= len(manifest.files) <= MAX_FILES:
        raise ManifestError(field="files", rule=f"1 to {MAX_FILES} files")
    by_name = {file.name: file for file in manifest.files}
    if len({name.casefold() for name in by_name}) != len(manifest.files):
        raise ManifestError(field="files", rule="every name once, whatever its case")
    for number, file in enumerate(manifest.files):
        _check_file(file, by_name, f"files[{number}]")


def _check_file(file: EvidenceFile, by_name: dict[str, EvidenceFile], field: str) -> None:
    check_name(file.name, field=f"{field}.name")
    if file.size < 0:
        raise ManifestError(field=f"{field}.size", rule="not negative")
    if not _HEX64.fullmatch(file.sha256):
        raise ManifestError(field=f"{field}.sha256", rule="64 hexadecimal digits in lower case")
    if not _HEX128.fullmatch(file.sha512):
        raise ManifestError(field=f"{field}.sha512", rule="128 hexadecimal digits in lower case")
    if file.converted is None:
        return
    source = by_name.get(file.converted.source)
    if source is None or not source.raw:
        raise ManifestError(
            field=f"{field}.converted.from",
            rule="names a raw file of this package: a conversion never replaces what came",
        )
    if file.converted.before < 0 or file.converted.after < 0:
        raise ManifestError(field=f"{field}.converted", rule="the counts before and after are not negative")


def _as_json(manifest: Manifest) -> dict[str, Any]:
    return {
        "v": 1,
        "type": "manifest",
        "package": manifest.package,
        "request": manifest.request,
        "title": manifest.title,
        "made": {
            "at": text(manifest.made_at),
            "member": manifest.member,
            "person": manifest.person,
            "place": manifest.place,
            "tool": {"name": manifest.tool_name, "version": manifest.tool_version},
        },
        "files": [_file_as_json(file) for file in manifest.files],
    }


def _file_as_json(file: EvidenceFile) -> dict[str, Any]:
    made = file.converted
    return {
        "name": file.name,
        "size": file.size,
        "sha256": file.sha256,
        "sha512": file.sha512,
        "modified": text(file.modified) if file.modified else None,
        "raw": file.raw,
        "converted": None
        if made is None
        else {
            "from": made.source,
            "program": made.program,
            "version": made.version,
            "arguments": made.arguments,
            "counted": made.counted,
            "before": made.before,
            "after": made.after,
        },
    }


def _read_file(item: object, field: str) -> EvidenceFile:
    if not isinstance(item, dict):
        raise ManifestError(field=field, rule="an object")
    _no_more_than(item, {"name", "size", "sha256", "sha512", "modified", "raw", "converted"}, within=field)
    converted = item.get("converted")
    file = EvidenceFile(
        name=_member(item, "name", str, within=field),
        size=_member(item, "size", int, within=field),
        sha256=_member(item, "sha256", str, within=field),
        sha512=_member(item, "sha512", str, within=field),
        modified=None if item.get("modified") is None else _instant(item, "modified", within=field),
        converted=None if converted is None else _read_conversion(converted, f"{field}.converted"),
    )
    if item.get("raw") is not file.raw:
        raise ManifestError(field=f"{field}.raw", rule="true exactly where nothing was converted")
    return file


def _read_conversion(item: object, field: str) -> Conversion:
    if not isinstance(item, dict):
        raise ManifestError(field=field, rule="an object or null")
    _no_more_than(item, {"from", "program", "version", "arguments", "counted", "before", "after"}, within=field)
    return Conversion(
        source=_member(item, "from", str, within=field),
        program=_member(item, "program", str, within=field),
        version=_member(item, "version", str, within=field),
        arguments=_member(item, "arguments", str, within=field),
        counted=_member(item, "counted", str, within=field),
        before=_member(item, "before", int, within=field),
        after=_member(item, "after", int, within=field),
    )


def _member(found: dict[str, Any], name: str, kind: type, *, within: str = "") -> Any:
    value = found.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        words = {str: "a text", int: "a whole number", dict: "an object", list: "a list"}
        raise ManifestError(field=f"{within}.{name}".lstrip("."), rule=f"{words[kind]} is needed")
    return value


def _instant(found: dict[str, Any], name: str, *, within: str) -> Instant:
    written = _member(found, name, str, within=within)
    try:
        return parse(written)
    except ValueError as fault:
        raise ManifestError(field=f"{within}.{name}", rule=f"an instant with its offset ({fault})") from fault


def _no_more_than(found: dict[str, Any], names: set[str], *, within: str) -> None:
    for name in sorted(set(found) - names):
        raise ManifestError(field=f"{within}.{name}".lstrip("."), rule="not a field of a manifest")


def check_file(file: EvidenceFile, *, size: int, sha256: str, sha512: str) -> None:
    """Raise ``FileSizeError`` or ``FileHashError`` unless these are the file's, as the manifest states them."""
    if size != file.size:
        raise FileSizeError(name=file.name, found=size, stated=file.size)
    for algorithm, found, stated in (("SHA-256", sha256, file.sha256), ("SHA-512", sha512, file.sha512)):
        if found != stated:
            raise FileHashError(name=file.name, algorithm=algorithm, found=found, stated=stated)


def manifest_hash(content: bytes) -> str:
    """How letters, custody events and entries name a manifest: SHA-256 of its bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def read_manifest_bytes(content: bytes) -> Manifest:
    """A manifest out of its canonical bytes; raises ``ManifestError``."""
    try:
        found = parse_canonical(content)
    except CanonicalError as fault:
        raise ManifestError(field="manifest", rule=f"canonical JSON ({fault})") from fault
    if not isinstance(found, dict):
        raise ManifestError(field="manifest", rule="an object")
    return read_manifest(dict(found))
