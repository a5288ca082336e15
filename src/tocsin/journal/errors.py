"""What can go wrong with the journal."""

from tocsin.base.errors import PeerError, ProofError, RuleError


class JournalHaltedError(ProofError):
    """Witnesses have seen another or a longer history than this database holds."""

    code = "journal.halted"
    sentence = (
        "The journal {origin} takes no entries: {who} cosigned {seen} entries of it and this database holds {held}. "
        "A backup was restored, or the database was changed. Nothing is sent or stored until that is settled: "
        "see tocsin journal fork-guard."
    )
    status = 503


class OtherNodeError(RuleError):
    """The database holds another journal than the settings name."""

    code = "journal.other-node"
    sentence = (
        "This database holds the journal {theirs}, and this process is set up for {mine}. Each node has a database "
        "of its own; a node that began a new origin names it in its settings."
    )
    status = 503


class InconsistentTreeError(ProofError):
    """The tree does not continue the last signed checkpoint, so nothing was signed."""

    code = "journal.inconsistent"
    sentence = (
        "The journal's tree of {size} entries does not continue its own checkpoint of {old} entries: {rule}. "
        "Nothing was signed. tocsin journal audit names what was altered."
    )
    status = 503


class CosignatureError(PeerError):
    """A witness's answer holds no good signature of its key."""

    code = "journal.cosignature"
    sentence = "The answer of the witness {witness} to the checkpoint of {size} entries: {rule}."
    status = 502


class UnknownEntryError(RuleError):
    """No entry of this index."""

    code = "journal.unknown-entry"
    sentence = "There is no entry {index} in this journal."
    status = 404


class EntryErasedError(RuleError):
    """Salt and event of this entry are gone."""

    code = "journal.entry-erased"
    sentence = (
        "Entry {index} was erased, as entry {erased_by} records: its place in the tree stands, its words are gone."
    )
    status = 410


class NoCheckpointError(RuleError):
    """Nothing has been signed yet, or not of this size."""

    code = "journal.no-checkpoint"
    sentence = "There is no checkpoint of {size} entries in this journal."
    status = 404


class NotErasableError(RuleError):
    """Some entries hold no personal data and keep the record whole."""

    code = "journal.not-erasable"
    sentence = "Entry {index} ({kind}) is not erased: it holds no personal data, and the record needs it."
    status = 409


class NotHaltedError(RuleError):
    """A new origin is for a journal that lost entries, and this one did not."""

    code = "journal.not-halted"
    sentence = "The journal {origin} goes on as it is: no witness has seen more of it than this database holds."
    status = 409


class OriginTakenError(RuleError):
    """The name has been used before."""

    code = "journal.origin-taken"
    sentence = "The origin {origin} cannot be begun: {rule}."
    status = 409


class UnknownAlarmError(RuleError):
    """No alarm of this number waits for anybody."""

    code = "journal.unknown-alarm"
    sentence = "No alarm {number} waits to be seen."
    status = 404
