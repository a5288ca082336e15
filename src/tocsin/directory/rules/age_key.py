"""The public key inside an ``age1…`` recipient: Bech32 (BIP 173) with the prefix ``age`` over 32 bytes.

    age1 + 52 characters of data + 6 characters of checksum, all lower case

Read here so that a card's ``kid`` can be checked and a mistyped recipient is refused when the card is
read, not when the first evidence is to be encrypted.
"""

_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_PREFIX = "age"
_CHECKSUM = 6
_KEY_SIZE = 32
_LENGTH = len(_PREFIX) + 1 + 52 + _CHECKSUM


def public_of(recipient: str) -> bytes:
    """The 32 raw bytes of an ``age1…`` recipient; raises ``ValueError`` when it is none."""
    if len(recipient) != _LENGTH or not recipient.startswith(_PREFIX + "1"):
        raise ValueError("not an age1… recipient")
    try:
        values = [_ALPHABET.index(character) for character in recipient[len(_PREFIX) + 1 :]]
    except ValueError as error:
        raise ValueError("an age recipient holds a character that Bech32 does not know") from error
    if _polymod(_expanded(_PREFIX) + values) != 1:
        raise ValueError("an age recipient's checksum is wrong")
    return _eights(values[:-_CHECKSUM])


def recipient_of(public: bytes) -> str:
    """The ``age1…`` recipient of 32 raw bytes."""
    values = _fives(public)
    checked = _polymod([*_expanded(_PREFIX), *values, *([0] * _CHECKSUM)]) ^ 1
    checksum = [(checked >> 5 * (_CHECKSUM - 1 - place)) & 31 for place in range(_CHECKSUM)]
    return _PREFIX + "1" + "".join(_ALPHABET[value] for value in values + checksum)


def _polymod(values: list[int]) -> int:
    remainder = 1
    for value in values:
        top = remainder >> 25
        remainder = (remainder & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATOR):
            remainder ^= generator if top >> bit & 1 else 0
    return remainder


def _expanded(prefix: str) -> list[int]:
    return [ord(character) >> 5 for character in prefix] + [0] + [ord(character) & 31 for character in prefix]


def _eights(values: list[int]) -> bytes:
    number = 0
    for value in values:
        number = number << 5 | value
    spare = 5 * len(values) - 8 * _KEY_SIZE
    if number & ((1 << spare) - 1):
        raise ValueError("an age recipient has stray bits")
    return (number >> spare).to_bytes(_KEY_SIZE, "big")


def _fives(public: bytes) -> list[int]:
    spare = -8 * _KEY_SIZE % 5
    number = int.from_bytes(public, "big") << spare
    count = (8 * _KEY_SIZE + spare) // 5
    return [(number >> 5 * (count - 1 - place)) & 31 for place in range(count)]
