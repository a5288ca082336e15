"""What the journal is told of packages. Each custody event of this node is one of these entries, by its hash."""

from dataclasses import dataclass
from typing import ClassVar

from tocsin.journal.entries import NOT_ERASED, Entry

_WITH_THE_PACKAGE = "with the package, under the retention of its request's instrument"


@dataclass(frozen=True, slots=True)
class PackageMade(Entry):
    """Files were hashed, described in a manifest and encrypted to one addressee."""

    kind: ClassVar[str] = "package-made"
    erasure: ClassVar[str] = _WITH_THE_PACKAGE
    about_field: ClassVar[str] = "package"

    package: str
    request: str
    manifest_sha256: str
    custody_sha256: str
    addressee: str
    files: int
    bytes: int
    converted_from: str
    """The package whose file was converted, or ``""``."""


@dataclass(frozen=True, slots=True)
class PackageHandedOver(Entry):
    """A package was handed over with a letter."""

    kind: ClassVar[str] = "package-handed-over"
    erasure: ClassVar[str] = _WITH_THE_PACKAGE
    about_field: ClassVar[str] = "package"

    package: str
    request: str
    manifest_sha256: str
    custody_sha256: str
    addressee: str
    letter: str
    letter_sha256: str


@dataclass(frozen=True, slots=True)
class PackageReceived(Entry):
    """A package was taken in: it is whole, its manifest is the one announced and its custody has no gap."""

    kind: ClassVar[str] = "package-received"
    erasure: ClassVar[str] = _WITH_THE_PACKAGE
    about_field: ClassVar[str] = "package"

    package: str
    request: str
    manifest_sha256: str
    custody_sha256: str
    sender: str
    letter: str
    letter_sha256: str


@dataclass(frozen=True, slots=True)
class PackageOpened(Entry):
    """Somebody decrypted a package, for a reason."""

    kind: ClassVar[str] = "package-opened"
    erasure: ClassVar[str] = _WITH_THE_PACKAGE
    about_field: ClassVar[str] = "package"

    package: str
    manifest_sha256: str
    custody_sha256: str
    reason: str


@dataclass(frozen=True, slots=True)
class PackageVerified(Entry):
    """Every file of a package had the size and the hashes that the manifest states."""

    kind: ClassVar[str] = "package-verified"
    erasure: ClassVar[str] = _WITH_THE_PACKAGE
    about_field: ClassVar[str] = "package"

    package: str
    manifest_sha256: str
    custody_sha256: str
    files: int


@dataclass(frozen=True, slots=True)
class PackageQuarantined(Entry):
    """A package proved to be altered or damaged; nothing of it may be used before a person has looked."""

    kind: ClassVar[str] = "package-quarantined"
    erasure: ClassVar[str] = _WITH_THE_PACKAGE
    about_field: ClassVar[str] = "package"

    package: str
    """Its id, or the hash of its manifest while that cannot be read."""
    request: str
    code: str
    thing: str


@dataclass(frozen=True, slots=True)
class FileConverted(Entry):
    """A file of a package was converted; the raw one stays beside it in a package of its own."""

    kind: ClassVar[str] = "file-converted"
    erasure: ClassVar[str] = _WITH_THE_PACKAGE
    about_field: ClassVar[str] = "package"

    package: str
    manifest_sha256: str
    custody_sha256: str
    made: str
    program: str
    version: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class TimeStamped(Entry):
    """A time-stamping authority signed when something was there."""

    kind: ClassVar[str] = "time-stamped"
    erasure: ClassVar[str] = NOT_ERASED
    about_field: ClassVar[str] = "over_sha256"

    over: str
    """``manifest`` or ``checkpoint``."""
    over_sha256: str
    reply_sha256: str
    authority: str
    stamped_at: str
    custody_sha256: str
    """The custody event that tells of it, or ``""``."""


@dataclass(frozen=True, slots=True)
class PackageErased(Entry):
    """The retention of a package is over: its files, its manifest and the words of its custody are gone."""

    kind: ClassVar[str] = "package-erased"
    erasure: ClassVar[str] = NOT_ERASED
    about_field: ClassVar[str] = "package"

    package: str
    request: str
    manifest_sha256: str
    rule: str


@dataclass(frozen=True, slots=True)
class BundleWritten(Entry):
    """A proof bundle of a request was written for somebody outside."""

    kind: ClassVar[str] = "bundle-written"
    erasure: ClassVar[str] = "with the request, under its instrument's retention"
    about_field: ClassVar[str] = "request"
    changes_rows: ClassVar[bool] = False

    request: str
    index_sha256: str
    files: int
    evidence: str
    """How evidence is in it: ``clear``, ``sealed`` or ``without``."""


@dataclass(frozen=True, slots=True)
class CaseExported(Entry):
    """The description of a package was written in CASE/UCO."""

    kind: ClassVar[str] = "case-exported"
    erasure: ClassVar[str] = _WITH_THE_PACKAGE
    about_field: ClassVar[str] = "package"
    changes_rows: ClassVar[bool] = False

    package: str
    manifest_sha256: str
    export_sha256: str


_WITH_THE_DOSSIER = "with the dossier, after the last of its requests"


@dataclass(frozen=True, slots=True)
class ItemWithheld(Entry):
    """Somebody decided that the defence is not shown something; the reason stands by its hash."""

    kind: ClassVar[str] = "item-withheld"
    erasure: ClassVar[str] = _WITH_THE_DOSSIER
    about_field: ClassVar[str] = "dossier"

    dossier: str
    withholding: str
    what: str
    thing: str
    ground: str
    reason_sha256: str


@dataclass(frozen=True, slots=True)
class WithholdingReviewed(Entry):
    """A second person looked at a decision to withhold something, and it stands."""

    kind: ClassVar[str] = "withholding-reviewed"
    erasure: ClassVar[str] = _WITH_THE_DOSSIER
    about_field: ClassVar[str] = "dossier"

    dossier: str
    withholding: str
    reason_sha256: str


@dataclass(frozen=True, slots=True)
class WithholdingLifted(Entry):
    """A decision to withhold something was lifted: the defence is shown it from now on."""

    kind: ClassVar[str] = "withholding-lifted"
    erasure: ClassVar[str] = _WITH_THE_DOSSIER
    about_field: ClassVar[str] = "dossier"

    dossier: str
    withholding: str
    reason_sha256: str


@dataclass(frozen=True, slots=True)
class LooksExported(Entry):
    """Who looked at what was written to a file: about a request, or from an instant until another."""

    kind: ClassVar[str] = "looks-exported"
    erasure: ClassVar[str] = NOT_ERASED
    about_field: ClassVar[str] = "request"
    changes_rows: ClassVar[bool] = False

    request: str
    dossier: str
    since: str
    until: str
    lines: int
