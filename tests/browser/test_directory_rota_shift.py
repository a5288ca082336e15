"""Directory, rota and shift in a real browser: what axe finds, what they load, and a shift that changes hands."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import transaction
from playwright.sync_api import Response, expect

from tests.browser.conftest import Desks
from tests.browser.test_watch_and_request import MOST_BYTES, faults, overflow
from tests.desk.door import Officer, signed_in
from tests.offices import Offices, member_named
from tocsin.base import instant
from tocsin.base.ids import new_uuid
from tocsin.directory.acts.cards import take_card
from tocsin.directory.acts.contacts import import_list, lay_list, try_contact
from tocsin.directory.entries import DrillCalled
from tocsin.directory.models import Drill
from tocsin.directory.reads import hearsay_for
from tocsin.directory.rules.columns import guess
from tocsin.directory.rules.hearsay import Defaults, Outcome
from tocsin.duty.acts.rota import plan_turn
from tocsin.journal.acts import record
from tocsin.requests.acts.ring import ring_clocks

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("places")]

PATHS = {
    "directory": "/directory/",
    "one that does not answer": "/directory/members/ro/",
    "one to be confirmed": "/directory/members/gr/",
    "own card": "/directory/own/",
    "contacts by hearsay": "/directory/contacts/",
    "one written down": "/directory/contacts/new/",
    "rota": "/rota/",
    "shift": "/shift/",
}


def furnish(offices: Offices, ines: Officer) -> Officer:
    """At pt: ro has not answered for long, gr waits to be confirmed, three are on duty, and urgent letters ring."""
    offices.be("pt")
    now = instant.true_now()
    take_card(member_named("gr").card(at=now).file, by=ines.actor, at=now)
    for member, days, seconds in (("ro", 140, 95), ("ro", 100, 412)):
        called, number = now - timedelta(days=days), new_uuid()
        with transaction.atomic():
            Drill.objects.create(
                id=number,
                member=member,
                ours=True,
                call="call",
                called=called,
                answered=called + timedelta(seconds=seconds),
                answered_name="Ioana Exemplu",
                answered_role="duty-officer",
                sent=True,
            )
            record(DrillCalled(drill=number, member=member), by=ines.actor, at=called)
    rui = signed_in(offices, "pt", roles=["duty-officer"], name="Rui Exemplo")
    marta = signed_in(offices, "pt", roles=["duty-officer"], name="Marta Exemplo")
    hour = now.replace(minute=0, second=0, microsecond=0)
    for officer, place, begins, ends, weeks in (
        (ines, "first", -5, 7, 2),
        (rui, "first", 7, 19, 2),
        (rui, "deputy", -5, 7, 1),
        (marta, "chief", -5, 43, 1),
    ):
        plan_turn(
            officer.actor.person,
            place=place,
            begins=hour + timedelta(hours=begins),
            ends=hour + timedelta(hours=ends),
            zone="Europe/Lisbon",
            weeks=weeks,
            by=ines.actor,
            at=now,
        )
    header = "country;name;phone;languages"
    listed = f"{header}\nBG;Example point of Bulgaria;+359 2 555 0100;bg/en\nBG;Second;+359 2 555 0101;bg/en\n"
    import_list(
        lay_list(listed.encode(), file_name="list.csv", by=ines.actor, at=now),
        mapping=guess(header.split(";")),
        defaults=Defaults(),
        source="Ministry of Examples",
        source_date=now.date(),
        by=ines.actor,
        at=now,
    )
    try_contact(hearsay_for()[0].member, outcome=Outcome.NOT_ANSWERED, by=ines.actor, at=now)
    ring_clocks(at=now)
    return rui


@pytest.fixture(scope="module")
def rui(desks: Desks) -> Officer:
    officer: Officer = desks.do(lambda: furnish(desks.night.offices, desks.officers["pt"]))
    return officer


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_runs_out_of_a_narrow_page(desks: Desks, rui: Officer, scheme: str) -> None:
    assert rui
    page = desks.page("pt", color_scheme=scheme)
    wrong = {}
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 900})
        for name, path in PATHS.items():
            page.goto(desks.at["pt"] + path)
            found = faults(page)
            if overflow(page) > 0:
                found.append("it is wider than the window")
            if found:
                wrong[f"{name}, {width} wide"] = found
    assert wrong == {}


def _weighs(sizes: list[int]) -> Callable[[Response], None]:
    return lambda answer: sizes.append(len(answer.body()))


def test_a_first_load_is_small(desks: Desks, rui: Officer) -> None:
    assert rui
    for name, path in PATHS.items():
        page = desks.opened("pt").new_page()
        sizes: list[int] = []
        page.on("response", _weighs(sizes))
        page.goto(desks.at["pt"] + path)
        page.wait_for_load_state("networkidle")
        assert 0 < sum(sizes) < MOST_BYTES, name


def test_the_map_leads_to_the_member_by_keyboard_and_a_wrong_word_is_said_at_its_field(
    desks: Desks, rui: Officer
) -> None:
    assert rui
    page = desks.page("pt", "/directory/")
    page.get_by_role("link", name="Greece: not yet confirmed").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Invented point gr")).to_be_visible()
    field = page.get_by_label("The six words that they read aloud")
    field.fill("zoom zoom zoom")
    page.get_by_role("button", name="Compare and confirm").click()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_value("zoom zoom zoom")
    desks.complaints[:] = [each for each in desks.complaints if "422" not in each]
    assert faults(page) == []


def test_a_shift_is_handed_over_and_acknowledged_without_scripts_and_prints_on_one_page(
    desks: Desks, rui: Officer
) -> None:
    page = desks.page("pt", "/shift/", java_script_enabled=False)
    page.get_by_label("To", exact=False).first.select_option(label="Rui Exemplo")
    page.get_by_role("button", name="Hand over with this note").click()
    expect(page.get_by_text("Not acknowledged by Rui Exemplo yet")).to_be_visible()
    printed = page.pdf(format="A4")
    assert printed.count(b"/Type /Page\n") + printed.count(b"/Type /Page ") == 1
    desks.officers["rui"], desks.at["rui"] = rui, desks.at["pt"]
    other = desks.page("rui", "/shift/")
    other.get_by_role("link", name="Read and acknowledge").click()
    other.get_by_role("button", name="I have read it and have the shift").click()
    expect(other.get_by_text("You have the shift now.")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Acknowledged by Rui Exemplo")).to_be_visible()
