"""The next card of a member: its profile, the keys its node holds now, and what the card before said of keys.

The keys of a card follow from the node's keyring, so that nobody writes them by hand:

* a key that is on the card before keeps its ``from``;
* a key that is new comes into force when the card is issued, and the one that it replaces is retired an hour
  later, so that processes that still hold it can be started again without haste: it stays on the card with
  ``until``, for what it signed before;
* a key that was announced stands there beside the one that is used, so that others know it before anything
  is signed with it;
* a key that is revoked is left out, for good.

Of the keys of one use that the node holds, the one that it uses comes first.
"""

import base64
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import timedelta
from typing import Any

import pyrage
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from tocsin.base.ids import InstrumentId, MemberId
from tocsin.base.instant import Instant
from tocsin.base.jose import SUITE, kid_of
from tocsin.base.this_node import Keyring
from tocsin.directory.rules.card import Card, CardKey, CardKind, Holidays, NoteKey, Use
from tocsin.directory.rules.card_form import raw_key
from tocsin.proof.canonical import Json
from tocsin.proof.note import SIGNER, WITNESS, VerifierKey

OVERLAP = timedelta(hours=1)
"""How long a replaced key may still be used, by processes that were not started again yet."""
ANNOUNCED_FIRST = (Use.SIGN, Use.JOURNAL, Use.WITNESS)
"""What others verify: they have to know such a key before anything is signed with it. The keys that open
things are different: the old one still opens what is sealed to it."""
LEAD = timedelta(days=1)
"""How long before its use a key, or a certificate, is announced, unless somebody cannot wait."""
RETIRED_KEYS_STAY = timedelta(days=5 * 366)
"""How long a retired key stays on the card; what it signed is then judged by older cards."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What a member says of itself on its card, beside keys, serial and instant."""

    name: str
    kind: CardKind
    country: str
    zone: str
    languages: tuple[str, ...]
    phone: str | None
    endpoint: str
    tls: tuple[str, ...]
    hours: str = "24/7"
    subdivision: str | None = None
    """Whose public holidays count beside the country's own, as ``BY`` for Bavaria."""
    competences: tuple[InstrumentId, ...] = ()
    exercise: bool = False
    """Whether the node is for exercises alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnWords:
    """What a member says of itself that people at the desk may change; the rest follows from settings and keys."""

    name: str
    hours: str
    phone: str | None
    zone: str
    subdivision: str | None
    languages: tuple[str, ...]
    competences: tuple[InstrumentId, ...]


WORDS = tuple(each.name for each in fields(OwnWords))
"""The names of what may be changed."""


def words_in(profile: Profile) -> OwnWords:
    """What a profile says of what may be changed at the desk."""
    return OwnWords(**{name: getattr(profile, name) for name in WORDS})


def words_of_card(card: Card) -> OwnWords:
    """What a card says of it."""
    return OwnWords(
        name=card.name,
        hours=card.hours,
        phone=card.phone,
        zone=card.zone,
        subdivision=card.holidays.subdivision,
        languages=card.languages,
        competences=card.competences,
    )


def written_words(words: OwnWords) -> dict[str, Json]:
    """The words as JSON."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(words).items()}


def read_words(written: Mapping[str, Any]) -> OwnWords:
    """What ``written_words`` wrote."""
    said: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in written.items()}
    return OwnWords(**{name: said[name] for name in WORDS})


def with_words(profile: Profile, words: OwnWords | None) -> Profile:
    """A profile with what was confirmed at the desk in its place."""
    return profile if words is None else replace(profile, **{name: getattr(words, name) for name in WORDS})


def differences(before: OwnWords, after: OwnWords) -> tuple[str, ...]:
    """The names of what differs."""
    return tuple(name for name in WORDS if getattr(before, name) != getattr(after, name))


def next_card(  # what a card is made of, each by its name
    profile: Profile,
    *,
    member: MemberId,
    origin: str,
    publics: Mapping[Use, str],
    before: Card | None,
    revoked: frozenset[str],
    issued: Instant,
    announced: Mapping[Use, str] | None = None,
) -> Card:
    """The card after ``before``: not signed, and not checked before it is signed.

    ``origin`` names the journal, and with ``/witness`` after it the witness.
    """
    keys = keys_after(before, publics, revoked=revoked, issued=issued, announced=announced or {})
    return Card(
        member=member,
        name=profile.name,
        kind=profile.kind,
        country=profile.country,
        zone=profile.zone,
        holidays=Holidays(country=profile.country, subdivision=profile.subdivision),
        languages=profile.languages,
        hours=profile.hours,
        phone=profile.phone,
        endpoint=profile.endpoint,
        tls=profile.tls,
        keys=keys,
        competences=profile.competences,
        journal=_note_key(origin, publics[Use.JOURNAL], kind=SIGNER),
        witness=_note_key(witness_name(origin), publics[Use.WITNESS], kind=WITNESS),
        suites=(SUITE,),
        serial=before.serial + 1 if before else 1,
        issued=issued,
        exercise=profile.exercise,
    )


def witness_name(origin: str) -> str:
    """The name under which the node with this journal cosigns other nodes' checkpoints."""
    return f"{origin}/witness"


def key_in_use(card: Card, use: Use) -> CardKey:
    """The key of a use with which the node worked that signed this card of its own."""
    return next(key for key in card.keys if key.use is use)


def keys_after(
    before: Card | None,
    publics: Mapping[Use, str],
    *,
    revoked: frozenset[str],
    issued: Instant,
    announced: Mapping[Use, str],
) -> tuple[CardKey, ...]:
    """The keys of the next card: those that are used, those that were announced, those that are retired."""
    older = [key for key in before.keys if key.kid not in revoked] if before else []
    held = [*publics.items(), *announced.items()]
    current = [_current(use, public, older, issued=issued) for use, public in held]
    kept = {key.kid for key in current}
    retired = [_retired(key, issued=issued) for key in older if key.kid not in kept]
    return (*current, *(key for key in retired if issued - (key.until or issued) < RETIRED_KEYS_STAY))


def publics_of(keys: Keyring) -> dict[Use, str]:
    """The public halves of a node's keys, as a card writes them."""
    return {
        Use.SIGN: public_text(keys.signing),
        Use.SEAL: public_text(keys.sealing),
        Use.JOURNAL: public_text(keys.journal),
        Use.WITNESS: public_text(keys.witness),
        Use.AGE: str(pyrage.x25519.Identity.from_str(keys.age).to_public()),
    }


def _current(use: Use, public: str, older: list[CardKey], *, issued: Instant) -> CardKey:
    kid = kid_of(raw_key(use, public))
    for key in older:
        if key.kid == kid and key.use is use and key.until is None:
            return key
    return CardKey(kid=kid, use=use, suite=SUITE, public=public, since=issued, until=None)


def _retired(key: CardKey, *, issued: Instant) -> CardKey:
    return key if key.until is not None else replace(key, until=issued + OVERLAP)


def _note_key(name: str, public: str, *, kind: int) -> NoteKey:
    return NoteKey(name=name, vkey=VerifierKey(name, kind, base64.b64decode(public)).text())


def public_text(key: Ed25519PrivateKey | X25519PrivateKey) -> str:
    """The public half of a key as a card writes it."""
    return base64.b64encode(key.public_key().public_bytes_raw()).decode("ascii")
