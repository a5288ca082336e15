"""A form in an encrypted PDF (AES-256, ISO 32000-2), for a reader who has no certificate: any reader of PDFs opens it.

The form lies inside as a file, byte for byte as it was sealed: encrypting the form itself would change it, and neither
its seal nor the check page would know it any more. The page around it says what it is and not a word of the case. The
password is 100 random bits; the standard's own derivation of the key is too weak for a password that somebody invents.
"""

import secrets
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

from pyhanko.pdf_utils import embed, generic
from pyhanko.pdf_utils.writer import PageObject, PdfFileWriter

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_SIGNS, _GROUP = 20, 5
_PAGE = (595, 842)


def new_password() -> str:
    """100 random bits, in groups that can be read out on the telephone."""
    signs = "".join(secrets.choice(_ALPHABET) for _ in range(_SIGNS))
    return "-".join(signs[at : at + _GROUP] for at in range(0, _SIGNS, _GROUP))


def locked(form: bytes, *, name: str, number: str, password: str) -> bytes:
    """The form inside an encrypted PDF."""
    with ThreadPoolExecutor(max_workers=1) as beside:  # as in forms/pades.py: a thread has one event loop at most
        return beside.submit(_locked, form, name, number, password).result()


def _locked(form: bytes, name: str, number: str, password: str) -> bytes:
    writer: Any = PdfFileWriter(stream_xrefs=False)  # type: ignore[no-untyped-call]
    writer.encrypt(owner_pass=password, user_pass=password)
    writer.insert_page(_page(writer, number))
    held = embed.EmbeddedFileObject.from_file_data(writer, data=form, mime_type="application/pdf", compress=False)
    embed.embed_file(writer, embed.FileSpec(file_spec_string=name, file_name=name, embedded_data=held))
    writer.root["/PageMode"] = generic.NameObject("/UseAttachments")
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def _page(writer: Any, number: str) -> Any:
    """One page with the number: its words are ASCII, and its font is one that every reader of PDFs has."""
    safe = "".join(each for each in number if each.isalnum() or each == "-")
    words = (
        (safe, 28),
        ("The request lies in this file as an attachment.", 14),
        ("Open the list of attachments of your PDF reader and save it.", 14),
    )
    lines = " ".join(
        f"BT /F1 {size} Tf 60 {740 - 44 * place} Td ({text}) Tj ET" for place, (text, size) in enumerate(words)
    )
    font = _table({"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"})
    fonts = _table({"/F1": writer.add_object(font)})
    contents = writer.add_object(generic.StreamObject(stream_data=lines.encode("ascii")))
    page: Any = PageObject
    return page(contents=contents, media_box=(0, 0, *_PAGE), resources=_table({"/Font": fonts}))


def _table(held: dict[str, Any]) -> Any:
    made: Any = generic.DictionaryObject
    named = {key: generic.NameObject(value) if isinstance(value, str) else value for key, value in held.items()}
    return made({generic.NameObject(key): value for key, value in named.items()})
