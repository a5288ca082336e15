"""Uploads of strangers: encrypted to the node's own ``age`` key while they come, so that nothing is kept in the clear.

A thread encrypts what another hands it through a pipe; a block of the pipe is all that is in the clear at a time. What
begins as an ``age`` file was encrypted by its sender and is kept as it is.
"""

import hashlib
import io
import os
import threading
from typing import Any

import pyrage
from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload

AGE = b"age-encryption.org/v1"
MOST_BYTES = 20 * 1024 * 1024


class SealedFile(InMemoryUploadedFile):
    """A file that was encrypted as it came."""

    sha256: str = ""
    """Of the file in the clear; empty where its sender encrypted it himself."""


class _Sealing:
    """One file on its way through ``age``."""

    def __init__(self, recipient: str) -> None:
        self._to = pyrage.x25519.Recipient.from_str(recipient)
        reading, writing = os.pipe()
        self._reading, self._writing = os.fdopen(reading, "rb"), os.fdopen(writing, "wb", 0)
        self._clear = hashlib.sha256()
        self._made = io.BytesIO()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def put(self, block: bytes) -> None:
        self._clear.update(block)
        view = memoryview(block)
        while view:
            view = view[self._writing.write(view) :]

    def done(self) -> tuple[bytes, str]:
        """The file as ``age`` made it, and the hash of what went in."""
        self.leave()
        return self._made.getvalue(), self._clear.hexdigest()

    def leave(self) -> None:
        """End it, whatever has come."""
        if not self._writing.closed:
            self._writing.close()
            self._thread.join()

    def _run(self) -> None:
        with self._reading:
            pyrage.encrypt_io(self._reading, self._made, [self._to])


class SealingUploads(FileUploadHandler):
    """Takes one file, at most so long, and gives it encrypted."""

    def __init__(self, recipient: str) -> None:
        super().__init__()
        self._recipient = recipient
        self._sealing: _Sealing | None = None
        self._as_it_came: list[bytes] | None = None
        self._size = 0
        self.too_long = False

    def new_file(self, *given: Any, **traits: Any) -> None:
        super().new_file(*given, **traits)
        self._end()
        self._sealing, self._as_it_came, self._size = None, None, 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self._size += len(raw_data)
        if self._size > MOST_BYTES:
            self.too_long = True
            self._end()
            raise StopUpload(connection_reset=False)
        if start == 0 and raw_data.startswith(AGE):
            self._as_it_came = []
        elif start == 0:
            self._sealing = _Sealing(self._recipient)
        if self._as_it_came is not None:
            self._as_it_came.append(raw_data)
        elif self._sealing is not None:
            self._sealing.put(raw_data)

    def file_complete(self, file_size: int) -> SealedFile | None:
        if self._as_it_came is not None:
            age, clear = b"".join(self._as_it_came), ""
        elif self._sealing is not None:
            age, clear = self._sealing.done()
        else:
            return None
        made = SealedFile(
            file=io.BytesIO(age),
            field_name=self.field_name,
            name=self.file_name or "file",
            content_type="application/octet-stream",
            size=file_size,
            charset=None,
        )
        made.sha256 = clear
        return made

    def upload_interrupted(self) -> None:
        self._end()

    def _end(self) -> None:
        if self._sealing is not None:
            self._sealing.leave()
            self._sealing = None
