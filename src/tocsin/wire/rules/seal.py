"""From a letter to what the network sees: sign, then seal to the one addressee.

    UnsignedLetter --sign_letter--> Letter --seal_letter--> SealedLetter
    rules/open.py goes the other way

The JWS (``typ`` ``tocsin-letter+jws``) is over the canonical JSON of the payload that
``rules/letter.py`` lays out; the JWE around it is made to the key of use ``seal`` in the
addressee's card. Receipts that travel through a mailbox are sealed in the same way.
"""

import secrets
from base64 import b64decode, b64encode
from dataclasses import dataclass

from tocsin.base import jose
from tocsin.base.jose import OpeningKey, SealingKey, SigningKey, Typ
from tocsin.proof.canonical import Json, canonical, parse_canonical
from tocsin.proof.commitment import SALT_SIZE, commitment
from tocsin.proof.errors import CanonicalError
from tocsin.wire.errors import LetterFieldError
from tocsin.wire.rules.letter import Letter, Part, UnsignedLetter, letter_payload, parse_own_letter


@dataclass(frozen=True, slots=True)
class SealedLetter:
    """Bytes off the network: nobody has looked inside."""

    jwe: bytes


def sign_letter(letter: UnsignedLetter, *, key: SigningKey) -> Letter:
    """The letter as its sender signs it; raises what ``parse_letter`` raises for one that breaks a rule.

    What is signed is read back by the reader's own rules, so no node sends what another cannot read.
    """
    payload = canonical(letter_payload(letter))
    return parse_own_letter(payload, jws=jose.sign(payload, typ=Typ.LETTER, key=key))


def seal_letter(letter: Letter, *, key: SealingKey) -> SealedLetter:
    """The letter as the network may see it: to whom, and nothing else."""
    return SealedLetter(jose.seal(letter.jws, key=key))


# --- Parts --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedPart:
    """A part of a letter for those who may read it; kept apart from every other rendering."""

    name: str
    salt: bytes
    content: dict[str, Json]


def new_part(name: str, content: dict[str, Json]) -> OpenedPart:
    """A part with a fresh salt, so that its commitment reveals nothing to who may not read it."""
    return OpenedPart(name=name, salt=secrets.token_bytes(SALT_SIZE), content=content)


def part_for_reader(part: OpenedPart, *, key: SealingKey) -> Part:
    """The part as it stands in a letter to one of its readers."""
    sealed = jose.seal(canonical({"salt": b64encode(part.salt).decode(), "content": part.content}), key=key)
    return Part(name=part.name, commitment=_commitment(part), sealed=sealed.decode())


def part_for_others(part: OpenedPart) -> Part:
    """The part as it stands in a letter to somebody else: a name and a commitment."""
    return Part(name=part.name, commitment=_commitment(part))


def open_part(part: Part, *, keys: dict[str, OpeningKey]) -> OpenedPart:
    """What a part says, checked against its commitment.

    Raises ``LetterFieldError`` when it is not sealed to us or is not what was committed to.
    """
    if part.sealed is None:
        raise LetterFieldError(field=f"parts.{part.name}", rule="sealed to this letter's addressee")
    opened = _parsed_part(part.name, jose.open_sealed(part.sealed.encode(), keys=keys))
    if _commitment(opened) != part.commitment:
        raise LetterFieldError(field=f"parts.{part.name}", rule="its content is what the commitment says")
    return opened


def _commitment(part: OpenedPart) -> str:
    return commitment(part.salt, part.content).hex()


def _parsed_part(name: str, plain: bytes) -> OpenedPart:
    rule = "an object of salt (32 bytes, base64) and content (an object), in canonical form"
    try:
        read = parse_canonical(plain)
        if not isinstance(read, dict) or read.keys() != {"salt", "content"}:
            raise LetterFieldError(field=f"parts.{name}", rule=rule)
        salt, content = b64decode(str(read["salt"]), validate=True), read["content"]
    except (CanonicalError, ValueError):
        raise LetterFieldError(field=f"parts.{name}", rule=rule) from None
    if len(salt) != SALT_SIZE or not isinstance(content, dict):
        raise LetterFieldError(field=f"parts.{name}", rule=rule)
    return OpenedPart(name=name, salt=salt, content=content)
