"""A refusal in the form that a program reads: a problem document (RFC 9457).

    {"type": "urn:tocsin:problem:letter-field", "status": 400,
     "title": "The letter's field {field} breaks its rule: {rule}.",
     "detail": "The letter's field seq breaks its rule: it must be an integer.",
     "code": "letter-field", "fields": {"field": "seq", "rule": "it must be an integer"}, "retryable": false}

``title`` is the sentence without its fields, the same for each occurrence (RFC 9457, 3.1.3); ``code``
and ``fields`` are for programs and for translation; ``retryable`` says whether the same thing sent
again, unchanged, may be taken. A problem from another node is read with ``parse_problem``, which
bounds it: what a stranger wrote goes into our rows and onto our screens.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tocsin.base.errors import TocsinError

MEDIA_TYPE = "application/problem+json"
_PREFIX = "urn:tocsin:problem:"
_MOST_TEXT = 500
_MOST_FIELDS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why something was refused, and whether it is worth sending again."""

    code: str
    status: int
    title: str
    detail: str
    fields: Mapping[str, str] = field(default_factory=dict)
    retryable: bool = False

    def document(self) -> dict[str, object]:
        """The JSON object of RFC 9457, with our extension members."""
        return {
            "type": _PREFIX + self.code,
            "status": self.status,
            "title": self.title,
            "detail": self.detail,
            "code": self.code,
            "fields": dict(self.fields),
            "retryable": self.retryable,
        }


def problem_of(error: TocsinError) -> Problem:
    """The problem that tells a program what ``error`` tells a person."""
    return Problem(
        code=error.code,
        status=error.status,
        title=error.sentence,
        detail=str(error),
        fields={name: str(value) for name, value in error.fields.items()},
        retryable=error.retryable,
    )


def parse_problem(document: object, *, status: int = 400) -> Problem:
    """The problem in what another node answered, cut to bounds; never raises.

    What is not a problem document becomes the problem ``unexplained``, which is worth a retry.
    """
    if not isinstance(document, dict) or not isinstance(document.get("code"), str):
        sentence = "The other node refused and gave no reason that can be read."
        return Problem(code="unexplained", status=status, title=sentence, detail=sentence, retryable=True)
    return Problem(
        code=_text(document["code"])[:64],
        status=_status(document.get("status"), otherwise=status),
        title=_text(document.get("title")),
        detail=_text(document.get("detail")),
        fields=_fields(document.get("fields")),
        retryable=document.get("retryable") is True,
    )


def _text(value: object) -> str:
    text = value if isinstance(value, str) else ""
    return "".join(character for character in text[:_MOST_TEXT] if character.isprintable())


def _status(value: object, *, otherwise: int) -> int:
    good = isinstance(value, int) and not isinstance(value, bool) and 400 <= value <= 599  # noqa: PLR2004 - HTTP's errors
    return value if good and isinstance(value, int) else otherwise


def _fields(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    pairs = list(value.items())[:_MOST_FIELDS]
    return {_text(name)[:64]: _text(told) for name, told in pairs}
