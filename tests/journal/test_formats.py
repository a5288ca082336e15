"""What the published format of the journal says is what the journal writes."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.journal.examples import NIGHT, OFFICER, RO, FileLookedAt, ThingChanged
from tocsin.journal.entries import Entry
from tocsin.journal.rules.event import batch_of
from tocsin.proof.canonical import parse_canonical
from tocsin.proof.commitment import commitment, leaf_of

FORMATS = Path(__file__).parents[2] / "docs" / "formats"


@pytest.fixture(scope="module")
def schema() -> Any:
    found = json.loads((FORMATS / "journal-event.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(found)
    return jsonschema.Draft202012Validator(found)


@pytest.mark.parametrize("entry", [FileLookedAt(file="a"), ThingChanged(thing=1)], ids=lambda entry: entry.kind)
@pytest.mark.parametrize("by", [OFFICER, RO], ids=["a person", "the node"])
def test_an_event_is_as_its_schema_says(schema: Any, entry: Entry, by: Any) -> None:
    for event in batch_of([entry], by=by, at=NIGHT).events:
        schema.validate(event)


WRONG: list[dict[str, Any]] = [
    {"v": 2},
    {"v": True},
    {"kind": "Letter Sent"},
    {"at": "2026-11-24T03:00:00Z"},
    {"by": {"member": "ro", "person": ""}},
    {"by": {"member": "ro", "person": "", "roles": [], "name": "Ana Exemplu"}},
]


@pytest.mark.parametrize("change", WRONG, ids=str)
def test_an_event_of_another_form_is_not(schema: Any, change: dict[str, Any]) -> None:
    event = batch_of([FileLookedAt(file="a")], by=OFFICER, at=NIGHT).events[0]
    assert not schema.is_valid({**event, **change})


def test_the_worked_example_of_the_document_is_right() -> None:
    document = (FORMATS / "journal.md").read_text()
    event = parse_canonical(re.findall(r"^\{.*\}$", document, re.MULTILINE)[0].encode())
    entry, leaf = re.findall(r"^(?:entry|leaf ) ([0-9a-f]{64})$", document, re.MULTILINE)
    assert commitment(bytes(32), event).hex() == entry
    assert leaf_of(bytes(32), event).hex() == leaf
