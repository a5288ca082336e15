"""Desks that a real browser can open: the offices of a test, each at a port of its own, in this process.

One process is one node at a time, so requests are answered one after the other, each by the node whose port it came to.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from django.core.wsgi import get_wsgi_application
from django.db import connections

from tests.desk.door import desk_open
from tests.offices import Offices

_ONE_AT_A_TIME = threading.RLock()


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def served(offices: Offices, *members: str) -> Iterator[dict[str, str]]:
    """The desks of these members, by member: where each is found."""
    with desk_open():
        application = get_wsgi_application()
        servers = {member: _serve(_of_member(offices, member, application)) for member in members}
        try:
            yield {member: f"http://localhost:{server.server_port}" for member, server in servers.items()}
        finally:
            for server in servers.values():
                server.shutdown()
                server.server_close()


@contextmanager
def alone() -> Iterator[None]:
    """Nobody is answered meanwhile: what is done in here is done by the node that this process is made."""
    with _ONE_AT_A_TIME:
        yield


def _serve(application: Callable[..., Iterable[bytes]]) -> WSGIServer:
    server = make_server("127.0.0.1", 0, application, server_class=_Server, handler_class=_Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def _of_member(offices: Offices, member: str, application: Callable[..., Iterable[bytes]]) -> Any:
    def answer(environ: dict[str, Any], start: Any) -> list[bytes]:
        with _ONE_AT_A_TIME:
            office = offices.be(member)
            office.wrapper.inc_thread_sharing()
            before = connections["default"]
            connections["default"] = office.wrapper
            try:
                body = application(environ, start)
                whole = [b"".join(body)]
                if hasattr(body, "close"):
                    body.close()
                return whole
            finally:
                connections["default"] = before
                office.wrapper.dec_thread_sharing()

    return answer
