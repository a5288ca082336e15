"""Signing in through the organisation's provider: against a real one of another maker, in a process of its own."""

import re
import subprocess
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import httpx
import pytest
from django.test import Client, override_settings

from tests.desk.door import account_with_app, code_of, desk_open, signed_in
from tests.independent.npm import installed
from tests.independent.tools import need
from tests.node.running import free_port
from tests.office_fixtures import office_template, offices
from tests.offices import Offices, console, entries
from tocsin.base import instant
from tocsin.node.config import OpenId
from tocsin.node.openid import openid_client
from tocsin.people.acts.accounts import link_organisation
from tocsin.people.models import Account
from tocsin.people.rules.sign_in import provider_id

__all__ = ["office_template", "offices"]
pytestmark = [pytest.mark.tools, pytest.mark.xdist_group("oidc")]

PACKAGE = "oidc-provider@9"
PROGRAM = Path(__file__).parent / "js" / "oidc_provider.mjs"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """A provider that answers."""
    node, modules, port = need("node"), installed(PACKAGE) / "node_modules", free_port()
    told = f"http://localhost:{port}"
    redirect = f"http://testserver/sign-in/organisation/{provider_id(told)}/"
    command = [node, str(PROGRAM), str(modules), str(port), redirect]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        assert "ready" in process.stdout.readline()
        yield told
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(params=["ours"])
def desk(request: pytest.FixtureRequest, issuer: str, offices: Offices) -> Iterator[Offices]:
    offices.found("ro")
    told = OpenId(issuer=issuer, client_id="tocsin", name="Example Ministry", second_factor=request.param)
    app = openid_client(told, secret="a secret of the test")  # noqa: S106
    organisation = {"issuer": issuer, "name": told.name, "second_factor": told.second_factor}
    with (
        desk_open(),
        override_settings(
            SOCIALACCOUNT_PROVIDERS={"openid_connect": {"APPS": [app]}}, TOCSIN_ORGANISATION=organisation
        ),
    ):
        yield offices


def at_provider(where: str, *, subject: str) -> str:
    """Sign in at the provider's own pages, as a person would; where it sends her back."""
    with httpx.Client(timeout=20) as browser:
        answer = browser.get(where)
        for _ in range(12):
            if answer.is_redirect:
                onward = answer.next_request
                assert onward is not None
                if onward.url.host == "testserver":
                    return str(onward.url)
                answer = browser.send(onward)
                continue
            (action,) = re.findall(r'<form[^>]*action="([^"]+)"', answer.text)
            (prompt,) = re.findall(r'name="prompt" value="(\w+)"', answer.text)
            said = {"prompt": prompt, "login": subject, "password": "x"}
            answer = browser.post(unescape(action), data=said)
    raise AssertionError(f"the provider led nowhere: {answer.status_code} {answer.text[:300]}")


def through(client: Client, *, subject: str) -> str:
    """Sign in by the provider; where the desk leads."""
    begun = client.get("/sign-in/organisation/")
    assert begun.status_code == 302
    assert "code_challenge_method=S256" in begun.headers["Location"]
    assert "scope=openid&" in begun.headers["Location"] + "&"
    back = at_provider(begun.headers["Location"], subject=subject)
    return str(client.get(back.removeprefix("http://testserver")).headers.get("Location"))


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def test_whoever_is_linked_comes_in_with_her_second_factor(desk: Offices) -> None:
    secret = account_with_app(desk, "ro")
    account = Account.objects.get()
    link_organisation(str(account.id), subject="subject-7", by=console(), at=instant.now())
    client = Client()
    assert through(client, subject="subject-7") == "/sign-in/second-step/"
    assert not is_in(client)
    assert client.post("/sign-in/second-step/", {"code": code_of(secret)}).headers["Location"] == "/"
    assert is_in(client)
    assert "everybody@id.example" not in str(entries())


@pytest.mark.parametrize("desk", ["theirs"], indirect=True)
def test_where_the_provider_asks_for_two_factors_its_word_is_enough(desk: Offices) -> None:
    account_with_app(desk, "ro", name="Another One")
    officer = signed_in(desk, "ro", roles=["duty-officer"], name="Ioana Exemplu")
    account = Account.objects.get(person_id=officer.actor.person)
    link_organisation(str(account.id), subject="subject-8", by=console(), at=instant.now())
    client = Client()
    assert through(client, subject="subject-8") == "/"
    assert is_in(client)
    assert entries("signed-in")[-1]["way"] == "organisation"


@pytest.mark.usefixtures("desk")
def test_a_subject_that_nobody_is_linked_to_is_turned_away_and_no_account_is_made() -> None:
    client = Client()
    assert through(client, subject="stranger") == "/sign-in/"
    assert not is_in(client)
    assert "opens nothing here" in client.get("/sign-in/").content.decode()
    assert not Account.objects.exists()
    assert entries("sign-in-failed")[-1]["step"] == "organisation"


def test_the_same_address_under_another_subject_is_somebody_else(desk: Offices) -> None:
    account_with_app(desk, "ro")
    link_organisation(str(Account.objects.get().id), subject="subject-7", by=console(), at=instant.now())
    client = Client()
    assert through(client, subject="subject-9") == "/sign-in/"
    assert not is_in(client)


def test_she_links_her_account_herself_and_nobody_takes_it_from_her(desk: Offices) -> None:
    officer = signed_in(desk, "ro", roles=["duty-officer"], name="Ioana Exemplu")
    page = officer.client.post("/sign-in/set-up/organisation/").content.decode()
    (onward,) = re.findall(r'href="(http://localhost:[^"]+)"', page)
    back = at_provider(unescape(onward), subject="subject-10")
    assert officer.client.get(back.removeprefix("http://testserver")).headers["Location"] == "/account/"
    assert entries("factor-added")[-1]["factor"] == "organisation"
    other = signed_in(desk, "ro", roles=["auditor"], name="Other One")
    page = other.client.post("/sign-in/set-up/organisation/").content.decode()
    (onward,) = re.findall(r'href="(http://localhost:[^"]+)"', page)
    back = at_provider(unescape(onward), subject="subject-10")
    other.client.get(back.removeprefix("http://testserver"))
    assert "linked to somebody else" in other.client.get("/account/").content.decode()


def test_what_another_browser_began_lets_nobody_in(desk: Offices) -> None:
    account_with_app(desk, "ro")
    link_organisation(str(Account.objects.get().id), subject="subject-7", by=console(), at=instant.now())
    begun = Client().get("/sign-in/organisation/").headers["Location"]
    back = at_provider(begun, subject="subject-7").removeprefix("http://testserver")
    victim = Client()
    assert victim.get(back).headers["Location"] == "/sign-in/"
    assert not is_in(victim)
