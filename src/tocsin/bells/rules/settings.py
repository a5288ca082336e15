"""What a node is told about bells: ``[bells]`` in ``node.toml``, and its gateways in ``keys/bells.toml`` (0600).

A gateway is an address as Apprise writes it, with secrets of the house and one place for the person::

    [sms]
    label = "Text message"
    url = "clickatell://API-KEY/{to}"
    takes = "phone"

    [mail]
    label = "Mail of the house"
    url = "mailtos://user:password@mail.authority.example?from=desk@authority.example&to={to}"
    takes = "address"

``takes`` is ``phone`` (like +40215550100), ``address`` (of mail) or ``name`` (letters, digits, ``.``, ``_``, ``-``);
what a person types is checked by it and quoted, so nobody can make this node call an address of her own choice.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

PUSH_HOSTS = (
    "updates.push.services.mozilla.com",
    "fcm.googleapis.com",
    "web.push.apple.com",
    "*.notify.windows.com",
)
"""The push services of the browsers that there are; a browser names which one is its own."""
TAKES: Mapping[str, re.Pattern[str]] = {
    "phone": re.compile(r"\+[0-9]{7,15}"),
    "address": re.compile(r"[A-Za-z0-9.!#$&'*+=^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}"),
    "name": re.compile(r"[A-Za-z0-9._-]{1,80}"),
}
_NAME = re.compile(r"[a-z][a-z0-9-]{0,29}")
_PLACE = "{to}"
_MOST_LABEL = 80


@dataclass(frozen=True, slots=True)
class BellSettings:
    """Which bells may be hung, and how often one rings."""

    gateways: bool = False
    """Whether those of ``keys/bells.toml`` may be used."""
    push: bool = False
    """Whether browsers may be rung."""
    push_hosts: tuple[str, ...] = PUSH_HOSTS
    push_contact: str = ""
    """Whom a push service writes to about this node (RFC 8292): an address like ``mailto:desk@authority.example``."""
    most_an_hour: int = 20
    """How often a bell rings in an hour; then once more to say that there is more, and not again."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """A way through which persons can be told."""

    name: str
    label: str
    takes: str
    url: str

    def url_for(self, to: str) -> str:
        """The address for one person; raises ``ValueError`` for what is none."""
        if not TAKES[self.takes].fullmatch(to):
            raise ValueError(f"is {_SAID[self.takes]}")
        return self.url.replace(_PLACE, quote(to, safe=""))

    def __repr__(self) -> str:
        return f"Gateway({self.name!r})"  # its address holds secrets


_SAID = {
    "phone": "an international number without blanks, like +40215550100",
    "address": "a mail address",
    "name": "a name of letters, digits, dots, hyphens and underscores",
}


def gateways_in(text: str) -> dict[str, Gateway]:
    """The gateways that the file names; raises ``ValueError`` with the first fault."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"is not TOML: {error}") from None
    return {name: _gateway(name, told) for name, told in table.items()}


def faults_of(settings: BellSettings) -> list[tuple[str, str]]:
    """What single values cannot show: the key and the rule that is broken."""
    good = settings.push_contact.startswith(("mailto:", "https://"))
    return [("bells.push_contact", "is needed for push: mailto:… or https://…")] if settings.push and not good else []


def _gateway(name: str, told: object) -> Gateway:
    if not _NAME.fullmatch(name) or not isinstance(told, Mapping):
        raise ValueError(f"[{name[:30]}] is a table whose name is small letters, digits and hyphens")
    strange = set(told) - {"label", "url", "takes"}
    if strange:
        raise ValueError(f"[{name}] has no key {min(strange)}")
    label, url, takes = (told.get(key, "") for key in ("label", "url", "takes"))
    if takes not in TAKES:
        raise ValueError(f"[{name}] takes is one of {', '.join(TAKES)}")
    if not isinstance(url, str) or "://" not in url or url.count(_PLACE) != 1:
        raise ValueError(f"[{name}] url is an address of Apprise with one {{to}} in it")
    if not isinstance(label, str) or not 0 < len(label) <= _MOST_LABEL:
        raise ValueError(f"[{name}] label is what people read, at most {_MOST_LABEL} characters")
    return Gateway(name=name, label=label, takes=str(takes), url=url)
