"""Somebody at a desk who writes one letter after the other, and knows exactly what her node has accepted."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx

from tocsin.base.instant import text, true_now
from tocsin.node.demo import forms
from tocsin.node.demo.desk import Desk, RefusedError

SERVER_FAULT = 500
YOUNGEST = 12
"""How many of the requests that were opened last are written in."""
ASKS = 0.35


@dataclass
class Shelf:
    """The requests that both sides may write in, and what was accepted of each side; threads share it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    requests: list[str] = field(default_factory=list)
    accepted: dict[str, dict[str, str]] = field(default_factory=lambda: {"ro": {}, "pt": {}})
    """By member: the letters that its API answered with 201, by hash, with their request."""
    cut_off: int = 0
    """Calls that ended without an answer: whether they had an effect is seen in the database alone."""
    refused: list[str] = field(default_factory=list)

    def accept(self, member: str, sent: dict[str, Any]) -> None:
        with self.lock:
            self.accepted[member][sent["sha256"]] = sent["request"]
            if sent["kind"] == "ask":
                self.requests.append(sent["request"])

    @property
    def count(self) -> int:
        with self.lock:
            return sum(map(len, self.accepted.values()))


# A letter that came meanwhile may have changed what can be written; a thread that has not arrived is unknown.
RACES = {"requests.unknown", "requests.not-your-move"}


class Scribe(threading.Thread):
    """Writes on her side until she is told to stop, or has written so many letters."""

    def __init__(self, desk: Callable[[], Desk], shelf: Shelf, *, seed: int, most: int | None = None) -> None:
        super().__init__(daemon=True)
        self.shelf, self.most, self.written = shelf, most, 0
        self.chance = random.Random(seed)  # noqa: S311 - chooses what to write, keeps no secret
        self.enough = threading.Event()
        self.failure: BaseException | None = None
        self._desk = desk()

    def run(self) -> None:
        while not self.enough.is_set() and (self.most is None or self.written < self.most):
            try:
                self._write_one()
            except httpx.TransportError:
                self._cut_off()
            except RefusedError as refused:
                self._refused(refused)
            except BaseException as failure:  # noqa: BLE001 - told by whoever joins
                self.failure = failure
                return

    def finish(self) -> None:
        """Let her end her letter; raises what stopped her."""
        self.enough.set()
        self.join(150)
        assert not self.is_alive(), "a call of the API did not come back"
        if self.failure is not None:
            raise self.failure

    def _cut_off(self) -> None:
        self._desk.forget_connection()
        with self.shelf.lock:
            self.shelf.cut_off += 1
        time.sleep(0.02)

    def _refused(self, refused: RefusedError) -> None:
        code, status = str(refused.problem.get("code")), int(refused.problem.get("status", SERVER_FAULT))
        if status >= SERVER_FAULT:
            self._cut_off()
            return
        with self.shelf.lock:
            self.shelf.refused.append(code)
        time.sleep(0.02)

    # -- what she writes -------------------------------------------------------------------------

    def _write_one(self) -> None:
        with self.shelf.lock:
            young = self.shelf.requests[-YOUNGEST:]
        if not young or self.chance.random() < ASKS:
            self._ask()
        else:
            self._answer(self.chance.choice(young))

    def _ask(self) -> None:
        content = urgent(self._desk.member, f"{self._desk.member}-{self.chance.randrange(10**9)}")
        draft = self._desk.draft(content)
        self._sent(self._desk.send(draft["draft"]))

    def _answer(self, request: str) -> None:
        found = self._desk.look(request, "on my watch")
        can = [kind for kind in found["may_write"] if kind in BODIES]
        if not can:
            time.sleep(0.01)
            return
        kind = self.chance.choice(can)
        self._sent(self._desk.write(request, kind, **BODIES[kind]()))

    def _sent(self, sent: dict[str, Any]) -> None:
        self.written += 1
        self.shelf.accept(self._desk.member, sent)


def urgent(member: str, reference: str) -> dict[str, Any]:
    """An urgent request under Directive 2013/40 from a member to the other one."""
    content = forms.urgent(true_now(), reference=reference)
    return {**content, "to": "pt" if member == "ro" else "ro"}


def _in_two_hours() -> str:
    return text(true_now() + timedelta(hours=2))


BODIES: dict[str, Callable[[], dict[str, Any]]] = {
    "acknowledge": lambda: {"reference": "24/7-118", "words": None},
    "indicate": lambda: {"whether": "yes", "form": "by letter", "when": _in_two_hours(), "words": None},
    "query": lambda: {
        "fields": [{"field": "identifiers", "why": "insufficient"}],
        "preserved": None,
        "words": "Which source port?",
    },
    "supplement": lambda: {
        "fields": {"identifiers": [{**forms.ADDRESS, "at": "2026-11-20T00:00:00Z"}]},
        "cannot": {},
        "validation": None,
        "words": None,
    },
    "accept": lambda: {"conditions": [], "reference": "24/7-118", "words": None},
}
