"""What nodes post to one another: batches of sealed things, and the answers to them.

    POST /wire/inbox     {"to": "pt", "letters": ["<JWE>", …]}
                      →  {"results": [{"receipt": "<JWS>"} | {"problem": {…}}, …]}
    POST /wire/receipts  {"to": "ro", "receipts": ["<JWE>", …]}
                      →  {"results": [{"taken": true} | {"problem": {…}}, …]}

There is one result for each thing, in the same order. ``to`` stands there so that a batch that was
led to the wrong node is refused before anything is opened.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tocsin.base.ids import MemberId
from tocsin.base.problem import Problem, parse_problem
from tocsin.proof.canonical import Json, canonical, parse_strict
from tocsin.proof.errors import CanonicalError
from tocsin.wire.errors import BodyFaultyError, LetterNotForUsError
from tocsin.wire.rules.seal import SealedLetter

_ENVELOPE_SLACK: Final = 1024


@dataclass(frozen=True, slots=True)
class Given:
    """The receipt that answers a letter, as it came or as it goes: nothing says yet that it is good."""

    jws: bytes


@dataclass(frozen=True, slots=True)
class Taken:
    """The answer to a receipt that was stored, or was there already."""


Answer = Given | Problem
"""What becomes of one letter of a batch."""


def envelope_bytes(letter_bytes: int) -> int:
    """How long the envelope around a JWS of this length can be: base64url adds a third."""
    return letter_bytes * 4 // 3 + _ENVELOPE_SLACK


def sealed_in(body: bytes, *, field: str, member: MemberId, most: int) -> list[SealedLetter]:
    """The envelopes in a posted body, where ``field`` holds them.

    Raises ``BodyFaultyError``, or ``LetterNotForUsError`` when the batch is for somebody else.
    """
    members = members_of(body, names={"to", field})
    if members["to"] != member:
        raise LetterNotForUsError(addressee=str(members["to"])[:40], member=member)
    envelopes = members[field]
    if not isinstance(envelopes, list) or not 0 < len(envelopes) <= most:
        raise BodyFaultyError(field=field, rule=f"a list of 1 to {most}")
    return [SealedLetter(_ascii(envelope, field=f"{field}.{n}")) for n, envelope in enumerate(envelopes)]


def members_of(body: bytes, *, names: set[str]) -> Mapping[str, Json]:
    """The members of a posted JSON object that has exactly these; raises ``BodyFaultyError``."""
    try:
        members = parse_strict(body)
    except CanonicalError as error:
        raise BodyFaultyError(field="", rule=f"one JSON object: {error}") from None
    if not isinstance(members, dict):
        raise BodyFaultyError(field="", rule="one JSON object")
    for name in sorted(names - members.keys()):
        raise BodyFaultyError(field=name, rule="it must be there")
    for name in sorted(members.keys() - names):
        raise BodyFaultyError(field=name[:64], rule="nothing of this name is known")
    return members


def posted(envelopes: Sequence[bytes], *, field: str, to: MemberId) -> bytes:
    """The body of a post."""
    return json.dumps({"to": to, field: [envelope.decode("ascii") for envelope in envelopes]}).encode("ascii")


def answered(results: Sequence[Answer | Taken]) -> bytes:
    """The body of an answer."""
    return canonical({"results": [_result(result) for result in results]})


def answers_in(body: bytes, *, count: int) -> list[Answer | Taken]:
    """The results that another node answered, one for each of ``count`` things.

    Raises ``BodyFaultyError``. A receipt in it is not verified.
    """
    results = members_of(body, names={"results"})["results"]
    if not isinstance(results, list) or len(results) != count:
        raise BodyFaultyError(field="results", rule=f"a list of {count}, one for each that was sent")
    return [_answer(result, place=n) for n, result in enumerate(results)]


def _answer(result: Json, *, place: int) -> Answer | Taken:
    if isinstance(result, dict) and len(result) == 1:
        match result:
            case {"receipt": receipt}:
                return Given(_ascii(receipt, field=f"results.{place}.receipt"))
            case {"problem": problem}:
                return parse_problem(problem)
            case {"taken": True}:
                return Taken()
    raise BodyFaultyError(field=f"results.{place}", rule="receipt, taken or problem, and nothing else")


def _result(result: Answer | Taken) -> Mapping[str, object]:
    match result:
        case Given(jws=jws):
            return {"receipt": jws.decode("ascii")}
        case Taken():
            return {"taken": True}
        case Problem():
            return {"problem": result.document()}


def _ascii(value: Json, *, field: str) -> bytes:
    if not isinstance(value, str) or not value or not value.isascii():
        raise BodyFaultyError(field=field, rule="a compact JWS or JWE")
    return value.encode("ascii")
