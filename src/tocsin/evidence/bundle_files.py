"""Writing the files of a proof bundle, in a folder or a .zip file: each once, hashed as it is written, all or none."""

import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Self

from tocsin.base.ids import new_uuid
from tocsin.base.instant import Instant
from tocsin.evidence.errors import FolderTakenError
from tocsin.evidence.folders import new_file, sync
from tocsin.proof.bundle import INDEX, Index, ListedFile, is_bundle_path


class BundleFiles:
    """The files of one bundle. Nothing lies at ``target`` before ``finish``.

    A .zip holds its files unpacked and with one date, so that its bytes are a function of what is in it.
    """

    def __init__(self, target: Path, *, at: Instant) -> None:
        if target.exists() and (not target.is_dir() or target.suffix == ".zip" or any(target.iterdir())):
            raise FolderTakenError(folder=target)
        self.target, self.listed = target, dict[str, ListedFile]()
        self._apart = target.parent / f".{target.name}.{new_uuid()}"
        self._date = at.astimezone(UTC).timetuple()[:6]
        self._zip: zipfile.ZipFile | None = None
        if target.suffix == ".zip":
            self._zip = zipfile.ZipFile(self._apart, "x", zipfile.ZIP_STORED, allowZip64=True)
            self._apart.chmod(0o600)
        else:
            self._apart.mkdir(mode=0o700)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        if self._zip is not None:
            self._zip.close()
        if self._apart.is_dir():
            shutil.rmtree(self._apart, ignore_errors=True)
        else:
            self._apart.unlink(missing_ok=True)

    def add(self, path: str, content: bytes) -> str:
        """A file with this content; the same path with the same content again is the same file. Gives the path."""
        if path in self.listed:
            if self.listed[path].sha256 != sha256(content).hexdigest():
                raise ValueError(f"two contents for {path}")
            return path
        with self.adding(path) as stream:
            stream.write(content)
        return path

    @contextmanager
    def adding(self, path: str) -> Iterator["_Hashed"]:
        """A file to write to, of any size."""
        if not is_bundle_path(path) or path in self.listed:
            raise ValueError(f"{path} cannot be a file of this bundle")
        with self._new(path) as stream:
            hashed = _Hashed(stream)
            yield hashed
        self.listed[path] = ListedFile(path, hashed.size, hashed.digest.hexdigest())

    def finish(self, index: Index) -> str:
        """Write the index and put the bundle in its place; gives the SHA-256 of the index."""
        content = index.written()
        with self._new(INDEX) as stream:
            stream.write(content)
        if self._zip is not None:
            self._zip.close()
            sync(self._apart)
        self._apart.replace(self.target) if self._zip is not None else self._apart.rename(self.target)
        sync(self.target.parent)
        return sha256(content).hexdigest()

    @contextmanager
    def _new(self, path: str) -> Iterator[BinaryIO]:
        if self._zip is not None:
            named = zipfile.ZipInfo(path, self._date)
            named.external_attr = 0o644 << 16
            with self._zip.open(named, "w", force_zip64=True) as stream:
                yield stream  # type: ignore[misc]  # a zip's entry writes like a BinaryIO
            return
        place = self._apart / path
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with new_file(place) as opened:
            yield opened


class _Hashed:
    """A stream that counts and hashes what is written to it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self.size, self.digest = stream, 0, sha256()

    def write(self, block: bytes) -> int:
        self.size += len(block)
        self.digest.update(block)
        self._stream.write(block)
        return len(block)
