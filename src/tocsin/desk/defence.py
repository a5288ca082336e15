"""Counsel for the defence: the dossiers that she was let into, and nothing else of this node.

Orders with their grounds, notices to other States with their dates, conversions, custody, and what is withheld on whose
decision. The same pages show an owner what counsel is shown; counsel alone downloads here.
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from tocsin.base.errors import TocsinError
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.desk import letters, words
from tocsin.desk.dossiers import line_or_404
from tocsin.desk.evidence import DownloadForm, as_bytes, hands, lost_something, member_names, names_of_custody
from tocsin.desk.letters import Said
from tocsin.desk.viewer import DeskRequest
from tocsin.dossiers import reads as dossiers
from tocsin.dossiers.acts.look import look_at_dossier
from tocsin.dossiers.reads import DossierLine
from tocsin.dossiers.rules.sight import Capacity
from tocsin.evidence import defence as reads
from tocsin.evidence import reads as evidence
from tocsin.evidence.acts.download import download_as_counsel
from tocsin.evidence.defence import DefendedPackage
from tocsin.people import reads as people
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.requests.defence import DefendedRequest
from tocsin.wire.reads import KeptLetter
from tocsin.wire.rules.letter import Letter
from tocsin.wire.rules.receipt import Stage

_LOOKED = "defended"


@dataclass(frozen=True, slots=True, kw_only=True)
class DefendedLetter:
    """A letter as counsel reads it."""

    kept: KeptLetter
    letter: Letter | None
    title: str
    sender: str
    said: list[Said]
    language: str
    stored_at: Instant | None
    """When its addressee had it, as his receipt proves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """A request with its letters in words."""

    request: DefendedRequest
    name: str
    letters: list[DefendedLetter]


@require_GET
def landing(request: DeskRequest) -> HttpResponse:
    """The dossiers that she was let into, each with the end of her place in it."""
    rights.check(request.viewer, Right.READ_DOSSIERS)
    found = [each for each in dossiers.dossiers_for(request.viewer) if each.capacity is Capacity.COUNSEL]
    shown = {"section": "dossiers", "dossiers": found}
    return render(request, "desk/defence/landing.html", shown)


@require_GET
def dossier(request: DeskRequest, dossier_id: UUID) -> HttpResponse:
    """A dossier as the defence sees it; counsel's look is journalled once a session."""
    line = line_or_404(request, dossier_id)
    _look(request, line)
    found = reads.defence_of(request.viewer, line.id)
    names = member_names({each.counterpart for each in found.requests})
    matters = [_matter(each, names) for each in found.requests]
    people_named = people.names_of(
        {*(each.person for each in found.withheld), *(each.reviewed_by or "" for each in found.withheld)}
    )
    shown = {
        "section": "dossiers",
        "d": line,
        "counsel": line.capacity is Capacity.COUNSEL,
        "orders": [each for each in matters if not each.request.notifies],
        "notices": [each for each in matters if each.request.notifies],
        "packages": [_package(each) for each in found.packages],
        "withheld": found.withheld,
        "names": people_named,
    }
    return render(request, "desk/defence/dossier.html", shown)


@require_GET
def package(request: DeskRequest, dossier_id: UUID, package_id: UUID) -> HttpResponse:
    """A package as the defence sees it."""
    line = line_or_404(request, dossier_id)
    _look(request, line)
    return _package_page(request, line, package_id)


@require_POST
def download(request: DeskRequest, dossier_id: UUID, package_id: UUID, number: int) -> HttpResponseBase:
    """Hand a raw file out to counsel, once the reason stands in the journal."""
    line = line_or_404(request, dossier_id)
    form = DownloadForm(request.POST)
    if not form.is_valid():
        return _package_page(
            request, line, package_id, form=form, number=number, status=HTTPStatus.UNPROCESSABLE_ENTITY
        )
    reason = form.cleaned_data["reason"]
    try:
        found = download_as_counsel(line.id, str(package_id), number, reason=reason, by=request.viewer, at=request.at)
    except TocsinError as error:
        messages.error(request, words.said(error))
        return redirect("defence-package", line.id, package_id)
    return as_bytes(found)


# --- What is shown ------------------------------------------------------------------------------


def _look(request: DeskRequest, line: DossierLine) -> None:
    """Journal the look once a session: of counsel it is plain why, and whoever else is here opened the dossier."""
    seen: list[str] = request.session.get(_LOOKED, [])
    if line.id in seen:
        return
    reason = "defends" if line.capacity is Capacity.COUNSEL else "looks at what counsel is shown"
    look_at_dossier(line.id, reason=reason, by=request.viewer, at=request.at, derived=True)
    request.session[_LOOKED] = [*seen, line.id]


def _matter(request: DefendedRequest, names: dict[str, str]) -> Matter:
    here = names.get(this_node().member, this_node().member)
    there = names.get(request.counterpart, request.counterpart)
    return Matter(
        request=request,
        name=there,
        letters=[_letter(each, request, here if each.sent else there) for each in request.letters],
    )


def _letter(kept: KeptLetter, request: DefendedRequest, sender: str) -> DefendedLetter:
    letter = kept.letter
    form = letter.body.get("form") if letter else None
    language = form.get("language") if isinstance(form, dict) else ""
    stored = next((each.at for each in kept.receipts if each.stage is Stage.STORED), None)
    return DefendedLetter(
        kept=kept,
        letter=letter,
        title=words.word(f"letter:{kept.kind}"),
        sender=sender,
        said=letters.said_in(letter.kind, letter.body, request.law) if letter else [],
        language=str(language or ""),
        stored_at=stored if kept.sent else kept.at,
    )


def _package(found: DefendedPackage) -> dict[str, Any]:
    converted = [each for each in found.files if each.file.converted is not None]
    return {
        "view": found.view,
        "files": found.files,
        "held": sum(each.withheld for each in found.files),
        "converted": converted,
        "lost": any(lost_something(each.file) for each in converted),
    }


def _package_page(
    request: DeskRequest,
    line: DossierLine,
    package_id: UUID,
    *,
    form: DownloadForm | None = None,
    number: int = 0,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    try:
        found = reads.defended_package(request.viewer, line.id, str(package_id))
    except TocsinError as error:
        raise Http404 from error
    names = names_of_custody(found.view)
    shown = {
        "section": "dossiers",
        "d": line,
        "p": found.view,
        "files": [{"of": each, "lost": lost_something(each.file)} for each in found.files],
        "names": names,
        "hands": hands(found.view, names),
        "counsel": line.capacity is Capacity.COUNSEL,
        "ours": evidence.is_known(found.view.id, this_node().member)
        and found.view.custody.holder == this_node().member,
        "form": form,
        "number": number,
    }
    return render(request, "desk/defence/package.html", shown, status=status)
