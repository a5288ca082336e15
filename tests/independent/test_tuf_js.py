"""The directory is read by a TUF client in another language: tuf-js, beginning with our root alone."""

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.conftest import AsNode
from tests.directory.cards import Member
from tests.directory.hubs import Hub, found, hub_with_keys
from tests.directory.simulator import true_now
from tests.independent.npm import installed
from tests.independent.tools import need
from tocsin.commands.directory import app
from tocsin.directory.rules.card import read_card_file

pytestmark = [pytest.mark.tools, pytest.mark.django_db]

PACKAGE = "tuf-js@5"
CLIENT = Path(__file__).parent / "js" / "tuf_client.cjs"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Exported:
    """A hub whose directory was written to a folder by the command, and a plain web server in front of it."""

    def __init__(self, hub: Hub, folder: Path, url: str) -> None:
        self.hub, self.folder, self.url = hub, folder, url
        self.pt = Member("pt")

    def put_card(self) -> bytes:
        card = self.pt.card(at=true_now() - timedelta(hours=1)).file
        self.hub.take("state-pt", {"cards/pt.json": card})
        return card

    def export(self) -> None:
        result = CliRunner().invoke(app, ["export", str(self.folder), "--json"])
        assert result.exit_code == 0, result.output

    def client(self, place: Path, *targets: str) -> dict[str, Any]:
        """Run the other client; it knows the root from its first run on."""
        node, modules = need("node"), installed(PACKAGE) / "node_modules"
        if not place.exists():
            (place / "metadata").mkdir(parents=True)
            (place / "targets").mkdir()
            shutil.copy(self.folder / "root.json", place / "metadata" / "root.json")
        run = subprocess.run(
            [node, CLIENT, modules, place, self.url, *targets], capture_output=True, check=True, timeout=60
        )
        return dict(json.loads(run.stdout))


@pytest.fixture
def exported(as_node: AsNode, tmp_path: Path) -> Iterator[Exported]:
    need("node")
    as_node("hub")
    hub = hub_with_keys(tmp_path)
    found(hub)
    folder = tmp_path / "public"
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield Exported(hub, folder, f"http://127.0.0.1:{server.server_address[1]}")
    server.shutdown()
    server.server_close()


def test_tuf_js_fetches_a_card_with_nothing_but_our_root(exported: Exported, tmp_path: Path) -> None:
    card, mail = exported.put_card(), Member("example-mail").card(at=true_now() - timedelta(hours=1)).file
    exported.hub.take("private", {"cards/example-mail.json": mail})
    exported.export()
    answer = exported.client(tmp_path / "client", "cards/pt.json", "cards/example-mail.json", "cards/gr.json")
    assert "error" not in answer, answer
    fetched = Path(answer["found"]["cards/pt.json"]).read_bytes()
    assert fetched == card
    assert read_card_file(fetched).card.member == "pt"
    assert Path(answer["found"]["cards/example-mail.json"]).read_bytes() == mail
    assert answer["found"]["cards/gr.json"] is None


def test_tuf_js_follows_new_root_holders_and_a_later_card(exported: Exported, tmp_path: Path) -> None:
    exported.put_card()
    exported.export()
    client = tmp_path / "client"
    assert "error" not in exported.client(client, "cards/pt.json")
    exported.hub.hold(renew=True)
    later = exported.put_card()
    exported.export()
    answer = exported.client(client, "cards/pt.json")
    assert "error" not in answer, answer
    assert Path(answer["found"]["cards/pt.json"]).read_bytes() == later


def test_tuf_js_refuses_what_we_refuse(exported: Exported, tmp_path: Path) -> None:
    exported.put_card()
    exported.export()
    card = next((exported.folder / "targets" / "cards").iterdir())
    card.write_bytes(card.read_bytes().replace(b"e", b"f", 1))
    assert exported.client(tmp_path / "one", "cards/pt.json")["error"] == "LengthOrHashMismatchError"
    stamp = exported.folder / "metadata" / "timestamp.json"
    stamp.write_bytes(stamp.read_bytes().replace(b'"sig":"', b'"sig":"0', 1))
    assert exported.client(tmp_path / "two", "cards/pt.json")["error"]
