"""The line to a peer: one request with a ticket, one answer that is bounded in bytes and time.

Who cannot be reached, whose certificate is not the card's, or who answers that he cannot serve now
(5xx) is all the same to a sender: the line is down, for a reason that is told.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import httpx

from tocsin.base import instant, jose
from tocsin.base.problem import Problem, parse_problem
from tocsin.base.this_node import this_node
from tocsin.directory.acts.connect import pinned_client
from tocsin.directory.errors import EndpointRefusedError, EndpointUnreachableError
from tocsin.proof.canonical import parse_strict
from tocsin.proof.errors import CanonicalError
from tocsin.wire.errors import LineDownError, PeerRefusedError
from tocsin.wire.rules.peer import Peer
from tocsin.wire.rules.ticket import SCHEME, Asked, Down, body_hash, new_ticket

MOST_ANSWER: Final = 16 * 1024 * 1024
"""Bytes of an answer that are read: a batch's receipts, or a page of a mailbox."""
WHOLE_ANSWER_SECONDS: Final = 60.0
_SERVER_FAULT: Final = 500
_GOOD: Final = range(200, 300)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a peer answered; below 500, and whole."""

    status: int
    body: bytes
    headers: httpx.Headers

    @property
    def good(self) -> bool:
        """Whether the peer did what it was asked."""
        return self.status in _GOOD

    def checked(self, peer: Peer) -> "Reply":
        """The reply itself, if the peer did what it was asked; raises ``PeerRefusedError`` with its problem."""
        if not self.good:
            raise PeerRefusedError(peer.member, self.problem())
        return self

    def problem(self) -> Problem:
        """Why it did not."""
        try:
            document = parse_strict(self.body)
        except CanonicalError:
            document = None
        return parse_problem(document, status=self.status)


def ask(
    peer: Peer,
    method: str,
    path: str,
    *,
    body: bytes = b"",
    down: Down | None = None,
    headers: dict[str, str] | None = None,
    most: int = MOST_ANSWER,
) -> Reply:
    """Make one request of ``peer`` and read the answer; raises ``LineDownError``."""
    asked = Asked(method=method, path=path, body=body_hash(body) if body else None)
    sent = {"Content-Type": "application/json", **(headers or {}), **ticket_header(peer, asked, down=down)}
    return _sent(peer, asked, content=body, headers=sent, most=most)


def send_piece(peer: Peer, path: str, pieces: Iterable[bytes], *, headers: dict[str, str]) -> Reply:
    """Send a stream of bytes with PATCH; its hash is checked when the file is whole, not by the ticket."""
    asked = Asked(method="PATCH", path=path)
    sent = {**headers, **ticket_header(peer, asked)}
    return _sent(peer, asked, content=pieces, headers=sent, most=MOST_ANSWER, seconds=None)


def ticket_header(peer: Peer, asked: Asked, *, down: Down | None = None) -> dict[str, str]:
    """The header that says who asks, as of now by the machine's clock: a ticket is good for a minute."""
    node = this_node()
    key = jose.signing_key(node.keys.signing)
    ticket = new_ticket(asked, sender=node.member, to=peer.member, key=key, at=instant.true_now(), down=down)
    return {"Authorization": f"{SCHEME} {ticket.decode('ascii')}"}


@contextmanager
def stream(peer: Peer, path: str) -> Iterator[Iterator[bytes]]:
    """The bytes that a GET answers, chunk by chunk; raises ``LineDownError`` or ``PeerRefusedError``."""
    headers = ticket_header(peer, Asked(method="GET", path=path))
    with _line(peer) as client, client.stream("GET", path, headers=headers) as answer:
        if answer.status_code not in _GOOD:
            body = _whole(answer, most=MOST_ANSWER, seconds=WHOLE_ANSWER_SECONDS)
            Reply(answer.status_code, body, answer.headers).checked(peer)
        yield answer.iter_raw()


@contextmanager
def _line(peer: Peer) -> Iterator[httpx.Client]:
    try:
        yield pinned_client(peer.endpoint, tls=peer.tls, private_allowed=this_node().private_endpoints)
    except (httpx.HTTPError, EndpointRefusedError, EndpointUnreachableError) as error:
        raise LineDownError(peer=peer.member, reason=_reason(error)) from error


def _sent(
    peer: Peer,
    asked: Asked,
    *,
    content: bytes | Iterable[bytes],
    headers: dict[str, str],
    most: int,
    seconds: float | None = WHOLE_ANSWER_SECONDS,
) -> Reply:
    with _line(peer) as client, client.stream(asked.method, asked.path, content=content, headers=headers) as answer:
        body = _whole(answer, most=most, seconds=seconds)
    if answer.status_code >= _SERVER_FAULT:
        reason = Reply(answer.status_code, body, answer.headers).problem().detail
        raise LineDownError(peer=peer.member, reason=f"answered {answer.status_code}: {reason}")
    return Reply(answer.status_code, body, answer.headers)


def _whole(answer: httpx.Response, *, most: int, seconds: float | None) -> bytes:
    body, began = bytearray(), time.monotonic()
    for chunk in answer.iter_raw():
        body += chunk
        if len(body) > most:
            raise httpx.ReadError(f"the answer is longer than {most} bytes")
        if seconds is not None and time.monotonic() - began > seconds:
            raise httpx.ReadTimeout(f"the answer took more than {seconds:.0f} s")
    return bytes(body)


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
