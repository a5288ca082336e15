"""How this node is a witness of other nodes' journals (c2sp.org/tlog-witness).

    POST /witness/add-checkpoint        cosign a checkpoint that continues the last one seen
    GET  /witness/<sha256>/checkpoint   the last one cosigned, by the hash of its origin

Nobody has to say who he is: a checkpoint carries its log's signature, and the logs that are known
are those of the members' cards (``node/wiring.py`` names who tells them).
"""

from collections.abc import Callable, Sequence

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from tocsin.base import instant
from tocsin.journal import acts, reads
from tocsin.proof.note import VerifierKey

TEXT = "text/plain; charset=utf-8"
MAX_BYTES = 64 * 1024
"""A proof of 63 hashes and a checkpoint with 100 cosignatures stay far below."""

KeysOf = Callable[[str], Sequence[VerifierKey]]
"""The keys that may sign for an origin; none for an origin that no card names."""


def _nobody(_origin: str) -> Sequence[VerifierKey]:
    return ()


_keys_of: KeysOf = _nobody


def use_keys(source: KeysOf) -> None:
    """Name who tells the keys of an origin (``node/wiring.py`` alone calls this)."""
    global _keys_of  # noqa: PLW0603 - one visible place
    _keys_of = source


@csrf_exempt
@require_POST
def add_checkpoint(request: HttpRequest) -> HttpResponse:
    """Cosign a checkpoint, or answer as the specification says."""
    if int(request.headers.get("Content-Length") or 0) > MAX_BYTES:
        return HttpResponse("too large\n", status=413, content_type=TEXT)
    # A cosignature states when it was made in the world, whatever the clock of an exercise says.
    answer = acts.add_checkpoint(request.body, keys_of=_keys_of, at=instant.true_now())
    return HttpResponse(answer.body, status=answer.status, content_type=answer.content_type)


@require_safe
def checkpoint(_request: HttpRequest, origin: str) -> HttpResponse:
    """The last checkpoint cosigned for an origin."""
    note = reads.witnessed(origin)
    if note is None:
        return HttpResponse("not found\n", status=404, content_type=TEXT, headers={"Cache-Control": "no-store"})
    return HttpResponse(note, content_type=TEXT, headers={"Cache-Control": "public, max-age=2"})
