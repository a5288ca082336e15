"""Audit: the journal in words, page by page; the proof of each entry; alarms; audits that are asked for.

An auditor sees that something was done, by whom, when and to what, and nothing of what it says.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from tocsin.base.ids import is_uuid
from tocsin.desk import inputs, journal_words, proofs, words
from tocsin.desk.viewer import DeskRequest
from tocsin.journal import acts, reads
from tocsin.journal.errors import NoCheckpointError, UnknownAlarmError, UnknownEntryError
from tocsin.journal.reads import EntryFilter, SeenEntry, Tombstone
from tocsin.people import reads as people
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right

_PAGE = 50
_KINDS_SHOWN = 200


class FilterForm(forms.Form):
    """Which entries are shown; times in the reader's zone."""

    def __init__(self, *args: Any, zone: str, **named: Any) -> None:
        super().__init__(*args, **named)
        city = words.city(zone)
        kinds = [("", _("every kind")), *((kind, kind) for kind in sorted(journal_words.SENTENCES))]
        everybody = [(each.id, each.name) for each in people.people()]
        self.fields["kind"] = forms.ChoiceField(label=_("Kind"), choices=kinds, required=False)
        self.fields["person"] = forms.ChoiceField(
            label=_("Who"), choices=[("", _("everybody")), *everybody], required=False
        )
        self.fields["about"] = forms.CharField(
            label=_("About"),
            max_length=80,
            required=False,
            help_text=_("The id of a request, dossier, package or person."),
        )
        since, until = gettext("From ({city})").format(city=city), gettext("Until ({city})").format(city=city)
        self.fields["since"] = inputs.InstantField(label=since, zone=zone, required=False)
        self.fields["until"] = inputs.InstantField(label=until, zone=zone, required=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An entry in words."""

    entry: SeenEntry
    who: str
    """Nothing where the node acted by itself."""
    roles: tuple[str, ...]
    sentence: str
    free: str
    about: str
    tombstone: Tombstone | None


@require_GET
def journal(request: DeskRequest) -> HttpResponse:
    """The entries, the latest first; with what waits for a person above them."""
    rights.check(request.viewer, Right.READ_JOURNAL)
    form = FilterForm(request.GET or None, zone=request.zone)
    told = form.cleaned_data if form.is_bound and form.is_valid() else {}
    which = EntryFilter(**{name: value for name, value in told.items() if value})
    page = reads.entry_page(request.viewer, which, before=_number(request.GET.get("before", "")), size=_PAGE)
    names = people.names_of({who for each in page.entries for who in _persons(each)})
    kept = {name: value for name, value in request.GET.items() if name != "before" and value}
    shown = {
        "section": "journal",
        "form": form,
        "filtered": bool(told and any(told.values())),
        "rows": [row_of(each, names, zone=request.zone, stones=page.tombstones) for each in page.entries],
        "onward": urlencode({**kept, "before": page.before}) if page.before is not None else "",
        "first": urlencode(kept) if "before" in request.GET else None,
        "state": reads.latest_checkpoint(),
        "cosigned": reads.latest_checkpoint(cosigned=True),
        **_looked_after(request),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound and form.errors else HTTPStatus.OK
    return render(request, "desk/journal/journal.html", shown, status=status)


@require_GET
def entry(request: DeskRequest, index: int) -> HttpResponse:
    """One entry with its proof, checked at this moment, and how a stranger checks it."""
    found = _entry(request, index)
    event = found.event if isinstance(found.event, Mapping) else {}
    names = people.names_of(_persons(found))
    stones = reads.tombstones(request.viewer, {found.erased_by} if found.erased_by is not None else set())
    log, found_proof = reads.head(), proofs.proof_of_entry(found)
    shown = {
        "section": "journal",
        "row": row_of(found, names, zone=request.zone, stones=stones),
        "event": [(name, value) for name, value in event.items() if name not in {"v", "kind", "at", "by"}],
        "proof": found_proof,
        "vkeys": [each.text() for each in reads.verifiers()],
        "witnesses": proofs.witness_keys_of(found_proof),
        "before": index - 1 if index > 0 else None,
        "after": index + 1 if log is not None and index + 1 < log.first + log.size else None,
    }
    return render(request, "desk/journal/entry.html", shown)


@require_GET
def proof(request: DeskRequest, index: int) -> HttpResponse:
    """The proof as a file (c2sp.org/tlog-proof@v1)."""
    _entry(request, index)
    try:
        written = reads.tlog_proof(index)
    except (NoCheckpointError, UnknownEntryError):
        raise Http404 from None
    answer = HttpResponse(written, content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="entry-{index}.tlog-proof"'
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
def audit(request: DeskRequest) -> HttpResponse:
    """Ask for an audit of all of the journal; a worker does it."""
    _check_looks_after(request)
    acts.ask_audit(by=request.viewer, at=request.at)
    messages.success(
        request, gettext("The audit is asked for: it begins within ten seconds, and its result stays here.")
    )
    return HttpResponseRedirect(reverse("journal") + "#audits")


@require_POST
def see(request: DeskRequest, number: int) -> HttpResponse:
    """Say that one has seen an alarm."""
    _check_looks_after(request)
    try:
        acts.see_alarm(number, by=request.viewer, at=request.at)
    except UnknownAlarmError as error:  # a colleague was there first
        messages.error(request, words.said(error))
    else:
        messages.success(request, gettext("The alarm is seen, and the journal says by whom."))
    return HttpResponseRedirect(reverse("journal"))


def row_of(found: SeenEntry, names: Mapping[str, str], *, zone: str, stones: Mapping[int, Tombstone]) -> Row:
    """An entry in words; of an erased one its tombstone."""
    event = found.event if isinstance(found.event, Mapping) else {}
    by = event.get("by")
    who, roles = (str(by.get("person", "")), by.get("roles")) if isinstance(by, Mapping) else ("", ())
    about = next((str(value) for name, value in event.items() if name in _ABOUT and value), "")
    return Row(
        entry=found,
        who=names.get(who, who[:8]),
        roles=tuple(str(each) for each in roles) if isinstance(roles, list | tuple) else (),
        sentence=journal_words.sentence(found.kind, event, names=names, zone=zone) if event else "",
        free=journal_words.free_text(event),
        about=about if is_uuid(about) else "",
        tombstone=stones.get(found.index),
    )


_ABOUT = ("thread", "request", "package", "dossier", "id", "note", "person")


def _looked_after(request: DeskRequest) -> dict[str, Any]:
    """What has to be seen by a person: alarms, a halted journal, audits."""
    log, runs = reads.head(), reads.audit_runs()
    names = people.names_of(each.asked_by for each in runs)
    return {
        "head": log,
        "alarms": reads.alarms(),
        "halted": log is not None and log.halted is not None,
        "runs": [(each, names.get(each.asked_by, "")) for each in runs],
        "running": any(each.ended_at is None for each in runs),
        "overdue": [each.id for each in runs if each.ended_at is None and request.at - each.asked_at > _PATIENCE],
    }


_PATIENCE = timedelta(minutes=5)
"""How long an audit may wait before the page says that no worker seems to be there."""


def _check_looks_after(request: DeskRequest) -> None:
    rights.check(request.viewer, Right.READ_JOURNAL)


def _entry(request: DeskRequest, index: int) -> SeenEntry:
    rights.check(request.viewer, Right.READ_JOURNAL)
    found = reads.entry(request.viewer, index)
    if found is None:
        raise Http404
    return found


def _persons(found: SeenEntry) -> set[str]:
    return journal_words.persons_in(found.event) if isinstance(found.event, Mapping) else set()


def _number(written: str) -> int | None:
    return int(written) if written.isascii() and written.isdigit() and len(written) < 19 else None  # noqa: PLR2004 - a bigint
