"""How python-tuf's client reads the hub's files: through the pinned connection, bounded in bytes and in time."""

import time
from collections.abc import Iterator

import httpx
from tuf.api.exceptions import DownloadError, DownloadHTTPError, SlowRetrievalError
from tuf.ngclient.fetcher import FetcherInterface

from tocsin.base.errors import TocsinError

WHOLE_FILE_SECONDS = 120.0
"""How long one file may take, so that a hub cannot hold a node by sending a byte now and then."""
_CHUNK = 64 * 1024
_GOOD = 200


class PinnedFetcher(FetcherInterface):
    """Reads from one client, which is pinned to the hub's certificates (``connect.py``).

    How many bytes a file may have is python-tuf's check, made while the bytes come in; they are taken raw, so
    that nothing is unpacked here.
    """

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def _fetch(self, url: str) -> Iterator[bytes]:
        try:
            return self._chunks(url)
        except httpx.HTTPError as error:
            raise DownloadError(f"{type(error).__name__}: {error}") from error

    def _chunks(self, url: str) -> Iterator[bytes]:
        answer = self._client.send(self._client.build_request("GET", url), stream=True)
        if answer.status_code != _GOOD:
            answer.close()
            raise DownloadHTTPError(f"{answer.status_code} for {answer.url.path}", answer.status_code)
        return self._timed(answer)

    def _timed(self, answer: httpx.Response) -> Iterator[bytes]:
        began = time.monotonic()
        try:
            for chunk in answer.iter_raw(_CHUNK):
                if time.monotonic() - began > WHOLE_FILE_SECONDS:
                    raise SlowRetrievalError(f"{answer.url.path} took more than {WHOLE_FILE_SECONDS:.0f} s")
                yield chunk
        except httpx.HTTPError as error:
            raise DownloadError(f"{type(error).__name__}: {error}") from error
        finally:
            answer.close()


def reason_of(error: Exception) -> str:
    """Why a download failed, in one line; python-tuf wraps what lies below in errors of its own."""
    below = error.__cause__
    return str(below) if isinstance(below, TocsinError | httpx.HTTPError) and str(below) else str(error)
