"""What a person may see of bells: her own, and how they rang."""

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.base.actor import Actor
from tocsin.base.ids import is_uuid
from tocsin.base.instant import Instant
from tocsin.bells import house
from tocsin.bells.errors import UnknownBellError
from tocsin.bells.models import Bell, Ring
from tocsin.bells.rules.webpush import public_of

PUSH = "push"
TRIAL = "trial"
"""How the keys of rings begin that somebody asked for, to see whether a bell rings."""
_MOST_RINGS = 20
_FAILED = "failed"
_ENDED = ("rung", _FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class RingLine:
    """A time that a bell rang, or did not."""

    occasion: str
    trial: bool
    request: str
    state: str
    said: str
    at: Instant
    ended_at: Instant | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BellLine:
    """A bell as its owner sees it."""

    id: str
    way: str
    label: str
    occasions: tuple[str, ...]
    since: Instant
    rings: tuple[RingLine, ...]

    @property
    def failed(self) -> str:
        """Why it did not ring the last time; nothing when it did."""
        last = next((each for each in self.rings if each.state in _ENDED), None)
        return last.said if last and last.state == _FAILED else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """Which bells may be hung here."""

    gateways: tuple[tuple[str, str, str], ...]
    """Name, label, and what each takes."""
    push_key: str
    """What a browser needs to subscribe; nothing where push is off."""

    @property
    def any(self) -> bool:
        """Whether there are any."""
        return bool(self.gateways or self.push_key)


def bells_of(viewer: Actor) -> Sequence[BellLine]:
    """The viewer's own bells with how they rang last, the oldest first."""
    if not viewer.person:
        return []
    return [_line(row) for row in Bell.objects.filter(person=viewer.person, until=None).order_by("since", "id")]


def choices() -> Choices:
    """Which bells may be hung here; raises ``BellFilesError``."""
    known = tuple((each.name, each.label, each.takes) for each in house.gateways().values())
    return Choices(gateways=known, push_key=public_of(house.push_key()) if house.settings().push else "")


def faults_of(viewer: Actor) -> int:
    """How many of the viewer's own bells did not ring the last time that they were to; one question, for every page."""
    if not viewer.person:
        return 0
    ended = Ring.objects.filter(bell__person=viewer.person, bell__until=None, state__in=_ENDED)
    last = ended.order_by("bell_id", "-at", "-id").distinct("bell_id")
    return list(last.values_list("state", flat=True)).count(_FAILED)


def bell_row(viewer: Actor, bell: str) -> Bell:
    """The row of one's own bell, locked; raises ``UnknownBellError``. For this package's own acts."""
    rows = Bell.objects.select_for_update().filter(person=viewer.person, until=None)
    row = rows.filter(id=bell).first() if viewer.person and is_uuid(bell) else None
    if row is None:
        raise UnknownBellError(bell=bell)
    return row


def _line(row: Bell) -> BellLine:
    rings = Ring.objects.filter(bell=row).order_by("-at", "-id")[:_MOST_RINGS]
    return BellLine(
        id=str(row.id),
        way=row.way,
        label=row.label,
        occasions=tuple(row.occasions),
        since=row.since,
        rings=tuple(
            RingLine(
                occasion=each.occasion,
                trial=each.key.startswith(TRIAL),
                request=str(each.request or ""),
                state=each.state,
                said=each.said,
                at=each.at,
                ended_at=each.ended_at,
            )
            for each in rings
        ),
    )
