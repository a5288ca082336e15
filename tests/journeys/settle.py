"""What an administrator does at a new node, in one process that is that node: one start in place of seven.

``begin`` gives it people, tokens and its own card; ``meet`` takes another one's card and confirms it by its words.
"""

import json
import sys
import time
from datetime import timedelta
from pathlib import Path

from tocsin.base import instant
from tocsin.base.actor import Actor
from tocsin.base.ids import MemberId
from tocsin.base.this_node import this_node
from tocsin.node import wiring
from tocsin.node.config import home_named

WAIT_SECONDS = 120
ADMINISTRATOR, OFFICER, SECOND = "Administrator", "Duty Officer", "Second Officer"
RESIDENTS = (
    (ADMINISTRATOR, "administrator", ""),
    (OFFICER, "duty-officer", "police"),
    (SECOND, "duty-officer", "police"),
)


def begin(folder: Path) -> None:
    from tocsin.directory.acts.cards import own_words, sign_own_card  # noqa: PLC0415 - needs Django set up
    from tocsin.people.acts.people import add_person, issue_token  # noqa: PLC0415 - needs Django set up

    member, at = this_node().member, instant.now()
    console = Actor(member, name="console", roles=frozenset({"administrator"}))
    tokens = {}
    for name, role, function in RESIDENTS:
        person = add_person(name=name, roles=frozenset({role}), function=function, by=console, at=at)
        tokens[name] = issue_token(person, scopes=frozenset(), by=console, at=at, life=timedelta(days=1))
    (folder / f"{member}.card").write_bytes(sign_own_card(by=console, at=at).file)
    told = {"tokens": tokens, "words": str(own_words())}
    draft = folder / f"{member}.json.new"
    draft.write_text(json.dumps(told))
    draft.rename(folder / f"{member}.json")  # whole: the other side waits for it


def meet(folder: Path, other: str) -> None:
    from tocsin.directory.acts.cards import confirm_card, take_card  # noqa: PLC0415 - needs Django set up
    from tocsin.people import reads as people  # noqa: PLC0415 - needs Django set up

    at = instant.now()
    mine = json.loads((folder / f"{this_node().member}.json").read_text())
    theirs = json.loads((folder / f"{other}.json").read_text())
    by = people.holder_of(mine["tokens"][ADMINISTRATOR], at=at).actor
    take_card((folder / f"{other}.card").read_bytes(), by=by, at=at)
    confirm_card(MemberId(other), heard=theirs["words"], by=by, at=at)


def _both_begun(folder: Path, other: str) -> None:
    until = time.monotonic() + WAIT_SECONDS
    while not (folder / f"{other}.json").exists():
        if time.monotonic() > until:
            raise TimeoutError(f"{other} did not begin")
        time.sleep(0.02)


def main(words: list[str]) -> None:
    folder, others = Path(words[0]), words[1:]
    started = wiring.start(home_named())
    try:
        begin(folder)
        for other in others:
            _both_begun(folder, other)
            meet(folder, other)
    finally:
        started.stop()


if __name__ == "__main__":
    main(sys.argv[1:])
