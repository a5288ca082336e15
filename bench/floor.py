"""The floor: what exchanging letters cannot cost less than, with the libraries that the product uses.

A loop that does only the unavoidable, in batches: sign and encrypt each letter, one durable commit of
the batch; decrypt and verify each, one durable commit; sign a receipt for each and verify it. It
imports nothing of ours and is tuned as we would tune the product: keys are prepared once, a batch is
one INSERT, the JSON is written once. There is no network, no journal, no directory, no order and no
idempotence in it.

    python bench/floor.py postgresql://…  [letters]
"""

import json
import secrets
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from joserfc import jwe, jws
from joserfc.jwk import OKPKey

BATCH = 50
_JWS = jws.JWSRegistry(algorithms=["Ed25519"])
_JWE = jwe.JWERegistry(algorithms=["ECDH-ES", "A256GCM"])


@dataclass(frozen=True, slots=True)
class Keys:
    """One member's keys, prepared once."""

    private: OKPKey
    public: OKPKey

    @classmethod
    def of(cls, key: Ed25519PrivateKey | X25519PrivateKey) -> "Keys":
        return cls(OKPKey.import_key(key), OKPKey.import_key(key.public_key()))


class Floor:
    """Sender and receiver in one process, each with a connection of its own."""

    def __init__(self, url: str) -> None:
        self.sender, self.receiver = (psycopg.connect(url) for _ in range(2))
        for connection in (self.sender, self.receiver):
            # An ordinary, logged table: a temporary one is never synced to disk.
            name = f"floor_{secrets.token_hex(4)}"
            connection.execute(f"CREATE TABLE {name} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, letter text)")
            connection.commit()
            setattr(self, "sent" if connection is self.sender else "received", name)
        self.sender_signs, self.receiver_signs = (Keys.of(Ed25519PrivateKey.generate()) for _ in range(2))
        self.receiver_opens = Keys.of(X25519PrivateKey.generate())

    def batch(self, payloads: Sequence[bytes]) -> None:
        """One batch from the sender's JSON to its verified receipts."""
        letters = [self._sign("tocsin-letter+jws", payload, self.sender_signs) for payload in payloads]
        envelopes = [self._seal(letter) for letter in letters]
        self._keep(self.sender, "sent", letters)
        opened = [self._open(envelope) for envelope in envelopes]
        read = [json.loads(self._verify(letter, self.sender_signs)) for letter in opened]
        self._keep(self.receiver, "received", [letter.decode() for letter in opened])
        receipts = [
            self._sign("tocsin-receipt+jws", json.dumps({"letter": letter["id"]}).encode(), self.receiver_signs)
            for letter in read
        ]
        for receipt in receipts:
            json.loads(self._verify(receipt.encode(), self.receiver_signs))

    def run(self, batches: Iterable[Sequence[bytes]]) -> None:
        """Batch after batch."""
        for batch in batches:
            self.batch(batch)

    def _sign(self, typ: str, payload: bytes, keys: Keys) -> str:
        return jws.serialize_compact(
            {"alg": "Ed25519", "kid": "0" * 16, "typ": typ}, payload, keys.private, registry=_JWS
        )

    def _verify(self, signed: bytes, keys: Keys) -> bytes:
        return jws.deserialize_compact(signed, keys.public, registry=_JWS).payload

    def _seal(self, letter: str) -> str:
        header = {"alg": "ECDH-ES", "enc": "A256GCM", "kid": "0" * 16, "typ": "tocsin-sealed+jwe"}
        return jwe.encrypt_compact(header, letter, self.receiver_opens.public, registry=_JWE)

    def _open(self, envelope: str) -> bytes:
        return jwe.decrypt_compact(envelope, self.receiver_opens.private, registry=_JWE).plaintext or b""

    def _keep(self, connection: psycopg.Connection, table: str, letters: Sequence[str]) -> None:
        name = getattr(self, table)
        connection.execute(f"INSERT INTO {name} (letter) SELECT unnest(%s::text[])", [list(letters)])
        connection.commit()

    def close(self) -> None:
        """Take the tables away again."""
        for connection, table in ((self.sender, "sent"), (self.receiver, "received")):
            connection.execute(f"DROP TABLE {getattr(self, table)}")
            connection.commit()
            connection.close()


def a_payload(number: int) -> bytes:
    """A letter as large as a real one: a preservation request with its form filled in."""
    words = "Invented description of an invented case, as long as such descriptions are. " * 6
    letter = {
        "v": 1,
        "type": "letter",
        "suite": "tocsin-1",
        "id": f"8f2d1a4e-4b1f-4d55-9d0e-{number:012x}",
        "kind": "ask",
        "thread": f"51c0a7de-7f0a-4f63-8c8b-{number:012x}",
        "from": "ro",
        "to": "pt",
        "seq": 1,
        "prev": None,
        "seen": None,
        "written": "2026-11-24T03:00:00.000Z",
        "exercise": None,
        "directory": {"source": "tuf", "stale_since": None},
        "by": {"name": "Ioana Exemplu", "role": "duty-officer"},
        "instrument": "budapest-29-preserve",
        "body": {"account": f"someone{number}@mail.example", "case": words, "until": "2027-02-22"},
        "parts": [],
        "attachments": [],
    }
    return json.dumps(letter, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()


def measured(run: Callable[[], None]) -> tuple[float, float]:
    """Seconds of CPU of this process, and of the clock, that ``run`` takes."""
    cpu, clock = time.process_time(), time.perf_counter()
    run()
    return time.process_time() - cpu, time.perf_counter() - clock


def main(url: str, letters: int) -> None:
    """Print what one letter costs."""
    floor = Floor(url)
    try:
        floor.batch([a_payload(n) for n in range(BATCH)])  # warm
        batches = [[a_payload(n) for n in range(at, at + BATCH)] for at in range(0, letters, BATCH)]
        cpu, clock = measured(lambda: floor.run(batches))
    finally:
        floor.close()
    print(f"floor: {cpu / letters * 1e6:.0f} µs of CPU and {clock / letters * 1e6:.0f} µs a letter, batches of {BATCH}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5000)
