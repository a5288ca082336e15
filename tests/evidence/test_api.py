"""Evidence over HTTP, as a program at a node does it."""

import hashlib
import json
import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from tests.evidence.scene import Scene
from tests.evidence.test_bundle import checked, fingerprints
from tests.offices import console
from tocsin.base import instant
from tocsin.base.actor import Actor
from tocsin.base.ids import PersonId
from tocsin.evidence.acts.upload import take_upload
from tocsin.evidence.errors import UploadFaultyError
from tocsin.people.acts.people import issue_token


class Program:
    """A program with a person's token, at the node that this process is."""

    def __init__(self, who: Actor, *scopes: str) -> None:
        self.client = Client()
        token = issue_token(
            PersonId(who.person),
            scopes=frozenset(scopes),
            by=console(),
            at=instant.now(),
            life=timedelta(days=1),
        )
        self.headers = {"Authorization": f"Bearer {token}"}

    def call(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        content = body if isinstance(body, bytes) else json.dumps(body) if body is not None else ""
        kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
        return self.client.generic(
            method, f"/api{path}", content, content_type=kind, headers=self.headers, secure=True, **more
        )

    def done(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.call(method, path, body)
        assert answer.status_code in (200, 201), answer.content
        return answer.json()


@pytest.fixture(autouse=True)
def hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "ALLOWED_HOSTS", ["testserver"])


def test_a_package_goes_from_the_provider_to_a_court_over_http(scene: Scene, tmp_path: Path) -> None:
    content = random.Random(5).randbytes(2_000_000)  # noqa: S311 - an example
    scene.at = instant.now()
    scene.offices.be("example-mail")
    sofia = Program(scene.sofia)
    assert sofia.done("PUT", f"/requests/{scene.produce}/uploads/mailbox.mbox", content)["size"] == len(content)
    assert sofia.done("GET", f"/requests/{scene.produce}/uploads") == ["mailbox.mbox"]
    made = sofia.done("POST", f"/requests/{scene.produce}/packages", {"title": "Mailbox", "files": ["mailbox.mbox"]})
    assert made["files"][0]["sha256"] == hashlib.sha256(content).hexdigest()
    assert sofia.done("GET", f"/requests/{scene.produce}/uploads") == []
    sofia.done("POST", f"/packages/{made['package']}/deliver", {})
    scene.carry()
    scene.offices.be("pt")
    ines = Program(scene.ines)
    assert len(ines.done("GET", f"/requests/{scene.produce}/packages")["waiting"]) == 1
    ines.done("POST", f"/requests/{scene.produce}/packages/take-in", {})
    ines.done("POST", f"/packages/{made['package']}/pass-on", {"request": scene.hand_over})
    scene.carry()
    scene.offices.be("ro")
    ioana = Program(scene.ioana)
    ioana.done("POST", f"/requests/{scene.hand_over}/packages/take-in", {"place": "Bucharest, RO"})
    opened = ioana.done("POST", f"/packages/{made['package']}/open", {"reason": "case 55"})
    path = f"/packages/{made['package']}/opened/{opened['opening']}"
    assert b"".join(ioana.call("GET", f"{path}/1").streaming_content) == content
    ioana.done("DELETE", path)
    assert ioana.call("GET", f"{path}/1").status_code == 404
    custody = ioana.done("GET", f"/packages/{made['package']}/custody")
    assert [each["event"] for each in custody["events"]][-2:] == ["opened", "verified"]
    bundle = ioana.call("POST", f"/requests/{scene.hand_over}/bundle?evidence=clear")
    (tmp_path / "bundle.zip").write_bytes(b"".join(bundle.streaming_content))
    code, said = checked(tmp_path / "bundle.zip", *fingerprints("ro", "pt", "example-mail"))
    assert code == 0, said
    assert "byte for byte (SHA-256" in said
    assert ioana.call("GET", f"/packages/{made['package']}/case").json()["@graph"]


def test_an_upload_that_breaks_off_leaves_nothing_and_says_so(scene: Scene) -> None:
    home = scene.offices.be("example-mail").node.home
    sofia = Program(scene.sofia)
    pieces = [b"x" * 10, b""]
    with pytest.raises(UploadFaultyError, match="20 bytes were announced and 10 came"):
        take_upload(scene.produce, name="a.bin", size=20, read=lambda _: pieces.pop(0), by=scene.sofia)
    assert [path for path in (home / "evidence").rglob("*") if path.is_file()] == []
    for name in ("..%2Fa", ".hidden", "a%5Cb"):
        assert sofia.call("PUT", f"/requests/{scene.produce}/uploads/{name}", b"x").status_code in (404, 422)
    missing = {"title": "x", "files": ["nothing"]}
    assert sofia.call("POST", f"/requests/{scene.produce}/packages", missing).status_code == 404


def test_a_token_reaches_no_further_than_its_scopes(scene: Scene) -> None:
    held = scene.held_by_ro()
    reader = Program(scene.ioana, "requests:read")
    assert reader.call("GET", f"/packages/{held.id}/custody").status_code == 200
    for path, body in (
        (f"/packages/{held.id}/open", {"reason": "x"}),
        (f"/packages/{held.id}/stamp", None),
        (f"/packages/{held.id}/rerun", None),
        (f"/packages/{held.id}/convert", {"name": "sessions.csv"}),
        (f"/requests/{scene.hand_over}/bundle", None),
        (f"/requests/{scene.hand_over}/packages/take-in", {}),
    ):
        assert reader.call("POST", path, body).status_code == 403, path
    prover = Program(scene.ioana, "proof:export")
    assert prover.call("POST", f"/requests/{scene.hand_over}/bundle?evidence=clear").status_code == 403
