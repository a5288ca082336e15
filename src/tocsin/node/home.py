"""Making a node: its home, keys, certificate, database and file of settings.

Each step makes what is absent and leaves what is there, and ``node.toml`` comes last. So a kill at
any line leaves a home that the same command completes, and a finished home is never touched.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from tocsin.base.instant import Instant
from tocsin.node import certificate, keys
from tocsin.node.config import DATABASE_VARIABLE, FILE, Config, config_of, save
from tocsin.node.database import Server, check_reachable
from tocsin.node.errors import HomeTakenError

OURS = ("keys", "tls", "database")
"""What an unfinished home may hold."""


def initialise(  # noqa: PLR0913 - what a node is, each by its name
    home: Path,
    *,
    member: str,
    kind: str,
    country: str,
    zone: str,
    endpoint: str,
    at: Instant,
    name: str | None = None,
    origin: str | None = None,
    listen: tuple[str, int] | None = None,
    subdivision: str | None = None,
    languages: Sequence[str] = ("en",),
    hours: str = "24/7",
    phone: str = "",
    competences: Sequence[str] = (),
    hub: str | None = None,
    exercise: bool = False,
    private_endpoints: bool = False,
    authority: Path | None = None,
    desk: int = 0,
) -> Config:
    """Make a node in ``home`` and return its config.

    With ``DATABASE_URL`` set the node will use that database, which has to answer now; without it an
    embedded one is made. ``authority`` is the folder of one that signs the TLS certificate; ``desk`` the port of the
    officers' desk on this machine, closed without one. Raises
    ``HomeTakenError`` when a node or anything else is there, ``ConfigFaultyError`` before anything is
    made, and what the database raises.
    """
    told: dict[str, object] = {
        "member": member,
        "name": name or member,
        "kind": kind,
        "country": country,
        "zone": zone,
        "endpoint": endpoint,
        "origin": origin or _origin(member, endpoint),
        "subdivision": subdivision,
        "languages": list(languages),
        "hours": hours,
        "phone": phone,
        "competences": list(competences),
        "hub": hub,
        "exercise": exercise,
        "private_endpoints": private_endpoints,
        "listen": {"host": listen[0], "port": listen[1]} if listen else {},
        "desk": {"port": desk} if desk else {},
    }
    config = config_of({key: value for key, value in told.items() if value is not None}, home=home)
    _check_free(home)
    signer = certificate.load_authority(authority) if authority else None
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    home.chmod(0o700)
    keys.make_keys(home)
    certificate.make_certificate(home, endpoint=endpoint, at=at, authority=signer)
    _make_database(config)
    save(config)
    return config


def _check_free(home: Path) -> None:
    if not home.exists():
        return
    if not home.is_dir():
        raise HomeTakenError(home=home, what="a file")
    if (home / FILE).exists():
        raise HomeTakenError(home=home, what="a node")
    strange = [
        entry.name for entry in home.iterdir() if entry.name not in OURS and not entry.name.startswith(f".{FILE}")
    ]
    if strange:
        raise HomeTakenError(home=home, what=f"something else ({', '.join(sorted(strange)[:3])})")


def _make_database(config: Config) -> None:
    url = os.environ.get(DATABASE_VARIABLE) or config.database_url
    if url:
        check_reachable(url)
        return
    with Server(config.home / "database") as server:
        server.ensure_database(config.member)


def _origin(member: str, endpoint: str) -> str:
    """A name for the journal that no other node has: the endpoint's host if it has a name, and the member."""
    host = urlsplit(endpoint).hostname or ""
    named = host != "localhost" and ":" not in host and not host.replace(".", "").isdigit()
    return f"{host if named else 'tocsin.invalid'}/{member}/journal"
