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
