"""A refusal that travels by mailbox: the problem with a letter, signed by who refused it.

Over a direct line the answer comes on the connection that the letter went out on, from the one whose
certificate the card names. A mailbox has no such line, and the hub must not be able to refuse letters
in somebody's name. So the problem is signed (``typ`` ``tocsin-receipt+jws``) and sealed::

    {"v": 1, "type": "refusal", "letter": "8f2d…", "letter_sha256": "<64 hex>", "from": "pt", "to": "ro",
     "at": "2026-11-24T03:00:01.250Z", "problem": {…}}

It is told once and not kept: a letter that is left in the mailbox again is refused again.
"""

from collections.abc import Mapping

from tocsin.base import instant, jose
from tocsin.base.instant import Instant
from tocsin.base.jose import SigningKey, Typ, VerifyingKey
from tocsin.base.problem import Problem, parse_problem
from tocsin.proof.canonical import Json, canonical, parse_canonical
from tocsin.proof.errors import CanonicalError
from tocsin.wire.errors import ReceiptFaultyError
from tocsin.wire.rules.receipt import Receipted

_MEMBERS = {"v", "type", "letter", "letter_sha256", "from", "to", "at", "problem"}


def sign_refusal(about: Receipted, problem: Problem, *, key: SigningKey, at: Instant) -> bytes:
    """The JWS that says why ``about.addressee`` does not take this letter."""
    payload = _expected(about) | {"at": instant.text(at), "problem": problem.document()}
    return jose.sign(canonical(payload), typ=Typ.RECEIPT, key=key)


def verify_refusal(jws: bytes, *, about: Receipted, key: VerifyingKey) -> Problem:
    """Why the addressee did not take ``about``.

    Raises ``ReceiptFaultyError``, ``EnvelopeError`` or ``SignatureWrongError``.
    """
    try:
        payload = parse_canonical(jose.payload_of(jws, typ=Typ.RECEIPT, key=key))
    except CanonicalError as error:
        raise _faulty(about, str(error)) from None
    if not isinstance(payload, dict) or payload.keys() != _MEMBERS:
        raise _faulty(about, f"a refusal holds exactly {', '.join(sorted(_MEMBERS))}")
    for name, value in _expected(about).items():
        if payload[name] != value or isinstance(payload[name], bool):
            raise _faulty(about, f"{name} is {value}")
    return parse_problem(payload["problem"])


def is_refusal(payload: Mapping[str, Json]) -> bool:
    """Whether what is signed as a receipt says that it is a refusal."""
    return payload.get("type") == "refusal"


def _expected(about: Receipted) -> dict[str, object]:
    return {
        "v": 1,
        "type": "refusal",
        "letter": about.letter,
        "letter_sha256": about.sha256,
        "from": about.addressee,
        "to": about.sender,
    }


def _faulty(about: Receipted, rule: str) -> ReceiptFaultyError:
    return ReceiptFaultyError(sender=about.addressee, letter=about.letter, rule=rule)
