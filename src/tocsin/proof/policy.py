"""Whose word is enough: a transparency log policy (c2sp.org/tlog-policy).

    log ro.example/journal+09f1a5fb+Adl…          a log that is trusted
    witness pt pt.example/witness+5d2f0c11+BNl…   a witness, with a name for use in this file
    witness hub hub.example/witness+77aa0e42+BMk…
    witness fr fr.example/witness+a0b1c2d3+BEx…
    group any-two 2 pt hub fr                     all, any, or how many of the members
    quorum any-two                                exactly one such line; ``none`` asks for no witness

Items are parted by spaces or tabs, ``#`` begins a comment line, names are defined before they are
used, each is a member of at most one group, and no public key stands twice.
"""

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from tocsin.proof.checkpoint import VerifiedCheckpoint, open_checkpoint
from tocsin.proof.errors import AlteredError
from tocsin.proof.lines import number_of
from tocsin.proof.note import SIGNER, WITNESS, VerifierKey

NONE = "none"
_ITEMS = re.compile(r"[ \t]+")
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Group:
    """At least ``threshold`` of ``members`` (names of witnesses or of groups)."""

    threshold: int
    members: tuple[str, ...]


@dataclass(slots=True)
class Policy:
    """Which logs are trusted, and which witnesses must have seen what they sign."""

    logs: list[VerifierKey] = field(default_factory=list)
    witnesses: dict[str, VerifierKey] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    quorum: str | None = None

    def is_met_by(self, keys: Collection[VerifierKey]) -> bool:
        """Whether these witnesses are enough."""
        return self.quorum == NONE or (self.quorum is not None and self._has_seen(self.quorum, keys))

    def open_checkpoint(self, written: bytes) -> VerifiedCheckpoint:
        """Verify a checkpoint under this policy; raises ``AlteredError``."""
        verified = open_checkpoint(written, logs=self.logs, witnesses=list(self.witnesses.values()))
        if not self.is_met_by([signed.key for signed in verified.cosigned]):
            raise AlteredError("checkpoint", f"the witnesses of the quorum {self.quorum!r} did not all cosign")
        return verified

    def _has_seen(self, name: str, keys: Collection[VerifierKey]) -> bool:
        if name in self.witnesses:
            return self.witnesses[name] in keys
        group = self.groups[name]
        return sum(self._has_seen(member, keys) for member in group.members) >= group.threshold


def parse_policy(text: str) -> Policy:
    """Read a policy; raises ``AlteredError`` that names the line and the rule."""
    policy = Policy()
    for number, line in enumerate(text.split("\n"), start=1):
        thing = f"policy, line {number}"
        if _FORBIDDEN.search(line):
            raise AlteredError(thing, "holds a control character")
        items = [item for item in _ITEMS.split(line) if item]
        if not items or items[0].startswith("#"):
            continue
        keyword, rest = items[0], items[1:]
        if keyword not in _LINES:
            raise AlteredError(thing, f"{keyword!r} is not log, witness, group or quorum")
        _LINES[keyword](policy, rest, thing)
    if policy.quorum is None:
        raise AlteredError("policy", "no quorum line")
    return policy


def _log(policy: Policy, items: list[str], thing: str) -> None:
    _check_count(items, (1, 2), thing)
    key = _key(items[0], SIGNER, thing)
    if any(key.public == other.public for other in policy.logs):
        raise AlteredError(thing, "the same key stands twice")
    policy.logs.append(key)


def _witness(policy: Policy, items: list[str], thing: str) -> None:
    _check_count(items, (2, 3), thing)
    name, key = _new_name(policy, items[0], thing), _key(items[1], WITNESS, thing)
    if any(key.public == other.public for other in policy.witnesses.values()):
        raise AlteredError(thing, "the same key stands twice")
    policy.witnesses[name] = key


def _group(policy: Policy, items: list[str], thing: str) -> None:
    _check_count(items, range(3, len(items) + 1), thing)
    name, how_many, members = _new_name(policy, items[0], thing), items[1], tuple(items[2:])
    taken = [member for group in policy.groups.values() for member in group.members]
    for member in members:
        _check_defined(policy, member, thing)
        if [*taken, *members].count(member) > 1:
            raise AlteredError(thing, f"{member!r} is a member twice")
    threshold = {"all": len(members), "any": 1}.get(how_many) or number_of(how_many, thing=thing)
    if not 1 <= threshold <= len(members):
        raise AlteredError(thing, f"{threshold} of {len(members)} members cannot be asked for")
    policy.groups[name] = Group(threshold, members)


def _quorum(policy: Policy, items: list[str], thing: str) -> None:
    _check_count(items, (1,), thing)
    if policy.quorum is not None:
        raise AlteredError(thing, "a second quorum line")
    if items[0] != NONE:
        _check_defined(policy, items[0], thing)
    policy.quorum = items[0]


_LINES: dict[str, Callable[[Policy, list[str], str], None]] = {
    "log": _log,
    "witness": _witness,
    "group": _group,
    "quorum": _quorum,
}


def _key(vkey: str, kind: int, thing: str) -> VerifierKey:
    try:
        key = VerifierKey.parse(vkey)
    except AlteredError as error:
        raise AlteredError(thing, str(error)) from error
    if key.kind != kind:
        raise AlteredError(thing, "a key of the wrong kind")
    return key


def _new_name(policy: Policy, name: str, thing: str) -> str:
    if name == NONE or name in policy.witnesses or name in policy.groups:
        raise AlteredError(thing, f"the name {name!r} is taken")
    return name


def _check_defined(policy: Policy, name: str, thing: str) -> None:
    if name not in policy.witnesses and name not in policy.groups:
        raise AlteredError(thing, f"{name!r} is not defined on an earlier line")


def _check_count(items: Collection[str], allowed: Iterable[int], thing: str) -> None:
    if len(items) not in allowed:
        raise AlteredError(thing, "too few or too many items")
