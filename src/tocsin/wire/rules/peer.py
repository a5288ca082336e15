"""A peer: what another member's card says, prepared for the wire."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tocsin.base import jose
from tocsin.base.ids import InstrumentId, MemberId
from tocsin.base.instant import Instant
from tocsin.base.jose import SealingKey, VerifyingKey
from tocsin.directory.rules.card import CLOCK_SLACK, CardKey, Use
from tocsin.directory.rules.trust import TrustedCard
from tocsin.proof.note import SIGNER, WITNESS, VerifierKey
from tocsin.wire.errors import SenderKeyError
from tocsin.wire.rules.letter import CardSource, DirectoryNote


@dataclass(frozen=True, slots=True, kw_only=True)
class SignKey:
    """A key that signs, and from when until when."""

    key: VerifyingKey
    since: Instant
    until: Instant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Another member, as its card in force describes it."""

    member: MemberId
    endpoint: str
    tls: tuple[str, ...]
    """The certificates, PEM, that are the only anchors of a connection to it."""
    signs: Mapping[str, SignKey]
    """By key id."""
    refused: Mapping[str, str]
    """By key id, with the reason: keys that verify nothing any more, also those that no card names now."""
    seal: SealingKey | None
    logs: tuple[VerifierKey, ...]
    """The keys that sign its journal's checkpoints, the retired ones as well."""
    witnesses: tuple[VerifierKey, ...]
    """The keys with which it cosigns, the retired and the announced ones as well."""
    age: str | None
    competences: frozenset[InstrumentId]
    suites: tuple[str, ...]
    note: DirectoryNote
    """How we know it, and since when the directory is stale: every letter to it says so."""
    exercise: bool = False
    """Whether its node is for exercises alone."""


def signing_key_of(peer: Peer, *, kid: str, at: Instant) -> SignKey:
    """The key of ``peer`` that a signature names, if it may sign at all; raises ``SenderKeyError``.

    A revoked key verifies nothing that comes in, whatever the signed thing says of its time, since a
    thief would say what suits him.
    """
    found = peer.signs.get(kid)
    if kid in peer.refused:
        raise SenderKeyError(kid=kid, sender=peer.member, reason=f"it is revoked: {peer.refused[kid]}")
    if found is None:
        raise SenderKeyError(kid=kid, sender=peer.member, reason="the card names no such key")
    if found.since > at + CLOCK_SLACK:
        raise SenderKeyError(kid=kid, sender=peer.member, reason="it is not in force yet")
    return found


def check_made(found: SignKey, *, made: Instant, peer: Peer) -> None:
    """Raise ``SenderKeyError`` when a retired key signed something after its end.

    What it signed before may come late: the line was cut, or a file travelled by hand.
    """
    if found.until is not None and made >= found.until:
        raise SenderKeyError(kid=found.key.kid, sender=peer.member, reason="it was retired before it was used")


def peer_of_card(trusted: TrustedCard, *, at: Instant) -> Peer:
    """The peer that a card in force describes at ``at``, by the machine's clock."""
    card = trusted.card
    good = [key for key in card.keys if key.suite == jose.SUITE and key.kid not in trusted.refused]
    seal, age = _newest(good, Use.SEAL, at=at), _newest(good, Use.AGE, at=at)
    return Peer(
        member=card.member,
        endpoint=card.endpoint,
        tls=card.tls,
        signs={key.kid: _sign_key(key) for key in good if key.use is Use.SIGN},
        refused={kid: refusal.reason for kid, refusal in trusted.refused.items()},
        seal=jose.sealing_key(seal.raw) if seal else None,
        logs=tuple(VerifierKey(card.journal.name, SIGNER, key.raw) for key in good if key.use is Use.JOURNAL),
        witnesses=tuple(VerifierKey(card.witness.name, WITNESS, key.raw) for key in good if key.use is Use.WITNESS),
        age=age.public if age else None,
        competences=frozenset(card.competences),
        exercise=card.exercise,
        suites=card.suites,
        note=DirectoryNote(source=CardSource(trusted.source.value), stale_since=trusted.stale_since),
    )


def _sign_key(key: CardKey) -> SignKey:
    return SignKey(key=jose.verifying_key(key.raw), since=key.since, until=key.until)


def _newest(keys: Iterable[CardKey], use: Use, *, at: Instant) -> CardKey | None:
    candidates = [key for key in keys if key.use is use and key.in_force(at)]
    return max(candidates, key=lambda key: (key.since, key.kid), default=None)
