"""One walk of a TUF client through the hub's repository: what it proved, as values. Nothing is stored here.

python-tuf's ``Updater`` decides what is trusted (TUF, section 5). It works in a folder of its own, laid out anew
for each walk from what this node trusts already, so that several processes never share one.

Every role is walked by itself: if one State's files break a rule, that role is reported as at fault and stays
as it was, and all others go on. A fault in what the hub or the holders sign stops the whole walk.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

from tuf.api.exceptions import (
    BadVersionNumberError,
    DownloadError,
    DownloadHTTPError,
    DownloadLengthMismatchError,
    ExpiredMetadataError,
    LengthOrHashMismatchError,
    RepositoryError,
    UnsignedMetadataError,
)
from tuf.api.metadata import Metadata, Root, Snapshot, TargetFile, Targets
from tuf.ngclient import Updater, UpdaterConfig
from tuf.ngclient.fetcher import FetcherInterface

from tocsin.base.instant import Instant
from tocsin.directory.acts.fetch import reason_of
from tocsin.directory.errors import DirectoryRefusedError, DirectoryUnreachableError
from tocsin.directory.rules import tuf
from tocsin.directory.rules.freshness import earliest_end

Known = Callable[[str], "bytes | None"]
TOP = ("timestamp", "snapshot", "targets")
_LIMITS = UpdaterConfig(
    max_root_rotations=64,
    max_delegations=8,  # a path belongs to one State, the hub or the private members: few roles are asked
    root_max_length=256 * 1024,
    timestamp_max_length=16 * 1024,
    snapshot_max_length=1024 * 1024,
    targets_max_length=8 * 1024 * 1024,
)
_ATTACKS: tuple[tuple[type[Exception], str], ...] = (
    (BadVersionNumberError, "rollback"),
    (ExpiredMetadataError, "freeze"),
    (UnsignedMetadataError, "too few signatures"),
    (LengthOrHashMismatchError, "mix and match"),
    (DownloadLengthMismatchError, "endless file"),
    (RepositoryError, "malformed"),
)


@dataclass(frozen=True, slots=True)
class TrustedFile:
    """Metadata that was verified: the bytes, and what they say of themselves."""

    role: str
    version: int
    ends: Instant
    content: bytes


@dataclass(frozen=True, slots=True)
class Walk:
    """What one walk proved."""

    root: TrustedFile
    """The root that is trusted now."""
    roots: tuple[TrustedFile, ...]
    """Roots that came after the one trusted before, in order."""
    top: Mapping[str, TrustedFile]
    """Timestamp, snapshot and targets."""
    roles: Mapping[str, TrustedFile] = field(default_factory=dict)
    files: Mapping[str, tuple[str, bytes]] = field(default_factory=dict)
    """Target files by path, each with the role that signs it; empty when nothing changed."""
    faults: Mapping[str, str] = field(default_factory=dict)
    """Roles at fault, each with the rule that it breaks."""
    changed: bool = False
    """Whether the snapshot is another than before, so that roles and files were walked."""

    @property
    def ends(self) -> Instant:
        """When the directory goes stale."""
        return earliest_end([self.root.ends, *(file.ends for file in self.top.values())])


def walk_directory(
    trusted: Mapping[str, bytes],
    *,
    base_url: str,
    fetcher: FetcherInterface,
    known: Known = lambda _: None,
    again: bool = False,
) -> Walk:
    """Walk from what is trusted (``root`` and what else there is, by role) to what is current.

    ``known`` gives the file that is held for a path, so that only what changed is fetched. With ``again`` the
    roles are walked although the snapshot did not change. Raises ``DirectoryRefusedError`` or
    ``DirectoryUnreachableError``; then nothing changes.
    """
    with TemporaryDirectory(prefix="tocsin-directory-") as folder, _told_as_ours(base_url):
        client = _Client(Path(folder), trusted, base_url=base_url, fetcher=fetcher, known=known)
        return client.walk(again=again)


class _Client:
    """The updater in its folder."""

    def __init__(
        self, folder: Path, trusted: Mapping[str, bytes], *, base_url: str, fetcher: FetcherInterface, known: Known
    ) -> None:
        self._folder, self._trusted = folder / "metadata", trusted
        self._folder.mkdir()
        for role, content in trusted.items():
            if role != Root.type:
                self._place(role).write_bytes(content)
        self._base_url, self._fetcher, self._known = base_url, fetcher, known
        self._files = folder / "files"
        self._files.mkdir()

    def walk(self, *, again: bool) -> Walk:
        updater = Updater(
            metadata_dir=str(self._folder),
            metadata_base_url=f"{self._base_url}/metadata/",
            target_dir=str(self._files),
            target_base_url=f"{self._base_url}/targets/",
            fetcher=self._fetcher,
            config=_LIMITS,
            bootstrap=self._trusted[Root.type],
        )
        updater.refresh()
        top = {role: _file_of(role, self._place(role).read_bytes()) for role in TOP}
        changed = again or top["snapshot"].content != self._trusted.get("snapshot")
        roots = self._roots()
        walk = Walk(root=roots[-1], roots=tuple(roots[1:]), top=top, changed=changed)
        return self._walk_roles(updater, walk) if changed else walk

    def _walk_roles(self, updater: Updater, walk: Walk) -> Walk:
        top = walk.top
        listed = tuf.read(top["snapshot"].content, Snapshot).signed.meta
        roles: dict[str, TrustedFile] = {}
        files: dict[str, tuple[str, bytes]] = {}
        faults: dict[str, str] = {}
        for role, path in tuf.roles_and_paths(tuf.read(top["targets"].content, Targets).signed):
            if f"{role}.json" not in listed:
                continue  # admitted, and nothing published yet
            try:
                roles[role], found = self._walk_role(updater, role, path)
                files.update(found)
            except (RepositoryError, DownloadHTTPError) as error:
                faults[role] = f"{attack_of(error)}: {reason_of(error)}"
        return replace(walk, roles=roles, files=files, faults=faults)

    def _walk_role(
        self, updater: Updater, role: str, some_path: str
    ) -> tuple[TrustedFile, dict[str, tuple[str, bytes]]]:
        updater.get_targetinfo(some_path)  # loads and verifies the role's metadata
        metadata = _file_of(role, self._place(role).read_bytes())
        found: dict[str, tuple[str, bytes]] = {}
        for path in tuf.read(metadata.content, Targets).signed.targets:
            target = updater.get_targetinfo(path)
            if target is None:
                raise RepositoryError(f"{path} is not a path of {role}")
            found[path] = role, self._file(updater, target)
        return metadata, found

    def _file(self, updater: Updater, target: TargetFile) -> bytes:
        held: bytes | None = self._known(str(target.path))
        if held is not None:
            with suppress(LengthOrHashMismatchError):
                target.verify_length_and_hashes(held)
                return held
        return Path(updater.download_target(target)).read_bytes()

    def _roots(self) -> list[TrustedFile]:
        """The root trusted before, and every one that came after it."""
        versions = sorted(int(path.name.split(".")[0]) for path in self._history.iterdir())
        return [_file_of(Root.type, (self._history / f"{version}.root.json").read_bytes()) for version in versions]

    @property
    def _history(self) -> Path:
        return self._folder / "root_history"

    def _place(self, role: str) -> Path:
        return self._folder / f"{quote(role, '')}.json"


def attack_of(error: Exception) -> str:
    """What a broken rule of TUF is the defence against."""
    return next((name for kind, name in _ATTACKS if isinstance(error, kind)), "malformed")


@contextmanager
def _told_as_ours(base_url: str) -> Iterator[None]:
    """python-tuf's errors as the directory's own."""
    try:
        yield
    except (RepositoryError, DownloadLengthMismatchError) as error:
        raise DirectoryRefusedError(attack=attack_of(error), rule=str(error)) from error
    except DownloadError as error:
        raise DirectoryUnreachableError(endpoint=base_url, reason=reason_of(error)) from error


def _file_of(role: str, content: bytes) -> TrustedFile:
    metadata: Metadata[Any] = Metadata.from_bytes(content)
    return TrustedFile(role=role, version=metadata.signed.version, ends=metadata.signed.expires, content=content)
