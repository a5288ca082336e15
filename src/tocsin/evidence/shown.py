"""Packages as JSON, for programs: what is shown of a package, its custody and a time stamp."""

from typing import Any

from tocsin.base.instant import text
from tocsin.base.plain import plain
from tocsin.evidence.reads import PackageView, StampLine
from tocsin.evidence.rules.custody import CustodyEvent, event_hash


def shown_package(view: PackageView) -> dict[str, Any]:
    """A package with its files and hashes, and where it stands."""
    manifest = view.manifest
    return {
        "package": view.id,
        "request": view.request,
        "title": manifest.title,
        "state": view.state,
        "fault": view.fault,
        "manifest_sha256": view.manifest_sha256,
        "made": {
            "at": text(manifest.made_at),
            "by": manifest.member,
            "person": manifest.person,
            "place": manifest.place,
        },
        "held_by": view.custody.holder,
        "offered_to": view.custody.offered_to,
        "at": text(view.at),
        "files": [{**plain(file), "raw": file.raw} for file in manifest.files],
        "deliveries": plain(view.deliveries),
        "stamps": [shown_stamp(stamp) for stamp in view.stamps],
    }


def shown_custody(view: PackageView) -> dict[str, Any]:
    """The chain of custody, oldest first, with our journal's entry of each event of ours."""
    return {
        "package": view.id,
        "manifest_sha256": view.manifest_sha256,
        "held_by": view.custody.holder,
        "offered_to": view.custody.offered_to,
        "events": [
            {**shown_event(event), "entry": entry} for event, entry in zip(view.chain, view.entries, strict=True)
        ],
    }


def shown_event(event: CustodyEvent) -> dict[str, Any]:
    """One event of a chain."""
    return {
        "seq": event.seq,
        "event": event.event.value,
        "member": event.member,
        "person": event.person,
        "to": event.to,
        "at": text(event.at),
        "exercise_shift_seconds": event.exercise_shift_seconds,
        "place": event.place,
        "note": event.note,
        "sha256": event_hash(event.jws),
    }


def shown_stamp(stamp: StampLine) -> dict[str, Any]:
    """A time stamp, without its bytes."""
    return {
        "over": stamp.kind,
        "over_sha256": stamp.over_sha256,
        "authority": stamp.authority,
        "stamped_at": text(stamp.stamped_at),
        "entry": stamp.entry,
    }
