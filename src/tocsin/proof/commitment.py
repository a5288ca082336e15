"""What stands in the journal instead of an event: a salted commitment.

    entry = SHA-256(salt || canonical(event))        32 bytes; the salt is 32 random bytes
    leaf  = SHA-256(0x00 || entry)                   see merkle.py

Whoever holds salt and event (the *opening*) can show that the entry stands for that event; whoever
holds the entry alone learns nothing, not even by guessing, since the salt is as long as the hash.
Erasing salt and event leaves the tree as it was.

Worked example: salt of 32 zero bytes, event ``{"kind":"letter-stored","v":1}`` gives the entry
``d0069a19f71da87d939b74052f58dbc6d1fe9e61521812526df3d2ec809a746d``.
"""

import secrets
from hashlib import sha256

from tocsin.proof.canonical import canonical
from tocsin.proof.merkle import leaf_hash

SALT_SIZE = 32


def new_salt() -> bytes:
    """32 bytes that nobody can guess."""
    return secrets.token_bytes(SALT_SIZE)


def commitment(salt: bytes, event: object) -> bytes:
    """The 32-byte entry that commits to ``event``; raises ``ValueError`` for a salt of another size."""
    if len(salt) != SALT_SIZE:
        raise ValueError(f"a salt is {SALT_SIZE} bytes long")
    return sha256(salt + canonical(event)).digest()


def leaf_of(salt: bytes, event: object) -> bytes:
    """The hash of that entry as a leaf of the journal's tree."""
    return leaf_hash(commitment(salt, event))
