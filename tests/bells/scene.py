"""Pt with a rota and bells, and a real web server that hears them: as a gateway, and as a push service."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.duty.test_rota import House as Duty
from tests.offices import Offices
from tocsin.base.actor import Actor
from tocsin.base.this_node import this_node
from tocsin.bells import house as bells_house
from tocsin.bells.acts.hang import hang_bell
from tocsin.bells.acts.ring import ring_bells
from tocsin.bells.rules.occasions import Occasion
from tocsin.bells.rules.settings import BellSettings
from tocsin.bells.rules.webpush import to_base64
from tocsin.requests.acts.ring import ring_clocks

ALL = tuple(each.value for each in Occasion)


@dataclass
class Heard:
    """What came to the server, oldest first."""

    calls: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    """The status of the next answers; 201 without one."""
    port: int = 0

    def clear(self) -> None:
        self.calls.clear()
        self.answers.clear()

    @property
    def said(self) -> list[tuple[str, str, str]]:
        """To whom, title and text of what came through the gateway."""
        told = [(path, json.loads(body)) for path, _, body in self.calls if path.startswith("/sms/")]
        return [(path.removeprefix("/sms/"), each["title"], each["message"]) for path, each in told]

    @property
    def words(self) -> str:
        """Everything that came, as text."""
        return "\n".join(f"{path} {head} {body.decode('latin-1')}" for path, head, body in self.calls)


@contextmanager
def listening() -> Iterator[Heard]:
    """A web server on this machine, in a thread of its own."""
    heard = Heard()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            heard.calls.append((self.path, dict(self.headers), body))
            self.send_response(heard.answers.pop(0) if heard.answers else 201)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *given: Any) -> None:
            del given

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    heard.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield heard
    finally:
        server.shutdown()
        server.server_close()


class House(Duty):
    """Pt: Inês is first, Rui the deputy, Marta the chief; all bells are allowed."""

    def __init__(self, offices: Offices, heard: Heard) -> None:
        super().__init__(offices)
        self.heard = heard
        self.settings = BellSettings(
            gateways=True,
            push=True,
            push_hosts=(f"127.0.0.1:{heard.port}",),
            push_contact="mailto:desk@authority.example",
        )
        self.pt()
        folder = this_node().home / "keys"
        folder.mkdir(exist_ok=True)
        self.file = folder / bells_house.GATEWAYS
        self.told(f'[sms]\nlabel = "Text message"\nurl = "json://127.0.0.1:{heard.port}/sms/{{to}}"\ntakes = "phone"\n')
        bells_house.use(self.settings)

    def told(self, gateways: str) -> None:
        self.file.write_text(gateways)
        self.file.chmod(0o600)

    def setting(self, **traits: Any) -> None:
        self.settings = replace(self.settings, **traits)
        bells_house.use(self.settings)

    def bell(self, who: Actor, number: str, *occasions: str) -> str:
        self.pt()
        return hang_bell("sms", to=number, label="my telephone", occasions=occasions or ALL, by=who, at=self.at)

    def rings(self) -> int:
        """The desk's own alarms, then the bells."""
        self.pt()
        ring_clocks(at=self.at)
        return ring_bells(at=self.at)


class Browser:
    """The other end of a push: what a browser gives, and what it reads."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.auth = b"sixteen bytes..."

    @property
    def public(self) -> bytes:
        return self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    @property
    def subscription(self) -> str:
        """As ``JSON.stringify`` of a PushSubscription writes it."""
        keys = {"p256dh": to_base64(self.public), "auth": to_base64(self.auth)}
        return json.dumps({"endpoint": self.endpoint, "expirationTime": None, "keys": keys})

    def read(self, body: bytes) -> Any:
        """RFC 8188 and 8291 from the browser's side, written down again from the text."""
        salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        sender, cipher = body[21 : 21 + length], body[21 + length :]
        assert len(cipher) <= size
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
        secret = self._key.exchange(ec.ECDH(), theirs)
        ikm = _hkdf(secret, self.auth, b"WebPush: info\x00" + self.public + sender, 32)
        key = _hkdf(ikm, salt, b"Content-Encoding: aes128gcm\x00", 16)
        nonce = _hkdf(ikm, salt, b"Content-Encoding: nonce\x00", 12)
        plain = AESGCM(key).decrypt(nonce, cipher, None)
        assert plain.endswith(b"\x02")
        return json.loads(plain[:-1])


def _hkdf(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(secret)
