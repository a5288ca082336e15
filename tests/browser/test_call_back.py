"""Calling back, forgeries and warnings in a real browser: what axe finds, and nothing runs out of a narrow page."""

from datetime import timedelta
from typing import Any

import pytest

from tests.browser.conftest import Desks
from tests.browser.test_watch_and_request import faults, overflow
from tests.notices.postman import carry, forgery
from tests.requests.desk import urgent
from tocsin.base import instant
from tocsin.base.ids import RequestId
from tocsin.notices.acts.issue import warn
from tocsin.requests.acts.call_back import record_call_back
from tocsin.requests.acts.forgery import mark_forged
from tocsin.requests.rules.call_back import Outcome

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("desks")]
NUMBER = "+44 20 7946 0123"


def _emergency(desks: Desks) -> RequestId:
    night = desks.night
    night.ro()
    content = urgent(night.at)
    content["form"]["urgency"] = {"ground": "life", "reasons": "A person is in danger."}
    return night.sent(content)


def _furnished(desks: Desks) -> list[str]:
    """Pages of pt: an emergency that was called back in vain, one that is said forged, warnings of both sides."""
    night = desks.night
    night.at = instant.true_now() - timedelta(minutes=40)
    rui = night.offices.person("pt", "Rui Inventado", "duty-officer")
    tried, said = _emergency(desks), _emergency(desks)
    warning = warn(forgery(night.at), by=night.ioana, at=night.at)
    carry(night.offices, at=night.at)
    night.pt()
    told: dict[str, Any] = {"number_from_card": NUMBER, "by": rui, "at": night.at}
    record_call_back(tried, answered_by="", words="", outcome=Outcome.NO_ANSWER, **told)
    record_call_back(tried, answered_by="Radu Model", words="Yes.", outcome=Outcome.CONFIRMED, **told)
    mark_forged(said, forgery(night.at, files=()), by=rui, at=night.at, words="It denies the number of the directory.")
    mark_forged(None, forgery(night.at, phones=("+442079460998",)), by=rui, at=night.at, words="A voice in a hurry.")
    pages = [f"/requests/{tried}/call-back/", f"/requests/{tried}/forged/", f"/requests/{said}/"]
    return [*pages, "/warnings/", f"/warnings/{warning}/", "/warnings/new/"]


def test_axe_finds_nothing_and_nothing_runs_out_of_a_narrow_page(desks: Desks) -> None:
    paths: list[str] = desks.do(lambda: _furnished(desks))
    for scheme, width in (("light", 1280), ("dark", 360)):
        page = desks.page("pt", color_scheme=scheme, viewport={"width": width, "height": 800})
        for path in paths:
            page.goto(desks.at["pt"] + path)
            assert faults(page) == [], (path, scheme)
            assert overflow(page) <= 0, (path, scheme, width)
    assert desks.complaints == []
