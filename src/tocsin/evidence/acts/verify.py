"""Verifying a package: every file against its manifest, and all that was signed about it, line by line."""

from tocsin.base.actor import Actor
from tocsin.base.errors import ProofError
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.evidence import folders, reads
from tocsin.evidence.acts.bundle import check_bundle
from tocsin.evidence.acts.custody import check_usable
from tocsin.evidence.acts.download import compare
from tocsin.evidence.acts.open import check_held, tell_verified
from tocsin.evidence.acts.quarantine import quarantining
from tocsin.evidence.errors import PackageStateError
from tocsin.evidence.models import Package
from tocsin.evidence.rules.manifest import Manifest, read_manifest_bytes
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.proof.findings import Finding, Kind


def verify_package(package: str, *, by: Actor, at: Instant, place: str = "") -> list[Finding]:
    """Check a package and say what that established, what it did not, and what was altered.

    Its files are decrypted and compared with the manifest where they are encrypted to this node; manifest, custody,
    letters, receipts and journals of its request are checked as ``tocsin verify`` checks a bundle. Where every file
    was what it should be, the custody says so; one that was altered sets the package in quarantine. Raises
    ``UnknownPackageError`` and ``PackageStateError``.
    """
    rights.check(by, Right.OPEN_EVIDENCE)
    row = reads.package_row(by, package)
    check_usable(row)
    manifest = read_manifest_bytes(bytes(row.manifest))
    found = _files(row, manifest, by=by, at=at)
    if all(one.kind is Kind.ESTABLISHED for one in found):
        tell_verified(row, manifest, by=by, at=at, place=place)
    return [*found, *check_bundle(str(row.request), by=by, at=at)]


def _files(row: Package, manifest: Manifest, *, by: Actor, at: Instant) -> list[Finding]:
    try:
        check_held(row)
    except PackageStateError as fault:
        text = f"The files were not compared with the manifest: {fault.fields['rule']}."
        return [Finding(Kind.NOT_CHECKED, manifest.title, text)]
    found: list[Finding] = []
    for number, file in enumerate(manifest.files, start=1):
        try:
            with quarantining(row, by=by, at=at):
                compare(folders.sealed_path(str(row.id), this_node().member, number), file)
        except ProofError as fault:
            return [*found, Finding(Kind.ALTERED, file.name, str(fault))]
        told = f"The file {file.name} has {file.size} bytes, and the SHA-256 and SHA-512 that the manifest states."
        found.append(Finding(Kind.ESTABLISHED, file.name, told))
    return found
