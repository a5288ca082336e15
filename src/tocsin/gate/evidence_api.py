"""The HTTP API of evidence: files come in by PUT in constant memory; packages are made, handed over and opened."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse, UnreadablePostError
from django.http.response import HttpResponseBase
from ninja import Router, Schema, Status

from tocsin.base.ids import is_uuid, new_uuid
from tocsin.base.instant import text
from tocsin.evidence import folders, reads
from tocsin.evidence.acts import stamp as stamping
from tocsin.evidence.acts import upload as uploading
from tocsin.evidence.acts.bundle import EvidenceIn, write_bundle
from tocsin.evidence.acts.case import case_bytes
from tocsin.evidence.acts.convert import convert, rerun_conversions
from tocsin.evidence.acts.deliver import deliver, pass_on
from tocsin.evidence.acts.look import look_at_package
from tocsin.evidence.acts.open import open_package
from tocsin.evidence.acts.pack import pack
from tocsin.evidence.acts.take_in import deliveries_waiting, take_in
from tocsin.evidence.errors import UnknownPackageError, UploadFaultyError
from tocsin.evidence.shown import shown_custody, shown_package, shown_stamp
from tocsin.gate.callers import MADE, OK, caller_with, shown_letter
from tocsin.people.rules.rights import Right

router = Router(tags=["evidence"])


class PackIn(Schema):
    """A package to make of files that were put here for this request."""

    title: str
    files: list[str]
    place: str = ""


class HandIn(Schema):
    """How a package is handed over."""

    complete: bool = True
    words: str = ""
    place: str = ""


class PassIn(HandIn):
    """To which request of this node a package is passed on."""

    request: str


class TakeIn(Schema):
    """Where somebody takes a package in."""

    place: str = ""


class OpenIn(Schema):
    """Why somebody opens a package."""

    reason: str
    place: str = ""


class ConvertIn(Schema):
    """Which CSV file becomes a table."""

    name: str
    delimiter: str = ","
    place: str = ""


# --- Files and packages of a request ------------------------------------------------------------


@router.put("/requests/{request_id}/uploads/{name}", response=MADE, summary="Put a file here to be packed (raw body)")
def upload(request: HttpRequest, request_id: str, name: str) -> Any:
    caller = caller_with(request, Right.ANSWER)
    size = request.headers.get("Content-Length", "")
    if not size.isascii() or not size.isdigit():
        raise UploadFaultyError(name=name, rule="Content-Length has to say how many bytes come")
    came = uploading.take_upload(request_id, name=name, size=int(size), read=_read_of(request), by=caller.actor)
    return Status(201, {"name": name, "size": came})


@router.get("/requests/{request_id}/uploads", response=OK, summary="Files that wait to be packed")
def uploads(request: HttpRequest, request_id: str) -> Any:
    caller = caller_with(request, Right.ANSWER)
    return Status(200, uploading.uploads_for(caller.actor, request_id))


@router.get("/requests/{request_id}/packages", response=OK, summary="The packages of a request, and what waits")
def packages(request: HttpRequest, request_id: str) -> Any:
    caller = caller_with(request, Right.READ_REQUESTS)
    found = reads.packages_for(caller.actor, request_id)
    waiting = deliveries_waiting(caller.actor, request_id)
    return Status(
        200,
        {
            "packages": [shown_package(each) for each in found],
            "waiting": [
                {"letter": each.id, "manifest_sha256": each.body.get("package"), "written": text(each.written)}
                for each in waiting
            ],
        },
    )


@router.post("/requests/{request_id}/packages", response=MADE, summary="Make a package of uploaded files")
def make(request: HttpRequest, request_id: str, package: PackIn) -> Any:
    caller = caller_with(request, Right.ANSWER)
    files = uploading.uploaded(request_id, package.files)
    made = pack(request_id, title=package.title, files=files, place=package.place, by=caller.actor, at=caller.at)
    uploading.forget_uploads(request_id)
    return Status(201, shown_package(made))


@router.post("/requests/{request_id}/packages/take-in", response=OK, summary="Take in the packages that are here whole")
def take(request: HttpRequest, request_id: str, taking: TakeIn) -> Any:
    caller = caller_with(request, Right.TAKE_IN_EVIDENCE)
    taken = take_in(request_id, by=caller.actor, at=caller.at, place=taking.place)
    return Status(200, [shown_package(each) for each in taken])


# --- One package --------------------------------------------------------------------------------


@router.get("/packages/{package_id}", response=OK, summary="A package: its manifest and where it stands")
def show(request: HttpRequest, package_id: str, reason: str = "") -> Any:
    caller = caller_with(request, Right.READ_REQUESTS)
    found = look_at_package(package_id, reason=reason, by=caller.actor, at=caller.at)
    return Status(200, shown_package(found))


@router.get("/packages/{package_id}/custody", response=OK, summary="Whose hands a package was in; a look, for a reason")
def custody(request: HttpRequest, package_id: str, reason: str = "") -> Any:
    caller = caller_with(request, Right.READ_REQUESTS)
    found = look_at_package(package_id, reason=reason, by=caller.actor, at=caller.at)
    return Status(200, shown_custody(found))


@router.post("/packages/{package_id}/deliver", response=MADE, summary="Hand a package over")
def hand_over(request: HttpRequest, package_id: str, how: HandIn) -> Any:
    caller = caller_with(request, Right.ANSWER)
    letter = deliver(package_id, complete=how.complete, words=how.words, place=how.place, by=caller.actor, at=caller.at)
    return Status(201, shown_letter(letter))


@router.post("/packages/{package_id}/pass-on", response=MADE, summary="Hand a package over with another request")
def relay(request: HttpRequest, package_id: str, how: PassIn) -> Any:
    caller = caller_with(request, Right.ANSWER)
    letter = pass_on(
        package_id,
        request=how.request,
        complete=how.complete,
        words=how.words,
        place=how.place,
        by=caller.actor,
        at=caller.at,
    )
    return Status(201, shown_letter(letter))


@router.post(
    "/packages/{package_id}/open", response=MADE, summary="Open a package, for a reason; every hash is checked"
)
def open_(request: HttpRequest, package_id: str, why: OpenIn) -> Any:
    caller = caller_with(request, Right.OPEN_EVIDENCE)
    reads.package_for(caller.actor, package_id)
    opening = new_uuid()
    into = folders.private_folder(_opened(package_id)) / opening
    found = open_package(package_id, into=into, reason=why.reason, place=why.place, by=caller.actor, at=caller.at)
    names = [file.name for file in found.package.manifest.files]
    return Status(
        201,
        {
            "package": package_id,
            "opening": opening,
            "files": [str(found.folder / name) for name in names],
            "names": names,
        },
    )


@router.get("/packages/{package_id}/opened/{opening}/{number}", summary="A file of an opened package, as it is")
def opened_file(request: HttpRequest, package_id: str, opening: str, number: int) -> HttpResponseBase:
    caller = caller_with(request, Right.OPEN_EVIDENCE)
    files = reads.package_for(caller.actor, package_id).manifest.files
    folder = _opening(package_id, opening)
    if not 1 <= number <= len(files) or not (folder / files[number - 1].name).is_file():
        raise UnknownPackageError(package=package_id)
    answer = FileResponse((folder / files[number - 1].name).open("rb"), content_type="application/octet-stream")
    answer["Cache-Control"] = "no-store"
    return answer


@router.delete("/packages/{package_id}/opened/{opening}", response=OK, summary="Take away what was opened")
def put_away(request: HttpRequest, package_id: str, opening: str) -> Any:
    caller = caller_with(request, Right.OPEN_EVIDENCE)
    reads.package_for(caller.actor, package_id)
    shutil.rmtree(_opening(package_id, opening), ignore_errors=True)
    return Status(200, {"put_away": opening})


@router.post("/packages/{package_id}/convert", response=MADE, summary="Make a table of a CSV file, beside the raw one")
def convert_(request: HttpRequest, package_id: str, how: ConvertIn) -> Any:
    caller = caller_with(request, Right.OPEN_EVIDENCE)
    made = convert(package_id, name=how.name, delimiter=how.delimiter, place=how.place, by=caller.actor, at=caller.at)
    return Status(201, shown_package(made))


@router.post("/packages/{package_id}/rerun", response=OK, summary="Run its conversions again: the same bytes?")
def rerun(request: HttpRequest, package_id: str) -> Any:
    caller = caller_with(request, Right.OPEN_EVIDENCE)
    return Status(200, {"same": rerun_conversions(package_id, by=caller.actor, at=caller.at)})


@router.post("/packages/{package_id}/stamp", response=MADE, summary="Have a package's manifest time-stamped (RFC 3161)")
def stamp(request: HttpRequest, package_id: str) -> Any:
    caller = caller_with(request, Right.EXPORT_PROOF)
    authority = stamping.authority_of_home()
    made = stamping.time_stamp_manifest(package_id, authority=authority, by=caller.actor, at=caller.at)
    return Status(201, shown_stamp(made))


@router.post("/journal/stamp", response=MADE, summary="Have the journal's present state time-stamped (RFC 3161)")
def stamp_journal(request: HttpRequest) -> Any:
    caller = caller_with(request, Right.EXPORT_PROOF)
    authority = stamping.authority_of_home()
    return Status(201, shown_stamp(stamping.time_stamp_checkpoint(authority=authority, by=caller.actor, at=caller.at)))


@router.get("/packages/{package_id}/case", summary="The package in CASE/UCO (JSON-LD)")
def case(request: HttpRequest, package_id: str) -> HttpResponseBase:
    caller = caller_with(request, Right.EXPORT_PROOF)
    content = case_bytes(package_id, by=caller.actor, at=caller.at)
    return HttpResponse(content, content_type="application/ld+json")


@router.post("/requests/{request_id}/bundle", summary="The proof bundle of a request, as a .zip file")
def bundle(request: HttpRequest, request_id: str, evidence: EvidenceIn = EvidenceIn.SEALED) -> HttpResponseBase:
    caller = caller_with(request, Right.EXPORT_PROOF)
    if evidence is EvidenceIn.CLEAR:
        caller.reaches(Right.OPEN_EVIDENCE)
    target = folders.private_folder(folders.evidence_folder() / "bundles") / f"{new_uuid()}.zip"
    made = write_bundle(request_id, target, by=caller.actor, at=caller.at, evidence=evidence)
    stream = target.open("rb")
    target.unlink()  # what is open is read to its end, and nothing is left behind
    answer = FileResponse(stream, content_type="application/zip", filename=f"{request_id}.zip", as_attachment=True)
    answer["Cache-Control"] = "no-store"
    answer["Tocsin-Index-Sha256"] = made.index_sha256
    answer["Tocsin-Root-Sha256"] = made.root_sha256 or ""
    return answer


def _read_of(request: HttpRequest) -> Callable[[int], bytes]:
    """The body piece by piece; its end where the other side went away."""

    def read(most: int) -> bytes:
        try:
            return request.read(most)
        except UnreadablePostError:
            return b""

    return read


def _opened(package: str) -> Path:
    return folders.evidence_folder() / "opened" / package


def _opening(package: str, opening: str) -> Path:
    if not is_uuid(package) or not is_uuid(opening):
        raise UnknownPackageError(package=package)
    return _opened(package) / opening
