"""What a node is told about its mail: ``[mail]`` in ``node.toml``. Nothing is sent and nothing read until it is.

The secrets stand in files of the home, 0600: ``keys/smtp`` and ``keys/imap`` (or, before them, in the environment as
``TOCSIN_SMTP_SECRET`` and ``TOCSIN_IMAP_SECRET``); the key that signs in ``keys/smime-key.pem``, its certificate and
those above it in ``keys/smime.pem``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address

SECURITY = ("tls", "starttls", "none")
"""``none`` is for a server on this machine alone."""
_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class MailSettings:
    """Where mail leaves and where it comes in."""

    address: str = ""
    """From which this node writes, and to which others answer."""
    smtp_host: str = ""
    """Empty: no mail leaves."""
    smtp_port: int = 587
    smtp_security: str = "starttls"
    smtp_user: str = ""
    imap_host: str = ""
    """Empty: no mailbox is read."""
    imap_port: int = 993
    imap_security: str = "tls"
    imap_user: str = ""
    imap_folder: str = "INBOX"
    imap_mark_read: bool = False
    """Whether what was taken in is flagged as read there; otherwise the mailbox is left as it was."""
    imap_moved_to: str = ""
    """The folder into which what was taken in is moved; empty: it stays where it is. Nothing is ever deleted."""
    authorities: str = ""
    """A file with the certificates that vouch for both servers; empty: those that the system trusts."""
    most_bytes: int = 25 * _MIB
    """The longest mail that is taken in; of a longer one only its head is."""

    @property
    def sends(self) -> bool:
        """Whether mail leaves this node."""
        return bool(self.smtp_host)

    @property
    def reads(self) -> bool:
        """Whether a mailbox is read."""
        return bool(self.imap_host)


def faults_of(settings: MailSettings, *, exercise: bool) -> Iterator[tuple[str, str]]:
    """What single values cannot show: the key and the rule that is broken."""
    if settings.sends and not settings.address:
        yield "mail.address", "is needed where mail is sent"
    for name, host, security in (
        ("smtp", settings.smtp_host, settings.smtp_security),
        ("imap", settings.imap_host, settings.imap_security),
    ):
        if host and security == "none" and not is_here(host):
            yield f"mail.{name}_security", "is tls or starttls for a server on another machine"
        if host and exercise and not is_here(host):
            yield (
                f"mail.{name}_host",
                "is on this machine at a node for exercises: nothing of one reaches a real partner",
            )


def is_here(host: str) -> bool:
    """Whether a server's name is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
