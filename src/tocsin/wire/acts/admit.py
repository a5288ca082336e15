"""Who makes a request of this node: the ticket that it brings, verified, and good once."""

from dataclasses import dataclass

from django.db import connection, transaction

from tocsin.base import jose
from tocsin.base.ids import MemberId
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.wire import peers
from tocsin.wire.errors import TicketUsedError
from tocsin.wire.models import UsedTicket
from tocsin.wire.rules.open import claimed_sender
from tocsin.wire.rules.peer import Peer, check_made, signing_key_of
from tocsin.wire.rules.ticket import GOOD_FOR, Asked, Ticket, ticket_in, verify_ticket


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a request: a member that we know, by a ticket that was verified."""

    peer: Peer
    ticket: Ticket

    @property
    def member(self) -> MemberId:
        """The member's id."""
        return self.peer.member


def admit(authorization: str, *, asked: Asked, at: Instant) -> Caller:
    """Who brings the ticket in an ``Authorization`` header, which is proved to be for this request.

    The ticket is not used up yet: see ``use_up``. Raises ``TicketFaultyError``, ``TicketOutOfTimeError``,
    ``EnvelopeError``, ``SenderUnknownError``, ``SenderKeyError`` or ``SignatureWrongError``.
    """
    clock = peers.machine_instant(at)
    jws = ticket_in(authorization)
    peer = peers.sender(claimed_sender(jws), at=clock)
    found = signing_key_of(peer, kid=jose.header_of(jws).kid, at=clock)
    ticket = verify_ticket(jws, key=found.key, asked=asked, to=this_node().member, at=clock)
    check_made(found, made=ticket.at, peer=peer)
    return Caller(peer, ticket)


def use_up(ticket: Ticket) -> None:
    """Use a ticket up, inside the caller's transaction; raises ``TicketUsedError`` the second time."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO wire_usedticket (nonce, until) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            [ticket.nonce, ticket.at + 2 * GOOD_FOR],
        )
        if cursor.rowcount == 0:
            raise TicketUsedError


def admit_once(authorization: str, *, asked: Asked, at: Instant) -> Caller:
    """``admit`` and ``use_up`` in one, for requests that have no transaction of their own."""
    caller = admit(authorization, asked=asked, at=at)
    with transaction.atomic():
        use_up(caller.ticket)
    return caller


def forget_used_tickets(*, at: Instant) -> None:
    """Forget tickets that are out of time anyway."""
    UsedTicket.objects.filter(until__lt=peers.machine_instant(at)).delete()
