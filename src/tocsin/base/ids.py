"""Identifiers with types; a bare ``str`` never travels far."""

import re
import uuid
from typing import NewType

MemberId = NewType("MemberId", str)
"""The organisation behind a node, as a short name: ``ro``, ``pt``, ``hub``, ``example-mail``."""
RequestId = NewType("RequestId", str)
"""A request and its thread: a UUID, chosen by the side that asks."""
LetterId = NewType("LetterId", str)
PersonId = NewType("PersonId", str)
DossierId = NewType("DossierId", str)
PackageId = NewType("PackageId", str)
InstrumentId = NewType("InstrumentId", str)
"""The name of the instrument's file: ``budapest-29-preserve``."""

MEMBER_PATTERN = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def new_uuid() -> str:
    """A random UUID as text; random, so that it reveals neither time nor count."""
    return str(uuid.uuid4())


def is_uuid(text: object) -> bool:
    """Whether ``text`` is a UUID in its canonical lower-case form."""
    return isinstance(text, str) and _UUID.fullmatch(text) is not None
