"""A real browser, and the desks of two nodes after a busy night, made once for the tests of a module."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from pytest_django import DjangoDbBlocker

from tests.browser.desks import alone, served
from tests.browser.scene import Night
from tests.desk.door import Officer, signed_in
from tests.office_fixtures import office_template, offices
from tests.offices import offices_open
from tocsin.base.ids import RequestId

CHROMIUM = Path(os.environ.get("TOCSIN_CHROMIUM", "/usr/bin/chromium"))
__all__ = ["office_template", "offices"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; without one the test is skipped, or fails where tools are required."""
    if not CHROMIUM.exists():
        if os.environ.get("TOCSIN_REQUIRE_TOOLS"):
            pytest.fail(f"no browser at {CHROMIUM}")
        pytest.skip(f"no browser at {CHROMIUM}: apt-get install chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield chromium
        chromium.close()


@dataclass
class Desks:
    """Two desks, who works at them, and the requests that are there."""

    night: Night
    at: dict[str, str]
    """Where each desk is found."""
    officers: dict[str, Officer]
    found: dict[str, RequestId]
    browser: Browser

    def opened(self, member: str, **traits: Any) -> BrowserContext:
        """A browser in which the officer of a member is signed in."""
        context = self.browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **traits})
        cookies = self.officers[member].client.cookies
        context.add_cookies([{"name": name, "value": cookies[name].value, "url": self.at[member]} for name in cookies])
        return context

    def page(self, member: str, path: str = "/", **traits: Any) -> Page:
        """A page of a desk, watched: whatever its console complains of, or a dialog that opens, is a fault."""
        page = self.opened(member, **traits).new_page()
        page.set_default_timeout(15_000)
        page.on("console", lambda said: self._complains(page, said.text) if said.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: self._complains(page, str(error)))
        page.on("dialog", lambda dialog: self._complains(page, f"a dialog: {dialog.message}"))
        page.goto(self.at[member] + path)
        return page

    def _complains(self, page: Page, told: str) -> None:
        self.complaints.append(f"{page.url}: {told}")

    def __post_init__(self) -> None:
        self.complaints: list[str] = []

    def do(self, act: Callable[[], Any]) -> Any:
        """Do something at the nodes while no page is answered."""
        with alone():
            return act()


@pytest.fixture(scope="module")
def desks(
    browser: Browser,
    office_template: str,
    django_db_blocker: DjangoDbBlocker,
    database_server: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Desks]:
    """Romania's and Portugal's desks in the morning after a busy night."""
    root = tmp_path_factory.mktemp("desks")

    def home(member: str) -> Path:
        folder = root / member
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    allowed = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "yes"  # Playwright's loop runs in this thread, and none of ours is in it
    try:
        with (
            django_db_blocker.unblock(),
            offices_open(server=database_server, template=office_template, homes=home) as opened,
        ):
            night = Night(opened)
            found = night.many()
            officers = {
                "pt": signed_in(opened, "pt", roles=["duty-officer"], name="Inês Exemplo"),
                "ro": signed_in(opened, "ro", roles=["duty-officer"], name="Ioana Exemplu"),
            }
            with served(opened, "ro", "pt") as at:
                yield Desks(night=night, at=at, officers=officers, found=found, browser=browser)
    finally:
        if allowed is None:
            os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)


@pytest.fixture(autouse=True)
def nothing_complained(request: pytest.FixtureRequest) -> Iterator[None]:
    """No page may log an error, break its own content security policy, or open a dialog."""
    if "desks" not in request.fixturenames:
        yield
        return
    desks: Desks = request.getfixturevalue("desks")
    desks.complaints.clear()
    yield
    for context in desks.browser.contexts:
        context.close()
    assert desks.complaints == []
