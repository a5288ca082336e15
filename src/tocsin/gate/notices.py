"""Where other nodes tell something outside any thread.

POST /wire/notices   {"to": …, "notices": [JWE, …]}   → {"results": [{"receipt"} | {"problem"}, …]}
"""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.gate.by_ticket import answered, called, json_response
from tocsin.notices.acts.deliver import MOST_AT_ONCE
from tocsin.notices.acts.take import take_notices
from tocsin.notices.rules.notice import LIMIT
from tocsin.wire.rules.batch import answered as results
from tocsin.wire.rules.batch import envelope_bytes, sealed_in

_MOST_BYTES = MOST_AT_ONCE * envelope_bytes(2 * LIMIT)


@csrf_exempt
@require_POST
def notices(request: HttpRequest) -> HttpResponseBase:
    """Notices: each is answered by the receipt of its storing, or by the problem with it."""

    def answer(at: Instant) -> HttpResponse:
        call = called(request, most=_MOST_BYTES, at=at)
        sealed = sealed_in(call.body, field="notices", member=this_node().member, most=MOST_AT_ONCE)
        return json_response(results(take_notices(sealed, caller=call.caller, at=at)))

    return answered(request, answer)
