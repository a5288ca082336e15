"""A node that sends and reads mail: real servers, certificates made by OpenSSL, and what OpenSSL makes and checks."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.offices import Offices
from tests.requests.desk import Pair
from tocsin.base.ids import MemberId
from tocsin.base.this_node import this_node
from tocsin.mail import post
from tocsin.mail.acts.contacts import record_mail_address
from tocsin.mail.reads import Contact
from tocsin.mail.rules.settings import MailSettings

FROM, TO = "desk@authority.example", "abuse@provider.example"


def openssl(*words: str, given: bytes = b"", fails: bool = False) -> bytes:
    """What OpenSSL answers; its refusal is a failure unless it is what is asked for."""
    done = subprocess.run(["openssl", *words], input=given, capture_output=True, check=False)
    assert (done.returncode != 0) is fails, done.stderr.decode()
    return done.stdout


@dataclass(frozen=True)
class Certified:
    """A key with a certificate that it signed itself, as OpenSSL makes them."""

    folder: Path
    name: str
    address: str

    @property
    def key(self) -> Path:
        return self.folder / f"{self.name}.key.pem"

    @property
    def certificate(self) -> Path:
        return self.folder / f"{self.name}.pem"

    def signed(self, entity: bytes, *head: str, opaque: bool = False) -> bytes:
        """A mail that OpenSSL signed."""
        told = [word for pair in head for word in pair.split("=", 1)]
        return openssl(
            *("cms", "-sign", "-md", "sha256", "-signer", str(self.certificate), "-inkey", str(self.key)),
            *(["-nodetach"] if opaque else []),
            *(f"-{told[at]}" if at % 2 == 0 else told[at] for at in range(len(told))),
            given=entity,
        )


def certified(folder: Path, name: str, address: str, *, kind: str = "rsa:2048", days: int = 3650) -> Certified:
    """A new key and certificate; made once in a session for each name."""
    made = Certified(folder, name, address)
    if not made.key.exists():
        openssl(
            *("req", "-x509", "-newkey", kind, "-nodes", "-keyout", str(made.key), "-out", str(made.certificate)),
            *(
                "-days",
                str(days),
                "-subj",
                f"/CN={name}/emailAddress={address}",
                "-addext",
                f"subjectAltName=email:{address}",
            ),
            *(["-pkeyopt", "ec_paramgen_curve:P-256"] if kind == "ec" else []),
        )
    return made


@dataclass
class Server:
    """What a mail server got, and how it is to answer."""

    mails: list[bytes] = field(default_factory=list)
    to: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    """For the next mails; ``break`` takes the mail and breaks the line before it says so. Without one: taken."""
    port: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    async def handle_RCPT(  # noqa: N802 - as aiosmtpd calls it
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server, session, options
        if self.answers and self.answers[0].startswith("rcpt "):
            return self.answers.pop(0).removeprefix("rcpt ")
        envelope.rcpt_tos.append(address)
        self.to.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        del session
        answer = self.answers.pop(0) if self.answers else "250 taken"
        with self.lock:
            if answer in {"250 taken", "break"}:
                self.mails.append(bytes(envelope.original_content or b""))
        if answer == "break":
            transport: Any = server.transport
            transport.abort()
        return answer


class _OnAnyPort(Controller):
    """A controller whose server chose its port by itself."""

    def _trigger_server(self) -> None:
        server: Any = self.server
        self.port = server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@contextmanager
def served() -> Iterator[Server]:
    """A real SMTP server on this machine, in a thread of its own."""
    server = Server()
    running = _OnAnyPort(server, hostname="127.0.0.1", port=0, decode_data=False, data_size_limit=64 * 1024 * 1024)
    running.start()
    server.port = running.port
    try:
        yield server
    finally:
        running.stop()


class Post(Pair):
    """Ro sends mail to pt, who is treated as if he had no node."""

    def __init__(self, offices: Offices, *, keys: Path, server: Server) -> None:
        super().__init__(offices)
        self.keys, self.server = keys, server
        self.ours = certified(keys, "authority", FROM)
        self.theirs = certified(keys, "provider", TO)
        self.settings = MailSettings(address=FROM, smtp_host="127.0.0.1", smtp_port=server.port, smtp_security="none")
        folder = this_node().home / "keys"
        folder.mkdir(exist_ok=True)
        (folder / post.KEY).write_bytes(self.ours.key.read_bytes())
        (folder / post.KEY).chmod(0o600)
        (folder / post.CERTIFICATE).write_bytes(self.ours.certificate.read_bytes())
        post.use(self.settings)

    def told(self, **traits: Any) -> None:
        """Change the settings."""
        self.settings = replace(self.settings, **traits)
        post.use(self.settings)

    def address(self, *, certificate: bool = False, address: str = TO) -> Contact:
        """Record where pt gets mail."""
        self.ro()
        pem = self.theirs.certificate.read_text() if certificate else ""
        return record_mail_address(
            MemberId("pt"), address=address, certificate=pem, known_from="told by telephone", by=self.ioana, at=self.at
        )
