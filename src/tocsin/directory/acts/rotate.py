"""Taking new keys, and a new TLS certificate, without cutting anybody off and without losing the past.

What others verify (sign, journal, witness, TLS) is **announced** first: the next key is made and stands on the card
beside the one that is used. When the others have that card, the node **rotates**: it works with the next key, and
the old one is retired on the card. It still verifies what was signed before it. Of keys that open (seal, age) the
old ones go on opening, so those are rotated at once.

To **revoke** is to do all of it at once with a new key, and to leave the old one off the card.

Files and rows are not one transaction. So the files come in an order in which a kill at any line leaves a node that
works, and the same command finishes what was begun::

    card names the next key  →  key file replaced  →  card retires the old key, and the journal says so
"""

from hashlib import sha256

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificate
from django.db import transaction

from tocsin.base import instant
from tocsin.base.actor import Actor
from tocsin.base.instant import Instant
from tocsin.base.jose import kid_of
from tocsin.base.this_node import this_node
from tocsin.directory import own, reads
from tocsin.directory.acts.cards import sign_own_card
from tocsin.directory.acts.rows import check_may
from tocsin.directory.entries import KeyRotated
from tocsin.directory.errors import KeyNotAnnouncedError
from tocsin.directory.rules.card import Card, SignedCard, Use
from tocsin.directory.rules.card_form import raw_key
from tocsin.directory.rules.own_card import ANNOUNCED_FIRST, LEAD, key_in_use, publics_of
from tocsin.journal.acts import record
from tocsin.people.rules.rights import Right

TLS = "tls"
NEVER = "announce it, hand the card out, and come back after a day"


def announce_key(use: Use, *, by: Actor, at: Instant) -> SignedCard:
    """Make the next key of a use and sign the card that names it beside the one in use; again, it changes nothing."""
    check_may(by, Right.RUN_NODE)
    if use in ANNOUNCED_FIRST:
        own.keys().announce(use)
    return sign_own_card(by=by, at=at)


def rotate_key(use: Use, *, by: Actor, at: Instant, revoke: bool = False, now: bool = False) -> SignedCard:
    """Work with the next key of ``use`` from now on, and sign the card that retires the old one.

    The old key verifies (or opens) what was made before. With ``revoke`` it is revoked: it verifies nothing that
    comes in after this card is known. ``now`` takes a key that others may not know yet. A rotation that was cut
    short is finished. Raises ``KeyNotAnnouncedError`` when the key was not announced a day before.
    """
    check_may(by, Right.RUN_NODE)
    before = reads.own_card()
    held = before.card if before else None
    if held is None or key_in_use(held, use).kid == _kid(use):  # otherwise the key was taken, and the card is missing
        if use in ANNOUNCED_FIRST and not revoke:
            if not now:
                _check_known(held, use)
            announce_key(use, by=by, at=at)
        own.keys().rotate(use, fresh=revoke)
    revoked = _in_force(held, use) - {_kid(use)} if revoke and held else frozenset[str]()
    with transaction.atomic():
        signed = sign_own_card(by=by, at=at, revoked=revoked)
        record(
            KeyRotated(
                use=use.value,
                key=_kid(use),
                before=key_in_use(held, use).kid if held else "",
                serial=signed.card.serial,
                revoked=revoke,
            ),
            by=by,
            at=at,
        )
    return signed


def announce_certificate(*, by: Actor, at: Instant) -> SignedCard:
    """Make the next TLS key and certificate and sign the card that pins both; again, it changes nothing."""
    check_may(by, Right.RUN_NODE)
    own.keys().announce_certificate()
    return sign_own_card(by=by, at=at)


def rotate_certificate(*, by: Actor, at: Instant, revoke: bool = False, now: bool = False) -> SignedCard:
    """Show the announced certificate from now on, and sign the card that has it first.

    The old one stays on the card for an hour, for processes that were not started again; with ``revoke`` it is
    left out at once. Raises and finishes like ``rotate_key``.
    """
    check_may(by, Right.RUN_NODE)
    before = reads.own_card()
    shown = own.profile().tls
    if before is None or before.card.tls[0] == shown[0]:  # otherwise it was taken, and the card is missing
        if not revoke:
            if not now:
                _check_pinned(before)
            announce_certificate(by=by, at=at)
        own.keys().rotate_certificate(fresh=revoke)
    with transaction.atomic():
        signed = sign_own_card(by=by, at=at)
        record(
            KeyRotated(
                use=TLS,
                key=_fingerprint(own.profile().tls[0]),
                before=_fingerprint(before.card.tls[0]) if before else "",
                serial=signed.card.serial,
                revoked=revoke,
            ),
            by=by,
            at=at,
        )
    return signed


# --- Steps --------------------------------------------------------------------------------------


def _kid(use: Use) -> str:
    """The id of the key that this node works with now."""
    return kid_of(raw_key(use, publics_of(this_node().keys)[use]))


def _in_force(card: Card, use: Use) -> frozenset[str]:
    return frozenset(key.kid for key in card.keys if key.use is use and key.until is None)


def _check_known(card: Card | None, use: Use) -> None:
    """Raise ``KeyNotAnnouncedError`` unless the next key stands on the card for as long as others may need."""
    public = own.keys().announced().get(use)
    named = [key for key in card.keys if key.public == public] if card and public else []
    if not named:
        raise KeyNotAnnouncedError(use=f"key to {use.value}", rule=NEVER)
    _check_since(f"key to {use.value}", named[0].since)


def _check_pinned(before: SignedCard | None) -> None:
    coming = own.keys().announced_certificate()
    since = reads.pinned_since(coming) if coming and before else None
    if since is None:
        raise KeyNotAnnouncedError(use="certificate", rule=NEVER)
    _check_since("certificate", since)


def _check_since(what: str, since: Instant) -> None:
    if instant.true_now() - since < LEAD:
        ready = instant.text(since + LEAD)
        raise KeyNotAnnouncedError(use=what, rule=f"it was announced at {instant.text(since)}, come back after {ready}")


def _fingerprint(pem: str) -> str:
    der = load_pem_x509_certificate(pem.encode("ascii")).public_bytes(Encoding.DER)
    return sha256(der).hexdigest()[:16]
