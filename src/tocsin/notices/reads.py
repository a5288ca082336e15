"""What was told outside any thread, and what of it something that arrives reminds of."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from tocsin.base import jose
from tocsin.base.actor import Actor
from tocsin.base.ids import MemberId, RequestId, is_uuid
from tocsin.base.instant import Instant
from tocsin.notices.errors import UnknownWarningError
from tocsin.notices.models import OutgoingNotice, StoredNotice, StoredTrait
from tocsin.notices.rules.features import Trait
from tocsin.notices.rules.notice import WARNS, CallBackWord, Notice, Warned, parse_notice
from tocsin.people.rules import rights
from tocsin.people.rules.rights import Right

_MOST_WARNINGS = 500
_MOST_MATCHES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How far a notice of ours has come with one member."""

    member: MemberId
    delivered_at: Instant | None
    attempts: int
    relayed_at: Instant | None
    refused: bool
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WarningView:
    """A warning as it stands: withdrawn, when its withdrawal is here."""

    warned: Warned
    ours: bool
    at: Instant
    """When it was issued or first stored here, in true time."""
    withdrawn_here: Instant | None
    """When its withdrawal came, or was issued."""
    told: tuple[Told, ...] = ()
    """Of ours: how far its latest version has come."""

    @property
    def id(self) -> str:
        """Its id."""
        return self.warned.id

    def in_force(self, at: Instant) -> bool:
        """Whether it is neither over nor withdrawn at an instant of true time."""
        return self.warned.withdrawn is None and at < self.warned.until


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A warning of which something reminds, and by what."""

    warning: WarningView
    traits: tuple[tuple[Trait, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What is known of something that arrived, to compare it with warnings."""

    domains: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()
    """As hashes (``rules.features.address_hash``)."""
    phones: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()
    claimed: frozenset[MemberId] = field(default_factory=frozenset)

    def values(self) -> dict[Trait, frozenset[str]]:
        """By the kind of feature."""
        return {
            Trait.DOMAIN: self.domains,
            Trait.ADDRESS: self.addresses,
            Trait.PHONE: self.phones,
            Trait.FILE: self.files,
            Trait.KEY: self.keys,
            Trait.CLAIMED: frozenset(map(str, self.claimed)),
        }


def warnings(viewer: Actor, *, at: Instant, all_of_them: bool = False) -> list[WarningView]:
    """The warnings in force at ``at`` (true time), the latest first; those that ended or were withdrawn on demand."""
    rights.check(viewer, Right.READ_REQUESTS)
    rows = StoredNotice.objects.filter(kind="warning").order_by("-at", "-id")[:_MOST_WARNINGS]
    found = _views(rows)
    return found if all_of_them else [each for each in found if each.in_force(at)]


def warning_for(viewer: Actor, warning: str) -> WarningView:
    """One warning, and how far it has come; raises ``UnknownWarningError``."""
    rights.check(viewer, Right.READ_REQUESTS)
    return warning_view(warning)


def warning_view(warning: str) -> WarningView:
    """The same for this package's acts and the packages above, which ask for the right themselves."""
    rows = StoredNotice.objects.filter(kind="warning", notice=warning) if is_uuid(warning) else ()
    found = _views(list(rows), told=True)
    if not found:
        raise UnknownWarningError(warning=warning[:64])
    return found[0]


def matches(marks: Marks, *, at: Instant) -> list[Match]:
    """The warnings in force at ``at`` (true time) of which these marks remind, the latest first.

    The packages above ask for their viewer's right; a warning holds nothing that the desk may not see.
    """
    wanted = {(trait.value, value) for trait, values in marks.values().items() for value in values}
    if not wanted:
        return []
    rows = StoredTrait.objects.filter(value__in={value for _, value in wanted}, notice__kind="warning")
    hits: dict[tuple[str, str], set[tuple[Trait, str]]] = {}
    for trait, value, member, notice in rows.values_list("trait", "value", "notice__member", "notice__notice"):
        if (trait, value) in wanted:
            hits.setdefault((member, str(notice)), set()).add((Trait(trait), value))
    found = _views(StoredNotice.objects.filter(kind="warning", notice__in=[notice for _, notice in hits]))
    listed = [
        Match(warning=each, traits=tuple(sorted(hits[each.warned.sender, each.id])))
        for each in found
        if each.in_force(at) and (each.warned.sender, each.id) in hits
    ]
    return listed[:_MOST_MATCHES]


def words_about(thread: RequestId, *, ours: bool) -> list[CallBackWord]:
    """What was told about call-backs in a request, by us or by the other side, the oldest first."""
    rows = StoredNotice.objects.filter(thread=thread, kind="call-back", ours=ours).order_by("at", "id")
    return [each for each in map(notice_of, rows) if isinstance(each, CallBackWord)]


def words_about_unknown(known: Iterable[RequestId]) -> list[CallBackWord]:
    """What others told about call-backs in requests that are not among these: somebody may use a key of ours."""
    rows = StoredNotice.objects.filter(kind="call-back", ours=False).exclude(thread__in=list(known)).order_by("-at")
    return [each for each in map(notice_of, rows[:_MOST_WARNINGS]) if isinstance(each, CallBackWord)]


def threads_told_of() -> list[RequestId]:
    """The requests about which others told us of call-backs."""
    rows = StoredNotice.objects.filter(kind="call-back", ours=False).values_list("thread", flat=True).distinct()
    return [RequestId(str(each)) for each in rows if each is not None]


# --- For this package's acts ----------------------------------------------------------------------


def version_of(notice: Notice) -> int:
    """Which version of it this is; of a word there is one."""
    return notice.version if isinstance(notice, Warned) else WARNS


def columns_of(notice: Notice, jws: bytes) -> dict[str, Any]:
    """The columns of its row that follow from what it says."""
    warned = notice if isinstance(notice, Warned) else None
    word = notice if isinstance(notice, CallBackWord) else None
    return {
        "notice": notice.id,
        "member": notice.sender,
        "kind": "warning" if warned else "call-back",
        "version": version_of(notice),
        "sha256": sha256(jws).hexdigest(),
        "jws": jws.decode("ascii"),
        "until": warned.until if warned else None,
        "thread": word.thread if word else None,
    }


def notice_of(row: StoredNotice) -> Notice:
    """The notice of a row. Verified before it was kept; what changed it since, the journal's audit finds."""
    return parse_notice(jose.unverified_payload(row.jws.encode("ascii")))


def _views(rows: Iterable[StoredNotice], *, told: bool = False) -> list[WarningView]:
    by_warning: dict[tuple[str, str], list[StoredNotice]] = {}
    for row in rows:
        by_warning.setdefault((row.member, str(row.notice)), []).append(row)
    views = [_view(sorted(each, key=lambda row: row.version), told=told) for each in by_warning.values()]
    return sorted(views, key=lambda view: view.at, reverse=True)


def _view(versions: Sequence[StoredNotice], *, told: bool) -> WarningView:
    first, last = versions[0], versions[-1]
    notice = notice_of(last)
    if not isinstance(notice, Warned):
        raise TypeError("a row of a warning holds one")
    return WarningView(
        warned=notice,
        ours=last.ours,
        at=first.at,
        withdrawn_here=last.at if notice.withdrawn else None,
        told=tuple(_told(row) for row in last.outgoing.order_by("peer")) if told and last.ours else (),
    )


def _told(row: OutgoingNotice) -> Told:
    return Told(
        member=MemberId(row.peer),
        delivered_at=row.delivered_at,
        attempts=row.attempts,
        relayed_at=row.relayed_at,
        refused=row.refused,
        problem=str((row.problem or {}).get("detail", "")),
    )
