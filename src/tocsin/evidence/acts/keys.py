"""To whom files are encrypted: the ``age`` key on a member's card in force; and with what ours are opened."""

from tocsin.base.ids import MemberId
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.directory import reads as directory
from tocsin.directory.rules.card import Use
from tocsin.requests.acts.brought import own_recipient
from tocsin.wire import peers


def recipient_of(member: str, *, at: Instant) -> str:
    """The ``age1…`` recipient of a member, this node included; raises what ``directory.reads.card_of`` raises."""
    if member == this_node().member:
        return own_recipient()
    return directory.card_of(MemberId(member)).newest(Use.AGE, at=peers.machine_instant(at)).public


def own_identity() -> str:
    """What opens files encrypted to this node, as ``age -i`` reads it: an ``AGE-SECRET-KEY-1…`` on each line.

    The present one comes first; those behind it were replaced, and open what was encrypted before.
    """
    keys = this_node().keys
    return "\n".join([keys.age, *keys.older_age])
