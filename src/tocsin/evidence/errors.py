"""What can go wrong with packages, files and custody."""

from tocsin.base.errors import ProofError, RuleError


class ManifestError(RuleError):
    """A field of a package's manifest is wrong."""

    code = "evidence.manifest"
    sentence = "The manifest's field {field} is wrong: {rule}."


class FileHashError(ProofError):
    """A file is not the one that the manifest describes."""

    code = "evidence.file-hash"
    sentence = "The file {name} has the {algorithm} {found}, and the manifest says {stated}: it was altered or damaged."


class FileSizeError(ProofError):
    """A file is longer or shorter than the manifest says."""

    code = "evidence.file-size"
    sentence = "The file {name} has {found} bytes, and the manifest says {stated}."


class FileMissingError(ProofError):
    """A file that the manifest names is not there."""

    code = "evidence.file-missing"
    sentence = "The file {name} is named in the manifest and is not there."


class CustodyChainError(ProofError):
    """The chain of custody is broken at a place."""

    code = "evidence.custody-chain"
    sentence = "The chain of custody breaks at event {seq}: {rule}."


class ConversionError(RuleError):
    """A conversion lost something or does not give the same bytes again."""

    code = "evidence.conversion"
    sentence = "The conversion of {name} by {program} is refused: {rule}."


class PackageErasedError(RuleError):
    """A package was here, and its retention is over."""

    code = "evidence.package-erased"
    sentence = "The package {package} was erased on {day}, when its retention was over: hashes and entries stay."
    status = 410


class UnknownPackageError(RuleError):
    """There is no such package for this viewer; absent and forbidden look alike."""

    code = "evidence.unknown-package"
    sentence = "There is no package {package} here."
    status = 404


class TimestampError(RuleError):
    """The time-stamping authority did not answer as RFC 3161 asks."""

    code = "evidence.timestamp"
    sentence = "The time-stamping authority {authority} gave no valid token: {rule}."
    status = 502


class FileSealError(ProofError):
    """An encrypted file does not open with this node's key, or was altered after it was encrypted."""

    code = "evidence.file-seal"
    sentence = "The file {name} does not open: {rule}."


class StorageError(RuleError):
    """The disk did not take what was to be written: nothing of it was kept."""

    code = "evidence.storage"
    sentence = "The file {name} could not be written ({rule}); nothing of it was kept. Make room and do it again."
    status = 507
    retryable = True


class SourceFileError(RuleError):
    """A file that is to go into a package cannot be read as one."""

    code = "evidence.source-file"
    sentence = "The file {name} cannot go into a package: {rule}."


class FilesOnTheWayError(RuleError):
    """A package was announced, and not all its files are here yet."""

    code = "evidence.files-on-the-way"
    sentence = "Of the {announced} files that came with letter {seq}, {here} are here: the others are on their way."
    status = 409
    retryable = True


class NothingToTakeInError(RuleError):
    """No package waits for being taken in."""

    code = "evidence.nothing-to-take-in"
    sentence = "No delivered package of the request {request} waits to be taken in."
    status = 409


class PackageStateError(RuleError):
    """What was asked cannot be done with the package as it stands."""

    code = "evidence.package-state"
    sentence = "This cannot be done with the package {package}: {rule}."
    status = 409


class FolderTakenError(RuleError):
    """Evidence is written into an empty place only, so that nothing is mixed up with anything."""

    code = "evidence.folder-taken"
    sentence = "The place {folder} is not free: name one that does not exist or is empty."


class UnknownUploadError(RuleError):
    """No file of this name was put here for this request."""

    code = "evidence.unknown-upload"
    sentence = "No file {name} was uploaded for this request."
    status = 404


class UploadFaultyError(RuleError):
    """A file did not come in as it was announced."""

    code = "evidence.upload-faulty"
    sentence = "The file {name} was not taken: {rule}."


class ManifestNotAnnouncedError(ProofError):
    """The manifest that came is not the one that the letter announced."""

    code = "evidence.manifest-not-announced"
    sentence = "The manifest that came has the SHA-256 {found}, and the letter says {stated}."


class PackageUnfitError(ProofError):
    """Something came with a package that its manifest does not name."""

    code = "evidence.package-unfit"
    sentence = "The file {name} came with the package, and its manifest names no such file."


class ReasonMissingError(RuleError):
    """Evidence is opened for a reason, which the journal keeps."""

    code = "evidence.reason-missing"
    sentence = "Say why you open the package: the journal and the chain of custody keep the reason."


class WithholdingFieldError(RuleError):
    """Something is withheld on a ground and for a written reason, and the defence is told what it is."""

    code = "evidence.withholding-field"
    sentence = "{field}: {rule}"


class UnknownItemError(RuleError):
    """What is to be withheld does not lie in the dossier."""

    code = "evidence.unknown-item"
    sentence = "Nothing of that name lies in this dossier: {thing}."
    status = 404


class WithheldAlreadyError(RuleError):
    """It is withheld already."""

    code = "evidence.withheld-already"
    sentence = "It is withheld already, since {day}: lift that decision first."
    status = 409


class UnknownWithholdingError(RuleError):
    """There is no such decision that stands, for this viewer."""

    code = "evidence.unknown-withholding"
    sentence = "There is no decision {withholding} here that stands."
    status = 404


class OwnReviewError(RuleError):
    """A decision to withhold is reviewed by another person than decided it."""

    code = "evidence.own-review"
    sentence = "You decided this yourself: another person reviews it."
    status = 409


class WithheldError(RuleError):
    """The defence is not shown this; who decided so stands in the list of what is withheld."""

    code = "evidence.withheld"
    sentence = "This is withheld. By whose decision, and on what ground, stands in the list of what is withheld."
    status = 403
