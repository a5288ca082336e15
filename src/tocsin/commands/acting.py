"""Who acts at the command line, and how what was done is printed.

A person acts with a token (``TOCSIN_TOKEN``, or a file named by ``TOCSIN_TOKEN_FILE``), as a program does over HTTP.
Whoever can start commands in a node's home without one is its administrator at the console: he runs the node, reads no
request, and the journal says ``console``.
"""

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from tocsin.base import instant
from tocsin.base.actor import Actor
from tocsin.base.instant import Instant
from tocsin.base.plain import plain
from tocsin.base.this_node import this_node
from tocsin.people import reads as people

TOKEN_VARIABLE = "TOCSIN_TOKEN"  # noqa: S105 - the name of a variable
TOKEN_FILE_VARIABLE = "TOCSIN_TOKEN_FILE"  # noqa: S105 - the name of a variable

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def now() -> Instant:
    """The instant of this command, taken once."""
    return instant.now()


def acting(*, at: Instant) -> Actor:
    """Who runs this command; raises ``UnknownTokenError`` for a token that is not good here."""
    token = _token()
    if not token:
        return Actor(this_node().member, name="console", roles=frozenset({"administrator"}))
    holder = people.holder_of(token, at=at)
    return holder.actor


def _token() -> str:
    path = os.environ.get(TOKEN_FILE_VARIABLE)
    return Path(path).read_text().strip() if path else os.environ.get(TOKEN_VARIABLE, "")


def tell(value: Any, *, as_json: bool, words: str = "") -> None:
    """Print what was done: JSON for programs, else ``words``."""
    sys.stdout.write((json.dumps(plain(value), ensure_ascii=False, indent=2) if as_json or not words else words) + "\n")
