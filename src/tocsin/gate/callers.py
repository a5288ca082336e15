"""Who calls the API, and what each of its paths answers: what its modules share."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.http import HttpRequest
from ninja import Schema

from tocsin.base.actor import Actor
from tocsin.base.instant import Instant, parse
from tocsin.dossiers.viewing import seen_by
from tocsin.gate.errors import CallFieldError
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.wire.rules.letter import Letter


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and at which instant: taken once. How far his token reaches, the actor knows and every act asks."""

    actor: Actor
    at: Instant

    def reaches(self, right: Right) -> "Caller":
        """Say who calls, once more; raises ``RightMissingError`` or ``TokenScopeError``."""
        rights.check(self.actor, right)
        return self


class Problem(Schema):
    """RFC 9457."""

    type: str
    status: int
    title: str
    detail: str
    code: str
    fields: dict[str, str]
    retryable: bool


REFUSALS = dict.fromkeys((400, 401, 403, 404, 405, 409, 422, 502, 503), Problem)
OK: dict[int, Any] = {200: Any, **REFUSALS}
MADE: dict[int, Any] = {201: Any, **REFUSALS}
"""What is declared of a path that shows, and of one that makes something; ``described.py`` puts the refusals into
the document for every path."""


def caller_of(request: HttpRequest) -> Caller:
    """Whom the token of a call stands for."""
    caller: Caller = request.auth  # type: ignore[attr-defined]  # ninja puts it there
    return caller


def seen_by_caller(operation: Callable[..., Any]) -> Callable[..., Any]:
    """Let the database show in an operation what its caller may see, and no more (ninja's decorator of operations)."""

    @wraps(operation)
    def answer(request: HttpRequest, *arguments: Any, **named: Any) -> Any:
        caller = caller_of(request)
        with seen_by(caller.actor, at=caller.at):
            return operation(request, *arguments, **named)

    return answer


def caller_with(request: HttpRequest, *needed: Right) -> Caller:
    """The same, if his roles and his token carry these rights: asked before anything is looked up.

    Raises ``RightMissingError`` and ``TokenScopeError``.
    """
    caller = caller_of(request)
    for right in needed:
        caller.reaches(right)
    return caller


def instant_in(field: str, written: str) -> Instant:
    """The instant that a field of a call says; raises ``CallFieldError``."""
    try:
        return parse(written)
    except ValueError:
        raise CallFieldError(field=field, rule="an instant with its offset, like 2026-11-24T03:00:00+02:00") from None


def shown_letter(letter: Letter) -> dict[str, Any]:
    """A letter that was written: what names it."""
    return {"letter": letter.id, "request": letter.thread, "kind": letter.kind.value, "sha256": letter.sha256}
