"""From the directory to peers: a member's card in force, as the wire uses it."""

from tocsin.base import instant
from tocsin.base.ids import MemberId
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.directory import reads as directory
from tocsin.directory.errors import StaleCardError, UnconfirmedMemberError, UnknownMemberError
from tocsin.wire.errors import SenderUnknownError
from tocsin.wire.rules.peer import Peer, peer_of_card


def machine_instant(at: Instant) -> Instant:
    """``at`` by the clock of the machine: an exercise's shift is taken off.

    Leases, back-off, tickets and the directory live in true time; acts and letters may not.
    """
    return at - instant.shift()


def peer_of(member: MemberId, *, at: Instant) -> Peer:
    """The peer that ``member`` is at ``at``, by the machine's clock.

    Raises what ``directory.reads.card_of`` raises for a member with no card that is trusted.
    """
    return peer_of_card(directory.card_of(member, as_of=at), at=at)


def sender(member: MemberId, *, at: Instant) -> Peer:
    """The peer that brings something; raises ``SenderUnknownError`` for one from whom nothing is taken."""
    try:
        return peer_of(member, at=at)
    except (UnknownMemberError, UnconfirmedMemberError, StaleCardError) as error:
        raise SenderUnknownError(sender=member, reason=str(error)) from error


def our_hub() -> MemberId | None:
    """The hub by which letters go round; nothing when this node has none, or is the hub itself."""
    node = this_node()
    return node.hub if node.hub != node.member else None
