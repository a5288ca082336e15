"""What Prometheus and the doctor are told of a node that runs."""

import pytest
from procrastinate.contrib.django import app

from tests.conftest import AsNode
from tocsin.base import instant
from tocsin.node import certificate, findings
from tocsin.node.config import Config, Listen, save
from tocsin.node.gauges import gauges
from tocsin.node.house import RunningNode

pytestmark = pytest.mark.django_db


def counted(as_node: AsNode) -> dict[str, float | None]:
    node = as_node("ro")
    certificate.make_certificate(node.home, endpoint="https://node.ro.example", at=instant.true_now())
    return {name: count() for name, (_, count) in gauges().items()}


def test_a_quiet_node_has_nothing_waiting_and_nothing_amiss(as_node: AsNode) -> None:
    found = counted(as_node)
    assert found.pop("tocsin_directory_stale_seconds") is None  # it joined none
    assert (found.pop("tocsin_certificate_seconds") or 0) > 3000 * 86400
    assert set(found.values()) == {0}


def test_a_job_that_waits_is_counted(as_node: AsNode) -> None:
    app.configure_task("tocsin.node.forget_old_jobs").defer(timestamp=0)
    assert counted(as_node)["tocsin_jobs_waiting"] == 1


def test_every_gauge_says_what_it_is_under_a_name_of_ours() -> None:
    assert all(name.startswith("tocsin_") and what.endswith(".") for name, (what, _) in gauges().items())


def test_the_doctor_says_that_a_node_without_a_card_cannot_be_reached(as_node: AsNode) -> None:
    as_node("ro")
    found = {finding.about: finding for finding in findings.look_at_directory()}
    assert (found["card"].state, found["directory"].state) == (findings.State.WARN, findings.State.OK)
    assert "confirmed by voice" in found["directory"].said


def test_a_running_node_tells_its_desk_how_it_stands_and_no_secret(as_node: AsNode) -> None:
    node = as_node("ro")
    certificate.make_certificate(node.home, endpoint="https://node.ro.example", at=instant.true_now())
    save(
        Config(
            home=node.home,
            member=node.member,
            name="Invented point",
            kind="state",
            country="RO",
            zone="Europe/Bucharest",
            endpoint="https://node.ro.example",
            origin="ro.example/journal",
            phone="+40 20 7946 0123",
            listen=Listen("127.0.0.1", 8443),
            database_url="postgresql://tocsin:not-to-be-told@db.ro.example/tocsin",
        )
    )
    running = RunningNode()
    found = {each.about: each for each in running.found()}
    assert {"python", "clock", "disk", "migrations", "card", "wire"} <= set(found)
    assert found["migrations"].state == "ok"
    told = {(each.section, each.name): each for each in running.settings()}
    assert told["", "member"].value == "ro"
    assert told["limits", "mask_below"].usual
    assert "not-to-be-told" not in str(list(told.values()))
    assert "db.ro.example" in told["database", "url"].value
    assert running.settings_file().endswith("node.toml")
    assert running.jobs() == {"todo": 0, "doing": 0, "failed": 0}
    assert running.certificate_ends() > instant.true_now()
    running.archived()
