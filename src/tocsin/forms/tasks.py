"""What runs again and again: each calls an act."""

from procrastinate.contrib.django import app

from tocsin.base import instant
from tocsin.forms.acts.check import take_in_checks
from tocsin.forms.acts.filing import take_in_filings
from tocsin.forms.acts.order_page import take_in_sayings

TAKE_IN = "tocsin.forms.take_in_checks"
SAYINGS = "tocsin.forms.take_in_sayings"


@app.task(name=TAKE_IN, queueing_lock=TAKE_IN)
def take_in(timestamp: int) -> None:
    """Tell the journal of the checks that strangers made."""
    del timestamp
    take_in_checks(at=instant.now())


@app.task(name=SAYINGS, queueing_lock=SAYINGS)
def sayings(timestamp: int) -> None:
    """Take what was said on forms' pages into their threads, and tell the journal of what was filed by links."""
    del timestamp
    take_in_sayings(at=instant.now())
    take_in_filings(at=instant.now())
