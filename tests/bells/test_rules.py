"""Gateways, words and Web Push: rules that need no database."""

import json
from datetime import UTC, datetime
from string import Formatter

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey

from tests.bells.scene import Browser
from tocsin.bells.rules import occasions
from tocsin.bells.rules.occasions import Occasion, occasion_of, said
from tocsin.bells.rules.settings import PUSH_HOSTS, BellSettings, faults_of, gateways_in
from tocsin.bells.rules.webpush import (
    Subscription,
    from_base64,
    is_called,
    public_of,
    sealed_for,
    subscription_in,
    to_base64,
    vouched,
)

AT = datetime(2026, 11, 24, 3, tzinfo=UTC)
SMS = '[sms]\nlabel = "Text"\nurl = "json://user:secret@gateway.example/{to}"\ntakes = "phone"\n'


# --- Gateways -----------------------------------------------------------------------------------


def test_a_gateway_takes_what_its_kind_takes_and_quotes_it() -> None:
    gateway = gateways_in(SMS)["sms"]
    assert gateway.url_for("+40215550100") == "json://user:secret@gateway.example/%2B40215550100"
    assert "secret" not in repr(gateway)


@given(st.text(max_size=40), st.sampled_from(["phone", "address", "name"]))
def test_nobody_can_write_another_address_into_a_gateway(to: str, takes: str) -> None:
    gateway = gateways_in(SMS.replace("phone", takes))["sms"]
    try:
        url = gateway.url_for(to)
    except ValueError:
        return
    inside = url.removeprefix("json://user:secret@gateway.example/")
    assert not set(inside) & set("/?#@:& \r\n")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("x = 1", "is a table"),
        ("[sms", "is not TOML"),
        (SMS.replace("{to}", ""), "one {to} in it"),
        (SMS.replace("{to}", "{to}/{to}"), "one {to} in it"),
        (SMS.replace('"phone"', '"anything"'), "takes is one of"),
        (SMS.replace('"Text"', '""'), "label is what people read"),
        (SMS + "token = 1\n", "has no key token"),
        (SMS.replace("[sms]", "[Sms]"), "small letters"),
    ],
)
def test_a_fault_in_the_file_is_named(text: str, rule: str) -> None:
    with pytest.raises(ValueError, match=r".") as error:
        gateways_in(text)
    assert rule in str(error.value)


def test_push_needs_somebody_whom_a_service_can_write_to() -> None:
    assert [key for key, _ in faults_of(BellSettings(push=True))] == ["bells.push_contact"]
    assert faults_of(BellSettings(push=True, push_contact="mailto:desk@authority.example")) == []


# --- Words --------------------------------------------------------------------------------------


def test_every_sentence_that_leaves_has_room_for_a_number_and_for_nothing_else() -> None:
    sentences = [
        *occasions.TITLES.values(),
        *occasions._WORDS.values(),
        occasions.SHIFT,
        occasions.TRIAL,
        occasions.MORE,
    ]
    for each in sentences:
        assert {name for _, name, _, _ in Formatter().parse(each) if name} <= {"number"}, each


@pytest.mark.parametrize(
    ("alarm", "occasion"),
    [
        ("unopened-first", Occasion.URGENT),
        ("unopened-deputy", Occasion.UNOPENED),
        ("unopened-again", Occasion.UNOPENED),
        ("deputy", Occasion.SOON),
        ("lapses-in-2-days", Occasion.SOON),
        ("strict-passed", Occasion.MISSED),
        ("missed-by-them", Occasion.MISSED),
        ("lapsed", Occasion.MISSED),
        ("something-new", Occasion.OTHER),
    ],
)
def test_each_alarm_has_its_occasion(alarm: str, occasion: Occasion) -> None:
    assert occasion_of(alarm) is occasion


def test_an_exercise_says_so_on_top() -> None:
    title, text = said(Occasion.URGENT, number="5d0c1a2b", exercise=True, translate=str)
    assert title == "EXERCISE · An urgent request came"
    assert text == "Request 5d0c1a2b: open it at the desk now."


# --- Web Push -----------------------------------------------------------------------------------


def test_the_example_of_rfc_8291_comes_out_byte_for_byte() -> None:
    """RFC 8291, Appendix A."""
    private = int.from_bytes(from_base64("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big")
    to = Subscription(
        endpoint="https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV",
        public=from_base64("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
        auth=from_base64("BTBZMqHH6r4Tts7J_aSIgg"),
    )
    made = sealed_for(
        b"When I grow up, I want to be a watermelon",
        to,
        salt=from_base64("DGv6ra1nlYgDCS1FRnbzlw"),
        key=ec.derive_private_key(private, ec.SECP256R1()),
    )
    assert to_base64(made) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
        "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


@given(st.binary(max_size=3000))
def test_the_browser_reads_what_was_sealed_for_it_and_nobody_else_does(message: bytes) -> None:
    browser = Browser("https://web.push.apple.com/x")
    to = subscription_in(browser.subscription, hosts=PUSH_HOSTS)
    text = json.dumps(to_base64(message)).encode()[:3000]
    sealed = sealed_for(text, to, salt=b"0123456789abcdef", key=ec.generate_private_key(ec.SECP256R1()))
    if len(text) < 3000:
        assert browser.read(sealed) == json.loads(text)
    assert text not in sealed or len(text) < 4


def test_who_sends_is_vouched_for_as_another_library_reads_it() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    header = vouched("https://web.push.apple.com/x?y=1", contact="mailto:desk@authority.example", key=key, at=AT)
    token, _, public = header.removeprefix("vapid t=").partition(", k=")
    read = jwt.decode(token, ECKey.import_key(key.public_key()), algorithms=["ES256"])
    assert read.header["alg"] == "ES256"
    assert read.claims["aud"] == "https://web.push.apple.com"
    assert read.claims["sub"] == "mailto:desk@authority.example"
    assert 0 < read.claims["exp"] - AT.timestamp() <= 86400
    assert public == public_of(key)


@pytest.mark.parametrize(
    ("endpoint", "called"),
    [
        ("https://fcm.googleapis.com/fcm/send/x", True),
        ("https://db5p.notify.windows.com/w/?token=x", True),
        ("https://fcm.googleapis.com:443/x", True),
        ("http://fcm.googleapis.com/x", False),
        ("https://fcm.googleapis.com:8443/x", False),
        ("https://fcm.googleapis.com.evil.example/x", False),
        ("https://user@fcm.googleapis.com/x", False),
        ("https://127.0.0.1/x", False),
        ("https://[::1]/x", False),
        ("file:///etc/passwd", False),
        ("https://fcm.googleapis.com\\@evil.example/", False),
        ("https://fcm.googleapis.com:notaport/x", False),
        ("https://fcm.googleapis.com/\r\nX: y", False),
    ],
)
def test_a_browser_cannot_make_this_node_call_another_address(endpoint: str, *, called: bool) -> None:
    assert is_called(endpoint, hosts=PUSH_HOSTS) is called


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        '{"endpoint": "https://fcm.googleapis.com/x", "keys": {"p256dh": "AAAA", "auth": "AAAA"}}',
        '{"endpoint": 1, "keys": {"p256dh": "AAAA", "auth": "AAAA"}}',
        Browser("https://evil.example/x").subscription,
    ],
)
def test_what_is_no_subscription_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        subscription_in(text, hosts=PUSH_HOSTS)
