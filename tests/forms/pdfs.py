"""What is read back out of a form, with programs that did not make it."""

import io
import re

import pikepdf
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko_certvalidator import ValidationContext

from tocsin.forms.pades import Seal

_SHOWN = re.compile(r"<([0-9a-fA-F]+)>")


def opened(pdf: bytes) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(pdf))


def attached_to(pdf: bytes, name: str) -> bytes:
    """The content of the file inside; the document is held for as long as it is read."""
    with opened(pdf) as document:
        return document.attachments[name].get_file().read_bytes()


def names_attached(pdf: bytes) -> list[str]:
    with opened(pdf) as document:
        return list(document.attachments)


def seal_status(pdf: bytes, seal: Seal) -> PdfSignatureStatus:
    """What pyHanko's validator says of the one seal, with the node's own certificate as the only trusted one."""
    (signature,) = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
    trusted = asn1_x509.Certificate.load(seal.certificate.public_bytes(Encoding.DER))
    return validate_pdf_signature(signature, ValidationContext(trust_roots=[trusted]))


def text_of(pdf: bytes) -> list[str]:
    """The text of each page, by the fonts' own tables from glyphs to characters."""
    with opened(pdf) as document:
        return [_text(page) for page in document.pages]


def _text(page: pikepdf.Page) -> str:
    fonts = {name: _table(font) for name, font in page.resources.get("/Font", {}).items()}
    found: list[str] = []
    table: dict[bytes, str] = {}
    for each in pikepdf.parse_content_stream(page):
        operands, operator = each.operands, each.operator
        match str(operator):
            case "Tf":
                table = fonts[str(operands[0])]
            case "Tj":
                found.append(_read(bytes(operands[0]), table))
            case "TJ":
                found.append(
                    "".join(_read(bytes(part), table) for part in operands[0] if isinstance(part, pikepdf.String))
                )
            case "Tm" | "Td" | "T*" | "BT":
                found.append("\n" if str(operator) == "BT" else "")
    return "".join(found)


def _read(shown: bytes, table: dict[bytes, str]) -> str:
    return "".join(table.get(shown[at : at + 2], "\ufffd") for at in range(0, len(shown), 2))


def _table(font: pikepdf.Object) -> dict[bytes, str]:
    """The ToUnicode map of a font: singles of ``bfchar`` and runs of ``bfrange``."""
    table: dict[bytes, str] = {}
    written = bytes(font.ToUnicode.read_bytes()).decode("latin-1")
    for block in re.findall(r"beginbfchar(.*?)endbfchar", written, re.DOTALL):
        codes = _SHOWN.findall(block)
        for code, said in zip(codes[::2], codes[1::2], strict=True):
            table[bytes.fromhex(code)] = bytes.fromhex(said).decode("utf-16-be")
    for block in re.findall(r"beginbfrange(.*?)endbfrange", written, re.DOTALL):
        for first, last, said in re.findall(r"<(\w+)>\s*<(\w+)>\s*<(\w+)>", block):
            base = bytes.fromhex(said).decode("utf-16-be")
            for step in range(int(last, 16) - int(first, 16) + 1):
                table[(int(first, 16) + step).to_bytes(2, "big")] = base[:-1] + chr(ord(base[-1]) + step)
    return table
