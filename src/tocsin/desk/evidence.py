"""Evidence: packages with what they hold, whose hands they were in, what a check of this moment establishes.

A file is never rendered: it leaves as bytes without a type, after its reason stands in the journal.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tocsin.base.errors import TocsinError
from tocsin.base.ids import MemberId
from tocsin.base.instant import Instant, text
from tocsin.base.this_node import this_node
from tocsin.desk import inputs, proofs, strips, words
from tocsin.desk.downloads import BYTES, guarded
from tocsin.desk.once import told_once
from tocsin.desk.viewer import DeskRequest
from tocsin.directory import reads as directory
from tocsin.dossiers.errors import DossierReasonError
from tocsin.evidence import reads
from tocsin.evidence.acts.case import case_bytes
from tocsin.evidence.acts.convert import convert, rerun_conversions
from tocsin.evidence.acts.download import Download, download_file
from tocsin.evidence.acts.look import look_at_package
from tocsin.evidence.acts.stamp import authority_of_home, time_stamp_manifest
from tocsin.evidence.acts.verify import verify_package
from tocsin.evidence.errors import TimestampError, UnknownPackageError
from tocsin.evidence.reads import PackageView
from tocsin.evidence.rules.custody import CustodyEvent, CustodyKind, event_hash, event_payload
from tocsin.evidence.rules.manifest import EvidenceFile
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right, reaches
from tocsin.proof.canonical import canonical
from tocsin.proof.findings import Finding, Kind
from tocsin.requests import reads as requests
from tocsin.requests.errors import UnknownRequestError

_REASONS, _CHECKS = "reasons-of-packages", "checks-of-packages"
_OF_REQUESTS = "reasons"
"""Under which the session keeps why each request was opened in it (desk/requests.py)."""
_DELIMITERS = ((",", _("comma")), (";", _("semicolon")), ("\t", _("tab")), ("|", _("bar")))


# --- The list -----------------------------------------------------------------------------------


@require_GET
def packages(request: DeskRequest) -> HttpResponse:
    """The packages that somebody may see, the latest first."""
    rights.check(request.viewer, Right.OPEN_EVIDENCE)
    found, onward = reads.package_page(request.viewer, after=request.GET.get("after", ""))
    shown = {
        "section": "evidence",
        "packages": found,
        "names": member_names(each.member for each in found),
        "onward": onward,
        "first": "after" in request.GET,
    }
    return render(request, "desk/evidence/packages.html", shown)


def member_names(members: Iterable[str]) -> dict[str, str]:
    """How members are called, as their cards say; this one's own as well."""
    own = directory.own_card()
    here = {str(this_node().member): own.card.name} if own else {}
    found = directory.cards_shown(MemberId(each) for each in set(members) if each)
    return {**{str(member): card.name for member, card in found.items()}, **here}


def names_of_custody(view: PackageView) -> dict[str, str]:
    """How those are called in whose hands a package was."""
    return member_names({each.member for each in view.chain} | {each.to or "" for each in view.chain})


# --- One package --------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def package(request: DeskRequest, package_id: UUID) -> HttpResponse:
    """A package; the look and its reason are journalled once a session, and asked for where none is plain."""
    view = _view(request, package_id)
    if request.method == "POST":
        return _open_for(request, view, request.POST.get("reason", ""))
    told: dict[str, str] = request.session.get(_REASONS, {})
    if view.id not in told:
        reason = request.session.get(_OF_REQUESTS, {}).get(view.request, "")
        try:
            look_at_package(view.id, reason=reason, by=request.viewer, at=request.at)
        except DossierReasonError:
            return _ask_reason(request, view)
        request.session[_REASONS] = {**told, view.id: reason}
    return _page(request, view)


def _view(request: DeskRequest, package_id: UUID) -> PackageView:
    """A package that the viewer sees; any other is not there."""
    try:
        return reads.package_for(request.viewer, str(package_id))
    except UnknownPackageError:
        raise Http404 from None


def _path(view: PackageView) -> str:
    return reverse("package", args=[view.id])


def _open_for(request: DeskRequest, view: PackageView, reason: str) -> HttpResponse:
    try:
        look_at_package(view.id, reason=reason, by=request.viewer, at=request.at)
    except DossierReasonError as error:
        return _ask_reason(request, view, error=words.said(error), typed=reason)
    request.session[_REASONS] = {**request.session.get(_REASONS, {}), view.id: reason}
    return redirect("package", view.id)


def _ask_reason(request: DeskRequest, view: PackageView, *, error: str = "", typed: str = "") -> HttpResponse:
    shown = {
        "section": "evidence",
        "heading": gettext("Why do you open this package?"),
        "what": gettext("A package of evidence, {day}").format(day=words.in_zone(view.at, request.zone)),
        "reference": "",
        "action": _path(view),
        "back": reverse("evidence"),
        "error": error,
        "typed": typed,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK
    return render(request, "desk/dossiers/reason.html", shown, status=status)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """An event of the custody, drawn: whose lane it stands in, and to whose it leads."""

    event: CustodyEvent
    sha256: str
    entry: int | None
    who: str
    to: str
    moves: bool
    """Whether the package goes from hand to hand with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFile:
    """A file with where it comes from."""

    number: int
    file: EvidenceFile
    lost: bool
    """Whether a conversion says that it gave other than it got."""


class DownloadForm(forms.Form):
    """Why a file is downloaded."""

    reason = inputs.line(_("Reason"), required=True, help_text=_("It stands in the journal and in the custody."))


def _page(
    request: DeskRequest, view: PackageView, *, form: DownloadForm | None = None, number: int = 0, status: int = 200
) -> HttpResponse:
    viewer = request.viewer
    names = names_of_custody(view)
    shown = {
        "section": "evidence",
        "p": view,
        "strip": _strip(request, view),
        "names": names,
        "hands": hands(view, names),
        "files": shown_files(view.manifest.files),
        "ours": reads.is_known(view.id, this_node().member) and view.custody.holder == this_node().member,
        "may_open": reaches(viewer, Right.OPEN_EVIDENCE),
        "may_export": reaches(viewer, Right.EXPORT_PROOF),
        "check": request.session.get(_CHECKS, {}).get(view.id),
        "authority": _authority(),
        "delimiters": _DELIMITERS,
        "form": form,
        "number": number,
    }
    return render(request, "desk/evidence/package.html", shown, status=status)


def hands(view: PackageView, names: dict[str, str]) -> list[Hand]:
    """The chain of custody as it is drawn: one line for each event, in the order in which they are signed."""
    return [
        Hand(
            event=event,
            sha256=event_hash(event.jws),
            entry=entry,
            who=names.get(event.member, event.member),
            to=names.get(event.to or "", event.to or ""),
            moves=event.event in {CustodyKind.MADE, CustodyKind.HANDED_OVER, CustodyKind.RECEIVED},
        )
        for event, entry in zip(view.chain, view.entries, strict=True)
    ]


def lost_something(file: EvidenceFile) -> bool:
    """Whether its conversion says that it gave other than it got."""
    return file.converted is not None and file.converted.before != file.converted.after


def shown_files(files: Iterable[EvidenceFile]) -> list[ShownFile]:
    """The files of a manifest, each converted one with its counts compared."""
    return [
        ShownFile(number=number, file=file, lost=lost_something(file)) for number, file in enumerate(files, start=1)
    ]


def _strip(request: DeskRequest, view: PackageView) -> Any:
    """The request that it came with, in words."""
    try:
        line = requests.line_for(request.viewer, view.request)
    except UnknownRequestError:  # it was handed on to another that the viewer sees
        return None
    (found,) = strips.strips([line], viewer=request.viewer, at=request.at)
    return found


def _authority() -> str:
    try:
        return authority_of_home().url
    except TimestampError:
        return ""


@require_GET
def event(request: DeskRequest, package_id: UUID, seq: int) -> HttpResponse:
    """An event of the custody as it was signed, and the proof of our journal's entry of it."""
    view = _view(request, package_id)
    if not 1 <= seq <= len(view.chain):
        raise Http404
    names = names_of_custody(view)
    hand = hands(view, names)[seq - 1]
    shown = {
        "section": "evidence",
        "p": view,
        "hand": hand,
        "before": view.chain[seq - 2] if seq > 1 else None,
        "jws": hand.event.jws.decode("ascii"),
        "payload": canonical(event_payload(hand.event)).decode(),
        "proof": proofs.proof_of_index(hand.entry) if hand.entry is not None else None,
    }
    return render(request, "desk/evidence/event.html", shown)


# --- What is done with it -------------------------------------------------------------------------


@require_POST
def verify(request: DeskRequest, package_id: UUID) -> HttpResponse:
    """Check it now, and keep the lines for the page."""
    view = _view(request, package_id)
    try:
        found = verify_package(view.id, by=request.viewer, at=request.at)
    except TocsinError as error:
        messages.error(request, words.said(error))
        return redirect("package", view.id)
    request.session[_CHECKS] = {view.id: _kept(found, at=request.at)}  # of the last package alone
    return redirect(_path(view) + "#check")


_ORDER = (Kind.ALTERED, Kind.ESTABLISHED, Kind.NOTE, Kind.NOT_CHECKED, Kind.NOT_PROVED)


def _kept(found: list[Finding], *, at: Instant) -> dict[str, Any]:
    """The lines of a check as a session keeps them, what is altered first."""
    lines = sorted(found, key=lambda each: _ORDER.index(each.kind))
    return {
        "at": text(at),
        "good": not any(each.kind is Kind.ALTERED for each in found),
        "lines": [{"kind": each.kind.name, "text": each.text, "command": each.command} for each in lines],
    }


@require_POST
def download(request: DeskRequest, package_id: UUID, number: int) -> HttpResponseBase:
    """Hand one file out as it is, once its reason stands in the journal."""
    view = _view(request, package_id)
    form = DownloadForm(request.POST)
    if not form.is_valid():
        return _page(request, view, form=form, number=number, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        found = download_file(view.id, number, reason=form.cleaned_data["reason"], by=request.viewer, at=request.at)
    except TocsinError as error:
        messages.error(request, words.said(error))
        return redirect("package", view.id)
    return as_bytes(found)


def as_bytes(found: Download) -> StreamingHttpResponse:
    """A file that no browser takes for anything but bytes, piece by piece."""
    answer = guarded(StreamingHttpResponse(found.blocks, content_type=BYTES), found.name)
    answer["Content-Length"] = str(found.size)
    answer["Tocsin-Sha256"] = found.sha256
    return answer


@require_POST
def convert_file(request: DeskRequest, package_id: UUID) -> HttpResponse:
    """Make a table of a CSV file, beside the raw one."""
    view = _view(request, package_id)
    name, delimiter = request.POST.get("name", ""), request.POST.get("delimiter", ",")

    def act() -> str:
        made = convert(view.id, name=name, delimiter=delimiter, by=request.viewer, at=request.at)
        return reverse("package", args=[made.id])

    told = gettext("The table is made, in a package of its own beside the raw file.")
    return told_once(request, act, told=told, back=_path(view))


@require_POST
def rerun(request: DeskRequest, package_id: UUID) -> HttpResponse:
    """Run its conversions again."""
    view = _view(request, package_id)

    def act() -> str:
        rerun_conversions(view.id, by=request.viewer, at=request.at)
        return _path(view)

    return told_once(request, act, told=gettext("Run again: the same bytes each time."), back=_path(view))


@require_POST
def stamp(request: DeskRequest, package_id: UUID) -> HttpResponse:
    """Have the manifest time-stamped (RFC 3161)."""
    view = _view(request, package_id)

    def act() -> str:
        time_stamp_manifest(view.id, authority=authority_of_home(), by=request.viewer, at=request.at)
        return _path(view) + "#stamps"

    told = gettext("The manifest is time-stamped, and the token was verified.")
    return told_once(request, act, told=told, back=_path(view))


@require_POST
def case(request: DeskRequest, package_id: UUID) -> HttpResponseBase:
    """The package in CASE/UCO, for other tools of the trade; that it was exported is journalled."""
    view = _view(request, package_id)
    content = case_bytes(view.id, by=request.viewer, at=request.at)
    answer = HttpResponse(content, content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="{view.id}.case.jsonld"'
    answer["Cache-Control"] = "no-store"
    return answer
