"""A sheet as a PDF: typst sets ``form.typ`` with the sheet as data.

The result is PDF/A-3a (ISO 19005-3: tagged, fonts inside, an attachment that says how it belongs to the page). typst
refuses to write the claim where it cannot keep it, such as for a character that no font has; then nothing is printed.
Fonts are those of typst's wheel, never the machine's, so the same sheet is the same page everywhere.
"""

import json
from dataclasses import dataclass
from datetime import UTC
from importlib.resources import files

import typst

from tocsin.base.instant import Instant
from tocsin.proof.canonical import Json

_DOCUMENT = files("tocsin.forms") / "form.typ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """The file inside a form."""

    name: str
    content: bytes
    media_type: str
    described: str


def typeset(sheet: dict[str, Json], *, attached: Attached | None, at: Instant) -> bytes:
    """The form as a PDF, dated ``at``."""
    inputs = {"sheet": json.dumps(sheet, ensure_ascii=False)}
    if attached is not None:
        inputs |= {
            "attached": attached.content.decode(),
            "name": attached.name,
            "type": attached.media_type,
            "described": attached.described,
        }
    made = typst.compile(
        _DOCUMENT.read_bytes(),
        format="pdf",
        ignore_system_fonts=True,
        sys_inputs=inputs,
        pdf_standards="a-3a",
        timestamp=at.astimezone(UTC).replace(microsecond=0),
    )
    return bytes(made)
