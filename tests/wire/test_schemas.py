"""The published schemas and the code that reads accept the same things."""

import json
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
from referencing import Registry, Resource

from tests.docs.pages import FORMATS
from tests.wire.examples import PT, RO
from tests.wire.make_wire_vectors import letters, receipts, refused, tickets, wire_file
from tests.wire.test_letter import an_ask
from tocsin.base import jose
from tocsin.base.errors import PeerError
from tocsin.base.problem import problem_of
from tocsin.proof.canonical import canonical
from tocsin.wire.errors import LetterGapError
from tocsin.wire.rules.batch import Given, Taken, answered, posted
from tocsin.wire.rules.letter import letter_payload, parse_letter
from tocsin.wire.rules.seal import seal_letter

NAMES = ("letter", "receipt", "refusal", "ticket", "envelope", "signature", "problem", "batch", "wire-file")


def schema(name: str) -> Any:
    return json.loads((FORMATS / f"{name}.schema.json").read_text())


REGISTRY: Registry[Any] = Registry().with_resources(
    (f"urn:tocsin:schema:{name}:1", Resource.from_contents(schema(name))) for name in NAMES
)


def validator(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(schema(name), registry=REGISTRY)


def header(signed: bytes) -> Any:
    return jose._json_header(signed.split(b".")[0], thing="example")


GOOD: dict[str, tuple[str, Callable[[], Any]]] = {
    "a letter with a part and an attachment": ("letter", lambda: letter_payload(letters()[0])),
    "a letter that answers": ("letter", lambda: letter_payload(letters()[1])),
    "the example of the letter's own tests": ("letter", an_ask),
    "a receipt": ("receipt", lambda: receipts()[0]["payload"]),
    "a refusal": ("refusal", lambda: receipts()[2]["payload"]),
    "a ticket with a body": ("ticket", lambda: tickets()[0]["payload"]),
    "a ticket without one": ("ticket", lambda: tickets()[1]["payload"]),
    "the header of a letter": ("signature", lambda: header(letters()[0].jws)),
    "the header of an envelope": ("envelope", lambda: header(seal_letter(letters()[0], key=PT.sealing_key).jwe)),
    "a problem": ("problem", lambda: problem_of(LetterGapError(seq=5, head=2)).document()),
    "a batch of letters": ("batch", lambda: json.loads(posted([b"a"], field="letters", to=PT.member))),
    "a batch of receipts": ("batch", lambda: json.loads(posted([b"a"], field="receipts", to=RO.member))),
    "an answer": (
        "batch",
        lambda: json.loads(answered([Given(b"a"), Taken(), problem_of(LetterGapError(seq=5, head=2))])),
    ),
    "the first line of a file": ("wire-file", lambda: json.loads(wire_file().splitlines()[0])),
    "a line of a file": ("wire-file", lambda: json.loads(wire_file().splitlines()[2])),
}


@pytest.mark.parametrize(("name", "example"), GOOD.values(), ids=GOOD.keys())
def test_what_the_code_makes_fits_the_schema(name: str, example: Callable[[], Any]) -> None:
    validator(name).validate(example())


def test_every_schema_is_one() -> None:
    for name in NAMES:
        jsonschema.Draft202012Validator.check_schema(schema(name))
        assert schema(name)["$id"] == f"urn:tocsin:schema:{name}:1"


ALTERED: dict[str, Callable[[dict[str, Any]], None]] = {
    "another version": lambda letter: letter.update(v=2),
    "another type": lambda letter: letter.update(type="receipt"),
    "another suite": lambda letter: letter.update(suite="tocsin-0"),
    "an id in capitals": lambda letter: letter.update(id=letter["id"].upper()),
    "a kind that nobody knows": lambda letter: letter.update(kind="shout"),
    "a member with a slash": lambda letter: letter.update({"from": "ro/pt"}),
    "a place of nothing": lambda letter: letter.update(seq=0),
    "a place that is a text": lambda letter: letter.update(seq="2"),
    "a first letter with one before it": lambda letter: letter.update(seq=1),
    "a second letter with none before it": lambda letter: letter.update(prev=None),
    "a hash in capitals": lambda letter: letter.update(seen="A" * 64),
    "an instant without a zone": lambda letter: letter.update(written="2026-11-24T03:00:00.000"),
    "an exercise that is a number": lambda letter: letter.update(exercise=3600),
    "another source": lambda letter: letter["directory"].update(source="rumour"),
    "a writer without a name": lambda letter: letter["by"].update(name=""),
    "a role in capitals": lambda letter: letter["by"].update(role="Officer"),
    "a body that is a list": lambda letter: letter.update(body=[]),
    "parts that are an object": lambda letter: letter.update(parts={}),
    "a field more": lambda letter: letter.update(cc="gr"),
    "a field less": lambda letter: letter.pop("seen"),
}


@pytest.mark.parametrize("alter", ALTERED.values(), ids=ALTERED.keys())
def test_what_the_schema_refuses_the_code_refuses_as_well(alter: Callable[[dict[str, Any]], None]) -> None:
    letter = an_ask()
    alter(letter)
    assert not validator("letter").is_valid(letter)
    with pytest.raises(PeerError):
        parse_letter(canonical(letter), jws=b"x")


def test_the_vectors_of_refused_letters_are_refused_by_the_schema_or_before_it() -> None:
    before = {"wire.letter-not-json", "envelope-signature", "envelope", "envelope-broken", "envelope-key"}
    beyond = {"to its own sender"}  # a schema cannot compare two fields
    for vector in refused():
        if vector["code"] in before or vector["name"] in beyond:
            continue
        payload = json.loads(jose.unverified_payload(vector["letter"].encode()))
        assert not validator("letter").is_valid(payload), vector["name"]
