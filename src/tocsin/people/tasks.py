"""What is done again and again about people."""

from procrastinate.contrib.django import app

from tocsin.base import instant
from tocsin.people.acts import sign_ins, sweep


@app.task(name="tocsin.people.tell_failures", queueing_lock="tocsin.people.tell_failures")
def tell_failures(timestamp: int) -> None:
    """Tell the journal how many sign-ins failed in the minutes that are over."""
    del timestamp
    sign_ins.tell_failures(at=instant.now())


@app.task(name="tocsin.people.sweep", queueing_lock="tocsin.people.sweep")
def sweep_sessions(timestamp: int) -> None:
    """Take away sessions and counts that are over."""
    del timestamp
    sweep.take_away_what_ended(at=instant.true_now())
