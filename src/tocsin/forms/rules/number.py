"""The number and the code of a form, by which its reader asks whether it is genuine.

    number   RO-7K3M-Q4ZP          the member, and 40 bits that tell no count and no case
    code     9TQ2-HV6D-0XRA        60 bits, on the paper alone

Both are written in Crockford's Base32, which has no I, L, O and U; what is typed is read as its author meant it (o is
0, i and l are 1, blanks and hyphens do not matter). This node keeps the SHA-256 of both together and not the code, so
neither its database nor a copy of it lets anybody answer for a form that he does not hold.
"""

import hashlib
from dataclasses import dataclass

from tocsin.base.ids import MemberId

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MEANT = str.maketrans("OIL", "011")
_LONG = 80
NUMBER_BYTES, CODE_BYTES = 5, 8
_NUMBER_SIGNS, _CODE_SIGNS, _GROUP = 8, 12, 4
_DOMAIN = "tocsin-form-1"


@dataclass(frozen=True, slots=True)
class Check:
    """What is written on a form for the check."""

    number: str
    code: str

    @property
    def sha256(self) -> str:
        """What is kept of both."""
        return check_sha256(self.number, self.code)


def new_check(member: MemberId, *, number: bytes, code: bytes) -> Check:
    """The number and code that random bytes make: ``NUMBER_BYTES`` and ``CODE_BYTES`` of them."""
    return Check(
        number=f"{member.upper()}-{_grouped(_signs(number, _NUMBER_SIGNS))}",
        code=_grouped(_signs(code, _CODE_SIGNS)),
    )


def check_sha256(number: str, code: str) -> str:
    """The hash of a number and a code, however they were typed; something for anything."""
    return hashlib.sha256(f"{_DOMAIN}\n{plain(number)}\n{plain(code)}".encode()).hexdigest()


def plain(typed: str) -> str:
    """A number or code as typed, without what does not matter."""
    upper = typed.upper()[:_LONG]
    return "".join(each for each in upper if each.isalnum()).translate(_MEANT)


def _signs(raw: bytes, count: int) -> str:
    bits = int.from_bytes(raw, "big") >> (8 * len(raw) - 5 * count)
    return "".join(_ALPHABET[(bits >> (5 * place)) & 31] for place in reversed(range(count)))


def _grouped(signs: str) -> str:
    return "-".join(signs[at : at + _GROUP] for at in range(0, len(signs), _GROUP))
