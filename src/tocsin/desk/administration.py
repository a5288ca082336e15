"""Administration: how the node stands, and the ways in of programs. No page here shows a request or a dossier."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from gettext import GNUTranslations
from http import HTTPStatus
from importlib.resources import files
from io import BytesIO
from itertools import groupby
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tocsin.base import instant
from tocsin.base.ids import PersonId
from tocsin.desk import words
from tocsin.desk.house import Setting, house
from tocsin.desk.viewer import DeskRequest
from tocsin.directory import reads as directory
from tocsin.forms.catalogues import is_reviewed
from tocsin.journal import reads as journal
from tocsin.people import reads as people
from tocsin.people.acts.people import issue_token, withdraw_token
from tocsin.people.errors import UnknownTokenIdError
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right, rights_of
from tocsin.people.viewing.seen import the_node_acts
from tocsin.retention import own as retention_own
from tocsin.retention import reads as retention
from tocsin.wire import reads as wire

_SHOWN_ONCE = "token-made"
_LIVES = (7, 30, 90, 365)
_WHOLE = 100


@dataclass(frozen=True, slots=True)
class Language:
    """How far a catalogue goes."""

    code: str
    name: str
    said: int
    """Of a hundred texts, how many are translated, rounded down."""
    missing: int
    reviewed: bool


# --- The node -----------------------------------------------------------------------------------


@never_cache
@require_GET
def administration(request: DeskRequest) -> HttpResponse:
    """How the node stands: findings, keys, lines, queues, journal, retention, languages, settings."""
    rights.check(request.viewer, Right.RUN_NODE)
    own, known = directory.own_card(), house()
    with the_node_acts():  # the checks look at the database as the node does, and show nothing of a request
        found = list(known.found()) if known else []
        lines = wire.status(request.viewer)
        stands: dict[str, Any] = {
            "jobs": dict(known.jobs()) if known else {},
            "certificate_ends": known.certificate_ends() if known else None,
            "archived": known.archived() if known else None,
            "settings": _sections(known.settings()) if known else [],
            "settings_file": known.settings_file() if known else "",
        }
    signed, cosigned = journal.latest_checkpoint(), journal.latest_checkpoint(cosigned=True)
    shown = {
        **stands,
        "wire": lines,
        "section": "administration",
        "known": known is not None,
        "bad": [each for each in found if each.state == "bad"],
        "warned": [each for each in found if each.state == "warn"],
        "fine": [each for each in found if each.state == "ok"],
        "keys": [
            {"use": words.word(f"key:{key.use.value}"), "kid": key.kid, "since": key.since, "until": key.until}
            for key in (own.card.keys if own else ())
        ],
        "names": directory.contacts_named(line.peer for line in lines.lines),
        "signed": signed,
        "cosigned": cosigned,
        "alarms": len(journal.alarms()),
        "audited": next(iter(journal.audit_runs(most=1)), None),
        "retention": _retention(request),
        "languages": _languages(),
        "tokens": people.tokens(at=request.at),
        "true_now": instant.true_now(),
    }
    return render(request, "desk/administration/administration.html", shown)


def _sections(found: Sequence[Setting]) -> list[tuple[str, list[Setting]]]:
    return [(name, list(each)) for name, each in groupby(found, key=lambda each: each.section)]


def _retention(request: DeskRequest) -> dict[str, Any] | None:
    try:
        policy = retention_own.policy()
    except RuntimeError:
        return None
    return {"policy": policy, "rules": [*policy.rules, policy.usual], "counts": retention.counts(request.viewer)}


@lru_cache(maxsize=1)
def _languages() -> list[Language]:
    """Every official language with how much of the texts its catalogue says; English is what was written."""
    texts = {code: _texts(code) for code, _name in settings.LANGUAGES if code != "en"}
    whole = max((len(each) for each in texts.values()), default=0)
    return [
        Language(
            code=code,
            name=str(name),
            said=_WHOLE if code == "en" or not whole else len(texts[code]) * _WHOLE // whole,
            missing=0 if code == "en" else whole - len(texts[code]),
            reviewed=code == "en" or is_reviewed(code),
        )
        for code, name in settings.LANGUAGES
    ]


def _texts(code: str) -> frozenset[str]:
    file = files("tocsin").joinpath("locale", code, "LC_MESSAGES", "django.mo")
    if not file.is_file():
        return frozenset()
    catalogue = GNUTranslations(BytesIO(file.read_bytes()))
    kept: dict[Any, str] = vars(catalogue)["_catalog"]
    return frozenset(key if isinstance(key, str) else key[0] for key, said in kept.items() if key and said)


# --- Tokens -------------------------------------------------------------------------------------


class TokenForm(forms.Form):
    """A token for one's own programs: how far it reaches, and for how long."""

    scopes = forms.MultipleChoiceField(
        label=_("How far it reaches"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Never further than you yourself."),
    )
    days = forms.TypedChoiceField(label=_("For how many days"), coerce=int, initial=30)

    def __init__(self, *args: Any, held: frozenset[Right], **traits: Any) -> None:
        super().__init__(*args, **traits)
        scopes: Any = self.fields["scopes"]
        scopes.choices = sorted((each.value, each.value) for each in held)
        days: Any = self.fields["days"]
        days.choices = [(each, str(each)) for each in _LIVES]


@never_cache
@require_http_methods(["GET", "POST"])
def tokens(request: DeskRequest) -> HttpResponse:
    """One's own tokens; a POST makes one, which is shown this once. Nobody makes one for somebody else."""
    form = TokenForm(request.POST or None, held=rights_of(request.viewer.roles))
    if request.method == "POST" and form.is_valid():
        made = issue_token(
            PersonId(request.viewer.person),
            scopes=frozenset(form.cleaned_data["scopes"]),
            life=timedelta(days=form.cleaned_data["days"]),
            by=request.viewer,
            at=request.at,
        )
        request.session[_SHOWN_ONCE] = made
        return HttpResponseRedirect(reverse("tokens"))
    shown = {
        "section": "account",
        "form": form,
        "made": request.session.pop(_SHOWN_ONCE, ""),
        "tokens": people.tokens(at=request.at, person=request.viewer.person),
    }
    return render(
        request,
        "desk/administration/tokens.html",
        shown,
        status=HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK,
    )


@require_POST
def withdraw(request: DeskRequest, token: UUID) -> HttpResponse:
    """Stop a token now: one's own, or as who runs the node anybody's."""
    mine = any(each.id == str(token) for each in people.tokens(at=request.at, person=request.viewer.person))
    if not mine:
        rights.check(request.viewer, Right.RUN_NODE)
    try:
        withdraw_token(str(token), by=request.viewer, at=request.at)
    except UnknownTokenIdError as error:
        messages.error(request, words.said(error))
    else:
        messages.success(request, gettext("This token opens nothing any more."))
    return HttpResponseRedirect(reverse("tokens" if mine else "administration"))
