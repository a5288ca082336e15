"""Web Push: a message that only one browser reads (RFC 8291) from a node that says who it is (RFC 8292).

The push service in between sees to whom and when, and nothing of what.
"""

import base64
import json
from dataclasses import dataclass
from datetime import timedelta
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tocsin.base.instant import Instant

RECORD = 4096
MOST_MESSAGE = 3000
_SALT, _AUTH, _POINT = 16, 16, 65
_GOOD_FOR = timedelta(hours=12)
_MOST_ENDPOINT = 1000
_POINTS = serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint


@dataclass(frozen=True, slots=True)
class Subscription:
    """Where one browser is reached, and the keys that it gave."""

    endpoint: str
    public: bytes
    """An uncompressed point of P-256."""
    auth: bytes


def subscription_in(text: str, *, hosts: tuple[str, ...]) -> Subscription:
    """What a browser's ``PushSubscription`` says; raises ``ValueError`` for anything else, and for another's host.

    ``hosts`` are those that a node calls, with ``*.`` for all below a name: a browser cannot make it call another.
    """
    try:
        told = json.loads(text[: 2 * _MOST_ENDPOINT])
        endpoint, keys = told["endpoint"], told["keys"]
        public, auth = from_base64(keys["p256dh"]), from_base64(keys["auth"])
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError("is what a browser says of its subscription") from error
    if not isinstance(endpoint, str) or len(endpoint) > _MOST_ENDPOINT or not is_called(endpoint, hosts=hosts):
        raise ValueError("is at a push service that this node knows")
    if len(auth) != _AUTH or len(public) != _POINT:
        raise ValueError("has the keys that RFC 8291 wants")
    ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public)
    return Subscription(endpoint=endpoint, public=public, auth=auth)


def is_called(endpoint: str, *, hosts: tuple[str, ...]) -> bool:
    """Whether a node calls this address: https at a known host; plain http where a host is told with its port."""
    try:
        parts = urlsplit(endpoint)
        port = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    if parts.username or parts.password or not endpoint.isascii() or not endpoint.isprintable():
        return False
    if parts.scheme == "http":
        return f"{host}:{port}" in hosts
    return parts.scheme == "https" and port in {None, 443} and any(fnmatchcase(host, each) for each in hosts)


def sealed_for(message: bytes, to: Subscription, *, salt: bytes, key: ec.EllipticCurvePrivateKey) -> bytes:
    """The message as one encrypted record (RFC 8188), under a fresh key and salt. Raises ``ValueError`` if too long."""
    if len(message) > MOST_MESSAGE or len(salt) != _SALT:
        raise ValueError(f"a message has at most {MOST_MESSAGE} bytes, and a salt {_SALT}")
    own = key.public_key().public_bytes(*_POINTS)
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), to.public)
    secret = key.exchange(ec.ECDH(), theirs)
    both = _derived(secret, salt=to.auth, info=b"WebPush: info\0" + to.public + own, length=32)
    content_key = _derived(both, salt=salt, info=b"Content-Encoding: aes128gcm\0", length=16)
    nonce = _derived(both, salt=salt, info=b"Content-Encoding: nonce\0", length=12)
    cipher = AESGCM(content_key).encrypt(nonce, message + b"\x02", None)
    return salt + RECORD.to_bytes(4, "big") + bytes([len(own)]) + own + cipher


def vouched(endpoint: str, *, contact: str, key: ec.EllipticCurvePrivateKey, at: Instant) -> str:
    """The ``Authorization`` header by which a push service knows who sends."""
    parts = urlsplit(endpoint)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int((at + _GOOD_FOR).timestamp()),
        "sub": contact,
    }
    told = ".".join(to_base64(json.dumps(each).encode()) for each in ({"typ": "JWT", "alg": "ES256"}, claims))
    r, s = decode_dss_signature(key.sign(told.encode(), ec.ECDSA(hashes.SHA256())))
    signature = to_base64(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    return f"vapid t={told}.{signature}, k={public_of(key)}"


def public_of(key: ec.EllipticCurvePrivateKey) -> str:
    """The public half of a node's key as browsers want it (``applicationServerKey``)."""
    return to_base64(key.public_key().public_bytes(*_POINTS))


def to_base64(raw: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def from_base64(text: str) -> bytes:
    """What ``to_base64`` wrote; raises ``ValueError``."""
    return base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True)


def _derived(secret: bytes, *, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(secret)
