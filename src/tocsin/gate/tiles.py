"""The journal as static files (c2sp.org/tlog-tiles), for anybody.

    GET /journal/checkpoint                the latest checkpoint; kept by caches for a moment only
    GET /journal/vkey                      the key that verifies it (believe the member's card instead)
    GET /journal/tile/<L>/<N>[.p/<W>]      hashes; never change, so caches keep them
    GET /journal/tile/entries/<N>[.p/<W>]  commitments; the same
    GET /journal/origin/<sha256>/…         the same for any log of this node, by the hash of its origin

A path that names nothing which a signed checkpoint covers is not found.
"""

from hashlib import sha256

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from tocsin.journal import reads
from tocsin.proof.errors import AlteredError
from tocsin.proof.tiles import Tile

TEXT = "text/plain; charset=utf-8"
BINARY = "application/octet-stream"
FOR_A_MOMENT = "public, max-age=2"
FOR_EVER = "public, max-age=31536000, immutable"
NOT_KEPT = "no-store"


@require_safe
def checkpoint(_request: HttpRequest, origin: str | None = None) -> HttpResponse:
    """The latest checkpoint with the cosignatures that are here."""
    signed = reads.latest_checkpoint(origin=_named(origin)) if _is_known(origin) else None
    return _file(signed.note if signed is not None else None, kind=TEXT, kept=FOR_A_MOMENT)


@require_safe
def vkey(_request: HttpRequest, origin: str | None = None) -> HttpResponse:
    """The key that the latest checkpoint verifies with."""
    signed = reads.latest_checkpoint(origin=_named(origin)) if _is_known(origin) else None
    return _file(f"{signed.verifier}\n".encode() if signed is not None else None, kind=TEXT, kept=FOR_A_MOMENT)


@require_safe
def tile(_request: HttpRequest, rest: str, origin: str | None = None) -> HttpResponse:
    """A tile or an entry bundle."""
    try:
        name = Tile.parse(f"tile/{rest}")
    except AlteredError:
        return _file(None)
    return _file(reads.tile(name, origin=_named(origin)) if _is_known(origin) else None)


def _named(origin: str | None) -> str | None:
    """The origin of this node that has this hash."""
    names = (log.origin for log in reads.logs())
    return next((name for name in names if sha256(name.encode()).hexdigest() == origin), None)


def _is_known(origin: str | None) -> bool:
    return origin is None or _named(origin) is not None


def _file(content: bytes | None, *, kind: str = BINARY, kept: str = FOR_EVER) -> HttpResponse:
    if content is None:
        return HttpResponse("not found\n", status=404, content_type=TEXT, headers={"Cache-Control": NOT_KEPT})
    return HttpResponse(content, content_type=kind, headers={"Cache-Control": kept})
