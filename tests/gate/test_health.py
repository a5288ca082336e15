"""What a machine asks a node: alive, ready, measured."""

import re

import pytest
from django.db import OperationalError, connection
from django.test import Client, RequestFactory

from tests.conftest import AsNode
from tocsin.base import this_node
from tocsin.gate import health


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health._seen, "migrated", False)
    monkeypatch.setattr(this_node, "_node", None)


def test_alive_needs_no_database(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.django_db
def test_ready_means_database_migrations_and_keys(client: Client, as_node: AsNode) -> None:
    not_yet = client.get("/readyz")
    assert (not_yet.status_code, not_yet.json()["checks"]["keys"]) == (503, "not loaded")
    as_node("ro")
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["ready"]) == (200, True)


@pytest.mark.django_db
def test_a_database_of_another_version_is_not_ready(client: Client, as_node: AsNode) -> None:
    as_node("ro")
    with connection.cursor() as cursor:
        cursor.execute("delete from django_migrations where app = 'journal'")
    told = client.get("/readyz")
    assert told.status_code == 503
    assert told.json()["checks"]["migrations"].endswith("pending")


def test_a_database_that_is_away_is_named(client: Client, as_node: AsNode, monkeypatch: pytest.MonkeyPatch) -> None:
    as_node("ro")

    def away(*_args: object, **_options: object) -> None:
        raise OperationalError("away")

    monkeypatch.setattr(connection, "cursor", away)
    told = client.get("/readyz")
    assert (told.status_code, told.json()["checks"]["database"]) == (503, "does not answer")


@pytest.mark.django_db
@pytest.mark.parametrize(("address", "status"), [("127.0.0.1", 200), ("::1", 200), ("192.0.2.7", 404), ("nobody", 404)])
def test_metrics_are_for_the_networks_that_may_read_them(address: str, status: int, as_node: AsNode) -> None:
    as_node("ro")
    request = RequestFactory().get("/metrics", REMOTE_ADDR=address)
    assert health.metrics(request).status_code == status


@pytest.mark.django_db
def test_gauges_are_counted_when_they_are_read_and_a_failing_one_hides_no_other(as_node: AsNode) -> None:
    as_node("ro")

    def failing() -> float:
        raise OperationalError("away")

    health.use_gauges({"tocsin_a": ("A thing.", failing), "tocsin_b": ("Another.", lambda: 3.0)})
    try:
        told = health.metrics(RequestFactory().get("/metrics", REMOTE_ADDR="127.0.0.1")).content.decode()
    finally:
        health.use_gauges({})
    assert "tocsin_b 3.0" in told
    assert "tocsin_a" not in told


def test_an_odd_method_and_an_unknown_path_get_no_label_of_their_own(client: Client) -> None:
    client.generic("BREW", "/coffee/of/ana-example")
    labels = [sample.labels for metric in health.ANSWERED.collect() for sample in metric.samples]
    assert {"method": "other", "route": "unknown", "status": "404"} in labels
    assert not any("ana-example" in str(label) for label in labels)


@pytest.mark.django_db
def test_the_page_that_shows_the_api_loads_nothing_from_elsewhere(client: Client) -> None:
    page = client.get("/api/docs")
    assert page.status_code == 200
    loaded = re.findall(r'(?:src|href)="([^"]*)"', page.content.decode())
    assert loaded
    assert [address for address in loaded if not address.startswith("/")] == []
    assert [client.get(address).status_code for address in loaded] == [200] * len(loaded)
