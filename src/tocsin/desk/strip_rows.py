"""The rows of the watch as HTML, said in Python: a page holds some sixty, and a template took five times as long.

Every value passes ``format_html``: whatever somebody wrote stands there as text. The words are translated once a page.
"""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from tocsin.base.instant import Instant, text
from tocsin.desk import words
from tocsin.desk.strips import Strip
from tocsin.law.provisions import Side

ICONS = ("siren", "mail", "arrow-down-left", "arrow-up-right", "user-round", "user-round-x")
"""The icons that rows use; the page that holds them asks for their drawings."""
_ICON = {name: SafeString(f'<svg class="icon" aria-hidden="true"><use href="#i-{name}"/></svg>') for name in ICONS}
_ANY = "00000000-0000-0000-0000-000000000000"
_ROW = SafeString(
    '<tr id="r-{id}" data-row class="strip{unread}"{rings}><td class="left">{left}</td><td class="due">{due}</td>'
    '<td class="with">{arrow}<span><b>{name}</b><small>{asks}{country}</small></span></td>'
    '<td class="what"><a href="{url}" data-open id="o-{id}">{short}</a>'
    '<small><span class="ref">{reference}</span> · {state}{tags}</small>{piece}</td>'
    '<td class="awaited">{awaited}</td><td class="held">{held}</td></tr>'
)


@dataclass(frozen=True, slots=True)
class Pen:
    """What is the same for all rows of a page."""

    zone: str
    at: Instant
    url: str
    said: dict[str, str]
    urgent: SafeString
    unread: SafeString

    @classmethod
    def of(cls, zone: str, at: Instant) -> "Pen":
        """The pen for a reader's zone, in her language as it is now."""
        said = {
            "late": gettext("late"),
            "ours": gettext("ours"),
            "theirs": gettext("theirs"),
            "asks us": gettext("asks us"),
            "asked by us": gettext("asked by us"),
            "us": gettext("Us"),
            "nothing": gettext("nothing more"),
            "I": gettext("you"),
            "nobody": gettext("nobody"),
        }
        tag = SafeString(' <span class="tag {}">{}{}</span>')
        urgent = format_html(tag, "late", _ICON["siren"], gettext("urgent"))
        unread = format_html(tag, "fresh", _ICON["mail"], gettext("unread"))
        return cls(zone, at, reverse("request", args=[_ANY]), said, urgent, unread)


def row(strip: Strip, pen: Pen, *, piece: SafeString = SafeString()) -> SafeString:  # noqa: B008 - it never changes
    """One row of the watch; ``piece`` is what a search found in it."""
    line = strip.line
    return format_html(
        _ROW,
        id=line.id,
        unread=" unread" if line.unread_since else "",
        rings=_rings(strip),
        left=_left(strip, pen),
        due=_due(strip, pen),
        arrow=_ICON["arrow-down-left" if line.side is Side.ASKED else "arrow-up-right"],
        name=strip.name,
        asks=pen.said["asks us" if line.side is Side.ASKED else "asked by us"],
        country=f" · {strip.country}" if strip.country else "",
        url=pen.url.replace(_ANY, line.id),
        short=strip.short,
        reference=line.case_reference or "-",
        state=words.word(line.state),
        tags=SafeString((pen.urgent if line.urgent else "") + (pen.unread if line.unread_since else "")),
        piece=piece,
        awaited=_awaited(strip, pen),
        held=_held(strip, pen),
    )


def _rings(strip: Strip) -> SafeString:
    if not (strip.line.urgent and strip.line.unread_since):
        return SafeString()
    return format_html(' data-rings="{}" data-rings-words="{}: {}"', strip.line.id, strip.name, strip.short)


def _left(strip: Strip, pen: Pen) -> SafeString:
    line = strip.line
    if strip.left is None:
        return format_html('<span class="soft">{}</span>', words.word(line.state) if line.ended_at else "-")
    much = words.lasting(strip.left)
    whose = "" if line.due_by is None else pen.said["ours" if line.due_by is line.side else "theirs"]
    if strip.group == "overdue":
        late = pen.said["late"]
        after = f" · {whose}" if whose else ""
        return format_html('<b class="is-late">{}</b><span><span class="is-late">{}</span>{}</span>', much, late, after)
    soon = SafeString(' class="is-soon"') if strip.group == "soon" else ""
    return format_html('<b{}>{}</b><span class="soft">{}</span>', soon, much, whose)


def _due(strip: Strip, pen: Pen) -> SafeString:
    line = strip.line
    if line.ended_at:
        return _time(line.ended_at, words.in_zone(line.ended_at, pen.zone))
    if line.due_strict is None:
        return SafeString()
    here = _time(line.due_strict, words.due_in_zone(line.due_strict, pen.zone, now=pen.at))
    if not strip.zone or strip.zone == pen.zone:
        return here
    there = _time(line.due_strict, words.due_in_zone(line.due_strict, strip.zone, now=pen.at))
    return format_html("{}<small>{} {}</small>", here, there, words.city(strip.zone))


def _awaited(strip: Strip, pen: Pen) -> SafeString:
    awaited = strip.awaited
    if not awaited:
        return format_html('<span class="soft">{}</span>', pen.said["nothing"])
    who = pen.said["us"] if strip.line.ours else strip.line.counterpart.upper()
    return format_html("<b>{}</b><small>{}</small>", who, awaited)


def _held(strip: Strip, pen: Pen) -> SafeString:
    if strip.mine:
        return format_html("{}<b>{}</b>", _ICON["user-round"], pen.said["I"])
    if strip.holder:
        return format_html("{}{}", _ICON["user-round"], strip.holder)
    if strip.line.ended_at:
        return SafeString()
    tone = "is-soon" if strip.line.ours else "soft"
    return format_html('{}<span class="{}">{}</span>', _ICON["user-round-x"], tone, pen.said["nobody"])


def _time(at: Instant, said_so: Any) -> SafeString:
    return format_html('<time datetime="{}">{}</time>', text(at), said_so)
