"""The public door of a real node: a process of its own, in the role that may call one function."""

import json
import re
import time
from pathlib import Path

import httpx
import psycopg

from tests.node.running import free_port, init, running
from tocsin.node.database import ADMIN

WITHIN = 60.0


def answered(url: str) -> httpx.Response:
    """The page, as soon as the process is there."""
    until = time.monotonic() + WITHIN
    while True:
        try:
            return httpx.get(url)
        except httpx.TransportError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def asked(url: str) -> httpx.Response:
    """A wrong number and code, sent as a browser does."""
    with httpx.Client() as browser:
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', browser.get(url).text)
        assert token is not None
        return browser.post(url, data={"csrfmiddlewaretoken": token[1], "number": "RO-0000-0000", "code": "x"})


def as_administrator(home: Path, statement: str) -> None:
    """Do something in the node's own database as its superuser."""
    folder = home / "database"
    port = json.loads((folder / "server.json").read_text())["port"]
    password = (folder / "admin.password").read_text().strip()
    with psycopg.connect(
        host="127.0.0.1", port=port, user=ADMIN, password=password, dbname="ro", autocommit=True
    ) as connection:
        connection.execute(statement.encode())


def test_strangers_are_answered_by_a_process_that_gave_up_the_owners_rights(tmp_path: Path) -> None:
    home, port, public = tmp_path / "ro", free_port(), free_port()
    init(home, port=port)
    with (home / "node.toml").open("a") as file:
        file.write(f"\n[public]\nport = {public}\n")
    url = f"http://localhost:{public}/"
    with running(home, port=port):
        page = answered(url).text
        assert "Verify an order" in page
        assert "EXERCISE" in page
        assert "Not found" in asked(url).text
        # Its one right is taken away: the owner of the function would still have it.
        as_administrator(home, "REVOKE EXECUTE ON FUNCTION forms_check_form FROM ro_outside")
        assert asked(url).status_code == 500
        as_administrator(home, "GRANT EXECUTE ON FUNCTION forms_check_form TO ro_outside")
        assert "Not found" in asked(url).text
