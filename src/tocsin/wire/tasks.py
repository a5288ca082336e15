"""What runs later or again: each task calls an act. See ``jobs.py`` for why none of them is relied on."""

from contextlib import suppress

from procrastinate.contrib.django import app

from tocsin.base import instant
from tocsin.base.ids import MemberId
from tocsin.directory.errors import UnknownMemberError
from tocsin.wire import acts, jobs
from tocsin.wire.errors import LineDownError, PeerRefusedError


@app.task(name=jobs.DELIVER)
def deliver(peer: str) -> None:
    """Send what waits for a peer, batch by batch."""
    while acts.deliver(MemberId(peer), at=instant.now()):
        pass


@app.task(name=jobs.RELAY)
def relay(peer: str) -> None:
    """Leave what waits for a peer in the hub's mailbox as well; when the hub is away too, the sweep asks again."""
    with suppress(LineDownError, UnknownMemberError):
        while acts.relay(MemberId(peer), at=instant.now()):
            pass


@app.task(name=jobs.PICK_UP)
def pick_up(timestamp: int = 0) -> None:
    """Fetch what waits for us in the hub's mailbox; a hub that is away, or not known yet, has nothing for us now."""
    del timestamp
    with suppress(LineDownError, PeerRefusedError, UnknownMemberError):
        acts.pick_up(at=instant.now())
        acts.pick_up_files(at=instant.now())


@app.task(name=jobs.SEND_FILES)
def send_files(peer: str) -> None:
    """Send the files that wait for a peer."""
    while acts.send_files(MemberId(peer), at=instant.now()):
        pass


@app.task(name=jobs.ASK_WITNESSES)
def ask_witnesses(timestamp: int = 0) -> None:
    """Show our checkpoint to the other nodes and keep their cosignatures."""
    del timestamp
    acts.ask_witnesses(at=instant.now())


@app.task(name=jobs.SWEEP)
def sweep(timestamp: int = 0) -> None:
    """Ask again for everything that waits."""
    del timestamp
    acts.sweep(at=instant.now())


@app.task(name=jobs.EXPIRE)
def expire(timestamp: int = 0) -> None:
    """Let go of what has served its time."""
    del timestamp
    acts.expire(at=instant.now())
