"""Makes ``tests/vectors/card`` anew: ``python -m tests.directory.make_card_vectors``.

The keys are counted bytes and known to everybody: never use them for anything else.
"""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.x509.oid import NameOID

from tests.directory.cards import profile
from tocsin.base.ids import MemberId
from tocsin.base.jose import Typ
from tocsin.directory.rules import age_key, signed
from tocsin.directory.rules.card import Use, payload_of, sign_card
from tocsin.directory.rules.own_card import next_card
from tocsin.directory.rules.words import fingerprint_of, words_of_fingerprint
from tocsin.proof.canonical import Json, canonical

VECTORS = Path(__file__).parents[1] / "vectors" / "card"
ISSUED = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def signing(seed: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)


def certificate() -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "node.ro.example")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(signing(6).public_key())
        .serial_number(1)
        .not_valid_before(ISSUED)
        .not_valid_after(ISSUED + timedelta(days=3650))
        .sign(signing(6), None)
    )
    return made.public_bytes(serialization.Encoding.PEM).decode("ascii")


def public(key: Ed25519PrivateKey | X25519PrivateKey) -> str:
    return base64.b64encode(key.public_key().public_bytes_raw()).decode("ascii")


def write(name: str, content: object) -> None:
    (VECTORS / name).write_text(json.dumps(content, indent=2, ensure_ascii=False, sort_keys=True) + "\n")


def main() -> None:
    sealing, age = (X25519PrivateKey.from_private_bytes(bytes([seed]) * 32) for seed in (2, 5))
    card = next_card(
        profile("ro", tls=(certificate(),)),
        member=MemberId("ro"),
        origin="ro.example/journal",
        publics={
            Use.SIGN: public(signing(1)),
            Use.SEAL: public(sealing),
            Use.JOURNAL: public(signing(3)),
            Use.WITNESS: public(signing(4)),
            Use.AGE: age_key.recipient_of(age.public_key().public_bytes_raw()),
        },
        before=None,
        revoked=frozenset(),
        issued=ISSUED,
    )
    good = sign_card(card, key=signing(1))
    payload: dict[str, Any] = json.loads(canonical(payload_of(card)))
    fingerprint = fingerprint_of(good.jws, member=card.member)
    (VECTORS / "ro.card.json").write_bytes(good.file)
    write("ro.payload.json", payload)
    write(
        "facts.json",
        {
            "signing_key": base64.b64encode(bytes([1]) * 32).decode("ascii"),
            "signer": good.signer,
            "sha256": good.sha256,
            "fingerprint": fingerprint.hex(),
            "words": str(words_of_fingerprint(fingerprint)),
        },
    )
    write("refused.json", refused(good.jws, payload))


def refused(jws: str, payload: dict[str, Json]) -> dict[str, dict[str, str]]:
    header, body, signature = jws.split(".")
    flipped = "A" if body[100] != "A" else "B"

    def filed(compact: str) -> str:
        return (canonical({"card": compact}) + b"\n").decode("ascii")

    def signed_anew(changes: dict[str, Json], *, typ: Typ = Typ.CARD, seed: int = 1) -> str:
        return filed(signed.sign(payload | changes, typ=typ, key=signing(seed)))

    return {
        "one character of the payload changed": {
            "file": filed(f"{header}.{body[:100]}{flipped}{body[101:]}.{signature}"),
            "code": "card-altered",
        },
        "the signature of another card": {
            "file": filed(f"{header}.{body}.{signed_anew({'serial': 2})[-90:-4]}"),
            "code": "card-altered",
        },
        "signed by a key that it does not name": {"file": signed_anew({}, seed=9), "code": "card-altered"},
        "signed as a letter": {"file": signed_anew({}, typ=Typ.LETTER), "code": "card-altered"},
        "white space around": {"file": " " + filed(jws), "code": "card-altered"},
        "a field too many": {"file": signed_anew({"note": "x"}), "code": "card-faulty"},
        "an endpoint without TLS": {"file": signed_anew({"endpoint": "http://node.ro.example"}), "code": "card-faulty"},
        "another State's id": {"file": signed_anew({"member": "pt"}), "code": "card-faulty"},
        "a serial of nothing": {"file": signed_anew({"serial": 0}), "code": "card-faulty"},
    }


if __name__ == "__main__":
    main()
