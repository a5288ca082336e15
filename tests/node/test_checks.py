"""The node's own system checks: each finds its fault, with its id and a cure."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.core.checks import Error, Warning  # noqa: A004 - Django's words
from django.db import connection

from tocsin.base import instant
from tocsin.law.errors import CalendarUnknownError
from tocsin.node import certificate, checks, keys, schedule
from tocsin.node.config import Config, config_of
from tocsin.node.errors import ChecksFailedError
from tocsin.node.schedule import Turn

if TYPE_CHECKING:
    from django.core.checks import CheckMessage

GOOD = {
    "member": "ro",
    "name": "Example point of Romania",
    "kind": "state",
    "country": "RO",
    "zone": "Europe/Bucharest",
    "endpoint": "https://node.ro.example:8443",
    "origin": "node.ro.example/ro/journal",
}


@pytest.fixture
def config(tmp_path: Path) -> Config:
    tmp_path.chmod(0o700)
    keys.make_keys(tmp_path)
    certificate.make_certificate(tmp_path, endpoint=GOOD["endpoint"], at=instant.true_now())
    return config_of(GOOD, home=tmp_path)


def found(config: Config) -> list["CheckMessage"]:
    return [message for check in checks.CHECKS for message in check(config)]


def ids(messages: list["CheckMessage"]) -> list[str | None]:
    assert all(message.hint for message in messages)
    return [message.id for message in messages]


def test_a_good_node_has_no_findings(config: Config) -> None:
    assert found(config) == []


def test_an_open_home_and_an_open_key_are_found(config: Config) -> None:
    config.home.chmod(0o755)
    (config.home / "keys" / "journal.pem").chmod(0o644)
    assert ids(found(config)) == ["tocsin.E001", "tocsin.E002"]


def test_a_certificate_that_is_missing_or_expires_soon_is_found(config: Config) -> None:
    at = instant.true_now() - certificate.GOOD_FOR + timedelta(days=30)
    certificate.make_certificate(config.home, endpoint=config.endpoint, at=at)
    assert ids(found(config)) == ["tocsin.W004"]
    certificate.certificate_path(config.home).unlink()
    assert ids(found(config)) == ["tocsin.E003"]


def test_private_addresses_outside_an_exercise_are_found(config: Config) -> None:
    assert ids(found(replace(config, private_endpoints=True))) == ["tocsin.W008"]
    assert ids(found(replace(config, private_endpoints=True, exercise=True))) == []


def test_a_calendar_that_is_too_old_is_found(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    def far() -> datetime:
        return datetime(2190, 6, 1, tzinfo=UTC)

    monkeypatch.setattr(instant, "true_now", far)
    certificate.make_certificate(config.home, endpoint=config.endpoint, at=far())
    calendar = [message for message in found(config) if message.id == "tocsin.W009"]
    assert calendar, CalendarUnknownError


def test_a_schedule_that_names_no_task_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "schedule", lambda: (Turn("tocsin.nobody.knows", every=timedelta(minutes=1)),))
    assert ids(checks.check_schedule(None)) == ["tocsin.E010"]
    assert schedule.schedule()


def test_an_old_or_forgetful_database_and_a_mighty_role_are_found() -> None:
    said = list(checks._said_of_database(14, ["fsync"], passes_by=True))
    assert ids(said) == ["tocsin.E005", "tocsin.E006", "tocsin.W007"]
    assert list(checks._said_of_database(15, [], passes_by=False)) == []


@pytest.mark.django_db
def test_the_database_itself_is_asked() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select setting from pg_settings where name = 'fsync'")
        fsync = (cursor.fetchone() or ("on",))[0]
    expected = ["tocsin.E006"] if fsync == "off" else []
    assert ids(checks.check_database(None, databases=["default"])) == expected
    assert checks.check_database(None) == []


def test_a_node_with_an_error_does_not_start_and_a_warning_lets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    error, warning = Error("bad", hint="cure", id="x.E1"), Warning("odd", id="x.W1")
    monkeypatch.setattr(checks, "findings", lambda: [warning])
    checks.refuse_faults()
    monkeypatch.setattr(checks, "findings", lambda: [warning, error])
    with pytest.raises(ChecksFailedError, match=r"x\.E1: bad cure") as raised:
        checks.refuse_faults()
    assert "odd" not in str(raised.value)


@pytest.fixture(autouse=True)
def _no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOCSIN_HOME", raising=False)


@pytest.mark.parametrize(
    ("role", "held", "told"),
    [("ro_viewers", True, []), ("ro_viewers", False, ["tocsin.E015"]), ("none", False, ["tocsin.W014"])],
)
def test_it_is_said_how_row_security_is_enforced(role: str, told: list[str], *, held: bool) -> None:
    found = list(checks._said_of_viewers("ro", role, held))
    assert ids(found) == told


@pytest.mark.django_db
def test_the_role_of_viewers_is_there_and_held() -> None:
    assert checks.check_viewers(None, ["default"]) == []
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE OR REPLACE FUNCTION viewing_role() RETURNS text LANGUAGE sql STABLE AS $$ SELECT 'gone' $$"
        )
    assert ids(checks.check_viewers(None, ["default"])) == ["tocsin.E015"]
