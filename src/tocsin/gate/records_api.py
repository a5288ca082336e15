"""The HTTP API of records: what the defence is shown and what is withheld from it, checks, the journal, audits."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import Query, Router, Schema, Status

from tocsin.base.instant import text
from tocsin.base.plain import plain
from tocsin.dossiers.acts.look import look_at_dossier
from tocsin.evidence import defence
from tocsin.evidence.acts.verify import verify_package
from tocsin.evidence.acts.withhold import lift_withholding, review_withholding, withhold
from tocsin.evidence.defence import DefendedPackage
from tocsin.evidence.shown import shown_event
from tocsin.gate.callers import MADE, OK, caller_with, instant_in
from tocsin.journal import acts, reads
from tocsin.journal.errors import UnknownEntryError
from tocsin.journal.reads import EntryFilter, SeenEntry
from tocsin.people.rules.rights import Right
from tocsin.requests.defence import DefendedRequest

router = Router(tags=["records"])


class WithholdIn(Schema):
    """What is withheld: a letter by its hash, a package by its id, a file by its SHA-256; and why."""

    what: str
    thing: str
    told: str
    ground: str
    reason: str


class WhyIn(Schema):
    """Why a decision stands, or is lifted."""

    reason: str


class EntriesIn(Schema):
    """Which entries: of a kind, by a person, about a thing, from and until an instant, before an entry."""

    kind: str = ""
    person: str = ""
    about: str = ""
    since: str = ""
    until: str = ""
    before: int | None = None


# --- The defence --------------------------------------------------------------------------------


@router.get("/dossiers/{dossier_id}/defence", response=OK, summary="What counsel is shown of a dossier; a look")
def defended(request: HttpRequest, dossier_id: str, reason: str) -> Any:
    caller = caller_with(request, Right.READ_DOSSIERS)
    look_at_dossier(dossier_id, reason=reason, by=caller.actor, at=caller.at)
    found = defence.defence_of(caller.actor, dossier_id)
    return Status(
        200,
        {
            "dossier": plain(found.dossier),
            "requests": [_request(each) for each in found.requests],
            "packages": [_package(each) for each in found.packages],
            "withheld": plain(found.withheld),
        },
    )


@router.get("/dossiers/{dossier_id}/withholdings", response=OK, summary="What is withheld, and on whose decision")
def withheld(request: HttpRequest, dossier_id: str) -> Any:
    caller = caller_with(request, Right.READ_DOSSIERS)
    return Status(200, plain(defence.withheld_in(caller.actor, dossier_id)))


@router.post("/dossiers/{dossier_id}/withholdings", response=MADE, summary="Withhold something from the defence")
def withhold_(request: HttpRequest, dossier_id: str, item: WithholdIn) -> Any:
    caller = caller_with(request, Right.WITHHOLD)
    made = withhold(
        dossier_id,
        what=item.what,
        thing=item.thing,
        told=item.told,
        ground=item.ground,
        reason=item.reason,
        by=caller.actor,
        at=caller.at,
    )
    return Status(201, {"withholding": made})


@router.post(
    "/dossiers/{dossier_id}/withholdings/{withholding}/review",
    response=OK,
    summary="Say, as another person, that a decision to withhold stands",
)
def review(request: HttpRequest, dossier_id: str, withholding: str, why: WhyIn) -> Any:
    caller = caller_with(request, Right.WITHHOLD)
    review_withholding(dossier_id, withholding, reason=why.reason, by=caller.actor, at=caller.at)
    return Status(200, {"withholding": withholding})


@router.post(
    "/dossiers/{dossier_id}/withholdings/{withholding}/lift", response=OK, summary="Lift a decision to withhold"
)
def lift(request: HttpRequest, dossier_id: str, withholding: str, why: WhyIn) -> Any:
    caller = caller_with(request, Right.WITHHOLD)
    lift_withholding(dossier_id, withholding, reason=why.reason, by=caller.actor, at=caller.at)
    return Status(200, {"withholding": withholding})


# --- Evidence -----------------------------------------------------------------------------------


@router.post("/packages/{package_id}/verify", response=OK, summary="Check a package now, line by line")
def verify(request: HttpRequest, package_id: str) -> Any:
    caller = caller_with(request, Right.OPEN_EVIDENCE, Right.EXPORT_PROOF)
    found = verify_package(package_id, by=caller.actor, at=caller.at)
    return Status(200, [{**plain(each), "kind": each.kind.value} for each in found])


# --- The journal ----------------------------------------------------------------------


@router.get("/journal/entries", response=OK, summary="Entries of the journal, the latest first: for an auditor")
def entries(request: HttpRequest, which: Query[EntriesIn]) -> Any:
    caller = caller_with(request, Right.READ_JOURNAL)
    asked = EntryFilter(
        kind=which.kind,
        person=which.person,
        about=which.about,
        since=instant_in("since", which.since) if which.since else None,
        until=instant_in("until", which.until) if which.until else None,
    )
    page = reads.entry_page(caller.actor, asked, before=which.before, size=100)
    shown = [{**_entry(each), "tombstone": plain(page.tombstones.get(each.index))} for each in page.entries]
    return Status(200, {"entries": shown, "before": page.before})


@router.get("/journal/entries/{index}", response=OK, summary="One entry of the journal: for an auditor")
def entry(request: HttpRequest, index: int) -> Any:
    caller = caller_with(request, Right.READ_JOURNAL)
    found = reads.entry(caller.actor, index)
    if found is None:
        raise UnknownEntryError(index=index)
    return Status(200, _entry(found))


@router.get("/journal/entries/{index}/proof", summary="That an entry stands in the journal (c2sp.org/tlog-proof@v1)")
def proof(request: HttpRequest, index: int) -> HttpResponseBase:
    caller_with(request, Right.READ_JOURNAL)
    return HttpResponse(reads.tlog_proof(index), content_type="text/plain; charset=utf-8")


@router.get("/journal/audits", response=OK, summary="The audits that were asked for, with their results")
def audits(request: HttpRequest) -> Any:
    caller_with(request, Right.READ_JOURNAL)
    return Status(200, plain(reads.audit_runs()))


@router.post("/journal/audits", response=MADE, summary="Ask for an audit of all of the journal")
def audit(request: HttpRequest) -> Any:
    caller = caller_with(request, Right.READ_JOURNAL)
    return Status(201, {"audit": acts.ask_audit(by=caller.actor, at=caller.at)})


# --- What is shown ------------------------------------------------------------------------------


def _request(found: DefendedRequest) -> dict[str, Any]:
    return {
        "request": found.id,
        "side": found.side.value,
        "counterpart": found.counterpart,
        "instrument": found.law.id,
        "state": found.state,
        "case_reference": found.case_reference,
        "notifies": found.notifies,
        "letters": [
            {
                "sha256": each.sha256,
                "kind": each.kind,
                "sent": each.sent,
                "seq": each.seq,
                "written": text(each.written),
                "body": plain(each.letter.body) if each.letter else None,
            }
            for each in found.letters
        ],
    }


def _package(found: DefendedPackage) -> dict[str, Any]:
    view = found.view
    return {
        "package": view.id,
        "title": view.manifest.title,
        "manifest_sha256": view.manifest_sha256,
        "files": [
            {**plain(each.file), "number": each.number, "withheld": each.withheld, "raw": each.file.raw}
            for each in found.files
        ],
        "custody": [shown_event(each) for each in view.chain],
    }


def _entry(found: SeenEntry) -> dict[str, Any]:
    return {
        "index": found.index,
        "kind": found.kind,
        "at": text(found.at),
        "commitment": found.commitment.hex(),
        "event": found.event,
        "erased_by": found.erased_by,
    }
