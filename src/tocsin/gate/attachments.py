"""Files between nodes: uploads that go on where they stopped, and at a hub the files that wait for others.

    POST  /wire/attachments              {"attachment": uuid, "size": n, "sha256": hex}  → Upload-Offset
    HEAD  /wire/attachments/<uuid>       → Upload-Offset, Upload-Length
    PATCH /wire/attachments/<uuid>       Upload-Offset and a piece of the file  → Upload-Offset

    the same under /mailbox/<member>/attachments, at the hub, for a member that cannot be reached

    GET   /mailbox/<member>/files?after=7            by the member alone  → {"files": [{"number", …}]}
    GET   /mailbox/<member>/files/<number>?from=n    by the member alone  → the bytes from there on
    POST  /mailbox/<member>/files/<number>/forget    by the member alone

The size, hash and bytes are those of the ``age`` file: nobody here opens it. A piece is read from the
connection and written as it comes, so memory stays constant; its place is checked before a byte is
read, and the hash of the whole when the last byte is there.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tocsin.base.ids import MemberId, is_uuid
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.gate.by_ticket import admitted, answered, called, content_length, json_response
from tocsin.proof.canonical import canonical
from tocsin.wire.acts.attachments import WaitingFile, file_for, files_for
from tocsin.wire.acts.uploads import Announced, Standing, append_piece, begin_upload, forget_attachment, standing
from tocsin.wire.errors import AttachmentTooLargeError, BodyFaultyError, NotAMailboxError
from tocsin.wire.folders import whole_path
from tocsin.wire.rules.batch import members_of

MOST_PIECE = 64 * 1024 * 1024
_MOST_BODY = 1024
_MOST_NUMBER = 2**63 - 1
_CHUNK = 256 * 1024
_HEX_64 = re.compile(r"[0-9a-f]{64}")


@csrf_exempt
@require_POST
def begin(request: HttpRequest, member: str = "") -> HttpResponseBase:
    """Begin an upload, or learn how far one is."""

    def answer(at: Instant) -> HttpResponse:
        call = called(request, most=_MOST_BODY, at=at)
        announced = _announced(call.body, sender=call.caller.member, addressee=_addressee(member))
        return _told(begin_upload(announced, at=at), status=201)

    return answered(request, answer)


@csrf_exempt
@require_http_methods(["HEAD", "PATCH"])
def upload(request: HttpRequest, attachment: str, member: str = "") -> HttpResponseBase:
    """Learn how far an upload is, or go on with it."""
    act = _append if request.method == "PATCH" else _standing
    return answered(request, lambda at: act(request, attachment, _addressee(member), at))


@require_GET
def waiting(request: HttpRequest, member: str) -> HttpResponseBase:
    """The files that wait at the hub for who asks."""

    def answer(at: Instant) -> HttpResponse:
        _check_own(request, member, at=at)
        files = files_for(MemberId(member), after=_number(request.GET.get("after", "0"), field="after"))
        return json_response(canonical({"files": [_listed(file) for file in files]}))

    return answered(request, answer)


@require_GET
def fetch(request: HttpRequest, member: str, number: int) -> HttpResponseBase:
    """The bytes of a file that waits at the hub for who asks, from an offset on."""

    def answer(at: Instant) -> HttpResponseBase:
        _check_own(request, member, at=at)
        file = file_for(MemberId(member), number)
        offset = _number(request.GET.get("from", "0"), field="from")
        if offset > file.size:
            raise BodyFaultyError(field="from", rule=f"at most the size, {file.size}")
        answer = StreamingHttpResponse(
            _bytes_of(whole_path(file.sha256), offset), content_type="application/octet-stream"
        )
        answer["Content-Length"] = str(file.size - offset)
        answer["Cache-Control"] = "no-store"
        return answer

    return answered(request, answer)


@csrf_exempt
@require_POST
def forget(request: HttpRequest, member: str, number: int) -> HttpResponseBase:
    """Throw away a file that its addressee has."""

    def answer(at: Instant) -> HttpResponse:
        call = called(request, most=_MOST_BODY, at=at)
        if call.caller.member != member:
            raise NotAMailboxError
        file = file_for(MemberId(member), number)
        gone = forget_attachment(file.sender, MemberId(member), file.attachment, why="fetched", at=at)
        return json_response(canonical({"forgotten": int(gone)}))

    return answered(request, answer)


def _append(request: HttpRequest, attachment: str, addressee: MemberId, at: Instant) -> HttpResponse:
    caller = admitted(request, body=None, at=at)
    length, offset = content_length(request), _number(request.headers.get("Upload-Offset", ""), field="Upload-Offset")
    if length > MOST_PIECE:
        raise AttachmentTooLargeError(size=length, most=MOST_PIECE)
    return _told(
        append_piece(
            caller.member,
            addressee,
            _uuid(attachment),
            offset=offset,
            length=length,
            read=request.read,
            at=at,
        )
    )


def _standing(request: HttpRequest, attachment: str, addressee: MemberId, at: Instant) -> HttpResponse:
    caller = admitted(request, body=None, at=at)
    return _told(standing(caller.member, addressee, _uuid(attachment), at=at))


def _told(reached: Standing, *, status: int = 204) -> HttpResponse:
    response = HttpResponse(status=status)
    response["Upload-Offset"] = str(reached.offset)
    response["Upload-Length"] = str(reached.size)
    response["Cache-Control"] = "no-store"
    return response


def _announced(body: bytes, *, sender: MemberId, addressee: MemberId) -> Announced:
    members = members_of(body, names={"attachment", "size", "sha256"})
    size, sha256 = members["size"], members["sha256"]
    if not isinstance(size, int) or isinstance(size, bool) or not 0 < size <= _MOST_NUMBER:
        raise BodyFaultyError(field="size", rule="a number of bytes, 1 or more")
    if not isinstance(sha256, str) or _HEX_64.fullmatch(sha256) is None:
        raise BodyFaultyError(field="sha256", rule="64 lower-case hexadecimal digits")
    attachment = _uuid(members["attachment"])
    return Announced(sender=sender, addressee=addressee, attachment=attachment, size=size, sha256=sha256)


def _addressee(member: str) -> MemberId:
    return MemberId(member) if member else this_node().member


def _check_own(request: HttpRequest, member: str, *, at: Instant) -> None:
    if admitted(request, body=None, at=at).member != member:
        raise NotAMailboxError


def _uuid(value: object) -> str:
    if not is_uuid(value):
        raise BodyFaultyError(field="attachment", rule="a UUID in small letters")
    return str(value)


def _number(written: str, *, field: str) -> int:
    if not written.isascii() or not written.isdigit() or int(written) > _MOST_NUMBER:
        raise BodyFaultyError(field=field, rule="a number")
    return int(written)


def _listed(file: WaitingFile) -> dict[str, object]:
    return {
        "number": file.number,
        "sender": file.sender,
        "attachment": file.attachment,
        "size": file.size,
        "sha256": file.sha256,
    }


def _bytes_of(path: Path, offset: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(offset)
        while chunk := file.read(_CHUNK):
            yield chunk
