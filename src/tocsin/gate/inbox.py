"""The inbox: where other nodes post letters and receipts.

POST /wire/inbox     {"to": …, "letters": [JWE, …]}   → {"results": [{"receipt"} | {"problem"}, …]}
POST /wire/receipts  {"to": …, "receipts": [JWE, …]}  → {"results": [{"taken"} | {"problem"}, …]}
"""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from tocsin.base.instant import Instant, parse
from tocsin.base.this_node import this_node
from tocsin.gate.by_ticket import answered, called, json_response
from tocsin.proof.canonical import Json, canonical
from tocsin.wire.acts.fetch_back import give_back
from tocsin.wire.acts.receipts import take_receipts
from tocsin.wire.acts.receive import receive
from tocsin.wire.errors import BodyFaultyError, LetterNotForUsError
from tocsin.wire.rules.batch import answered as results
from tocsin.wire.rules.batch import members_of, sealed_in

_MOST_ASKED = 1024
_MOST_NUMBER = 2**53


@csrf_exempt
@require_POST
def inbox(request: HttpRequest) -> HttpResponseBase:
    """Letters: each is answered by the receipt of its storing, or by the problem with it."""

    def answer(at: Instant) -> HttpResponse:
        node = this_node()
        call = called(request, most=node.limits.batch_bytes, at=at, use_up=False)
        letters = sealed_in(call.body, field="letters", member=node.member, most=node.limits.batch_letters)
        return json_response(results(receive(letters, caller=call.caller, at=at)))

    return answered(request, answer)


@csrf_exempt
@require_POST
def receipts(request: HttpRequest) -> HttpResponseBase:
    """Receipts of later stages, and those for letters that came by way of the hub."""

    def answer(at: Instant) -> HttpResponse:
        node = this_node()
        call = called(request, most=node.limits.batch_bytes, at=at)
        sealed = sealed_in(call.body, field="receipts", member=node.member, most=node.limits.batch_letters)
        return json_response(results(take_receipts(sealed, caller=call.caller, at=at)))

    return answered(request, answer)


@csrf_exempt
@require_POST
def back(request: HttpRequest) -> HttpResponseBase:
    """Give a member back what it sent us and has lost, and send it ours once more."""

    def answer(at: Instant) -> HttpResponse:
        call = called(request, most=_MOST_ASKED, at=at)
        asked = members_of(call.body, names={"to", "since", "after"})
        if asked["to"] != this_node().member:
            raise LetterNotForUsError(addressee=str(asked["to"])[:40], member=this_node().member)
        given, again = give_back(call.caller.peer, since=_since(asked["since"]), after=_after(asked["after"]), at=at)
        letters = [
            {"number": one.number, "envelope": one.envelope.decode(), "receipt": one.receipt.decode()} for one in given
        ]
        return json_response(canonical({"letters": letters, "again": again}))

    return answered(request, answer)


def _since(value: Json) -> Instant:
    try:
        return parse(str(value))
    except (ValueError, OverflowError):
        raise BodyFaultyError(field="since", rule="an instant, RFC 3339 with an offset") from None


def _after(value: Json) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < _MOST_NUMBER:
        raise BodyFaultyError(field="after", rule="the number of a letter, or 0")
    return value
