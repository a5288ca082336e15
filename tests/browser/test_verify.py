"""The page of strangers in a real browser: light and dark, wide and narrow, without scripts, under axe."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.wsgi import get_wsgi_application
from playwright.sync_api import Browser, Page, Response, expect
from pytest_django import DjangoDbBlocker

from tests.browser.desks import _of_member, _serve
from tests.offices import offices_open
from tests.public.test_verify import public_open
from tests.requests.desk import Pair
from tocsin.forms import place
from tocsin.forms.acts.print_form import PrintedForm, print_form

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("verify")]

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
MOST_BYTES = 150_000


@dataclass
class Door:
    """Where strangers find ro's node, and a form that it printed."""

    at: str
    form: PrintedForm
    browser: Browser

    def page(self, **traits: Any) -> Page:
        page = self.browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **traits}).new_page()
        page.set_default_timeout(15_000)
        page.goto(self.at)
        return page

    def asked(self, page: Page, code: str) -> None:
        page.get_by_label("Number", exact=True).fill(self.form.number)
        page.get_by_label("Code", exact=True).fill(code)
        page.get_by_role("button", name="Verify").press("Enter")


@pytest.fixture(scope="module")
def door(
    browser: Browser,
    office_template: str,
    django_db_blocker: DjangoDbBlocker,
    database_server: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Door]:
    """Ro's public door."""
    root = tmp_path_factory.mktemp("door")

    def home(member: str) -> Path:
        folder = root / member
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock():
        patch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "yes")
        with (
            offices_open(server=database_server, template=office_template, homes=home) as opened,
            public_open(),
        ):
            place.use(place.Place(name="Example point of Romania", phone="+40 21 555 0100"))
            pair = Pair(opened)
            request = pair.sent()
            pair.ro()
            form = print_form(request, by=pair.ioana, at=pair.at, language="en")
            server = _serve(_of_member(opened, "ro", get_wsgi_application()))
            try:
                yield Door(f"http://localhost:{server.server_port}/", form, browser)
            finally:
                server.shutdown()
                server.server_close()
                place.use(place.Place())


def faults(page: Page) -> list[str]:
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": WCAG}})
    return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found.response["violations"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_nothing_and_nothing_is_cut_off(door: Door, scheme: str, width: int) -> None:
    page = door.page(color_scheme=scheme, viewport={"width": width, "height": 800})
    wrong = {"empty": faults(page)}
    for code, heading in ((door.form.code, "This authority printed"), ("wrong", "Not found"), ("", "")):
        page.goto(door.at)
        door.asked(page, code)
        if heading:
            expect(page.get_by_role("heading", name=heading)).to_be_visible()
        wrong[heading or "fault"] = faults(page)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert {name: each for name, each in wrong.items() if each} == {}


def test_it_works_without_scripts_and_asks_no_other_host(door: Door, tmp_path: Path) -> None:
    page = door.page(java_script_enabled=False)
    asked: list[str] = []
    page.on("request", lambda each: asked.append(urlsplit(each.url).netloc))
    page.goto(door.at)
    (tmp_path / "order.pdf").write_bytes(door.form.pdf)
    page.get_by_label("The form as you received it").set_input_files(tmp_path / "order.pdf")
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_role("heading", name="Genuine: sent by this authority, and unaltered")).to_be_visible()
    assert set(asked) == {urlsplit(door.at).netloc}


def test_the_first_visit_loads_little(door: Door) -> None:
    page = door.page()
    loaded: list[Response] = []
    page.on("response", lambda each: loaded.append(each))  # noqa: PLW0108 - Playwright marks what it is given
    page.goto(door.at, wait_until="networkidle")
    assert 0 < sum(len(each.body()) for each in loaded) < MOST_BYTES
