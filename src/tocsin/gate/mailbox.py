"""The hub's mailboxes: for members that cannot be reached, sealed things with outer addresses and nothing else.

    POST /mailbox/pt          {"to": "pt", "items": [JWE, …]}  by any member  → {"kept": 2}
    GET  /mailbox/pt?after=7  by pt alone  → {"items": [{"number": 8, "envelope": JWE}, …]}
    POST /mailbox/pt/forget   {"numbers": [8, 9]}  by pt alone  → {"forgotten": 2}

A member asks for its own mailbox only: asked for another's, the hub answers as if there were none.
"""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from tocsin.base.ids import MemberId
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.gate.by_ticket import Called, answered, called, json_response
from tocsin.proof.canonical import canonical
from tocsin.wire.acts import mailbox as acts
from tocsin.wire.errors import BodyFaultyError, NotAMailboxError
from tocsin.wire.rules.batch import members_of, sealed_in
from tocsin.wire.rules.mailbox import PAGE_ITEMS

_MOST_NUMBERS_BYTES = 4096
_MOST_NUMBER = 2**63 - 1


@csrf_exempt
@require_http_methods(["GET", "POST"])
def mailbox(request: HttpRequest, member: str) -> HttpResponseBase:
    """Leave something for a member, or fetch what waits for oneself."""
    act = _fetch if request.method == "GET" else _leave
    return answered(request, lambda at: act(request, MemberId(member), at))


@csrf_exempt
@require_POST
def forget(request: HttpRequest, member: str) -> HttpResponseBase:
    """Throw away what its addressee has."""

    def answer(at: Instant) -> HttpResponse:
        acts.check_is_hub()
        call = called(request, most=_MOST_NUMBERS_BYTES, at=at)
        _check_own(call, MemberId(member))
        numbers = members_of(call.body, names={"numbers"})["numbers"]
        if not isinstance(numbers, list) or len(numbers) > PAGE_ITEMS:
            raise BodyFaultyError(field="numbers", rule=f"a list of at most {PAGE_ITEMS}")
        forgotten = acts.forget(MemberId(member), [_number(one) for one in numbers], at=at)
        return json_response(canonical({"forgotten": forgotten}))

    return answered(request, answer)


def _leave(request: HttpRequest, member: MemberId, at: Instant) -> HttpResponse:
    acts.check_is_hub()
    limits = this_node().limits
    call = called(request, most=limits.batch_bytes, at=at)
    sealed = sealed_in(call.body, field="items", member=member, most=limits.batch_letters)
    kept = acts.leave(sealed, addressee=member, sender=call.caller.member, at=at)
    return json_response(canonical({"kept": kept}))


def _fetch(request: HttpRequest, member: MemberId, at: Instant) -> HttpResponse:
    acts.check_is_hub()
    call = called(request, most=0, at=at)
    _check_own(call, member)
    after = request.GET.get("after", "0")
    if not after.isascii() or not after.isdigit() or int(after) > _MOST_NUMBER:
        raise BodyFaultyError(field="after", rule="the number of an item")
    items = [
        {"number": item.number, "envelope": item.envelope.decode("ascii")}
        for item in acts.waiting_for(member, after=int(after))
    ]
    return json_response(canonical({"items": items}))


def _check_own(call: Called, member: MemberId) -> None:
    if call.caller.member != member:
        raise NotAMailboxError


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MOST_NUMBER:
        raise BodyFaultyError(field="numbers", rule="numbers of items")
    return value
