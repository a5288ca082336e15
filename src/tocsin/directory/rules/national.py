"""A national law table as it travels: a JWS ``tocsin-national+jws`` by a sign key of its member.

What stands in it is the law's (``tocsin.law.national``); here it is signed, verified and tied to its member. As a
TUF target it is the compact JWS and a line feed (``national/<member>.jws``).
"""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tocsin.base.ids import MemberId
from tocsin.base.jose import SUITE, Typ
from tocsin.directory.errors import NationalTableRefusedError
from tocsin.directory.rules import signed
from tocsin.directory.rules.card import Card, CardKind, Use
from tocsin.directory.rules.signed import Claim
from tocsin.law.national import NationalTable, read_national_table
from tocsin.law.treaty import state_code
from tocsin.proof.canonical import Json

LIMIT = 512 * 1024


def sign_table(payload: dict[str, Json], *, card: Card, key: Ed25519PrivateKey) -> str:
    """The signed table; raises ``NationalTableError`` for its faults, ``NationalTableRefusedError`` for another's."""
    check_table_of(read_national_table(payload), card=card)
    return signed.sign(payload, typ=Typ.NATIONAL, key=key)


def claim_table(jws: str) -> Claim:
    """What a table claims; raises ``SignedFormError``. The claim still has to be verified."""
    return signed.claim(jws, typ=Typ.NATIONAL, limit=LIMIT)


def read_table(jws: str) -> NationalTable:
    """The table of a JWS that was verified when it was taken in or signed."""
    return read_national_table(claim_table(jws).payload)


def jws_in(content: bytes) -> str:
    """The JWS in a file; what is no ASCII is left for the reader of the claim to refuse."""
    return content.removesuffix(b"\n").removesuffix(b"\r").decode("ascii", errors="replace")


def file_of(jws: str) -> bytes:
    """The table as it travels, and as a TUF target."""
    return jws.encode("ascii") + b"\n"


def verified_table(claim: Claim, *, card: Card, refused: frozenset[str]) -> NationalTable:
    """The table, proved to be signed by a sign key that the card names, now or before, and that is not refused.

    A table outlives the key that signed it; a revoked key's table has to be signed again. Raises
    ``SignatureWrongError``, ``NationalTableError``, ``NationalTableRefusedError``.
    """
    for key in card.keys:
        if (key.kid, key.use, key.suite) == (claim.kid, Use.SIGN, SUITE) and key.kid not in refused:
            table = read_national_table(signed.verified(claim, public=key.raw))
            check_table_of(table, card=card)
            return table
    raise NationalTableRefusedError(member=card.member, rule=f"the key {claim.kid} is no sign key of its card")


def check_table_of(table: NationalTable, *, card: Card) -> None:
    """Raise ``NationalTableRefusedError`` unless the table is of this member, and the member of that State."""
    member = MemberId(table.member)
    if member != card.member:
        raise NationalTableRefusedError(member=card.member, rule=f"it names the member {member}")
    if card.kind is not CardKind.STATE or state_code(card.country) != table.state:
        raise NationalTableRefusedError(member=card.member, rule=f"the member is no contact point of {table.state}")
