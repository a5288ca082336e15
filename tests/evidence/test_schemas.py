"""The published schemas of manifests and custody events, and the code that reads both, accept the same things."""

import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest

from tests.docs.pages import FORMATS
from tocsin.base.instant import parse
from tocsin.evidence.errors import CustodyChainError, ManifestError
from tocsin.evidence.rules.custody import CustodyEvent, CustodyKind, event_payload, read_event
from tocsin.evidence.rules.manifest import Conversion, EvidenceFile, Manifest, manifest_bytes, read_manifest

AT = parse("2026-11-24T05:00:00.000Z")
RAW = EvidenceFile("sessions.log", 3, "ab" * 32, "cd" * 64)
CONVERTED = EvidenceFile(
    "sessions.csv", 3, "ef" * 32, "01" * 64, AT, Conversion("sessions.log", "csv", "1", "--comma", "records", 4, 4)
)
MANIFEST = Manifest(
    package="0f4c1e52-1111-4222-8333-444455556666",
    request="51c0a7d2-3b4e-4f6a-8c9d-0e1f2a3b4c5d",
    title="Account example.user",
    made_at=AT,
    member="example-mail",
    person="Rita Inventada",
    place="Lisboa, PT",
    tool_name="tocsin",
    tool_version="0.1.0",
    files=(RAW, CONVERTED),
)
MADE = CustodyEvent(
    package=MANIFEST.package,
    manifest_sha256="ab" * 32,
    seq=1,
    prev=None,
    event=CustodyKind.MADE,
    member="example-mail",
    person="Rita Inventada",
    to=None,
    at=AT,
    place="Lisboa, PT",
)
HANDED = replace(MADE, seq=2, prev="cd" * 32, event=CustodyKind.HANDED_OVER, to="pt", exercise_shift_seconds=3600)


def valid(name: str, value: Any) -> bool:
    schema = json.loads((FORMATS / f"{name}.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return bool(jsonschema.Draft202012Validator(schema).is_valid(value))


@pytest.mark.parametrize("event", [MADE, HANDED], ids=lambda event: event.event.value)
def test_an_event_that_is_written_is_accepted_and_read(event: CustodyEvent) -> None:
    payload = event_payload(event)
    assert valid("custody", payload)
    assert read_event(payload, jws=b"") == event


@pytest.mark.parametrize(
    "change",
    [
        {"exercise": {}},
        {"exercise": {"shift_seconds": "3600"}},
        {"exercise": 3600},
        {"exercise": {"shift_seconds": 1, "zone": "UTC"}},
        {"event": "copied"},
        {"v": 2},
        {"seq": "2"},
        {"to": 7},
        {"note": None},
        {"witness": "pt"},
    ],
    ids=str,
)
def test_an_event_that_the_schema_refuses_is_not_read(change: dict[str, Any]) -> None:
    payload = event_payload(HANDED) | change
    assert not valid("custody", payload)
    with pytest.raises(CustodyChainError):
        read_event(payload, jws=b"")


@pytest.mark.parametrize("name", event_payload(MADE))
def test_no_member_of_an_event_may_be_missing(name: str) -> None:
    payload = {key: value for key, value in event_payload(MADE).items() if key != name}
    assert not valid("custody", payload)
    with pytest.raises(CustodyChainError):
        read_event(payload, jws=b"")


def test_a_manifest_that_is_written_is_accepted_and_read() -> None:
    payload = json.loads(manifest_bytes(MANIFEST))
    assert valid("manifest", payload)
    assert read_manifest(payload) == MANIFEST


@pytest.mark.parametrize(
    ("where", "change"),
    [
        ([], {"copy": 1}),
        ([], {"files": []}),
        ([], {"package": "x"}),
        (["made"], {"zone": "UTC"}),
        (["made", "tool"], {"licence": "EUPL"}),
        (["files", 0], {"raw": False}),
        (["files", 0], {"size": -1}),
        (["files", 0], {"sha256": "AB" * 32}),
        (["files", 1], {"converted": None}),
        (["files", 1, "converted"], {"before": -1}),
    ],
    ids=str,
)
def test_a_manifest_that_the_schema_refuses_is_not_read(where: list[str | int], change: dict[str, Any]) -> None:
    payload = json.loads(manifest_bytes(MANIFEST))
    place = payload
    for step in where:
        place = place[step]
    place.update(change)
    assert not valid("manifest", payload)
    with pytest.raises(ManifestError):
        read_manifest(payload)
