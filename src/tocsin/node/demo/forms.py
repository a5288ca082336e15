"""What the people of the demo write into their forms. Everything is invented and wears reserved names and numbers."""

from datetime import timedelta
from typing import Any

from tocsin.base.instant import Instant, text

ACCOUNT = {"type": "account", "value": "example.user", "service": "mail.example"}
ADDRESS = {"type": "ip", "value": "203.0.113.7", "port": 51413}
OFFENCE = {
    "qualification": "Illegal access to an information system",
    "provisions": "Article 360 of the Criminal Code (invented example)",
    "max_penalty_months": 60,
    "listed": ["dir2013_40.3-8", "ets185.2-11"],
    "online": True,
}
FACTS = "Somebody entered the mailbox of an invented company and changed the account of an invoice."


def _asking(reference: str) -> dict[str, Any]:
    return {
        "reference": reference,
        "requesting_authority": {
            "name": "Example Cybercrime Unit",
            "organisation": "Example Police",
            "person": "Ioana Exemplu",
            "phone": "+40215550100",
            "email": "duty@police.example",
            "zone": "Europe/Bucharest",
            "languages": ["ro", "en"],
        },
        "legal_basis": "Article 154 of the Code of Criminal Procedure (invented example)",
        "offence": OFFENCE,
        "facts": FACTS,
        "language": "en",
    }


def _period(at: Instant) -> dict[str, str]:
    return {"from": text(at - timedelta(days=6)), "until": text(at - timedelta(days=3))}


def preservation(at: Instant, *, reference: str, ordre_public: bool = False) -> dict[str, Any]:
    """Article 29: keep the data of a named account."""
    form = _asking(reference) | {
        "status": "new",
        "categories": ["SUBSCRIBER", "TRAFFIC", "CONTENT"],
        "identifiers": [ACCOUNT],
        "period": _period(at),
        "data_link": "The account was used to change the invoice.",
        "holder": "Example Mail, Lisbon",
        "necessity": "Connection records are erased after seven days.",
        "follow_up": ["mla-will-follow"],
        "follow_up_expected": text(at + timedelta(days=20))[:10],
        "duration_days": 60,
        "partial_disclosure": True,
        "confidentiality": "Do not tell the user.",
        "urgency": {"ground": "loss-of-data", "reasons": "The provider keeps connection records for seven days."},
    }
    if ordre_public:
        form["facts"] = "An invented editor wrote about an invented minister, and the ministry wants to know from whom."
    return {"instrument": "budapest-29-preserve", "to": "pt", "case_reference": reference, "form": form}


def without_period(content: dict[str, Any]) -> dict[str, Any]:
    """The same ask with an identifier that names nobody yet: an address without its port, said to be unknown."""
    address = {**ADDRESS, "at": content["form"]["period"]["from"], "shared": "unknown"}
    address.pop("port")
    return {**content, "form": {**content["form"], "identifiers": [ACCOUNT, address]}}


def stored(at: Instant, *, reference: str, preserved: str, earlier: str) -> dict[str, Any]:
    """Article 31: hand over what was preserved."""
    form = _asking(reference) | {
        "date": text(at)[:10],
        "status": "follow-up-preservation",
        "requested_authority": "Example central authority of Portugal",
        "confirmation_contact": {"name": "Duty desk", "phone": "+40215550101", "email": "desk@police.example"},
        "earlier_preservation": {"authority": "Example Police", "number": preserved, "date": text(at)[:10]},
        "holder": "Example Mail, Lisbon",
        "categories": ["CONTENT"],
        "identifiers": [ACCOUNT],
        "period": _period(at),
        "necessity": "The messages show who changed the invoice.",
    }
    return {
        "instrument": "budapest-31-stored",
        "to": "pt",
        "case_reference": reference,
        "earlier": [earlier],
        "form": form,
    }


def urgent(at: Instant, *, reference: str) -> dict[str, Any]:
    """Directive 2013/40, Article 13: say within eight hours whether, in what form and when."""
    form = _asking(reference) | {
        "assistance": "Name the provider of the address and have its records kept.",
        "identifiers": [{**ADDRESS, "at": text(at - timedelta(days=4))}],
        "urgency": {"ground": "loss-of-data", "reasons": "The provider keeps connection records for seven days."},
        "categories": ["SUBSCRIBER"],
    }
    return {"instrument": "dir2013-40-13-urgent", "to": "pt", "case_reference": reference, "form": form}


def _ordering(reference: str, on_request_of: str, at: Instant) -> dict[str, Any]:
    return {
        "reference": reference,
        "issuing_authority": {"name": "Example Prosecution Office, Lisbon"},
        "legal_basis": "Invented Cybercrime Act of the demo",
        "on_request_of": {"authority": "Example Police", "number": on_request_of, "date": text(at)[:10]},
        "identifiers": [ACCOUNT],
        "period": _period(at),
        "language": "pt",
    }


def keep_order(at: Instant, *, reference: str, on_request_of: str) -> dict[str, Any]:
    """A national order under Article 16: the provider keeps the data."""
    form = _ordering(reference, on_request_of, at) | {
        "categories": ["SUBSCRIBER", "TRAFFIC", "CONTENT"],
        "description": "All that is stored of the account.",
        "duration_days": 60,
    }
    return {"instrument": "budapest-16-order", "to": "example-mail", "case_reference": reference, "form": form}


def produce_order(at: Instant, *, reference: str, on_request_of: str) -> dict[str, Any]:
    """A national order under Article 18: the provider hands the data over."""
    form = _ordering(reference, on_request_of, at) | {
        "categories": ["CONTENT"],
        "description": "The messages of the account.",
        "answer_by": text(at + timedelta(days=7)),
    }
    return {"instrument": "budapest-18-order", "to": "example-mail", "case_reference": reference, "form": form}
