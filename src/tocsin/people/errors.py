"""What can go wrong with people, roles and tokens."""

from tocsin.base.errors import RuleError


class RightMissingError(RuleError):
    """The person's roles do not carry the right that the act needs."""

    code = "people.right-missing"
    sentence = "This act needs the right {right}, which none of your roles carries."
    status = 403


class UnknownTokenError(RuleError):
    """The token is unknown, expired or withdrawn: one answer for all three."""

    code = "people.unknown-token"
    sentence = "The token is not valid here. Ask your administrator for a new one (tocsin people token)."
    status = 401


class TokenScopeError(RuleError):
    """The token is valid and does not reach this far."""

    code = "people.token-scope"
    sentence = "The token does not carry the scope {scope}."
    status = 403


class UnknownPersonError(RuleError):
    """No person of this id or name works at this node."""

    code = "people.unknown-person"
    sentence = "Nobody here is called {person}."
    status = 404


class PersonFieldError(RuleError):
    """A field of a person is wrong."""

    code = "people.field"
    sentence = "{field}: {rule}"


class SignOffMissingError(RuleError):
    """A coercive request may not leave before the authority that the instrument demands signed."""

    code = "people.sign-off-missing"
    sentence = "{needed} has to sign off before this leaves ({article}). Signed so far: {signed}."
    status = 409


class OwnSignOffError(RuleError):
    """Four eyes: nobody signs off what he wrote."""

    code = "people.own-sign-off"
    sentence = "{name} wrote this draft and so cannot sign it off: a second person has to (four eyes)."
    status = 409


class OwnConfirmationError(RuleError):
    """Four eyes: nobody confirms the signed document that he entered."""

    code = "people.own-confirmation"
    sentence = "{name} entered this document and so cannot confirm it: a second person has to (four eyes)."
    status = 409


class OfficeMissingError(RuleError):
    """A sign-off is worth what the office of its signer is worth; without an office it is worth nothing."""

    code = "people.office-missing"
    sentence = "{name} has no office under which a draft can be signed off. One of: {functions}."
    status = 409


class UnknownTokenIdError(RuleError):
    """No token of this id is in force."""

    code = "people.unknown-token-id"
    sentence = "There is no token {token_id} in force here."
    status = 404
