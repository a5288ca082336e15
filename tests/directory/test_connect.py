"""Calling a node: checked addresses, no second look at a name, and no certificate but the card's."""

import socket
from collections.abc import Iterator
from typing import Any

import httpcore
import httpx
import pytest

from tests.directory.cards import certificate
from tests.directory.web import served
from tocsin.directory.acts import connect
from tocsin.directory.acts.connect import checked_addresses, exchange, pinned_client
from tocsin.directory.errors import EndpointRefusedError, EndpointUnreachableError

OWN = (certificate("hub")[0],)
OTHER = (certificate("somebody else")[0],)


@pytest.fixture
def origin() -> Iterator[str]:
    with served({"x": b"hello", "long": b"x" * 100_000}) as place:
        yield place


def names(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """A name server of the attacker's: what it answers the first time, the second time … and what was asked."""
    asked: list[str] = []

    def resolve(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        if host.endswith(".example"):
            asked.append(host)
        else:  # an address that was checked: the system's own look at what it is
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))]
        addresses = answers[min(len(asked), len(answers)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return asked


def test_a_node_is_called_through_the_certificate_of_its_card(origin: str) -> None:
    client = pinned_client(origin, tls=OWN, private_allowed=True)
    answer = exchange(client, "GET", "/directory/x", limit=100)
    assert (answer.status, answer.content) == (200, b"hello")
    assert pinned_client(origin, tls=OWN, private_allowed=True) is client, "its connections stay open"


def test_another_certificate_is_refused_whoever_issued_it(origin: str) -> None:
    client = pinned_client(origin, tls=OTHER, private_allowed=True)
    with pytest.raises(EndpointUnreachableError, match="CERTIFICATE_VERIFY_FAILED"):
        exchange(client, "GET", "/directory/x", limit=100)


def test_during_a_change_either_of_a_cards_certificates_will_do(origin: str) -> None:
    client = pinned_client(origin, tls=OTHER + OWN, private_allowed=True)
    assert exchange(client, "GET", "/directory/x", limit=100).status == 200


def test_a_loopback_endpoint_is_refused_unless_the_settings_allow_it(origin: str) -> None:
    with pytest.raises(EndpointRefusedError, match="loopback"):
        pinned_client(origin, tls=OWN, private_allowed=False)


@pytest.mark.parametrize(
    "answers",
    [["127.0.0.1"], ["169.254.169.254"], ["8.8.8.8", "10.0.0.1"], ["::ffff:127.0.0.1"]],
    ids=["loopback", "metadata", "public and private at once", "mapped"],
)
def test_a_name_that_leads_where_it_must_not_is_refused(monkeypatch: pytest.MonkeyPatch, answers: list[str]) -> None:
    names(monkeypatch, answers)
    client = pinned_client("https://node.pt.example:8443", tls=OWN, private_allowed=False)
    with pytest.raises(EndpointRefusedError):
        client.get("/wire/inbox")


def test_a_name_is_looked_up_once_and_the_address_that_was_checked_is_called(
    monkeypatch: pytest.MonkeyPatch, origin: str
) -> None:
    """DNS rebinding: a good address for the check, the loopback for the connection."""
    asked = names(monkeypatch, ["8.8.8.8"], ["127.0.0.1"])
    called: list[str] = []

    def connect_tcp(_: object, host: str, port: int, *__: Any, **___: Any) -> Any:
        called.append(f"{host}:{port}")
        raise httpcore.ConnectError("nobody there")

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect_tcp)
    client = pinned_client("https://rebind.pt.example:8443", tls=OWN, private_allowed=False)
    with pytest.raises(httpx.ConnectError):
        client.get("/wire/inbox")
    assert (asked, called) == (["rebind.pt.example"], ["8.8.8.8:8443"])
    assert origin


def test_every_address_of_a_name_is_tried_in_turn(monkeypatch: pytest.MonkeyPatch, origin: str) -> None:
    port = int(origin.rpartition(":")[2])
    names(monkeypatch, ["127.0.0.9", "127.0.0.1"])
    client = pinned_client(f"https://two.pt.example:{port}", tls=OWN, private_allowed=True)
    assert exchange(client, "GET", "/directory/x", limit=100).content == b"hello"


def test_a_name_that_stands_for_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(*_: Any, **__: Any) -> list[Any]:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(EndpointUnreachableError, match="stands for no address"):
        checked_addresses("nowhere.example", 443, private_allowed=False)


def test_an_answer_longer_than_the_limit_is_cut_off_and_told(origin: str) -> None:
    client = pinned_client(origin, tls=OWN, private_allowed=True)
    with pytest.raises(EndpointUnreachableError, match="more than 1000 bytes"):
        exchange(client, "GET", "/directory/long", limit=1000)


def test_a_node_that_is_not_there_is_told() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    client = pinned_client(f"https://127.0.0.1:{port}", tls=OWN, private_allowed=True)
    with pytest.raises(EndpointUnreachableError):
        exchange(client, "GET", "/x", limit=10)


def test_a_refusal_that_is_no_problem_document_is_still_told(origin: str) -> None:
    answer = exchange(pinned_client(origin, tls=OWN, private_allowed=True), "POST", "/x", content=b"{}", limit=100)
    assert answer.status == 405
    assert answer.problem.code == "unexplained"


def test_a_proxy_of_the_environment_is_not_used(origin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    connect._client.cache_clear()
    client = pinned_client(origin, tls=OWN, private_allowed=True)
    assert exchange(client, "GET", "/directory/x", limit=100).status == 200
