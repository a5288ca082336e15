"""Composing in a real browser: scenario S03 by keyboard alone, without scripts, checked as it is typed."""

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Dialog, Page, Response, expect

from tests.browser.conftest import Desks
from tests.browser.test_watch_and_request import MOST_BYTES, faults, overflow, until
from tests.desk.door import signed_in
from tocsin.base import instant
from tocsin.node.demo import forms
from tocsin.requests import reads
from tocsin.requests.acts.draft import write_draft
from tocsin.requests.acts.sign_off import sign_off
from tocsin.requests.models import Request

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("desks")]

PASTED = "203.0.113.7 2026-11-20 21:14"
TYPED = {
    "f-legal-basis": "Article 154 of the Code of Criminal Procedure (invented)",
    "f-offence-qualification": "Illegal access to an information system",
    "f-offence-provisions": "Article 360 (invented)",
    "f-facts": "Somebody entered the mailbox of an invented company.",
    "f-identifiers-0-zone": "Bucharest",
    "f-identifiers-0-port": "51413",
    "f-period-from": "2026-11-20 00:00",
    "f-period-until": "2026-11-21 00:00",
    "f-data-link": "The address signed in to the mailbox.",
    "f-holder": "Example Mail, Lisbon",
    "f-necessity": "Records are erased after seven days.",
}
"""In the order of the form: what scenario S03 has to add to what was pasted and to what is known."""


def tab_to(page: Page, element: str) -> None:
    """Go on by Tab until that element has the focus."""
    for _ in range(150):
        if page.evaluate("document.activeElement.id") == element:
            return
        page.keyboard.press("Tab")
    pytest.fail(f"never reached by Tab: {element}")


def tab_to_button(page: Page, words: str) -> None:
    for _ in range(150):
        if words in str(page.evaluate("document.activeElement.textContent")) and page.evaluate(
            "document.activeElement.matches('button, a')"
        ):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"never reached by Tab: {words}")


def test_s03_is_done_by_keyboard_alone(desks: Desks) -> None:
    page = desks.page("ro")
    page.keyboard.press("c")
    page.wait_for_url("**/compose/")
    page.keyboard.press("n")
    page.keyboard.press("Space")
    tab_to(page, "f-to")
    page.keyboard.type("Invented point pt")
    tab_to(page, "f-case-reference")
    page.keyboard.type("RO-2026-0303")
    tab_to(page, "f-pasted")
    page.keyboard.insert_text(PASTED)
    expect(page.locator("#found")).to_contain_text("still asked: the time zone, the source port")
    expect(page.locator("#ways")).to_contain_text("Article 29")
    tab_to_button(page, "Draft it")
    page.keyboard.press("Enter")
    page.wait_for_url("**/drafts/*/")
    expect(page.locator("#check")).to_contain_text("UTC offset missing")
    expect(page.locator("#check .faults").first.locator("li")).to_have_count(2)
    for element, words in TYPED.items():
        tab_to(page, element)
        page.keyboard.type(words)
    page.locator("input[value=mla-will-follow]").focus()
    page.keyboard.press("Space")
    expect(page.locator("#check .verdict")).to_contain_text("it waits for a signature")
    page.keyboard.press("Escape")
    tab_to_button(page, "Keep it and see the letter")
    page.keyboard.press("Enter")
    page.wait_for_url("**/letter/")
    expect(page.get_by_role("button", name="Sign and send it")).to_be_disabled()
    desks.do(lambda: sign_by_radu(desks, "RO-2026-0303"))
    page.reload()
    tab_to_button(page, "Sign and send it")
    page.keyboard.press("Enter")
    page.wait_for_url("**/requests/*/")
    expect(page.get_by_role("status")).to_contain_text("signed and on its way")
    assert desks.do(lambda: arrived(desks)) == ["203.0.113.7", "2026-11-20T21:14:00+02:00", 51413]


def sign_by_radu(desks: Desks, reference: str) -> None:
    night = desks.night
    night.ro()
    (view,) = (each for each in reads.drafts_for(night.ioana) if each.content.case_reference == reference)
    sign_off(view.id, draft_sha256=view.content.sha256, by=night.radu, at=instant.true_now())


def arrived(desks: Desks) -> list[object]:
    """What the identifier says that arrived in Portugal."""
    night = desks.night
    night.at = instant.true_now()
    night.ro()
    assert night.carry() == []
    night.pt()
    row = Request.objects.get(case_reference="RO-2026-0303")
    form: Any = reads.thread_for(night.ines, str(row.id)).ask.body["form"]
    found = form["identifiers"][0]
    return [found["value"], found["at"], found["port"]]


def begun(page: Page, desks: Desks) -> None:
    page.goto(f"{desks.at['ro']}/compose/")
    page.get_by_role("radio", name="Keep this data from being lost").check()
    page.get_by_label("Whom do you ask?").select_option("pt")
    page.get_by_label("Paste what you have").fill(PASTED)
    page.get_by_role("button", name="Show the ways").click()
    page.get_by_role("button", name="Draft it").first.click()
    page.wait_for_url("**/drafts/*/")


def test_without_scripts_a_draft_is_begun_checked_and_kept(desks: Desks) -> None:
    page = desks.page("ro", java_script_enabled=False)
    begun(page, desks)
    page.locator("#f-facts").fill("An invented company was robbed.")
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_role("alert")).to_contain_text("UTC offset missing")
    expect(page.locator("#f-facts")).to_have_value("An invented company was robbed.")
    expect(page.locator("#f-identifiers-0-zone")).to_have_attribute("aria-invalid", "true")
    page.get_by_role("button", name="Keep the draft").click()
    expect(page.get_by_role("status").first).to_contain_text("The draft is kept.")
    expect(page.locator("#f-facts")).to_have_value("An invented company was robbed.")
    desks.complaints[:] = [each for each in desks.complaints if "422" not in each]


def test_a_fault_stands_at_its_input_while_it_is_typed_and_goes_when_it_is_mended(desks: Desks) -> None:
    page = desks.page("ro")
    begun(page, desks)
    port = page.locator("#f-identifiers-0-port")
    port.fill("70000")
    expect(page.locator("#f-identifiers-0-port-e")).to_contain_text("between 1 and 65535")
    expect(port).to_have_attribute("aria-invalid", "true")
    port.fill("51413")
    expect(page.locator("#f-identifiers-0-port-e")).to_have_count(0)
    expect(port).not_to_have_attribute("aria-invalid", "true")
    page.locator("#f-identifiers-0-type").select_option("account")
    expect(page.locator("#f-identifiers-0-service")).to_be_visible()
    expect(port).to_be_hidden()
    page.locator("#f-status").select_option("extension")
    expect(page.locator("#f-earlier-request-authority")).to_be_visible()
    page.evaluate("document.querySelector('form[data-dirty]').requestSubmit()")
    page.wait_for_url("**/drafts/*/")


@pytest.fixture
def paths(desks: Desks) -> dict[str, str]:
    def make() -> str:
        night = desks.night
        night.ro()
        content = forms.preservation(night.at, reference=f"RO-AXE-{night.at:%S%f}")
        content["form"] |= {"period": {"from": "2024-01-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"}}
        return write_draft(content, by=night.ioana, at=instant.true_now()).id

    draft = desks.do(make)
    return {
        "start": "/compose/?need=keep&to=pt",
        "drafts": "/drafts/",
        "draft": f"/drafts/{draft}/",
        "missing": f"/drafts/{draft}/?missing",
        "letter": f"/drafts/{draft}/letter/",
        "sign": f"/drafts/{draft}/sign/",
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(desks: Desks, paths: dict[str, str], scheme: str) -> None:
    radu = desks.do(lambda: signed_in(desks.night.offices, "ro", roles=["issuing-authority"], name="Radu Model"))
    wrong = {}
    page = desks.page("ro", color_scheme=scheme)
    for name, path in paths.items():
        if name == "sign":
            cookies = radu.client.cookies
            page.context.add_cookies([{"name": n, "value": cookies[n].value, "url": desks.at["ro"]} for n in cookies])
        page.goto(desks.at["ro"] + path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        if found := faults(page):
            wrong[name] = found
    assert wrong == {}


def answered(page: Page) -> list[Response]:
    """What will have been answered to a page."""
    answers: list[Response] = []

    def keep(answer: Response) -> None:
        answers.append(answer)

    page.on("response", keep)
    return answers


def test_every_page_fits_a_narrow_screen_and_loads_little_from_here_alone(desks: Desks, paths: dict[str, str]) -> None:
    for name, path in list(paths.items())[:-1]:
        context = desks.opened("ro", viewport={"width": 320, "height": 600})
        page = context.new_page()
        answers = answered(page)
        page.goto(desks.at["ro"] + path)
        page.wait_for_load_state("networkidle")
        loaded = [(each.url, len(each.body())) for each in answers]
        assert {urlsplit(url).netloc for url, _ in loaded} == {urlsplit(desks.at["ro"]).netloc}, name
        assert sum(size for _, size in loaded) < MOST_BYTES, (name, loaded)
        assert overflow(page) <= 0, name
        context.close()


def test_what_was_typed_is_not_lost_by_going_away(desks: Desks) -> None:
    page = desks.page("ro")
    begun(page, desks)
    page.locator("#f-facts").fill("Half a sentence")
    until(page, "document.querySelector('#f-facts').value.length > 3")
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.evaluate("location.href = '/drafts/'")
    page.wait_for_timeout(500)
    assert asked == ["beforeunload"]
    assert re.search(r"/drafts/[0-9a-f-]{36}/$", page.url)
    desks.complaints[:] = [each for each in desks.complaints if "a dialog" not in each]
