"""Letters, receipts and envelopes are read by a JOSE library in another language, and it writes some for us."""

import json
import subprocess
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from tests.independent.npm import installed
from tests.independent.tools import need
from tests.wire.examples import PT, RO, a_letter
from tests.wire.make_wire_vectors import VECTORS
from tocsin.base.jose import Typ
from tocsin.proof.canonical import canonical
from tocsin.wire.rules.letter import letter_payload
from tocsin.wire.rules.open import open_letter, verify_letter
from tocsin.wire.rules.seal import SealedLetter, seal_letter, sign_letter

pytestmark = pytest.mark.tools

PACKAGE = "jose@6"
PROGRAM = Path(__file__).parent / "js" / "jose_wire.mjs"


def ask(*steps: dict[str, Any]) -> list[dict[str, Any]]:
    """Let the other library do these steps; one answer for each."""
    node, modules = need("node"), installed(PACKAGE) / "node_modules"
    asked = json.dumps({"modules": str(modules), "steps": steps})
    done = subprocess.run([node, PROGRAM], input=asked, capture_output=True, text=True, check=True, timeout=60)
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


def jwk(key: Ed25519PrivateKey | X25519PrivateKey, *, private: bool = False) -> dict[str, str]:
    """A key as RFC 8037 writes it."""
    curve = "Ed25519" if isinstance(key, Ed25519PrivateKey) else "X25519"
    told = {"kty": "OKP", "crv": curve, "x": _base64url(key.public_key().public_bytes_raw())}
    return told | {"d": _base64url(key.private_bytes_raw())} if private else told


def _base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def read(name: str) -> Any:
    return json.loads((VECTORS / f"{name}.json").read_text())


def test_the_other_library_opens_and_verifies_what_we_seal_and_sign() -> None:
    letter = sign_letter(a_letter(body={"account": "șapte@mail.example"}), key=RO.signing_key)
    sealed = seal_letter(letter, key=PT.sealing_key)
    (opened,) = ask({"do": "open", "jwe": sealed.jwe.decode(), "opens": jwk(PT.sealing, private=True)})
    assert opened["content"] == letter.jws.decode()
    (verified,) = ask({"do": "verify", "jws": opened["content"], "verifies": jwk(RO.signing)})
    assert verified["header"] == {"alg": "Ed25519", "kid": RO.signing_key.kid, "typ": Typ.LETTER.value}
    assert json.loads(verified["content"]) == letter_payload(letter)


def test_we_open_and_verify_what_the_other_library_seals_and_signs() -> None:
    content = canonical(letter_payload(a_letter())).decode()
    signed_header = {"alg": "Ed25519", "kid": RO.signing_key.kid, "typ": Typ.LETTER.value}
    (signed,) = ask({"do": "sign", "content": content, "header": signed_header, "signs": jwk(RO.signing, private=True)})
    sealed_header = {"alg": "ECDH-ES", "enc": "A256GCM", "kid": PT.sealing_key.kid, "typ": Typ.SEALED.value}
    (sealed,) = ask({"do": "seal", "content": signed["jws"], "header": sealed_header, "to": jwk(PT.sealing)})
    brought = open_letter(SealedLetter(sealed["jwe"].encode()), keys=PT.opening_keys)
    assert letter_payload(verify_letter(brought, key=RO.verifying_key)) == letter_payload(a_letter())


def test_the_other_library_agrees_on_every_published_example() -> None:
    sides = {"ro": RO, "pt": PT}
    envelopes, letters, receipts, tickets = (read(name) for name in ("envelopes", "letters", "receipts", "tickets"))
    opened = ask(
        *({"do": "open", "jwe": one["jwe"], "opens": jwk(sides[one["to"]].sealing, private=True)} for one in envelopes)
    )
    assert [one["content"] for one in opened] == [one["content"] for one in envelopes]
    signed = [(one, RO) for one in letters] + [(one, PT) for one in receipts] + [(one, RO) for one in tickets]
    verified = ask(*({"do": "verify", "jws": one["jws"], "verifies": jwk(side.signing)} for one, side in signed))
    assert [json.loads(one["content"]) for one in verified] == [one["payload"] for one, _ in signed]


def test_the_other_library_notices_what_was_altered() -> None:
    false = {one["name"]: one for one in read("refused")}
    steps = [
        {"do": "open", "jwe": false["an envelope altered"]["envelope"], "opens": jwk(PT.sealing, private=True)},
        {
            "do": "open",
            "jwe": false["an envelope to somebody else"]["envelope"],
            "opens": jwk(PT.sealing, private=True),
        },
        {"do": "verify", "jws": false["signed by another key"]["letter"], "verifies": jwk(RO.signing)},
        {"do": "verify", "jws": false["alg none"]["letter"], "verifies": jwk(RO.signing)},
    ]
    assert [one["error"] for one in ask(*steps)] == [
        "ERR_JWE_DECRYPTION_FAILED",
        "ERR_JWE_DECRYPTION_FAILED",
        "ERR_JWS_SIGNATURE_VERIFICATION_FAILED",
        "ERR_JOSE_ALG_NOT_ALLOWED",
    ]
