"""Calling another member's node: only where its card says, only over TLS that ends at its card's certificates.

The order of things, for each connection:

1. the endpoint is one of those that this node calls at all (``rules/endpoint.py``);
2. its name is resolved **once**, and every address that it stands for must be one that this node calls: a name
   that stands for a public and a private address at once is a trick, and refused whole;
3. the connection goes to an address that was just checked, never through the name a second time;
4. the TLS handshake must end at a certificate of the card. No other authority counts, and no host name: the
   certificate itself is the identity.

Redirects are not followed, no proxy of the environment is used, and nothing is sent before step 4 is done.
"""

import os
import socket
import ssl
import typing
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address

import httpcore
import httpx

from tocsin.base.problem import Problem, parse_problem
from tocsin.directory.errors import EndpointRefusedError, EndpointUnreachableError
from tocsin.directory.rules.endpoint import Address, check_address, endpoint_of
from tocsin.proof.canonical import parse_strict
from tocsin.proof.errors import CanonicalError

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
_CONNECTIONS = 20
_IDLE = 5


def pinned_client(endpoint: str, *, tls: tuple[str, ...], private_allowed: bool) -> httpx.Client:
    """A client for one member's endpoint, with its connections kept open; the same one for the same arguments.

    Raises ``EndpointRefusedError`` for an endpoint that this node does not call. A call raises
    ``httpx.TransportError``; ``EndpointRefusedError`` too, when the name leads where it must not.
    """
    endpoint_of(endpoint, private_allowed=private_allowed)
    return _client(endpoint, tls, private_allowed)


def checked_addresses(host: str, port: int, *, private_allowed: bool) -> list[Address]:
    """Every address that ``host`` stands for now, each one that this node calls.

    Raises ``EndpointRefusedError`` when one of them is not, ``EndpointUnreachableError`` when there is none.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise EndpointUnreachableError(endpoint=f"{host}:{port}", reason="its name stands for no address") from error
    addresses = list(dict.fromkeys(ip_address(place[4][0]) for place in found))
    for address in addresses:
        check_address(address, private_allowed=private_allowed)
    return addresses


def pinned_context(tls: Iterable[str]) -> ssl.SSLContext:
    """A TLS context in which only these certificates (PEM) count, and the name of the host does not."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False  # the certificate is named by the card; a name in it proves nothing more
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # the card's certificate is enough, whoever issued it
    context.load_verify_locations(cadata="\n".join(tls))
    return context


@dataclass(frozen=True, slots=True)
class Answer:
    """What a node answered: its status, and its body up to a limit."""

    status: int
    content: bytes
    media_type: str

    @property
    def problem(self) -> Problem:
        """The problem in an answer that refuses; never raises."""
        try:
            document = parse_strict(self.content)
        except CanonicalError:
            document = None
        return parse_problem(document, status=self.status)


def exchange(client: httpx.Client, method: str, path: str, *, content: bytes = b"", limit: int) -> Answer:
    """One small request and its answer; never more than ``limit`` bytes of it.

    Raises ``EndpointUnreachableError``, also for an answer that is longer, and ``EndpointRefusedError``.
    """
    headers = {"Content-Type": "application/json"} if content else {}
    request = client.build_request(method, path, content=content or None, headers=headers)
    try:
        answer = client.send(request, stream=True)
        try:
            body = _limited(answer, limit)
        finally:
            answer.close()
    except httpx.HTTPError as error:
        reason = str(error) or type(error).__name__
        raise EndpointUnreachableError(endpoint=str(client.base_url), reason=reason) from error
    return Answer(status=answer.status_code, content=body, media_type=answer.headers.get("Content-Type", ""))


def _limited(answer: httpx.Response, limit: int) -> bytes:
    body = bytearray()
    for chunk in answer.iter_raw():
        body += chunk
        if len(body) > limit:
            raise EndpointUnreachableError(endpoint=str(answer.url), reason=f"it answers more than {limit} bytes")
    return bytes(body)


@lru_cache(maxsize=512)
def _client(endpoint: str, tls: tuple[str, ...], private_allowed: bool) -> httpx.Client:  # noqa: FBT001 - a cache's key
    transport = _PinnedTransport(pinned_context(tls), private_allowed=private_allowed)
    return httpx.Client(
        base_url=endpoint,
        transport=transport,
        timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
        follow_redirects=False,
        trust_env=False,
        headers={"User-Agent": "tocsin", "Accept-Encoding": "identity"},
    )


# Connections that were open before a fork belong to the parent: two processes must not talk on one.
os.register_at_fork(after_in_child=_client.cache_clear)


class _CheckedBackend(httpcore.NetworkBackend):
    """Connects to addresses that were checked, and to nothing else."""

    def __init__(self, *, private_allowed: bool) -> None:
        self._private_allowed = private_allowed
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = checked_addresses(host, port, private_allowed=self._private_allowed)
        for place, address in enumerate(addresses, start=1):
            try:
                return self._sockets.connect_tcp(str(address), port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if place == len(addresses):
                    raise
        raise EndpointUnreachableError(endpoint=f"{host}:{port}", reason="its name stands for no address")

    def connect_unix_socket(self, *_: object, **__: object) -> httpcore.NetworkStream:
        raise EndpointRefusedError(endpoint="a socket of this machine", rule="an endpoint is an https origin")

    def sleep(self, seconds: float) -> None:
        self._sockets.sleep(seconds)


_ERRORS: tuple[tuple[type[Exception], type[httpx.TransportError]], ...] = (
    (httpcore.ConnectTimeout, httpx.ConnectTimeout),
    (httpcore.PoolTimeout, httpx.PoolTimeout),
    (httpcore.ReadTimeout, httpx.ReadTimeout),
    (httpcore.WriteTimeout, httpx.WriteTimeout),
    (httpcore.ConnectError, httpx.ConnectError),
    (httpcore.ReadError, httpx.ReadError),
    (httpcore.WriteError, httpx.WriteError),
    (httpcore.RemoteProtocolError, httpx.RemoteProtocolError),
    (httpcore.ProtocolError, httpx.LocalProtocolError),
    (httpcore.UnsupportedProtocol, httpx.UnsupportedProtocol),
    (httpcore.NetworkError, httpx.NetworkError),
    (httpcore.TimeoutException, httpx.ReadTimeout),
)


@contextmanager
def _as_httpx() -> Iterator[None]:
    """Errors of the layer below, under the names that httpx promises."""
    try:
        yield
    except tuple(below for below, _ in _ERRORS) as error:
        mapped = next(above for below, above in _ERRORS if isinstance(error, below))
        raise mapped(str(error)) from error


class _PinnedTransport(httpx.BaseTransport):
    """httpx over httpcore with our own way to connect; httpx has no public place for one."""

    def __init__(self, context: ssl.SSLContext, *, private_allowed: bool) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=context,
            max_connections=_CONNECTIONS,
            max_keepalive_connections=_IDLE,
            keepalive_expiry=READ_SECONDS,
            network_backend=_CheckedBackend(private_allowed=private_allowed),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        asked = httpcore.Request(
            method=request.method,
            url=httpcore.URL(
                scheme=request.url.raw_scheme,
                host=request.url.raw_host,
                port=request.url.port,
                target=request.url.raw_path,
            ),
            headers=request.headers.raw,
            content=typing.cast("Iterable[bytes]", request.stream),
            extensions=request.extensions,
        )
        with _as_httpx():
            answer = self._pool.handle_request(asked)
        return httpx.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=_AnswerStream(typing.cast("Iterable[bytes]", answer.stream)),
            extensions=answer.extensions,
        )

    def close(self) -> None:
        self._pool.close()


class _AnswerStream(httpx.SyncByteStream):
    def __init__(self, stream: Iterable[bytes]) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        with _as_httpx():
            yield from self._stream

    def close(self) -> None:
        if hasattr(self._stream, "close"):
            self._stream.close()
