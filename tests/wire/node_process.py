"""A node of its own: a process with its own database, behind granian and TLS, as in production.

``main`` is told of a file that says who it is. It takes every letter. What it keeps is read from its database by the
test. With the word ``acts`` behind the file it serves nothing and does what it is told on the line that is its
standard input, as a worker of that node would.
"""

import json
import os
import socket
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from tocsin.base import this_node
from tocsin.base.ids import MemberId
from tocsin.base.this_node import Keyring, Limits, ThisNode


def keyring_of(seeds: dict[str, str]) -> Keyring:
    return Keyring(
        signing=Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seeds["signing"])),
        sealing=X25519PrivateKey.from_private_bytes(bytes.fromhex(seeds["sealing"])),
        journal=Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seeds["journal"])),
        witness=Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seeds["witness"])),
        age=seeds["age"],
    )


def seeds_of(keys: Keyring) -> dict[str, str]:
    raw = {name: getattr(keys, name).private_bytes_raw().hex() for name in ("signing", "sealing", "journal", "witness")}
    return raw | {"age": keys.age}


def become(told: dict[str, Any]) -> None:
    """Set Django up on the node's own database and be the node."""
    os.environ["DATABASE_URL"] = told["database_url"]
    os.environ["DJANGO_SETTINGS_MODULE"] = "tocsin.node.settings"
    import django  # noqa: PLC0415 - not before the database is named
    from django.conf import settings  # noqa: PLC0415

    django.setup()
    from tocsin.node.entrances import WEB  # noqa: PLC0415

    WEB.open_here()
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    this_node.become(
        ThisNode(
            member=MemberId(told["member"]),
            home=Path(told["home"]),
            keys=keyring_of(told["keys"]),
            origin=f"{told['member']}.example/journal",
            private_endpoints=True,
            hub=MemberId(told["hub"]) if told["hub"] else None,
            limits=Limits(**told["limits"]),
        )
    )


def prepare(told: dict[str, Any]) -> None:
    """Take in the node's own card and those of the members that it knows."""
    from tests.wire.desks import know  # noqa: PLC0415
    from tocsin.directory.models import KnownCard  # noqa: PLC0415
    from tocsin.directory.rules.card import read_card  # noqa: PLC0415

    have_own_card(read_card(told["own_card"]))
    for jws in told["cards"]:
        card = read_card(jws)
        if not KnownCard.objects.filter(sha256=card.sha256).exists():
            know(card, since=card.card.issued)


def have_own_card(card: Any) -> None:
    from django.db import transaction  # noqa: PLC0415

    from tocsin.base.actor import Actor  # noqa: PLC0415
    from tocsin.directory.entries import CardSigned  # noqa: PLC0415
    from tocsin.directory.models import OwnCard  # noqa: PLC0415
    from tocsin.journal import acts as journal  # noqa: PLC0415

    if OwnCard.objects.exists():
        return
    with transaction.atomic():
        OwnCard.objects.create(serial=card.card.serial, sha256=card.sha256, jws=card.jws, issued=card.card.issued)
        entry = CardSigned(serial=card.card.serial, sha256=card.sha256, kids=(), revoked=())
        journal.record(entry, by=Actor.node(card.card.member), at=card.card.issued)


def take_letters(told: dict[str, Any]) -> None:
    if told.get("requests"):
        from tocsin.node.wiring import letter_handlers  # noqa: PLC0415
        from tocsin.requests.acts.receive import note_receipts, take_back  # noqa: PLC0415
        from tocsin.wire import handlers  # noqa: PLC0415

        handlers.use(letter_handlers(), receipt=note_receipts, returned=take_back)
        return
    take_everything()


def take_everything() -> None:
    from tocsin.law.vocabulary import LetterKind  # noqa: PLC0415
    from tocsin.wire import handlers  # noqa: PLC0415

    handlers.use(dict.fromkeys(LetterKind, lambda letters, at: []))  # noqa: ARG005 - it is kept, and that is all


def do_acts() -> None:
    """Do the acts that are named on the line, one a line with its peers; answer each with a line."""
    from tocsin.base.instant import now  # noqa: PLC0415
    from tocsin.wire import acts  # noqa: PLC0415

    with socket.socket(fileno=os.dup(0)) as line, line.makefile("rw", encoding="utf-8") as asked:
        for words in asked:
            name, *peers = words.split()
            asked.write(f"{getattr(acts, name)(*map(MemberId, peers), at=now())}\n")
            asked.flush()


def serve(told: dict[str, Any]) -> None:
    from django.core.handlers.wsgi import WSGIHandler  # noqa: PLC0415
    from granian.constants import Interfaces  # noqa: PLC0415
    from granian.log import LogLevels  # noqa: PLC0415
    from granian.server import Server  # noqa: PLC0415

    from tocsin.node import collector  # noqa: PLC0415

    collector.settle()
    Server(
        "tests.wire.node_process",
        address="127.0.0.1",
        port=told["port"],
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=2,
        log_level=LogLevels.warning,
        ssl_cert=Path(told["certificate"]),
        ssl_key=Path(told["private_key"]),
    ).serve(target_loader=lambda *_: WSGIHandler(), wrap_loader=False)


def main(words: list[str]) -> None:
    told = json.loads(Path(words[0]).read_text())
    become(told)
    prepare(told)
    take_letters(told)
    if words[1:] == ["acts"]:
        do_acts()
        return
    from django.db import connections  # noqa: PLC0415

    connections.close_all()
    serve(told)
