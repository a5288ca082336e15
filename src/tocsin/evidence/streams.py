"""Files through hashes and ``age``: one pass over the file, a few megabytes of memory whatever its size.

    file ──blocks──> SHA-256, SHA-512 (a thread each)
      └──────────────> age ──blocks──> SHA-256 (a thread) and the encrypted file

Encrypting is the slow part and takes one core; ``hashlib`` lets other threads run while it works on a block, so the
hashes cost next to nothing where there is a second core. The measurements stand in docs/decisions/0080.
"""

import hashlib
import io
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Queue
from types import TracebackType
from typing import BinaryIO, Protocol, Self

import pyrage

from tocsin.evidence.errors import FileSealError

BLOCK = 1024 * 1024
_BLOCKS_WAITING = 6
"""How many blocks a hash may be behind: what the memory of a file of any size comes to."""

Progress = Callable[[int], None]
"""Told of every so many bytes that were read."""


class Writer(Protocol):
    """Whatever takes bytes."""

    def write(self, block: bytes, /) -> object: ...


@dataclass(frozen=True, slots=True)
class Hashes:
    """Length and hashes of a stream, in bytes and lower-case hexadecimal."""

    size: int
    sha256: str
    sha512: str = ""


@dataclass(frozen=True, slots=True)
class SealedHashes:
    """Hashes of a file in the clear and of the ``age`` file made of it, or opened."""

    clear: Hashes
    age_size: int
    age_sha256: str


class Hashing:
    """Hashes over one stream, each in a thread of its own. Used with ``with``, so that no thread outlives a fault."""

    def __init__(self, *names: str) -> None:
        self.size = 0
        self._hashes = {name: hashlib.new(name) for name in names}
        self._lanes: dict[str, Queue[bytes | None]] = {name: Queue(_BLOCKS_WAITING) for name in names}
        self._threads = [threading.Thread(target=self._run, args=(name,), daemon=True) for name in names]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self._end()

    def update(self, block: bytes) -> None:
        """The next bytes of the stream."""
        self.size += len(block)
        for lane in self._lanes.values():
            lane.put(block)

    def done(self) -> Hashes:
        """The hashes, once the stream is over."""
        self._end()
        found = {name: made.hexdigest() for name, made in self._hashes.items()}
        return Hashes(self.size, found["sha256"], found.get("sha512", ""))

    def _end(self) -> None:
        threads, self._threads = self._threads, []
        for lane in self._lanes.values() if threads else ():
            lane.put(None)
        for thread in threads:
            thread.join()

    def _run(self, name: str) -> None:
        lane, made = self._lanes[name], self._hashes[name]
        while (block := lane.get()) is not None:
            made.update(block)


class _Source(io.RawIOBase):
    """Reads blocks and shows each to the hashes. ``fault`` keeps what the library in between would flatten."""

    def __init__(self, stream: BinaryIO, seen: Callable[[bytes], None]) -> None:
        self._stream, self._seen = stream, seen
        self.fault: BaseException | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # a RawIOBase's buffer is a memoryview
        try:
            block = self._stream.read(len(buffer))
            self._seen(block)
        except BaseException as fault:
            self.fault = fault
            raise
        buffer[: len(block)] = block
        return len(block)


class _Sink:
    """Gathers what is written into blocks, shows each to the hashes and writes it."""

    def __init__(self, target: Writer, seen: Callable[[bytes], None]) -> None:
        self._target, self._seen = target, seen
        self._waiting: list[bytes] = []
        self._held = 0
        self.fault: BaseException | None = None

    def write(self, piece: bytes) -> int:
        self._waiting.append(piece)
        self._held += len(piece)
        if self._held >= BLOCK:
            self.empty()
        return len(piece)

    def flush(self) -> None:
        """Nothing: ``empty`` is called once, at the end."""

    def empty(self) -> None:
        """Write what was gathered."""
        block = b"".join(self._waiting)
        self._waiting, self._held = [], 0
        if not block:
            return
        try:
            self._seen(block)
            self._target.write(block)
        except BaseException as fault:
            self.fault = fault
            raise


def seal(source: BinaryIO, target: Writer, *, recipient: str, progress: Progress | None = None) -> SealedHashes:
    """Encrypt ``source`` to an ``age1…`` recipient and hash what goes in and what comes out.

    Raises ``OSError`` as the disk does.
    """
    with Hashing("sha256", "sha512") as clear, Hashing("sha256") as sealed:
        reader, writer = _Source(source, _counted(clear, progress)), _Sink(target, sealed.update)
        with _own_faults(reader, writer):
            to = pyrage.x25519.Recipient.from_str(recipient)
            pyrage.encrypt_io(io.BufferedReader(reader, BLOCK), writer, [to])
            writer.empty()
        after = sealed.done()
        return SealedHashes(clear.done(), after.size, after.sha256)


def unseal(
    source: BinaryIO, target: Writer, *, identity: str, name: str, progress: Progress | None = None
) -> SealedHashes:
    """Decrypt an ``age`` file with ``AGE-SECRET-KEY-1…`` identities, one a line; hash what goes in and comes out.

    ``target`` gets each block only after its own authentication, but the hashes are known at the end alone: whoever
    calls keeps what was written apart until he has compared them. Raises ``FileSealError`` that names the file, and
    ``OSError`` as the disk does.
    """
    with Hashing("sha256", "sha512") as clear, Hashing("sha256") as sealed:
        reader, writer = _Source(source, _counted(sealed, progress)), _Sink(target, clear.update)
        try:
            with _own_faults(reader, writer):
                keys = [pyrage.x25519.Identity.from_str(line) for line in identity.splitlines()]
                pyrage.decrypt_io(io.BufferedReader(reader, BLOCK), writer, keys)
                writer.empty()
        except (pyrage.DecryptError, _DecryptionError) as fault:
            raise FileSealError(
                name=name, rule=f"its age encryption was altered or is not to this node ({fault})"
            ) from (fault)
        before = sealed.done()
        return SealedHashes(clear.done(), before.size, before.sha256)


def reseal(
    source: BinaryIO, target: Writer, *, identity: str, recipient: str, name: str, progress: Progress | None = None
) -> SealedHashes:
    """Encrypt to another recipient what is encrypted to this node; nothing in the clear touches a disk.

    The hashes are those of the clear and of the new ``age`` file. Raises like ``unseal``.
    """
    with unsealing(source, identity=identity, name=name) as clear:
        return seal(clear, target, recipient=recipient, progress=progress)


@contextmanager
def unsealing(source: BinaryIO, *, identity: str, name: str) -> Iterator[BinaryIO]:
    """What an ``age`` file holds, as a stream, decrypted by a thread as fast as it is read.

    Its end raises ``FileSealError`` where the file was altered: what was read until then was authentic, block by block,
    and is not the whole.
    """
    reading, writing = os.pipe()
    faults: list[BaseException] = []

    def run() -> None:
        try:
            with os.fdopen(writing, "wb", 0) as end:
                unseal(source, _All(end), identity=identity, name=name)
        except BrokenPipeError:
            pass  # whoever read has had enough, and says why himself
        except BaseException as fault:  # noqa: BLE001 - it is raised in the thread that reads
            faults.append(fault)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        with os.fdopen(reading, "rb", BLOCK) as stream:
            yield stream
    finally:
        thread.join()
    if faults:
        raise faults[0]


@contextmanager
def sealing(target: Writer, *, recipient: str) -> Iterator[tuple[BinaryIO, list[SealedHashes]]]:
    """A stream to write to, encrypted by a thread; the list holds the hashes after the ``with``."""
    reading, writing = os.pipe()
    made: list[SealedHashes] = []
    faults: list[BaseException] = []

    def run() -> None:
        try:
            with os.fdopen(reading, "rb", 0) as stream:
                made.append(seal(stream, target, recipient=recipient))
        except BaseException as fault:  # noqa: BLE001 - it is raised in the thread that writes
            faults.append(fault)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        with os.fdopen(writing, "wb", BLOCK) as stream:
            yield stream, made
    except BrokenPipeError:
        thread.join()
        raise faults[0] if faults else BrokenPipeError from None
    finally:
        thread.join()
    if faults:
        raise faults[0]


def hashes_of(stream: BinaryIO) -> Hashes:
    """Length, SHA-256 and SHA-512 of a stream."""
    with Hashing("sha256", "sha512") as hashing:
        while block := stream.read(BLOCK):
            hashing.update(block)
        return hashing.done()


class _All:
    """Writes all of a block to a pipe, which may take it in pieces."""

    def __init__(self, end: io.RawIOBase | BinaryIO) -> None:
        self._end = end

    def write(self, block: bytes) -> int:
        view = memoryview(block)
        while view:
            view = view[self._end.write(view) or 0 :]
        return len(block)


class _DecryptionError(Exception):
    """The library's word for a block that is not authentic, which it raises as an ``OSError``."""


def _counted(hashing: Hashing, progress: Progress | None) -> Callable[[bytes], None]:
    def seen(block: bytes) -> None:
        hashing.update(block)
        if progress is not None and block:
            progress(len(block))

    return seen


@contextmanager
def _own_faults(reader: _Source, writer: _Sink) -> Iterator[None]:
    """Raise what reading or writing raised, and not what the library in between made of it."""
    try:
        yield
    except (pyrage.EncryptError, pyrage.DecryptError, OSError) as fault:
        for own in (reader.fault, writer.fault):
            if own is not None:
                raise own from None
        if isinstance(fault, OSError) and fault.errno is None:
            raise _DecryptionError(str(fault)) from fault
        raise
