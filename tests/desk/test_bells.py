"""One's own bells: the page on which they are hung, tried and taken down."""

import re
from collections.abc import Iterator

import pytest

from tests.bells.scene import ALL, Browser, Heard, House, listening
from tests.desk.door import Officer, desk_open, signed_in
from tests.offices import Offices
from tocsin.base import instant
from tocsin.bells import house as bells_house
from tocsin.bells import reads
from tocsin.bells.acts.ring import ring_bells
from tocsin.bells.rules.settings import BellSettings


@pytest.fixture(scope="module")
def heard() -> Iterator[Heard]:
    with listening() as running:
        yield running


@pytest.fixture
def house(offices: Offices, heard: Heard) -> Iterator[House]:
    heard.clear()
    offices.at = instant.true_now()
    with desk_open():
        yield House(offices, heard)
    bells_house.use(BellSettings())


@pytest.fixture
def officer(house: House) -> Officer:
    return signed_in(house.offices, "pt", roles=("duty-officer",), function="police", name="Olga Exemplo")


def test_a_bell_is_hung_tried_and_taken_down(house: House, officer: Officer) -> None:
    page = officer.client.get("/account/bells/").content.decode()
    assert "You have no bell" in page
    told = {"way": "sms", "to": "+40215550199", "label": "on duty", "occasions": ["urgent", "missed"]}
    assert officer.client.post("/account/bells/", told).status_code == 302
    (bell,) = reads.bells_of(officer.actor)
    assert officer.client.post(f"/account/bells/{bell.id}/", {"do": "try"}).status_code == 302
    assert ring_bells(at=instant.now()) == 1
    assert house.heard.said[-1][0] == "+40215550199"
    page = officer.client.get("/account/bells/").content.decode()
    assert "+40215550199" not in page, "where it rings is shown to nobody"
    assert "taken on, which does not prove that anybody heard it" in page
    assert officer.client.post(f"/account/bells/{bell.id}/", {"do": "down"}).status_code == 302
    assert reads.bells_of(officer.actor) == []
    assert officer.client.post(f"/account/bells/{bell.id}/", {"do": "down"}).status_code == 404


def test_a_fault_is_said_at_its_field_and_what_was_typed_is_kept(officer: Officer) -> None:
    answer = officer.client.post(
        "/account/bells/", {"way": "sms", "to": "call me", "label": "x", "occasions": ["urgent"]}
    )
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'value="call me"' in page
    assert re.search(r'href="#id_to"', page)


def test_a_bell_that_did_not_ring_is_told_on_every_page(house: House, officer: Officer) -> None:
    told = {"way": "sms", "to": "+40215550199", "label": "on duty", "occasions": ["urgent"]}
    officer.client.post("/account/bells/", told)
    assert "A bell of yours did not ring" not in officer.client.get("/").content.decode()
    (bell,) = reads.bells_of(officer.actor)
    officer.client.post(f"/account/bells/{bell.id}/", {"do": "try"})
    house.heard.answers += [500] * 4
    house.at = instant.now()
    for seconds in (0, 20, 60, 240):
        ring_bells(at=house.later(seconds=seconds))
    assert "A bell of yours did not ring" in officer.client.get("/").content.decode()


def test_a_browser_is_hung_like_any_other_and_nothing_is_offered_where_bells_are_off(
    house: House, officer: Officer
) -> None:
    page = officer.client.get("/account/bells/").content.decode()
    assert 'src="/static/desk/bells.js"' in page
    browser = Browser(f"http://127.0.0.1:{house.heard.port}/push/7")
    told = {"way": "push", "to": browser.subscription, "label": "this screen", "occasions": list(ALL)}
    assert officer.client.post("/account/bells/", told).status_code == 302
    strange = {**told, "to": Browser("https://evil.example/x").subscription}
    assert officer.client.post("/account/bells/", strange).status_code == 422
    bells_house.use(BellSettings())
    page = officer.client.get("/account/bells/").content.decode()
    assert "Bells are off here" in page
    assert "bells.js" not in page
