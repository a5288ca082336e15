"""What a draft says, before it is a letter.

Its canonical JSON is what a sign-off signs::

    {"instrument": "budapest-29-preserve", "to": "pt", "form": {…}, "case_reference": "…", "earlier": ["<uuid>"],
     "channel": "tocsin", "other_way": null | {"ground": "…", "words": "…"}, "language": "en",
     "overrides": [{"rule": "…", "reason": "…"}]}

What data are asked for, and how urgent it is, stand in the form alone. A member that is left out has the value of
an empty draft; an unknown one is refused.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from tocsin.base.ids import MEMBER_PATTERN, InstrumentId, MemberId, is_uuid
from tocsin.proof.canonical import Json, canonical
from tocsin.proof.errors import CanonicalError
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
MOST_BYTES = 128 * 1024
"""The longest member of a draft: a letter has to hold the form, and a card may allow less."""
MOST_CHARACTERS = 200
MOST_EARLIER = 32
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
    _check_plain(raw)
    way = raw["other_way"]
    return Content(
        instrument=InstrumentId(_of(raw, "instrument", str)),
        to=MemberId(_matching(raw, "to", MEMBER_PATTERN, "a member id, like pt or example-mail")),
        form=_of(raw, "form", dict),
        case_reference=_short(raw, "case_reference"),
        earlier=_requests(raw, "earlier"),
        channel=_short(raw, "channel"),
        other_way=None if way is None else OtherWay(ground=_of(way, "ground", str), words=_of(way, "words", str)),
        language=_short(raw, "language"),
        overrides=tuple(
            Override(rule=_of(item, "rule", str), reason=_of(item, "reason", str))
            for item in _of(raw, "overrides", list)
        ),
        raw=raw,
    )


def merged(before: Mapping[str, Any], written: Mapping[str, Any]) -> dict[str, Any]:
    """``written`` over what stood ``before``, member by member; the form field by field, where null takes one out."""
    form = written.get("form", {})
    if not isinstance(form, dict):
        return {**before, **written}
    fields = {**before.get("form", {}), **form}
    return {**before, **written, "form": {name: value for name, value in fields.items() if value is not None}}


def _check_plain(raw: Mapping[str, Any]) -> None:
    """What is signed and stored has one canonical form: no fractions, no characters that cannot be stored."""
    for name in sorted(raw):
        try:
            written = canonical(raw[name])
        except CanonicalError as fault:
            raise DraftFieldError(field=name, rule=f"it has no canonical form: {fault}") from None
        if any("\0" in text for text in _texts(raw[name])):
            raise DraftFieldError(field=name, rule="the character U+0000 cannot be stored")
        if len(written) > MOST_BYTES:
            raise DraftFieldError(field=name, rule=f"at most {MOST_BYTES} bytes")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        yield from chain.from_iterable(map(_texts, value.values()))
    elif isinstance(value, list):
        yield from chain.from_iterable(map(_texts, value))


def _short(raw: Mapping[str, Any], name: str) -> str:
    value: str = _of(raw, name, str)
    if len(value) > MOST_CHARACTERS:
        raise DraftFieldError(field=name, rule=f"at most {MOST_CHARACTERS} characters")
    return value


def _matching(raw: Mapping[str, Any], name: str, pattern: re.Pattern[str], rule: str) -> str:
    value: str = _of(raw, name, str)
    if not pattern.fullmatch(value):
        raise DraftFieldError(field=name, rule=rule)
    return value


def _requests(raw: Mapping[str, Any], name: str) -> tuple[str, ...]:
    values = _of(raw, name, list)
    if len(values) > MOST_EARLIER or not all(is_uuid(value) for value in values):
        raise DraftFieldError(field=name, rule=f"at most {MOST_EARLIER} ids of requests (UUIDs in lower case)")
    return tuple(values)


def _of(found: object, name: str, kind: type) -> Any:
    value = found.get(name) if isinstance(found, dict) else None
    if not isinstance(value, kind):
        words: dict[type, str] = {str: "a text", dict: "an object", list: "a list"}
        raise DraftFieldError(field=name, rule=f"{words[kind]} is needed")
    return value
