"""The sample case of a node on which nothing has happened yet: a draft to look around in, that can never leave.

It is addressed to ``exercise``, a member that nobody may be (``directory.rules.card_form``): the checks say so, and
sending it is refused at every node, a real one too. It is a draft like any other, and is given up like one.
"""

from datetime import timedelta
from typing import Any

from tocsin.base.actor import Actor
from tocsin.base.instant import Instant, text
from tocsin.directory.rules.card_form import NOBODY
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.requests import reads
from tocsin.requests.acts.draft import write_draft

REFERENCE = "EXERCISE: sample case"


def make_sample(*, by: Actor, at: Instant) -> str:
    """The sample case: the one that is there and may be seen, or a new one; its draft's id."""
    rights.check(by, Right.DRAFT)
    known = next((each.id for each in reads.drafts_for(by) if each.content.to == NOBODY), None)
    return known or write_draft(sample(at), by=by, at=at).id


def sample(at: Instant) -> dict[str, Any]:
    """What it says: everything is invented, and wears reserved names and numbers."""
    desk = {
        "name": "Example Cybercrime Unit",
        "organisation": "Example Police",
        "person": "Ioana Exemplu",
        "phone": "+40215550100",
        "email": "duty@police.example",
        "zone": "Europe/Bucharest",
        "languages": ["en"],
    }
    form = {
        "reference": REFERENCE,
        "requesting_authority": desk,
        "legal_basis": "EXERCISE: an invented article of an invented code",
        "offence": {
            "qualification": "EXERCISE: illegal access to an information system",
            "provisions": "An invented article",
            "max_penalty_months": 60,
            "listed": ["dir2013_40.3-8", "ets185.2-11"],
            "online": True,
        },
        "facts": "EXERCISE. Somebody entered the mailbox of an invented company and changed the account of an invoice.",
        "language": "en",
        "status": "new",
        "categories": ["SUBSCRIBER", "TRAFFIC"],
        "identifiers": [{"type": "account", "value": "example.user", "service": "mail.example"}],
        "period": {"from": text(at - timedelta(days=6)), "until": text(at - timedelta(days=3))},
        "data_link": "EXERCISE: the account was used to change the invoice.",
        "holder": "Example Mail",
        "necessity": "EXERCISE: connection records are erased after seven days.",
        "follow_up": ["mla-will-follow"],
        "duration_days": 60,
        "partial_disclosure": True,
    }
    return {"instrument": "budapest-29-preserve", "to": NOBODY, "case_reference": REFERENCE, "form": form}
