"""What runs again and again: each calls an act."""

from procrastinate.contrib.django import app

from tocsin.base import instant
from tocsin.mail.acts.deliver import deliver_waiting
from tocsin.mail.acts.fetch import fetch_mail
from tocsin.mail.acts.sort import forget_strangers

DELIVER, FETCH, FORGET = "tocsin.mail.deliver", "tocsin.mail.fetch", "tocsin.mail.forget"


@app.task(name=DELIVER, queueing_lock=DELIVER)
def deliver(timestamp: int) -> None:
    """Let mail leave whose turn it is."""
    del timestamp
    deliver_waiting(at=instant.now())


@app.task(name=FETCH, queueing_lock=FETCH)
def fetch(timestamp: int) -> None:
    """Read the mailbox."""
    del timestamp
    fetch_mail(at=instant.now())


@app.task(name=FORGET, queueing_lock=FORGET)
def forget(timestamp: int) -> None:
    """Erase what was not for this node."""
    del timestamp
    forget_strangers(at=instant.now())
