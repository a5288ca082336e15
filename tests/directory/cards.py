"""Members of tests: a keyring, a certificate and cards for each, with reserved names and numbers."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import NameOID

from tests.conftest import fresh_keys
from tocsin.base.ids import InstrumentId, MemberId
from tocsin.base.instant import Instant
from tocsin.base.this_node import Keyring
from tocsin.directory.rules.card import Card, CardKind, SignedCard, sign_card
from tocsin.directory.rules.own_card import Profile, next_card, publics_of

ISSUED = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
COUNTRIES = {
    "ro": ("RO", "Europe/Bucharest"),
    "pt": ("PT", "Europe/Lisbon"),
    "gr": ("GR", "Europe/Athens"),
    "bg": ("BG", "Europe/Sofia"),
    "fr": ("FR", "Europe/Paris"),
    "de": ("DE", "Europe/Berlin"),
    "pl": ("PL", "Europe/Warsaw"),
}


@lru_cache(maxsize=32)
def certificate(name: str) -> tuple[str, bytes]:
    """A self-signed certificate for an invented node, as PEM, and its private key as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"node.{name}.example")])
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return made.public_bytes(serialization.Encoding.PEM).decode("ascii"), secret


def kind_of(member: str) -> CardKind:
    """What a member of the tests is, from its id."""
    if member == "hub":
        return CardKind.HUB
    return CardKind.STATE if member in COUNTRIES else CardKind.PROVIDER


def profile(member: str, *, endpoint: str | None = None, tls: tuple[str, ...] | None = None) -> Profile:
    """What an invented member says of itself."""
    country, zone = COUNTRIES.get(member, ("PT", "Europe/Lisbon"))
    return Profile(
        name=f"Invented point {member}",
        kind=kind_of(member),
        country=country,
        zone=zone,
        languages=("en", "pt"),
        phone="+44 20 7946 0123",
        endpoint=endpoint or f"https://node.{member}.example:8443",
        tls=tls or (certificate(member)[0],),
        competences=(InstrumentId("budapest-29-preserve"), InstrumentId("budapest-35-assist")),
    )


class Member:
    """Somebody with keys, who can issue one card after the other."""

    def __init__(self, member: str, *, keys: Keyring | None = None) -> None:
        self.member = MemberId(member)
        self.keys = keys or fresh_keys()
        self.profile = profile(member)
        self.cards: list[SignedCard] = []

    @property
    def last(self) -> Card | None:
        return self.cards[-1].card if self.cards else None

    def draft(
        self, *, at: Instant = ISSUED, revoked: frozenset[str] = frozenset(), changed: Profile | None = None
    ) -> Card:
        """The next card, not signed."""
        return next_card(
            changed or self.profile,
            member=self.member,
            origin=f"{self.member}.example/journal",
            publics=publics_of(self.keys),
            before=self.last,
            revoked=revoked,
            issued=at,
        )

    def card(
        self, *, at: Instant = ISSUED, revoked: frozenset[str] = frozenset(), changed: Profile | None = None
    ) -> SignedCard:
        """The next card, signed and remembered."""
        signed = sign_card(self.draft(at=at, revoked=revoked, changed=changed), key=self.keys.signing)
        self.cards.append(signed)
        return signed

    def rotate_signing(self) -> None:
        """Take a new signing key."""
        self.keys = replace(self.keys, signing=Ed25519PrivateKey.generate())
