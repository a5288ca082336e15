"""Filing by a link: an investigator or prosecutor of this State says what she wants asked, without an account.

The desk makes the link, which is open for hours and works once; who files by it gets a receipt and sees nothing else,
neither then nor later. What was filed is for the desk to look at: it drafts from it, and then nothing of it stays. It
is no draft by itself, for nobody whom this node knows has written it.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection, transaction

from tocsin.base.actor import Actor
from tocsin.base.ids import PersonId, is_uuid, new_uuid
from tocsin.base.instant import Instant, text
from tocsin.base.this_node import this_node
from tocsin.forms.entries import FilingArrived, FilingLinkMade, FilingLinkRevoked, FilingOpened, FilingSettled
from tocsin.forms.errors import FilingFieldError, UnknownFilingError
from tocsin.forms.models import Filing, FilingLink
from tocsin.journal import acts as journal
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right
from tocsin.requests.acts.brought import taken_out
from tocsin.requests.acts.persons import check_person

_TOKEN_BYTES = 32
MOST_HOURS = 24 * 14
KEPT = timedelta(days=90)
"""After which what nobody settled is erased."""
_MOST = 200
_MOST_REASON = 500
OUTCOMES = ("drafted", "set-aside", "expired")


@dataclass(frozen=True, slots=True, kw_only=True)
class FilingLine:
    """A link, and what was filed by it."""

    link: str
    meant_for: str
    made_by: PersonId
    made_at: Instant
    expires_at: Instant
    filing: str
    """Its id; empty while nobody has filed."""
    filed_at: Instant | None
    settled_at: Instant | None
    revoked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedFiling:
    """What was filed, for who looks at it."""

    id: str
    meant_for: str
    at: Instant
    said: Mapping[str, str]
    file_name: str
    file_sha256: str


# --- At the public door ---------------------------------------------------------------------------


def token_sha256(token: str) -> str:
    """By which a link is known."""
    return hashlib.sha256(token.encode()).hexdigest()


def link_is_open(token: str, *, at: Instant) -> bool:
    """Whether somebody may file by a link now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT forms_link_open(%s, %s)", (token_sha256(token), at))
        (known,) = cursor.fetchone() or (False,)
    return bool(known)


def file_by_link(
    token: str, said: Mapping[str, str], *, name: str, sha256: str, sealed: bytes | None, at: Instant
) -> str:
    """File once by a link; the receipt, or nothing where it is not open any more."""
    with connection.cursor() as cursor:
        given = (token_sha256(token), json.dumps(dict(said)), name, sha256, sealed, at)
        cursor.execute("SELECT forms_file(%s, %s::jsonb, %s, %s, %s, %s)", given)
        (made,) = cursor.fetchone() or (None,)
    return "" if made is None else str(made)


# --- At the desk ----------------------------------------------------------------------------------


def make_link(meant_for: str, *, hours: int, by: Actor, at: Instant) -> str:
    """Make a link for somebody, open for so many hours; its token, which is shown this once."""
    rights.check(by, Right.DRAFT)
    check_person(by, kind="filing")
    if not meant_for.strip() or len(meant_for) > _MOST or not meant_for.isprintable():
        raise FilingFieldError(field="meant_for", rule=f"say for whom, on one line of at most {_MOST} characters")
    if not 1 <= hours <= MOST_HOURS:
        raise FilingFieldError(field="hours", rule=f"1 to {MOST_HOURS}")
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    with transaction.atomic():
        row = FilingLink.objects.create(
            id=new_uuid(),
            token_sha256=token_sha256(token),
            meant_for=meant_for.strip(),
            made_by=by.person,
            made_at=at,
            expires_at=at + timedelta(hours=hours),
        )
        told = FilingLinkMade(link=str(row.id), token_sha256=row.token_sha256, expires_at=text(row.expires_at))
        journal.record(told, by=by, at=at)
    return token


def revoke_link(link: str, *, by: Actor, at: Instant) -> None:
    """Revoke a link by which nobody has filed; raises ``UnknownFilingError``."""
    rights.check(by, Right.DRAFT)
    check_person(by, kind="filing")
    with transaction.atomic():
        rows = FilingLink.objects.select_for_update().filter(used_at=None, revoked_at=None)
        row = rows.filter(id=link).first() if is_uuid(link) else None
        if row is None:
            raise UnknownFilingError(filing=link)
        row.revoked_at = at
        row.save(update_fields=["revoked_at"])
        journal.record(FilingLinkRevoked(link=link), by=by, at=at)


def filings_for(viewer: Actor) -> list[FilingLine]:
    """The links, the newest first, and whether somebody filed by them; nothing of what they said."""
    rights.check(viewer, Right.DRAFT)
    rows = FilingLink.objects.select_related("filing").defer("filing__said", "filing__file").order_by("-made_at", "id")
    return [_line(row) for row in rows[:_MOST]]


def open_filing(filing: str, *, reason: str, by: Actor, at: Instant) -> OpenedFiling:
    """Look at what was filed; that it was looked at stands in the journal. Raises ``UnknownFilingError``."""
    with transaction.atomic():
        row = _locked(filing, by=by)
        _told_of(row, reason, by=by, at=at)
        return OpenedFiling(
            id=str(row.id),
            meant_for=row.link.meant_for,
            at=row.at,
            said={str(name): str(value) for name, value in row.said.items()},
            file_name=row.file_name,
            file_sha256=row.file_sha256,
        )


def filed_file(filing: str, *, reason: str, by: Actor, at: Instant) -> tuple[str, bytes]:
    """Take out the file that was filed, under its name; as it came where it cannot be decrypted."""
    with transaction.atomic():
        row = _locked(filing, by=by)
        if row.file is None:
            raise UnknownFilingError(filing=filing)
        _told_of(row, reason, by=by, at=at)
        opened = taken_out(row.file_name, bytes(row.file))
    return opened.name, opened.content


def settle_filing(filing: str, *, outcome: str, by: Actor, at: Instant) -> None:
    """Say what became of a filing (``drafted`` or ``set-aside``) and erase what it said, with its file."""
    if outcome not in OUTCOMES:
        raise FilingFieldError(field="outcome", rule=f"one of {', '.join(OUTCOMES)}")
    with transaction.atomic():
        _settle(_locked(filing, by=by), outcome=outcome, by=by, at=at)


# --- In the house ---------------------------------------------------------------------------------


def take_in_filings(*, at: Instant) -> int:
    """Tell the journal of what was filed since, and erase what nobody settled in its time; how many arrived."""
    node = Actor.node(this_node().member)
    with transaction.atomic():
        fresh = list(Filing.objects.select_for_update(skip_locked=True).filter(journalled=False).order_by("at")[:_MOST])
        for row in fresh:
            FilingLink.objects.filter(id=row.link_id).update(revoked_at=None)  # the act that the entry is of
            told = FilingArrived(filing=str(row.id), link=str(row.link_id), filed_at=text(row.at))
            journal.record(told, by=node, at=at)
        Filing.objects.filter(id__in=[row.id for row in fresh]).update(journalled=True)
    with transaction.atomic():
        for row in Filing.objects.select_for_update(skip_locked=True).filter(settled_at=None, at__lt=at - KEPT)[:_MOST]:
            _settle(row, outcome="expired", by=node, at=at)
    return len(fresh)


def _settle(row: Filing, *, outcome: str, by: Actor, at: Instant) -> None:
    row.said, row.file, row.file_name, row.file_sha256 = {}, None, "", ""
    row.settled_at, row.settled_by = at, by.person or None
    row.save()
    FilingLink.objects.filter(id=row.link_id).update(meant_for=row.link.meant_for)  # the act that the entry is of
    journal.record(FilingSettled(filing=str(row.id), outcome=outcome), by=by, at=at)


def _locked(filing: str, *, by: Actor) -> Filing:
    rights.check(by, Right.DRAFT)
    check_person(by, kind="filing")
    rows = Filing.objects.select_for_update(of=("self",)).select_related("link").filter(settled_at=None)
    row = rows.filter(id=filing).first() if is_uuid(filing) else None
    if row is None:
        raise UnknownFilingError(filing=filing)
    return row


def _told_of(row: Filing, reason: str, *, by: Actor, at: Instant) -> None:
    if not reason.strip() or len(reason) > _MOST_REASON or not reason.isprintable():
        raise FilingFieldError(field="reason", rule=f"say on one line why, in at most {_MOST_REASON} characters")
    FilingLink.objects.filter(id=row.link_id).update(meant_for=row.link.meant_for)  # the act that the entry is of
    journal.record(FilingOpened(filing=str(row.id), reason=reason), by=by, at=at)


def _line(row: FilingLink) -> FilingLine:
    filing = getattr(row, "filing", None)
    return FilingLine(
        link=str(row.id),
        meant_for=row.meant_for,
        made_by=PersonId(str(row.made_by)),
        made_at=row.made_at,
        expires_at=row.expires_at,
        filing=str(filing.id) if filing else "",
        filed_at=filing.at if filing else None,
        settled_at=filing.settled_at if filing else None,
        revoked=row.revoked_at is not None,
    )
