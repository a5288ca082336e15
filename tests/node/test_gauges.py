"""What Prometheus and the doctor are told of a node that runs."""

import pytest
from procrastinate.contrib.django import app

from tests.conftest import AsNode
from tocsin.base import instant
from tocsin.node import certificate, doctor
from tocsin.node.gauges import gauges

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
    found = {finding.about: finding for finding in doctor._directory()}
    assert (found["card"].state, found["directory"].state) == (doctor.State.WARN, doctor.State.OK)
    assert "confirmed by voice" in found["directory"].said
