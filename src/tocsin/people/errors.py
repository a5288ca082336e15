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


class UnknownAccountError(RuleError):
    """The person has no account: she was never invited."""

    code = "people.unknown-account"
    sentence = "{person} has no account at the desk yet: invite her first (tocsin people invite)."
    status = 404


class UnknownInvitationError(RuleError):
    """The link is unknown, taken up, replaced or too old: one answer for all."""

    code = "people.unknown-invitation"
    sentence = "This link is not valid. It works once and for three days. Ask your administrator for a new one."
    status = 404


class DevicesInForceError(RuleError):
    """Who has a second factor is not invited: the link would let somebody else in beside her."""

    code = "people.devices-in-force"
    sentence = "{person} can sign in already. Withdraw her devices first, if they are lost; then invite her again."
    status = 409


class LastFactorError(RuleError):
    """The last second factor stays until there is another."""

    code = "people.last-factor"
    sentence = "This is your last way to prove who you are. Set up another before you remove it."
    status = 409


class UnknownDeviceError(RuleError):
    """No passkey, app or session of this number is yours."""

    code = "people.unknown-device"
    sentence = "There is no such device or session among yours."
    status = 404


class LinkTakenError(RuleError):
    """One account of the organisation opens one account here."""

    code = "people.link-taken"
    sentence = "This account of the organisation is linked to somebody else here."
    status = 409


class NoOrganisationError(RuleError):
    """No OpenID Connect provider is set."""

    code = "people.no-organisation"
    sentence = "No provider of the organisation is set in node.toml ([openid] issuer)."
    status = 409


class OrganisationAwayError(RuleError):
    """The organisation's provider does not answer, or not as such a provider does."""

    code = "people.organisation-away"
    sentence = "The provider of your organisation does not answer. Sign in by another way."
    status = 503
    retryable = True


class OwnRolesError(RuleError):
    """Nobody gives himself roles, takes his own place away or withdraws his own devices as an administrator."""

    code = "people.own-roles"
    sentence = "Another administrator has to do this: nobody changes his own roles or place."
    status = 409
