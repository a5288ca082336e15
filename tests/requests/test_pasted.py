"""What somebody pasted, read: each kind by examples; no text whatever makes it raise, and nothing is added."""

import ipaddress
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.law.faults import Spot
from tocsin.law.identifiers import identifier_faults
from tocsin.requests.rules.keccak import keccak_256
from tocsin.requests.rules.pasted import MOST_FOUND, Pasted, recognised

READ = [
    # pasted, type, value, at, port, what is still asked
    ("203.0.113.7 2026-11-20 21:14", "ip", "203.0.113.7", "2026-11-20T21:14:00", None, ("zone", "port")),
    ("203.0.113.7:51413 at 2026-11-20T21:14:05Z", "ip", "203.0.113.7", "2026-11-20T21:14:05+00:00", 51413, ()),
    (
        '203.0.113.7 - - [20/Nov/2026:21:14:05 +0200] "GET / HTTP/1.1"',
        *("ip", "203.0.113.7", "2026-11-20T21:14:05+02:00", None, ("port",)),
    ),
    ("198.51.100.2 20.11.2026 21:14:05 UTC+01:00", "ip", "198.51.100.2", "2026-11-20T21:14:05+01:00", None, ("port",)),
    ("198.51.100.2 at 2026-11-20 21:14:05 CET", "ip", "198.51.100.2", "2026-11-20T21:14:05", None, ("zone", "port")),
    ("198.51.100.2 2026-11-20 08:00-10:00", "ip", "198.51.100.2", "2026-11-20T08:00:00", None, ("zone", "port")),
    ("198.51.100.2 2026-11-20 08:00:00-10", "ip", "198.51.100.2", "2026-11-20T08:00:00-10:00", None, ("port",)),
    ("198.51.100.2 2026-11-20 08:00:00 UTC+1", "ip", "198.51.100.2", "2026-11-20T08:00:00", None, ("zone", "port")),
    ("198.51.100.2 (port 4321)", "ip", "198.51.100.2", "", 4321, ("at",)),
    ("2001:db8::7 2026-11-20 21:14:05.250 +02:00", "ip", "2001:db8::7", "2026-11-20T21:14:05+02:00", None, ()),
    ("[2001:DB8:0:0::7]:443", "ip", "2001:db8::7", "", 443, ("at",)),
    ("Seen from 203[.]0[.]113[.]7.", "ip", "203.0.113.7", "", None, ("at", "port")),
    ("write to Example.User@Mail.EXAMPLE, please", "email", "Example.User@mail.example", "", None, ()),
    ("hxxps://shop[.]example/pay?id=1.", "url", "https://shop.example/pay?id=1", "", None, ()),
    ("shop.example", "domain", "shop.example", "", None, ()),
    ("DE89 3704 0044 0532 0130 00 was paid", "iban", "DE89370400440532013000", "", None, ()),
    ("call +351 21 000 0000", "phone", "+351210000000", "", None, ()),
    ("call +44 (0)20 7946 0123", "phone", "+442079460123", "", None, ()),
    ("IMEI 49-015420-323751-8", "imei", "490154203237518", "", None, ()),
    ("00-00-5e-00-53-af", "mac", "00:00:5E:00:53:AF", "", None, ()),
    *(
        (wallet, "other", wallet, "", None, ())
        for wallet in (
            "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2",
            "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
            "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb",
        )
    ),
]
NOTHING = [
    ("a check digit that is wrong", "DE89 3704 0044 0532 0130 01"),
    ("a wallet with one letter changed", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN3"),
    ("a wallet whose capitals do not fit", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD"),
    ("a TRON wallet with one letter changed", "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwc"),
    ("a telephone number without its country", "021 000 0000"),
    ("a number of which a digit would have to go", "+110000000000"),
    ("an IMEI with a wrong check digit", "490154203237519"),
    ("a version", "version 1.2.3.4.5"),
    ("a network", "198.51.100.0/24"),
    ("a number over 255", "203.0.113.700"),
    ("a port over 65535", "203.0.113.7:70000"),
    ("a file", "report.pdf"),
    ("a domain in a sentence", "he used shop.example often"),
    ("an hour alone", "21:14:05"),
    ("nothing at all", ""),
]


@pytest.mark.parametrize(("text", "kind", "value", "at", "port", "asks"), READ, ids=[each[0] for each in READ])
def test_what_is_pasted_is_recognised_and_normalised(
    text: str, kind: str, value: str, at: str, port: int | None, asks: tuple[str, ...]
) -> None:
    (found,) = recognised(text)
    assert (found.type, found.value, found.at, found.port, found.asks) == (kind, value, at, port, asks)


@pytest.mark.parametrize(("why", "text"), NOTHING, ids=[each[0] for each in NOTHING])
def test_what_is_no_identifier_is_not_read_as_one(why: str, text: str) -> None:
    assert recognised(text) == (), why


def test_only_what_an_address_lacks_is_faulty_in_the_form() -> None:
    """Scenario S03: the time zone and the port, and nothing else."""
    (found,) = recognised("203.0.113.7 2026-11-20 21:14")
    faults = identifier_faults(found.identifier, Spot("identifiers[0]", "Identifier", "Article 29(2)(c)"))
    assert [(each.field, each.code.value) for each in faults] == [
        ("identifiers[0].at", "utc-offset-missing"),
        ("identifiers[0].port", "ip-port-question"),
    ]


def test_a_mail_header_tells_who_handed_it_over_and_when_each_server_saw_it() -> None:
    header = (
        "Received: from relay.example (relay.example [198.51.100.25])\r\n"
        "\tby mx.example.org (192.0.2.1) with ESMTPS id 4711;\r\n"
        "\tFri, 20 Nov 2026 21:14:09 +0200\r\n"
        "Received: from [10.0.0.5] ([203.0.113.7:51413]) by relay.example; Fri, 20 Nov 2026 19:14:05 -0000\r\n"
        "From: Invented Shop <Sales@Shop.Example>\r\n"
        "To: victim@example.org\r\n"
        "Message-ID: <20261120.1@relay.example>\r\n"
        "Date: Fri, 20 Nov 2026 21:14:00 +0200\r\n"
    )
    assert [(each.type, each.value, each.at, each.port) for each in recognised(header)] == [
        ("ip", "198.51.100.25", "2026-11-20T21:14:09+02:00", None),
        ("ip", "203.0.113.7", "2026-11-20T19:14:05", 51413),
        ("email", "Sales@shop.example", "", None),
    ]


def test_a_packet_log_gives_the_source_port_to_the_source_alone() -> None:
    line = "2026-11-20 21:14:05 kernel: IN=eth0 SRC=203.0.113.7 DST=198.51.100.2 PROTO=TCP SPT=51413 DPT=443"
    assert [(each.value, each.port) for each in recognised(line)] == [("203.0.113.7", 51413), ("198.51.100.2", None)]


def test_an_address_between_two_instants_takes_neither() -> None:
    (found,) = recognised("203.0.113.7 from 2026-11-20 21:14 to 2026-11-20 22:00")
    assert found.at == ""


def test_each_thing_is_found_once_and_no_more_than_a_form_can_bear() -> None:
    assert len(recognised("203.0.113.7\n" * 50)) == 1
    assert len(recognised("\n".join(f"198.51.100.{n}" for n in range(256)))) == MOST_FOUND


@pytest.mark.parametrize(
    ("message", "digest"),
    [
        (b"", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
        (b"abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),
    ],
)
def test_keccak_gives_the_published_digests(message: bytes, digest: str) -> None:
    assert keccak_256(message).hex() == digest


_PIECES = st.sampled_from(
    [each[0] for each in READ]
    + [each[1] for each in NOTHING]
    + [
        "Received: from [",
        "From: <",
        "]:",
        "::",
        "\n\n",
        " ",
        "\n",
        "+",
        "[20/Nov/",
        ":1e+00:00",
        "0x",
        "\x00",
        "\N{MATHEMATICAL DOUBLE-STRUCK DIGIT ONE}",
        "\N{ARABIC-INDIC DIGIT ONE}",
    ]
)
_TEXTS = st.one_of(
    st.text(max_size=300),
    st.text(alphabet=string.hexdigits + ":.[]/@+- \n", max_size=200),
    st.lists(st.one_of(_PIECES, st.text(max_size=5)), max_size=12).map("".join),
)


@given(_TEXTS)
def test_no_text_makes_it_fail_and_nothing_is_invented(text: str) -> None:
    plain = text.replace("[.]", ".")
    for found in recognised(text):
        assert found.written, found
        assert _letters(found.written) in _letters(plain).replace("(.)", ".").replace("[dot]", "."), found
        assert _is_what_was_written(found), found


def _letters(text: str) -> str:
    return (
        "".join(text.lower().split())
        .replace("hxxp", "http")
        .replace("[@]", "@")
        .replace("(at)", "@")
        .replace("[at]", "@")
        .replace("[:]", ":")
    )


def _is_what_was_written(found: Pasted) -> bool:
    """The value says the same as what was written: no digit or letter more or less."""
    if found.type == "ip":
        return ipaddress.ip_address(found.value) == ipaddress.ip_address(found.written)
    keep = {"phone": "0123456789", "imei": "0123456789"}.get(found.type)
    if keep:
        digits = [str(int(each)) for each in found.written.replace("(0)", "") if each.isdecimal()]
        return "".join(digits) == "".join(each for each in found.value if each in keep)
    if found.type in {"iban", "mac"}:
        return [e for e in found.written.upper() if e.isalnum()] == [e for e in found.value if e.isalnum()]
    return found.value.lower() == found.written.lower()


@given(_TEXTS)
def test_what_is_found_is_fit_for_a_form_but_for_what_it_asks(text: str) -> None:
    for found in recognised(text):
        named = {each.field.rpartition(".")[2] for each in identifier_faults(found.identifier, Spot("i[0]", "I", "r"))}
        assert named <= {"at", "port", "value"} if found.type == "ip" else not named, (found, named)
        assert {"port"} & named == {"port"} & set(found.asks)
