"""What runs again and again: it calls an act."""

from procrastinate.contrib.django import app

from tocsin.base import instant
from tocsin.retention.acts.retain import retain as retain_now

RETAIN = "tocsin.retention.retain"


@app.task(name=RETAIN, queueing_lock=RETAIN)
def retain(timestamp: int) -> None:
    """Propose, erase and finish what is due."""
    del timestamp
    retain_now(at=instant.now())
