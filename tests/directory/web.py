"""A web server over TLS that serves a dictionary: the hub's repository, or anything an attacker would serve."""

import ssl
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.directory.cards import certificate

Taker = Callable[[str, bytes], tuple[int, bytes]]
"""What a POST to a path is answered: status and body."""


def _takes_nothing(_: str, __: bytes) -> tuple[int, bytes]:
    return 405, b""


@contextmanager
def served(
    files: dict[str, bytes], *, name: str = "hub", prefix: str = "/directory/", take: Taker = _takes_nothing
) -> Iterator[str]:
    """Serve ``files`` by path below ``prefix`` on the loopback, with ``name``'s certificate; the origin."""

    class Answer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            content = files.get(self.path.removeprefix(prefix))
            self._send(200 if content is not None else 404, content or b"")

        def do_POST(self) -> None:
            self._send(*take(self.path, self.rfile.read(int(self.headers["Content-Length"]))))

        def _send(self, status: int, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    server.daemon_threads = True
    server.socket = _context(name).wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def _context(name: str) -> ssl.SSLContext:
    pem, secret = certificate(name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        chain, key = Path(folder, "chain.pem"), Path(folder, "key.pem")
        chain.write_text(pem)
        key.write_bytes(secret)
        context.load_cert_chain(chain, key)
    return context
