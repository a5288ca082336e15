from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.directory.errors import EndpointRefusedError
from tocsin.directory.rules.endpoint import check_address, endpoint_of, fault_of_endpoint

# What a card could name, and where it would lead: refused everywhere unless it says otherwise.
ALWAYS_REFUSED = {
    "link-local": "169.254.1.1",
    "the metadata service of most clouds": "169.254.169.254",
    "the metadata service over IPv6": "fd00:ec2::254",
    "a metadata service in shared space": "100.100.100.200",
    "a metadata service in public space": "168.63.129.16",
    "a metadata service in the protocol range": "192.0.0.192",
    "unspecified": "0.0.0.0",  # noqa: S104 - refused, not bound to
    "this network": "0.1.2.3",
    "broadcast": "255.255.255.255",
    "reserved": "240.0.0.1",
    "multicast": "224.0.0.251",
    "documentation": "192.0.2.1",
    "benchmarks": "198.18.0.1",
    "unspecified over IPv6": "::",
    "link-local over IPv6": "fe80::1",
    "site-local over IPv6": "fec0::1",
    "multicast over IPv6": "ff02::1",
    "documentation over IPv6": "2001:db8::1",
    "loopback, mapped": "::ffff:127.0.0.1",
    "metadata, mapped": "::ffff:169.254.169.254",
    "a public address, mapped": "::ffff:8.8.8.8",
    "loopback in 6to4": "2002:7f00:1::",
    "loopback in NAT64": "64:ff9b::7f00:1",
    "loopback in local NAT64": "64:ff9b:1::7f00:1",
    "loopback, compatible": "::127.0.0.1",
    "Teredo": "2001:0:53aa:64c::1",
    "outside of what was given out": "4000::1",
}
PRIVATE = {
    "loopback": "127.0.0.1",
    "all of loopback": "127.255.255.254",
    "ten": "10.0.0.1",
    "a hundred and seventy-two": "172.31.255.255",
    "a hundred and ninety-two": "192.168.0.1",
    "shared": "100.64.0.1",
    "loopback over IPv6": "::1",
    "unique local": "fd12:3456:789a::1",
}
PUBLIC = {"IPv4": "8.8.8.8", "just outside of ten": "11.0.0.1", "IPv6": "2a00:1450::1"}


@pytest.mark.parametrize("address", ALWAYS_REFUSED.values(), ids=ALWAYS_REFUSED)
@pytest.mark.parametrize("private_allowed", [False, True])
def test_an_address_that_is_nobodys_node_is_never_called(address: str, private_allowed: bool) -> None:  # noqa: FBT001
    with pytest.raises(EndpointRefusedError):
        check_address(ip_address(address), private_allowed=private_allowed)


@pytest.mark.parametrize("address", PRIVATE.values(), ids=PRIVATE)
def test_a_private_address_is_called_only_where_the_settings_allow_it(address: str) -> None:
    with pytest.raises(EndpointRefusedError, match="loopback or in a private range"):
        check_address(ip_address(address), private_allowed=False)
    check_address(ip_address(address), private_allowed=True)


@pytest.mark.parametrize("address", PUBLIC.values(), ids=PUBLIC)
def test_a_public_address_is_called(address: str) -> None:
    check_address(ip_address(address), private_allowed=False)


@given(st.ip_addresses(v=4, network="127.0.0.0/8") | st.ip_addresses(v=4, network="10.0.0.0/8"))
def test_no_private_address_slips_through_in_any_wrapping(inner: object) -> None:
    number = int(ip_address(str(inner)))
    wrapped = [f"::ffff:{inner}", f"::{inner}", str(ip_address((0x2002 << 112) | (number << 80)))]
    for address in [str(inner), *wrapped, str(ip_address((0x64FF9B << 96) | number))]:
        with pytest.raises(EndpointRefusedError):
            check_address(ip_address(address), private_allowed=False)


GOOD_FORMS = ["https://node.ro.example", "https://node.ro.example:8443", "https://192.0.2.1", "https://[2001:db8::1]:1"]
BAD_FORMS = [
    "",
    "https://",
    "https://:8443",
    "http://node.ro.example",
    "ftp://node.ro.example",
    "HTTPS://node.ro.example",
    "https://NODE.ro.example",
    "https://node.ro.example/",
    "https://node.ro.example/inbox",
    "https://node.ro.example?x",
    "https://node.ro.example#x",
    "https://user@node.ro.example",
    "https://user:secret@node.ro.example",
    "https://node.ro.example:443",
    "https://node.ro.example:08443",
    "https://node.ro.example:0",
    "https://node.ro.example:65536",
    "https://node.ro.example:",
    "https://node.ro.example.",
    "https://node..example",
    "https://-node.example",
    "https://node_.example",
    "https://node.ro.example\\@127.0.0.1",
    "https://node.ro.example%00",
    "https://node.ro.example\n",
    " https://node.ro.example",
    "https://2130706433",
    "https://0x7f000001",
    "https://127.1",
    "https://0177.0.0.1",
    "https://127.0.0.1.",
    "https://[::1%25lo]",
    "https://[0:0:0:0:0:0:0:1]",
    "https://[::1",
    "https://xn--" + "a" * 60 + ".example",
    "https://" + "a." * 127 + "example",
    "https://пример.example",
]


@pytest.mark.parametrize("written", GOOD_FORMS)
def test_a_plain_origin_has_the_form_of_an_endpoint(written: str) -> None:
    assert fault_of_endpoint(written) is None


@pytest.mark.parametrize("written", BAD_FORMS)
def test_what_is_more_or_less_than_an_origin_is_refused(written: str) -> None:
    assert fault_of_endpoint(written)
    with pytest.raises(EndpointRefusedError):
        endpoint_of(written, private_allowed=True)


@given(st.text(max_size=60).map(lambda text: "https://" + text) | st.text(max_size=60))
def test_an_endpoint_is_written_in_one_way_only(written: str) -> None:
    if fault_of_endpoint(written) is None:
        assert endpoint_of(written, private_allowed=True).url == written


@pytest.mark.parametrize("host", ["localhost", "db.localhost", "printer.local", "vault.internal", "box.home.arpa"])
def test_names_of_local_networks_are_refused_before_they_are_looked_up(host: str) -> None:
    with pytest.raises(EndpointRefusedError, match="local network"):
        endpoint_of(f"https://{host}", private_allowed=False)
    assert endpoint_of(f"https://{host}", private_allowed=True).host == host


def test_an_address_in_a_card_is_checked_before_it_is_called() -> None:
    with pytest.raises(EndpointRefusedError, match="loopback"):
        endpoint_of("https://127.0.0.1:8443", private_allowed=False)
    assert endpoint_of("https://127.0.0.1:8443", private_allowed=True).port == 8443
