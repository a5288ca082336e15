"""What templates of the desk say with: instants, durations, icons, the way through the desk.

=================================  ============================================================================
``{{ at|when:zone }}``             an instant in a zone, as ``<time>``: "Thu 26 Nov, 12:00"
``{% due at zone now=at %}``       the same, in words nearer to the reader: "today 14:00", "end of 3 Dec"
``{{ left|lasting }}``             a duration: "3h 12m", "2d 4h"
``{% icon "clock" %}``             a picture beside words; it says nothing to a reader of screens
``{% icons "bell" "mail" %}``      pictures that a part which is loaded later will need
``{% ways %}``                     the ways through the desk that this viewer may go
``{{ error|said }}``               an error of ours in the reader's language
``{{ code|word }}``                a coded word (state, kind, ground …) in the reader's language
``{% once %}``                     the hidden key of a form that is sent once (desk/once.py)
``{{ text|theirs:language }}``     what the other side wrote, as text and never as markup
=================================  ============================================================================
"""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cache
from typing import Any

import lucide as lucide_icons
from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from tocsin.base import instant
from tocsin.base.errors import TocsinError
from tocsin.base.instant import Instant
from tocsin.desk import words
from tocsin.desk.once import hidden
from tocsin.desk.strip_rows import ICONS, Pen, row
from tocsin.desk.strips import Strip
from tocsin.people.rules.rights import Right, rights_of

register = template.Library()

WAYS: tuple[tuple[str, str, str, str, Right | None], ...] = (
    ("watch", "radar", "Watch", "g w", Right.READ_REQUESTS),
    ("partner", "inbox", "Asked of us", "g u", Right.ANSWER_AS_PARTNER),
    ("take-in", "inbox", "Take in", "g i", Right.ANSWER),
    ("compose", "pencil-line", "Compose", "c", Right.DRAFT),
    ("drafts", "file-pen-line", "Drafts", "g f", Right.DRAFT),
    ("dossiers", "folder-closed", "Dossiers", "g d", Right.READ_DOSSIERS),
    ("evidence", "package", "Evidence", "g e", Right.OPEN_EVIDENCE),
    ("warnings", "shield-alert", "Warnings", "g n", Right.READ_REQUESTS),
    ("mail", "mail", "Mail", "g l", Right.READ_REQUESTS),
    ("directory", "contact", "Directory", "g o", Right.READ_DIRECTORY),
    ("shift", "notebook-pen", "Shift", "g s", Right.READ_REQUESTS),
    ("rota", "calendar-clock", "Duty rota", "g r", Right.READ_DIRECTORY),
    ("looks", "eye", "Looks", "g k", Right.READ_LOOKS),
    ("journal", "book-lock", "Journal", "g j", Right.READ_JOURNAL),
    ("reports", "chart-column", "Reports", "g p", Right.READ_REPORTS),
    ("people", "users", "People", "g a", Right.RUN_NODE),
    ("administration", "server-cog", "Node", "g z", Right.RUN_NODE),
    ("exercise", "drama", "Exercise", "g x", Right.RUN_NODE),
)
"""Name of the url, icon, word, key, and the right without which it is not shown. One that has no url is not there."""


# --- Instants and durations ---------------------------------------------------------------------


@register.filter
def when(at: Instant | None, zone: str = "UTC") -> SafeString:
    """An instant in a zone, day and time; nothing for no instant."""
    return _time(at, words.in_zone(at, zone)) if at else SafeString()


@register.filter
def full_day(at: Instant | None, zone: str = "UTC") -> SafeString:
    """The day of an instant with its year, for what lies years away; nothing for no instant."""
    return _time(at, words.day(at.astimezone(words.zone_of(zone)).date().isoformat())) if at else SafeString()


@register.simple_tag
def due(at: Instant | None, zone: str, *, now: Instant | None = None) -> SafeString:
    """An instant as somebody says it who knows what day it is; a midnight as the end of the day before it."""
    return _time(at, words.due_in_zone(at, zone, now=now)) if at else SafeString()


@register.filter
def lasting(much: timedelta | None) -> str:
    """A duration, without its sign, in its two greatest units."""
    return "" if much is None else words.lasting(much)


@register.filter
def hour(at: Instant | None, zone: str = "UTC") -> SafeString:
    """The time of day of an instant in a zone."""
    return _time(at, words.hour_in_zone(at, zone)) if at else SafeString()


@register.filter
def reaction(much: timedelta | None) -> str:
    """How long somebody took to answer: to the second while it is short."""
    return "" if much is None else words.reaction(much)


@register.filter
def named(names: Mapping[str, str], person: object) -> str:
    """The name of a person; a role in words, where somebody is known by it alone."""
    return names.get(str(person)) or words.word(str(person))


@register.filter
def after(at: Instant, before: Instant) -> timedelta:
    """How long one instant is after another."""
    return at - before


@register.filter
def place(zone: str) -> str:
    """The city that a time zone is named after."""
    return words.city(zone)


def _time(at: Instant, said_so: str) -> SafeString:
    return format_html('<time datetime="{}">{}</time>', instant.text(at), said_so)


# --- Words --------------------------------------------------------------------------------------


@register.filter
def said(error: TocsinError) -> str:
    """An error of ours in the reader's language."""
    return words.said(error)


@register.filter
def word(code: object) -> str:
    """A coded word in the reader's language."""
    return words.word(str(code))


@register.filter
def law(text: str) -> str:
    """Words of the law data in the reader's language."""
    return words.law(text)


@register.filter
def theirs(text: object, language: str = "") -> SafeString:
    """What somebody else wrote: escaped whatever it holds, in its own direction and language."""
    tag = language if re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", language or "") else ""
    lang = format_html(' lang="{}"', tag) if tag else ""
    return format_html('<div class="theirs" dir="auto"{}>{}</div>', lang, "" if text is None else str(text))


@register.simple_tag(takes_context=True)
def rows(context: template.Context, found: Sequence[Strip]) -> SafeString:
    """The rows of the watch for these strips, each with what a search found in it."""
    pen = Pen.of(context["zone"], context["request"].at)
    pieces: Mapping[str, SafeString] = context.get("pieces") or {}
    _wanted(context).update(ICONS)
    return format_html_join("", "{}", ((row(each, pen, piece=_piece(pieces, each)),) for each in found))


def _piece(pieces: Mapping[str, SafeString], strip: Strip) -> SafeString:
    found = pieces.get(strip.line.id)
    return format_html('<small class="piece" dir="auto">{}</small>', found) if found else SafeString()


# --- Icons --------------------------------------------------------------------------------------


@register.simple_tag(takes_context=True)
def icon(context: template.Context, name: str) -> SafeString:
    """A picture beside words. Its drawing stands once at the page's end, so that a row of a list stays small."""
    _wanted(context).add(name)
    return format_html('<svg class="icon" aria-hidden="true"><use href="#i-{}"/></svg>', name)


@register.simple_tag(takes_context=True)
def icons(context: template.Context, *names: str) -> str:
    """Pictures that parts of the page will need which are loaded later."""
    _wanted(context).update(names)
    return ""


@register.simple_tag(takes_context=True)
def sprite(context: template.Context) -> SafeString:
    """The drawings of all icons of this page; base.html says it once, last."""
    drawn = format_html_join("", "{}", ((_symbol(name),) for name in sorted(_wanted(context))))
    return format_html('<svg width="0" height="0" hidden aria-hidden="true">{}</svg>', drawn)


def _wanted(context: template.Context) -> set[str]:
    holder: Any = context.get("request", context.template)
    if not hasattr(holder, "icons_wanted"):
        holder.icons_wanted = set()
    wanted: set[str] = holder.icons_wanted
    return wanted


@cache
def _symbol(name: str) -> SafeString:
    drawn = lucide_icons._render_icon(name, None)  # noqa: SLF001 - what its own template tag calls
    inside = re.sub(r"^<svg[^>]*>|</svg>\s*$", "", drawn.strip(), flags=re.DOTALL)
    symbol = f'<symbol id="i-{name}" viewBox="0 0 24 24">{inside.strip()}</symbol>'
    return mark_safe(symbol)  # noqa: S308 - a drawing out of an installed package, under a name of ours


# --- The way through the desk -------------------------------------------------------------------


@register.inclusion_tag("desk/parts/ways.html", takes_context=True)
def ways(context: template.Context) -> dict[str, Any]:
    """The ways through the desk that there are and that this viewer may go."""
    viewer = context.get("viewer")
    held = rights_of(viewer.roles) if viewer else frozenset()
    found = []
    for name, drawn, called, key, right in WAYS:
        url = _url(name)
        if url and (right is None or right in held):
            found.append({"name": name, "icon": drawn, "word": gettext(called), "key": key, "url": url})
    return {"ways": found, "section": context.get("section", ""), "request": context.get("request")}


@register.simple_tag(takes_context=True)
def once(context: template.Context) -> SafeString:
    """The hidden key of a form that is sent once."""
    return hidden(context["request"])


@register.simple_tag
def url_if_any(name: str) -> str:
    """The path of a page, or nothing where this desk has none of that name."""
    return _url(name)


def _url(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
