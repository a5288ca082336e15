"""Mail addresses that we write to, and text from headers as it may be shown.

An address of ours is one plain mailbox (RFC 5321) in ASCII without quoting: whatever could break a header or a command
to a server is refused, not escaped.
"""

import re
import unicodedata

_MAILBOX = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]"
)
_LONGEST = 254
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def is_address(text: str) -> bool:
    """Whether a text is one mailbox and nothing else."""
    return len(text) <= _LONGEST and _MAILBOX.fullmatch(text) is not None


def same_address(one: str, other: str) -> bool:
    """Whether two addresses are one: the part after the at sign in any case, and before it too, as all servers do."""
    return bool(one) and one.casefold() == other.casefold()


def on_one_line(text: str, *, most: int) -> str:
    """A text as it may stand on one line of ours: what hides, turns or breaks is shown by its number."""
    flat = " ".join(text.split())
    shown = "".join(_shown(each) for each in flat[: most + 1])
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def in_lines(text: str, *, most: int) -> str:
    """A text of several lines as it may be shown; cut where it is longer than ``most``."""
    flat = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(each if each in "\n\t" else _shown(each) for each in flat[:most])
    return kept + ("\n…" if len(flat) > most else "")


def _shown(each: str) -> str:
    return f"⟨U+{ord(each):04X}⟩" if unicodedata.category(each) in _HIDDEN else each
