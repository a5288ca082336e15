"""What a warning says: typed values alone, read strictly; the published schemas and examples say the same."""

import json
from datetime import UTC
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.docs.pages import FORMATS
from tests.notices.make_notice_vectors import VECTORS, code_of, notices, payload_of, refused, vectors
from tests.notices.postman import forgery
from tests.wire.examples import NIGHT, RO
from tocsin.base import jose
from tocsin.notices.errors import FeaturesFaultyError, NoticeFaultyError
from tocsin.notices.rules.features import (
    Channel,
    Claimed,
    Features,
    Office,
    Typed,
    Wording,
    domain_of,
    features_of,
    features_payload,
    hour_of,
    normal_domain,
    normal_phone,
    read_features,
)
from tocsin.notices.rules.notice import parse_notice, sign_notice, verify_notice
from tocsin.proof.canonical import canonical

SCHEMAS = {
    kind: jsonschema.Draft202012Validator(json.loads((FORMATS / f"{name}.schema.json").read_text()))
    for kind, name in {"warning": "warning", "call-back": "notice"}.items()
}


# --- Typed ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "phone"),
    [
        ("+44 20 7946 0123", "+442079460123"),
        ("0044 (0)20 7946-0123", "+442079460123"),
        ("020 7946 0123", None),
        ("112", None),
        ("+351", None),
        ("case +44 20 7946 0123", None),
    ],
)
def test_a_telephone_number_is_written_as_e164_or_not_at_all(written: str, phone: str | None) -> None:
    assert normal_phone(written) == phone


@pytest.mark.parametrize(
    ("written", "domain"),
    [
        ("Police-PT.example.", "police-pt.example"),
        ("policía.example", "xn--polica-7va.example"),
        ("localhost", None),
        ("192.0.2.7", None),
        ("duty@police-pt.example", None),
        ("a..example", None),
        ("-a.example", None),
    ],
)
def test_a_domain_is_written_in_lower_case_and_ascii_or_not_at_all(written: str, domain: str | None) -> None:
    assert normal_domain(written) == domain


def test_an_address_is_told_by_its_hash_and_its_domain() -> None:
    told = features_of(Typed(channel="mail", seen=NIGHT, addresses=(" Duty@Police-PT.example",)))
    same = features_of(Typed(channel="mail", seen=NIGHT, addresses=("duty@police-pt.example",)))
    assert told == same
    assert told.domains == ("police-pt.example",)
    assert "duty" not in str(features_payload(told))
    assert domain_of("no address") is None


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        (Typed(channel="mail", seen=NIGHT), "at least one of"),
        (Typed(channel="fax", seen=NIGHT, phones=("+442079460999",)), "channel"),
        (Typed(channel="mail", seen=NIGHT, addresses=("no address",)), "domains"),
        (Typed(channel="mail", seen=NIGHT, phones=("RO-2026-0042",)), "phones"),
        (Typed(channel="mail", seen=NIGHT, keys=("x",)), "keys"),
        (Typed(channel="mail", seen=NIGHT, member="Not A Member", phones=("+442079460999",)), "claimed.member"),
    ],
)
def test_what_is_typed_wrong_is_named(typed: Typed, fault: str) -> None:
    with pytest.raises(FeaturesFaultyError, match=fault):
        features_of(typed)


# --- Read -----------------------------------------------------------------------------------------

_hex = st.text("0123456789abcdef", min_size=64, max_size=64)


def _few(each: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(each, max_size=4, unique=True).map(tuple)


_features = st.builds(
    Features,
    channel=st.sampled_from(Channel),
    seen=st.datetimes(timezones=st.just(UTC), min_value=NIGHT.replace(year=2000, tzinfo=None)).map(hour_of),
    claimed=st.builds(Claimed, country=st.sampled_from(["PT", None]), office=st.sampled_from([*Office, None])),
    domains=_few(st.sampled_from(["police-pt.example", "a.example", "xn--polica-7va.example"])),
    addresses=_few(_hex),
    phones=_few(st.from_regex(r"\A\+[1-9][0-9]{6,14}\Z")),
    files=st.lists(_hex, min_size=1, max_size=3, unique=True).map(tuple),
    keys=_few(st.text("0123456789abcdef", min_size=16, max_size=16)),
    wording=_few(st.sampled_from(Wording)),
)


@given(_features)
def test_features_are_read_as_they_were_written(features: Features) -> None:
    assert read_features(features_payload(features)) == (features, [])


_json = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=20),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=8), inside, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from([*features_payload(forgery(NIGHT)), "words"]), _json)
def test_whatever_stands_in_a_field_no_words_get_through(name: str, value: Any) -> None:
    payload = {**features_payload(forgery(NIGHT)), name: value}
    features, faults = read_features(payload)
    if not faults:
        assert features_payload(features) == payload
        for written in _texts(value):
            assert " " not in written
            assert "@" not in written


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for each in inside for text in _texts(each)]


# --- Published ------------------------------------------------------------------------------------


def test_the_published_files_are_those_that_are_made() -> None:
    made = vectors()
    assert {path.name for path in VECTORS.iterdir()} == made.keys()
    for name, content in made.items():
        assert (VECTORS / name).read_bytes() == content, name


@pytest.mark.parametrize("name", notices())
def test_a_notice_is_read_as_it_was_signed_and_fits_its_schema(name: str) -> None:
    notice = notices()[name]
    jws = sign_notice(notice, key=jose.signing_key(RO.signing))
    assert verify_notice(jws, key=RO.verifying_key) == notice
    payload = payload_of(notice)
    SCHEMAS[payload["type"]].validate(payload)


@pytest.mark.parametrize("vector", refused(), ids=lambda vector: vector["name"])
def test_what_is_refused_has_its_code_and_breaks_the_schema_or_the_time(vector: dict[str, Any]) -> None:
    assert vector["code"] == code_of(vector["jws"].encode()) != ""
    if vector["code"] == "notices.faulty" and "nothing to know" not in vector["name"]:
        payload = json.loads(jose.unverified_payload(vector["jws"].encode()))
        assert not SCHEMAS["warning"].is_valid(payload)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b'{"v":1}', b"x" * 40_000, canonical({"v": 1, "type": "other"})]
)
def test_what_is_no_notice_is_refused(content: bytes) -> None:
    with pytest.raises(NoticeFaultyError):
        parse_notice(content)
