"""The published threads, replayed: what another implementation has to come to as well."""

import json
from functools import cache
from itertools import islice
from random import Random
from typing import Any

import jsonschema
import pytest

from tests.docs.pages import FORMATS
from tests.requests.make_thread_vectors import THREADS, VECTORS, vectors
from tests.wire.examples import PT, RO
from tocsin.base.errors import TocsinError
from tocsin.base.ids import LetterId
from tocsin.law.instrument import instrument
from tocsin.law.vocabulary import LetterKind
from tocsin.requests.rules.letters import body_payload, parse_body
from tocsin.requests.rules.permits import permits_of
from tocsin.requests.rules.thread import ThreadState, check_letter, state_of
from tocsin.wire.rules.chain import Head, check_place
from tocsin.wire.rules.letter import Letter
from tocsin.wire.rules.open import signed_letter, verify_letter
from tocsin.wire.rules.receipt import Receipted, verify_receipt

SIDES = {"ro": RO, "pt": PT}


@cache
def read(name: str) -> Any:
    return json.loads((VECTORS / f"{name}.json").read_text())


def letter_of(jws: str, sender: str) -> Letter:
    return verify_letter(signed_letter(jws.encode()), key=SIDES[sender].verifying_key)


@cache
def letters_of(thread: str) -> tuple[Letter, ...]:
    return tuple(letter_of(each["jws"], each["payload"]["from"]) for each in read(thread)["letters"])


def state(thread: str, letters: tuple[Letter, ...]) -> ThreadState:
    return state_of(letters, permits=permits_of(instrument(read(thread)["instrument"])))


def take(letters: tuple[Letter, ...], letter: Letter) -> None:
    """As a node does: is it the next of its chain, what does it say, is it lawful where it stands."""
    mine = [each for each in letters if each.sender == letter.sender]
    check_place(letter, head=Head(mine[-1].seq, mine[-1].sha256) if mine else Head())
    name = letters[0].instrument if letters else letter.instrument
    check_letter(letters, letter, permits=permits_of(instrument(name)))


def test_the_published_threads_are_those_that_are_made() -> None:
    made = vectors()
    assert {path.name for path in VECTORS.iterdir()} == made.keys()
    stale = [name for name, content in made.items() if (VECTORS / name).read_bytes() != content]
    assert stale == [], "make them anew: python -m tests.requests.make_thread_vectors"


def test_every_kind_of_letter_is_in_one_of_them() -> None:
    assert {letter.kind for thread in THREADS for letter in letters_of(thread)} == set(LetterKind)


@pytest.mark.parametrize("thread", THREADS)
def test_each_letter_is_taken_and_the_thread_is_then_what_stands_beside_it(thread: str) -> None:
    letters = letters_of(thread)
    for number, (letter, told) in enumerate(zip(letters, read(thread)["letters"], strict=True)):
        assert body_payload(parse_body(letter.kind, letter.body)) == told["payload"]["body"]
        take(letters[:number], letter)
        assert state(thread, letters[: number + 1]).phase.value == told["phase"]
        assert letter.sha256 == told["sha256"]


@pytest.mark.parametrize("thread", THREADS)
def test_in_whatever_order_they_come_they_are_the_same_thread(thread: str) -> None:
    letters, told = list(letters_of(thread)), read(thread)
    for seed in range(5):
        Random(seed).shuffle(letters)  # noqa: S311 - an order, no secret
        found = state(thread, tuple(letters))
        assert [placed.step.sha256 for placed in found.line] == told["line"]
        effects = {placed.step.sha256: placed.effect.value for placed in found.line}
        assert effects == {each["sha256"]: each["effect_in_the_end"] for each in told["letters"]}
        assert found.phase.value == told["phase"]


@pytest.mark.parametrize("thread", THREADS)
def test_each_receipt_proves_that_its_letter_was_stored(thread: str) -> None:
    for letter, told in zip(letters_of(thread), read(thread)["letters"], strict=True):
        by = SIDES[letter.addressee]
        about = Receipted(
            letter=LetterId(letter.id), sha256=letter.sha256, sender=letter.sender, addressee=letter.addressee
        )
        receipt = verify_receipt(told["receipt"].encode(), about=about, key=by.verifying_key, logs=[by.log])
        assert receipt.stage.value == told["receipt_payload"]["stage"] == "stored"


@pytest.mark.parametrize("vector", read("refused"), ids=lambda vector: vector["name"])
def test_what_must_be_refused_is_refused_by_its_code(vector: dict[str, Any]) -> None:
    letter = letter_of(vector["letter"], vector["payload"]["from"])
    with pytest.raises(TocsinError) as raised:
        take(tuple(islice(letters_of(vector["thread"]), vector["after"])), letter)
    assert raised.value.code == vector["code"]
    assert raised.value.fields.get("objection") == vector["objection"]


@pytest.mark.parametrize("vector", read("refused"), ids=lambda vector: vector["name"])
def test_the_schema_refuses_the_bodies_that_say_nothing_and_no_others(vector: dict[str, Any]) -> None:
    schema = json.loads((FORMATS / "body.schema.json").read_text())
    accepted = jsonschema.Draft202012Validator(schema).is_valid(vector["payload"])
    assert accepted == (vector["code"] != "requests.letter-body")
