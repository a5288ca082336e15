"""The watch: every open request by time left, its filters and saved views, and the search."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseNotModified, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_GET, require_POST

from tocsin.base.errors import RuleError
from tocsin.desk import strips, words
from tocsin.desk.viewer import DeskRequest
from tocsin.law.instrument import instruments
from tocsin.law.provisions import Side
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.requests import reads
from tocsin.requests.acts.views import forget_view, save_view
from tocsin.requests.reads import NOBODY, WatchFilter, WatchPage
from tocsin.requests.rules.moves import Phase

_FLAGS = ("urgent", "unread", "ours", "ended", "overdue")
_CHOSEN = ("side", "with", "under", "state", "held")
FILTERS = (*_FLAGS, *_CHOSEN)
"""The words of a query string that choose what is seen; saved views keep these and no others."""


@require_GET
def watch(request: DeskRequest) -> HttpResponse:
    """The whole page; with ``q`` what a search finds. Who may not read requests is led to what is hers."""
    if not rights.reaches(request.viewer, Right.READ_REQUESTS):
        return HttpResponseRedirect(reverse(_home_of(request)))
    asked = request.GET.get("q", "").strip()
    shown = _searched(request, asked) if asked else _listed(request)
    return render(request, "desk/watch/watch.html", {**_around(request), **shown, "q": asked, "section": "watch"})


_HOMES = (
    (Right.READ_DOSSIERS, "dossiers"),
    (Right.READ_LOOKS, "looks"),
    (Right.READ_JOURNAL, "journal"),
    (Right.RUN_NODE, "people"),
    (Right.READ_DIRECTORY, "directory"),
    (Right.ANSWER_AS_PARTNER, "partner"),
)


def _home_of(request: DeskRequest) -> str:
    """Where somebody begins who has no watch."""
    return next((name for right, name in _HOMES if rights.reaches(request.viewer, right)), "account")


@require_GET
def rows(request: DeskRequest) -> HttpResponse:
    """The rows alone, for who asks again and again; unchanged (304) as long as nobody would see a difference."""
    page = _page(request)
    etag = _etag(request, page)
    if request.headers.get("If-None-Match") == etag:
        return _fresh(HttpResponseNotModified(), etag)
    return _fresh(render(request, "desk/watch/rows.html", _shown(request, page)), etag)


@require_POST
def save(request: DeskRequest) -> HttpResponse:
    """Keep the filters of the page under a name."""
    kept = kept_filters(QueryDict(request.POST.get("filters", "")))
    try:
        save_view(request.POST.get("name", ""), kept, by=request.viewer, at=request.at)
    except RuleError as error:
        messages.error(request, words.said(error))
    else:
        messages.success(request, gettext("The view is kept."))
    return HttpResponseRedirect(f"{reverse('watch')}?{urlencode(kept)}")


@require_POST
def forget(request: DeskRequest, view: str) -> HttpResponse:
    """Give a view up."""
    forget_view(str(view), by=request.viewer)
    return HttpResponseRedirect(reverse("watch"))


# --- What is asked for --------------------------------------------------------------------------


def kept_filters(asked: QueryDict) -> dict[str, str]:
    """The filters of a query string, those that are known and said."""
    return {name: str(asked[name])[:100] for name in FILTERS if asked.get(name)}


def _filter(request: DeskRequest) -> WatchFilter:
    asked = request.GET
    held = {"me": request.viewer.person, NOBODY: NOBODY}.get(asked.get("held", ""), "")
    return WatchFilter(
        side=Side(asked["side"]) if asked.get("side") in {Side.ASKER, Side.ASKED} else None,
        counterpart=asked.get("with", "")[:40],
        instrument=asked.get("under", "")[:64],
        state=asked.get("state", "")[:40],
        held_by=held,
        urgent=bool(asked.get("urgent")),
        unread=bool(asked.get("unread")),
        ours=bool(asked.get("ours")),
        ended=bool(asked.get("ended")),
    )


def _page(request: DeskRequest) -> WatchPage:
    which, after = _filter(request), request.GET.get("after", "")[:100]
    if request.GET.get("overdue"):
        return reads.overdue_page(request.viewer, which, at=request.at, after=after)
    return reads.watch_page(request.viewer, which, at=request.at, after=after)


# --- What is shown ------------------------------------------------------------------------------


def _listed(request: DeskRequest) -> dict[str, Any]:
    page = _page(request)
    return {**_shown(request, page), "etag": _etag(request, page)}


def _shown(request: DeskRequest, page: WatchPage) -> dict[str, Any]:
    kept = kept_filters(request.GET)
    found = strips.strips(page.all, viewer=request.viewer, at=request.at)
    return {
        "groups": strips.grouped(found),
        "overdue_more": page.overdue_more,
        "overdue_url": f"{reverse('watch')}?{urlencode({**kept, 'overdue': 'yes'})}",
        "onward": f"{reverse('watch')}?{urlencode({**kept, 'after': page.after})}" if page.after else "",
        "first_page": f"{reverse('watch')}?{urlencode(kept)}" if request.GET.get("after") else "",
        "filtered": bool(kept),
    }


def _searched(request: DeskRequest, asked: str) -> dict[str, Any]:
    found = reads.search(request.viewer, asked)
    listed = strips.strips(found.lines, viewer=request.viewer, at=request.at)
    return {
        "groups": [("found", gettext("Found"), listed)] if listed else [],
        "pieces": {str(request_id): marked(piece) for request_id, piece in found.pieces.items()},
        "more": found.more,
        "searching": True,
    }


def marked(piece: str) -> SafeString:
    """A piece of text with the words that were found marked; whatever else stands in it is text and never markup."""
    whole = SafeString()
    for number, part in enumerate(piece.split("\ue000")):
        hit, _, rest = part.partition("\ue001") if number else ("", "", part)
        whole += format_html("<mark>{}</mark>{}", hit, rest) if number else format_html("{}", rest)
    return whole


def _around(request: DeskRequest) -> dict[str, Any]:
    """What stands around the rows: filters, views, and what may be chosen."""
    kept = kept_filters(request.GET)
    views = reads.views_for(request.viewer)
    return {
        "kept": kept,
        "filters": urlencode(kept),
        "rows_url": f"{reverse('watch-rows')}?{request.GET.urlencode()}",
        "quick": list(_quick(kept)),
        "views": [
            {"id": each.id, "name": each.name, "query": urlencode(each.filters), "current": dict(each.filters) == kept}
            for each in views
        ],
        "counterparts": reads.counterparts(request.viewer),
        "instruments": [(each.id, each.title) for each in instruments().values()],
        "states": [each.value for each in Phase if each is not Phase.NOT_ASKED],
    }


def _quick(kept: Mapping[str, str]) -> Any:
    """The filters that are one stroke away: key, words, query, whether it is the one in force."""
    for key, called, filters in (
        ("1", gettext("All open"), {}),
        ("2", gettext("Our move"), {"ours": "yes"}),
        ("3", gettext("Mine"), {"held": "me"}),
        ("4", gettext("Nobody has it"), {"held": NOBODY}),
        ("5", gettext("Urgent"), {"urgent": "yes"}),
        ("6", gettext("Unread"), {"unread": "yes"}),
        ("7", gettext("Ended"), {"ended": "yes"}),
    ):
        yield {"key": key, "words": called, "query": urlencode(filters), "current": filters == kept}


def _etag(request: DeskRequest, page: WatchPage) -> str:
    """What the rows look like, without drawing them: the lines, the minute, the reader's language and zone."""
    held = sorted({each.held_by or "" for each in page.all})
    minute = request.at.replace(second=0, microsecond=0)
    seen = (request.viewer.person, held, minute, get_language(), request.zone, request.GET.urlencode(), page)
    return f'"{sha256(repr(seen).encode()).hexdigest()[:32]}"'


def _fresh(answer: HttpResponse, etag: str) -> HttpResponse:
    answer["ETag"] = etag
    answer["Cache-Control"] = "private, no-cache"
    return answer
