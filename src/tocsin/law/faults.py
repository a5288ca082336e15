"""The faults of a draft, as words: each code has one sentence and one cure.

A fault is not an error: a draft may have many, all are shown at once, and each says which rule asks
for what and how to mend it. The sentences are templates in English; the edge puts them into the
reader's language by the code.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum


class Severity(StrEnum):
    """What a fault does to the sending."""

    STOPS = "stops"
    WARNS = "warns"
    OVERRIDDEN = "overridden"
    """It would stop; a written reason, which the receiver sees, lets it pass."""


class FaultCode(StrEnum):
    """Stable: programs and catalogues go by these."""

    FIELD_MISSING = "field-missing"
    FIELD_UNKNOWN = "field-unknown"
    FIELD_NOT_ASKED = "field-not-asked"
    READER_FORBIDDEN = "reader-forbidden"
    VALUE_TYPE = "value-type"
    PART_UNKNOWN = "part-unknown"
    PART_MISSING = "part-missing"
    TEXT_TOO_LONG = "text-too-long"
    NUMBER_RANGE = "number-range"
    OPTION_UNKNOWN = "option-unknown"
    OPTION_STOPS = "option-stops"
    DECLARATION_MISSING = "declaration-missing"
    DATE_INVALID = "date-invalid"
    INSTANT_INVALID = "instant-invalid"
    UTC_OFFSET_MISSING = "utc-offset-missing"
    PERIOD_REVERSED = "period-reversed"
    LANGUAGE_INVALID = "language-invalid"
    IDENTIFIER_WRONG = "identifier-wrong"
    IP_NOT_PUBLIC = "ip-not-public"
    IP_TIME_MISSING = "ip-time-missing"
    IP_PORT_QUESTION = "ip-port-question"
    IP_PORT_MISSING = "ip-port-missing"
    EMERGENCY_TOO_WIDE = "emergency-too-wide"

    NOT_IN_FORCE = "not-in-force"
    ROUTE_CLOSED = "route-closed"
    ROUTE_UNKNOWN = "route-unknown"
    NOT_IN_COMPETENCES = "not-in-competences"
    CATEGORY_NOT_COVERED = "category-not-covered"
    SIGNATURE_MISSING = "signature-missing"
    SIGNATORY_WRONG = "signatory-wrong"
    VALIDATION_MISSING = "validation-missing"
    VALIDATOR_WRONG = "validator-wrong"
    COMPETENCE_NOT_RECORDED = "competence-not-recorded"
    CHANNEL_UNKNOWN = "channel-unknown"
    CHANNEL_GROUND_MISSING = "channel-ground-missing"
    LANGUAGE_NOT_ACCEPTED = "language-not-accepted"
    LANGUAGE_NOT_RECORDED = "language-not-recorded"
    IDENTIFIER_MISSING = "identifier-missing"
    PERIOD_TOO_LONG = "period-too-long"
    THRESHOLD_NOT_MET = "threshold-not-met"
    THRESHOLD_NOT_STATED = "threshold-not-stated"
    CEILING_EXCEEDED = "ceiling-exceeded"
    PRIVILEGE_NEEDS_JUDGE = "privilege-needs-judge"
    FROM_MEMORY = "from-memory"

    ADDRESSEE_UNKNOWN = "addressee-unknown"
    ALREADY_ASKED = "already-asked"


@dataclass(frozen=True, slots=True)
class FaultWords:
    """What a fault says; ``{names}`` are filled from the fault."""

    sentence: str
    cure: str


WORDS: Mapping[FaultCode, FaultWords] = {
    FaultCode.FIELD_MISSING: FaultWords("{label} is missing.", "Fill in: {label}."),
    FaultCode.FIELD_UNKNOWN: FaultWords("The form has no field {name}.", "Take it out."),
    FaultCode.FIELD_NOT_ASKED: FaultWords(
        "{label} may not be asked for here, and is not needed.", "Leave it out: it must not decide the request."
    ),
    FaultCode.READER_FORBIDDEN: FaultWords(
        "{label} must never reach the addressee.", "Put it into the part for the enforcing authority."
    ),
    FaultCode.VALUE_TYPE: FaultWords("{label} must be {expected}.", "Write {expected}."),
    FaultCode.PART_UNKNOWN: FaultWords("{label} has no part {part}.", "Take {part} out."),
    FaultCode.PART_MISSING: FaultWords("{label}: {part} is missing.", "Fill in {part}."),
    FaultCode.TEXT_TOO_LONG: FaultWords("{label} is longer than {most} characters.", "Shorten it, or attach a file."),
    FaultCode.NUMBER_RANGE: FaultWords("{label} must lie between {least} and {most}.", "Correct the number."),
    FaultCode.OPTION_UNKNOWN: FaultWords("{label}: {value} is not one of {options}.", "Choose one of {options}."),
    FaultCode.OPTION_STOPS: FaultWords(
        "{label}: {option}. {article} forbids the request.", "Ask another way, or not at all."
    ),
    FaultCode.DECLARATION_MISSING: FaultWords(
        "{label}: the statement “{option}” is not made.", "Make the statement if it is true; otherwise do not send."
    ),
    FaultCode.DATE_INVALID: FaultWords("{label}: {value} is not a date.", "Write it as 2026-11-24."),
    FaultCode.INSTANT_INVALID: FaultWords(
        "{label}: {value} is not an instant.", "Write it as 2026-11-24T03:00:00+02:00."
    ),
    FaultCode.UTC_OFFSET_MISSING: FaultWords(
        "{label}: UTC offset missing. {value} is another instant in every time zone.",
        "Say in which UTC offset the time was read, for example {value}+02:00, or Z for UTC.",
    ),
    FaultCode.PERIOD_REVERSED: FaultWords("{label} ends before it begins.", "Exchange or correct the two instants."),
    FaultCode.LANGUAGE_INVALID: FaultWords("{label}: {value} is not a language tag.", "Write it as pt or pt-PT."),
    FaultCode.IDENTIFIER_WRONG: FaultWords("{label}: {value} is not {expected}.", "Correct it: {expected}."),
    FaultCode.IP_NOT_PUBLIC: FaultWords(
        "{label}: {value} is an address used inside a network and names nobody outside it.",
        "Ask the network's operator for the public address and the source port at that instant.",
    ),
    FaultCode.IP_TIME_MISSING: FaultWords(
        "{label}: an IP address without an instant names nobody, since addresses change hands.",
        "Give the date and time with UTC offset, or say that it is a fixed address.",
    ),
    FaultCode.IP_PORT_QUESTION: FaultWords(
        "{label}: no source port. Behind a shared address (CGNAT) many customers use {value} at once.",
        "Give the source port, or say whether the address is shared (yes, no, unknown).",
    ),
    FaultCode.IP_PORT_MISSING: FaultWords(
        "{label}: {value} is a shared address and no source port is given: the provider cannot tell who used it.",
        "Get the source port from the log of the server that saw the connection.",
    ),
    FaultCode.EMERGENCY_TOO_WIDE: FaultWords(
        "{label}: {value} is not an emergency, or not urgent, under this instrument. It counts: {options}.",
        "Show one of those dangers, or ask without it.",
    ),
    FaultCode.NOT_IN_FORCE: FaultWords("{instrument} is {reason}.", "Choose another instrument."),
    FaultCode.ROUTE_CLOSED: FaultWords("{instrument} is closed here: {reason}.", "Choose another instrument: {open}."),
    FaultCode.ROUTE_UNKNOWN: FaultWords("{reason}.", "Make sure before you rely on it."),
    FaultCode.NOT_IN_COMPETENCES: FaultWords(
        "{member} does not take requests under {instrument}: its card does not name it.",
        "Choose another contact point, or ask that one to publish a new card.",
    ),
    FaultCode.CATEGORY_NOT_COVERED: FaultWords(
        "{instrument} does not cover {category} data.", "Choose an instrument that covers {category} data: {open}."
    ),
    FaultCode.SIGNATURE_MISSING: FaultWords(
        "Nobody has signed for {category} data. It needs: {who}.", "Have it signed by: {who}."
    ),
    FaultCode.SIGNATORY_WRONG: FaultWords(
        "{category} data may not be ordered by {signed}. It needs: {who}.", "Have it signed by: {who}."
    ),
    FaultCode.VALIDATION_MISSING: FaultWords(
        "An order of {signed} for {category} data needs a validation by: {who}.", "Have it validated by: {who}."
    ),
    FaultCode.VALIDATOR_WRONG: FaultWords(
        "{signed} may not validate an order for {category} data. It needs: {who}.", "Have it validated by: {who}."
    ),
    FaultCode.COMPETENCE_NOT_RECORDED: FaultWords(
        "National law of {state}: not recorded. Who may ask for {category} data under {instrument} is not known here.",
        "Have {state} record its national table, or state the provision that gives the power.",
    ),
    FaultCode.CHANNEL_UNKNOWN: FaultWords(
        "{channel} is not a lawful way for {instrument}.", "Send by one of: {channels}."
    ),
    FaultCode.CHANNEL_GROUND_MISSING: FaultWords(
        "{first} comes first. Sending by {channel} needs one of the grounds: {options}.",
        "Send by {first}, or name the ground; the receiver sees it.",
    ),
    FaultCode.LANGUAGE_NOT_ACCEPTED: FaultWords(
        "{recipient} does not accept {language}. It accepts: {languages}.", "Translate the request: {languages}."
    ),
    FaultCode.LANGUAGE_NOT_RECORDED: FaultWords(
        "Which languages {recipient} accepts is not recorded.", "Ask, or add a translation."
    ),
    FaultCode.IDENTIFIER_MISSING: FaultWords(
        "Too broad: no identifier says whose data are meant.", "Name the account, address, number or domain."
    ),
    FaultCode.PERIOD_TOO_LONG: FaultWords(
        "Too broad: {days} days are asked for, more than {longest}.",
        "Shorten the period, or say why all of it is needed.",
    ),
    FaultCode.THRESHOLD_NOT_MET: FaultWords(
        "The offence is not grave enough for {category} data.",
        "It needs a maximum penalty of at least {months} months, or one of: {lists}.",
    ),
    FaultCode.THRESHOLD_NOT_STATED: FaultWords(
        "Whether the offence is grave enough for {category} data is not said.",
        "State the maximum penalty (at least {months} months) or the list: {lists}.",
    ),
    FaultCode.CEILING_EXCEEDED: FaultWords(
        "{label}: {value} is more than the {most} allowed.", "Ask for {most} at most."
    ),
    FaultCode.PRIVILEGE_NEEDS_JUDGE: FaultWords(
        "Data protected by privilege ({option}) may be touched: a judge has to decide.",
        "Have the request signed or validated by a judge, a court or an investigating judge.",
    ),
    FaultCode.FROM_MEMORY: FaultWords(
        "Part of what Tocsin knows of {instrument} is from memory and was not confirmed on a page.",
        "Check the text before you rely on it.",
    ),
    FaultCode.ADDRESSEE_UNKNOWN: FaultWords(
        "{member} cannot be written to: {reason}", "Choose a contact point of the directory, or confirm its card."
    ),
    FaultCode.ALREADY_ASKED: FaultWords(
        "Already asked by your office on {day}: request {request} to {member}, {state}.",
        "Look at that request first; go on if this one is still needed.",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault of a draft."""

    field: str
    """Where: ``identifiers[0].at``, ``sign_offs``, ``channel``, ``instrument``."""
    rule: str
    """The article that asks for it, with its confidence when that is not a page."""
    code: FaultCode
    named: tuple[tuple[str, str], ...] = ()
    severity: Severity = Severity.STOPS
    overridable: bool = False
    """Whether a written reason may let it pass."""
    reason: str = ""
    """The written reason, when it was overridden."""

    @property
    def sentence(self) -> str:
        """What is wrong, in English."""
        return WORDS[self.code].sentence.format(**dict(self.named))

    @property
    def cure(self) -> str:
        """How to mend it, in English."""
        return WORDS[self.code].cure.format(**dict(self.named))

    def warns(self) -> "Fault":
        """The same fault, which does not stop the sending."""
        return replace(self, severity=Severity.WARNS)

    def may_be_overridden(self) -> "Fault":
        """The same fault, which a written reason lets pass."""
        return replace(self, overridable=True)


def fault(field: str, rule: str, code: FaultCode, **named: str) -> Fault:
    """A fault that stops the sending; its words are filled from ``named``."""
    return Fault(field=field, rule=rule, code=code, named=tuple(sorted(named.items())))


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a form: its path, what it is called there, and the rule that asks for it."""

    path: str
    label: str
    rule: str

    def part(self, name: str) -> "Spot":
        """A named part of what stands here."""
        return replace(self, path=f"{self.path}.{name}")

    def item(self, number: int) -> "Spot":
        """An item of the list that stands here."""
        return replace(self, path=f"{self.path}[{number}]")

    def fault(self, code: FaultCode, **named: str) -> Fault:
        return fault(self.path, self.rule, code, label=self.label, **named)
