"""A request as one strip of the watch: whose move it is, what is awaited, with whom, by when; in words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext, gettext_noop

from tocsin.base.actor import Actor
from tocsin.base.ids import MemberId
from tocsin.base.instant import Instant
from tocsin.desk import words
from tocsin.directory import reads as directory
from tocsin.directory.rules.card import Card
from tocsin.law.instrument import instrument
from tocsin.law.provisions import Side
from tocsin.law.vocabulary import Purpose
from tocsin.people import reads as people
from tocsin.requests.reads import RequestLine
from tocsin.requests.rules.ways import UNKNOWN

_SOON = timedelta(hours=8)
_NEAR = timedelta(days=3)
_FROM_ASKED = {
    Purpose.INFORM: gettext_noop("take note"),
    Purpose.PRESERVE: gettext_noop("preserve the data"),
    Purpose.DISCLOSE: gettext_noop("disclose the path"),
    Purpose.PRODUCE: gettext_noop("hand the data over"),
    Purpose.ASSIST: gettext_noop("answer"),
}
_FROM_ASKED_IN = {
    "postponed": gettext_noop("take it up again"),
    "partly-delivered": gettext_noop("deliver the rest"),
    "preserved": gettext_noop("decide the follow-up"),
}
_FROM_ASKER_IN = {
    "queried": gettext_noop("answer the query"),
    "preserved": gettext_noop("follow up, or let go"),
}
GROUPS = {
    "overdue": gettext_noop("Overdue"),
    "soon": gettext_noop("Within eight hours"),
    "near": gettext_noop("Within three days"),
    "later": gettext_noop("Later"),
    "none": gettext_noop("No clock runs"),
    "ended": gettext_noop("Ended"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """A line of the watch with the words around it."""

    line: RequestLine
    title: str
    """The instrument's title."""
    short: str
    """What it asks for in few words; the title where there are none."""
    article: str
    name: str
    """The counterpart's name; its id where no card is known."""
    country: str
    zone: str
    """The counterpart's time zone; empty where no card is known."""
    holder: str
    mine: bool
    group: str
    left: timedelta | None

    @property
    def group_words(self) -> str:
        """The heading under which it stands."""
        return gettext(GROUPS[self.group])

    @property
    def awaited(self) -> str:
        """What is expected of whoever's move it is."""
        return awaited_of(self.line)


def strips(lines: Sequence[RequestLine], *, viewer: Actor, at: Instant) -> list[Strip]:
    """The lines as strips; by few questions, however many there are."""
    cards = directory.cards_shown(each.counterpart for each in lines)
    heard = directory.contacts_named({each.counterpart for each in lines if each.channel} - cards.keys() - {UNKNOWN})
    names = people.names_of(each.held_by for each in lines if each.held_by)
    known = {**names, **{str(member): name for member, name in heard.items()}}
    return [_strip(line, cards, known, viewer=viewer, at=at) for line in lines]


def name_of_counterpart(member: MemberId, cards: Mapping[MemberId, Card], heard: Mapping[str, str]) -> str:
    """What the other side is called: by its card, by a list, or as unknown; its id where none of these is."""
    if member == UNKNOWN:
        return gettext("Unknown sender")
    card = cards.get(member)
    return card.name if card else heard.get(member, member)


def awaited_of(line: RequestLine) -> str:
    """What the side whose move it is has to do; nothing when nothing more has to be said."""
    if line.waits_for is None:
        return ""
    if line.waits_for is Side.ASKER:
        return gettext(_FROM_ASKER_IN.get(line.state, gettext_noop("close the matter")))
    said = _FROM_ASKED_IN.get(line.state) or _FROM_ASKED[instrument(line.instrument).purpose]
    return gettext(said)


def grouped(found: Iterable[Strip]) -> list[tuple[str, str, list[Strip]]]:
    """Strips under their headings: the code, the words, the strips; in the order they came in."""
    groups: dict[str, list[Strip]] = {}
    for strip in found:
        groups.setdefault(strip.group, []).append(strip)
    return [(code, gettext(GROUPS[code]), listed) for code, listed in groups.items()]


def _strip(
    line: RequestLine, cards: dict[MemberId, Card], names: dict[str, str], *, viewer: Actor, at: Instant
) -> Strip:
    law, card = instrument(line.instrument), cards.get(line.counterpart)
    return Strip(
        line=line,
        title=gettext(law.title),
        short=words.word(f"short:{law.id}") if words.is_coded(f"short:{law.id}") else gettext(law.title),
        article=str(law.basis),
        name=name_of_counterpart(line.counterpart, cards, names),
        country=card.country if card else "",
        zone=card.zone if card else "",
        holder=names.get(line.held_by or "", ""),
        mine=bool(viewer.person) and line.held_by == viewer.person,
        group=_group(line, at),
        left=line.due_strict - at if line.due_strict and line.ended_at is None else None,
    )


def _group(line: RequestLine, at: Instant) -> str:
    if line.ended_at is not None:
        return "ended"
    if line.due_strict is None:
        return "none"
    left = line.due_strict - at
    if left < timedelta(0):
        return "overdue"
    return "soon" if left <= _SOON else "near" if left <= _NEAR else "later"
