"""What runs again and again: each calls an act."""

from procrastinate.contrib.django import app

from tocsin.base import instant
from tocsin.requests.acts.ring import ring_clocks

RING = "tocsin.requests.ring"


@app.task(name=RING, queueing_lock=RING)
def ring(timestamp: int) -> None:
    """Ring the alarms that are due."""
    del timestamp
    ring_clocks(at=instant.now())
