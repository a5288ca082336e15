"""What a node is told about itself: ``TOCSIN_HOME/node.toml``, as one typed value.

A node's home::

    node.toml            this file; it is written last when a node is made, so where it is, a node is
    keys/                signing.pem sealing.pem journal.pem witness.pem age.txt secret, each 0600
    keys/older/          sealing keys from before a rotation, which still open old letters
    tls/                 key.pem certificate.pem
    database/            the embedded PostgreSQL (absent when DATABASE_URL names another)

An example::

    member = "ro"
    name = "Example point of Romania"
    kind = "state"
    country = "RO"
    zone = "Europe/Bucharest"
    languages = ["ro", "en"]
    endpoint = "https://node.ro.example:8443"
    origin = "node.ro.example/journal"

    [listen]
    host = "0.0.0.0"
    port = 8443

Every fault is named at once, by its key and the rule that it breaks; an unknown key is a fault.
"""

import json
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from tocsin.base.errors import TocsinError
from tocsin.base.ids import MEMBER_PATTERN, InstrumentId, MemberId
from tocsin.base.this_node import Limits
from tocsin.bells.rules.settings import BellSettings
from tocsin.bells.rules.settings import faults_of as faults_of_bells
from tocsin.directory.rules.endpoint import fault_of_endpoint
from tocsin.law.calendar import Place, zone_named
from tocsin.mail.rules.addresses import is_address
from tocsin.mail.rules.settings import SECURITY, MailSettings
from tocsin.mail.rules.settings import faults_of as faults_of_mail
from tocsin.node.errors import ConfigFaultyError, HomeMissingError
from tocsin.node.files import write_whole
from tocsin.people.rules.sign_in import SessionLimits
from tocsin.retention.rules.policy import MOST_DAYS, Erase, Policy, Rule, fault_of_rules, read_rules

FILE = "node.toml"
HOME_VARIABLE = "TOCSIN_HOME"
DATABASE_VARIABLE = "DATABASE_URL"
DEFAULT_HOME = Path("~/.tocsin")
KINDS = ("state", "provider", "hub", "private")
LEVELS = ("debug", "info", "warning", "error")


@dataclass(frozen=True, slots=True)
class Listen:
    """Where the web server listens; behind a forwarder this differs from the endpoint."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Web:
    """How the web server works."""

    threads: int = 4
    """Requests answered at the same time by one process; each holds a database connection."""
    metrics_from: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    """The networks that may read ``/metrics``."""


@dataclass(frozen=True, slots=True)
class Door:
    """Where people come in: the desk for those who work here, the public pages for everybody else."""

    port: int = 0
    """0: this door is closed."""
    host: str = "127.0.0.1"
    origin: str = ""
    """The address at which a browser finds it; ``http://localhost:PORT`` unless it is told."""
    tls: bool = False
    """Whether it speaks TLS itself, with the node's certificate; otherwise a forwarder before it does."""

    @property
    def address(self) -> str:
        """What a browser is told to open."""
        return self.origin or f"http{'s' if self.tls else ''}://localhost:{self.port}"

    @property
    def secure(self) -> bool:
        """Whether browsers reach it by TLS."""
        return self.address.startswith("https:")


@dataclass(frozen=True, slots=True)
class SignIn(SessionLimits):
    """How people sign in at the desk, and for how long."""

    forwarders: int = 0
    """How many forwarders of ours stand before the desk and name whom they forward (``X-Forwarded-For``)."""


@dataclass(frozen=True, slots=True)
class OpenId:
    """The organisation's own provider of OpenID Connect; its client's secret lies in ``keys/openid``."""

    issuer: str = ""
    """Empty: there is none."""
    client_id: str = "tocsin"
    name: str = "your organisation"
    """As the sign-in page calls it."""
    second_factor: str = "ours"
    """``theirs`` where the provider itself asks everybody for two factors."""


@dataclass(frozen=True, slots=True)
class Worker:
    """How the worker works."""

    concurrency: int = 2
    """Jobs done at the same time by one process; each holds a database connection."""


@dataclass(frozen=True, slots=True)
class Logs:
    """What is logged."""

    level: str = "info"


@dataclass(frozen=True, slots=True)
class Config:
    """A node as its file describes it, checked."""

    home: Path
    member: MemberId
    name: str
    kind: str
    country: str
    zone: str
    endpoint: str
    origin: str
    listen: Listen
    subdivision: str | None = None
    languages: tuple[str, ...] = ("en",)
    hours: str = "24/7"
    phone: str = ""
    competences: tuple[InstrumentId, ...] = ()
    hub: MemberId | None = None
    exercise: bool = False
    private_endpoints: bool = False
    database_url: str | None = None
    """A PostgreSQL of the operator's; ``DATABASE_URL`` in the environment goes before it."""
    limits: Limits = field(default_factory=Limits)
    web: Web = field(default_factory=Web)
    desk: Door = field(default_factory=Door)
    public: Door = field(default_factory=Door)
    sign_in: SignIn = field(default_factory=SignIn)
    openid: OpenId = field(default_factory=OpenId)
    worker: Worker = field(default_factory=Worker)
    logs: Logs = field(default_factory=Logs)
    retention: Policy = field(default_factory=Policy)
    mail: MailSettings = field(default_factory=MailSettings)
    bells: BellSettings = field(default_factory=BellSettings)


@dataclass(frozen=True, slots=True)
class Fault:
    """A key of the file and the rule that its value breaks."""

    key: str
    rule: str

    def __str__(self) -> str:
        return f"{self.key} {self.rule}"


# -- finding, reading, writing -------------------------------------------------------------------


def home_named(told: Path | None = None) -> Path:
    """The home that was told, else ``TOCSIN_HOME``, else ``~/.tocsin``; absolute."""
    home = told or Path(os.environ.get(HOME_VARIABLE) or DEFAULT_HOME)
    return home.expanduser().absolute()


def load(home: Path) -> Config:
    """The config in ``home``; raises ``HomeMissingError`` or ``ConfigFaultyError`` with every fault."""
    path = home / FILE
    try:
        written = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise HomeMissingError(home=home) from error
    except OSError as error:
        raise ConfigFaultyError(path=path, faults=f"it cannot be read: {error.strerror}") from error
    try:
        table = tomllib.loads(written.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigFaultyError(path=path, faults=f"it is not TOML: {error}") from error
    return config_of(table, home=home)


def in_force() -> Config | None:
    """The config of the home that ``TOCSIN_HOME`` names; ``None`` where no node lives. Raises like ``load``."""
    named = os.environ.get(HOME_VARIABLE)
    return load(home_named()) if named and (home_named() / FILE).exists() else None


def config_of(table: Mapping[str, object], *, home: Path) -> Config:
    """The config that a table holds; raises ``ConfigFaultyError`` with every fault."""
    reader = _Reader(table)
    config = _read(reader, home)
    faults = [*reader.faults, *_unknown_keys(table)] or _faults_between(config)
    if faults:
        raise ConfigFaultyError(path=home / FILE, faults="; ".join(map(str, faults)))
    return config


def save(config: Config) -> None:
    """Write ``node.toml`` whole, so that ``load`` gives this config again."""
    write_whole(config.home / FILE, written(config).encode())


def written(config: Config) -> str:
    """The file's text: what is told and what differs from its default."""
    lines = ["# A Tocsin node. Checked at every start; `tocsin doctor` says what is wrong with it.", ""]
    top = {name: getattr(config, name) for name in (*_REQUIRED, *_OPTIONAL)}
    lines += [
        f"{name} = {_toml(value)}" for name, value in top.items() if name in _REQUIRED or value != _OPTIONAL[name]
    ]
    lines += ["", "[listen]", f"host = {_toml(config.listen.host)}", f"port = {config.listen.port}"]
    if config.database_url is not None:
        lines += ["", "[database]", f"url = {_toml(config.database_url)}"]
    for section, kind in _SECTIONS.items():
        told, usual = getattr(config, section), kind()
        names = [part.name for part in fields(kind)]
        differs = [name for name in names if getattr(told, name) != getattr(usual, name)]
        if differs:
            lines += ["", f"[{section}]", *(f"{name} = {_toml(getattr(told, name))}" for name in differs)]
    return "\n".join([*lines, ""])


# -- the rules -----------------------------------------------------------------------------------

Check = Callable[[object], "str | None"]
"""The rule that a value breaks, or ``None``."""

_ORIGIN = re.compile(r"[!-*,-~]{1,180}")  # a name of a signed note: printable, no space, no plus
_REQUIRED = ("member", "name", "kind", "country", "zone", "endpoint", "origin")
_OPTIONAL: Mapping[str, object] = {
    "subdivision": None,
    "languages": ("en",),
    "hours": "24/7",
    "phone": "",
    "competences": (),
    "hub": None,
    "exercise": False,
    "private_endpoints": False,
}
_SECTIONS: Mapping[
    str,
    type[Limits]
    | type[Web]
    | type[Door]
    | type[SignIn]
    | type[OpenId]
    | type[Worker]
    | type[Logs]
    | type[Policy]
    | type[MailSettings]
    | type[BellSettings],
] = {
    "limits": Limits,
    "web": Web,
    "desk": Door,
    "public": Door,
    "sign_in": SignIn,
    "openid": OpenId,
    "worker": Worker,
    "logs": Logs,
    "retention": Policy,
    "mail": MailSettings,
    "bells": BellSettings,
}


def _matching(pattern: str, rule: str) -> Check:
    return lambda value: None if isinstance(value, str) and re.fullmatch(pattern, value) else rule


def _one_of(allowed: tuple[str, ...]) -> Check:
    return lambda value: None if value in allowed else f"is one of {', '.join(allowed)}"


def _whole(least: int, most: int) -> Check:
    def check(value: object) -> str | None:
        good = isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
        return None if good else f"is a whole number from {least} to {most}"

    return check


def _list_of(check: Check) -> Check:
    def check_list(value: object) -> str | None:
        if not isinstance(value, list):
            return "is a list"
        return next((f"is a list in which each {rule}" for rule in map(check, value) if rule), None)

    return check_list


def _flag(value: object) -> str | None:
    return None if isinstance(value, bool) else "is true or false"


def _zone(value: object) -> str | None:
    try:
        zone_named(value if isinstance(value, str) else "")
    except TocsinError:
        return "is a time zone of the IANA database, like Europe/Bucharest"
    return None


def _endpoint(value: object) -> str | None:
    return fault_of_endpoint(value) if isinstance(value, str) else "is an address like https://node.example:8443"


def _host(value: object) -> str | None:
    try:
        ip_address(value if isinstance(value, str) else "")
    except ValueError:
        return None if value == "localhost" else "is an address of this machine, like 0.0.0.0, 127.0.0.1 or ::"
    return None


def _browsed(value: object) -> str | None:
    parts = urlsplit(value) if isinstance(value, str) else None
    good = parts is not None and parts.scheme in {"http", "https"} and parts.hostname and not parts.path.strip("/")
    return None if good else "is what a browser opens, like https://desk.ro.example"


def _issuer(value: object) -> str | None:
    parts = urlsplit(value) if isinstance(value, str) else None
    safe = parts is not None and (parts.scheme == "https" or parts.hostname in {"localhost", "127.0.0.1"})
    good = parts is not None and safe and parts.hostname and not parts.query and not parts.fragment
    return None if good else "is the provider's issuer, like https://id.ro.example (http on this machine alone)"


def _mail_address(value: object) -> str | None:
    good = value == "" or (isinstance(value, str) and is_address(value))
    return None if good else "is one mail address, like desk@authority.example"


def _network(value: object) -> str | None:
    try:
        ip_network(value if isinstance(value, str) else "")
    except ValueError:
        return "is a network like 127.0.0.0/8"
    return None


def _database_url(value: object) -> str | None:
    parts = urlsplit(value) if isinstance(value, str) else None
    good = parts is not None and parts.scheme in {"postgresql", "postgres"} and parts.path.strip("/")
    return None if good else "is an address like postgresql://user:password@host:5432/database"


_MEMBER = _matching(MEMBER_PATTERN.pattern, "is 1 to 40 small letters, digits and inner hyphens, like ro")
_NAME_OF_HOST = _matching(r"|[A-Za-z0-9.:-]{1,253}", "is the name or address of a server, like mail.authority.example")
_SHORT = _matching(r"[^\x00-\x1f\x7f]{0,200}", "is one line of at most 200 characters")
_LINE = _matching(r"[^\x00-\x1f\x7f]{1,200}", "is one line of 1 to 200 characters")

_CHECKS: Mapping[str, Check] = {
    "member": _MEMBER,
    "name": _LINE,
    "kind": _one_of(KINDS),
    "country": _matching("[A-Z]{2}", "is the ISO 3166-1 code of a country, like RO"),
    "zone": _zone,
    "endpoint": _endpoint,
    "origin": _matching(_ORIGIN.pattern, "is 1 to 180 printable characters without space and plus sign"),
    "subdivision": _matching("[A-Z0-9]{1,8}", "is a part of the country with holidays of its own, like BY"),
    "languages": _list_of(_matching("[a-z]{2,3}", "is the ISO 639 code of a language, like ro")),
    "hours": _LINE,
    "phone": _matching(r"|\+[0-9](?:[ -]?[0-9]){6,14}", "is empty or an international number, like +40 20 7946 0123"),
    "competences": _list_of(_matching("[a-z0-9]+(-[a-z0-9]+)*", "is an instrument, like budapest-29-preserve")),
    "hub": _MEMBER,
    "exercise": _flag,
    "private_endpoints": _flag,
    "listen.host": _host,
    "listen.port": _whole(1, 65535),
    "database.url": _database_url,
    "limits.letter_bytes": _whole(16 * 1024, 4 * 1024 * 1024),
    "limits.batch_letters": _whole(1, 1000),
    "limits.batch_bytes": _whole(64 * 1024, 64 * 1024 * 1024),
    "limits.attachment_bytes": _whole(1, 1024**5),
    "limits.letters_per_minute": _whole(1, 1_000_000),
    "limits.outbox_letters": _whole(1, 100_000_000),
    "limits.open_calls_per_address": _whole(1, 1_000_000),
    "limits.open_calls": _whole(1, 10_000_000),
    "limits.mask_below": _whole(1, 100),
    "limits.call_back_minutes": _whole(5, 24 * 60),
    "web.threads": _whole(1, 64),
    "web.metrics_from": _list_of(_network),
    "desk.port": _whole(0, 65535),
    "desk.host": _host,
    "desk.origin": _browsed,
    "desk.tls": _flag,
    "public.port": _whole(0, 65535),
    "public.host": _host,
    "public.origin": _browsed,
    "public.tls": _flag,
    "sign_in.hours": _whole(1, 24),
    "sign_in.idle_minutes": _whole(1, 24 * 60),
    "sign_in.forwarders": _whole(0, 8),
    "openid.issuer": _issuer,
    "openid.client_id": _LINE,
    "openid.name": _LINE,
    "openid.second_factor": _one_of(("ours", "theirs")),
    "worker.concurrency": _whole(1, 32),
    "logs.level": _one_of(LEVELS),
    "retention.erase": _one_of(tuple(Erase)),
    "retention.notice_days": _whole(0, 3650),
    "retention.days": _whole(0, MOST_DAYS),
    "retention.source": _LINE,
    "retention.draft_days": _whole(0, MOST_DAYS),
    "retention.backups_kept_days": _whole(0, MOST_DAYS),
    "retention.rules": fault_of_rules,
    "mail.address": _mail_address,
    "mail.smtp_host": _NAME_OF_HOST,
    "mail.smtp_port": _whole(1, 65535),
    "mail.smtp_security": _one_of(SECURITY),
    "mail.smtp_user": _SHORT,
    "mail.imap_host": _NAME_OF_HOST,
    "mail.imap_port": _whole(1, 65535),
    "mail.imap_security": _one_of(SECURITY),
    "mail.imap_user": _SHORT,
    "mail.imap_folder": _LINE,
    "mail.imap_mark_read": _flag,
    "mail.imap_moved_to": _SHORT,
    "mail.authorities": _SHORT,
    "mail.most_bytes": _whole(64 * 1024, 64 * 1024 * 1024),
    "bells.gateways": _flag,
    "bells.push": _flag,
    "bells.push_hosts": _list_of(
        _matching(r"(\*\.)?[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?", "is the name of a push service")
    ),
    "bells.push_contact": _SHORT,
    "bells.most_an_hour": _whole(1, 1000),
}
"""Every key that the file may have, with its rule."""


_Section = TypeVar("_Section", Limits, Web, Door, SignIn, OpenId, Worker, Logs, Policy, MailSettings, BellSettings)


class _Reader:
    """Takes values out of a table by dotted key and gathers every fault on its way."""

    def __init__(self, table: Mapping[str, object]) -> None:
        self._table = table
        self.faults: list[Fault] = []

    def value(self, key: str, default: object = None, *, required: bool = False) -> object:
        found = _at(self._table, key)
        if found is None:
            if required:
                self.faults.append(Fault(key, "is missing"))
            return default
        rule = _CHECKS[key](found)
        if rule is not None:
            self.faults.append(Fault(key, rule))
            return default
        return tuple(found) if isinstance(found, list) else found

    def text(self, key: str, *, required: bool = False) -> str:
        return cast("str", self.value(key, "", required=required))

    def words(self, key: str) -> tuple[str, ...]:
        return cast("tuple[str, ...]", self.value(key, _OPTIONAL[key]))

    def section(self, name: str, usual: _Section) -> _Section:
        """``usual`` with what the table says otherwise."""
        told = {part.name: self.value(f"{name}.{part.name}", getattr(usual, part.name)) for part in fields(usual)}
        return replace(usual, **cast("dict[str, Any]", told))


def _at(table: Mapping[str, object], key: str) -> object:
    section, _, name = key.rpartition(".")
    inner = table.get(section) if section else table
    return inner.get(name) if isinstance(inner, Mapping) else None


def _read(reader: _Reader, home: Path) -> Config:
    hub, subdivision = reader.value("hub"), reader.value("subdivision")
    url = reader.value("database.url")
    endpoint = reader.text("endpoint", required=True)
    return Config(
        home=home,
        member=MemberId(reader.text("member", required=True)),
        name=reader.text("name", required=True),
        kind=reader.text("kind", required=True),
        country=reader.text("country", required=True),
        zone=reader.text("zone", required=True),
        endpoint=endpoint,
        origin=reader.text("origin", required=True),
        listen=Listen(
            host=cast("str", reader.value("listen.host", "0.0.0.0")),  # noqa: S104 - a node is there to be reached
            port=cast("int", reader.value("listen.port", _port_of(endpoint))),
        ),
        subdivision=cast("str | None", subdivision),
        languages=reader.words("languages"),
        hours=cast("str", reader.value("hours", _OPTIONAL["hours"])),
        phone=cast("str", reader.value("phone", _OPTIONAL["phone"])),
        competences=tuple(map(InstrumentId, reader.words("competences"))),
        hub=MemberId(cast("str", hub)) if hub else None,
        exercise=bool(reader.value("exercise", _OPTIONAL["exercise"])),
        private_endpoints=bool(reader.value("private_endpoints", _OPTIONAL["private_endpoints"])),
        database_url=cast("str | None", url),
        limits=reader.section("limits", Limits()),
        web=reader.section("web", Web()),
        desk=reader.section("desk", Door()),
        public=reader.section("public", Door()),
        sign_in=reader.section("sign_in", SignIn()),
        openid=reader.section("openid", OpenId()),
        worker=reader.section("worker", Worker()),
        logs=reader.section("logs", Logs()),
        retention=_retention(reader),
        mail=reader.section("mail", MailSettings()),
        bells=reader.section("bells", BellSettings()),
    )


def _retention(reader: _Reader) -> Policy:
    told = reader.section("retention", Policy())
    return replace(told, rules=read_rules(told.rules))


def _port_of(endpoint: str) -> int:
    try:
        return urlsplit(endpoint).port or 443
    except ValueError:
        return 443  # the endpoint's own rule names this fault


def _unknown_keys(table: Mapping[str, object]) -> list[Fault]:
    sections = {key.partition(".")[0] for key in _CHECKS if "." in key}
    faults = []
    for key, value in table.items():
        if key in sections and isinstance(value, Mapping):
            faults += [_unknown(f"{key}.{name}") for name in value if f"{key}.{name}" not in _CHECKS]
        elif key in sections:
            faults.append(Fault(key, "is a table"))
        elif key not in _CHECKS:
            faults.append(_unknown(key))
    return faults


def _unknown(key: str) -> Fault:
    near = get_close_matches(key, _CHECKS, n=1)
    return Fault(key, f"is no key of this file (did you mean {near[0]}?)" if near else "is no key of this file")


def _faults_between(config: Config) -> list[Fault]:
    """What single values cannot show: place and calendar, member and kind."""
    faults = []
    try:
        Place(config.zone, config.country, config.subdivision)
    except TocsinError as error:
        faults.append(Fault("zone, country, subdivision", f"name a place and its holidays: {error}"))
    if config.kind == "hub" and config.hub not in {None, config.member}:
        faults.append(Fault("hub", "is this member itself, or absent, at the hub"))
    if config.limits.batch_bytes < config.limits.letter_bytes:
        faults.append(Fault("limits.batch_bytes", "is no less than limits.letter_bytes"))
    faults += [Fault(key, rule) for key, rule in faults_of_mail(config.mail, exercise=config.exercise)]
    faults += [Fault(key, rule) for key, rule in faults_of_bells(config.bells)]
    return faults


def _toml(value: object) -> str:
    if isinstance(value, Rule):
        parts = (f"{part.name} = {_toml(getattr(value, part.name))}" for part in fields(value))
        return f"{{{', '.join(parts)}}}"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    # A JSON string is a TOML string as long as no DEL is in it, which no rule above lets in.
    return json.dumps(value, ensure_ascii=False)
