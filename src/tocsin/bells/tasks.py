"""What runs again and again: it calls an act."""

from procrastinate.contrib.django import app

from tocsin.base import instant
from tocsin.bells.acts.ring import ring_bells

RING = "tocsin.bells.ring"


@app.task(name=RING, queueing_lock=RING)
def ring(timestamp: int) -> None:
    """Ring the bells of those who were told of something."""
    del timestamp
    ring_bells(at=instant.now())
