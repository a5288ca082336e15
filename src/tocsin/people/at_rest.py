"""Secrets of people at rest: encrypted under a key that comes from the node's own secret, which no database holds.

AES-256-GCM with a fresh nonce of 12 bytes before the ciphertext, base64; the key is HKDF-SHA-256 of Django's
``SECRET_KEY`` (``keys/secret`` in the node's home). A node that gets another secret signs everybody out, and its people
have to set up their authenticator apps again; passkeys and passwords stay.
"""

import base64
import os
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_NONCE = 12


def encrypted(text: str) -> str:
    """The text under this node's key."""
    nonce = os.urandom(_NONCE)
    return base64.b64encode(nonce + _cipher(settings.SECRET_KEY).encrypt(nonce, text.encode(), None)).decode()


def decrypted(written: str) -> str | None:
    """What was encrypted here; nothing if it was altered or written under another secret."""
    try:
        raw = base64.b64decode(written, validate=True)
        return _cipher(settings.SECRET_KEY).decrypt(raw[:_NONCE], raw[_NONCE:], None).decode()
    except (ValueError, InvalidTag):
        return None


@cache
def _cipher(secret: str) -> AESGCM:
    return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=None, info=b"tocsin people at rest").derive(secret.encode()))
