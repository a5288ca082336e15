"""What the page of a request says of those who have no node: how it came, what may be taken down and joined."""

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tocsin.desk import steps, words
from tocsin.desk.coded_words import CODED
from tocsin.desk.viewer import DeskRequest
from tocsin.directory import reads as directory
from tocsin.law.provisions import Side
from tocsin.law.treaty import name_of
from tocsin.law.vocabulary import LetterKind
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.requests import reads
from tocsin.requests.reads import RequestLine, Standing
from tocsin.requests.rules.ways import TAKEN_IN, UNKNOWN, Checked

WAYS_IN = [(each.value, _(CODED[f"way:{each.value}"])) for each in TAKEN_IN]
CHECKED = [(each.value, _(CODED[f"checked:{each.value}"])) for each in Checked]
OTHER = {Side.ASKER: Side.ASKED, Side.ASKED: Side.ASKER}
_MOST_JOINED = 50


def shown_beside(request: DeskRequest, standing: Standing, *, acts: bool) -> dict[str, Any]:
    """What of a request no letter carries, for its page; ``acts`` says whether the viewer may write in it."""
    line = standing.thread.line
    may_join = acts and line.side is Side.ASKED and line.joined_to is None
    return {
        "arrivals": standing.beside.arrivals,
        "to_take_down": [
            {"kind": kind.value, "words": words.word(f"letter:{kind.value}"), "theirs": side is not line.side}
            for side, kind in (kinds_to_take_down(standing) if acts else [])
        ],
        "members": members() if acts and line.unknown_sender else [],
        "checks": [each for each in CHECKED if each[0] != Checked.NOT.value],
        "ways_in": WAYS_IN,
        "others": _joinable(request, line) if may_join else [],
    }


def members() -> list[tuple[str, str]]:
    """Everybody who is known, those with a node and those of the lists, by country and name."""
    return [
        (each.member, f"{name_of(each.country)} · {each.name}" + ("" if each.has_node else f" ({gettext('no node')})"))
        for each in sorted(directory.contacts(), key=lambda each: (each.country, each.name))
    ]


def kinds_to_take_down(standing: Standing) -> list[tuple[Side, LetterKind]]:
    """What may be taken down next, of the other side first."""
    mine = standing.thread.line.side
    return [
        (side, kind)
        for side in (OTHER[mine], mine)
        for kind in standing.may_take_down(side)
        if kind in steps.FORMS or kind is LetterKind.DELIVER
    ]


def _joinable(request: DeskRequest, line: RequestLine) -> list[RequestLine]:
    """Open requests that were taken in under the same instrument and may be this one."""
    if Right.ANSWER not in rights.rights_of(request.viewer.roles):
        return []
    which = reads.WatchFilter(side=Side.ASKED, instrument=line.instrument)
    found = reads.watch_page(request.viewer, which, at=request.at, size=_MOST_JOINED).all
    same = {line.counterpart, UNKNOWN}
    return [each for each in found if each.id != line.id and each.by_form and each.counterpart in same]
