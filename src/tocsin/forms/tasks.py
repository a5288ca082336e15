"""What runs again and again: each calls an act."""

from procrastinate.contrib.django import app

from tocsin.base import instant
from tocsin.forms.acts.check import take_in_checks

TAKE_IN = "tocsin.forms.take_in_checks"


@app.task(name=TAKE_IN, queueing_lock=TAKE_IN)
def take_in(timestamp: int) -> None:
    """Tell the journal of the checks that strangers made."""
    del timestamp
    take_in_checks(at=instant.now())
