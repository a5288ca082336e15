"""What processes remember together, on a real database."""

from datetime import timedelta

import pytest
from django.core.cache import cache

from tests.offices import Offices
from tocsin.base import instant
from tocsin.people.models import Remembered


@pytest.fixture(autouse=True)
def node(offices: Offices) -> None:
    offices.found("ro")


def test_of_two_that_add_one_succeeds_until_it_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    assert cache.add("code", "y", timeout=30)
    assert not cache.add("code", "z", timeout=30)
    assert cache.get("code") == "y"
    later = instant.true_now() + timedelta(seconds=30)
    monkeypatch.setattr(instant, "true_now", lambda: later)
    assert cache.get("code") is None
    assert cache.add("code", "z", timeout=30)
    assert cache.get("code") == "z"


def test_what_is_kept_is_changed_forgotten_and_for_ever() -> None:
    cache.set("tries", [3.5, 2.5], timeout=None)
    assert cache.get("tries") == [3.5, 2.5]
    assert cache.touch("tries", 5)
    assert not cache.touch("nothing", 5)
    assert cache.delete("tries")
    assert not cache.delete("tries")
    assert cache.get("tries", "default") == "default"
    cache.set("x", 1)
    cache.clear()
    assert cache.get("x") is None


def test_nothing_but_json_is_kept() -> None:
    with pytest.raises(TypeError):
        cache.set("x", object())
    cache.set("x", {"a": [1, "b", True]})
    assert Remembered.objects.get().value == {"a": [1, "b", True]}
