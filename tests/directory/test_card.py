import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.directory.cards import ISSUED, Member, certificate
from tocsin.base.errors import TocsinError
from tocsin.base.ids import MemberId
from tocsin.base.jose import Typ
from tocsin.directory.errors import (
    CardAlteredError,
    CardFaultyError,
    CardNotOursError,
    KeyNotInForceError,
)
from tocsin.directory.rules import age_key, signed
from tocsin.directory.rules.card import (
    CARD_LIMIT,
    CardKind,
    Use,
    check_issued,
    key_named,
    kids_left_out,
    newest_key,
    payload_of,
    read_card,
    read_card_file,
    sign_card,
)
from tocsin.directory.rules.card_form import faults_of, state_of_member
from tocsin.directory.rules.own_card import OVERLAP
from tocsin.proof.canonical import canonical

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/formats/card.schema.json").read_text())
RO = Member("ro")
CARD = RO.card()
HOUR = timedelta(hours=1)


def payload() -> dict[str, Any]:
    """A good card's payload, to be spoilt."""
    spoilt: dict[str, Any] = json.loads(canonical(payload_of(CARD.card)))
    return spoilt


def test_a_signed_card_is_read_as_it_was_written() -> None:
    assert read_card(CARD.jws) == CARD
    assert read_card_file(CARD.file, expected=MemberId("ro")) == CARD


def test_the_published_schema_takes_every_card_that_the_rules_take() -> None:
    for member in ("ro", "hub", "example-mail"):
        jsonschema.validate(payload_of(Member(member).card().card), SCHEMA)


FAULTS: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "another version": (lambda card: card.update(v=2), "v"),
    "a version that is true": (lambda card: card.update(v=True), "v"),
    "another type": (lambda card: card.update(type="letter"), "type"),
    "a field more": (lambda card: card.update(note="hello"), "note"),
    "a field less": (lambda card: card.pop("zone"), "zone"),
    "a member id in capitals": (lambda card: card.update(member="RO"), "member"),
    "a name of two lines": (lambda card: card.update(name="One\nTwo"), "name"),
    "a name that turns the text around": (lambda card: card.update(name="Point \u202e fo"), "name"),
    "an empty name": (lambda card: card.update(name=""), "name"),
    "an unknown kind": (lambda card: card.update(kind="friend"), "kind"),
    "a country in small letters": (lambda card: card.update(country="ro"), "country"),
    "an offset in place of a zone": (lambda card: card.update(zone="+02:00"), "zone"),
    "an invented zone": (lambda card: card.update(zone="Europe/Atlantis"), "zone"),
    "holidays without a country": (lambda card: card.update(holidays={"subdivision": None}), "holidays"),
    "no language": (lambda card: card.update(languages=[]), "languages"),
    "a language twice": (lambda card: card.update(languages=["en", "en"]), "languages"),
    "a language by name": (lambda card: card.update(languages=["English"]), "languages"),
    "hours in words": (lambda card: card.update(hours="always"), "hours"),
    "hours past midnight": (lambda card: card.update(hours="Mo-Fr 08:00-25:00"), "hours"),
    "a national telephone number": (lambda card: card.update(phone="020 7946 0123"), "phone"),
    "no telephone number": (lambda card: card.update(phone=None), "phone"),
    "an endpoint without TLS": (lambda card: card.update(endpoint="http://node.ro.example"), "endpoint"),
    "an endpoint with a path": (lambda card: card.update(endpoint="https://node.ro.example/x"), "endpoint"),
    "an endpoint with a user": (lambda card: card.update(endpoint="https://a@node.ro.example"), "endpoint"),
    "no certificate": (lambda card: card.update(tls=[]), "tls"),
    "a certificate that is none": (lambda card: card.update(tls=["MIIB"]), "tls"),
    "two certificates in one": (lambda card: card.update(tls=[certificate("a")[0] + certificate("b")[0]]), "tls"),
    "no keys": (lambda card: card.update(keys=[]), "keys"),
    "keys that are a text": (lambda card: card.update(keys="none"), "keys"),
    "a key of no use": (lambda card: card["keys"][1].update(use="win"), "keys"),
    "a kid of another key": (lambda card: card["keys"][1].update(kid="0" * 16), "keys[1]"),
    "a kid in capitals": (lambda card: card["keys"][1].update(kid="A" * 16), "keys"),
    "a key that is too short": (lambda card: card["keys"][1].update(public="AAAA"), "keys[1]"),
    "a key in base64url": (lambda card: card["keys"][1].update(public="-" * 43), "keys[1]"),
    "a key that ends before it begins": (
        lambda card: card["keys"][1].update(until="2026-11-24T02:00:00.000Z"),
        "keys[1]",
    ),
    "a key from an instant without milliseconds": (
        lambda card: card["keys"][1].update({"from": "2026-11-24T03:00:00Z"}),
        "keys",
    ),
    "a key for two uses": (lambda card: card["keys"].append(card["keys"][0] | {"use": "witness"}), "keys"),
    "no key to seal to": (lambda card: card["keys"].pop(1), "keys"),
    "an age recipient with a slip of the pen": (
        lambda card: card["keys"][4].update(public=_slipped(card["keys"][4]["public"])),
        "keys[4]",
    ),
    "a competence that is no id": (lambda card: card.update(competences=["Article 29"]), "competences"),
    "a journal key that the card does not name": (
        lambda card: card["journal"].update(vkey=card["witness"]["vkey"]),
        "journal.vkey",
    ),
    "a journal of another name": (lambda card: card["journal"].update(origin="pt.example/journal"), "journal.vkey"),
    "an origin with a space": (lambda card: card["journal"].update(origin="ro example"), "journal"),
    "a witness key of the wrong kind": (
        lambda card: card["witness"].update(vkey=card["journal"]["vkey"]),
        "witness.vkey",
    ),
    "only suites of the future": (lambda card: card.update(suites=["tocsin-9"]), "suites"),
    "a serial of nothing": (lambda card: card.update(serial=0), "serial"),
    "a serial that is true": (lambda card: card.update(serial=True), "serial"),
    "an instant with an offset": (lambda card: card.update(issued="2026-11-24T05:00:00.000+02:00"), "issued"),
    "a day that never was": (lambda card: card.update(issued="2026-02-30T00:00:00.000Z"), "issued"),
    "a State under another's id": (lambda card: card.update(member="pt"), "member"),
    "a private member under a State's id": (lambda card: card.update(kind="private"), "member"),
}
ONLY_THE_RULES_SAY = {
    "a name that turns the text around",
    "an invented zone",
    "a certificate that is none",
    "two certificates in one",
    "a kid of another key",
    "a key that ends before it begins",
    "a key for two uses",
    "no key to seal to",
    "an age recipient with a slip of the pen",
    "a journal key that the card does not name",
    "a journal of another name",
    "a witness key of the wrong kind",
    "a day that never was",
    "a State under another's id",
    "a private member under a State's id",
    "a key that is too short",
    "a key in base64url",
}


def _slipped(recipient: str) -> str:
    return recipient[:20] + ("q" if recipient[20] != "q" else "p") + recipient[21:]


@pytest.mark.parametrize("case", FAULTS)
def test_a_faulty_card_is_refused_with_the_field_that_is_wrong(case: str) -> None:
    spoil, field = FAULTS[case]
    spoilt = payload()
    spoil(spoilt)
    assert {fault.field for fault in faults_of(spoilt)} == {field}
    jws = signed.sign(spoilt, typ=Typ.CARD, key=RO.keys.signing)
    names_no_key = case in {"no keys", "keys that are a text"}  # then nobody can say who signed it
    with pytest.raises(
        CardAlteredError if names_no_key else CardFaultyError, match="key" if names_no_key else field[:4]
    ):
        read_card(jws)


@pytest.mark.parametrize("case", FAULTS)
def test_the_published_schema_refuses_what_a_schema_can_refuse(case: str) -> None:
    spoil, _ = FAULTS[case]
    spoilt = payload()
    spoil(spoilt)
    refused = not jsonschema.Draft202012Validator(SCHEMA).is_valid(spoilt)
    assert refused == (case not in ONLY_THE_RULES_SAY)


def test_all_faults_of_a_card_are_named_at_once() -> None:
    spoilt = payload() | {"phone": "112", "hours": "often", "serial": -1}
    assert {fault.field for fault in faults_of(spoilt)} == {"phone", "hours", "serial"}


def test_a_card_that_its_maker_cannot_sign_is_not_made() -> None:
    draft = RO.draft()
    with pytest.raises(KeyNotInForceError):
        sign_card(draft, key=Ed25519PrivateKey.generate())
    with pytest.raises(CardFaultyError, match="serial"):
        sign_card(replace(draft, serial=0), key=RO.keys.signing)


def test_a_card_signed_by_a_key_that_it_does_not_name_is_refused() -> None:
    stranger = signed.sign(payload(), typ=Typ.CARD, key=Ed25519PrivateKey.generate())
    with pytest.raises(CardAlteredError, match="not by a sign key"):
        read_card(stranger)


def test_a_card_signed_by_a_key_of_another_use_is_refused() -> None:
    wrong_use = signed.sign(payload(), typ=Typ.CARD, key=RO.keys.journal)
    with pytest.raises(CardAlteredError, match="not by a sign key"):
        read_card(wrong_use)


def test_a_signature_made_for_something_else_is_no_card() -> None:
    receipt = signed.sign(payload(), typ=Typ.RECEIPT, key=RO.keys.signing)
    with pytest.raises(CardAlteredError, match="names the type"):
        read_card(receipt)


def test_a_card_signed_by_a_key_that_was_retired_before_is_refused() -> None:
    member = Member("ro")
    first = member.card(at=ISSUED)
    old = member.keys.signing
    member.rotate_signing()
    member.card(at=ISSUED + HOUR)
    late = payload_of(member.draft(at=ISSUED + HOUR + OVERLAP))
    assert first.card.serial == 1
    with pytest.raises(CardAlteredError, match="not in force"):
        read_card(signed.sign(late, typ=Typ.CARD, key=old))


def test_another_members_card_is_refused_where_one_is_expected() -> None:
    with pytest.raises(CardNotOursError, match="card is of ro"):
        read_card(CARD.jws, expected=MemberId("pt"))


def test_a_card_from_the_future_is_refused() -> None:
    check_issued(CARD.card, at=ISSUED)
    with pytest.raises(CardFaultyError, match="future"):
        check_issued(CARD.card, at=ISSUED - HOUR)


def test_a_card_of_any_size_is_refused_before_it_is_looked_at() -> None:
    with pytest.raises(CardAlteredError):
        read_card_file(b"{" + b" " * CARD_LIMIT + b"}")
    with pytest.raises(CardAlteredError, match="longer"):
        read_card("e" * (CARD_LIMIT + 1))


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
def test_the_end_of_a_card_files_line_may_change_on_its_way(end: bytes) -> None:
    assert read_card_file(CARD.file.removesuffix(b"\n") + end) == CARD


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"hello",
        b"[]",
        b'{"card": "x"}',
        b'{"card":1}',
        b'{"card":"x"}',
        b'{"card":"x","card":"y"}',
        b'{"also":1,"card":"x"}',
        b"\xff",
    ],
)
def test_what_is_no_card_file_is_refused(content: bytes) -> None:
    with pytest.raises(CardAlteredError):
        read_card_file(content)


def test_every_byte_of_a_card_file_counts() -> None:
    for place in range(len(CARD.file)):
        for bit in (0, 5, 7):
            altered = bytearray(CARD.file)
            altered[place] ^= 1 << bit
            with pytest.raises(CardAlteredError):
                read_card_file(bytes(altered))


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_card_file_cut_or_lengthened_anywhere_is_refused(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(CARD.file) - 3))
    inserted = data.draw(st.binary(min_size=1, max_size=20))
    for altered in (CARD.file[:place], CARD.file[:place] + inserted + CARD.file[place:]):
        with pytest.raises(CardAlteredError):
            read_card_file(altered)


@settings(max_examples=200, deadline=None)
@given(
    st.text(max_size=300)
    | st.from_regex(r"[A-Za-z0-9_-]{0,40}\.[A-Za-z0-9_-]{0,40}\.[A-Za-z0-9_-]{86}", fullmatch=True)
)
def test_no_text_makes_the_reader_of_cards_fail_otherwise_than_by_refusing(text: str) -> None:
    with pytest.raises(TocsinError):
        read_card(text)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(payload_of(CARD.card))), json_values)
def test_no_value_in_a_field_makes_the_form_fail_otherwise_than_by_naming_a_fault(field: str, value: Any) -> None:
    spoilt = payload() | {field: value}
    assert faults_of(spoilt) or spoilt == payload() or field in {"name", "serial", "competences", "languages"}


@settings(max_examples=60, deadline=None)
@given(
    name=st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=40),
    hours=st.sampled_from(["24/7", "Mo-Fr 08:00-16:00", "Mo-Th 08:00-16:00; Fr 08:00-24:00"]),
    phone=st.sampled_from(["+40 20 7946 0123", "+351-21-555-0100", "+44207946012"]),
    languages=st.lists(st.from_regex(r"[a-z]{2,3}", fullmatch=True), min_size=1, max_size=4, unique=True),
    zone=st.sampled_from(["Europe/Bucharest", "Atlantic/Azores", "UTC"]),
)
def test_whatever_a_member_says_of_itself_comes_back_the_same(
    name: str, hours: str, phone: str, languages: list[str], zone: str
) -> None:
    changed = replace(
        RO.profile, name=name, hours=hours, phone=phone, languages=tuple(languages), zone=zone, subdivision="B"
    )
    card = Member("ro", keys=RO.keys).card(changed=changed)
    assert read_card_file(card.file) == card
    jsonschema.validate(payload_of(card.card), SCHEMA)


# --- Keys over time -----------------------------------------------------------------------------


def test_a_retired_key_stays_on_the_card_for_what_it_signed_before() -> None:
    member = Member("ro")
    first = member.card(at=ISSUED)
    old = first.signer
    member.rotate_signing()
    second = member.card(at=ISSUED + HOUR)
    assert second.card.serial == 2
    assert second.signer != old
    assert key_named(second.card, kid=old, use=Use.SIGN, at=ISSUED).until == ISSUED + HOUR + OVERLAP
    with pytest.raises(KeyNotInForceError):
        key_named(second.card, kid=old, use=Use.SIGN, at=ISSUED + HOUR + OVERLAP)
    assert newest_key(second.card, use=Use.SIGN, at=ISSUED + HOUR).kid == second.signer
    assert not kids_left_out(second.card, first.card)


def test_a_revoked_key_is_left_out_for_good() -> None:
    member = Member("ro")
    first = member.card(at=ISSUED)
    member.rotate_signing()
    second = member.card(at=ISSUED + HOUR, revoked=frozenset({first.signer}))
    assert kids_left_out(second.card, first.card) == {first.signer}
    with pytest.raises(KeyNotInForceError):
        key_named(second.card, kid=first.signer, use=Use.SIGN, at=ISSUED)


def test_a_key_that_stays_keeps_the_instant_from_which_it_is_in_force() -> None:
    member = Member("ro")
    member.card(at=ISSUED)
    second = member.card(at=ISSUED + HOUR)
    assert all(key.since == ISSUED for key in second.card.keys)


def test_a_key_for_one_use_is_not_found_for_another() -> None:
    with pytest.raises(KeyNotInForceError, match="seal"):
        key_named(CARD.card, kid=CARD.signer, use=Use.SEAL, at=ISSUED)


def test_a_key_is_in_force_from_its_first_instant_up_to_its_last() -> None:
    key = replace(CARD.card.keys[0], until=ISSUED + HOUR)
    instants = [ISSUED - timedelta(milliseconds=1), ISSUED, ISSUED + HOUR - timedelta(milliseconds=1), ISSUED + HOUR]
    assert [key.in_force(at) for at in instants] == [False, True, True, False]


def test_keys_of_a_suite_of_the_future_are_carried_and_not_used() -> None:
    future = replace(CARD.card.keys[0], kid="f" * 16, suite="tocsin-9", public="x" * 1600)
    card = replace(CARD.card, keys=(*CARD.card.keys, future), suites=("tocsin-1", "tocsin-9"))
    read = read_card(sign_card(card, key=RO.keys.signing).jws)
    assert future in read.card.keys
    with pytest.raises(KeyNotInForceError):
        key_named(read.card, kid="f" * 16, use=Use.SIGN, at=ISSUED)


@pytest.mark.parametrize(
    ("member", "state"),
    [("ro", "RO"), ("ro-police", "RO"), ("gr", "GR"), ("hub", None), ("example-mail", None), ("r", None)],
)
def test_ids_of_two_letters_belong_to_states(member: str, state: str | None) -> None:
    assert state_of_member(member) == state


def test_a_second_point_of_a_state_has_its_own_card() -> None:
    member = Member("ro")
    draft = replace(member.draft(), member=MemberId("ro-police"), kind=CardKind.STATE)
    assert sign_card(draft, key=member.keys.signing).card.member == "ro-police"


@given(st.binary(min_size=32, max_size=32))
def test_an_age_recipient_gives_back_its_key(public: bytes) -> None:
    assert age_key.public_of(age_key.recipient_of(public)) == public


@given(st.text(max_size=70))
def test_what_is_no_age_recipient_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="age"):
        age_key.public_of(text)


# --- Vectors ------------------------------------------------------------------------------------

VECTORS = Path(__file__).parents[1] / "vectors" / "card"


def test_the_published_card_is_read_as_the_vector_says() -> None:
    read = read_card_file((VECTORS / "ro.card.json").read_bytes())
    expected = json.loads((VECTORS / "ro.payload.json").read_text())
    assert json.loads(canonical(payload_of(read.card))) == expected
    facts = json.loads((VECTORS / "facts.json").read_text())
    assert (read.sha256, read.signer) == (facts["sha256"], facts["signer"])


def test_the_published_keys_make_the_published_card() -> None:
    facts = json.loads((VECTORS / "facts.json").read_text())
    key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(facts["signing_key"]))
    made = sign_card(read_card_file((VECTORS / "ro.card.json").read_bytes()).card, key=key)
    assert made.file == (VECTORS / "ro.card.json").read_bytes()


def test_each_published_bad_card_is_refused_with_its_code() -> None:
    for name, case in json.loads((VECTORS / "refused.json").read_text()).items():
        with pytest.raises(TocsinError) as refused:
            read_card_file(case["file"].encode())
        assert refused.value.code == case["code"], name
