"""The pages for those who have no node in a real browser: what axe finds, light and dark, wide and narrow."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core.wsgi import get_wsgi_application
from playwright.sync_api import Browser, Page
from pytest_django import DjangoDbBlocker

from tests.browser.desks import _of_member, _serve
from tests.browser.test_verify import faults
from tests.desk.door import desk_open
from tests.desk.test_by_form import Night, scan
from tests.offices import offices_open
from tests.public.test_order import Provider
from tests.public.test_verify import public_open
from tocsin.forms import place
from tocsin.requests.rules.ways import UNKNOWN

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("without-a-node")]


@dataclass
class Served:
    """A door of a node, and the paths that are looked at."""

    at: str
    paths: dict[str, str]
    browser: Browser
    cookies: dict[str, str]
    form: tuple[str, str] = ("", "")

    def page(self, **traits: Any) -> Page:
        context = self.browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **traits})
        context.add_cookies([{"name": name, "value": value, "url": self.at} for name, value in self.cookies.items()])
        page = context.new_page()
        page.set_default_timeout(20_000)
        return page


def _homes(root: Path) -> Any:
    def home(member: str) -> Path:
        folder = root / member
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    return home


@pytest.fixture(scope="module")
def desk(
    browser: Browser,
    office_template: str,
    django_db_blocker: DjangoDbBlocker,
    database_server: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Served]:
    """The desk of pt after a night without nodes."""
    homes = _homes(tmp_path_factory.mktemp("without"))
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock():
        patch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "yes")
        with offices_open(server=database_server, template=office_template, homes=homes) as opened, desk_open():
            night = Night(opened)
            known = night.taken(file=scan())
            other = night.taken(sender=UNKNOWN, checked="not-checked", country="BG")
            server = _serve(_of_member(opened, "pt", get_wsgi_application()))
            paths = {
                "choose": "/take-in/",
                "take in": "/take-in/?instrument=dir2013-40-13-urgent",
                "known": f"/requests/{known.id}/",
                "unknown": f"/requests/{other.id}/",
                "record": f"/requests/{other.id}/record/query/",
                "filings": "/filings/",
            }
            cookies = {name: each.value for name, each in night.ines.client.cookies.items()}
            try:
                yield Served(f"http://localhost:{server.server_port}", paths, browser, cookies)
            finally:
                server.shutdown()
                server.server_close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_axe_finds_nothing_and_nothing_is_cut_off(desk: Served, scheme: str, width: int) -> None:
    page = desk.page(color_scheme=scheme, viewport={"width": width, "height": 800})
    wrong: dict[str, Any] = {}
    for name, path in desk.paths.items():
        answer = page.goto(desk.at + path)
        assert answer is not None
        assert answer.status == 200, name
        if found := faults(page):
            wrong[name] = found
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wrong[f"{name} is cut off"] = width
    assert wrong == {}


@pytest.fixture(scope="module")
def door(
    browser: Browser,
    office_template: str,
    django_db_blocker: DjangoDbBlocker,
    database_server: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Served]:
    """The public door of ro, and a form that has a page of its own."""
    homes = _homes(tmp_path_factory.mktemp("order"))
    before = place.here()
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock():
        patch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "yes")
        with offices_open(server=database_server, template=office_template, homes=homes) as opened, public_open():
            form = Provider(opened).form
            server = _serve(_of_member(opened, "ro", get_wsgi_application()))
            try:
                yield Served(f"http://localhost:{server.server_port}", {}, browser, {}, (form.number, form.code))
            finally:
                server.shutdown()
                server.server_close()
                place.use(before)


@pytest.mark.parametrize(("scheme", "width"), [("light", 360), ("dark", 1280)])
def test_a_provider_answers_without_scripts_and_axe_finds_nothing(door: Served, scheme: str, width: int) -> None:
    wrong: dict[str, Any] = {}
    for scripts in (False, True):  # axe itself is a script
        page = door.page(color_scheme=scheme, viewport={"width": width, "height": 800}, java_script_enabled=scripts)
        page.goto(f"{door.at}/order/")
        page.get_by_label("Number", exact=True).fill(door.form[0])
        page.get_by_label("Code", exact=True).fill(door.form[1])
        page.get_by_role("button", name="Open it").click()
        page.get_by_text("Something is missing or unclear").click()
        if scripts:
            wrong["order"] = faults(page)
            if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                wrong["cut off"] = [str(width)]
        else:
            page.locator("#ask-name").fill("R. Gestor")
            page.locator("#q-words").fill("Which account?")
            page.get_by_role("button", name="Ask", exact=True).click()
            page.get_by_text("It is kept, and the authority gets it at once").wait_for()
    assert {name: each for name, each in wrong.items() if each} == {}
