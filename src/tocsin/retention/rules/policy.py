"""The retention rules of a node, and what follows from them.

In ``node.toml``::

    [retention]
    erase = "automatically"          # or "by-decision": a person erases what is due
    notice_days = 30                 # from the proposal to the erasure that nobody stopped
    days = 1826                      # after the end of a request, where no rule below says otherwise
    source = "Law 1/2026 of Example, Article 9"
    draft_days = 180                 # after the last word written in a draft that never left
    backups_kept_days = 35           # how long backups are kept: erased data is in them as long

    [[retention.rules]]
    name = "preservations"
    instruments = ["budapest-29-preserve"]
    days = 365
    source = "Law 1/2026 of Example, Article 9(2)"

The first rule that names an instrument is the one for it. Days are of 24 hours.

No instrument that this release knows sets a number of days for the record of a request itself: Directive (EU)
2016/680, Article 5, and the Second Protocol to the Budapest Convention, Article 14(5) (the latter from memory), have
each State set it. So the number is the operator's to set, with its source; the one that is here until then is the
house's and says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from tocsin.base.ids import InstrumentId
from tocsin.base.instant import Instant
from tocsin.law.instrument import instruments as known_instruments

HOUSE = "default of the program; Directive (EU) 2016/680, Article 5, has national law set the time"
MOST_DAYS = 36_525
DRAFTS = "drafts"
"""The name of the rule for drafts that never left."""


class Erase(StrEnum):
    """Who erases what is due."""

    AUTOMATICALLY = "automatically"
    BY_DECISION = "by-decision"


@dataclass(frozen=True, slots=True)
class Rule:
    """How many days after its end a request is kept, and where that stands."""

    name: str
    days: int
    source: str
    instruments: tuple[InstrumentId, ...] = ()

    @property
    def kept(self) -> timedelta:
        """For how long."""
        return timedelta(days=self.days)

    def written(self) -> str:
        """The rule in words, for the journal and for tombstones."""
        return f"{self.name}: {self.days} days after the end ({self.source})"

    def due_at(self, ended: Instant) -> Instant:
        """When what ended then is to be erased."""
        return ended + self.kept


@dataclass(frozen=True, slots=True)
class Policy:
    """All retention rules of a node."""

    erase: str = Erase.AUTOMATICALLY.value
    notice_days: int = 30
    days: int = 1826
    source: str = HOUSE
    draft_days: int = 180
    backups_kept_days: int = 35
    rules: tuple[Rule, ...] = ()

    @property
    def automatic(self) -> bool:
        """Whether erasure follows a proposal by itself."""
        return self.erase == Erase.AUTOMATICALLY

    @property
    def usual(self) -> Rule:
        """The rule for every instrument that no other rule names."""
        return Rule("requests", self.days, self.source)

    @property
    def for_drafts(self) -> Rule:
        """The rule for drafts that never left."""
        return Rule(DRAFTS, self.draft_days, self.source)

    @property
    def shortest(self) -> timedelta:
        """The least time after its end for which any request is kept."""
        return timedelta(days=min(self.days, *(rule.days for rule in self.rules), MOST_DAYS))

    def rule_for(self, instrument: str) -> Rule:
        """The rule for requests under an instrument."""
        named = (rule for rule in self.rules if instrument in rule.instruments)
        return next(named, self.usual)

    def erased_by_itself_at(self, proposed: Instant) -> Instant | None:
        """When what was proposed then is erased if nobody stops it; never where a person decides."""
        return proposed + timedelta(days=self.notice_days) if self.automatic else None

    def gone_from_backups_at(self, erased: Instant) -> Instant:
        """When the last backup that may hold what was erased then has expired."""
        return erased + timedelta(days=self.backups_kept_days)


_PARTS = ("name", "instruments", "days", "source")


def fault_of_rules(value: object) -> str | None:
    """What is wrong with the list of rules in the settings, or nothing."""
    if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
        return "is a list of tables"
    faults = (_fault_of_rule(each) for each in value)
    found = next((f"rule {number}: {fault}" for number, fault in enumerate(faults, start=1) if fault), None)
    names = [each.get("name") for each in value]
    return found or ("has each name once" if len(set(names)) < len(names) else None)


def _fault_of_rule(table: Mapping[str, Any]) -> str | None:
    if set(table) != set(_PARTS):
        return f"each has {', '.join(_PARTS)} and nothing else"
    days, instruments = table["days"], table["instruments"]
    if isinstance(days, bool) or not isinstance(days, int) or not 0 <= days <= MOST_DAYS:
        return f"days is a whole number from 0 to {MOST_DAYS}"
    if not isinstance(instruments, list) or not instruments or not all(isinstance(each, str) for each in instruments):
        return "instruments is a list of instruments, like budapest-29-preserve"
    unknown = sorted(set(instruments) - set(known_instruments()))
    if unknown:  # a rule with a name mistyped would leave another one, perhaps a shorter one, in its place
        return f"{unknown[0]} is no instrument (tocsin law list shows them)"
    if not all(isinstance(table[name], str) and table[name].strip() for name in ("name", "source")):
        return "name and source are text: a rule says where it stands"
    return None


def read_rules(tables: object) -> tuple[Rule, ...]:
    """The rules that such a list holds; ``fault_of_rules`` has been asked."""
    listed = tables if isinstance(tables, list | tuple) else ()
    return tuple(
        Rule(each["name"], each["days"], each["source"], tuple(map(InstrumentId, each["instruments"])))
        for each in listed
    )
