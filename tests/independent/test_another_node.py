"""A node written from the documents alone and a real one: cards, an ask, its receipt, a query, a supplement."""

import contextlib
import json
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from tests.independent import another_node
from tests.independent.another_node import (
    AnotherNode,
    Card,
    Json,
    RefusedError,
    Thread,
    commitment,
    from_url64,
    hash_of,
    open_sealed,
    read,
    six_words,
    url64,
    verify,
)
from tests.journeys.pair import wait_for
from tests.journeys.settle import OFFICER
from tests.node import prepared, warm
from tests.node.running import environment, free_port, running
from tests.wire.make_wire_vectors import VECTORS as WIRE
from tocsin.base.instant import true_now
from tocsin.node.config import DATABASE_VARIABLE
from tocsin.node.database import Server
from tocsin.node.home import initialise

pytestmark = [
    pytest.mark.xdist_group("another-node"),
    pytest.mark.skipif(sys.platform != "linux", reason="a node in processes of its own"),
]

ROOT = Path(__file__).parents[2]
CARDS = ROOT / "tests" / "vectors" / "card"
INSTRUMENT = "budapest-29-preserve"
COMPETENCES = (INSTRUMENT, "budapest-35-assist")
THREADS = ROOT / "tests" / "vectors" / "thread"
WORDS = [line.split()[-1] for line in (files("xkcdpass") / "static" / "eff-long").read_text().splitlines() if line]
ASK = {
    "form": {"reference": "RO-2026-0042", "duration_days": 90, "necessity": "Records are erased after seven days."},
    "categories": ["SUBSCRIBER", "TRAFFIC"],
    "clocks": [{"id": "ets185.29.7.preserve_min", "of": INSTRUMENT}],
    "urgency": {"level": "urgent", "reason": "The provider keeps records for seven days.", "reply_by": None},
    "case_reference": "RO-2026-0042",
    "earlier": [],
    "signed_off": [{"name": "Ana Exemplu", "role": "prosecutor", "at": "2026-11-24T02:55:00.000Z"}],
    "validation_follows": False,
    "overrides": [],
    "other_way": None,
    "conditions": [],
}


@dataclass
class Officer:
    """Somebody at the real node, at its API."""

    client: httpx.Client

    def call(self, method: str, path: str, **more: Any) -> Any:
        answer = self.client.request(method, f"/api{path}", **more)
        assert answer.is_success, answer.text
        return answer.json()

    def write(self, request: str, kind: str, **body: Any) -> Any:
        return self.call("POST", f"/requests/{request}/letters", json={"kind": kind, "body": body})

    def state(self, request: str) -> str:
        return str(self.call("GET", f"/requests/{request}/line")["state"])

    def stages(self, request: str, sha256: str) -> list[str]:
        """How far a letter came by its receipts."""
        places = self.call("GET", f"/requests/{request}/places")
        return [each["stage"] for place in places if place["sha256"] == sha256 for each in place["receipts"]]


@dataclass
class Met:
    """Both nodes, which know each other's cards by voice."""

    ro: AnotherNode
    officer: Officer


@pytest.fixture(scope="module")
def met(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Met]:
    """A real node, pt, with a durable database of its own, and the other one, ro, whose six words it was told."""
    folder, port = tmp_path_factory.mktemp("another"), free_port()
    ro = AnotherNode("ro", country="RO", zone="Europe/Bucharest", competences=COMPETENCES)
    with Server(prepared.database(folder / "server")) as server, contextlib.closing(ro):
        told = {DATABASE_VARIABLE: server.ensure_database("pt")}
        _init(folder / "pt", port=port, database=told[DATABASE_VARIABLE])
        with running(folder / "pt", port=port, more=told):
            (folder / "ro.card").write_bytes(ro.card_file)
            (folder / "ro.json").write_text(json.dumps({"words": six_words("ro", ro.card, words=WORDS)}))
            settled = warm.run("tests.journeys.settle:main", [str(folder), "ro"], told=environment(folder / "pt", told))
            assert settled.returncode == 0, settled.stderr
            ro.trust((folder / "pt.card").read_bytes())
            token = json.loads((folder / "pt.json").read_text())["tokens"][OFFICER]
            with ro.line(headers={"Authorization": f"Bearer {token}"}) as client:
                yield Met(ro, Officer(client))


def _init(home: Path, *, port: int, database: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(DATABASE_VARIABLE, database)
        initialise(
            home,
            member="pt",
            kind="state",
            country="PT",
            zone="Europe/Lisbon",
            phone="+351215550100",
            endpoint=f"https://127.0.0.1:{port}",
            listen=("127.0.0.1", port),
            competences=COMPETENCES,
            private_endpoints=True,
            at=true_now(),
        )


def test_it_imports_nothing_of_ours() -> None:
    source = Path(another_node.__file__).read_text()
    assert "import tocsin" not in source
    assert "from tocsin" not in source
    assert "from tests" not in source


def test_it_asks_is_queried_and_supplements_and_every_step_is_receipted(met: Met) -> None:
    ro, officer = met.ro, met.officer
    thread = ro.ask(INSTRUMENT, ASK)
    assert officer.state(thread.id) == "asked"
    officer.call("GET", f"/requests/{thread.id}", params={"reason": "taking it in"})
    officer.write(thread.id, "acknowledge", reference="PT-24/7-118", words=None)
    missing = [{"field": "identifiers", "why": "missing"}]
    query = officer.write(thread.id, "query", fields=missing, preserved=False, words=None)
    assert ro.wait_for(thread, "acknowledge")["body"] == {"reference": "PT-24/7-118", "words": None}
    assert ro.wait_for(thread, "query")["body"]["fields"] == missing
    account = {"type": "account", "value": "example.user", "service": "mail.example"}
    ro.write(
        thread, "supplement", {"fields": {"identifiers": [account]}, "cannot": {}, "validation": None, "words": None}
    )
    assert officer.state(thread.id) == "acknowledged"
    wait_for(lambda: "stored" in officer.stages(thread.id, query["sha256"]), "our receipt for the query")
    opened = ro.wait_for_receipt("opened")
    assert opened["letter_sha256"] == thread.mine[0]
    ro.write(thread, "withdraw", {"reason": "The suspect was found.", "obtained": "none"})
    ro.write(thread, "close", {"words": None})
    assert officer.state(thread.id) == "closed"
    assert ro.problems == []


def test_a_letter_that_comes_twice_gets_the_same_receipt(met: Met) -> None:
    ro = met.ro
    thread = Thread(str(uuid.uuid4()), INSTRUMENT)
    letter = ro.letter(thread, "ask", ASK)
    first, second = (ro.post_letters([letter])[0]["receipt"] for _ in range(2))
    assert first == second
    ro.checked_receipt(first, letter)


def test_a_receipt_that_proves_less_is_noticed(met: Met) -> None:
    ro = met.ro
    letter, other = (ro.letter(Thread(str(uuid.uuid4()), INSTRUMENT), "ask", ASK) for _ in range(2))
    receipt, _ = (result["receipt"] for result in ro.post_letters([letter, other]))
    with pytest.raises(RefusedError, match=r"wire\.receipt-faulty"):
        ro.checked_receipt(receipt, other)
    payload = read(from_url64(receipt.split(".")[1]))
    entry = commitment(bytes(32), payload["entry"]["event"])
    with pytest.raises(RefusedError, match="not in the tree"):
        ro.check_proof(payload["proof"], entry)


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"v": 2}, "wire.letter-version"),
        ({"cc": "gr"}, "wire.letter-field-unknown"),
        ({"from": "bg"}, "wire.letter-not-by-caller"),
        ({"to": "bg"}, "wire.letter-not-for-us"),
        ({"instrument": "budapest-31-stored"}, "wire.competence-missing"),
        ({"exercise": {"shift_seconds": 0}}, "wire.exercise-letter"),
        ({"written": "2099-01-01T00:00:00.000Z"}, "wire.letter-from-the-future"),
        ({"body": ASK | {"urgent": True}}, "requests.letter-body"),
        ({"body": ASK | {"clocks": [{"id": "ets185.29.7.keep", "of": INSTRUMENT}]}}, "requests.letter-illegal"),
        ({"seq": 2, "prev": "0" * 64}, "wire.letter-gap"),
    ],
)
def test_what_a_node_must_not_write_is_refused_by_its_code(met: Met, other: Json, code: str) -> None:
    letter = met.ro.letter(Thread(str(uuid.uuid4()), INSTRUMENT), "ask", ASK, other)
    (result,) = met.ro.post_letters([letter])
    assert result["problem"]["code"] == code


def test_a_signature_of_somebody_else_is_refused(met: Met) -> None:
    ro = met.ro
    head, payload, _ = ro.letter(Thread(str(uuid.uuid4()), INSTRUMENT), "ask", ASK).split(".")
    forged = url64(Ed25519PrivateKey.generate().sign(f"{head}.{payload}".encode()))
    (result,) = ro.post_letters([f"{head}.{payload}.{forged}"])
    assert result["problem"]["code"] == "envelope-signature"


def test_it_makes_the_published_six_words() -> None:
    facts = json.loads((CARDS / "facts.json").read_text())
    card = json.loads((CARDS / "ro.card.json").read_bytes())["card"]
    assert six_words("ro", card, words=WORDS) == facts["words"]
    assert Card.from_file((CARDS / "ro.card.json").read_bytes()).payload == json.loads(
        (CARDS / "ro.payload.json").read_text()
    )


def test_it_reads_the_published_letters_and_envelopes() -> None:
    keys = json.loads((WIRE / "keys.json").read_text())
    signing = {keys["ro"]["sign"]["kid"]: bytes.fromhex(keys["ro"]["sign"]["public"])}
    for letter in json.loads((WIRE / "letters.json").read_text()):
        assert verify(letter["jws"], typ="tocsin-letter+jws", keys=signing) == letter["payload"]
        assert hash_of(letter["jws"]) == letter["sha256"]
    for envelope in json.loads((WIRE / "envelopes.json").read_text()):
        key = X25519PrivateKey.from_private_bytes(bytes.fromhex(keys[envelope["to"]]["seal"]["private"]))
        assert open_sealed(envelope["jwe"], key=key) == envelope["content"]


@pytest.mark.parametrize("name", ["preservation", "production", "refusal", "crossing"])
def test_it_reads_the_published_threads(name: str) -> None:
    keys = {member: public_halves(each) for member, each in json.loads((THREADS / "keys.json").read_text()).items()}
    for told in json.loads((THREADS / f"{name}.json").read_text())["letters"]:
        letter = verify(told["jws"], typ="tocsin-letter+jws", keys=keys[told["payload"]["from"]])
        receipt = verify(told["receipt"], typ="tocsin-receipt+jws", keys=keys[letter["to"]])
        assert (letter, receipt) == (told["payload"], told["receipt_payload"])
        assert receipt["letter_sha256"] == hash_of(told["jws"]) == told["sha256"]


def public_halves(keys: Json) -> dict[str, bytes]:
    return {keys["sign"]["kid"]: bytes.fromhex(keys["sign"]["public"])}
