"""How this node is a witness of other nodes' journals (c2sp.org/tlog-witness).

    POST /witness/add-checkpoint        cosign a checkpoint that continues the last one seen
    GET  /witness/<sha256>/checkpoint   the last one cosigned, by the hash of its origin

Nobody has to say who he is: a checkpoint carries its log's signature, and the logs that are known
are those of the members' cards. A member that says it all the same, by a ticket, is counted by itself
(``limits.py``).
"""

import time
from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from tocsin.base import instant
from tocsin.base.errors import RuleError
from tocsin.base.ids import MemberId
from tocsin.directory import reads as directory
from tocsin.gate.by_ticket import refused
from tocsin.gate.errors import TooManyCallsError
from tocsin.gate.limits import check_open
from tocsin.journal import acts, reads
from tocsin.proof.note import VerifierKey
from tocsin.wire.rules.peer import peer_of_card

TEXT = "text/plain; charset=utf-8"
MAX_BYTES = 64 * 1024
"""A proof of 63 hashes and a checkpoint with 100 cosignatures stay far below."""

LOOK_AGAIN_AFTER = 10.0
"""Seconds for which an origin that is on no card is not looked for again."""


class _Members:
    """Which member an origin belongs to, as the cards said when they were last read through.

    A reminder of where to look, no more: the keys are taken from the card in force each time.
    """

    def __init__(self) -> None:
        self._by_origin: dict[str, MemberId] = {}
        self._looked = -LOOK_AGAIN_AFTER

    def member_of(self, origin: str) -> MemberId | None:
        """The member whose card names this origin."""
        if origin not in self._by_origin and time.monotonic() - self._looked >= LOOK_AGAIN_AFTER:
            self._looked = time.monotonic()
            trusted = (contact.in_force for contact in directory.points())
            self._by_origin = {card.card.journal.name: card.member for card in trusted if card is not None}
        return self._by_origin.get(origin)


_members = _Members()


def keys_of(origin: str) -> Sequence[VerifierKey]:
    """The keys that may sign for an origin, from its member's card in force; none if no card names it."""
    member = _members.member_of(origin)
    if member is None:
        return ()
    try:
        card = directory.card_of(member)
    except RuleError:
        return ()
    return [key for key in peer_of_card(card, at=instant.true_now()).logs if key.name == origin]


@csrf_exempt
@require_POST
def add_checkpoint(request: HttpRequest) -> HttpResponse:
    """Cosign a checkpoint, or answer as the specification says; a problem document when there were too many."""
    size = request.headers.get("Content-Length") or "0"
    if not size.isascii() or not size.isdigit():
        return HttpResponse("the length is not a number\n", status=400, content_type=TEXT)
    if int(size) > MAX_BYTES:
        return HttpResponse("too large\n", status=413, content_type=TEXT)
    try:
        check_open(request, body=request.body)
    except TooManyCallsError as error:
        return refused(request, error, at=instant.now())
    # A cosignature states when it was made in the world, whatever the clock of an exercise says.
    answer = acts.add_checkpoint(request.body, keys_of=keys_of, at=instant.true_now())
    return HttpResponse(answer.body, status=answer.status, content_type=answer.content_type)


@require_safe
def checkpoint(_request: HttpRequest, origin: str) -> HttpResponse:
    """The last checkpoint cosigned for an origin."""
    note = reads.witnessed(origin)
    if note is None:
        return HttpResponse("not found\n", status=404, content_type=TEXT, headers={"Cache-Control": "no-store"})
    return HttpResponse(note, content_type=TEXT, headers={"Cache-Control": "public, max-age=2"})
