"""What can go wrong with mail."""

from tocsin.base.errors import RuleError


class MailFilesError(RuleError):
    """A file that mail needs is missing or not what it should be."""

    code = "mail.files"
    sentence = "{path} {rule}."
    status = 503


class MailOffError(RuleError):
    """No mail is sent here, or none is read."""

    code = "mail.off"
    sentence = "{what} is off here: whoever runs the node turns it on in [mail] of node.toml."
    status = 409


class MailAddressError(RuleError):
    """A field of a contact's mail address is wrong."""

    code = "mail.address"
    sentence = "{field}: {rule}"


class NoMailAddressError(RuleError):
    """Nobody has recorded a mail address of this contact."""

    code = "mail.no-address"
    sentence = "No mail address of {member} is recorded here."
    status = 409


class NoMailCertificateError(RuleError):
    """A mail was to be encrypted, and there is no certificate to encrypt it to."""

    code = "mail.no-certificate"
    sentence = (
        "No certificate of {member} is recorded here that mail can be encrypted to: send a notice or a locked file."
    )
    status = 409


class MailSideError(RuleError):
    """What came in is not sent on as a form."""

    code = "mail.side"
    sentence = "This request came in: what is sent by mail is what this node asks."
    status = 409


class MailTooLongError(RuleError):
    """A mail is longer than this node takes in."""

    code = "mail.too-long"
    sentence = "The mail is longer than {most} bytes, which is the most that this node takes in."
    status = 413


class MailEmptyError(RuleError):
    """There is nothing to take in."""

    code = "mail.empty"
    sentence = "The file is empty: there is no mail in it."


class MailKnownError(RuleError):
    """The same bytes are here already, in a case that the viewer may not see."""

    code = "mail.known"
    sentence = "This mail is here already, and lies where others work on it."
    status = 409


class UnknownMailError(RuleError):
    """There is no such mail, or it lies where the viewer may not look."""

    code = "mail.unknown"
    sentence = "There is no mail {mail} here."
    status = 404


class MailSortedError(RuleError):
    """Somebody said before where this mail belongs."""

    code = "mail.sorted"
    sentence = "{who} has sorted this mail meanwhile."
    status = 409


class MailStateError(RuleError):
    """A mail that leaves is not in the state for this."""

    code = "mail.state"
    sentence = "This mail is {state}: that cannot be done with it now."
    status = 409


class MailReasonError(RuleError):
    """A decision about a mail needs a reason."""

    code = "mail.reason"
    sentence = "reason: on one line, 1 to {most} characters"
