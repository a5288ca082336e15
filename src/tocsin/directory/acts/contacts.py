"""Contacts by hearsay: taking somebody's list in, writing one down, trying one, giving one up.

A list comes in two steps: it is read and waits, with every fault and every difference shown; a person confirms, and
all of it is taken in one transaction, or nothing. The same list again changes nothing.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from functools import lru_cache
from hashlib import sha256

from babel import Locale
from django.db import transaction

from tocsin.base import instant
from tocsin.base.actor import Actor
from tocsin.base.ids import MemberId, new_uuid
from tocsin.base.instant import Instant
from tocsin.base.languages import OFFICIAL
from tocsin.base.sheet import Row, Sheet, read_sheet
from tocsin.directory.acts.rows import check_may, one_at_a_time
from tocsin.directory.entries import ContactChanged, ContactGivenUp, ContactsImported, ContactTried
from tocsin.directory.errors import (
    ContactKnownError,
    ContactMovedError,
    ListFaultyError,
    ListGoneError,
    ListSourceError,
    UnknownMemberError,
)
from tocsin.directory.models import ContactTry, ListedContact, WaitingList
from tocsin.directory.reads import listed_in
from tocsin.directory.rules.columns import Column, guess, plain
from tocsin.directory.rules.hearsay import (
    Defaults,
    Listed,
    Outcome,
    RowFault,
    Words,
    changed_fields,
    listed_of,
    member_for,
)
from tocsin.journal.acts import record
from tocsin.law.instrument import instruments, notifications
from tocsin.people.rules.rights import Right

WAITS = timedelta(days=1)
_MOST_SOURCE = 200
_MOST_NOTE = 200
_MOST_FILE_NAME = 120
_MOST_SHOWN = 20
_ALL = tuple(each.name for each in fields(Listed))


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A row of a list beside what is known here."""

    row: int
    listed: Listed
    before: Listed | None
    changed: tuple[str, ...]
    """Names of the fields that differ; empty for one that is the same, all for a new one."""

    @property
    def new(self) -> bool:
        """Whether this contact is not known here yet."""
        return self.before is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What taking a list in would do, and what speaks against it."""

    id: str
    file_name: str
    sha256: str
    header: tuple[str, ...]
    mapping: Mapping[Column, int]
    first: tuple[tuple[str, ...], ...]
    """The first rows as they stand, to see whether the columns are meant so."""
    changes: tuple[Change, ...]
    faults: tuple[RowFault, ...]

    @property
    def new(self) -> tuple[Change, ...]:
        """Contacts that are not known here yet."""
        return tuple(each for each in self.changes if each.new)

    @property
    def changed(self) -> tuple[Change, ...]:
        """Contacts of which the list says something else than what is known."""
        return tuple(each for each in self.changes if not each.new and each.changed)

    @property
    def same(self) -> int:
        """How many contacts stay as they are."""
        return sum(not each.new and not each.changed for each in self.changes)


def lay_list(content: bytes, *, file_name: str, by: Actor, at: Instant) -> str:
    """Keep a list for a day, to be looked at and confirmed; its id. Raises ``SheetError`` for what is no table."""
    del at
    check_may(by, Right.CONFIRM_CARD)
    read_sheet(content)
    now = instant.true_now()
    WaitingList.objects.filter(since__lt=now - WAITS).delete()
    WaitingList.objects.filter(by_person=by.person).delete()
    row = WaitingList.objects.create(
        id=new_uuid(),
        by_person=by.person,
        file_name=harmless_name(file_name),
        sha256=sha256(content).hexdigest(),
        content=content,
        since=now,
    )
    return str(row.id)


def preview_list(
    waiting: str, *, mapping: Mapping[Column, int] | None = None, defaults: Defaults | None = None, by: Actor
) -> Preview:
    """What a list that waits would change; without ``mapping`` as its header's words suggest.

    Raises ``ListGoneError`` when it waits no more, or for somebody else.
    """
    check_may(by, Right.CONFIRM_CARD)
    row = _waiting(waiting, by)
    sheet = read_sheet(bytes(row.content))
    columns = guess(sheet.header) if mapping is None else _inside(mapping, sheet)
    changes, faults = _compared(sheet, columns, defaults or Defaults())
    return Preview(
        id=waiting,
        file_name=row.file_name,
        sha256=row.sha256,
        header=sheet.header,
        mapping=columns,
        first=tuple(each.cells for each in sheet.rows[:3]),
        changes=tuple(changes),
        faults=tuple(faults),
    )


def import_list(
    waiting: str,
    *,
    mapping: Mapping[Column, int],
    defaults: Defaults,
    source: str,
    source_date: date,
    by: Actor,
    at: Instant,
) -> Preview:
    """Take a list in that was looked at: all of it or nothing. What it did is as a preview that came true.

    ``source`` says whose list it is, ``source_date`` of which day. A contact that an earlier list named and this one
    does not stays. Raises ``ListFaultyError`` with every fault, ``ListSourceError``, ``ListGoneError``.
    """
    check_may(by, Right.CONFIRM_CARD)
    _check_source(source, source_date)
    with transaction.atomic():
        one_at_a_time()
        done = preview_list(waiting, mapping=mapping, defaults=defaults, by=by)
        if done.faults:
            raise ListFaultyError(count=len(done.faults), faults="; ".join(map(str, done.faults[:_MOST_SHOWN])))
        now = instant.true_now()
        known = _known()
        taken = set(ListedContact.objects.values_list("member", flat=True))
        added, changed = [], []
        for each in done.changes:
            before = known.get((each.listed.country, each.listed.key))
            if before is None:
                member = member_for(each.listed.key, country=each.listed.country, name=each.listed.name, taken=taken)
                taken.add(member)
                added.append(member)
                _write(member, each.listed, source=source, source_date=source_date, before=None, when=now)
            else:
                if each.changed:
                    changed.append(MemberId(before.member))
                if each.changed or (source, source_date) != (before.source, before.source_date):
                    _write(
                        MemberId(before.member),
                        each.listed,
                        source=source,
                        source_date=source_date,
                        before=before,
                        when=now,
                    )
        entry = ContactsImported(
            source=source,
            source_date=source_date.isoformat(),
            file_sha256=done.sha256,
            added=tuple(sorted(added)),
            changed=tuple(sorted(changed)),
            same=done.same,
        )
        if ListedContact.objects.filter(since=now).exists():  # the very same list again: nothing was done
            record(entry, by=by, at=at)
        WaitingList.objects.filter(id=waiting).delete()
    return done


def write_contact(
    listed: Listed,
    *,
    source: str,
    source_date: date,
    by: Actor,
    at: Instant,
    member: MemberId | None = None,
    seen: int = 0,
) -> MemberId:
    """Write one contact down by hand: a new one, or with ``member`` what is now told of a known one; its id.

    ``seen`` is the version that was looked at (``ContactView.version``). Raises ``ContactMovedError`` when somebody
    changed it meanwhile, ``ContactKnownError`` when another has its country and key, ``ListSourceError``.
    """
    check_may(by, Right.CONFIRM_CARD)
    _check_source(source, source_date)
    with transaction.atomic():
        one_at_a_time()
        before = _row(member) if member else None
        if before is not None and seen and before.pk != seen:
            raise ContactMovedError(member=before.member)
        same = _current(listed)
        if same is not None and same.member != member:
            raise ContactKnownError(name=same.name, member=same.member)
        changed = changed_fields(listed_in(before), listed) if before else _ALL
        if before is not None and not changed and (source, source_date) == (before.source, before.source_date):
            return MemberId(before.member)
        taken = set(ListedContact.objects.values_list("member", flat=True))
        made = member or member_for(listed.key, country=listed.country, name=listed.name, taken=taken)
        _write(made, listed, source=source, source_date=source_date, before=before, when=instant.true_now())
        record(ContactChanged(member=made, source=source, changed=changed), by=by, at=at)
    return made


def try_contact(
    member: MemberId, *, outcome: Outcome, by: Actor, at: Instant, note: str = "", when: Instant | None = None
) -> None:
    """Write down that a contact was tried just now, or at ``when`` (true time), and what came of it.

    Raises ``UnknownMemberError`` for one that no list names.
    """
    check_may(by, Right.CONFIRM_CARD)
    now = instant.true_now()
    with transaction.atomic():
        row = _row(member)
        ContactTry.objects.create(
            member=row.member,
            at=min(when or now, now),
            outcome=outcome.value,
            note=" ".join(note.split())[:_MOST_NOTE],
            by_person=by.person,
            by_name=by.name,
        )
        record(ContactTried(member=row.member, outcome=outcome.value), by=by, at=at)


def give_up_contact(member: MemberId, *, reason: str, by: Actor, at: Instant) -> None:
    """Take a contact off: it has a node now, say. What was sent to it keeps its name."""
    check_may(by, Right.CONFIRM_CARD)
    with transaction.atomic():
        one_at_a_time()
        row = _row(member)
        ListedContact.objects.filter(pk=row.pk).update(until=instant.true_now())
        record(ContactGivenUp(member=row.member, reason=reason[:500]), by=by, at=at)


@lru_cache(maxsize=1)
def words() -> Words:
    """Names of countries and languages in every official language, and titles of instruments, with their codes.

    Takes about a second the first time: CLDR is read in 24 languages.
    """
    locales = [Locale.parse(code) for code in OFFICIAL]
    english = Locale.parse("en")
    known = (*notifications().values(), *instruments().values())
    countries = {code: code for code in english.territories if re.fullmatch(r"[A-Z]{2}", str(code))}
    languages = {code: code for code in english.languages if re.fullmatch(r"[a-z]{2,3}", str(code))}
    return Words(
        countries={
            plain(name): code for locale in locales for code, name in locale.territories.items() if code in countries
        },
        languages={
            plain(name): code for locale in locales for code, name in locale.languages.items() if code in languages
        },
        instruments={plain(word): law.id for law in known for word in (law.id, law.title)},
    )


def harmless_name(name: str) -> str:
    """The last part of a file's name, without what could steer a terminal, a path or a reading order."""
    last = re.split(r"[\\/]", unicodedata.normalize("NFC", name))[-1]
    kept = "".join(each for each in last if unicodedata.category(each)[0] != "C").strip(". ")
    return kept[-_MOST_FILE_NAME:] or "list"


def typed_contact(texts: Mapping[Column, str]) -> tuple[Listed | None, list[RowFault]]:
    """One contact from what somebody typed into its fields, or every fault, with the name of its column."""
    columns = list(texts)
    row = Row(1, tuple(texts[column] for column in columns))
    mapping = {column: place for place, column in enumerate(columns)}
    header = tuple(column.value for column in columns)
    return listed_of(row, mapping, header, words=words(), defaults=Defaults())


# --- Steps --------------------------------------------------------------------------------------


def _check_source(source: str, source_date: date) -> None:
    if not 0 < len(source.strip()) <= _MOST_SOURCE or not source.isprintable():
        raise ListSourceError(field="source", rule=f"say whose list it is, in 1 to {_MOST_SOURCE} characters")
    if not date(1990, 1, 1) <= source_date <= instant.true_now().date() + timedelta(days=1):
        raise ListSourceError(field="source_date", rule="the day of which the list is, not one to come")


def _waiting(waiting: str, by: Actor) -> WaitingList:
    since = instant.true_now() - WAITS
    row = WaitingList.objects.filter(id=waiting, by_person=by.person, since__gte=since).first()
    if row is None:
        raise ListGoneError
    return row


def _inside(mapping: Mapping[Column, int], sheet: Sheet) -> dict[Column, int]:
    return {column: place for column, place in mapping.items() if 0 <= place < len(sheet.header)}


def _compared(sheet: Sheet, mapping: Mapping[Column, int], defaults: Defaults) -> tuple[list[Change], list[RowFault]]:
    changes: list[Change] = []
    faults: list[RowFault] = []
    known = {key: listed_in(row) for key, row in _known().items()}
    places: dict[tuple[str, str], int] = {}
    for row in sheet.rows:
        listed, broken = listed_of(row, mapping, sheet.header, words=words(), defaults=defaults)
        faults.extend(broken)
        if listed is None:
            continue
        key = (listed.country, listed.key)
        if key in places:
            faults.append(RowFault(row.number, Column.KEY.value, f"is the same contact as row {places[key]}"))
            continue
        places[key] = row.number
        before = known.get(key)
        changed = changed_fields(before, listed) if before else _ALL
        changes.append(Change(row=row.number, listed=listed, before=before, changed=changed))
    return changes, faults


def _known() -> dict[tuple[str, str], ListedContact]:
    """What is told now, by country and key."""
    return {(row.country, row.key): row for row in ListedContact.objects.filter(until=None)}


def _current(listed: Listed) -> ListedContact | None:
    return ListedContact.objects.filter(country=listed.country, key=listed.key, until=None).first()


def _row(member: MemberId) -> ListedContact:
    row = ListedContact.objects.select_for_update().filter(member=member, until=None).first()
    if row is None:
        raise UnknownMemberError(member=member)
    return row


def _write(
    member: MemberId,
    listed: Listed,
    *,
    source: str,
    source_date: date,
    before: ListedContact | None,
    when: Instant,
) -> None:
    if before is not None:
        ListedContact.objects.filter(pk=before.pk).update(until=when)
    ListedContact.objects.create(
        member=member,
        key=listed.key,
        name=listed.name,
        kind=listed.kind.value,
        country=listed.country,
        zone=listed.zone,
        subdivision=listed.subdivision or "",
        languages=list(listed.languages),
        hours=listed.hours,
        phone=listed.phone or "",
        email=listed.email or "",
        smime=listed.smime or "",
        competences=list(listed.competences),
        source=source,
        source_date=source_date,
        listed=before.listed if before else when,
        since=when,
    )
