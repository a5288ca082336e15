"""What a mail of ours says: coded sentences in its reader's language, and never a word of the case.

Where nobody has reviewed the translation, the English stands below it and the mail says so. The subject holds a number
and the authority, never a name of a person.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from tocsin.forms.rules.said import Words


def _(text: str) -> str:
    return text


class Way(StrEnum):
    """How a request goes by mail."""

    ENCRYPTED = "encrypted"
    """To the certificate that is known of its reader; the form is inside."""
    LOCKED = "locked"
    """The form in an encrypted PDF; its password goes by telephone. The mail itself holds no personal data."""
    NOTICE = "notice"
    """A number, who asks, and where it is fetched; no personal data at all."""


SUBJECT = _("Official request {number} from {authority}")
_WHO = _("{authority} ({country}) sends you an official request with the number {number}.")
_INSIDE = _(
    "It is attached as a PDF, with the signed letter inside. This mail is signed, and encrypted to your certificate."
)
_LOCKED = _(
    "It lies in the attached PDF, which is encrypted: open it with the password that you are told by telephone, and "
    "save the file inside it. The password is never sent by mail."
)
_NOTICE = _("This mail holds no personal data: the request itself is not in it.")
_FETCH = _(
    "Read and answer it at {order_address} with the number and the code that you are told by telephone. The code is "
    "never sent by mail."
)
_CALL = _("You will be called about how it reaches you.")
_DOUBT = _(
    "Do you doubt that it is genuine? Call the authority at a number that you know from elsewhere, not at one that "
    "stands in a mail."
)
_CHECK = _("Everybody can check a form without an account: {address}")
_ANSWER = _("Answer to this mail and leave the number in the subject, so that your answer finds its way.")
_EXERCISE = _("EXERCISE: nothing in this mail is real.")
_UNREVIEWED = _("Nobody has reviewed this translation yet; the English below counts.")
_BY_WAY: Mapping[Way, tuple[str, ...]] = {
    Way.ENCRYPTED: (_INSIDE,),
    Way.LOCKED: (_NOTICE, _LOCKED),
    Way.NOTICE: (_NOTICE,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a mail may name; everything else of a request stays out of it."""

    number: str
    authority: str
    country: str
    way: Way
    address: str
    """Of the page where a form is checked; empty where this node has none."""
    order_address: str = ""
    """Of the page where it is read and answered; empty where it is not published there."""
    exercise: bool


def subject_of(told: Told, words: Words) -> str:
    """The one line above the mail."""
    line = _in(words, SUBJECT, told)
    return f"EXERCISE · {line}" if told.exercise else line


def text_of(told: Told, words: Words) -> str:
    """The whole text: the reader's language, then English where the translation has to be compared with it."""
    sentences = list(_sentences(told))
    own = [_in(words, each, told) for each in sentences]
    if not words.bilingual:
        return _paragraphs(own)
    english = [each.format(**_fields(told)) for each in sentences]
    return _paragraphs([_in(words, _UNREVIEWED, told), *own, "— English —", *english])


def _sentences(told: Told) -> list[str]:
    notice = told.way is Way.NOTICE
    check = [_CHECK] if told.address and not notice else []
    fetch = [_FETCH] if told.order_address else [_CALL] if notice else []
    exercise = [_EXERCISE] if told.exercise else []
    return [*exercise, _WHO, *_BY_WAY[told.way], *fetch, *check, _DOUBT, _ANSWER]


def _in(words: Words, sentence: str, told: Told) -> str:
    said = words.said(sentence, **_fields(told))
    return str(said["t"]) if isinstance(said, dict) else ""


def _fields(told: Told) -> dict[str, str]:
    return {
        "number": told.number,
        "authority": told.authority,
        "country": told.country,
        "address": told.address,
        "order_address": told.order_address,
    }


def _paragraphs(sentences: list[str]) -> str:
    return "\r\n\r\n".join(sentences) + "\r\n"
