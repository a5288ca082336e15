"""Where the hub is: the way to it, and what it serves to itself."""

from collections.abc import Iterator

import httpx
from tuf.api.exceptions import DownloadHTTPError
from tuf.ngclient.fetcher import FetcherInterface

from tocsin.base.this_node import this_node
from tocsin.directory import reads
from tocsin.directory.acts.connect import pinned_client
from tocsin.directory.acts.fetch import PinnedFetcher
from tocsin.directory.errors import NotPublishedError
from tocsin.directory.rules.sight import DirectoryStanding

PATH = "/directory"
"""Where the hub's endpoint serves the directory."""


def hub_client() -> httpx.Client:
    """The way to the hub, through the certificates of its card; raises ``NoDirectoryError``."""
    joined = reads.standing()
    return pinned_client(joined.endpoint, tls=joined.tls, private_allowed=this_node().private_endpoints)


def is_hub(joined: DirectoryStanding) -> bool:
    """Whether this node is the hub of the directory that it joined."""
    return joined.hub == this_node().member


def hub_fetcher() -> FetcherInterface:
    """What a walk reads from: the hub over HTTP, or at the hub its own rows."""
    return _OwnRows() if is_hub(reads.standing()) else PinnedFetcher(hub_client())


class _OwnRows(FetcherInterface):
    """At the hub: what it publishes, checked by the same walk as everywhere."""

    def _fetch(self, url: str) -> Iterator[bytes]:
        path = url.partition(f"{PATH}/")[2]
        try:
            return iter([reads.published_file(path)])
        except NotPublishedError as error:
            raise DownloadHTTPError(str(error), 404) from error
