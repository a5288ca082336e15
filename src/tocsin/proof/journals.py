"""What the bundle says of journals: their states, who has seen them, and that they did not fork.

A *state* is (origin, size, root), as a checkpoint states it. Two states of one size with two roots
are two histories. A state counts as seen by a witness when the witness cosigned it, or cosigned a
later one of which a consistency proof shows that it continues this one:

    state of 42 entries  --consistency proof-->  state of 50 entries, cosigned by hub on 24 November

Then hub has seen a tree that begins with those 42 entries, and no other tree can.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tocsin.proof.canonical import parse_canonical
from tocsin.proof.checkpoint import Checkpoint, VerifiedCheckpoint, open_checkpoint
from tocsin.proof.errors import AlteredError, CanonicalError
from tocsin.proof.fields import Fields, said_seconds
from tocsin.proof.findings import CannotTellError, Report
from tocsin.proof.lines import hash_of
from tocsin.proof.members import Members
from tocsin.proof.merkle import verify_consistency
from tocsin.proof.note import parse_note

State = tuple[str, int, bytes]
"""Origin, size and root."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A witness's word: whose witness, its name, when by its clock, and of how many entries."""

    member: str
    witness: str
    seconds: int
    size: int


@dataclass(slots=True)
class Journals:
    """The states of all journals that anything in the bundle speaks of."""

    members: Members
    _states: dict[tuple[str, int], tuple[bytes, str]] = field(default_factory=dict)
    _seen: dict[State, list[Seen]] = field(default_factory=dict)
    _continued_by: dict[State, list[State]] = field(default_factory=dict)

    def open(self, signed: bytes, *, thing: str) -> VerifiedCheckpoint:
        """Verify a checkpoint of any vouched member and take note of it; raises ``AlteredError``.

        Raises ``CannotTellError`` when the journal may be that of a member without a vouched card.
        """
        origin = parse_note(signed).text.partition("\n")[0]
        logs = [log for log in self.members.all_logs() if log.name == origin]
        if not logs and self.members.has_unvouched():
            raise CannotTellError(f"no vouched card names the journal {origin}")
        verified = open_checkpoint(signed, logs=logs, witnesses=list(self.members.witnesses()))
        self.note(verified, thing=thing)
        return verified

    def note(self, verified: VerifiedCheckpoint, *, thing: str) -> None:
        """Remember a state and who has seen it; raises ``AlteredError`` for a second history."""
        state = state_of(verified.checkpoint)
        origin, size, root = state
        known, where = self._states.setdefault((origin, size), (root, thing))
        if known != root:
            raise AlteredError(thing, f"{origin} signed two histories of {size} entries; the other is in {where}")
        owner, seen = self.members.member_of_log(verified.log), self._seen.setdefault(state, [])
        for signed in verified.cosigned:
            member = self.members.witnesses()[signed.key]
            if member != owner and signed.seconds is not None:  # nobody is his own witness
                seen.append(Seen(member, signed.key.name, signed.seconds, size))

    def continue_with(self, path: str, content: bytes) -> tuple[Checkpoint, Checkpoint]:
        """Take note of a consistency proof; raises ``AlteredError`` when it does not hold."""
        try:
            fields = Fields(path, parse_canonical(content)).expect(v=1, type="consistency")
        except CanonicalError as error:
            raise AlteredError(path, str(error)) from error
        old, new = (self.open(fields.text(name).encode(), thing=path).checkpoint for name in ("old", "new"))
        if old.origin != new.origin:
            raise AlteredError(path, "its two states are of two journals")
        proof = [hash_of(digest, thing=path) for digest in fields.texts("proof")]
        verify_consistency(old=old.size, size=new.size, old_root=old.root, root=new.root, proof=proof)
        self._continued_by.setdefault(state_of(old), []).append(state_of(new))
        return old, new

    def seen(self, state: State) -> list[Seen]:
        """Who has seen this state, or one that continues it; earliest first, each witness once."""
        found: dict[str, Seen] = {}
        for one in sorted(self._all_seen(state), key=lambda one: one.seconds):
            found.setdefault(one.witness, one)
        return list(found.values())

    def say_states(self, report: Report) -> None:
        """Say of each state who has seen it, and of each journal which states nobody has seen."""
        unseen: dict[str, list[int]] = {}
        for (origin, size), (root, where) in sorted(self._states.items()):
            seen = self.seen((origin, size, root))
            if seen:
                text = f"The journal {origin}, with {entries(size)}, was seen by {'; '.join(map(_said, seen))}."
                report.established(where, text)
            else:
                unseen.setdefault(origin, []).append(size)
        for origin, sizes in unseen.items():
            text = (
                f"Nothing here shows that a witness has seen the journal {origin} as it was with "
                f"{', '.join(map(str, sizes))} entries: that it stood so is its owner's word alone."
            )
            report.note(origin, text)

    def _all_seen(self, state: State) -> Iterator[Seen]:
        waiting, visited = [state], set[State]()
        while waiting:
            one = waiting.pop()
            if one not in visited:
                visited.add(one)
                yield from self._seen.get(one, [])
                waiting.extend(self._continued_by.get(one, []))


def state_of(checkpoint: Checkpoint) -> State:
    """The state that a checkpoint states."""
    return (checkpoint.origin, checkpoint.size, checkpoint.root)


def entries(count: int) -> str:
    """So many entries, in words."""
    return "1 entry" if count == 1 else f"{count} entries"


def _said(seen: Seen) -> str:
    when = said_seconds(seen.seconds)
    return f"the witness of {seen.member} ({seen.witness}) at {when} by its clock, when it had {entries(seen.size)}"
