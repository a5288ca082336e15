"""The call-back before data are given in an emergency: when one is needed, which one counts, and what goes without.

An emergency is the way past every other check, so it is what is forged. Before anything is given, the side that is
asked calls the authority in whose name the ask came, at the number that was known before (never one in the message),
speaks to another person than the one who signed, and a **second person** of its own confirms that.

===================  ======================================================================================
an emergency         an ask whose urgency says so, or that pleads, at once or in a supplement, a danger to a
                     person: life, physical integrity, safety (CETS 224, Art. 3(2)(c); 2023/1543,
                     Art. 3(18); urgency under the Budapest Convention, Arts. 29-31 and 35)
needed               for letters that give data (``disclose``, ``deliver``), by the side that is asked
confirmed            the number of the directory, answered by somebody else than who signed, who says that it
                     is so; and a second person of this side confirms the call
denied               whoever answered says that it is not so: nothing is given until a later call says
                     otherwise, and a second person confirms that one
nobody answers       after the set minutes from the first such call, and only where a life is at risk, the
                     officer may go without, with her reason in writing; both heads are told at once
said to be forged    nothing is given as long as it stands
===================  ======================================================================================

This is a rule of this house about itself: nothing of it changes the state of a thread, which both sides compute from
letters alone (decision 0159).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from tocsin.base.instant import Instant
from tocsin.law.provisions import FieldKind, Instrument
from tocsin.law.vocabulary import Danger, LetterKind
from tocsin.notices.rules.features import normal_phone
from tocsin.proof.canonical import Json
from tocsin.requests.errors import CallBackFieldError
from tocsin.requests.rules.marks import Urgency

GIVES_DATA: Final = frozenset({LetterKind.DISCLOSE, LetterKind.DELIVER})
"""Steps that give somebody data: none goes to a sender whom nobody here knows, and in an emergency none uncalled."""
TO_PERSONS: Final = frozenset({Danger.LIFE, Danger.PHYSICAL_INTEGRITY, Danger.SAFETY})
MINUTES: Final = 30
"""For how long somebody has to be tried, until a node sets another number (``[limits] call_back_minutes``)."""
MOST_NAME, MOST_WORDS, LEAST_REASON = 200, 2000, 20


class Outcome(StrEnum):
    """What came of a call. The values are in rows and in the journal: never rename one."""

    CONFIRMED = "confirmed"
    DENIED = "denied"
    NO_ANSWER = "no-answer"


class CallState(StrEnum):
    """How a request stands with its call-back."""

    NOT_NEEDED = "not-needed"
    NEEDED = "needed"
    WAITS_FOR_SECOND = "waits-for-second"
    """Somebody called, it was confirmed, and no second person here has confirmed the call."""
    CONFIRMED = "confirmed"
    UNANSWERED = "unanswered"
    """Nobody answered, and the set minutes are not over, or no life is at risk."""
    MAY_GO_WITHOUT = "may-go-without"
    WITHOUT = "without"
    """The officer decided to go without, with her reason."""
    DENIED = "denied"
    FORGED = "forged"


OPEN: Final = frozenset({CallState.NOT_NEEDED, CallState.CONFIRMED, CallState.WITHOUT})
"""States in which data may be given."""


SENTENCES: Final[Mapping[CallState, str]] = {
    CallState.NOT_NEEDED: "no call-back is needed",
    CallState.NEEDED: "call the authority back at the number in the directory, and let a second person confirm it",
    CallState.WAITS_FOR_SECOND: "the call waits for a second person of this house, who confirms it",
    CallState.CONFIRMED: "the call was confirmed",
    CallState.UNANSWERED: "nobody has answered at the number in the directory yet",
    CallState.MAY_GO_WITHOUT: "nobody has answered within the set minutes: decide in writing to go without",
    CallState.WITHOUT: "it was decided to go without",
    CallState.DENIED: "the authority says that it did not ask",
    CallState.FORGED: "it is said to be forged",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Emergency:
    """What an ask pleads: the ground by its code, and whether by that a life is at risk."""

    ground: str = ""
    """Empty where it says no ground that its instrument counts."""

    @property
    def life_at_risk(self) -> bool:
        """Whether the ground is a danger to life, by the instrument's own list."""
        return self.ground == Danger.LIFE


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call, as far as the rule needs it."""

    outcome: Outcome
    at: Instant
    confirmed: bool = False
    """Whether a second person confirmed it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallStanding:
    """How a request stands with its call-back, and when it may go without."""

    state: CallState
    emergency: Emergency | None = None
    may_go_without_from: Instant | None = None
    """When the set minutes are over; nothing while nobody was tried, or where no life is at risk."""

    @property
    def barred(self) -> bool:
        """Whether data may not be given now."""
        return self.state not in OPEN


def emergency_of(
    law: Instrument, ask: Mapping[str, Json], supplements: Iterable[Mapping[str, Json]] = ()
) -> Emergency | None:
    """The emergency that an ask and its supplements plead, by their bodies; nothing where they plead none."""
    urgency = ask.get("urgency")
    level = urgency.get("level") if isinstance(urgency, Mapping) else None
    forms = [ask.get("form"), *(each.get("fields") for each in supplements)]
    kinds = (FieldKind.EMERGENCY, FieldKind.URGENCY)
    grounds = [ground for form in forms for kind in kinds if (ground := _ground(law, form, kind))]
    to_persons = [each for each in grounds if each in TO_PERSONS]
    if level != Urgency.EMERGENCY and not to_persons:
        return None
    gravest = Danger.LIFE.value if Danger.LIFE in to_persons else next(iter([*to_persons, *grounds]), "")
    return Emergency(ground=gravest)


def _ground(law: Instrument, form: Json, kind: FieldKind) -> str:
    """The ground that a form pleads, if the instrument counts it."""
    field = law.form.of_kind(kind)
    counted = law.emergency if kind is FieldKind.EMERGENCY else law.urgency
    said = form.get(field.id) if field and isinstance(form, Mapping) else None
    ground = said.get("ground") if isinstance(said, Mapping) else None
    known = [each.id for each in counted.options] if counted else []
    return str(ground) if ground in known else ""


def call_standing(
    emergency: Emergency | None,
    calls: Sequence[Call],
    *,
    went_without: bool = False,
    forged: bool = False,
    minutes: int = MINUTES,
    at: Instant,
) -> CallStanding:
    """How a request stands at ``at``. The calls may come in any order; a later one goes before an earlier."""
    if forged:
        return CallStanding(state=CallState.FORGED, emergency=emergency)
    if emergency is None:
        return CallStanding(state=CallState.NOT_NEEDED)
    ordered = sorted(calls, key=lambda call: call.at)
    last = next((call for call in reversed(ordered) if _decides(call)), None)
    state = _decided(last)
    if state is not CallState.NEEDED and not (state is CallState.WAITS_FOR_SECOND and went_without):
        return CallStanding(state=state, emergency=emergency)
    if went_without:
        return CallStanding(state=CallState.WITHOUT, emergency=emergency)
    return _untold(emergency, ordered, minutes=minutes, at=at)


def _decides(call: Call) -> bool:
    return call.outcome is not Outcome.NO_ANSWER


def _decided(last: Call | None) -> CallState:
    if last is None:
        return CallState.NEEDED
    if last.outcome is Outcome.DENIED:
        return CallState.DENIED
    return CallState.CONFIRMED if last.confirmed else CallState.WAITS_FOR_SECOND


def _untold(emergency: Emergency, calls: Sequence[Call], *, minutes: int, at: Instant) -> CallStanding:
    tried = [call.at for call in calls if call.outcome is Outcome.NO_ANSWER]
    if not tried:
        return CallStanding(state=CallState.NEEDED, emergency=emergency)
    since = min(tried) + timedelta(minutes=minutes) if emergency.life_at_risk else None
    over = since is not None and at >= since
    return CallStanding(
        state=CallState.MAY_GO_WITHOUT if over else CallState.UNANSWERED, emergency=emergency, may_go_without_from=since
    )


def check_call(
    *, number: str, of_directory: str, answered_by: str, signed_by: str, words: str, outcome: Outcome
) -> None:
    """Raise ``CallBackFieldError`` for a call that proves nothing.

    The number is the directory's; who answered is another person than who signed the ask (scenario S09). Where nobody
    answers there is nobody to name, and where the directory has no number, nobody could be called.
    """
    if of_directory and _number(number) != _number(of_directory):
        rule = f"it is {of_directory}, as it stands in the directory; never one that stands in the message"
        raise CallBackFieldError(field="number_from_card", rule=rule)
    if outcome is Outcome.NO_ANSWER:
        return _check_words(words, needed=False)
    if not of_directory:
        raise CallBackFieldError(field="number_from_card", rule="the directory has no number that could be called")
    if not answered_by.strip() or len(answered_by) > MOST_NAME or not answered_by.isprintable():
        raise CallBackFieldError(field="answered_by", rule=f"who answered, 1 to {MOST_NAME} characters")
    if _same(answered_by, signed_by):
        raise CallBackFieldError(
            field="answered_by", rule="another person of that authority than the one who signed the request"
        )
    return _check_words(words, needed=True)


def check_reason(reason: str) -> None:
    """Raise ``CallBackFieldError`` for a reason that says nothing to a judge."""
    if not LEAST_REASON <= len(reason.strip()) <= MOST_WORDS or "\0" in reason:
        raise CallBackFieldError(field="reason", rule=f"in writing, {LEAST_REASON} to {MOST_WORDS} characters")


def _check_words(words: str, *, needed: bool) -> None:
    if len(words) > MOST_WORDS or "\0" in words or (needed and not words.strip()):
        least = "1" if needed else "0"
        raise CallBackFieldError(field="words", rule=f"what was said, {least} to {MOST_WORDS} characters")


def _number(written: str) -> str:
    return normal_phone(written) or "".join(each for each in written if each.isdigit() or each == "+")


def _same(one: str, other: str) -> bool:
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()
