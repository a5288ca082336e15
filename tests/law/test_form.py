"""What may stand in a field of each kind."""

import ipaddress
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.law.conditions import Circumstances, Condition, all_known, any_known, holds, is_filled
from tocsin.law.faults import FaultCode, Spot
from tocsin.law.form import form_faults
from tocsin.law.identifiers import IDENTIFIER_TYPES, identifier_faults
from tocsin.law.provisions import Basis, Field, FieldKind, Form, Grounds, Option
from tocsin.law.vocabulary import Confidence, DataCategory, Known, Reader

BASIS = Basis(act="Example Act", article="Article 1", confidence=Confidence.INTERPRETATION)
OPTIONS = (Option(id="a", label="A"), Option(id="b", label="B"), Option(id="never", label="N", stops="Article 9"))
GROUNDS = Grounds(options=(Option(id="life", label="a threat to life"),), basis=BASIS)
CHOSEN = (FieldKind.CHOICE, FieldKind.TICKS, FieldKind.DECLARATIONS)


def field(kind: FieldKind, **more: Any) -> Field:
    options = OPTIONS[:2] if kind is FieldKind.DECLARATIONS else OPTIONS if kind in CHOSEN else ()
    return Field(id="it", kind=kind, label="It", options=options, basis=BASIS, **more)


def faults(kind: FieldKind, value: object, **more: Any) -> list[tuple[str, str]]:
    form = Form(id="ask", title="Ask", fields=(field(kind, **more),), basis=BASIS)
    found = form_faults(
        form,
        {"it": value},
        reader=Reader.ADDRESSEE,
        circumstances=Circumstances(form={"it": value}),
        emergency=GROUNDS,
        urgency=GROUNDS,
    )
    return [(each.field, str(each.code)) for each in found]


GOOD: Mapping[FieldKind, list[object]] = {
    FieldKind.TEXT: ["Text", "x" * 10_000],
    FieldKind.NUMBER: [1, 90],
    FieldKind.BOOLEAN: [True, False],
    FieldKind.CHOICE: ["a"],
    FieldKind.TICKS: [["a"], ["a", "b"]],
    FieldKind.DECLARATIONS: [["a", "b"]],
    FieldKind.DATE: ["2026-11-24", "2028-02-29"],
    FieldKind.INSTANT: ["2026-11-24T03:00:00+02:00", "2026-11-24T01:00:00Z"],
    FieldKind.PERIOD: [{"from": "2026-11-20T00:00:00+02:00", "until": "2026-11-21T00:00:00+02:00"}],
    FieldKind.IDENTIFIERS: [[{"type": "email", "value": "user@mail.example"}]],
    FieldKind.AUTHORITY: [{"name": "Police", "email": "desk@police.example", "languages": ["ro", "pt-PT"]}],
    FieldKind.PERSON: [{"name": "Ioana Exemplu", "born": "1980-02-29"}],
    FieldKind.REFERENCE: [{"authority": "Police", "number": "7", "date": "2026-11-20", "sent_on": "2026-11-21"}],
    FieldKind.OFFENCE: [{"qualification": "Fraud", "provisions": "Art. 1", "max_penalty_months": 60, "listed": []}],
    FieldKind.LANGUAGE: ["pt", "pt-PT", "sr-Latn-RS"],
    FieldKind.CATEGORIES: [["SUBSCRIBER"]],
    FieldKind.EMERGENCY: [{"ground": "life", "reasons": "A threat."}],
    FieldKind.URGENCY: [{"ground": "life", "reasons": "A threat.", "answer_by": "2026-11-24T03:00:00Z"}],
    FieldKind.PRIVILEGE: ["none", "lawyer"],
}

BAD: list[tuple[FieldKind, object, list[tuple[str, str]]]] = [
    (FieldKind.TEXT, 7, [("it", "value-type")]),
    (FieldKind.TEXT, "x" * 10_001, [("it", "text-too-long")]),
    (FieldKind.NUMBER, True, [("it", "value-type")]),
    (FieldKind.NUMBER, 0, [("it", "number-range")]),
    (FieldKind.NUMBER, "7", [("it", "value-type")]),
    (FieldKind.BOOLEAN, "yes", [("it", "value-type")]),
    (FieldKind.CHOICE, "c", [("it", "option-unknown")]),
    (FieldKind.CHOICE, ["a"], [("it", "value-type")]),
    (FieldKind.CHOICE, "never", [("it", "option-stops")]),
    (FieldKind.TICKS, ["a", "c"], [("it[1]", "option-unknown")]),
    (FieldKind.TICKS, "a", [("it", "value-type")]),
    (FieldKind.TICKS, ["never"], [("it[0]", "option-stops")]),
    (FieldKind.DECLARATIONS, ["a"], [("it", "declaration-missing")]),
    (FieldKind.DATE, "24.11.2026", [("it", "date-invalid")]),
    (FieldKind.DATE, "2026-02-29", [("it", "date-invalid")]),
    (FieldKind.DATE, "20261124", [("it", "date-invalid")]),
    (FieldKind.INSTANT, "2026-11-24T03:00:00", [("it", "utc-offset-missing")]),
    (FieldKind.INSTANT, "2026-11-24T25:00:00Z", [("it", "instant-invalid")]),
    (FieldKind.INSTANT, "20261124T030000+0200", [("it", "instant-invalid")]),
    (FieldKind.INSTANT, 1700000000, [("it", "instant-invalid")]),
    (FieldKind.PERIOD, "last week", [("it", "value-type")]),
    (FieldKind.PERIOD, {"from": "2026-11-20T00:00:00Z"}, [("it.until", "part-missing")]),
    (
        FieldKind.PERIOD,
        {"from": "2026-11-20T00:00:00Z", "until": "2026-11-20T00:00:00Z"},
        [("it", "period-reversed")],
    ),
    (
        FieldKind.PERIOD,
        {"from": "2026-11-20T00:00", "until": "2026-11-21T00:00"},
        [("it.from", "utc-offset-missing"), ("it.until", "utc-offset-missing")],
    ),
    (FieldKind.AUTHORITY, "Police", [("it", "value-type")]),
    (FieldKind.AUTHORITY, {"phone": "+40"}, [("it.name", "part-missing")]),
    (FieldKind.AUTHORITY, {"name": "P", "rank": "x"}, [("it.rank", "part-unknown")]),
    (FieldKind.AUTHORITY, {"name": "P", "email": "none"}, [("it.email.value", "identifier-wrong")]),
    (FieldKind.AUTHORITY, {"name": "P", "languages": "ro"}, [("it.languages", "value-type")]),
    (FieldKind.AUTHORITY, {"name": "P", "languages": ["Romanian"]}, [("it.languages[0]", "language-invalid")]),
    (FieldKind.PERSON, {"name": "I", "born": "yesterday"}, [("it.born", "date-invalid")]),
    (FieldKind.REFERENCE, {"authority": "P", "number": "7"}, [("it.date", "part-missing")]),
    (FieldKind.OFFENCE, {"qualification": "Fraud"}, [("it.provisions", "part-missing")]),
    (
        FieldKind.OFFENCE,
        {"qualification": "F", "provisions": "1", "listed": ["all"], "max_penalty_months": -1, "online": "yes"},
        [("it.max_penalty_months", "number-range"), ("it.online", "value-type"), ("it.listed[0]", "option-unknown")],
    ),
    (FieldKind.OFFENCE, {"qualification": "F", "provisions": "1", "listed": "all"}, [("it.listed", "value-type")]),
    (FieldKind.LANGUAGE, "Portuguese", [("it", "language-invalid")]),
    (FieldKind.CATEGORIES, ["METADATA"], [("it[0]", "option-unknown")]),
    (FieldKind.EMERGENCY, {"ground": "life"}, [("it.reasons", "part-missing")]),
    (FieldKind.EMERGENCY, {"ground": "property", "reasons": "x"}, [("it.ground", "emergency-too-wide")]),
    (FieldKind.EMERGENCY, {"ground": "rain", "reasons": "x"}, [("it.ground", "option-unknown")]),
    (FieldKind.URGENCY, {"ground": "life", "reasons": "x", "answer_by": "soon"}, [("it.answer_by", "instant-invalid")]),
    (FieldKind.PRIVILEGE, "plumber", [("it", "option-unknown")]),
    (FieldKind.IDENTIFIERS, {"type": "ip"}, [("it", "value-type")]),
    (FieldKind.IDENTIFIERS, ["203.0.113.7"], [("it[0]", "value-type")]),
]


def test_every_kind_has_its_good_values() -> None:
    assert set(GOOD) == set(FieldKind)


@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, values in GOOD.items() for value in values])
def test_a_good_value_has_no_fault(kind: FieldKind, value: object) -> None:
    assert faults(kind, value) == []


@pytest.mark.parametrize(("kind", "value", "expected"), BAD)
def test_a_bad_value_gets_every_fault_at_once(kind: FieldKind, value: object, expected: list[tuple[str, str]]) -> None:
    assert faults(kind, value) == expected


@pytest.mark.parametrize("blank", [None, "", "   ", [], {}])
@pytest.mark.parametrize("kind", list(FieldKind))
def test_what_is_blank_says_nothing(kind: FieldKind, blank: object) -> None:
    assert faults(kind, blank) == []
    assert faults(kind, blank, required=True) == [("it", "field-missing")]


def test_a_field_that_the_form_has_not_is_a_fault() -> None:
    form = Form(id="ask", title="Ask", fields=(field(FieldKind.TEXT),), basis=BASIS)
    (found,) = form_faults(form, {"mood": "x"}, reader=Reader.ADDRESSEE, circumstances=Circumstances())
    assert (found.field, found.code) == ("mood", FaultCode.FIELD_UNKNOWN)
    assert found.rule == "Example Act, Article 1 (interpretation)"


# -- identifiers -----------------------------------------------------------------------------------

SPOT = Spot("identifiers[0]", "Identifier", "Example Act")
AT = "2026-11-20T21:14:00+02:00"


def codes(value: object) -> list[str]:
    return [str(each.code) for each in identifier_faults(value, SPOT)]


@pytest.mark.parametrize(
    "value",
    [
        {"type": "ip", "value": "203.0.113.7", "at": AT, "port": 443, "protocol": "tcp"},
        {"type": "ip", "value": "2001:db8::1", "at": AT},
        {"type": "email", "value": "first.last+tag@mail.example"},
        {"type": "phone", "value": "+351 21 000 0000"},
        {"type": "account", "value": "example.user", "service": "mail.example"},
        {"type": "user", "value": "Ioana Exemplu"},
        {"type": "domain", "value": "shop.example"},
        {"type": "url", "value": "https://shop.example/path?x=1"},
        {"type": "url", "value": "https://203.0.113.7:8443/"},
        {"type": "iban", "value": "GB82 WEST 1234 5698 7654 32"},
        {"type": "imei", "value": "49-015420-323751-8"},
        {"type": "mac", "value": "00:00:5e:00:53:01"},
        {"type": "other", "value": "wallet 1", "note": "address of a wallet"},
    ],
)
def test_a_good_identifier_has_no_fault(value: dict[str, object]) -> None:
    assert codes(value) == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"type": "ip", "value": "203.0.113.256", "at": AT}, ["identifier-wrong"]),
        ({"type": "ip", "value": "203.0.113.7", "port": 1}, ["ip-time-missing"]),
        ({"type": "ip", "value": "192.168.1.7", "at": AT, "port": 1}, ["ip-not-public"]),
        ({"type": "ip", "value": "100.64.0.1", "at": AT, "port": 1}, ["ip-not-public"]),
        ({"type": "ip", "value": "127.0.0.1", "at": AT, "port": 1}, ["ip-not-public"]),
        ({"type": "ip", "value": "fe80::1", "at": AT}, ["ip-not-public"]),
        ({"type": "ip", "value": "203.0.113.7", "at": AT, "port": 70_000}, ["number-range"]),
        ({"type": "ip", "value": "203.0.113.7", "at": AT, "port": True}, ["number-range"]),
        ({"type": "ip", "value": "203.0.113.7", "at": AT, "shared": "maybe"}, ["option-unknown"]),
        ({"type": "ip", "value": "203.0.113.7", "at": AT, "shared": "yes"}, ["ip-port-missing"]),
        ({"type": "ip", "value": "203.0.113.7", "at": AT}, ["ip-port-question"]),
        ({"type": "ip", "value": "203.0.113.7", "fixed": "yes", "port": 1}, ["value-type", "ip-time-missing"]),
        ({"type": "email", "value": "user@localhost"}, ["identifier-wrong"]),
        ({"type": "email", "value": "user at mail.example"}, ["identifier-wrong"]),
        ({"type": "phone", "value": "0210000000"}, ["identifier-wrong"]),
        ({"type": "account", "value": "example.user"}, ["part-missing"]),
        ({"type": "domain", "value": "203.0.113.7"}, ["identifier-wrong"]),
        ({"type": "domain", "value": "-x.example"}, ["identifier-wrong"]),
        ({"type": "url", "value": "ftp://shop.example"}, ["identifier-wrong"]),
        ({"type": "iban", "value": "GB82 WEST 1234 5698 7654 33"}, ["identifier-wrong"]),
        ({"type": "imei", "value": "490154203237519"}, ["identifier-wrong"]),
        ({"type": "mac", "value": "00:00:5e:00:53"}, ["identifier-wrong"]),
        ({"type": "email", "value": "user@mail.example", "port": 1}, ["part-unknown"]),
        ({"type": "soul", "value": "x"}, ["option-unknown"]),
        ({"type": "email"}, ["part-missing"]),
        ({"type": "email", "value": 7}, ["value-type"]),
        ({"type": "other", "value": "x"}, ["part-missing"]),
    ],
)
def test_a_wrong_identifier_says_what_is_wrong(value: dict[str, object], expected: list[str]) -> None:
    assert codes(value) == expected


@given(st.ip_addresses(), st.integers(1, 65535))
def test_an_address_with_port_and_offset_is_wrong_only_if_it_names_nobody_outside(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address, port: int
) -> None:
    found = codes({"type": "ip", "value": str(address), "at": AT, "port": port})
    assert found in ([], ["ip-not-public"])
    if address.is_private and str(address).split(".", maxsplit=1)[0] in {"10", "127"}:
        assert found == ["ip-not-public"]


@given(st.sampled_from(IDENTIFIER_TYPES), st.text(min_size=1, max_size=40))
def test_no_text_breaks_a_check(kind: str, text: str) -> None:
    for each in identifier_faults({"type": kind, "value": text}, SPOT):
        assert each.sentence


# -- conditions ------------------------------------------------------------------------------------

YES, NO, UNKNOWN = Known.YES, Known.NO, Known.UNKNOWN


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Condition(), YES),
        (Condition(categories=frozenset({DataCategory.TRAFFIC})), YES),
        (Condition(categories=frozenset({DataCategory.CONTENT})), NO),
        (Condition(only=frozenset({DataCategory.TRAFFIC})), NO),
        (Condition(only=frozenset({DataCategory.TRAFFIC, DataCategory.SUBSCRIBER})), YES),
        (Condition(urgent=True), YES),
        (Condition(emergency=True), NO),
        (Condition(field="status", any_of=("new",)), YES),
        (Condition(field="status", any_of=("old",)), NO),
        (Condition(field="missing", any_of=("new",)), NO),
        (Condition(field="missing", filled=False), YES),
        (Condition(field="ticks", any_of=("b", "z")), YES),
        (Condition(field="offence.listed", any_of=("x",)), UNKNOWN),  # the field is there and does not say
        (Condition(field="ticks", none_of=("b", "z")), NO),
        (Condition(field="ticks", none_of=("z",)), YES),
        (Condition(field="offence.listed", none_of=("x",)), UNKNOWN),
        (Condition(bound="ets185"), YES),
        (Condition(bound="dir2013_40"), UNKNOWN),
        (Condition(bound="cets224", urgent=True), NO),
        (Condition(bound="dir2013_40", emergency=True), NO),  # no beats unknown
        (Condition(reserved="ets185.29.4"), UNKNOWN),
    ],
)
def test_a_condition_is_answered_in_three_values(condition: Condition, expected: Known) -> None:
    circumstances = Circumstances(
        categories=frozenset({DataCategory.TRAFFIC, DataCategory.SUBSCRIBER}),
        urgent=True,
        form={"status": "new", "ticks": ["a", "b"], "offence": {"qualification": "x"}},
        bound={"ets185": YES, "cets224": NO},
    )
    assert holds([condition], circumstances) is expected


def test_before_there_is_a_form_what_hangs_on_it_is_unknown() -> None:
    assert holds([Condition(field="status", filled=False)], Circumstances(form_known=False)) is UNKNOWN


def test_no_condition_at_all_always_holds() -> None:
    assert holds([], Circumstances()) is YES


@given(st.lists(st.sampled_from(Known), min_size=1))
def test_one_no_decides_all_and_one_yes_decides_any(answers: list[Known]) -> None:
    assert (all_known(answers) is NO) is (NO in answers)
    assert (any_known(answers) is YES) is (YES in answers)
    assert (all_known(answers) is YES) is (set(answers) == {YES})
    assert (any_known(answers) is NO) is (set(answers) == {NO})


@pytest.mark.parametrize(("value", "expected"), [(False, True), (0, True), ("x", True), (" ", False), ((), False)])
def test_false_and_nought_say_something(value: object, expected: bool) -> None:  # noqa: FBT001 - a table
    assert is_filled(value) is expected
