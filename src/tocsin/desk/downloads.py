"""What leaves as bytes: saved under its name, never drawn, run or kept by a browser, whatever is in it."""

from typing import TypeVar

from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

BYTES = "application/octet-stream"

_Answer = TypeVar("_Answer", bound=HttpResponseBase)


def guarded(answer: _Answer, name: str) -> _Answer:
    """An answer that no browser takes for anything but a file to save."""
    answer["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'; frame-ancestors 'none'"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    answer["Cache-Control"] = "no-store"
    return answer
