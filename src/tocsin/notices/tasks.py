"""What runs later or again: each task calls an act."""

from procrastinate.contrib.django import app

from tocsin.base import instant
from tocsin.notices import jobs
from tocsin.notices.acts.deliver import deliver_notices


@app.task(name=jobs.DELIVER)
def deliver(timestamp: int) -> None:
    """Tell every member what waits for it."""
    del timestamp
    deliver_notices(at=instant.now())
