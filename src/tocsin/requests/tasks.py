"""What runs again and again: each calls an act."""

from procrastinate.contrib.django import app

from tocsin.base import instant
from tocsin.requests import jobs
from tocsin.requests.acts.count import count_anew
from tocsin.requests.acts.ring import ring_clocks


@app.task(name=jobs.RING, queueing_lock=jobs.RING)
def ring(timestamp: int) -> None:
    """Ring the alarms that are due."""
    del timestamp
    ring_clocks(at=instant.now())


@app.task(name=jobs.COUNT, queueing_lock=jobs.COUNT)
def count(timestamp: int) -> None:
    """Make the figures of reports anew."""
    del timestamp
    count_anew(at=instant.now(), unless_fresh=True)
