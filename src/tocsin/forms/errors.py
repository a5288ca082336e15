"""What can go wrong with forms."""

from tocsin.base.errors import RuleError


class FormGoneError(RuleError):
    """Nothing is left to print: the letter was erased."""

    code = "form-gone"
    sentence = "The letters of request {request} were erased; there is nothing to print."


class FormLanguageError(RuleError):
    """A form is printed in an official language of the Union."""

    code = "form-language"
    sentence = "{language} is no official language of the Union; known are {known}."


class FormSealError(RuleError):
    """The seal's file is not what it should be."""

    code = "form-seal"
    sentence = "The seal of this node, {path}, cannot be used: {rule}."
    status = 500


class OrderPageError(RuleError):
    """A form has a page of its own only where its answer can come by it."""

    code = "form-order-page"
    sentence = "This form gets no page of its own: {rule}."
    status = 409


class UnknownPageError(RuleError):
    """There is no open page of a form with this number."""

    code = "form-unknown-page"
    sentence = "There is no open page of the form {number}."
    status = 404


class FilingFieldError(RuleError):
    """What a link is made with has not the shape that it needs."""

    code = "form-filing-field"
    sentence = "{field}: {rule}."


class UnknownFilingError(RuleError):
    """There is no such link or filing here, or it is settled."""

    code = "form-unknown-filing"
    sentence = "There is no open link or filing {filing} here."
    status = 404
