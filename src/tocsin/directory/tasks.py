"""What a node does for the directory again and again; each task calls an act.

A hub that cannot be reached is no failure of a job: the standing of the directory says so (``reads.standing``), and
the next turn tries again. A directory that breaks a rule is in the journal, and fails the job so that it is seen.
"""

from contextlib import suppress

from procrastinate.contrib.django import app

from tocsin.base import instant
from tocsin.base.errors import PeerError
from tocsin.directory.acts.alive import collect_signs_of_life, send_sign_of_life
from tocsin.directory.acts.drill import call_those_due, post_drills
from tocsin.directory.acts.publish import renew
from tocsin.directory.acts.refresh import refresh_directory
from tocsin.directory.errors import NoDirectoryError, NotTheHubError

REFRESH = "tocsin.directory.refresh"
RENEW = "tocsin.directory.renew"
ALIVE = "tocsin.directory.alive"
DRILLS = "tocsin.directory.drills"
MONTHLY = "tocsin.directory.monthly_drill"


@app.task(name=REFRESH, queueing_lock=REFRESH)
def refresh(timestamp: int) -> None:
    """Fetch what is new in the directory."""
    del timestamp
    with suppress(NoDirectoryError, PeerError):
        refresh_directory(at=instant.now())


@app.task(name=RENEW, queueing_lock=RENEW)
def renew_directory(timestamp: int) -> None:
    """At the hub: renew what is about to end."""
    del timestamp
    with suppress(NotTheHubError):
        renew(at=instant.now())


@app.task(name=ALIVE, queueing_lock=ALIVE)
def tell_alive(timestamp: int) -> None:
    """Say that this node runs, and learn which others do."""
    del timestamp
    with suppress(NoDirectoryError, PeerError):
        send_sign_of_life()
        collect_signs_of_life()


@app.task(name=DRILLS, queueing_lock=DRILLS)
def deliver_drills(timestamp: int) -> None:
    """Deliver drill calls and answers that could not be delivered before."""
    del timestamp
    post_drills()


@app.task(name=MONTHLY, queueing_lock=MONTHLY)
def monthly_drill(timestamp: int) -> None:
    """Call every contact point that was not called for a month."""
    del timestamp
    call_those_due(at=instant.now())
