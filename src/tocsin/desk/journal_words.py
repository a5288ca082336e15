"""The journal in words: each kind of entry as a sentence, with what it is about, and nothing of what anybody wrote.

Who did it and when stand beside the sentence. Ids and hashes are shortened to their first eight digits: they are to be
told apart, and the whole of each stands in the proof. Free text of an entry (a reason, words to a colleague) is shown
apart, since it is not ours.
"""

import re
from collections.abc import Mapping

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from tocsin.base.instant import parse
from tocsin.desk import words
from tocsin.proof.canonical import Json

SENTENCES: dict[str, str] = {
    # journal
    "entries-erased": _("Entries whose words were erased under {rule}: {erased}. Their places stand."),
    "journal-alarm-raised": _("An alarm was raised about the journal {origin}: {code}."),
    "journal-alarm-seen": _("The alarm {alarm} was seen."),
    "origin-begun": _("The journal {origin} was begun where {old_origin} was lost at {old_size} entries."),
    "audit-asked": _("An audit of all of the journal was asked for."),
    "audit-ended": _("An audit of {entries} entries ended with {findings} findings."),
    # dossiers
    "dossier-made": _("The dossier {dossier} was made; {owner} answers for it ({members_only})."),
    "member-let-in": _("{person} was let into the dossier {dossier} as {capacity}, until: {until}."),
    "member-taken-out": _("The place of {person} in the dossier {dossier} was ended."),
    "dossier-access-changed": _("Who reads the dossier {dossier} was changed: {members_only}."),
    "dossier-note-written": _("An internal note was written in the dossier {dossier}."),
    "dossier-closed": _("The dossier {dossier} was closed."),
    "thing-looked-at": _("A look at the {what} {id}."),
    "item-withheld": _("In the dossier {dossier} a {what} was withheld from the defence, on the ground: {ground}."),
    "withholding-reviewed": _("A decision in the dossier {dossier} to withhold something was reviewed and stands."),
    "withholding-lifted": _("A decision in the dossier {dossier} to withhold something was lifted."),
    "looks-exported": _("A list of {lines} looks was written to a file."),
    # retention
    "legal-hold-set": _("A hold was set on the request {request}: it is not to be erased."),
    "legal-hold-release-asked": _("It was asked that a hold on the request {request} end."),
    "legal-hold-released": _("A hold on the request {request} ended, as {asked_by} had asked."),
    "erasure-proposed": _("The request {request} is due to be erased since {due_at}, under: {rule}."),
    "erasure-stopped": _("The erasure of the request {request} was stopped: it is no longer due."),
    "request-erased": _("The request {request} was erased under: {rule} ({letters} letters, {packages} packages)."),
    "erased-files-gone": _("The files of the erased request {request} are off the disk."),
    "draft-erased": _("A draft of the request {request}, which never left, was erased under: {rule}."),
    # duty
    "turn-planned": _("{person} is to be on duty from {begins} to {ends}."),
    "turn-withdrawn": _("A turn of duty of {person} falls away."),
    "chain-set": _(
        "An urgent letter may lie unopened for {minutes} minutes before the next is told (before: {before})."
    ),
    "shift-handed-over": _("A shift was handed over to {person}."),
    "shift-acknowledged": _("A shift that was handed over was acknowledged."),
    # requests
    "draft-written": _("An ask to {to} was drafted or changed ({instrument}), for the request {request}."),
    "put-in-dossier": _("The {what} {id} was put into the dossier {dossier}."),
    "taken-out-of-dossier": _("The {what} {id} was taken out of the dossier {dossier}."),
    "draft-discarded": _("A draft of the request {request} was given up."),
    "draft-signed-off": _("A draft of the request {request} was signed off ({function})."),
    "sign-off-confirmed": _("A signed document for the request {request} was confirmed by a second person."),
    "request-opened": _("The request {request} with {counterpart} began ({instrument})."),
    "request-exported": _("The request {request} was written out for another system: {channel}."),
    "channel-receipt-recorded": _("The receipt of {channel} for the request {request} was written down."),
    "step-elsewhere-recorded": _("A step in {channel} was written down for the request {request}: {letter_kind}."),
    "request-taken": _("{person} took the request {request}."),
    "request-handed-over": _("The request {request} was given to {person}."),
    "note-written": _("An internal note was written about the request {request}."),
    "request-looked": _("A look at the request {request}."),
    "alarm-raised": _("The clock {clock} of the request {request}: {alarm}. Told: {told}."),
    "release-drafted": _("A release of the data of the request {request} was laid before a person."),
    "release-decided": _("About the release of the data of the request {request} it was decided: {decision}."),
    "clock-shifted": _("The clock of this exercise was moved to {shift_seconds} seconds ahead."),
    # directory
    "card-signed": _("Our own card number {serial} was signed."),
    "key-rotated": _("Our key for {use} was replaced; our card number {serial} names the new one."),
    "card-taken": _("A card of {member}, number {serial}, came as a file: {outcome}."),
    "card-confirmed": _("The card number {serial} of {member} was confirmed by voice."),
    "card-not-confirmed": _("The words heard were not those of the card number {serial} of {member}."),
    "card-dropped": _("The card number {serial} of {member} was given up."),
    "key-refused": _("A key of {member} is refused from now on."),
    "directory-joined": _("The directory of {hub} was joined."),
    "directory-refreshed": _("The directory brought something new."),
    "directory-refused": _("What the hub served broke a rule ({attack}); what was trusted before stays in force."),
    "ceremony-finished": _("The holders signed the directory: root {root_version}, list {targets_version}."),
    "member-removed": _("{member} was taken out of the directory."),
    "directory-published": _("The hub published the directory: snapshot {snapshot}, timestamp {timestamp}."),
    "submission-signed": _("The list of our files in the directory was signed, number {version}."),
    "submission-taken": _("The hub took what {role} signed, number {version}."),
    "drill-called": _("{member} was called in a drill."),
    "drill-taken": _("A drill call of {member} came in."),
    "drill-answered": _("A drill with {member} was answered after {seconds} seconds."),
    "national-table-taken": _("A signed table of the national law of {member} was taken in."),
    "national-table-signed": _("A table of our own national law was signed."),
    # wire
    "letter-sent": _("A letter to {addressee} was signed and put in the outbox: {letter_kind}, request {thread}."),
    "letter-stored": _("A letter of {sender} came in and was kept: {letter_kind}, request {thread}."),
    "letter-opened": _("A letter of the request {thread} was opened by a person."),
    "letter-accepted": _("A letter of the request {thread} was accepted or answered."),
    "receipt-stored": _("A receipt of {giver} came in: {stage}, request {thread}."),
    "letter-refused": _("{addressee} refused a letter of the request {thread}: {code}."),
    "letter-retried": _("A refused letter of the request {thread} was sent again."),
    "letters-set-aside": _("Letters of the request {thread} were set aside: they count for nothing."),
    "letters-relayed": _("Sealed letters for {addressee} were left in the mailbox of {hub}."),
    "letter-quarantined": _("Something that {sender} brought was set apart: {code}."),
    "attempt-failed": _("{peer} could not be reached ({failures} times; {waiting} letters wait)."),
    "line-up": _("{peer} answered again, after {failures} attempts since {down_since}."),
    "down-stated": _("{peer} stated that it could not reach this node since {since}."),
    "attachment-stored": _("A file of {sender} for {addressee} came in whole."),
    "attachment-forgotten": _("A file of {sender} for {addressee} was erased here."),
    "attachment-offered": _("An encrypted file for {addressee} was put in the outbox."),
    "attachment-sent": _("A file for {addressee} is there, by way of: {by_way_of}."),
    "mail-taken": _("The hub took sealed letters of {sender} for {addressee}."),
    "mail-forgotten": _("The hub threw sealed letters for {addressee} away."),
    "letters-exported": _("{items} letters, receipts or cards for {addressee} were written to a file."),
    "letters-erased": _("The bytes of letters of the request {thread} were erased under: {rule}."),
    "letter-returned": _("A lost letter of ours came back from {addressee}, request {thread}."),
    # evidence
    "package-made": _("The package {package} was made for the request {request}: {files} files for {addressee}."),
    "package-handed-over": _("The package {package} was handed over to {addressee}, request {request}."),
    "package-received": _("The package {package} of {sender} was taken in, request {request}."),
    "package-opened": _("The package {package} was decrypted."),
    "package-verified": _("The package {package} was verified: {files} files are as the manifest states."),
    "package-quarantined": _("The package {package} proved to be altered and was set apart: {code}."),
    "file-converted": _(
        "A file of the package {package} was converted by {program} {version}: {before} before, {after} after."
    ),
    "time-stamped": _("{authority} time-stamped a {over} at {stamped_at}."),
    "package-erased": _("The package {package} was erased under: {rule}."),
    "bundle-written": _("A proof bundle of the request {request} was written: {files} files."),
    "case-exported": _("The description of the package {package} was written in CASE/UCO."),
    # forms
    "form-printed": _("A form of the request {request} was printed ({language})."),
    "form-checked": _("A stranger checked the form {number}, by its {way}."),
    # people
    "person-added": _("{person} was given a place here: {person_roles}."),
    "person-left": _("The place of {person} ended."),
    "person-changed": _("{person} has other roles or another office: {person_roles}."),
    "token-issued": _("A token for {person} was made, good until {until}."),
    "token-withdrawn": _("A token of {person} was withdrawn."),
    "account-opened": _("{person} can be let in at the desk as {sign_in_name}."),
    "person-invited": _("{person} was invited to set up how she signs in, until {until}."),
    "invitation-taken": _("{person} took her invitation up."),
    "factor-added": _("{person} added a way to sign in: {factor}."),
    "factor-removed": _("A way to sign in of {person} was removed: {factor}."),
    "devices-withdrawn": _("Every way to sign in was taken from {person}: {devices} devices, {sessions} sessions."),
    "recovery-code-used": _("A recovery code of {person} was used up; {left} are left."),
    "recovery-codes-shown": _("Recovery codes were shown to {person}."),
    "signed-in": _("{person} signed in: {way}."),
    "signed-out": _("{person} signed out, or ended a session."),
    "sign-in-failed": _("A sign-in failed ({step}): {person}."),
    "sign-ins-failed": _("Sign-ins failed {count} times within the minute of {minute}: {person}."),
    # exercises
    "exercise-begun": _("An exercise began: {plays}."),
    "move-played": _("The exercise played a move: {letter_kind}."),
    "send-blocked": _("In an exercise a draft of {person} was not sent: {reasons}."),
    "marks-kept": _("What {person} reached in an exercise was kept: {points} of {most}."),
    "exercise-ended": _("An exercise ended; {marks} marks were kept."),
    "wipe-asked": _("It was asked that everything be wiped that exercises made."),
    "exercise-wiped": _("Everything that exercises made was wiped: {requests} requests, {letters} letters."),
    "wiped-files-gone": _("The files of what was wiped are off the disk."),
    # mail
    "mail-address-recorded": _("Where {member} gets mail was written down."),
    "mail-written": _("A mail for the request {request} was written."),
    "mail-left": _("A mail for the request {request} left."),
    "mail-stopped": _("A mail for the request {request} does not leave, or did not arrive: {state}."),
    "mail-sent-again": _("A mail for the request {request} that had stopped was let go once more."),
    "mail-password-told": _("The password of a locked form was told, for the request {request}: {channel}."),
    "mail-taken-in": _("A mail came in."),
    "mail-sorted": _("Where a mail belongs was said: request {request}."),
    "mail-erased": _("Mails that were not for this node were erased: {mails}."),
    # work without a node
    "request-taken-in": _("A request of {counterpart} was taken in on another way: {way}."),
    "request-joined": _("The request {other} was found to be the request {request}."),
    "sender-identified": _("The sender of the request {request} is {counterpart}, a person said."),
    "step-taken-down": _("What came for the request {request} was taken down: {letter_kind}."),
    "partner-looked": _("{partner} opened the request {request}, which is addressed to it."),
    "step-read-again": _("What was typed in for the request {request} was read again by a second person."),
    "letter-receipt-recorded": _("When a form of the request {request} was received was written down."),
    "brought-file-opened": _("A file that came with the request {request} was taken out."),
    "letter-written-down": _(
        "A letter to {addressee} was signed that goes as a form: {letter_kind}, request {thread}."
    ),
    "order-page-published": _("A page for the form {number} was opened, for who holds its code."),
    "order-page-closed": _("The page of the form {number} was closed."),
    "saying-set-aside": _("What was said on the page of the form {number} was kept for a person."),
    # call-backs, forgeries and warnings
    "call-back-recorded": _("The authority in whose name the request {request} came was called: {outcome}."),
    "call-back-confirmed": _("A call-back for the request {request} was confirmed by a second person."),
    "went-without-call-back": _("For the request {request} data may go without a call-back: a life is at risk."),
    "heads-told": _("The heads of this house were told about the request {request}."),
    "forgery-marked": _("The request {request} was said to be forged."),
    "forgery-confirmed": _("A second person said that the request {request} is forged, and everybody was warned."),
    "forgery-taken-back": _("The warning about the request {request} was withdrawn."),
    "notice-issued": _("A notice was issued: {notice_kind}."),
    "notice-stored": _("A notice of {sender} was taken in: {notice_kind}."),
    "notice-delivered": _("A notice of ours reached {member}."),
    # bells and filings
    "bell-hung": _("{person} is told away from the desk from now on: {way}."),
    "bell-taken-down": _("{person} is not told in one way any more."),
    "filing-link-made": _("A link was made by which somebody files a wish, good until {expires_at}."),
    "filing-link-revoked": _("A link by which nobody had filed was revoked."),
    "filing-arrived": _("Something was filed by a link."),
    "filing-opened": _("What was filed was looked at."),
    "filing-settled": _("What was filed was dealt with: {outcome}."),
    # contacts and our own card
    "contacts-imported": _("A list of contacts was taken in: {added} new, {changed} changed."),
    "contact-changed": _("What is told of the contact {member} was written down."),
    "contact-given-up": _("The contact {member} was taken off the list."),
    "contact-tried": _("It was tried to reach {member}: {outcome}."),
    "own-words-proposed": _("It was proposed that our own card say something else."),
    "own-words-settled": _("What our own card is to say was settled."),
}
"""What is said of an entry, by its kind; ``tests/desk/test_records.py`` compares it with the entries there are."""

FREE = ("reason", "words")
"""Fields that hold what a person wrote: shown apart from the sentence."""
_PERSONS = frozenset({"person", "owner", "asked_by"})
_INSTANTS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_LONG = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{64}")
_WORDS = {
    "person_roles": "",
    "letter_kind": "letter:",
    "capacity": "capacity:",
    "ground": "ground:",
    "way": "way:",
    "stage": "stage:",
}
_NOTHING = "–"  # noqa: RUF001 - what a table has for nothing
_ACCESS = {True: _("its members alone"), False: _("the desk as well")}


def sentence(kind: str, event: Mapping[str, Json], *, names: Mapping[str, str], zone: str) -> str:
    """An entry in words; a kind that has none is said by its name."""
    if kind not in SENTENCES:
        return kind.replace("-", " ")
    told = {name: _value(name, value, names=names, zone=zone) for name, value in event.items()}
    return gettext(SENTENCES[kind]).format_map(_Told(told))


def free_text(event: Mapping[str, Json]) -> str:
    """What a person wrote in an entry: a reason, or words to a colleague."""
    return next((str(event[name]) for name in FREE if event.get(name)), "")


def persons_in(event: Mapping[str, Json]) -> set[str]:
    """The ids of everybody whom an entry names."""
    by = event.get("by")
    named = {str(event[name]) for name in _PERSONS if event.get(name)}
    told = event.get("told")
    listed = {str(each) for each in told} if isinstance(told, list | tuple) else set[str]()
    return named | listed | ({str(by.get("person", ""))} if isinstance(by, Mapping) else set())


class _Told(dict[str, str]):
    """The fields of an event; one that an older entry does not have is a dash."""

    def __missing__(self, name: str) -> str:
        return _NOTHING


def _value(name: str, value: Json, *, names: Mapping[str, str], zone: str) -> str:
    match value:
        case bool():
            return gettext(_ACCESS[value]) if name == "members_only" else words.word(str(value).lower())
        case list() | tuple():
            said = [_value(name, each, names=names, zone=zone) for each in value]
            return str(len(said)) if name == "erased" else ", ".join(said) or _NOTHING
        case None | "" | Mapping():
            return _NOTHING
        case _:
            return _text(name, str(value), names=names, zone=zone)


def _text(name: str, said: str, *, names: Mapping[str, str], zone: str) -> str:
    if said in names:
        return names[said]
    if name in _WORDS:
        return words.word(_WORDS[name] + said)
    if _INSTANTS.fullmatch(said):
        return words.in_zone(parse(said), zone)
    if _LONG.fullmatch(said):
        return said[:8]
    return words.word(said) if words.is_coded(said) else said
