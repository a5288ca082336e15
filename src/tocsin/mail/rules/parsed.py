"""What can be read of a mail that came, and never more than it is: a claim.

Bytes of strangers in, values out; it never raises, whatever they are. Nothing is unpacked, drawn or run: an attachment
is a name that may lie, a size and a hash; HTML is read as text. Mails that are built to keep a reader busy (thousands
of parts, heads of megabytes) are read by their head alone and say so.
"""

import codecs
import hashlib
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC
from email import message_from_bytes
from email.errors import MessageDefect
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import default
from email.utils import getaddresses, parsedate_to_datetime
from html.parser import HTMLParser

from tocsin.base.instant import Instant
from tocsin.mail.rules.addresses import in_lines, is_address, on_one_line

_POLICY = default.clone(raise_on_defect=False)
_MOST_HEAD = 256 * 1024
_MOST_VALUE = 2000
_MOST_TYPE = 4096
_MOST_BOUNDARIES = 60
_MOST_PARTS = 400
_MOST_TEXT = 200_000
_MOST_NAME = 160
_MOST_DEFECTS = 20
_MOST_IDS = 50
_TYPES = re.compile(rb"(?im)^content-[a-z-]+:[^\n]*(?:\n[ \t][^\n]*)*")
_BLANK = re.compile(rb"\r?\n\r?\n")
_MESSAGE_ID = re.compile(r"<[^<>\s\x00-\x1f\x7f]{3,298}>")
"""Not longer than its column, and of what a database can hold: one that is none must not keep the mailbox busy."""
_SLOW_CHARSETS = frozenset({"punycode", "idna"})
"""What Python reads as charsets, in a time that grows with the square; no mail is written in them."""
_OPEN_TAG = re.compile(r"<(?!!--)(?=[^<>]*(?:<|\Z))")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file in a mail: nothing of it is read but its bytes, for their hash."""

    name: str
    """As the mail calls it, made fit to be shown."""
    media_type: str
    """As the mail calls it."""
    size: int
    sha256: str
    content: bytes = field(repr=False, default=b"")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """A mail as it can be read."""

    message_id: str
    answers: tuple[str, ...]
    """The mails that it says it answers, the nearest first."""
    claims_address: str
    """The address in From; anybody can write any address there."""
    claims_name: str
    subject: str
    claims_date: Instant | None
    text: str
    from_html: bool
    """Whether the text was only there as HTML."""
    attachments: tuple[Attachment, ...]
    automatic: bool
    """Whether a program wrote it (RFC 3834)."""
    bounce_of: str
    """The mail that it says did not arrive (RFC 3464); nothing otherwise."""
    defects: tuple[str, ...]
    """What is wrong with it, as codes."""


def parse(head: bytes, entity: bytes = b"") -> Parsed:
    """A mail. Where ``entity`` is given (what a signature covers, an envelope held), text and files are its alone."""
    defects = list[str]()
    top = _headers(head, defects)
    body = _whole(entity or head, defects)
    text, from_html, files = _content(body, defects) if body is not None else ("", False, [])
    name, address = _sender(top)
    return Parsed(
        message_id=_first_id(_header(top, "message-id")),
        answers=_ids(f"{_header(top, 'in-reply-to')} {' '.join(reversed(_header(top, 'references').split()))}"),
        claims_address=address,
        claims_name=name,
        subject=on_one_line(_header(top, "subject"), most=300),
        claims_date=_date(_header(top, "date")),
        text=in_lines(text, most=_MOST_TEXT),
        from_html=from_html,
        attachments=tuple(files),
        automatic=_header(top, "auto-submitted").lower() not in {"", "no"} or (body is not None and _is_report(body)),
        bounce_of=_bounce(body) if body is not None else "",
        defects=tuple(dict.fromkeys(defects))[:_MOST_DEFECTS],
    )


# --- The head -----------------------------------------------------------------------------------


def _headers(raw: bytes, defects: list[str]) -> Message:
    found = _BLANK.search(raw, 0, _MOST_HEAD)
    head = raw[: found.start() if found else _MOST_HEAD]
    if found is None and len(raw) > _MOST_HEAD:
        defects.append("head-too-long")
    try:
        return BytesHeaderParser(policy=_POLICY).parsebytes(head + b"\r\n\r\n")
    except Exception:  # noqa: BLE001 - the standard library's parser raises what it likes for what no mail is
        defects.append("head-unreadable")
        return Message(policy=_POLICY)


def _header(message: Message, name: str) -> str:
    """A header decoded, the first of its name; cut, so that a long one keeps nobody busy."""
    for key, value in message.raw_items():
        if key.lower() == name:
            cut = _plain(str(value))[:_MOST_VALUE].replace("\r", " ").replace("\n", " ")
            try:
                return _plain(str(_POLICY.header_factory(name, cut)))
            except Exception:  # noqa: BLE001 - as above
                return cut
    return ""


def _plain(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _sender(top: Message) -> tuple[str, str]:
    """Name and address in From; a second sender is none of ours, and what is no address stays in the name."""
    written = _header(top, "from")
    with suppress(ValueError, IndexError, TypeError):
        for name, address in getaddresses([written]):
            if is_address(address):
                return on_one_line(name, most=_MOST_NAME), address
    return on_one_line(written, most=_MOST_NAME), ""


def _date(written: str) -> Instant | None:
    try:
        found = parsedate_to_datetime(written)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _first_id(written: str) -> str:
    return next(iter(_ids(written)), "")


def _ids(written: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_MESSAGE_ID.findall(written)))[:_MOST_IDS]


# --- What is in it ------------------------------------------------------------------------------


def _whole(raw: bytes, defects: list[str]) -> Message | None:
    """The mail with its parts; nothing where it is built to keep a reader busy, or is none."""
    if raw.lower().count(b"boundary") > _MOST_BOUNDARIES:
        defects.append("too-many-parts")
        return None
    if any(len(each.group()) > _MOST_TYPE for each in _TYPES.finditer(raw)):
        defects.append("head-too-long")
        return None
    try:
        found = message_from_bytes(raw, policy=_POLICY)
        defects += [_code(each) for part in found.walk() for each in part.defects]
    except (Exception, RecursionError):  # noqa: BLE001 - as above
        defects.append("unreadable")
        return None
    return found


def _code(defect: MessageDefect) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", type(defect).__name__.removesuffix("Defect")).lower()


def _content(body: Message, defects: list[str]) -> tuple[str, bool, list[Attachment]]:
    plain, html, files = list[str](), list[str](), list[Attachment]()
    for number, part in enumerate(_leaves(body)):
        if number >= _MOST_PARTS:
            defects.append("too-many-parts")
            break
        try:
            kind, name = part.get_content_type(), part.get_filename()
            content = _bytes(part)
        except Exception:  # noqa: BLE001 - as above
            defects.append("part-unreadable")
            continue
        if name is None and not _is_attached(part) and kind in {"text/plain", "text/html"}:
            (plain if kind == "text/plain" else html).append(_decoded(content, part, defects))
        else:
            files.append(_attachment(name or "", kind, content))
    if plain or not html:
        return "\n\n".join(plain), False, files
    return "\n\n".join(map(_text_of_html, html)), True, files


def _leaves(body: Message) -> Iterator[Message]:
    """The parts that hold something; a mail inside a mail is one of them, and is not looked into."""
    if body.get_content_maintype() == "message" or not body.is_multipart():
        yield body
        return
    for part in body.get_payload():
        if isinstance(part, Message):
            yield from _leaves(part)


def _bytes(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    if isinstance(content, bytes):
        return content
    inner = part.get_payload()
    return b"".join(each.as_bytes() for each in inner if isinstance(each, Message)) if isinstance(inner, list) else b""


def _is_attached(part: Message) -> bool:
    return (part.get_content_disposition() or "") == "attachment"


def _decoded(content: bytes, part: Message, defects: list[str]) -> str:
    try:
        charset = codecs.lookup(part.get_content_charset("utf-8")).name
        if charset not in _SLOW_CHARSETS:
            return content.decode(charset)
        defects.append("wrong-charset")
    except (LookupError, ValueError, TypeError):
        defects.append("wrong-charset")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _attachment(name: str, kind: str, content: bytes) -> Attachment:
    last = re.split(r"[/\\]", _plain(name))[-1]
    return Attachment(
        name=on_one_line(last, most=_MOST_NAME),
        media_type=on_one_line(kind, most=80),
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
    )


# --- HTML, as text ------------------------------------------------------------------------------


class _Text(HTMLParser):
    """The words of a page; links stand beside them as text, and nothing is fetched."""

    _LINES = frozenset({"p", "br", "div", "tr", "li", "h1", "h2", "h3", "table", "blockquote"})
    _SILENT = frozenset({"script", "style", "head", "title"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._SILENT:
            self._silent += 1
        if tag in self._LINES:
            self.words.append("\n")
        target = dict(attrs).get("href")
        if tag == "a" and target:
            self.words.append(f" [{target[:200]}] ")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._SILENT:
            self._silent = max(self._silent - 1, 0)

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.append(data)


def _text_of_html(html: str) -> str:
    reader = _Text()
    with suppress(Exception):  # what is no HTML: the words that were read until then
        reader.feed(_with_ends(html[:_MOST_TEXT]))
        reader.close()
    return re.sub(r"\n\s*\n\s*(?:\n\s*)*", "\n\n", "".join(reader.words)).strip()


def _with_ends(html: str) -> str:
    """A page in which what begins a tag or a comment and never ends it is text.

    The standard library's parser looks through all that follows for the end of each, again and again.
    """
    ended = html.rfind("-->") + 1
    return _OPEN_TAG.sub("&lt;", html[:ended] + html[ended:].replace("<!--", "&lt;!--"))


# --- What did not arrive ------------------------------------------------------------------------


def _is_report(body: Message) -> bool:
    return body.get_content_type() == "multipart/report"


def _bounce(body: Message) -> str:
    """The Message-ID of the mail that a report says has failed; nothing where it only says that it is late."""
    if not _is_report(body):
        return ""
    try:
        leaves = list(_leaves(body))
        failed = any(_says_failed(each) for each in leaves)
        named = [_original(each) for each in leaves]
    except Exception:  # noqa: BLE001 - as above
        return ""
    return next((each for each in named if each), "") if failed else ""


def _says_failed(part: Message) -> bool:
    if part.get_content_type() != "message/delivery-status":
        return False
    return re.search(rb"(?im)^action:\s*failed", _status(part)) is not None


def _status(part: Message) -> bytes:
    inner = part.get_payload()
    if isinstance(inner, list):  # the parser reads its groups of lines as mails
        return b"\n".join(each.as_bytes() for each in inner if isinstance(each, Message))
    return _bytes(part)


def _original(part: Message) -> str:
    if part.get_content_type() not in {"message/rfc822", "message/rfc822-headers", "text/rfc822-headers"}:
        return ""
    found = re.search(rb"(?im)^message-id:\s*(<[^\r\n]{3,300})", _bytes(part)[:_MOST_HEAD])
    return _first_id(found.group(1).decode("ascii", "replace")) if found else ""
