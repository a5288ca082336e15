"""A node that we did not write: made from ``docs/`` alone, with the standard library, ``cryptography`` and httpx.

It imports nothing of ours and is no example of how to write a node that is used: it keeps everything in memory,
lets one peer in, and knows no law. It is here so that the protocol document is read by somebody who has nothing
else. A section number in a comment is one of ``docs/reference/protocol.md``.
"""

import http.server
import json
import os
import re
import secrets
import ssl
import tempfile
import threading
import uuid
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import scrypt, sha256
from pathlib import Path
from typing import Any

import httpx
from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

Json = dict[str, Any]


class RefusedError(Exception):
    """What a node refuses, with the code of section 19."""

    def __init__(self, code: str, detail: str = "", **fields: object) -> None:
        self.code, self.detail, self.fields = code, detail, {name: str(value) for name, value in fields.items()}
        super().__init__(f"{code}: {detail} {self.fields}")


# --- Section 1: words and forms -----------------------------------------------------------------


def canonical(value: Any) -> bytes:
    """RFC 8785 with integers only; names in the order of their UTF-16 units."""
    return json.dumps(_ordered(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _ordered(value[name]) for name in sorted(value, key=lambda name: name.encode("utf-16-be"))}
    return [_ordered(each) for each in value] if isinstance(value, list) else value


def read(payload: bytes) -> Json:
    """An object in canonical JSON, byte for byte."""
    value = json.loads(payload)
    if not isinstance(value, dict) or canonical(value) != payload:
        raise RefusedError("not-canonical")
    return value


def header_in(segment: str) -> Json:
    """A header is JSON in any spelling; only what is signed under it is canonical."""
    header: Json = json.loads(from_url64(segment))
    return header


def text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def now() -> str:
    return text(datetime.now(UTC))  # noqa: TID251 - nothing of ours, so a clock of its own


def url64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def from_url64(spelled: str) -> bytes:
    raw = urlsafe_b64decode(spelled + "=" * (-len(spelled) % 4))
    if url64(raw) != spelled:
        raise RefusedError("envelope", "idle bits")
    return raw


def kid_of(public: bytes) -> str:
    return sha256(public).hexdigest()[:16]


def raw(key: Ed25519PrivateKey | X25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()


def sign(payload: Json, *, typ: str, key: Ed25519PrivateKey) -> str:
    header = {"alg": "Ed25519", "kid": kid_of(raw(key)), "typ": typ}
    signed = f"{url64(canonical(header))}.{url64(canonical(payload))}"
    return f"{signed}.{url64(key.sign(signed.encode()))}"


def verify(jws: str, *, typ: str, keys: Mapping[str, bytes]) -> Json:
    """The payload of a JWS of this type by one of these keys."""
    head, payload, signature = jws.split(".")
    header = header_in(head)
    if header.keys() != {"alg", "kid", "typ"} or header["alg"] != "Ed25519" or header["typ"] != typ:
        raise RefusedError("envelope", str(header))
    if header["kid"] not in keys:
        raise RefusedError("wire.sender-key", header["kid"])
    Ed25519PublicKey.from_public_bytes(keys[header["kid"]]).verify(from_url64(signature), f"{head}.{payload}".encode())
    return read(from_url64(payload))


def hash_of(jws: str) -> str:
    return sha256(jws.encode()).hexdigest()


# --- Section 2: cards ---------------------------------------------------------------------------


def bech32(prefix: str, raw_bytes: bytes) -> str:
    """BIP 173, as age spells its recipients."""
    alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
    bits = "".join(f"{byte:08b}" for byte in raw_bytes)
    values = [int(bits[at : at + 5].ljust(5, "0"), 2) for at in range(0, len(bits), 5)]
    spread = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    check = _polymod([*spread, *values, 0, 0, 0, 0, 0, 0]) ^ 1
    values += [(check >> 5 * (5 - place)) & 31 for place in range(6)]
    return prefix + "1" + "".join(alphabet[value] for value in values)


def _polymod(values: Sequence[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for place, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= generator if (top >> place) & 1 else 0
    return check


def six_words(member: str, jws: str, *, words: Sequence[str]) -> str:
    """What is read aloud on the telephone: docs/security/card-words.md."""
    salt = b"tocsin card words v1\0" + member.encode()
    number = int.from_bytes(scrypt(jws.encode(), salt=salt, n=1 << 17, r=8, p=2, dklen=32, maxmem=1 << 29), "big")
    found = []
    for _ in range(6):
        number, digit = divmod(number, 7776)
        found.append(words[digit])
    return " ".join(reversed(found))


def certificate() -> tuple[str, str]:
    """One for a TLS server that is pinned: who is named in it is all the same."""
    key, at = generate_private_key(SECP256R1()), datetime.now(UTC)  # noqa: TID251 - nothing of ours, so its own clock
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "another node")])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(at - timedelta(hours=1)).not_valid_after(at + timedelta(days=1))
    pem = made.sign(key, SHA256()).public_bytes(Encoding.PEM).decode()
    return pem, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@dataclass(frozen=True)
class Card:
    """Another member's card, which was confirmed somehow."""

    payload: Json

    @classmethod
    def from_file(cls, content: bytes) -> "Card":
        jws = read(content.rstrip(b"\r\n"))["card"]
        payload = read(from_url64(jws.split(".")[1]))  # it names the keys by which it is signed
        return cls(verify(jws, typ="tocsin-card+jws", keys=_keys_of(payload, "sign")))

    def keys(self, use: str) -> dict[str, bytes]:
        return _keys_of(self.payload, use)

    @property
    def trust(self) -> ssl.SSLContext:
        """TLS that ends at one of the card's certificates."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version, context.check_hostname = ssl.TLSVersion.TLSv1_3, False
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.load_verify_locations(cadata="".join(self.payload["tls"]))
        return context


def _keys_of(card: Json, use: str) -> dict[str, bytes]:
    found = {key["kid"]: key["public"] for key in card["keys"] if key["use"] == use and key["until"] is None}
    return {kid: b64decode(public) for kid, public in found.items()}


# --- Section 6: sealing -------------------------------------------------------------------------


def seal(content: str, *, to: bytes) -> str:
    ephemeral = X25519PrivateKey.generate()
    epk = {"crv": "X25519", "kty": "OKP", "x": url64(raw(ephemeral))}
    header = {"alg": "ECDH-ES", "enc": "A256GCM", "epk": epk, "kid": kid_of(to), "typ": "tocsin-sealed+jwe"}
    protected, nonce = url64(canonical(header)), secrets.token_bytes(12)
    key = concat_kdf(ephemeral.exchange(X25519PublicKey.from_public_bytes(to)))
    sealed = AESGCM(key).encrypt(nonce, content.encode(), protected.encode())
    return f"{protected}..{url64(nonce)}.{url64(sealed[:-16])}.{url64(sealed[-16:])}"


def open_sealed(jwe: str, *, key: X25519PrivateKey) -> str:
    protected, encrypted_key, nonce, ciphertext, tag = jwe.split(".")
    header = header_in(protected)
    if header.pop("kid") != kid_of(raw(key)):
        raise RefusedError("envelope-key")
    epk = header.pop("epk")
    if header != {"alg": "ECDH-ES", "enc": "A256GCM", "typ": "tocsin-sealed+jwe"} or encrypted_key:
        raise RefusedError("envelope", str(header))
    shared = key.exchange(X25519PublicKey.from_public_bytes(from_url64(epk["x"])))
    sealed = from_url64(ciphertext) + from_url64(tag)
    try:
        return AESGCM(concat_kdf(shared)).decrypt(from_url64(nonce), sealed, protected.encode()).decode()
    except InvalidTag:
        raise RefusedError("envelope-broken") from None


def concat_kdf(shared: bytes) -> bytes:
    """RFC 7518, section 4.6.2: one round, no party information."""
    algorithm = b"A256GCM"
    other = len(algorithm).to_bytes(4, "big") + algorithm + bytes(4) + bytes(4) + (256).to_bytes(4, "big")
    return sha256((1).to_bytes(4, "big") + shared + other).digest()


# --- Section 13: the journal --------------------------------------------------------------------


def commitment(salt: bytes, event: Json) -> bytes:
    return sha256(salt + canonical(event)).digest()


def leaf(entry: bytes) -> bytes:
    return sha256(b"\0" + entry).digest()


def root_of(leaves: Sequence[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    split = _split(len(leaves))
    return _node(root_of(leaves[:split]), root_of(leaves[split:]))


def path_of(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """RFC 6962, section 2.1.1: the hashes from the leaf's sibling up."""
    if len(leaves) == 1:
        return []
    split = _split(len(leaves))
    if index < split:
        return [*path_of(index, leaves[:split]), root_of(leaves[split:])]
    return [*path_of(index - split, leaves[split:]), root_of(leaves[:split])]


def root_by_path(index: int, size: int, hashed: bytes, path: Sequence[bytes]) -> bytes:
    """RFC 9162, section 2.1.3.2: the root to which a path leads."""
    first, second = index, size - 1
    for sibling in path:
        if second == 0:
            raise RefusedError("proof", "too long")
        if first & 1 or first == second:
            hashed = _node(sibling, hashed)
            while not first & 1 and first:
                first, second = first >> 1, second >> 1
        else:
            hashed = _node(hashed, sibling)
        first, second = first >> 1, second >> 1
    if second:
        raise RefusedError("proof", "too short")
    return hashed


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()


def _split(count: int) -> int:
    return 1 << (count - 1).bit_length() - 1


def vkey(name: str, key: Ed25519PrivateKey, *, algorithm: int) -> str:
    """c2sp.org/signed-note: name, key id and key."""
    public = bytes([algorithm]) + raw(key)
    return f"{name}+{_key_id(name, public).hex()}+{b64encode(public).decode()}"


def _key_id(name: str, public: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + public).digest()[:4]


def verify_checkpoint(note: str, *, log: str, key: bytes) -> tuple[int, bytes]:
    """Size and root of a checkpoint that this log signed."""
    words, _, signatures = note.partition("\n\n")
    origin, size, root = words.split("\n")
    wanted = _key_id(log, b"\1" + key)
    for line in signatures.splitlines():
        name, signature = line.removeprefix("— ").split(" ")
        found = b64decode(signature)
        if origin == name == log and found[:4] == wanted:
            Ed25519PublicKey.from_public_bytes(key).verify(found[4:], (words + "\n").encode())
            return int(size), b64decode(root)
    raise RefusedError("proof", f"no signature of {log}")


@dataclass
class Journal:
    """A log in memory."""

    origin: str
    key: Ed25519PrivateKey
    leaves: list[bytes] = field(default_factory=list)

    def record(self, event: Json) -> Json:
        """The entry as a receipt shows it; its proof is made afterwards."""
        salt = secrets.token_bytes(32)
        self.leaves.append(leaf(commitment(salt, event)))
        return {"salt": b64encode(salt).decode(), "event": event}

    def checkpoint(self) -> str:
        words = f"{self.origin}\n{len(self.leaves)}\n{b64encode(root_of(self.leaves)).decode()}\n"
        signed = _key_id(self.origin, b"\1" + raw(self.key)) + self.key.sign(words.encode())
        return f"{words}\n— {self.origin} {b64encode(signed).decode()}\n"

    def proof(self, index: int) -> str:
        """c2sp.org/tlog-proof@v1."""
        path = "".join(f"{b64encode(each).decode()}\n" for each in path_of(index, self.leaves))
        return f"c2sp.org/tlog-proof@v1\nindex {index}\n{path}\n{self.checkpoint()}"


# --- Sections 3, 5, 7 to 10: a node -------------------------------------------------------------


@dataclass
class Thread:
    """The letters of one request as this node has them, and how far each chain goes."""

    id: str
    instrument: str
    mine: list[str] = field(default_factory=list)
    theirs: list[str] = field(default_factory=list)
    letters: list[Json] = field(default_factory=list)


class AnotherNode:
    """A member with keys, a card, a journal, an inbox that listens, and one peer."""

    def __init__(self, member: str, *, country: str, zone: str, competences: Sequence[str]) -> None:
        self.member = member
        self.signing, self.witness = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
        self.sealing, self.age = X25519PrivateKey.generate(), X25519PrivateKey.generate()
        self.journal = Journal(f"{member}.example/journal", Ed25519PrivateKey.generate())
        self.threads: dict[str, Thread] = {}
        self.taken: dict[str, str] = {}
        """The receipts that were given, by the letter's hash."""
        self.receipts: list[Json] = []
        """Those that were had."""
        self.problems: list[Exception] = []
        self._peer: Card | None = None
        self._changed = threading.Condition()
        self._pem, self._secret = certificate()
        self._server = _listening(self, self._pem, self._secret)
        self.card = self._card(country, zone, competences)

    @property
    def endpoint(self) -> str:
        return f"https://127.0.0.1:{self._server.server_port}"

    @property
    def card_file(self) -> bytes:
        return canonical({"card": self.card}) + b"\n"

    @property
    def peer(self) -> Card:
        if self._peer is None:
            raise RefusedError("member-unknown")
        return self._peer

    def trust(self, card_file: bytes) -> None:
        """Take a card as confirmed."""
        self._peer = Card.from_file(card_file)
        self._client = self.line()

    def line(self, **more: Any) -> httpx.Client:
        """A connection to the peer that ends at a certificate of its card; no proxy, no redirect."""
        endpoint = self.peer.payload["endpoint"]
        return httpx.Client(base_url=endpoint, verify=self.peer.trust, trust_env=False, timeout=30, **more)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _card(self, country: str, zone: str, competences: Sequence[str]) -> str:
        at, origin = now(), self.journal.origin
        publics = {
            "sign": raw(self.signing),
            "seal": raw(self.sealing),
            "journal": raw(self.journal.key),
            "witness": raw(self.witness),
            "age": raw(self.age),
        }
        spelled = {use: b64encode(public).decode() for use, public in publics.items()}
        spelled["age"] = bech32("age", publics["age"])
        life: Json = {"suite": "tocsin-1", "from": at, "until": None}
        keys = [{"kid": kid_of(publics[use]), "use": use, "public": spelled[use]} | life for use in publics]
        payload = {
            "v": 1,
            "type": "card",
            "member": self.member,
            "name": f"Another node of {country}",
            "kind": "state",
            "country": country,
            "zone": zone,
            "holidays": {"country": country, "subdivision": None},
            "languages": ["en"],
            "hours": "24/7",
            "phone": "+44 20 7946 0123",
            "endpoint": self.endpoint,
            "tls": [self._pem],
            "keys": keys,
            "competences": list(competences),
            "journal": {"origin": origin, "vkey": vkey(origin, self.journal.key, algorithm=1)},
            "witness": {"name": f"{origin}/witness", "vkey": vkey(f"{origin}/witness", self.witness, algorithm=4)},
            "suites": ["tocsin-1"],
            "serial": 1,
            "issued": at,
        }
        return sign(payload, typ="tocsin-card+jws", key=self.signing)

    # -- writing ---------------------------------------------------------------------------------

    def ask(self, instrument: str, body: Json) -> Thread:
        thread = Thread(str(uuid.uuid4()), instrument)
        self.threads[thread.id] = thread
        self.send(self.letter(thread, "ask", body))
        return thread

    def write(self, thread: Thread, kind: str, body: Json) -> Json:
        """Send the next letter of a thread; its stored receipt."""
        return self.send(self.letter(thread, kind, body))

    def letter(self, thread: Thread, kind: str, body: Json, other: Mapping[str, Any] | None = None) -> str:
        """The next letter of this side's chain, signed (section 3); ``other`` are members that break its rules."""
        payload = {
            "v": 1,
            "type": "letter",
            "suite": "tocsin-1",
            "id": str(uuid.uuid4()),
            "kind": kind,
            "thread": thread.id,
            "from": self.member,
            "to": self.peer.payload["member"],
            "seq": len(thread.mine) + 1,
            "prev": thread.mine[-1] if thread.mine else None,
            "seen": thread.theirs[-1] if thread.theirs else None,
            "written": now(),
            "exercise": None,
            "directory": {"source": "voice", "stale_since": None},
            "by": {"name": "Ana Exemplu", "role": "duty-officer"},
            "instrument": thread.instrument,
            "body": body,
            "parts": [],
            "attachments": [],
        }
        return sign(payload | dict(other or {}), typ="tocsin-letter+jws", key=self.signing)

    def send(self, letter: str) -> Json:
        """Deliver a letter; its receipt, after it was checked. Raises ``RefusedError`` with the problem."""
        (result,) = self.post_letters([letter])
        if "problem" in result:
            raise RefusedError(result["problem"]["code"], result["problem"]["detail"], **result["problem"]["fields"])
        receipt = self.checked_receipt(result["receipt"], letter)
        payload = read(from_url64(letter.split(".")[1]))
        thread = self.threads[payload["thread"]]
        if hash_of(letter) not in thread.mine:
            thread.mine.append(hash_of(letter))
            thread.letters.append(payload)
        return receipt

    def post_letters(self, letters: Sequence[str]) -> list[Json]:
        """Seal and post, as they are; what the other node answers to each."""
        (to,) = self.peer.keys("seal").values()
        envelopes = [seal(letter, to=to) for letter in letters]
        answer = self.post("/wire/inbox", {"to": self.peer.payload["member"], "letters": envelopes})
        results: list[Json] = answer["results"]
        return results

    def post(self, path: str, body: Json) -> Json:
        content = canonical(body)
        answer = self._client.post(path, content=content, headers={"Authorization": self.ticket("POST", path, content)})
        said: Json = answer.json()
        if answer.status_code != httpx.codes.OK:
            raise RefusedError(said["code"], said["detail"], **said["fields"])
        return said

    def ticket(self, method: str, path: str, body: bytes) -> str:
        """Section 8."""
        payload = {
            "v": 1,
            "type": "ticket",
            "from": self.member,
            "to": self.peer.payload["member"],
            "method": method,
            "path": path,
            "at": now(),
            "nonce": secrets.token_hex(16),
            "body": sha256(body).hexdigest(),
            "down": None,
        }
        return "Tocsin " + sign(payload, typ="tocsin-ticket+jws", key=self.signing)

    def checked_receipt(self, jws: str, letter: str, *, stage: str = "stored") -> Json:
        """A receipt for a letter, checked in the order of section 7."""
        receipt = verify(jws, typ="tocsin-receipt+jws", keys=self.peer.keys("sign"))
        about = read(from_url64(letter.split(".")[1]))
        said = (receipt["letter"], receipt["letter_sha256"], receipt["from"], receipt["to"], receipt["stage"])
        if said != (about["id"], hash_of(letter), about["to"], self.member, stage):
            raise RefusedError("wire.receipt-faulty", str(said))
        event = receipt["entry"]["event"]
        entry = commitment(b64decode(receipt["entry"]["salt"]), event)
        self.check_proof(receipt["proof"], entry)
        told = (event["kind"], event["letter"], event["letter_sha256"], event["at"], event["by"]["member"])
        if told != (f"letter-{stage}", receipt["letter"], receipt["letter_sha256"], receipt["at"], receipt["from"]):
            raise RefusedError("wire.receipt-faulty", str(told))
        return receipt

    def check_proof(self, proof: str, entry: bytes) -> None:
        head, _, checkpoint = proof.partition("\n\n")
        version, numbered, *path = head.split("\n")
        origin, (key,) = self.peer.payload["journal"]["origin"], self.peer.keys("journal").values()
        size, root = verify_checkpoint(checkpoint, log=origin, key=key)
        index = int(numbered.removeprefix("index "))
        led = root_by_path(index, size, leaf(entry), [b64decode(each) for each in path])
        if version != "c2sp.org/tlog-proof@v1" or led != root:
            raise RefusedError("wire.receipt-faulty", "the entry is not in the tree")

    # -- taking in -------------------------------------------------------------------------------

    def wait_for(self, thread: Thread, kind: str, *, seconds: float = 30) -> Json:
        """The peer's letter of a kind, as soon as it is here."""
        with self._changed:
            self._changed.wait_for(lambda: self._theirs(thread, kind), timeout=seconds)
            found = self._theirs(thread, kind)
        if not found:
            raise TimeoutError(f"no {kind} in {seconds} s; {self.problems}")
        return found[-1]

    def _theirs(self, thread: Thread, kind: str) -> list[Json]:
        return [each for each in thread.letters if each["from"] != self.member and each["kind"] == kind]

    def wait_for_receipt(self, stage: str, *, seconds: float = 30) -> Json:
        """A later receipt for a letter of ours."""
        with self._changed:
            self._changed.wait_for(lambda: self._had(stage), timeout=seconds)
        found = self._had(stage)
        if not found:
            raise TimeoutError(f"no receipt {stage} in {seconds} s; {self.problems}")
        return found[-1]

    def _had(self, stage: str) -> list[Json]:
        return [each for each in self.receipts if each["stage"] == stage]

    def answer(self, path: str, authorization: str, body: bytes) -> Json:
        """What a POST of the peer gets."""
        self._check_ticket(authorization.removeprefix("Tocsin "), path, body)
        asked = json.loads(body)
        take = {"/wire/inbox": ("letters", self._take_letter), "/wire/receipts": ("receipts", self._take_receipt)}
        name, function = take[path]
        with self._changed:
            results = [self._result(function, each) for each in asked[name]]
            self._changed.notify_all()
        return {"results": results}

    def _check_ticket(self, jws: str, path: str, body: bytes) -> None:
        ticket = verify(jws, typ="tocsin-ticket+jws", keys=self.peer.keys("sign"))
        said = (ticket["from"], ticket["to"], ticket["method"], ticket["path"], ticket["body"])
        if said != (self.peer.payload["member"], self.member, "POST", path, sha256(body).hexdigest()):
            raise RefusedError("wire.ticket-faulty", str(said))

    def _result(self, take: Callable[[str], Json], envelope: str) -> Json:
        try:
            return take(open_sealed(envelope, key=self.sealing))
        except RefusedError as refused:
            self.problems.append(refused)
            return {"problem": problem(refused, status=400)}

    def _take_letter(self, jws: str) -> Json:
        """Section 9, what a receiver does with one letter; the law of it is left out."""
        letter = verify(jws, typ="tocsin-letter+jws", keys=self.peer.keys("sign"))
        if (letter["from"], letter["to"]) != (self.peer.payload["member"], self.member):
            raise RefusedError("wire.letter-not-for-us")
        if hash_of(jws) not in self.taken:
            thread = self.threads[letter["thread"]]
            if letter["seq"] != len(thread.theirs) + 1:
                raise RefusedError("wire.letter-gap", seq=letter["seq"], head=len(thread.theirs))
            if letter["prev"] != (thread.theirs[-1] if thread.theirs else None):
                raise RefusedError("requests.broken-chain", field="prev")
            thread.theirs.append(hash_of(jws))
            thread.letters.append(letter)
            self.taken[hash_of(jws)] = self._receipt(letter, jws, stage="stored")
        return {"receipt": self.taken[hash_of(jws)]}

    def _receipt(self, letter: Json, jws: str, *, stage: str) -> str:
        at, about = now(), {"letter": letter["id"], "letter_sha256": hash_of(jws)}
        by = {"member": self.member, "person": "", "roles": ["node"]}
        place = {"letter_kind": letter["kind"], "thread": letter["thread"], "sender": letter["from"]}
        event = {"v": 1, "kind": f"letter-{stage}", "at": at, "by": by} | about | place | {"seq": letter["seq"]}
        entry = self.journal.record(event)
        proof = self.journal.proof(len(self.journal.leaves) - 1)
        ends = {"from": self.member, "to": letter["from"]}
        payload = {"v": 1, "type": "receipt", "stage": stage, "at": at, "entry": entry, "proof": proof} | about | ends
        return sign(payload, typ="tocsin-receipt+jws", key=self.signing)

    def _take_receipt(self, jws: str) -> Json:
        receipt = verify(jws, typ="tocsin-receipt+jws", keys=self.peer.keys("sign"))
        self.receipts.append(receipt)
        return {"taken": True}


def problem(refused: RefusedError, *, status: int) -> Json:
    """Section 19."""
    return {
        "type": f"urn:tocsin:problem:{refused.code}",
        "status": status,
        "title": refused.code,
        "detail": refused.detail or refused.code,
        "code": refused.code,
        "fields": refused.fields,
        "retryable": refused.code == "wire.letter-gap",
    }


def _listening(node: AnotherNode, pem: str, secret: str) -> http.server.ThreadingHTTPServer:
    """A server over TLS 1.3 in a thread of its own."""

    class Inbox(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if not re.fullmatch(r"/wire/(inbox|receipts)", self.path):
                return self._say(404, problem(RefusedError("not-found"), status=404))
            try:
                return self._say(200, node.answer(self.path, self.headers.get("Authorization", ""), body))
            except Exception as failure:  # noqa: BLE001 - told by the test
                node.problems.append(failure)
                return self._say(400, problem(RefusedError("unexplained", str(failure)), status=400))

        def do_GET(self) -> None:
            self._say(404, problem(RefusedError("not-found"), status=404))

        def _say(self, status: int, answer: Json) -> None:
            content = canonical(answer)
            self.send_response(status)
            self.send_header("Content-Type", "application/json" if status == 200 else "application/problem+json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Inbox)
    server.socket = _over_tls(pem, secret).wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return server


def _over_tls(pem: str, secret: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "both.pem"
        place.touch(mode=0o600)
        place.write_text(secret + pem)
        context.load_cert_chain(os.fspath(place))
    return context
