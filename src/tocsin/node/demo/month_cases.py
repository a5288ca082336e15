"""The EXERCISE month as descriptions: cases, the letters of each, and who writes them when. Nothing is done here.

``cases`` is a pure function of a seed: the demo plays what it yields, and what was played is the model of the benchmark
of volume. A case is an ask with the steps that follow, each with the instant at which it is due and the phase
of the thread after it; steps that would come after the month's end are left out, and so a case stands where the month
leaves it. People, texts and identifiers are those of ``month.toml``.
"""

import random
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

from tocsin.base.instant import Instant, text

SEED: Final = 20261124
USUAL: Final = 300
DAYS: Final = 30
_WORDS: Final = Path(__file__).with_name("month.toml")
_HOUR: Final = timedelta(hours=1)
_MORNING: Final = 6
MAIN: Final = {"ro": "Ioana Exemplu", "pt": "Inês Exemplo", "example-mail": "Sofia Amostra"}
SIGNS: Final = {"ro": "Radu Model", "pt": "Rui Modelo"}
_LANGUAGE: Final = {"ro": "ro", "pt": "pt", "example-mail": "pt"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something that is done in a case at one of its two nodes.

    ``act`` is ``letter`` (of ``kind``, saying ``says``) or an act of the house: ``look``, ``take``, ``note``,
    ``hand-over``, ``dossier``, ``pack`` (which makes and delivers a package), ``take-in``.
    """

    at: Instant
    member: str
    by: str
    act: str
    kind: str = ""
    says: Mapping[str, Any]
    phase: str
    """Where the thread stands afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One request of the month, from the ask to where the month leaves it."""

    number: int
    route: str
    instrument: str
    sender: str
    recipient: str
    language: str
    urgent: bool
    opens: Instant
    by: str
    signs: str
    """Who signs it off; nobody where the instrument asks for none."""
    content: Mapping[str, Any]
    """The draft, as ``requests.rules.drafts`` reads it."""
    steps: tuple[Step, ...]

    @property
    def phase(self) -> str:
        """Where it stands at the month's end."""
        return self.steps[-1].phase if self.steps else "asked"

    @property
    def letters(self) -> int:
        """How many letters it has."""
        return 1 + sum(step.act in {"letter", "pack"} for step in self.steps)


@dataclass(frozen=True, slots=True)
class _Leg:
    """A step of a route: whose, what, between how many hours after the step before, and the phase it leads to."""

    side: str
    kind: str
    soonest: float
    latest: float
    phase: str
    variant: str = ""


@dataclass(frozen=True, slots=True)
class _Route:
    instrument: str
    weight: int
    between: tuple[tuple[str, str], ...]
    legs: tuple[_Leg, ...]
    urgent: bool = False
    newest: float = 0
    """Opened at most so many hours before the month's end, for what is to be seen unanswered; 0: at any time."""


_STATES: Final = (("ro", "pt"), ("pt", "ro"))
_ORDERS: Final = (("pt", "example-mail"),)
_ACROSS: Final = (("ro", "example-mail"),)


def _a(kind: str, soonest: float, latest: float, phase: str, variant: str = "") -> _Leg:
    return _Leg("asked", kind, soonest, latest, phase, variant)


def _q(kind: str, soonest: float, latest: float, phase: str, variant: str = "") -> _Leg:
    return _Leg("asker", kind, soonest, latest, phase, variant)


_ACK: Final = _a("acknowledge", 0.3, 2, "acknowledged")
_SOON: Final = _a("acknowledge", 0.2, 1, "acknowledged")
_KEEP: Final = (_a("accept", 1, 8, "accepted"), _a("preserved", 2, 20, "preserved"))

_ROUTES: Final[Mapping[str, _Route]] = {
    # Article 29
    "keep-new": _Route("budapest-29-preserve", 4, _STATES, (), newest=10),
    "keep": _Route("budapest-29-preserve", 12, _STATES, (_ACK, *_KEEP)),
    "keep-urgent": _Route(
        "budapest-29-preserve", 7, _STATES, (_SOON, _a("indicate", 0.5, 3, "indicated"), *_KEEP), urgent=True
    ),
    "keep-queried": _Route("budapest-29-preserve", 4, _STATES, (_ACK, _a("query", 1, 6, "queried")), newest=60),
    "keep-supplemented": _Route(
        "budapest-29-preserve",
        8,
        _STATES,
        (_ACK, _a("query", 1, 6, "queried"), _q("supplement", 3, 20, "acknowledged"), *_KEEP),
    ),
    "keep-disclosed": _Route("budapest-29-preserve", 5, _STATES, (_ACK, *_KEEP, _a("disclose", 4, 30, "preserved"))),
    "keep-followed": _Route(
        "budapest-29-preserve",
        7,
        _STATES,
        (
            _ACK,
            *_KEEP,
            _q("follow-up", 40, 120, "preserved", "issued"),
            _a("follow-up", 40, 160, "preserved", "decided"),
            _q("close", 5, 40, "closed"),
        ),
    ),
    "keep-longer": _Route(
        "budapest-29-preserve",
        3,
        _STATES,
        (_ACK, *_KEEP, _q("extend", 100, 300, "preserved"), _a("extend", 5, 40, "preserved")),
    ),
    "keep-refused": _Route(
        "budapest-29-preserve", 5, _STATES, (_ACK, _a("refuse", 4, 30, "refused", "ETS185_ORDRE_PUBLIC:ordre"))
    ),
    "keep-political": _Route(
        "budapest-29-preserve",
        3,
        _STATES,
        (_ACK, _a("refuse", 4, 30, "refused", "ETS185_POLITICAL:political"), _q("close", 20, 90, "closed")),
    ),
    "keep-postponed": _Route(
        "budapest-29-preserve", 3, _STATES, (_ACK, _a("postpone", 4, 20, "postponed", "ETS185_POSTPONE"))
    ),
    "keep-withdrawn": _Route(
        "budapest-29-preserve",
        5,
        _STATES,
        (
            _ACK,
            *_KEEP,
            _q("withdraw", 30, 200, "withdrawn"),
            _a("release", 5, 40, "withdrawn"),
            _q("close", 5, 40, "closed"),
        ),
    ),
    # Article 30
    "lines": _Route(
        "budapest-30-disclose", 4, _STATES, (_ACK, _a("disclose", 4, 40, "disclosed"), _q("close", 5, 40, "closed"))
    ),
    "lines-withheld": _Route(
        "budapest-30-disclose", 2, _STATES, (_ACK, _a("refuse", 4, 40, "refused", "ETS185_ORDRE_PUBLIC:ordre"))
    ),
    # Article 31
    "stored": _Route(
        "budapest-31-stored",
        8,
        _STATES,
        (
            _ACK,
            _a("accept", 10, 60, "accepted"),
            _a("deliver", 60, 260, "delivered"),
            _q("take-in", 2, 20, "delivered"),
            _q("close", 5, 60, "closed"),
        ),
    ),
    "stored-refused": _Route(
        "budapest-31-stored",
        3,
        _STATES,
        (_ACK, _a("refuse", 20, 120, "refused", "ETS185_LAW:law"), _q("close", 10, 60, "closed")),
    ),
    "stored-postponed": _Route(
        "budapest-31-stored", 2, _STATES, (_ACK, _a("postpone", 20, 60, "postponed", "ETS185_POSTPONE"))
    ),
    "stored-part": _Route(
        "budapest-31-stored",
        2,
        _STATES,
        (
            _ACK,
            _a("accept", 10, 60, "accepted"),
            _a("deliver", 60, 200, "partly-delivered", "part"),
            _q("take-in", 2, 20, "partly-delivered"),
        ),
    ),
    # Article 35 and Directive 2013/40, Article 13
    "help": _Route(
        "budapest-35-assist",
        6,
        _STATES,
        (
            _SOON,
            _a("indicate", 0.5, 3, "indicated"),
            _a("accept", 2, 20, "accepted"),
            _a("deliver", 20, 90, "delivered"),
            _q("close", 5, 40, "closed"),
        ),
    ),
    "help-no": _Route(
        "budapest-35-assist", 3, _STATES, (_SOON, _a("indicate", 1, 6, "declined", "no"), _q("close", 5, 40, "closed"))
    ),
    "urgent": _Route(
        "dir2013-40-13-urgent",
        8,
        _STATES,
        (_SOON, _a("indicate", 0.5, 4, "indicated"), _a("deliver", 6, 40, "delivered"), _q("close", 5, 40, "closed")),
        urgent=True,
    ),
    "urgent-no": _Route(
        "dir2013-40-13-urgent",
        3,
        _STATES,
        (_SOON, _a("indicate", 0.5, 5, "declined", "no"), _q("close", 5, 40, "closed")),
        urgent=True,
    ),
    "urgent-new": _Route("dir2013-40-13-urgent", 3, _STATES, (), urgent=True, newest=4),
    # Directive 2023/977, when SIENA cannot be used for a while
    "information": _Route(
        "dir2023-977-information",
        5,
        _STATES,
        (_ACK, _a("accept", 4, 40, "accepted"), _a("deliver", 10, 60, "delivered"), _q("close", 5, 40, "closed")),
    ),
    "information-none": _Route(
        "dir2023-977-information", 3, _STATES, (_ACK, _a("refuse", 6, 60, "refused", "D977_NOT_AVAILABLE:unavailable"))
    ),
    # Article 26
    "told": _Route("budapest-26-spontaneous", 5, _STATES, (_ACK,)),
    "told-file": _Route(
        "budapest-26-spontaneous", 2, _STATES, (_ACK, _q("deliver", 4, 30, "delivered"), _q("close", 20, 90, "closed"))
    ),
    # Directive 2014/41, Article 32
    "frozen": _Route(
        "eio-32-provisional", 5, _STATES, (_ACK, _a("accept", 1, 6, "accepted"), _a("preserved", 1, 8, "preserved"))
    ),
    "frozen-not": _Route("eio-32-provisional", 2, _STATES, (_ACK, _a("refuse", 2, 16, "refused", "EIO_D:dispute"))),
    # National orders to a provider
    "order-keep": _Route("budapest-16-order", 8, _ORDERS, (_ACK, _a("preserved", 1, 12, "preserved"))),
    "order-keep-longer": _Route(
        "budapest-16-order",
        2,
        _ORDERS,
        (_ACK, _a("preserved", 1, 12, "preserved"), _q("extend", 100, 300, "preserved", "16")),
    ),
    "order-keep-not": _Route(
        "budapest-16-order", 2, _ORDERS, (_ACK, _a("refuse", 2, 20, "refused", "NATIONAL_LAW:national"))
    ),
    "order-lines": _Route(
        "budapest-17-order", 3, _ORDERS, (_ACK, _a("disclose", 3, 30, "disclosed"), _q("close", 5, 40, "closed"))
    ),
    "order-produce": _Route(
        "budapest-18-order",
        6,
        _ORDERS,
        (_ACK, _a("deliver", 20, 120, "delivered"), _q("take-in", 2, 20, "delivered"), _q("close", 5, 40, "closed")),
    ),
    "order-produce-queried": _Route("budapest-18-order", 2, _ORDERS, (_ACK, _a("query", 2, 20, "queried")), newest=60),
    # Regulation 2023/1543, while the decentralised system is disrupted
    "epoc-pr": _Route("eev-epoc-pr", 6, _ACROSS, (_ACK, _a("preserved", 1, 12, "preserved"))),
    "epoc-pr-longer": _Route(
        "eev-epoc-pr",
        3,
        _ACROSS,
        (_ACK, _a("preserved", 1, 12, "preserved"), _q("extend", 100, 400, "preserved", "eev")),
    ),
    "epoc-pr-not": _Route(
        "eev-epoc-pr", 2, _ACROSS, (_ACK, _a("refuse", 2, 20, "refused", "EEV_ENF_NOT_STORED:stored"))
    ),
    "epoc": _Route(
        "eev-epoc",
        5,
        _ACROSS,
        (_ACK, _a("deliver", 30, 200, "delivered"), _q("take-in", 2, 20, "delivered"), _q("close", 5, 40, "closed")),
    ),
    "epoc-not": _Route("eev-epoc", 2, _ACROSS, (_ACK, _a("refuse", 10, 60, "refused", "EEV_ENF_SERVICE:service"))),
}
_UNANSWERED: Final = _Route("dir2013-40-13-urgent", 0, (), (), urgent=True)
_OVERDUE: Final = (("ro", "pt", 21.0), ("pt", "ro", 13.0))
"""Two urgent requests that nobody answered: from whom to whom, and how many hours before the month's end."""
_NO_SIGNATURE: Final = frozenset(
    {
        "budapest-26-spontaneous",
        "budapest-30-disclose",
        "budapest-35-assist",
        "dir2013-40-13-urgent",
        "dir2023-977-information",
    }
)


def cases(*, ends: Instant, count: int = USUAL, seed: int = SEED) -> Iterator[Case]:
    """The month that ends at ``ends``, case by case; the same for the same arguments, and in no order of time.

    Any ``count`` has all the routes in their proportions as far as it goes. The first two are the overdue ones.
    """
    draw = random.Random(seed)  # noqa: S311 - a story, no secret
    routes = _in_proportion(draw)
    for number in range(count):
        if number < len(_OVERDUE):
            sender, recipient, hours = _OVERDUE[number]
            name, route, opens = "urgent-overdue", _UNANSWERED, ends - hours * _HOUR
        else:
            name = next(routes)
            route = _ROUTES[name]
            sender, recipient = draw.choice(route.between)
            opens = _opening(route, ends, draw)
        yield _case(_Telling(number, route, (sender, recipient), opens, draw), name, ends)


@cache
def month_words() -> Mapping[str, Any]:
    """The tables of names, cases and texts."""
    return tomllib.loads(_WORDS.read_text(encoding="utf-8"))


def _in_proportion(draw: random.Random) -> Iterator[str]:
    """The names of routes for ever, each as often as its weight says, shuffled within each round."""
    one_round = [name for name, route in _ROUTES.items() for _ in range(route.weight)]
    first = [*_ROUTES]
    while True:
        draw.shuffle(one_round)
        rest = list(one_round)
        for name in first:  # a short month has as many routes as it can
            rest.remove(name)
        draw.shuffle(first)
        yield from [*first, *rest]


def _chance(draw: random.Random, share: float) -> bool:
    return draw.random() < share


def _opening(route: _Route, ends: Instant, draw: random.Random) -> Instant:
    if route.newest:
        return ends - draw.uniform(0.5, route.newest) * _HOUR
    back = timedelta(days=draw.uniform(0.3, DAYS - 0.5))
    opens = ends - back
    if opens.hour < _MORNING and _chance(draw, 0.7):  # most of it is daytime's work
        opens += draw.uniform(5, 12) * _HOUR
    return min(opens, ends - 4 * _HOUR)


# --- One case -----------------------------------------------------------------------------------


def _case(told: "_Telling", name: str, ends: Instant) -> Case:
    route = told.route
    form = _FORMS[route.instrument](told)
    content: dict[str, Any] = {
        "instrument": route.instrument,
        "to": told.recipient,
        "case_reference": told.reference,
        "language": told.language,
        "form": form,
    }
    if route.instrument in _OTHER_WAY:
        ground, why = _OTHER_WAY[route.instrument]
        content["other_way"] = {"ground": ground, "words": why}
    return Case(
        number=told.number,
        route=name,
        instrument=route.instrument,
        sender=told.sender,
        recipient=told.recipient,
        language=told.language,
        urgent=route.urgent,
        opens=told.opens,
        by=told.asker,
        signs="" if route.instrument in _NO_SIGNATURE else SIGNS[told.sender],
        content=content,
        steps=tuple(_steps(told, form, ends)),
    )


_OTHER_WAY: Final = {
    "dir2023-977-information": ("unexpected-incident", "SIENA is down for maintenance in this exercise."),
    "eev-epoc": ("disruption", "The decentralised IT system is disrupted in this exercise."),
    "eev-epoc-pr": ("disruption", "The decentralised IT system is disrupted in this exercise."),
}


class _Telling:
    """What a case draws from the tables, so that its form and its letters speak of the same things."""

    def __init__(
        self,
        number: int,
        route: _Route,
        between: tuple[str, str],
        opens: Instant,
        draw: random.Random,
    ) -> None:
        sender, recipient = between
        self.number, self.route, self.sender, self.recipient = number, route, sender, recipient
        self.opens, self.draw, self.words = opens, draw, month_words()
        own, theirs = _LANGUAGE[sender], _LANGUAGE[recipient]
        self.language = own if own == theirs else draw.choice(["en", "en", theirs])
        kinds = self.words["kind"]
        self.kind = draw.choices(kinds, weights=[each["weight"] for each in kinds])[0]
        self.reference = f"EX-{sender.upper()}-2026-{1000 + number}"
        self.answer_reference = f"EX-{'EM' if recipient == 'example-mail' else recipient.upper()}-{2000 + number}"
        self.asker = self.officer(sender)
        self.answerer = self.officer(recipient)
        self.account = {
            "type": "account",
            "value": f"{draw.choice(self.words['accounts']['users'])}.{draw.randint(1, 99)}",
            "service": self.words["accounts"]["service"],
        }

    def officer(self, member: str) -> str:
        """Who has it at a desk: mostly the one of the story, else her colleague."""
        colleague = self.words["colleagues"].get(member)
        return colleague["name"] if colleague and _chance(self.draw, 0.35) else MAIN[member]

    def of(self, table: Mapping[str, Any], language: str = "") -> str:
        """A text of a table, in the language of the letter or another."""
        found = table.get(language or self.language, table.get("en", ""))
        return str(self.draw.choice(found) if isinstance(found, list) else found)

    @property
    def facts(self) -> str:
        told = self.kind["facts"][self.language]
        return str(told.format(amount=self.draw.randrange(900, 90_000, 50), count=self.draw.randint(12, 480)))

    @property
    def address(self) -> dict[str, Any]:
        draw = self.draw
        value = f"{draw.choice(self.words['accounts']['networks'])}.{draw.randint(1, 254)}"
        at = self.opens - timedelta(days=draw.uniform(1, 6))
        return {"type": "ip", "value": value, "at": text(at), "port": draw.randint(1024, 65_000)}

    @property
    def identifiers(self) -> list[dict[str, Any]]:
        account, address = self.account, self.address
        return list(self.draw.choices([[account], [address], [account, address]], weights=[5, 3, 2])[0])

    @property
    def period(self) -> dict[str, str]:
        until = self.opens - timedelta(days=self.draw.uniform(0.5, 3))
        return {"from": text(until - timedelta(days=self.draw.randint(1, 12))), "until": text(until)}

    @property
    def asking(self) -> dict[str, Any]:
        """The fields that nearly every form begins with."""
        authority = dict(self.words["authority"][self.sender])
        authority["person"] = self.asker
        authority["email"] = authority.get("email", "duty@police.example")
        return {
            "reference": self.reference,
            "requesting_authority": authority,
            "legal_basis": self.words["basis"][self.sender],
            "offence": self.offence,
            "facts": self.facts,
            "language": self.language,
        }

    @property
    def offence(self) -> dict[str, Any]:
        return {
            "qualification": self.kind["title"][self.language],
            "provisions": self.words["basis"][self.sender],
            "max_penalty_months": self.kind["months"],
            "listed": self.kind["listed"],
            "online": True,
        }

    @property
    def urgency(self) -> dict[str, str]:
        return {"ground": "loss-of-data", "reasons": self.of(self.words["urgent"])}

    def data(self, *choices: Sequence[str]) -> list[str]:
        return list(self.draw.choice(choices))


# --- Forms --------------------------------------------------------------------------------------


def _preserve(told: _Telling) -> dict[str, Any]:
    form = told.asking | {
        "status": "new",
        "categories": told.data(("SUBSCRIBER", "TRAFFIC"), ("TRAFFIC",), ("SUBSCRIBER", "TRAFFIC", "CONTENT")),
        "identifiers": told.identifiers,
        "period": told.period,
        "data_link": told.of(told.words["link"]),
        "holder": told.words["accounts"]["holder"],
        "necessity": told.of(told.words["necessity"]),
        "follow_up": ["mla-will-follow"],
        "follow_up_expected": text(told.opens + timedelta(days=25))[:10],
        "duration_days": 60,
        "partial_disclosure": _chance(told.draw, 0.4),
        "confidentiality": told.of(told.words["secret"]),
    }
    return form | ({"urgency": told.urgency} if told.route.urgent else {})


def _disclose(told: _Telling) -> dict[str, Any]:
    before = {"authority": "Example Police", "number": told.answer_reference, "date": _day(told, -4)}
    form = told.asking | {
        "preservation": before,
        "categories": ["TRAFFIC"],
        "identifiers": [told.address],
        "period": told.period,
    }
    form.pop("facts")
    return form


def _stored(told: _Telling) -> dict[str, Any]:
    return told.asking | {
        "date": _day(told, 0),
        "status": "follow-up-preservation",
        "requested_authority": "Example central authority",
        "confirmation_contact": {"name": "Duty desk", "phone": "+40215550101", "email": "desk@police.example"},
        "earlier_preservation": {
            "authority": "Example Police",
            "number": told.answer_reference,
            "date": _day(told, -9),
        },
        "holder": told.words["accounts"]["holder"],
        "categories": told.data(("CONTENT",), ("TRAFFIC",), ("SUBSCRIBER", "TRAFFIC")),
        "identifiers": [told.account],
        "period": told.period,
        "necessity": told.of(told.words["necessity"]),
    }


def _assist(told: _Telling) -> dict[str, Any]:
    return told.asking | {
        "assistance": ["technical-advice"],
        "question": told.of(told.words["assistance"]),
        "identifiers": [told.address],
    }


def _urgent(told: _Telling) -> dict[str, Any]:
    return told.asking | {
        "assistance": told.of(told.words["assistance"]),
        "identifiers": [told.address],
        "urgency": told.urgency,
        "categories": ["SUBSCRIBER"],
        # Article 13(1) is about the offences of Articles 3 to 8 of the Directive.
        "offence": told.offence | {"listed": ["dir2013_40.3-8", "ets185.2-11"]},
    }


def _information(told: _Telling) -> dict[str, Any]:
    asking = told.asking
    return {
        "reference": asking["reference"],
        "requesting_authority": asking["requesting_authority"],
        "legal_basis": asking["legal_basis"],
        "offence": asking["offence"],
        "language": "en",
        "copy_to_own_point": "is-the-point",
        "specification": "Who was registered for the account and the telephone number of the complaint in that week.",
        "purpose": asking["facts"],
        "reasons_to_believe": "The provider of the account has its seat in your State.",
        "person_link": "The holder of the account is a suspect.",
        "identifiers": [],
    }


def _spontaneous(told: _Telling) -> dict[str, Any]:
    form = told.asking | {
        "purpose": ["initiating"],
        "information": told.of(told.words["information"]).format(count=told.draw.randint(3, 80)),
        "identifiers": [told.address],
    }
    form.pop("facts")
    return form


def _freeze(told: _Telling) -> dict[str, Any]:
    asking = told.asking
    asking["issuing_authority"] = asking.pop("requesting_authority")
    return asking | {
        "validation": "not-needed",
        "object": told.of(told.words["necessity"]),
        "measure": "The messages in the account must not be erased or moved.",
        "categories": ["CONTENT"],
        "identifiers": [told.account],
        "period": told.period,
        "holder": told.words["accounts"]["holder"],
        "then": "remain",
        "until": _day(told, 60),
        "necessity": told.of(told.words["necessity"]),
    }


def _order(told: _Telling, **more: Any) -> dict[str, Any]:
    return {
        "reference": told.reference,
        "issuing_authority": {"name": "Example Prosecution Office, Lisbon"},
        "legal_basis": "Invented Cybercrime Act of the demo",
        "on_request_of": {
            "authority": "Example Police",
            "number": f"EX-RO-2026-{900 + told.number}",
            "date": _day(told, -1),
        },
        "identifiers": [told.account],
        "period": told.period,
        "language": told.language,
        **more,
    }


def _keep_order(told: _Telling) -> dict[str, Any]:
    categories = told.data(("SUBSCRIBER", "TRAFFIC"), ("SUBSCRIBER", "TRAFFIC", "CONTENT"))
    return _order(told, categories=categories, description=told.of(told.words["necessity"]), duration_days=60)


def _lines_order(told: _Telling) -> dict[str, Any]:
    return _order(
        told,
        categories=["TRAFFIC"],
        description=told.of(told.words["necessity"]),
        disclose_to={"name": "Example Prosecution Office, Lisbon"},
    )


def _produce_order(told: _Telling) -> dict[str, Any]:
    return _order(
        told,
        categories=told.data(("CONTENT",), ("TRAFFIC",), ("SUBSCRIBER",)),
        description=told.of(told.words["necessity"]),
        answer_by=text(told.opens + timedelta(days=14)),
    )


def _eev(told: _Telling) -> dict[str, Any]:
    return {
        "issuing_file": told.reference,
        "addressee": {"name": "Example Mail, legal department", "email": "orders@mail.example"},
        "addressee_capacity": "designated-establishment",
        "service": "Example Mail",
        "period": told.period,
        "proceedings": "proceedings",
        "offence": told.offence,
        "legal_basis": told.words["basis"][told.sender],
        "issuing_authority": {"name": "Example Prosecution Office, Bucharest"},
        "validation": "not-needed",
        "language": told.language,
        "necessity": told.of(told.words["necessity"]),
    }


def _epoc_pr(told: _Telling) -> dict[str, Any]:
    return _eev(told) | {"identifiers": [told.address], "categories": ["TRAFFIC"], "traffic_elements": ["internet"]}


def _epoc(told: _Telling) -> dict[str, Any]:
    authority = told.words["authority"][told.sender]
    return _eev(told) | {
        "identifiers": [told.account],
        "categories": ["SUBSCRIBER"],
        "subscriber_elements": ["identity"],
        "processes_as": "controller",
        "user_information": "delayed",
        "delay_grounds": ["a"],
        "transfer_to": {**authority, "person": told.asker},
        "issuing_authority": {"name": "Example Prosecution Office, Bucharest", "function": "prosecutor"},
        "case_summary": told.facts,
    }


_FORMS: Final = {
    "budapest-29-preserve": _preserve,
    "budapest-30-disclose": _disclose,
    "budapest-31-stored": _stored,
    "budapest-35-assist": _assist,
    "dir2013-40-13-urgent": _urgent,
    "dir2023-977-information": _information,
    "budapest-26-spontaneous": _spontaneous,
    "eio-32-provisional": _freeze,
    "budapest-16-order": _keep_order,
    "budapest-17-order": _lines_order,
    "budapest-18-order": _produce_order,
    "eev-epoc-pr": _epoc_pr,
    "eev-epoc": _epoc,
}


def _day(told: _Telling, days: int) -> str:
    return text(told.opens + timedelta(days=days))[:10]


# --- Steps --------------------------------------------------------------------------------------


def _steps(told: _Telling, form: Mapping[str, Any], ends: Instant) -> Iterator[Step]:
    at, first = told.opens, True
    if _chance(told.draw, 0.12):
        yield _house("dossier", told.sender, told.asker, at, "asked", {"place": told.draw.randrange(4)})
    phase = "asked"
    for leg in told.route.legs:
        at += told.draw.uniform(leg.soonest, leg.latest) * _HOUR
        if at >= ends:
            return
        member = told.recipient if leg.side == "asked" else told.sender
        if first:
            yield from _opened(told, at, phase)
            first = False
        yield from _noted(told, member, at, phase)
        phase = leg.phase
        yield _leg(told, leg, form, member, at)


def _opened(told: _Telling, at: Instant, phase: str) -> Iterator[Step]:
    """Before a desk answers, somebody there opens the request and takes it."""
    reason = told.of(told.words["words"]["look"], _LANGUAGE[told.recipient])
    yield _house("look", told.recipient, told.answerer, at, phase, {"reason": reason})
    yield _house("take", told.recipient, told.answerer, at, phase, {})


def _noted(told: _Telling, member: str, at: Instant, phase: str) -> Iterator[Step]:
    if member == "example-mail":
        return
    who, own = (told.asker if member == told.sender else told.answerer), _LANGUAGE[member]
    if _chance(told.draw, 0.16):
        language = told.draw.choices([own, "en", "fr", "de"], weights=[6, 2, 1, 1])[0]
        words = told.draw.choice(told.words["words"]["note"][language])
        yield _house("note", member, who, at, phase, {"words": words, "language": language})
    if _chance(told.draw, 0.06):
        to = next(name for name in (MAIN[member], told.words["colleagues"][member]["name"]) if name != who)
        words = told.of(told.words["words"]["hand-over"], own)
        yield _house("hand-over", member, who, at, phase, {"to": to, "words": words})


def _house(act: str, member: str, by: str, at: Instant, phase: str, says: Mapping[str, Any]) -> Step:
    return Step(at=at, member=member, by=by, act=act, says=says, phase=phase)


def _leg(told: _Telling, leg: _Leg, form: Mapping[str, Any], member: str, at: Instant) -> Step:
    by = told.answerer if leg.side == "asked" else told.asker
    if leg.kind == "take-in":
        return _house("take-in", member, by, at, leg.phase, {})
    if leg.kind == "deliver":
        says = {
            "title": f"EXERCISE {told.reference}",
            "name": "records.csv",
            "rows": told.draw.randint(20, 400),
            "complete": leg.variant != "part",
        }
        return _house("pack", member, by, at, leg.phase, says)
    says = _SAYS[leg.kind](told, leg, form, at)
    return Step(at=at, member=member, by=by, act="letter", kind=leg.kind, says=says, phase=leg.phase)


def _says_acknowledge(told: _Telling, _leg: _Leg, _form: Mapping[str, Any], _at: Instant) -> dict[str, Any]:
    words = told.of(told.words["words"]["acknowledge"])
    return {"reference": told.answer_reference, "words": words or None}


def _says_indicate(told: _Telling, leg: _Leg, _form: Mapping[str, Any], at: Instant) -> dict[str, Any]:
    if leg.variant == "no":
        return {"whether": "no", "form": None, "when": None, "words": told.of(told.words["words"]["postpone"])}
    when = text(at + told.draw.uniform(20, 90) * _HOUR)
    return {"whether": "yes", "form": "by letter", "when": when, "words": None}


def _says_query(told: _Telling, _leg: _Leg, form: Mapping[str, Any], _at: Instant) -> dict[str, Any]:
    field = "identifiers" if form.get("identifiers") else "period"
    words = told.of(told.words["words"]["query"])
    return {"fields": [{"field": field, "why": "insufficient"}], "preserved": False, "words": words}


def _says_supplement(told: _Telling, _leg: _Leg, form: Mapping[str, Any], _at: Instant) -> dict[str, Any]:
    words = told.of(told.words["words"]["supplement"])
    fields = {"identifiers": [*form["identifiers"], told.address]}
    return {"fields": fields, "cannot": {}, "validation": None, "words": words}


def _says_accept(told: _Telling, _leg: _Leg, _form: Mapping[str, Any], _at: Instant) -> dict[str, Any]:
    return {"conditions": [], "reference": told.answer_reference, "words": None}


def _says_preserved(told: _Telling, _leg: _Leg, _form: Mapping[str, Any], at: Instant) -> dict[str, Any]:
    effected = text(at - told.draw.uniform(0.2, 1) * _HOUR)
    scope = f"account {told.account['value']}"
    return {
        "effected_at": effected,
        "scope": scope,
        "complete": True,
        "keeps_until": None,
        "reference": told.answer_reference,
    }


def _says_disclose(told: _Telling, _leg: _Leg, _form: Mapping[str, Any], _at: Instant) -> dict[str, Any]:
    provider = told.draw.choice(told.words["accounts"]["providers"])
    path = f"198.51.100.{told.draw.randint(1, 254)} to 203.0.113.{told.draw.randint(1, 254)}"
    return {
        "lines": [{"provider": provider, "country": told.draw.choice(["SE", "NL", "DE"]), "path": path}],
        "withheld": None,
    }


def _says_refuse(told: _Telling, leg: _Leg, _form: Mapping[str, Any], _at: Instant) -> dict[str, Any]:
    ground, _, reason = leg.variant.partition(":")
    return {"ground": ground, "reason": told.words["words"]["refuse"][told.language][reason], "part": None}


def _says_postpone(told: _Telling, leg: _Leg, _form: Mapping[str, Any], at: Instant) -> dict[str, Any]:
    until = text(at + timedelta(days=told.draw.randint(10, 40)))
    return {"ground": leg.variant, "reason": told.of(told.words["words"]["postpone"]), "until": until}


def _says_extend(told: _Telling, leg: _Leg, _form: Mapping[str, Any], at: Instant) -> dict[str, Any]:
    reason = told.of(told.words["necessity"])
    if leg.variant == "eev":
        return {"clock": "eev.11.1.preserve", "days": 30, "until": None, "reason": reason}
    clock = "ets185.16.2.preserve_max" if leg.variant == "16" else "ets185.29.7.preserve_min"
    return {"clock": clock, "days": None, "until": text(at + timedelta(days=90)), "reason": reason}


def _says_follow_up(told: _Telling, leg: _Leg, _form: Mapping[str, Any], at: Instant) -> dict[str, Any]:
    return {
        "stage": leg.variant,
        "instrument": "budapest-31-stored",
        "reference": f"{told.reference}-F",
        "at": text(at - _HOUR),
        "authority": None,
        "outcome": "executed" if leg.variant == "decided" else None,
    }


def _says_withdraw(told: _Telling, _leg: _Leg, _form: Mapping[str, Any], _at: Instant) -> dict[str, Any]:
    return {"reason": told.of(told.words["words"]["withdraw"]), "obtained": "none"}


def _says_release(told: _Telling, _leg: _Leg, _form: Mapping[str, Any], at: Instant) -> dict[str, Any]:
    return {"released_at": text(at - 0.2 * _HOUR), "scope": f"account {told.account['value']}", "why": "withdrawn"}


def _says_close(told: _Telling, _leg: _Leg, _form: Mapping[str, Any], _at: Instant) -> dict[str, Any]:
    return {"words": told.of(told.words["words"]["close"]) or None}


_SAYS: Final = {
    "acknowledge": _says_acknowledge,
    "indicate": _says_indicate,
    "query": _says_query,
    "supplement": _says_supplement,
    "accept": _says_accept,
    "preserved": _says_preserved,
    "disclose": _says_disclose,
    "refuse": _says_refuse,
    "postpone": _says_postpone,
    "extend": _says_extend,
    "follow-up": _says_follow_up,
    "withdraw": _says_withdraw,
    "release": _says_release,
    "close": _says_close,
}
