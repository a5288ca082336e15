"""The watch and the request in a real browser: by keyboard, zoomed, narrow, dark, without scripts; what they load."""

from functools import partial
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Response, expect

from tests.browser.conftest import Desks
from tests.requests.desk import urgent
from tocsin.requests import reads

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("desks")]

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
MOST_BYTES = 150_000


def pages(desks: Desks) -> dict[str, str]:
    found = desks.found
    return {
        "watch": "/",
        "filtered": "/?ours=yes&urgent=yes",
        "quiet": "/?with=nobody-here",
        "search": "/?q=minister",
        "nothing found": "/?q=xyzzy",
        "urgent": f"/requests/{found['urgent']}/",
        "kept": f"/requests/{found['kept']}/",
        "hostile": f"/requests/{found['hostile']}/",
        "accept": f"/requests/{found['fresh']}/write/accept/",
        "query": f"/requests/{found['fresh']}/write/query/",
        "refuse": f"/requests/{found['fresh']}/write/refuse/",
        "disclose": f"/requests/{found['fresh']}/write/disclose/",
        "deliver": f"/requests/{found['urgent']}/write/deliver/",
        "reason": f"/requests/{found['queried']}/",
        "absent": "/requests/00000000-0000-4000-8000-000000000000/",
    }


def faults(page: Page) -> list[str]:
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": WCAG}})
    return [
        f"{each['id']}: {each['help']}: {each['nodes'][0]['html'][:200]} {each['nodes'][0]['failureSummary'][:300]}"
        for each in found.response["violations"]
    ]


def _append(answers: list[Response], answer: Response) -> None:
    answers.append(answer)


def until(page: Page, holds: str) -> None:
    """Wait until an expression holds; the page's own policy forbids a script that would."""
    for _ in range(200):
        if page.evaluate(holds):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"never: {holds}")


def overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.fixture
def night_page(desks: Desks) -> Page:
    return desks.page("pt")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(desks: Desks, scheme: str) -> None:
    page = desks.page("pt", color_scheme=scheme)
    wrong = {}
    for name, path in pages(desks).items():
        page.goto(desks.at["pt"] + path)
        if found := faults(page):
            wrong[name] = found
    desks.complaints[:] = [each for each in desks.complaints if "404" not in each]
    assert wrong == {}


def test_axe_finds_nothing_on_what_opens(desks: Desks) -> None:
    page = desks.page("pt")
    page.locator("summary", has_text="Filters and views").click()
    assert faults(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    assert faults(page) == []
    page.goto(f"{desks.at['pt']}/requests/{desks.found['fresh']}/write/refuse/")
    page.get_by_role("button", name="Sign and send").click()
    expect(page.get_by_role("alert")).to_be_focused()
    desks.complaints[:] = [each for each in desks.complaints if "422" not in each]
    assert faults(page) == []
    page.get_by_label("The requested Party considers the offence political").check()
    page.get_by_role("textbox", name="Reason").fill("The matter is political.")
    page.get_by_role("button", name="See what leaves").click()
    expect(page.get_by_role("heading", name="This leaves the house")).to_be_visible()
    assert faults(page) == []


@pytest.mark.parametrize(
    ("width", "height"), [(640, 400), (320, 256), (360, 740)], ids=["200 % zoom", "400 % zoom", "telephone"]
)
def test_nothing_runs_out_of_the_page(desks: Desks, width: int, height: int) -> None:
    page = desks.page("pt", viewport={"width": width, "height": height})
    wide = {}
    for name, path in pages(desks).items():
        page.goto(desks.at["pt"] + path)
        if (over := overflow(page)) > 0:
            wide[name] = over
    desks.complaints[:] = [each for each in desks.complaints if "404" not in each]
    assert wide == {}


def test_no_page_asks_another_host_or_loads_much(desks: Desks) -> None:
    for name, path in pages(desks).items():
        context = desks.opened("pt")
        page = context.new_page()
        answers: list[Response] = []
        page.on("response", partial(_append, answers))
        page.goto(desks.at["pt"] + path)
        page.wait_for_load_state("networkidle")
        loaded = [(each.url, len(each.body())) for each in answers]
        hosts = {urlsplit(url).netloc for url, _ in loaded}
        assert hosts == {urlsplit(desks.at["pt"]).netloc}, name
        assert sum(size for _, size in loaded) < MOST_BYTES, (name, loaded)
        context.close()


# --- Without a mouse ----------------------------------------------------------------------------


def test_a_request_is_found_opened_and_accepted_by_keyboard_alone(desks: Desks) -> None:
    request = desks.do(lambda: desks.night.sent(desks.night.named("RO-2026-0201")))
    page = desks.page("pt")
    page.keyboard.press("/")
    page.keyboard.type("RO-2026-0201")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?q=*")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/requests/{request}/")
    page.keyboard.press("t")
    expect(page.get_by_text("You have the request now.")).to_be_visible()
    page.keyboard.press("1")
    page.wait_for_url("**/write/accept/")
    for _ in range(60):
        if page.evaluate("document.activeElement.name") == "reference":
            break
        page.keyboard.press("Tab")
    page.keyboard.type("PT-2026-0300")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Acceptance: signed and on its way.")).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("w")
    page.wait_for_url(f"{desks.at['pt']}/")

    def arrived() -> str:
        desks.night.carry_now()
        desks.night.ro()
        return str(reads.thread_for(desks.night.ioana, request).letters[-1].body["reference"])

    assert desks.do(arrived) == "PT-2026-0300"


def test_focus_is_seen_wherever_it_goes(desks: Desks) -> None:
    page = desks.page("pt", f"/requests/{desks.found['urgent']}/")
    for _ in range(40):
        page.keyboard.press("Tab")
        shown = page.evaluate(
            "(() => { const at = document.activeElement, seen = getComputedStyle(at);"
            " return at === document.body || seen.outlineStyle !== 'none' && parseFloat(seen.outlineWidth) >= 2; })()"
        )
        assert shown, page.evaluate("document.activeElement.outerHTML.slice(0, 200)")


def test_the_sheet_lists_every_key_and_closes_again(night_page: Page) -> None:
    night_page.keyboard.press("?")
    sheet = night_page.get_by_role("dialog", name="Keys")
    for words in ("Watch", "Next row", "Open the row", "Search", "Our move", "Filters and views"):
        expect(sheet.get_by_text(words, exact=True).first).to_be_visible()
    night_page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()


def test_a_key_that_is_typed_into_a_field_does_nothing_else(night_page: Page) -> None:
    night_page.keyboard.press("/")
    night_page.keyboard.type("g w j ? 5")
    assert night_page.url.endswith("/")
    expect(night_page.get_by_role("searchbox")).to_have_value("g w j ? 5")


# --- It changes by itself -----------------------------------------------------------------------


def test_the_watch_follows_and_keeps_place_focus_and_choice(desks: Desks) -> None:
    page = desks.page("pt", viewport={"width": 1280, "height": 420})
    for _ in range(4):
        page.keyboard.press("j")
    chosen = page.locator("[data-chosen]").get_attribute("id")
    page.evaluate("scrollTo(0, 150)")
    y = page.evaluate("scrollY")
    request = desks.do(lambda: desks.night.sent(desks.night.named("RO-2026-0202")))
    with page.expect_response("**/watch/rows/**") as answer:
        page.evaluate("htmx.trigger('#rows', 'look')")
    assert answer.value.status == 200
    expect(page.locator(f"#r-{request}")).to_be_attached()
    assert page.locator("[data-chosen]").get_attribute("id") == chosen
    assert page.evaluate("document.activeElement.closest('[data-row]').id") == chosen
    assert page.evaluate("scrollY") == y


def test_what_did_not_change_is_neither_sent_nor_drawn_again(desks: Desks) -> None:
    page = desks.page("pt")
    page.evaluate("document.querySelector('[data-row]').dataset.mark = 'same'")
    for _ in range(2):  # a minute may begin between two looks, and then something did change
        with page.expect_response("**/watch/rows/**") as answer:
            page.evaluate("htmx.trigger('#rows', 'look')")
        if answer.value.status == 304:
            break
    assert answer.value.status == 304
    assert answer.value.request.headers["tocsin-unattended"] == "yes"
    assert page.locator("#rows [data-row]").count() > 3


def test_a_new_urgent_request_rings_where_that_is_wished(desks: Desks) -> None:
    context = desks.opened("pt")
    context.grant_permissions(["notifications"], origin=desks.at["pt"])
    context.add_init_script(
        "window.rung = []; window.struck = 0;"
        "window.Notification = class { static permission = 'granted'; static requestPermission() {}"
        " constructor(title, traits) { window.rung.push([title, traits.body]); } };"
        "const start = OscillatorNode.prototype.start;"
        "OscillatorNode.prototype.start = function (...at) { window.struck += 1; return start.apply(this, at); };"
    )
    page = context.new_page()
    page.goto(desks.at["pt"])
    page.get_by_role("button", name="Ring for urgent ones").click()
    expect(page.get_by_role("button", name="Ring for urgent ones")).to_have_attribute("aria-pressed", "true")
    until(page, "window.struck >= 15")
    desks.do(lambda: desks.night.sent(urgent(desks.night.at)))
    page.evaluate("htmx.trigger('#rows', 'look')")
    until(page, "window.rung.length === 1")
    title, words = page.evaluate("window.rung[0]")
    assert title == "New urgent request"
    assert words == "Invented point ro: Urgent assistance, eight hours"
    assert page.evaluate("window.struck") >= 30


# --- Without scripts ----------------------------------------------------------------------------


def test_a_request_is_read_and_answered_without_scripts(desks: Desks) -> None:
    request = desks.do(lambda: desks.night.sent(desks.night.named("RO-2026-0203")))
    page = desks.page("pt", java_script_enabled=False)
    page.get_by_role("link", name="Our move").click()
    page.locator(f"#r-{request} a").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Request for expedited preservation of stored computer data"
    )
    page.get_by_role("link", name="Refuse").click()
    page.get_by_label("Carrying it out would prejudice").check()
    page.get_by_role("textbox", name="Reason").fill("It would prejudice us.")
    page.get_by_role("button", name="See what leaves").click()
    expect(page.get_by_role("heading", name="This leaves the house")).to_be_visible()
    page.get_by_role("button", name="Sign and send it").click()
    expect(page.get_by_text("Refusal: signed and on its way.")).to_be_visible()
    page.get_by_role("textbox", name="Internal note").fill("Told the prosecutor.")
    page.get_by_role("button", name="Keep the note").click()
    expect(page.get_by_text("Told the prosecutor.")).to_be_visible()


def test_a_double_click_sends_one_letter(desks: Desks) -> None:
    request = desks.do(lambda: desks.night.sent(desks.night.named("RO-2026-0204")))
    page = desks.page("pt", f"/requests/{request}/write/acknowledge/")
    page.get_by_role("button", name="Sign and send").dblclick()
    expect(page.get_by_text("Acknowledgement: signed and on its way.")).to_be_visible()

    def letters() -> int:
        desks.night.pt()
        return len(reads.thread_for(desks.night.ines, request).letters)

    assert desks.do(letters) == 2


def test_both_sides_see_what_the_other_said(desks: Desks) -> None:
    request = desks.do(lambda: desks.night.sent(desks.night.named("RO-2026-0205")))
    pt = desks.page("pt", f"/requests/{request}/write/query/")
    pt.get_by_label("Period of the data").select_option("unclear")
    pt.get_by_role("button", name="Sign and send").click()
    expect(pt.get_by_text("Query: signed and on its way.")).to_be_visible()
    desks.do(desks.night.carry_now)
    ro = desks.page("ro", f"/requests/{request}/")
    expect(ro.get_by_text("It is our move:")).to_be_visible()
    ro.get_by_role("link", name="Supplement").click()
    ro.get_by_label("Period of the data: From").fill("2026-11-17T23:15")
    ro.get_by_label("Period of the data: Until").fill("2026-11-20T23:15")
    ro.get_by_role("button", name="Sign and send").click()
    expect(ro.get_by_text("Supplement: signed and on its way.")).to_be_visible()
    desks.do(desks.night.carry_now)
    pt.reload()
    expect(pt.get_by_role("heading", name="Supplement")).to_be_visible()

    def given() -> object:
        desks.night.pt()
        return reads.thread_for(desks.night.ines, request).letters[-1].body["fields"]

    assert desks.do(given) == {"period": {"from": "2026-11-17T21:15:00.000Z", "until": "2026-11-20T21:15:00.000Z"}}
