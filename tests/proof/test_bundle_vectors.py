"""Bundles that were kept: what was good once stays good, and the schema describes what is written."""

import io
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.proof.bundles import story
from tests.proof.test_bundle import SLIPPERY
from tests.proof.test_product_formats import product_bundle
from tocsin.proof.__main__ import main

ROOT = Path(__file__).parents[2]
VECTORS = ROOT / "tests/vectors/bundle"
SCHEMA = json.loads((ROOT / "docs/formats/bundle.schema.json").read_text())


def schema_of(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": SCHEMA["$defs"]})


@pytest.mark.parametrize("name", ["story", "product", "altered"])
def test_a_kept_bundle_is_judged_as_it_was(name: str) -> None:
    said = io.StringIO()
    code = main([str(VECTORS / f"{name}.zip"), "--anchor", str(VECTORS / f"{name}.1.root.json")], out=said)
    assert code == int((VECTORS / f"{name}.code").read_text())
    assert said.getvalue() == (VECTORS / f"{name}.txt").read_text()


def test_the_published_schema_takes_every_index_that_is_written() -> None:
    for bundle in (story().bundle, product_bundle()):
        jsonschema.validate(json.loads(bundle.index.written()), SCHEMA)


def test_the_published_schema_takes_the_journals_files() -> None:
    files = story().bundle.files
    schema_of("opening").validate(json.loads(files["journal/001.opening.json"]))
    schema_of("consistency").validate(json.loads(files["journal/001.consistency.json"]))


@pytest.mark.parametrize("path", SLIPPERY)
def test_the_published_schema_refuses_the_paths_that_the_verifier_refuses(path: str) -> None:
    index: dict[str, Any] = json.loads(story().bundle.index.written())
    index["files"][0]["path"] = path
    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid(index)


@pytest.mark.parametrize("name", SCHEMA["required"])
def test_the_published_schema_asks_for_every_field(name: str) -> None:
    index: dict[str, Any] = json.loads(story().bundle.index.written())
    del index[name]
    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid(index)
