"""Who acts: a person of this node, the node itself, or another member through a letter."""

from dataclasses import dataclass

from tocsin.base.ids import MemberId


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did a thing, as the journal is told it.

    ``person`` is the person's id, or ``""`` when the node itself acts (a clock ran out, a letter
    came in). ``roles`` are the roles under which the person acts now.
    """

    member: MemberId
    person: str = ""
    name: str = ""
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] | None = None
    """How far the token reaches with which he acts; ``None`` where he acts without one."""

    @classmethod
    def node(cls, member: MemberId) -> "Actor":
        """The node itself, acting by rule and not by a person's decision."""
        return cls(member=member, name="node", roles=frozenset({"node"}))
