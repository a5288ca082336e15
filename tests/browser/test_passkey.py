"""Passkeys in a real browser, with a real node in its own processes: set up by a link, used, lost.

The authenticator is Chromium's own virtual one (CDP ``WebAuthn``): it makes real keys and real signatures.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.node.running import free_port, init, running, tocsin

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("passkey")]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("passkey") / "ro"


@pytest.fixture(scope="module")
def desk(home: Path) -> Iterator[str]:
    """The address of the desk of a node that serves."""
    port, door = free_port(), free_port()
    init(home, port=port)
    with (home / "node.toml").open("a") as file:
        file.write(f"\n[desk]\nport = {door}\n")
    with running(home, port=port):
        yield f"http://localhost:{door}"


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context()
    yield opened
    opened.close()


def with_authenticator(page: Page) -> Any:
    """A device that holds passkeys, in this page's browser."""
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    traits = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    return cdp, cdp.send("WebAuthn.addVirtualAuthenticator", {"options": traits})["authenticatorId"]


def invited(home: Path, name: str, role: str) -> str:
    """The link by which somebody new sets up how she signs in."""
    added = tocsin(home, "people", "add", name, "--role", role)
    assert added.returncode == 0, added.stderr
    made = tocsin(home, "people", "invite", name, "--json")
    assert made.returncode == 0, made.stderr
    return str(json.loads(made.stdout)["link"])


def test_a_link_leads_to_a_passkey_and_the_passkey_opens_the_desk_alone(
    home: Path, desk: str, context: BrowserContext
) -> None:
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    cdp, device = with_authenticator(page)
    page.goto(invited(home, "Ana Admin", "administrator"))
    page.get_by_role("button", name="Begin").click()
    page.get_by_role("link", name="A passkey").click()
    page.get_by_label("Name of the device").fill("laptop")
    page.get_by_role("button", name="Make the passkey").click()
    page.get_by_role("heading", name="Recovery codes").wait_for()
    assert page.locator("li.code").count() == 10
    (credential,) = cdp.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"]
    assert (credential["isResidentCredential"], credential["rpId"]) == (True, "localhost")

    page.goto(f"{desk}/account/")
    assert "laptop" in page.content()
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.get_by_role("button", name="With a passkey").click()
    page.wait_for_url(lambda url: "/sign-in/" not in url)
    page.goto(f"{desk}/account/")
    assert page.get_by_role("heading", name="My account").is_visible()
    assert [line for line in said if "Content Security" in line or "violates" in line] == []

    # the device is lost: whoever has it is out at once, and it opens nothing any more
    withdrawn = tocsin(home, "people", "withdraw-devices", "Ana Admin")
    assert withdrawn.returncode == 0, withdrawn.stderr
    page.goto(f"{desk}/account/")
    assert "/sign-in/" in page.url
    page.get_by_role("button", name="With a passkey").click()
    page.wait_for_load_state("networkidle")
    page.goto(f"{desk}/account/")
    assert "/sign-in/" in page.url


def test_a_passkey_stands_in_as_the_second_step_and_says_again_who_one_is(
    home: Path, desk: str, context: BrowserContext
) -> None:
    page = context.new_page()
    with_authenticator(page)
    page.goto(invited(home, "Ioana Exemplu", "duty-officer"))
    page.get_by_role("button", name="Begin").click()
    page.get_by_role("link", name="A passkey").click()
    page.get_by_role("button", name="Make the passkey").click()
    page.get_by_role("heading", name="Recovery codes").wait_for()
    page.goto(f"{desk}/sign-in/set-up/password/")
    for label in ("New password", "The same again"):
        page.get_by_label(label).fill("wind over the old harbour 7")
    page.get_by_role("button", name="Keep it").click()
    page.get_by_role("heading", name="My account").wait_for()
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.get_by_label("Sign-in name").fill("ioana.exemplu")
    page.get_by_label("Password").fill("wind over the old harbour 7")
    page.get_by_role("button", name="With password and code").click()
    page.get_by_role("heading", name="The second step").wait_for()
    page.get_by_role("button", name="With a passkey or key instead").click()
    page.wait_for_url(lambda url: "/sign-in/" not in url)
    page.goto(f"{desk}/sign-in/again/passkey/?next=/account/")
    page.get_by_role("button", name="With a passkey").click()
    page.wait_for_url(f"{desk}/account/")
    entries = tocsin(home, "people", "sessions", "Ioana Exemplu", "--json")
    assert [each["way"] for each in json.loads(entries.stdout)] == ["password-and-key"]


@pytest.mark.usefixtures("home")
def test_without_a_device_the_page_says_so_and_the_password_still_works(desk: str, context: BrowserContext) -> None:
    page = context.new_page()
    cdp, device = with_authenticator(page)
    cdp.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    page.goto(f"{desk}/sign-in/")
    page.get_by_role("button", name="With a passkey").click()
    page.locator("[data-failed]:visible").wait_for()
    assert page.get_by_label("Password").is_editable()
    assert re.search(r"EXERCISE", page.title())
