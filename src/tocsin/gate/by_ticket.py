"""What every entrance for other nodes does: bound the body, find out who asks, answer refusals as problems.

An entrance names the most bytes that it reads; more is refused by the request's own ``Content-Length``,
before anything is read. The ticket binds method, path with query, and body. Every refusal is a problem
document (RFC 9457) and is counted.
"""

from collections.abc import Callable
from dataclasses import dataclass

import structlog
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from tocsin.base import instant
from tocsin.base.errors import TocsinError
from tocsin.base.instant import Instant
from tocsin.base.problem import MEDIA_TYPE, Problem, problem_of
from tocsin.gate.errors import TooManyCallsError
from tocsin.proof.canonical import canonical
from tocsin.wire.acts.admit import Caller, admit, admit_once
from tocsin.wire.acts.receive import count_refusals
from tocsin.wire.errors import BodyFaultyError, BodyTooLargeError, StoreAwayError
from tocsin.wire.rules.ticket import Asked, body_hash

_log = structlog.get_logger(__name__)
_UNAUTHORIZED = 401


@dataclass(frozen=True, slots=True)
class Called:
    """One request: who makes it, what it brought, and when."""

    caller: Caller
    body: bytes
    at: Instant


def called(request: HttpRequest, *, most: int, at: Instant, use_up: bool = True) -> Called:
    """The request, read within ``most`` bytes and with its ticket verified.

    With ``use_up`` the ticket is used up at once; else the act does it in its own transaction.
    Raises the ``PeerError`` that says why it is refused.
    """
    body = _body(request, most=most)
    return Called(admitted(request, body=body, at=at, use_up=use_up), body, at)


def admitted(request: HttpRequest, *, body: bytes | None, at: Instant, use_up: bool = True) -> Caller:
    """Who makes the request, by its ticket; ``body`` is nothing for a request whose body is a stream."""
    path = request.get_full_path()
    asked = Asked(method=request.method or "", path=path, body=body_hash(body) if body else None)
    take = admit_once if use_up else admit
    return take(request.headers.get("Authorization", ""), asked=asked, at=at)


def answered(request: HttpRequest, answer: Callable[[Instant], HttpResponseBase]) -> HttpResponseBase:
    """What ``answer`` gives, or the problem that it ran into."""
    at = instant.now()
    try:
        return answer(at)
    except TocsinError as error:
        return refused(request, error, at=at)
    except (OperationalError, InterfaceError) as error:
        _log.warning("store away", path=request.path, error=str(error))
        return refused(request, StoreAwayError(), at=at)


def refused(request: HttpRequest, error: TocsinError, *, at: Instant) -> HttpResponse:
    """The problem document for ``error``, counted."""
    problem = problem_of(error)
    _log.info("refused", path=request.path, code=problem.code, detail=problem.detail)
    if not isinstance(error, TooManyCallsError):  # a flood writes no rows; the metrics count it
        _count(problem, at=at)
    response = HttpResponse(canonical(problem.document()), status=problem.status, content_type=MEDIA_TYPE)
    if "retry_after" in problem.fields:
        response["Retry-After"] = problem.fields["retry_after"]
    if problem.status == _UNAUTHORIZED:
        response["WWW-Authenticate"] = "Tocsin"
    return response


def json_response(content: bytes, *, status: int = 200) -> HttpResponse:
    """An answer in JSON that nobody may keep: it was for who asked."""
    response = HttpResponse(content, status=status, content_type="application/json")
    response["Cache-Control"] = "no-store"
    return response


def content_length(request: HttpRequest) -> int:
    """How many bytes the body has, as the request says; raises ``BodyFaultyError``."""
    size = request.headers.get("Content-Length", "0") or "0"
    if not size.isascii() or not size.isdigit():
        raise BodyFaultyError(field="Content-Length", rule="a number of bytes")
    return int(size)


def _body(request: HttpRequest, *, most: int) -> bytes:
    size = content_length(request)
    if size > most:
        raise BodyTooLargeError(size=size, most=most)
    body: bytes = request.read(size)
    if len(body) != size:
        raise BodyFaultyError(field="", rule=f"{size} bytes were announced and {len(body)} came")
    return body


def _count(problem: Problem, *, at: Instant) -> None:
    try:
        count_refusals([problem], at=at)
    except DatabaseError:
        connection.close()  # no count is worth a broken answer
