"""What a draft says, before it is a letter.

Its canonical JSON is what a sign-off signs::

    {"instrument": "budapest-29-preserve", "to": "pt", "form": {…}, "case_reference": "…", "earlier": ["<uuid>"],
     "channel": "tocsin", "other_way": null | {"ground": "…", "words": "…"}, "language": "en",
     "overrides": [{"rule": "…", "reason": "…"}]}

What data are asked for, and how urgent it is, stand in the form alone. A member that is left out has the value of
an empty draft; an unknown one is refused.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tocsin.base.ids import InstrumentId, MemberId
from tocsin.proof.canonical import Json, canonical
from tocsin.requests.errors import DraftFieldError
from tocsin.requests.rules.letters import OtherWay, Override

_EMPTY: Mapping[str, Json] = {
    "form": {},
    "case_reference": "",
    "earlier": [],
    "channel": "tocsin",
    "other_way": None,
    "language": "en",
    "overrides": [],
}
_MEMBERS = {"instrument", "to", *_EMPTY}


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A draft's content, read. ``raw`` is what was signed."""

    instrument: InstrumentId
    to: MemberId
    form: Mapping[str, Json]
    case_reference: str
    earlier: tuple[str, ...]
    channel: str
    other_way: OtherWay | None
    language: str
    overrides: tuple[Override, ...]
    raw: Mapping[str, Json] = field(repr=False)

    @property
    def sha256(self) -> str:
        """The hash that a sign-off signs."""
        return hashlib.sha256(canonical(dict(self.raw))).hexdigest()


def read_content(written: Mapping[str, Any]) -> Content:
    """The content of a draft; raises ``DraftFieldError`` naming the first member that is wrong.

    What the form's fields say is judged by ``law.draft_check``, every fault at once; here only the shape is.
    """
    for name in sorted(set(written) - _MEMBERS):
        raise DraftFieldError(
            field=name, rule=f"not a member of a draft; the members are {', '.join(sorted(_MEMBERS))}"
        )
    raw: dict[str, Any] = {**_EMPTY, **written}
    way = raw["other_way"]
    return Content(
        instrument=InstrumentId(_of(raw, "instrument", str)),
        to=MemberId(_of(raw, "to", str)),
        form=_of(raw, "form", dict),
        case_reference=_of(raw, "case_reference", str),
        earlier=tuple(_of(raw, "earlier", list)),
        channel=_of(raw, "channel", str),
        other_way=None if way is None else OtherWay(ground=_of(way, "ground", str), words=_of(way, "words", str)),
        language=_of(raw, "language", str),
        overrides=tuple(
            Override(rule=_of(item, "rule", str), reason=_of(item, "reason", str))
            for item in _of(raw, "overrides", list)
        ),
        raw=raw,
    )


def _of(found: object, name: str, kind: type) -> Any:
    value = found.get(name) if isinstance(found, dict) else None
    if not isinstance(value, kind):
        words: dict[type, str] = {str: "a text", dict: "an object", list: "a list"}
        raise DraftFieldError(field=name, rule=f"{words[kind]} is needed")
    return value
