"""The words of a form that are no law data: labels of parts, coded values, marks and notices.

Message ids, put into the reader's language by whoever prints or shows: ``desk`` has them from here.
"""

from collections.abc import Mapping


def _(text: str) -> str:
    return text


LABELS: Mapping[str, str] = {
    "address": _("Address"),
    "answer_by": _("Answer wished by"),
    "at": _("Instant"),
    "authority": _("Authority"),
    "born": _("Born"),
    "channel": _("Channel"),
    "date": _("Date"),
    "email": _("E-mail"),
    "executed_by": _("Executed by"),
    "fax": _("Fax"),
    "file_number": _("File number"),
    "from": _("From"),
    "function": _("Function"),
    "ground": _("Ground"),
    "languages": _("Languages"),
    "listed": _("Listed in"),
    "max_penalty_months": _("Maximum penalty (months)"),
    "mobile": _("Mobile"),
    "name": _("Name"),
    "nationality": _("Nationality"),
    "note": _("Note"),
    "number": _("Number"),
    "office_hours": _("Office hours"),
    "online": _("Committed by means of an information system"),
    "organisation": _("Organisation"),
    "person": _("Person"),
    "phone": _("Telephone"),
    "port": _("Source port"),
    "provisions": _("Provisions"),
    "qualification": _("Qualification"),
    "reasons": _("Reasons"),
    "role": _("Role"),
    "sent_on": _("Sent on"),
    "sent_to": _("Sent to"),
    "sentence_months": _("Sentence (months)"),
    "service": _("Service"),
    "shared": _("Address shared by many"),
    "type": _("Type"),
    "until": _("Until"),
    "value": _("Value"),
    "zone": _("Time zone"),
}
ORDER = (
    *("ground", "type", "value", "service", "port", "shared", "name", "organisation", "function", "person", "role"),
    *("phone", "mobile", "email", "fax", "address", "office_hours", "zone", "languages", "file_number", "authority"),
    *("number", "date", "qualification", "provisions", "max_penalty_months", "listed", "online", "reasons"),
    *("answer_by", "from", "until", "at", "note"),
)
"""In which order the parts of a value stand; canonical JSON sorts them by name, which helps nobody."""

VALUES: Mapping[str, str] = {
    "SUBSCRIBER": _("subscriber data"),
    "IDENTIFICATION": _("data to identify the user"),
    "TRAFFIC": _("traffic data"),
    "CONTENT": _("content"),
    "type:ip": _("IP address"),
    "type:email": _("e-mail address"),
    "type:phone": _("telephone number"),
    "type:account": _("account"),
    "type:user": _("user id"),
    "type:domain": _("domain"),
    "type:url": _("web address"),
    "type:iban": _("IBAN"),
    "type:imei": _("IMEI"),
    "type:mac": _("MAC address"),
    "type:other": _("other"),
    "shared:yes": _("yes"),
    "shared:no": _("no"),
    "shared:unknown": _("not known"),
    "none": _("none"),
    "lawyer": _("lawyer"),
    "doctor": _("doctor"),
    "journalist": _("journalist"),
    "clergy": _("clergy"),
    "immunity": _("immunity"),
    "judge": _("judge"),
    "court": _("court"),
    "investigating-judge": _("investigating judge"),
    "prosecutor": _("prosecutor"),
    "police": _("police"),
    "other-competent-authority": _("other competent authority"),
    "contact-point": _("contact point"),
    "single-point-of-contact": _("single point of contact"),
    "central-authority": _("central authority"),
    "listed:ets185.2-11": _("Budapest Convention, Articles 2 to 11"),
    "listed:dir2013_40.3-8": _("Directive 2013/40, Articles 3 to 8"),
    "listed:dir2019_713.3-8": _("Directive 2019/713, Articles 3 to 8"),
    "listed:dir2011_93.3-7": _("Directive 2011/93, Articles 3 to 7"),
    "listed:dir2017_541.3-12+14": _("Directive 2017/541, Articles 3 to 12 and 14"),
    "listed:reg2023_1543.annex-iv": _("Regulation 2023/1543, Annex IV"),
}
"""Coded values in words, as a form and a page of the desk say them."""

CODED: Mapping[str, str] = {
    **VALUES,
    "emergency": _("emergency"),
    "urgent": _("urgent"),
    "ordinary": _("ordinary"),
    "asker": _("the side that asks"),
    "asked": _("the side that is asked"),
    "notified": _("the notified authority"),
}
"""What a form says in words: these values, and what it calls the sides and the haste of an ask."""

LETTERS: Mapping[str, str] = {
    "acknowledge": _("Acknowledgement"),
    "indicate": _("Indication"),
    "query": _("Query"),
    "supplement": _("Supplement"),
    "accept": _("Acceptance"),
    "refuse": _("Refusal"),
    "postpone": _("Postponement"),
    "extend": _("Extension"),
    "preserved": _("Preservation confirmed"),
    "disclose": _("Partial disclosure"),
    "deliver": _("Delivery"),
    "release": _("Release of the data"),
    "follow-up": _("Follow-up"),
    "withdraw": _("Withdrawal"),
    "close": _("Closing"),
}
"""What a letter after the ask is called."""
PARTS: Mapping[str, str] = {
    **LABELS,
    "clock": _("Clock"),
    "complete": _("Complete"),
    "conditions": _("Conditions"),
    "days": _("Days"),
    "effected_at": _("Held since"),
    "fields": _("Fields"),
    "form": _("In what form"),
    "instrument": _("Instrument"),
    "keeps_until": _("Kept until"),
    "kind": _("Kind"),
    "obtained": _("Data already obtained"),
    "outcome": _("Outcome"),
    "package": _("Package (SHA-256 of its manifest)"),
    "part": _("Part"),
    "preserved": _("Data held meanwhile"),
    "reason": _("Reason"),
    "reference": _("Reference"),
    "released_at": _("Released at"),
    "scope": _("What it covers"),
    "stage": _("Stage"),
    "when": _("When"),
    "whether": _("Will be answered"),
    "why": _("Why"),
    "withheld": _("Withheld"),
    "words": _("Remarks"),
}
"""What the parts of such a letter are called."""
SAID = _("What it says")
ANSWERS = _("To the request of")

YES, NO = _("yes"), _("no")
EXERCISE = _("EXERCISE")
EXERCISE_TOLD = _("This is an exercise. No real request, no real person.")
DRAFT = _("DRAFT")
DRAFT_TOLD = _("Not sent, not sealed: nobody has to answer it.")
COPY = _("COPY")
COPY_TOLD = _("Printed by the one who received it; to check it, ask the one who sent it.")
UNOFFICIAL = _("Unofficial wording: the headings are short words for the articles, not the official text.")
ARRANGED_AFTER = _("Arranged after {form}; not compared with the official form.")
ARRANGED_MARK = _("from memory")
READING_MARK = _("our reading of the law")
NOT_REVIEWED = _("Translation not reviewed by a native speaker; the English beside it is what was written.")
PARTLY_MISSING = _("Where no translation is there yet, the English stands alone: {count} times.")

ISSUER = _("Who asks")
ADDRESSEE = _("Who is asked")
POWER = _("In what power")
ON_GROUND = _("On what ground")
DATA = _("For what data")
SIGNED_OFF = _("Signed off by")
VALIDATION_FOLLOWS = _("Validation by a judicial authority follows.")
WRITTEN = _("Written")
URGENCY = _("Urgency")
CASE = _("Case reference")
CALL_BACK = _("Call back")
CALL_BACK_TOLD = _("Take the number from your own directory, never from a message.")
BY_WAY_OF = _("Sent by way of")

CLOCKS = _("Times")
CLOCK = _("Duty")
DUE = _("Due")
LATEST = _("At the latest by law")
WHOSE = _("Whose duty")
END_OF_DAY = _("end of {day}")
NO_LIMIT = _("no limit in figures")
NOT_BEGUN = _("begins with a later step")
FORM = _("The form")
FURTHER = _("Further")
ATTACHED = _("Attached")
ATTACHED_LETTER = _("The signed letter itself is attached to this file as {name}; any JOSE program checks it.")
ATTACHED_REQUEST = _("The request for programs is attached to this file as {name}.")
LETTER_HASH = _("SHA-256 of the letter")
NO_LETTER = _("This request went by another system; there is no signed letter of it.")

CHECK = _("Is this form genuine?")
CHECK_TOLD = _("Open {address} and enter number and code, or drop this file there.")
ORDER_TOLD = _("Acknowledge, ask, answer or hand over at {address}, with this number and code; no account is needed.")
CHECK_CLOSED = _("This node has no page for the check; call the issuer.")
NUMBER = _("Number")
CODE = _("Code")
SEAL = _("Seal")
SEAL_TOLD = _(
    "Sealed by this node with a certificate of its own (PAdES); this is no qualified seal. Fingerprint, SHA-256:"
)
PAGE = _("Page {page} of {pages}")
