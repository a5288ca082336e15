"""What somebody may see of mail: what leaves for requests in his sight, what came and waits to be sorted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptography import x509
from django.db.models import Q, QuerySet

from tocsin.base.actor import Actor
from tocsin.base.ids import MemberId, PersonId, RequestId, is_uuid
from tocsin.base.instant import Instant
from tocsin.forms import reads as forms
from tocsin.mail.errors import UnknownMailError
from tocsin.mail.models import IncomingMail, Mailbox, MailContact, OutgoingMail
from tocsin.mail.rules.addresses import same_address
from tocsin.mail.rules.hints import Hints
from tocsin.people.at_rest import decrypted
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.requests import reads as requests
from tocsin.wire import reads as wire

_MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Where a contact gets mail."""

    id: str
    member: MemberId
    address: str
    certificate: x509.Certificate | None
    certificate_sha256: str
    known_from: str
    recorded_by: PersonId | None
    since: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingLine:
    """A mail that leaves, and how far it came."""

    id: str
    request: RequestId
    member: MemberId
    to: str
    way: str
    number: str
    language: str
    message_id: str
    sha256: str
    state: str
    tries: int
    twice: bool
    said: str
    next_try: Instant | None
    written_at: Instant
    written_by: PersonId | None
    ended_at: Instant | None
    password_waits: bool
    """Whether its password is still to be told."""
    told_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingLine:
    """A mail that came: what it claims, and apart from that what was verified."""

    id: str
    way: str
    size: int
    whole: bool
    sha256: str
    message_id: str
    claims_address: str
    claims_name: str
    subject: str
    seal: str
    encrypted: bool
    signer_sha256: str
    member: str
    """Whose recorded certificate signed it; nobody's otherwise."""
    same_address: bool
    """Whether it claims the address that is recorded of that member."""
    bounces: str
    """The mail of ours that it says did not arrive."""
    proposed: RequestId | None
    why: str
    state: str
    request: RequestId | None
    sorted_by: PersonId | None
    sorted_at: Instant | None
    reason: str
    came_at: Instant
    brought_by: PersonId | None
    erased: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxLine:
    """How far a mailbox was read."""

    place: str
    read_at: Instant | None
    fault: str


# --- Contacts -----------------------------------------------------------------------------------


def contact_of(member: str) -> Contact | None:
    """Where a contact gets mail now; nothing where nobody recorded it."""
    row = MailContact.objects.filter(member=member, until=None).first()
    return contact_of_row(row) if row else None


def member_of_certificate(sha256: str) -> str:
    """Whose certificate this is, as it is recorded now; nobody's otherwise."""
    row = MailContact.objects.filter(certificate_sha256=sha256, until=None).first() if sha256 else None
    return row.member if row else ""


def contact_of_row(row: MailContact) -> Contact:
    """A contact's row as a value. For this package's own acts."""
    return Contact(
        id=str(row.id),
        member=MemberId(row.member),
        address=row.address,
        certificate=x509.load_pem_x509_certificate(row.certificate.encode()) if row.certificate else None,
        certificate_sha256=row.certificate_sha256,
        known_from=row.known_from,
        recorded_by=_person(row.recorded_by),
        since=row.since,
    )


# --- What leaves --------------------------------------------------------------------------------


def outgoing_of(viewer: Actor, request: str) -> Sequence[OutgoingLine]:
    """The mails that were written for a request, the newest first; raises ``UnknownRequestError``."""
    line = requests.line_for(viewer, request)
    rows = OutgoingMail.objects.filter(request_id=line.id).defer("content").order_by("-written_at", "id")
    return [line_of_outgoing(row) for row in rows[:_MOST]]


def stopped(viewer: Actor) -> Sequence[OutgoingLine]:
    """The mails that somebody has to look at: refused, given up, unsure, bounced; in the viewer's sight."""
    rights.check(viewer, Right.READ_REQUESTS)
    rows = OutgoingMail.objects.filter(state__in=["refused", "given-up", "unsure", "bounced"])
    rows = rows.filter(request__in=requests.seen_by(viewer)).defer("content").order_by("-ended_at", "id")
    return [line_of_outgoing(row) for row in rows[:_MOST]]


def password_for(viewer: Actor, mail: str) -> str:
    """The password of a locked form that is still to be told; nothing when it was. For who may send alone."""
    rights.check(viewer, Right.SEND)
    row = outgoing_row(viewer, mail)
    requests.check_may_change(viewer, str(row.request_id))
    return (decrypted(row.password) or "") if row.password else ""


def outgoing_row(viewer: Actor, mail: str, *, lock: bool = False) -> OutgoingMail:
    """The row of a mail of a request in sight; raises ``UnknownMailError``. For this package's own acts."""
    rights.check(viewer, Right.READ_REQUESTS)
    rows = OutgoingMail.objects.filter(request__in=requests.seen_by(viewer)).defer("content")
    row = (rows.select_for_update(of=("self",)) if lock else rows).filter(id=mail).first() if is_uuid(mail) else None
    if row is None:
        raise UnknownMailError(mail=mail)
    return row


def line_of_outgoing(row: OutgoingMail) -> OutgoingLine:
    """A row as others may see it. For this package's own acts."""
    return OutgoingLine(
        id=str(row.id),
        request=RequestId(str(row.request_id)),
        member=MemberId(row.member),
        to=row.to,
        way=row.way,
        number=row.number,
        language=row.language,
        message_id=row.message_id,
        sha256=row.sha256,
        state=row.state,
        tries=row.tries,
        twice=row.twice,
        said=row.said,
        next_try=row.next_try,
        written_at=row.written_at,
        written_by=_person(row.written_by),
        ended_at=row.ended_at,
        password_waits=bool(row.password),
        told_by=row.told_by,
    )


# --- What came ----------------------------------------------------------------------------------


def tray(viewer: Actor) -> Sequence[IncomingLine]:
    """The mails that nobody has sorted yet, the newest first."""
    rights.check(viewer, Right.READ_REQUESTS)
    rows = _seen_by(viewer).filter(state="new").defer("content").order_by("-came_at", "id")
    return _lines(rows[:_MOST])


def sorted_out(viewer: Actor) -> Sequence[IncomingLine]:
    """The mails that were said to be not for this node, the newest first."""
    rights.check(viewer, Right.READ_REQUESTS)
    rows = _seen_by(viewer).filter(state="not-ours").defer("content").order_by("-sorted_at", "id")
    return _lines(rows[:_MOST])


def incoming_of(viewer: Actor, request: str) -> Sequence[IncomingLine]:
    """The mails that belong to a request, the newest first; raises ``UnknownRequestError``."""
    line = requests.line_for(viewer, request)
    rows = IncomingMail.objects.filter(request_id=line.id).defer("content").order_by("-came_at", "id")
    return _lines(rows[:_MOST])


def incoming_for(viewer: Actor, mail: str) -> IncomingLine:
    """One mail that came; raises ``UnknownMailError``."""
    return line_of_incoming(incoming_row(viewer, mail))


def incoming_row(viewer: Actor, mail: str, *, lock: bool = False) -> IncomingMail:
    """The row of a mail that came, of the tray or of a request in sight. For this package's own acts."""
    rights.check(viewer, Right.READ_REQUESTS)
    rows = _seen_by(viewer)
    row = (rows.select_for_update(of=("self",)) if lock else rows).filter(id=mail).first() if is_uuid(mail) else None
    if row is None:
        raise UnknownMailError(mail=mail)
    return row


def _lines(rows: Iterable[IncomingMail]) -> list[IncomingLine]:
    found = list(rows)
    known = MailContact.objects.filter(member__in={row.member for row in found if row.member}, until=None)
    addresses = dict(known.values_list("member", "address")) if any(row.member for row in found) else {}
    return [_line(row, recorded=addresses.get(row.member, "")) for row in found]


def _seen_by(viewer: Actor) -> QuerySet[IncomingMail]:
    """The mails in somebody's sight: what belongs to a request, or points at one, is seen by who sees that request."""
    seen = requests.seen_by(viewer).values("id")
    of_none = Q(request=None, proposed=None)
    return IncomingMail.objects.filter(of_none | Q(request__in=seen) | Q(request=None, proposed__in=seen))


def request_hinted_at(hints: Hints) -> tuple[RequestId | None, str]:
    """The request that something in a mail points at, and what does: the surest first."""
    for why, found in (
        ("letter", _by_letter(hints.letters)),
        ("file", forms.requests_of(files=hints.files)),
        ("answer", _by_message(hints.answers)),
        ("number", forms.requests_of(numbers=hints.numbers)),
    ):
        if found:
            return found[0], why
    return None, ""


def _by_letter(hashes: Iterable[str]) -> list[RequestId]:
    return [RequestId(each) for each in wire.threads_of(hashes)]


def _by_message(ids: Iterable[str]) -> list[RequestId]:
    rows = OutgoingMail.objects.filter(message_id__in=list(ids)).values_list("request_id", flat=True)
    return [RequestId(str(each)) for each in rows[:1]]


def line_of_incoming(row: IncomingMail) -> IncomingLine:
    """A row as others may see it. For this package's own acts."""
    (line,) = _lines([row])
    return line


def _line(row: IncomingMail, *, recorded: str) -> IncomingLine:
    return IncomingLine(
        id=str(row.id),
        way=row.way,
        size=row.size,
        whole=row.whole,
        sha256=row.sha256,
        message_id=row.message_id,
        claims_address=row.claims_address,
        claims_name=row.claims_name,
        subject=row.subject,
        seal=row.seal,
        encrypted=row.encrypted,
        signer_sha256=row.signer_sha256,
        member=row.member,
        same_address=same_address(recorded, row.claims_address),
        bounces=str(row.bounce_of_id or ""),
        proposed=RequestId(str(row.proposed)) if row.proposed else None,
        why=row.why,
        state=row.state,
        request=RequestId(str(row.request_id)) if row.request_id else None,
        sorted_by=_person(row.sorted_by),
        sorted_at=row.sorted_at,
        reason=row.reason,
        came_at=row.came_at,
        brought_by=_person(row.brought_by),
        erased=row.state == "not-ours" and row.subject == "" and row.claims_address == "" and row.message_id == "",
    )


# --- Mailboxes ----------------------------------------------------------------------------------


def mailboxes() -> Sequence[MailboxLine]:
    """Each mailbox that was read, with what went wrong last."""
    rows = Mailbox.objects.order_by("place")
    return [MailboxLine(place=row.place, read_at=row.read_at, fault=row.fault) for row in rows]


def _person(found: object) -> PersonId | None:
    return PersonId(str(found)) if found else None
