"""Describing a package in CASE/UCO, for other tools of the trade."""

import hashlib
import json
from pathlib import Path

from django.db import transaction

from tocsin.base.actor import Actor
from tocsin.base.instant import Instant
from tocsin.evidence import folders, reads
from tocsin.evidence.acts.pack import storing
from tocsin.evidence.entries import CaseExported
from tocsin.evidence.errors import FolderTakenError
from tocsin.evidence.rules.case import case_of
from tocsin.journal import acts as journal
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right


def case_bytes(package: str, *, by: Actor, at: Instant) -> bytes:
    """The JSON-LD of a package; that it was exported is in the journal. Raises ``UnknownPackageError``."""
    rights.check(by, Right.EXPORT_PROOF)
    view = reads.package_for(by, package)
    document = case_of(view.manifest, view.manifest_sha256, view.chain)
    content = json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True).encode() + b"\n"
    with transaction.atomic():
        told = CaseExported(
            package=package,
            manifest_sha256=view.manifest_sha256,
            export_sha256=hashlib.sha256(content).hexdigest(),
        )
        journal.record(told, by=by, at=at)
    return content


def export_case(package: str, file: Path, *, by: Actor, at: Instant) -> str:
    """Write the JSON-LD of a package to a new file; gives its SHA-256. Raises ``FolderTakenError``."""
    if file.exists():
        raise FolderTakenError(folder=file)
    content = case_bytes(package, by=by, at=at)
    with storing(str(file)), folders.new_file(file) as stream:
        stream.write(content)
    return hashlib.sha256(content).hexdigest()
