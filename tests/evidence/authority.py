"""A time-stamping authority of tests: ``openssl ts`` behind a small HTTP server on the loopback."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from tests.independent.tools import need
from tocsin.evidence.acts.stamp import Authority

_CONF = """
[tsa]
dir = .
serial = ./serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
[ext_ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[ext_tsa]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
"""


def made_authority(folder: Path) -> Path:
    """Keys and certificates of an authority; gives its root."""
    openssl = need("openssl")
    folder.mkdir(parents=True)
    (folder / "ts.cnf").write_text(_CONF)
    (folder / "serial").write_text("01\n")

    def run(*arguments: str) -> None:
        subprocess.run([openssl, *arguments], cwd=folder, check=True, capture_output=True)

    for name, subject in (("ca", "/CN=Invented root"), ("tsa", "/CN=Invented time stamps")):
        run("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", f"{name}.key")
        run("req", "-new", "-key", f"{name}.key", "-subj", subject, "-out", f"{name}.csr")
    sign = ("x509", "-req", "-days", "3650", "-extfile", "ts.cnf")
    run(*sign, "-in", "ca.csr", "-signkey", "ca.key", "-extensions", "ext_ca", "-out", "ca.pem")
    run(
        *sign, "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extensions", "ext_tsa",
        "-out", "tsa.pem",
    )  # fmt: skip
    return folder / "ca.pem"


def replied(folder: Path, query: bytes) -> bytes:
    """What ``openssl ts`` answers."""
    (folder / "q.tsq").write_bytes(query)
    asked = ("-queryfile", "q.tsq", "-signer", "tsa.pem", "-inkey", "tsa.key", "-config", "ts.cnf", "-section", "tsa")
    subprocess.run(
        [need("openssl"), "ts", "-reply", *asked, "-out", "r.tsr"], cwd=folder, check=True, capture_output=True
    )
    return (folder / "r.tsr").read_bytes()


@contextmanager
def serving(folder: Path, *, spoil: str = "") -> Iterator[Authority]:
    """The authority while it answers; ``spoil`` names what is wrong with it."""
    root = made_authority(folder)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["Content-Length"]))
            status, kind, reply = 200, "application/timestamp-reply", replied(folder, query)
            if spoil == "away":
                status = 503
            elif spoil == "kind":
                kind = "text/html"
            elif spoil == "bytes":
                reply = b"no DER at all"
            elif spoil == "flip":
                reply = reply[:-5] + bytes([reply[-5] ^ 1]) + reply[-4:]
            elif spoil == "old":
                old = folder / "old.tsr"
                if not old.exists():
                    old.write_bytes(reply)
                reply = old.read_bytes()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Authority(url=f"http://127.0.0.1:{server.server_port}/tsa", root=root.read_text())
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
