"""Four eyes: a coercive request leaves only after an authority signed it off that did not write it.

Which authority may sign for which data, the law says and the draft check finds out (``law.draft_check``). Here stands
what the house asks of any sign-off (design, section 7): nobody signs what he wrote; a signature is under the draft as
it stood and under no other; a signed document that one person entered counts once a second person has confirmed it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tocsin.base.ids import PersonId
from tocsin.base.instant import Instant
from tocsin.law.setting import Signatories
from tocsin.law.vocabulary import Function
from tocsin.people.errors import OfficeMissingError, OwnConfirmationError, OwnSignOffError, SignOffMissingError


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOff:
    """Somebody's signature under a draft, as what he signed and what he saw."""

    id: str
    person: PersonId
    name: str
    function: str
    validates: bool
    """Signs as the one who validates another's order."""
    at: Instant
    draft_sha256: str
    document_sha256: str = ""
    """The signed document (file or scan) that stands behind it, where there is one."""
    confirmed_by: PersonId | None = None

    @property
    def whole(self) -> bool:
        """Whether it counts: a document counts once a second person confirmed it."""
        return not self.document_sha256 or self.confirmed_by not in {None, self.person}


def check_writers(*, writers: Iterable[str], signer: PersonId, name: str) -> None:
    """Raise ``OwnSignOffError`` when the signer is one of those who wrote what he signs, first or last."""
    if signer in set(writers):
        raise OwnSignOffError(name=name)


def check_second_person(*, entered_by: str, confirms: str, name: str) -> None:
    """Raise ``OwnConfirmationError`` when somebody confirms the signed document that he entered himself."""
    if entered_by == confirms:
        raise OwnConfirmationError(name=name)


def check_office(function: str, *, name: str) -> None:
    """Raise ``OfficeMissingError`` for a signer whose office the law does not know: his signature is worth nothing."""
    offices = sorted(each.value for each in Function)
    if function not in offices:
        raise OfficeMissingError(name=name, functions=", ".join(offices))


def good_ones(sign_offs: Iterable[SignOff], *, draft_sha256: str) -> tuple[SignOff, ...]:
    """The sign-offs that count for the draft as it stands."""
    return tuple(each for each in sign_offs if each.draft_sha256 == draft_sha256 and each.whole)


def check_signed(signed: Sequence[SignOff], *, rule: str) -> None:
    """Raise ``SignOffMissingError`` when nobody has signed off what may not leave without it."""
    if not any(not each.validates for each in signed):
        raise SignOffMissingError(needed="An authority that did not write it", article=rule, signed="nobody")


def validation_follows(wanted: Iterable[Signatories], signed: Sequence[SignOff]) -> bool:
    """Whether what leaves now still has to be validated (2023/1543, Art. 4(5)).

    ``wanted`` is the law's answer for each data category. Whether it may leave like this, the draft check says.
    """
    issued = {each.function for each in signed if not each.validates}
    validated = {each.function for each in signed if each.validates}
    return any(
        bool(who.validators) and not issued & set(who.alone) and not validated & set(who.validators) for who in wanted
    )
