"""Makes ``tests/vectors/wire`` anew: ``python -m tests.wire.make_wire_vectors``.

The keys are counted bytes and known to everybody: never use them for anything else. The envelopes are
made here step by step from RFC 7516 and 7518 with a fixed ephemeral key and a fixed nonce, by other code
than the product's, so that they are the same in each run; a real one is never made like this.
"""

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.wire.examples import EVE, NIGHT, PT, RO, Side, a_letter, proof_of
from tocsin.base import instant, jose
from tocsin.base.ids import LetterId
from tocsin.base.jose import Typ
from tocsin.base.problem import Problem
from tocsin.law.vocabulary import LetterKind
from tocsin.proof.canonical import canonical, parse_strict
from tocsin.wire.rules.letter import Attachment, Letter, letter_payload
from tocsin.wire.rules.receipt import Opening, Receipted, Stage, sign_receipt
from tocsin.wire.rules.refusal import sign_refusal
from tocsin.wire.rules.seal import OpenedPart, part_for_others, sign_letter
from tocsin.wire.rules.ticket import Asked, Down, body_hash
from tocsin.wire.rules.wire_file import FiledCheckpoint, FiledEnvelope, FileHead, lines_of

VECTORS = Path(__file__).parents[1] / "vectors" / "wire"
EPHEMERAL = X25519PrivateKey.from_private_bytes(b"\x42" * 32)
NONCE = b"\x24" * 12


def base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def keys() -> dict[str, Any]:
    """Every key of the two members, as the raw bytes of both halves."""
    return {side.member: _keys_of(side) for side in (RO, PT)}


def _keys_of(side: Side) -> dict[str, Any]:
    halves = {
        "sign": (side.signing.private_bytes_raw(), side.signing.public_key().public_bytes_raw()),
        "seal": (side.sealing.private_bytes_raw(), side.sealing.public_key().public_bytes_raw()),
        "journal": (side.journal.private_bytes_raw(), side.journal.public_key().public_bytes_raw()),
    }
    return {
        name: {"private": secret.hex(), "public": public.hex(), "kid": jose.kid_of(public)}
        for name, (secret, public) in halves.items()
    } | {"journal_vkey": side.log.text()}


def letters() -> list[Letter]:
    """Two letters of one chain: an ask with a part and an attachment, and a supplement."""
    part = OpenedPart(name="grounds", salt=b"\x05" * 32, content={"text": "Why this is asked."})
    attachment = Attachment(
        id="3f0a6a3e-29b1-4f0e-9a56-6a5d8f0f7d10",
        name="mandate.pdf",
        size=3,
        sha256=sha256(b"abc").hexdigest(),
        sha512="0" * 128,
        age_size=203,
        age_sha256="1" * 64,
    )
    first = sign_letter(
        a_letter(
            body={"account": "șapte@mail.example", "zebra": 1, "ärger": [True, None, -7]},
            parts=(part_for_others(part),),
            attachments=(attachment,),
            exercise_shift_seconds=3600,
        ),
        key=RO.signing_key,
    )
    second = sign_letter(
        a_letter(
            id=LetterId("00000000-0000-0000-0000-000000000002"),
            kind=LetterKind.SUPPLEMENT,
            seq=2,
            prev=first.sha256,
            seen="2" * 64,
            written=NIGHT + timedelta(hours=1),
        ),
        key=RO.signing_key,
    )
    return [first, second]


def letter_vectors() -> list[dict[str, Any]]:
    return [
        {
            "name": f"letter {letter.seq} of {letter.sender} in its thread",
            "payload": letter_payload(letter),
            "jws": letter.jws.decode("ascii"),
            "sha256": letter.sha256,
        }
        for letter in letters()
    ]


def envelope_vector(name: str, content: bytes, to: Side) -> dict[str, Any]:
    """An envelope made by hand (RFC 7518, section 4.6: ECDH-ES, direct; 5.3: A256GCM)."""
    public = to.sealing.public_key()
    header = {
        "alg": "ECDH-ES",
        "enc": "A256GCM",
        "epk": {"crv": "X25519", "kty": "OKP", "x": base64url(EPHEMERAL.public_key().public_bytes_raw())},
        "kid": jose.kid_of(public.public_bytes_raw()),
        "typ": Typ.SEALED.value,
    }
    protected = base64url(canonical(header))
    key = _concat_kdf(EPHEMERAL.exchange(public))
    sealed = AESGCM(key).encrypt(NONCE, content, protected.encode("ascii"))
    ciphertext, tag = sealed[:-16], sealed[-16:]
    return {
        "name": name,
        "to": to.member,
        "ephemeral_private": EPHEMERAL.private_bytes_raw().hex(),
        "nonce": NONCE.hex(),
        "content_key": key.hex(),
        "content": content.decode("ascii"),
        "jwe": ".".join([protected, "", base64url(NONCE), base64url(ciphertext), base64url(tag)]),
    }


def _concat_kdf(shared: bytes) -> bytes:
    algorithm = b"A256GCM"
    other = len(algorithm).to_bytes(4, "big") + algorithm + bytes(4) + bytes(4) + (256).to_bytes(4, "big")
    return sha256((1).to_bytes(4, "big") + shared + other).digest()


def receipts() -> list[dict[str, Any]]:
    """A receipt of each stage that the two members' journals can prove, and a refusal."""
    letter = letters()[0]
    about = Receipted(letter=letter.id, sha256=letter.sha256, sender=RO.member, addressee=PT.member)
    made = [_receipt(about, stage, others) for stage, others in ((Stage.STORED, 6), (Stage.OPENED, 300))]
    problem = Problem(code="wire.competence-missing", status=403, title="No.", detail="No.", fields={"sender": "ro"})
    refusal = sign_refusal(about, problem, key=PT.signing_key, at=NIGHT)
    return [*made, {"name": "a refusal", "jws": refusal.decode("ascii"), "payload": _payload(refusal)}]


def _receipt(about: Receipted, stage: Stage, others: int) -> dict[str, Any]:
    event = {
        "v": 1,
        "kind": f"letter-{stage.value}",
        "at": instant.text(NIGHT),
        "by": {"member": PT.member, "person": "", "roles": ["node"]},
        "letter": about.letter,
        "letter_sha256": about.sha256,
        "thread": letters()[0].thread,
    }
    opening = Opening(salt=bytes(range(32)), event=event)
    proof = proof_of(opening, side=PT, others=others)
    jws = sign_receipt(about, stage=stage, opening=opening, proof=proof.text(), key=PT.signing_key, at=NIGHT)
    return {
        "name": f"a receipt of the stage {stage.value}",
        "payload": _payload(jws),
        "jws": jws.decode("ascii"),
        "index": others,
        "size": others + 1,
    }


def tickets() -> list[dict[str, Any]]:
    down = Down(since=NIGHT - timedelta(hours=9), attempts=118, reason="connection refused")
    body = b'{"letters":[],"to":"pt"}'
    return [
        _ticket("for a post with a body", Asked(method="POST", path="/wire/inbox", body=body_hash(body)), body, down),
        _ticket("for a read", Asked(method="GET", path="/mailbox/ro?after=0"), b"", None),
    ]


def _ticket(name: str, asked: Asked, body: bytes, down: Down | None) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "v": 1,
        "type": "ticket",
        "from": RO.member,
        "to": PT.member,
        "method": asked.method,
        "path": asked.path,
        "at": instant.text(NIGHT),
        "nonce": "0123456789abcdef0123456789abcdef",
        "body": asked.body,
        "down": down and {"since": instant.text(down.since), "attempts": down.attempts, "reason": down.reason},
    }
    jws = jose.sign(canonical(payload), typ=Typ.TICKET, key=RO.signing_key)
    return {
        "name": name,
        "payload": payload,
        "body": body.decode("ascii"),
        "jws": jws.decode("ascii"),
        "header": f"Authorization: Tocsin {jws.decode('ascii')}",
    }


def refused() -> list[dict[str, Any]]:
    """What a node must not take, with the code of the problem that says so."""
    good = letters()[1]
    payload = letter_payload(good)
    by_eve = sign_letter(a_letter(), key=EVE.signing_key)
    envelope = envelope_vector("", good.jws, PT)["jwe"]
    return [
        _false("another version", _signed(payload | {"v": 2}), "wire.letter-version"),
        _false("another suite", _signed(payload | {"suite": "tocsin-0"}), "wire.letter-suite"),
        _false("a kind that nobody knows", _signed(payload | {"kind": "shout"}), "wire.letter-kind-unknown"),
        _false("a field more", _signed(payload | {"cc": "gr"}), "wire.letter-field-unknown"),
        _false("a field less", _signed({k: v for k, v in payload.items() if k != "seen"}), "wire.letter-field-missing"),
        _false("a place without its hash", _signed(payload | {"prev": None}), "wire.letter-field"),
        _false("to its own sender", _signed(payload | {"to": "ro"}), "wire.letter-field"),
        _false(
            "an instant without an offset", _signed(payload | {"written": "2026-11-24T03:00:00"}), "wire.letter-field"
        ),
        _false("a float", _signed_raw(canonical(payload).replace(b'"seq":2', b'"seq":2.0')), "wire.letter-not-json"),
        _false("a member twice", _signed_raw(canonical(payload)[:-1] + b',"v":1}'), "wire.letter-not-json"),
        _false("signed by another key", by_eve.jws, "envelope-signature"),
        _false("alg none", _headed({"alg": "none", "kid": RO.signing_key.kid, "typ": Typ.LETTER.value}), "envelope"),
        _false("a key in the header", _headed(_header() | {"jwk": {"kty": "OKP"}}), "envelope"),
        _false("a ticket as a letter", jose.sign(canonical(payload), typ=Typ.TICKET, key=RO.signing_key), "envelope"),
        {"name": "an envelope altered", "envelope": _altered(envelope), "code": "envelope-broken"},
        {"name": "an envelope cut short", "envelope": envelope[:-1], "code": "envelope"},
        {
            "name": "an envelope to somebody else",
            "envelope": envelope_vector("", good.jws, EVE)["jwe"],
            "code": "envelope-key",
        },
    ]


def _header() -> dict[str, Any]:
    return {"alg": "Ed25519", "kid": RO.signing_key.kid, "typ": Typ.LETTER.value}


def _headed(header: Mapping[str, Any]) -> bytes:
    payload = base64url(canonical(letter_payload(letters()[1])))
    signed = f"{base64url(canonical(dict(header)))}.{payload}".encode("ascii")
    return signed + b"." + base64url(RO.signing.sign(signed)).encode("ascii")


def _signed(payload: Mapping[str, Any]) -> bytes:
    return _signed_raw(canonical(dict(payload)))


def _signed_raw(payload: bytes) -> bytes:
    return jose.sign(payload, typ=Typ.LETTER, key=RO.signing_key)


def _false(name: str, jws: bytes, code: str) -> dict[str, Any]:
    return {"name": name, "letter": jws.decode("ascii"), "code": code}


def _altered(envelope: str) -> str:
    head, _, nonce, text, tag = envelope.split(".")
    return ".".join([head, "", nonce, ("A" if text[0] != "A" else "B") + text[1:], tag])


def _payload(jws: bytes) -> Any:
    return parse_strict(jose.unverified_payload(jws))


def wire_file() -> bytes:
    head = FileHead(sender=RO.member, addressee=PT.member, at=NIGHT)
    envelope = envelope_vector("", letters()[0].jws, PT)["jwe"].encode("ascii")
    note = proof_of(Opening(salt=bytes(32), event={"n": 1}), side=RO).checkpoint.decode()
    return b"".join(lines_of(head, [FiledCheckpoint(note), FiledEnvelope(envelope)]))


def part() -> dict[str, Any]:
    opened = OpenedPart(name="grounds", salt=b"\x05" * 32, content={"text": "Why this is asked."})
    plain = canonical({"salt": b64encode(opened.salt).decode(), "content": opened.content})
    return {
        "name": opened.name,
        "salt": opened.salt.hex(),
        "content": opened.content,
        "commitment": part_for_others(opened).commitment,
        "sealed": envelope_vector("", plain, PT)["jwe"],
    }


def vectors() -> dict[str, bytes]:
    """Every file, by its name."""
    first, second = letters()
    envelopes = [
        envelope_vector("a letter", first.jws, PT),
        envelope_vector("another letter", second.jws, PT),
        envelope_vector("a receipt on its way back", receipts()[1]["jws"].encode("ascii"), RO),
    ]
    told: dict[str, Any] = {
        "keys": keys(),
        "letters": letter_vectors(),
        "envelopes": envelopes,
        "receipts": receipts(),
        "tickets": tickets(),
        "part": part(),
        "refused": refused(),
    }
    files = {
        f"{name}.json": (json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True) + "\n").encode()
        for name, value in told.items()
    }
    return files | {"letters.tocsin": wire_file()}


def main() -> None:
    VECTORS.mkdir(parents=True, exist_ok=True)
    for name, content in vectors().items():
        (VECTORS / name).write_bytes(content)


if __name__ == "__main__":
    main()
