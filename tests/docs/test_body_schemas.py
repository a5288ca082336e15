"""What the published schemas of bodies and forms accept is what the code reads, as far as a schema can say it."""

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import cache
from typing import Any

import jsonschema
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.docs.body_schemas import BODY, FORMS, files
from tests.law import cases
from tests.requests.test_letters import BODIES
from tocsin.law.conditions import Circumstances
from tocsin.law.faults import Fault, FaultCode
from tocsin.law.form import form_faults
from tocsin.law.instrument import instrument, instruments
from tocsin.law.rendering import fields_kept_from_addressee, for_addressee
from tocsin.law.vocabulary import LetterKind, Reader
from tocsin.proof.canonical import canonical
from tocsin.requests.rules.letters import body_payload, faults_of

Json = Any
Schema = Mapping[str, Any]

UNSAID = frozenset(
    {
        "each only once",
        "each field only once",
        "a field is given or it is not",
        "an instant in UTC with milliseconds, such as 2026-11-24T03:00:00.000Z",
    }
)
"""Rules of bodies that a JSON Schema cannot say, or not without listing every day of the calendar."""
FORM_UNSAID = frozenset(
    {
        FaultCode.DATE_INVALID,
        FaultCode.INSTANT_INVALID,
        FaultCode.PERIOD_REVERSED,
        FaultCode.IDENTIFIER_WRONG,
        FaultCode.IP_NOT_PUBLIC,
        FaultCode.IP_PORT_MISSING,
        FaultCode.IP_PORT_QUESTION,
        FaultCode.FIELD_NOT_ASKED,
    }
)
"""Faults of forms that only a program finds: whether a day exists, an address names anybody, a condition holds."""


@cache
def schema(name: str) -> Any:
    path = BODY if name == "body" else FORMS / f"{name}.schema.json"
    return json.loads(path.read_text())


@cache
def validator(name: str) -> jsonschema.Draft202012Validator:
    jsonschema.Draft202012Validator.check_schema(schema(name))
    return jsonschema.Draft202012Validator(schema(name))


def test_the_published_schemas_are_those_that_the_rules_make() -> None:
    stale = [path.name for path, content in files().items() if not path.exists() or path.read_text() != content]
    assert stale == [], "write them anew: python -m tests.docs.body_schemas"
    assert {path.name for path in FORMS.iterdir()} == {f"{name}.schema.json" for name in instruments()}


# --- Instances of a schema, and mutants ---------------------------------------------------------

SCRAPS: st.SearchStrategy[Json] = st.sampled_from(
    [
        *(None, True, False, 0, 1, -1, 61, 10**7, "", " ", "x", "\x07", "a\nb", "é", "2026-02-30T00:00:00.000Z"),
        *([], {}, ["x"], {"x": 1}, [None], "x" * 20_001, "2026-11-24T03:00:00Z", "AB", "ab" * 32),
    ]
)
WRITTEN = st.text(st.sampled_from(" \t\nabcäß€\u00a0\U0001f514\x00\x1f"), max_size=12)


def instances(of: Schema, root: Schema) -> st.SearchStrategy[Json]:
    """Values that mostly fit: conditions and ``not`` are left to whoever filters."""
    if "$ref" in of:
        return instances(root["$defs"][of["$ref"].removeprefix("#/$defs/")], root)
    if "enum" in of:
        return st.sampled_from(of["enum"])
    if "const" in of:
        return st.just(of["const"])
    for either in ("anyOf", "oneOf"):
        if either in of and "type" not in of:
            return st.one_of([instances(each, root) for each in of[either]])
    if "type" not in of:
        inner = [each for each in of.get("allOf", ()) if "not" not in each]
        return instances(inner[0], root) if inner else SCRAPS
    makers: Mapping[str, Callable[[Schema, Schema], st.SearchStrategy[Json]]] = {
        "object": _objects,
        "array": _arrays,
        "string": lambda of, _: st.from_regex(of["pattern"], fullmatch=True) if "pattern" in of else WRITTEN,
        "integer": lambda of, _: st.integers(of["minimum"], of["maximum"]),
        "boolean": lambda *_: st.booleans(),
        "null": lambda *_: st.none(),
    }
    return makers[of["type"]](of, root)


def _objects(of: Schema, root: Schema) -> st.SearchStrategy[Json]:
    fixed = {name: instances(each, root) for name, each in of.get("properties", {}).items()}
    if of["additionalProperties"] is False:
        needed = {name: fixed.pop(name) for name in of["required"]}
        return st.fixed_dictionaries(needed, optional=fixed)
    names = st.from_regex(of["propertyNames"]["pattern"], fullmatch=True)
    free = st.dictionaries(names, instances(of["additionalProperties"], root), max_size=2)
    return st.builds(lambda these, those: those | these, st.fixed_dictionaries({}, optional=fixed), free)


def _arrays(of: Schema, root: Schema) -> st.SearchStrategy[Json]:
    wanted = [each["contains"]["const"] for each in of.get("allOf", ())]
    if wanted:
        return st.just(wanted)
    unique = canonical if of.get("uniqueItems") else None
    return st.lists(instances(of["items"], root), min_size=of["minItems"], max_size=3, unique_by=unique)


@st.composite
def mutants(draw: st.DrawFn, values: st.SearchStrategy[Json]) -> Json:
    """A value with one place changed: something else stands there, it is gone, or something stands beside it."""
    value = deepcopy(draw(values))
    inner = draw(st.sampled_from([each for each in _places(value) if each]))
    name = draw(st.sampled_from(sorted(inner) if isinstance(inner, dict) else range(len(inner))))
    match draw(st.sampled_from(["replace", "remove", "add", "double"])):
        case "replace":
            inner[name] = draw(SCRAPS)
        case "remove":
            del inner[name]
        case "add" if isinstance(inner, dict):
            inner[draw(st.sampled_from(["x", "X", "field", "new_deadline", "Ü"]))] = draw(SCRAPS)
        case "double" if isinstance(inner, list):
            inner.append(deepcopy(inner[name]))
    return value


def _places(value: Json) -> list[Json]:
    if not isinstance(value, dict | list):
        return []
    inner = value.values() if isinstance(value, dict) else value
    return [value, *(place for each in inner for place in _places(each))]


# --- Bodies -------------------------------------------------------------------------------------

SAID = st.sampled_from([(body.kind, body_payload(body)) for body in BODIES])


def good(kind: LetterKind, body: Json) -> bool:
    return bool(validator("body").is_valid({"kind": kind.value, "body": body}))


def check_agreement(kind: LetterKind, body: Json) -> None:
    """Who refuses has a reason that the other one shares, or that no schema can say."""
    faults = [each.rule for each in faults_of(kind, body)]
    if good(kind, body):
        assert set(faults) <= UNSAID, (kind, body)
    else:
        assert faults, (kind, body, list(validator("body").iter_errors({"kind": kind.value, "body": body})))


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.kind.value)
def test_what_is_written_is_what_the_schema_accepts(body: Any) -> None:
    assert good(body.kind, body_payload(body))


@pytest.mark.parametrize("kind", LetterKind)
def test_what_the_schema_accepts_is_read(kind: LetterKind) -> None:
    root = schema("body")

    @given(instances(root["$defs"][kind.value], root))
    def agree(body: Json) -> None:
        check_agreement(kind, body)

    agree()


@given(st.data(), SAID)
def test_a_body_with_one_place_changed_is_judged_alike(data: st.DataObject, said: tuple[LetterKind, Json]) -> None:
    kind, body = said
    mutant = data.draw(mutants(st.just(body)))
    assume(isinstance(mutant, dict))
    check_agreement(kind, mutant)


def test_the_schema_is_no_empty_one() -> None:
    refused = {kind for kind in LetterKind if not good(kind, {}) and not good(kind, {"words": 7})}
    assert refused == set(LetterKind)


# --- Forms --------------------------------------------------------------------------------------


def shown(name: str, form: Mapping[str, Json]) -> dict[str, Json]:
    return dict(for_addressee(instrument(name), form).values)


def faults_in(name: str, values: Mapping[str, Json]) -> list[Fault]:
    law = instrument(name)
    return form_faults(
        law.form,
        values,
        reader=Reader.ADDRESSEE,
        circumstances=Circumstances(form=values),
        emergency=law.emergency,
        urgency=law.urgency,
    )


def check_form_agreement(name: str, values: Json) -> None:
    faults = faults_in(name, values)
    if validator(name).is_valid(values):
        assert [each for each in faults if not (each.code in FORM_UNSAID or _conditional(name, each))] == [], values
    else:
        assert faults, (values, [each.message for each in validator(name).iter_errors(values)])


def _conditional(name: str, fault: Fault) -> bool:
    """Whether it is a field that is missing because of what stands in others."""
    field = instrument(name).form.field(fault.field)
    return fault.code is FaultCode.FIELD_MISSING and field is not None and bool(field.required_when or field.asked_when)


@pytest.mark.parametrize("name", cases.IDS)
def test_a_filled_form_is_accepted_as_its_addressee_reads_it(name: str) -> None:
    values = shown(name, cases.filled(name).draft.form)
    assert [each.message for each in validator(name).iter_errors(values)] == []


@pytest.mark.parametrize("name", cases.IDS)
def test_a_faulty_form_is_judged_alike(name: str) -> None:
    for case in cases.load(name, "faulty"):
        check_form_agreement(name, shown(name, cases.faulty(name, case).draft.form))


@pytest.mark.parametrize("name", cases.IDS)
def test_forms_that_a_program_fills_or_spoils_are_judged_alike(name: str) -> None:
    filled = shown(name, cases.filled(name).draft.form)

    @settings(max_examples=30)
    @given(st.one_of(instances(schema(name), schema(name)), mutants(st.just(filled))))
    def agree(values: Json) -> None:
        check_form_agreement(name, values)

    agree()


@pytest.mark.parametrize("name", [name for name in cases.IDS if fields_kept_from_addressee(instrument(name))])
def test_what_an_addressee_never_reads_has_a_schema_of_its_own(name: str) -> None:
    draft = cases.filled(name).draft
    part = jsonschema.Draft202012Validator({"$ref": "#/$defs/for-authority", "$defs": schema(name)["$defs"]})
    assert [each.message for each in part.iter_errors(dict(draft.for_authority))] == []
    assert not part.is_valid({})
    assert not validator(name).is_valid(shown(name, draft.form) | dict(draft.for_authority))
