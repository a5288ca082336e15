"""A scene whose requests have ended, and everything that a node's database and disk hold, as text to look for words."""

import re
from base64 import urlsafe_b64decode
from collections.abc import Iterable
from datetime import timedelta

from django.apps import apps
from django.db import connection

from tests.evidence.scene import Scene
from tests.retention.rules import KEPT
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.requests.acts.look import look_at_request
from tocsin.requests.acts.write import write_letter
from tocsin.requests.rules.letters import Close

LONG_AFTER = timedelta(days=KEPT.days + KEPT.notice_days + 1)
"""After everything that ended is due, and a notice later."""


def ended(scene: Scene) -> Instant:
    """The package went all the way, somebody looked, and both requests were closed; this process is ro's node."""
    scene.held_by_ro()
    look_at_request(scene.hand_over, reason="Zyprexa: the case of the two sisters", by=scene.ioana, at=scene.later())
    for member, who, request in (("ro", scene.ioana, scene.hand_over), ("pt", scene.ines, scene.produce)):
        scene.offices.be(member)
        write_letter(request, Close(words="Thank you."), by=who, at=scene.later())
        scene.carry()
    scene.offices.be("ro")
    return scene.at


def left_of(words: Iterable[str]) -> list[str]:
    """Where in this node's database each of these words still stands, in the clear, signed, or as bytes."""
    found = []
    with connection.cursor() as cursor:
        for table in sorted({model._meta.db_table for model in apps.get_models()}):
            cursor.execute(f'SELECT t::text FROM "{table}" AS t')  # noqa: S608 - a table of ours
            said = "".join(_readable(row) for (row,) in cursor.fetchall())
            found += [f"{word} in {table}" for word in words if word in said]
    return found


_SIGNED = re.compile(r"eyJ[\w-]+\.([\w-]+)\.")
_BYTES = re.compile(r"\\x((?:[0-9a-f]{2})+)")


def _readable(row: str) -> str:
    """A row's text, with what is in its JWS and its byte columns beside it."""
    signed = [urlsafe_b64decode(each + "=" * (-len(each) % 4)) for each in _SIGNED.findall(row)]
    content = [bytes.fromhex(each) for each in _BYTES.findall(row)]
    return "\n".join([row, *(each.decode(errors="replace") for each in (*signed, *content))])


def files_here() -> list[str]:
    """Every file of evidence, packed or on its way, that lies in this node's home."""
    home = this_node().home
    return sorted(
        str(path.relative_to(home))
        for folder in ("evidence", "attachments")
        for path in (home / folder).rglob("*")
        if path.is_file()
    )
