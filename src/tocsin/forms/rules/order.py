"""What a form's own page shows, and what may be said on it; both as JSON between two processes that share no more.

What is published, made when the form is printed::

    {"v": 1, "instrument": "eev-epoc", "ask": {…the body of the ask, as its addressee may read it…},
     "sender": {"member", "name", "country", "phone"}, "addressee": {…}, "request": "<uuid>",
     "place": {"zone": "Europe/Lisbon", "country": "PT", "subdivision": null}, "recipient": "age1…"}

What is said, by kind: ``acknowledge`` {reference, words}, ``ask`` {fields: [{field, why}], words}, ``impossible``
{ground, words}, ``upload`` {complete, words}, ``on-call`` {name, phone}; each with ``name``, who says it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tocsin.base.ids import RequestId
from tocsin.base.instant import Instant
from tocsin.forms.rules.sheet import End, Sheet, Time, What
from tocsin.law.calendar import Place
from tocsin.law.clock import due
from tocsin.law.counting import Span
from tocsin.law.grounds import ground
from tocsin.law.instrument import instrument
from tocsin.law.provisions import Instrument, InstrumentClock, Side
from tocsin.law.vocabulary import GroundUse, LetterKind
from tocsin.proof.canonical import Json
from tocsin.requests.rules.letters import (
    Acknowledge,
    Ask,
    Body,
    Deliver,
    FieldQuery,
    Query,
    Refuse,
    Why,
    body_payload,
    parse_body,
)
from tocsin.requests.rules.permits import permits_of

MOST_WORDS = 20_000
MOST_LINE = 200
OTHER = "NATIONAL_LAW"


class Kind(StrEnum):
    """What may be said on a form's page."""

    ACKNOWLEDGE = "acknowledge"
    ASK = "ask"
    IMPOSSIBLE = "impossible"
    UPLOAD = "upload"
    ON_CALL = "on-call"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A form as its own page shows it."""

    request: RequestId
    law: Instrument
    ask: Ask
    sender: End
    addressee: End
    place: Place
    recipient: str

    def sheet(self, *, written: Instant, exercise: bool, opened_at: Instant) -> Sheet:
        """The same as a sheet, so that page and form say the same words."""
        return Sheet(
            what=What.REQUEST,
            request=self.request,
            law=self.law,
            ask=self.ask,
            sender=self.sender,
            addressee=self.addressee,
            exercise=exercise,
            written=written,
            times=tuple(self._time(each, opened_at) for each in self.clocks),
        )

    @property
    def clocks(self) -> tuple[InstrumentClock, ...]:
        """The times of the one who is asked that run from his receipt, in the order of the law."""
        carried = [instrument(each.of).clock(each.id) for each in self.ask.clocks]
        return tuple(each for each in carried if each.by is Side.ASKED and _from_the_ask(each))

    @property
    def grounds(self) -> list[str]:
        """The grounds on which it may be said that nothing comes, by code."""
        permits = permits_of(self.law)
        own = [each.code for each in permits.grounds if GroundUse.REFUSE in each.uses]
        return own or ([OTHER] if GroundUse.REFUSE in permits.silent_on else [])

    def _time(self, clock: InstrumentClock, opened_at: Instant) -> Time:
        span = self._span(clock, opened_at)
        return Time(
            step=clock.step,
            obligation=clock.obligation,
            article=clock.rule.article,
            by=clock.by.value,
            confirmed=clock.rule.confirmed,
            strict=span.strict if span else None,
            latest=span.legal_latest if span else None,
            runs=True,
        )

    def _span(self, clock: InstrumentClock, opened_at: Instant) -> Span | None:
        try:
            return due(clock.rule, since=opened_at, place=self.place).span
        except (KeyError, ValueError):
            return None


def _from_the_ask(clock: InstrumentClock) -> bool:
    return any(each.letter is LetterKind.ASK for each in clock.starts)


def published(order: Order) -> dict[str, Json]:
    """An order as it is published for its page."""
    return {
        "v": 1,
        "request": order.request,
        "instrument": order.law.id,
        "ask": body_payload(order.ask),
        "sender": _end(order.sender),
        "addressee": _end(order.addressee),
        "place": {
            "zone": order.place.zone,
            "country": order.place.country,
            "subdivision": order.place.subdivision,
        },
        "recipient": order.recipient,
    }


def read_order(content: Mapping[str, Any]) -> Order:
    """What was published, read again."""
    ask = parse_body(LetterKind.ASK, content["ask"])
    if not isinstance(ask, Ask):
        raise TypeError("an order is an ask")
    return Order(
        request=RequestId(content["request"]),
        law=instrument(content["instrument"]),
        ask=ask,
        sender=End(**content["sender"]),
        addressee=End(**content["addressee"]),
        place=Place(**content["place"]),
        recipient=content["recipient"],
    )


def faults_of(order: Order, kind: Kind, said: Mapping[str, Any], *, has_file: bool) -> list[str]:
    """The fields of a saying that are wrong; nothing when it may be kept."""
    wrong = [name for name, value in said.items() if isinstance(value, str) and _too_long(name, value)]
    match kind:
        case Kind.ASK if not said.get("fields") and not str(said.get("words") or "").strip():
            wrong.append("words")
        case Kind.IMPOSSIBLE:
            wrong += [] if said.get("ground") in order.grounds else ["ground"]
            wrong += [] if str(said.get("words") or "").strip() else ["words"]
        case Kind.UPLOAD if not has_file:
            wrong.append("file")
        case Kind.ON_CALL:
            wrong += [name for name in ("on_call", "phone") if not str(said.get(name) or "").strip()]
        case _:
            pass
    if not str(said.get("name") or "").strip():
        wrong.append("name")
    return wrong


def _too_long(name: str, value: str) -> bool:
    if name == "words":
        return len(value) > MOST_WORDS or "\0" in value
    return len(value) > MOST_LINE or not value.isprintable()


def body_of(kind: Kind, said: Mapping[str, Any], *, package: str) -> Body:
    """The step of the thread that a saying is; raises ``LetterBodyError`` or ``ValueError`` for what is none."""
    words = str(said.get("words") or "") or None
    match kind:
        case Kind.ACKNOWLEDGE:
            return Acknowledge(reference=str(said.get("reference") or "") or None, words=words)
        case Kind.ASK:
            asked = tuple(FieldQuery(field=each["field"], why=Why(each["why"])) for each in said.get("fields") or ())
            return Query(fields=asked, words=words) if asked else Acknowledge(words=words)
        case Kind.IMPOSSIBLE:
            return Refuse(ground=str(said["ground"]), reason=words or "")
        case Kind.UPLOAD:
            return Deliver(package=package, complete=said.get("complete") is True, words=words)
        case Kind.ON_CALL:
            return Acknowledge(words=f"On call: {said['on_call']}, {said['phone']}")


def ground_text(code: str) -> str:
    """A ground in English: the message id of its translation."""
    try:
        return ground(code).text
    except (KeyError, LookupError):
        return "national law"


def _end(end: End) -> dict[str, Json]:
    return {"member": end.member, "name": end.name, "country": end.country, "phone": end.phone}
