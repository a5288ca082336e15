"""Who calls the API, and what each of its paths answers: what its modules share."""

from typing import Any

from django.http import HttpRequest
from ninja import Schema

from tocsin.base.actor import Actor
from tocsin.base.instant import Instant
from tocsin.people.errors import TokenScopeError
from tocsin.people.rules.rights import Right
from tocsin.wire.rules.letter import Letter


class Caller:
    """Who calls, with which scopes, at which instant: taken once."""

    def __init__(self, actor: Actor, scopes: frozenset[str], at: Instant) -> None:
        self.actor, self.scopes, self.at = actor, scopes, at

    def reaches(self, right: Right) -> "Caller":
        """Say who calls, once more; raises ``TokenScopeError`` when the token does not carry the right's scope."""
        if right.value not in self.scopes:
            raise TokenScopeError(scope=right.value)
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


_REFUSALS = {400: Problem, 401: Problem, 403: Problem, 404: Problem, 409: Problem, 422: Problem}
OK: dict[int, Any] = {200: Any, **_REFUSALS}
MADE: dict[int, Any] = {201: Any, **_REFUSALS}
"""What is declared of a path that shows, and of one that makes something."""


def caller_of(request: HttpRequest) -> Caller:
    """Whom the token of a call stands for."""
    caller: Caller = request.auth  # type: ignore[attr-defined]  # ninja puts it there
    return caller


def caller_with(request: HttpRequest, right: Right) -> Caller:
    """The same, if the token carries the scope of this right; raises ``TokenScopeError``."""
    return caller_of(request).reaches(right)


def shown_letter(letter: Letter) -> dict[str, Any]:
    """A letter that was written: what names it."""
    return {"letter": letter.id, "request": letter.thread, "kind": letter.kind.value, "sha256": letter.sha256}
