"""Which addresses a node calls.

Addresses come from cards alone, and a card is written by somebody else: without a rule it could make this
node call a database on its own loopback, a printer in its own network or a cloud's metadata service. So:

1. An endpoint is an ``https`` origin: ``https://host`` or ``https://host:port``, nothing before or after.
2. The host is a name, or an address in its one usual form: no ``127.1``, no ``0x7f000001``, no zone.
3. Every address that the name stands for is checked **when the connection is made**, and the connection goes
   to that very address, so that a name cannot stand for another address a moment later (DNS rebinding).
4. Only addresses that are routed on the public internet are called. Loopback, private (RFC 1918, RFC 4193),
   link-local (which holds the metadata services), shared (RFC 6598), multicast, reserved and documentation
   ranges are refused, also when they are wrapped in IPv6 (mapped, 6to4, Teredo, NAT64).

A node whose settings allow private endpoints may call loopback and private addresses (a demo, a closed
network); link-local and metadata, multicast, unspecified and reserved ones are refused even then.
"""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from tocsin.directory.errors import EndpointRefusedError

Address = IPv4Address | IPv6Address
DEFAULT_PORT = 443

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")
_LAST_LABEL_IS_A_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")  # WHATWG URL: such a host is an IPv4 address
_LOCAL_NAMES = re.compile(r"(?:.*\.)?(?:localhost|local|internal|lan|home\.arpa)")
_PRIVATE = tuple(
    ip_network(written)
    for written in (
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "::1/128",
        "fc00::/7",
    )
)
# Where clouds answer with a machine's own secrets, in ranges that are not link-local.
_METADATA = frozenset(
    ip_address(written) for written in ("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254")
)
_PUBLIC_V6 = ip_network("2000::/3")  # global unicast: all that IANA has given out
_NAT64 = tuple(map(ip_network, ("64:ff9b::/96", "64:ff9b:1::/48")))
_V4_COMPATIBLE = ip_network("::/96")
_MOST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a member's node is: an origin, taken apart."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """The origin as it is written in a card."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"https://{host}" if self.port == DEFAULT_PORT else f"https://{host}:{self.port}"


def endpoint_of(written: str, *, private_allowed: bool) -> Endpoint:
    """The endpoint that a card names; raises ``EndpointRefusedError`` when it is not one this node calls.

    A name passes here and is checked again, by ``check_address``, once it is known what it stands for.
    """
    rule = fault_of_endpoint(written)
    if rule:
        raise EndpointRefusedError(endpoint=written[:200], rule=f"an endpoint {rule}")
    endpoint = _parsed(written)
    address = _address_or_none(endpoint.host)
    if address is not None:
        check_address(address, private_allowed=private_allowed)
    elif not private_allowed and _LOCAL_NAMES.fullmatch(endpoint.host):
        raise EndpointRefusedError(endpoint=written, rule="the name is one of a local network")
    return endpoint


def fault_of_endpoint(written: str) -> str | None:
    """The rule of form that an endpoint breaks, or ``None``. Says nothing of where it leads."""
    try:
        endpoint = _parsed(written)
    except ValueError:
        return "is an address like https://node.example:8443"
    if endpoint.url != written:
        return "is https, a host in small letters, and a port other than 443 if any; nothing before or after"
    if _address_or_none(endpoint.host) is None and not _is_name(endpoint.host):
        return "has a host name of letters, digits and hyphens, or an address in its usual form"
    return None


def check_address(address: Address, *, private_allowed: bool) -> None:
    """Raise ``EndpointRefusedError`` unless this node calls ``address``."""
    rule = _fault_of_address(address, private_allowed=private_allowed)
    if rule:
        raise EndpointRefusedError(endpoint=str(address), rule=rule)


def _fault_of_address(address: Address, *, private_allowed: bool) -> str | None:
    inner = _inside(address)
    if inner is not None:
        return f"an IPv4 address ({inner}) is wrapped in it"
    if address in _METADATA:
        return "a metadata service answers at the address"
    if any(address in network for network in _PRIVATE):
        return None if private_allowed else "the address is on loopback or in a private range"
    if address.is_link_local:
        return "the address is link-local, where metadata services answer"
    return None if _is_public(address) else "the address is not on the public internet"


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address) and address not in _PUBLIC_V6:
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _inside(address: Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address carries, in any of the ways in use; else ``None``."""
    if isinstance(address, IPv4Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    low = int(address) & 0xFFFFFFFF
    if any(address in network for network in _NAT64):
        return IPv4Address(low)
    return IPv4Address(low) if address in _V4_COMPATIBLE and low > 1 else None


def _parsed(written: str) -> Endpoint:
    parts = urlsplit(written)
    if parts.scheme != "https" or not parts.hostname or "%" in parts.netloc:  # no zone, nothing escaped
        raise ValueError("not an https origin")
    port = parts.port if parts.port is not None else DEFAULT_PORT
    if not 0 < port <= _MOST_PORT:
        raise ValueError("not a port")
    return Endpoint(host=parts.hostname, port=port)


def _is_name(host: str) -> bool:
    return bool(_NAME.fullmatch(host)) and not _LAST_LABEL_IS_A_NUMBER.fullmatch(host)


def _address_or_none(host: str) -> Address | None:
    try:
        address = ip_address(host)
    except ValueError:
        return None
    return address if str(address) == host else None
