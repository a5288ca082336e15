"""Four eyes: a coercive request leaves only after the authority that the instrument demands signed off.

Who that authority is stands in the instrument, per data category (``law.provisions.Competence``); that the one who
wrote a draft does not sign it off is a rule of the house (design, section 7). A sign-off may also be a signed document
that one person entered and a second one confirmed; then neither of the two may be the draft's writer alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tocsin.base.ids import PersonId
from tocsin.base.instant import Instant
from tocsin.law.provisions import Competence, Instrument
from tocsin.law.vocabulary import DataCategory, Function
from tocsin.people.errors import OwnSignOffError, SignOffMissingError


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOff:
    """Somebody's signature under a draft, as what he signed and what he saw."""

    person: PersonId
    name: str
    function: str
    at: Instant
    draft_sha256: str
    """The hash of what was signed; a draft that changed afterwards is not signed."""
    document_sha256: str = ""
    """The signed document (file or scan) that stands behind it, where there is one."""
    confirmed_by: PersonId | None = None
    """The second person who confirmed such a document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far the sign-offs carry: it may leave, and whether validation still has to follow."""

    validation_follows: bool


def check_writer(*, writer: PersonId, signer: PersonId, name: str) -> None:
    """Raise ``OwnSignOffError`` when the signer wrote what he signs."""
    if writer == signer:
        raise OwnSignOffError(name=name)


def standing(
    instrument: Instrument,
    categories: Iterable[DataCategory],
    sign_offs: Sequence[SignOff],
    *,
    draft_sha256: str,
    may_follow: bool,
) -> Standing:
    """Say whether the sign-offs let the request leave.

    ``may_follow`` says that the instrument's condition for validation afterwards holds (2023/1543, Art. 4(5)). Raises
    ``SignOffMissingError`` naming who has to sign and under which article.
    """
    if not instrument.coercive:
        return Standing(validation_follows=False)
    good = [each for each in sign_offs if each.draft_sha256 == draft_sha256 and _is_whole(each)]
    follows = [_competence_follows(instrument.competence(each), good, may_follow=may_follow) for each in categories]
    return Standing(validation_follows=any(follows))


def _competence_follows(competence: Competence, sign_offs: Sequence[SignOff], *, may_follow: bool) -> bool:
    signed = {each.function for each in sign_offs}
    if signed & {function.value for function in competence.alone}:
        return False
    issued = signed & {function.value for function in competence.validated}
    if issued and signed & {function.value for function in competence.validators}:
        return False
    if issued and competence.later is not None and may_follow:
        return True
    if competence.national and not competence.alone and not competence.validated and sign_offs:
        return False  # national law names the authority; the draft check says whether it is recorded
    raise SignOffMissingError(
        needed=_needed(competence, issued=bool(issued)),
        article=str(competence.basis),
        signed=", ".join(f"{each.name} ({each.function})" for each in sign_offs) or "nobody",
    )


def _needed(competence: Competence, *, issued: bool) -> str:
    if issued:
        return f"To validate, {_one_of(competence.validators)}"
    if competence.alone:
        return _one_of(competence.alone).capitalize()
    return "An authority that national law names"


def _one_of(functions: Sequence[Function]) -> str:
    words = [function.value.replace("-", " ") for function in functions]
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]])) if words else "an authority"


def _is_whole(sign_off: SignOff) -> bool:
    return not sign_off.document_sha256 or (
        sign_off.confirmed_by is not None and sign_off.confirmed_by != sign_off.person
    )
