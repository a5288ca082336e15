"""A person at a node of the demo: her token, and the calls of the API that she makes."""

import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx

WAIT_SECONDS = 60.0
_LOOK_AGAIN = 0.02


class RefusedError(Exception):
    """The node refused; what its problem document says."""

    def __init__(self, problem: Mapping[str, Any]) -> None:
        self.problem = dict(problem)
        super().__init__(f"{problem.get('code')}: {problem.get('detail')}")


@dataclass
class Desk:
    """Somebody who works at a node, through its HTTP API."""

    member: str
    name: str
    endpoint: str
    token: str
    trust: ssl.SSLContext = field(repr=False)

    @cached_property
    def _client(self) -> httpx.Client:
        return httpx.Client(
            base_url=f"{self.endpoint}/api",
            verify=self.trust,
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=120,
        )

    def call(self, method: str, path: str, **arguments: Any) -> Any:
        """One call; its answer. Raises ``RefusedError`` with the problem document."""
        answer = self._asked(method, path, **arguments)
        if answer.is_error:
            try:
                problem = answer.json()
            except ValueError:
                problem = {"code": str(answer.status_code), "detail": answer.text[:500]}
            raise RefusedError(problem)
        return answer.json()

    def _asked(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        """Ask; what asked nothing yet, or only looks, is tried again: the node is starting."""
        again = (httpx.ConnectError, httpx.RemoteProtocolError) if method == "GET" else (httpx.ConnectError,)
        until = time.monotonic() + WAIT_SECONDS
        while True:
            try:
                return self._client.request(method, path, **arguments)
            except again:
                if time.monotonic() > until:
                    raise
                time.sleep(_LOOK_AGAIN)

    def forget_connection(self) -> None:
        """Begin a new connection: the node was killed meanwhile."""
        self.__dict__.pop("_client", None)

    # -- what she does ---------------------------------------------------------------------------

    def draft(self, content: Mapping[str, Any], *, parent: str | None = None) -> Any:
        return self.call("POST", "/drafts", json=dict(content), params={"parent": parent} if parent else {})

    def change(self, draft: str, content: Mapping[str, Any]) -> Any:
        return self.call("PATCH", f"/drafts/{draft}", json=dict(content))

    def sign(self, draft: str, sha256: str) -> Any:
        return self.call("POST", f"/drafts/{draft}/sign-offs", json={"sha256": sha256})

    def send(self, draft: str) -> Any:
        return self.call("POST", f"/drafts/{draft}/send")

    def write(self, request: str, kind: str, **body: Any) -> Any:
        return self.call("POST", f"/requests/{request}/letters", json={"kind": kind, "body": body})

    def look(self, request: str, reason: str) -> Any:
        return self.call("GET", f"/requests/{request}", params={"reason": reason})

    def line(self, request: str) -> Any:
        return self.call("GET", f"/requests/{request}/line")

    def places(self, request: str) -> Any:
        return self.call("GET", f"/requests/{request}/places")

    def clocks(self, request: str) -> Any:
        return self.call("GET", f"/requests/{request}/clocks")

    def alarms(self, request: str) -> Any:
        return self.call("GET", f"/requests/{request}/alarms")

    def shift_clock(self, seconds: int) -> Any:
        return self.call("POST", "/clock", json={"seconds": seconds})

    # -- evidence --------------------------------------------------------------------------------

    def pack(self, request: str, file: Path, *, title: str) -> Any:
        """Upload a file and make a package of it for a request."""
        with file.open("rb") as content:
            size = {"Content-Length": str(file.stat().st_size)}
            self.call("PUT", f"/requests/{request}/uploads/{file.name}", headers=size, content=content)
        return self.call("POST", f"/requests/{request}/packages", json={"title": title, "files": [file.name]})

    def deliver_package(self, package: str) -> Any:
        return self.call("POST", f"/packages/{package}/deliver", json={})

    def pass_on(self, package: str, request: str) -> Any:
        return self.call("POST", f"/packages/{package}/pass-on", json={"request": request})

    def open_package(self, package: str, *, reason: str) -> Any:
        return self.call("POST", f"/packages/{package}/open", json={"reason": reason})

    def custody(self, package: str) -> Any:
        return self.call("GET", f"/packages/{package}/custody")

    def take_in(self, request: str, package: str) -> Any:
        """Take a package in as soon as all its files are here."""
        return self._wait(lambda: self._taken(request, package), f"the files of the package {package}")

    def _taken(self, request: str, package: str) -> Any:
        if not self.call("GET", f"/requests/{request}/packages")["waiting"]:
            return None
        try:
            taken = self.call("POST", f"/requests/{request}/packages/take-in", json={})
        except RefusedError as refused:
            if refused.problem.get("code") != "evidence.files-on-the-way":
                raise
            return None
        return next((each for each in taken if each["package"] == package), None)

    # -- what she waits for ----------------------------------------------------------------------

    def wait_state(self, request: str, *states: str) -> Any:
        """Wait until a request stands so at this node."""
        return self._wait(lambda: self._line_if(request, states), f"{request} to be {' or '.join(states)}")

    def wait_receipt(self, request: str, sha256: str) -> Any:
        """Wait until a letter of ours has its receipt; the letter's place with it."""
        return self._wait(lambda: self._receipted(request, sha256), f"the receipt of {sha256[:16]}")

    def wait_alarm(self, request: str, kind: str) -> Any:
        """Wait until an alarm of a kind has rung."""
        return self._wait(
            lambda: next((each for each in self.alarms(request) if each["kind"] == kind), None), f"the alarm {kind}"
        )

    def _line_if(self, request: str, states: tuple[str, ...]) -> Any:
        try:
            line = self.line(request)
        except RefusedError as refused:
            if refused.problem.get("code") != "requests.unknown":
                raise
            return None
        return line if line["state"] in states else None

    def _receipted(self, request: str, sha256: str) -> Any:
        found = next((each for each in self.places(request) if each["sha256"] == sha256), None)
        if found is not None and found["problem"]:
            raise RefusedError(found["problem"])
        return found if found and any(each["stage"] == "stored" for each in found["receipts"]) else None

    def _wait(self, look: Callable[[], Any], what: str) -> Any:
        until = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < until:
            found = look()
            if found:
                return found
            time.sleep(_LOOK_AGAIN)
        raise TimeoutError(f"{self.member} waited {WAIT_SECONDS:.0f} s for {what}")
