"""What can go wrong with dossiers."""

from tocsin.base.errors import RuleError


class UnknownDossierError(RuleError):
    """There is no such dossier for this viewer; absent and forbidden look alike."""

    code = "dossiers.unknown"
    sentence = "There is no dossier {dossier} here."
    status = 404


class DossierFieldError(RuleError):
    """A field of a dossier, a note or a membership is wrong."""

    code = "dossiers.field"
    sentence = "{field}: {rule}"


class DossierReasonError(RuleError):
    """Who is let in, taken out or looks says why."""

    code = "dossiers.reason"
    sentence = "reason: say on one line why, in at most {most} characters."


class DossierCapacityError(RuleError):
    """The viewer is in the dossier and may not do this there."""

    code = "dossiers.capacity"
    sentence = "You are in this dossier as {capacity}; this takes {needed}."
    status = 403


class DossierEndedError(RuleError):
    """A closed dossier takes nothing in."""

    code = "dossiers.ended"
    sentence = "This dossier was closed on {day}: nothing more is put into it."
    status = 409


class DossierOwnerError(RuleError):
    """A dossier always has somebody who answers for it."""

    code = "dossiers.owner"
    sentence = "This is the dossier's only owner: let another owner in first."
    status = 409


class SecondWorkerError(RuleError):
    """A dossier of its members alone needs two who can be called."""

    code = "dossiers.second-worker"
    sentence = (
        "Nobody but its members learns of this dossier, whatever clock runs out in it: it needs two who work in it "
        "without an end date (owner and member) before a request may lie in it."
    )
    status = 409


class MemberRightsError(RuleError):
    """Whoever reads a dossier may read requests; counsel need not."""

    code = "dossiers.member-rights"
    sentence = "{person} has no right to read requests, and so can be let in as counsel alone."
    status = 409


class NotMemberError(RuleError):
    """The person is not in the dossier."""

    code = "dossiers.not-member"
    sentence = "{person} is not in this dossier."
    status = 409
