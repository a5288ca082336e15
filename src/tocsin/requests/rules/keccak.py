"""Keccak-256 as Ethereum uses it: what SHA-3 was before its standard changed the padding (EIP-55 names it).

No library that we ship has it: ``hashlib`` and ``cryptography`` have the standard's SHA3-256, which differs in one
byte of padding. It checks the letters of a wallet address, and no secret: it need not be fast, nor take equal time.
"""

from collections.abc import Iterator

_RATE = 136
_LANE = (1 << 64) - 1
_ROTATIONS = (
    (0, 36, 3, 41, 18),
    (1, 44, 10, 45, 2),
    (62, 6, 43, 15, 61),
    (28, 55, 25, 21, 56),
    (27, 20, 39, 8, 14),
)
_Lanes = list[list[int]]


def keccak_256(message: bytes) -> bytes:
    """The 32 bytes of the hash."""
    lanes: _Lanes = [[0] * 5 for _ in range(5)]
    padded = bytearray(message + b"\x01" + bytes(-(len(message) + 1) % _RATE))
    padded[-1] |= 0x80
    for start in range(0, len(padded), _RATE):
        for number in range(_RATE // 8):
            spot = start + 8 * number
            lanes[number % 5][number // 5] ^= int.from_bytes(padded[spot : spot + 8], "little")
        lanes = _permuted(lanes)
    return b"".join(lanes[number % 5][number // 5].to_bytes(8, "little") for number in range(4))


def _permuted(lanes: _Lanes) -> _Lanes:
    """Keccak-f[1600]: theta, rho and pi, chi, iota; 24 times."""
    bits = _round_bits()
    for _ in range(24):
        columns = [lanes[x][0] ^ lanes[x][1] ^ lanes[x][2] ^ lanes[x][3] ^ lanes[x][4] for x in range(5)]
        mixed = [columns[x - 1] ^ _rotated(columns[(x + 1) % 5], 1) for x in range(5)]
        moved: _Lanes = [[0] * 5 for _ in range(5)]
        for x in range(5):
            for y in range(5):
                moved[y][(2 * x + 3 * y) % 5] = _rotated(lanes[x][y] ^ mixed[x], _ROTATIONS[x][y])
        lanes = [
            [moved[x][y] ^ (~moved[(x + 1) % 5][y] & moved[(x + 2) % 5][y] & _LANE) for y in range(5)] for x in range(5)
        ]
        lanes[0][0] ^= next(bits)
    return lanes


def _round_bits() -> Iterator[int]:
    """The round constants, by the register that defines them (FIPS 202, 3.2.5)."""
    register = 1
    while True:
        constant = 0
        for power in range(7):
            register = ((register << 1) ^ ((register >> 7) * 0x71)) % 256
            if register & 2:
                constant ^= 1 << ((1 << power) - 1)
        yield constant


def _rotated(lane: int, by: int) -> int:
    return ((lane << by) | (lane >> (64 - by))) & _LANE if by else lane
