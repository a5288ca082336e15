"""The published schemas and vectors of what nodes hand to the hub and to each other."""

import base64
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tuf.api.metadata import DelegatedRole, Delegations, Targets

from tocsin.directory.rules import signed, tuf
from tocsin.directory.rules.card import read_card_file
from tocsin.directory.rules.life import claim_alive, claim_answer, claim_call
from tocsin.directory.rules.submission import read_submission

ROOT = Path(__file__).parents[2]
LIFE = json.loads((ROOT / "tests/vectors/directory/life.json").read_text())
SUBMISSION = (ROOT / "tests/vectors/directory/submission.json").read_bytes()


def schema(name: str) -> Any:
    return json.loads((ROOT / f"docs/formats/{name}.schema.json").read_text())


@pytest.mark.parametrize(
    ("vector", "by", "form"), [("alive", "ro", "alive"), ("call", "pt", "drill"), ("answer", "ro", "drill")]
)
def test_the_published_signs_and_drills_verify_and_fit_their_schemas(vector: str, by: str, form: str) -> None:
    read = {"alive": claim_alive, "call": claim_call, "answer": claim_answer}[vector]
    claim, _ = read(LIFE[vector])
    jsonschema.validate(signed.verified(claim, public=base64.b64decode(LIFE["keys"][by])), schema(form))


def test_the_published_answer_answers_the_published_call() -> None:
    assert claim_answer(LIFE["answer"])[1].call_sha256 == sha256(LIFE["call"].encode()).hexdigest()


def test_the_published_submission_is_signed_by_its_role_and_holds_the_published_card() -> None:
    submission = read_submission(SUBMISSION)
    jsonschema.validate(json.loads(SUBMISSION), schema("submission"))
    assert submission.written() == SUBMISSION
    metadata = tuf.read(submission.metadata, Targets)
    public = base64.b64decode(LIFE["keys"]["role"])
    role = DelegatedRole("state-ro", [tuf.key_id(public)], 1, terminating=True, paths=tuf.paths_of("state-ro"))
    delegations = Delegations({tuf.key_id(public): tuf.tuf_key(public)}, {"state-ro": role})
    Targets(delegations=delegations).verify_delegate("state-ro", metadata.signed_bytes, metadata.signatures)
    metadata.signed.targets["cards/ro.json"].verify_length_and_hashes(submission.files["cards/ro.json"])
    assert read_card_file(submission.files["cards/ro.json"]).card.member == "ro"
