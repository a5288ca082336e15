"""The inbox: where other nodes post letters and receipts.

POST /wire/inbox     {"to": …, "letters": [JWE, …]}   → {"results": [{"receipt"} | {"problem"}, …]}
POST /wire/receipts  {"to": …, "receipts": [JWE, …]}  → {"results": [{"taken"} | {"problem"}, …]}
"""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.gate.by_ticket import answered, called, json_response
from tocsin.wire.acts.receipts import take_receipts
from tocsin.wire.acts.receive import receive
from tocsin.wire.rules.batch import answered as results
from tocsin.wire.rules.batch import sealed_in


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
