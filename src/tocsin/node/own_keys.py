"""The node's key files, as ``tocsin.directory.own`` asks for them: announced on the card, then used."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tocsin.base import instant
from tocsin.base.this_node import become, this_node
from tocsin.directory.rules.card import Use
from tocsin.directory.rules.own_card import public_text
from tocsin.node import certificate, keys
from tocsin.node.config import load

_FILES: Mapping[Use, str] = {
    Use.SIGN: "signing",
    Use.SEAL: "sealing",
    Use.JOURNAL: "journal",
    Use.WITNESS: "witness",
    Use.AGE: "age",
}
"""What a key is for on a card → the name of its file."""


@dataclass(frozen=True, slots=True)
class KeyFiles:
    """``tocsin.directory.own.OwnKeys``, in the home of this process's node."""

    @property
    def _home(self) -> Path:
        return this_node().home

    def announced(self) -> Mapping[Use, str]:
        """The public halves of the keys in ``keys/next``."""
        found = keys.announced_keys(self._home)
        return {use: public_text(found[name]) for use, name in _FILES.items() if name in found}

    def announce(self, use: Use) -> None:
        """Make the next key of a use."""
        keys.announce_key(self._home, _FILES[use])

    def rotate(self, use: Use, *, fresh: bool) -> None:
        """Replace the key file, and work with the new key."""
        keys.rotate_key(self._home, _FILES[use], fresh=fresh)
        become(replace(this_node(), keys=keys.load_keys(self._home)))

    def announced_certificate(self) -> str | None:
        """The certificate in ``tls/next``."""
        return certificate.announced_certificate(self._home)

    def announce_certificate(self) -> None:
        """Make the next certificate, for the endpoint that ``node.toml`` names."""
        endpoint = load(self._home).endpoint
        certificate.announce_certificate(self._home, endpoint=endpoint, at=instant.true_now())

    def rotate_certificate(self, *, fresh: bool) -> None:
        """Replace key and certificate; the web server shows them when it is started again."""
        if fresh:
            certificate.withdraw_announced(self._home)
            self.announce_certificate()
        certificate.rotate_certificate(self._home, at=instant.true_now(), keep_old=not fresh)
