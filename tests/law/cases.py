"""The worked examples of instruments, as values; every folder under ``examples`` is found by itself."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tocsin.base import instant
from tocsin.base.instant import Instant
from tocsin.law.draft_check import Draft, SignOff, faults, stops
from tocsin.law.faults import Fault
from tocsin.law.instrument import instrument
from tocsin.law.national import NationalTable, Tables, read_national_table
from tocsin.law.setting import Party
from tocsin.law.vocabulary import Function, PartyKind, StateCode

EXAMPLES = Path(__file__).parent / "examples"
IDS = tuple(sorted(each.name for each in EXAMPLES.iterdir() if each.is_dir()))


@dataclass(frozen=True)
class Example:
    """A draft with all that it is checked against."""

    draft: Draft
    sender: Party
    recipient: Party
    tables: Tables
    at: Instant

    def faults(self) -> list[Fault]:
        return faults(
            self.draft,
            sender=self.sender,
            recipient=self.recipient,
            instrument=instrument(self.draft.instrument),
            national=self.tables,
            at=self.at,
        )

    def stops(self) -> list[tuple[str, str]]:
        return sorted({(each.field, str(each.code)) for each in stops(self.faults())})


def load(name: str, what: str) -> Any:
    return json.loads((EXAMPLES / name / f"{what}.json").read_text(encoding="utf-8"))


def filled(name: str) -> Example:
    """The filled form of an instrument."""
    return _example(name, load(name, "filled"), {})


def expected_stops(name: str) -> list[tuple[str, str]]:
    """What stops even the filled form: an instrument that is not in force."""
    return sorted((field, code) for field, code in load(name, "filled")["stops"])


def faulty(name: str, case: Mapping[str, Any]) -> Example:
    """The filled form with what the case changes."""
    return _example(name, load(name, "filled"), case)


def party(written: Mapping[str, Any]) -> Party:
    competences = written.get("competences")
    return Party(
        kind=PartyKind(written["kind"]),
        state=StateCode(written["state"]),
        member=written.get("member", ""),
        languages=tuple(written.get("languages", ())),
        competences=None if competences is None else frozenset(competences),
    )


def table(written: Mapping[str, Any]) -> NationalTable:
    return read_national_table(written)


def _example(name: str, base: Mapping[str, Any], case: Mapping[str, Any]) -> Example:
    draft = base["draft"]
    form = {**draft["form"], **case.get("set", {})}
    for_authority = dict(draft["for_authority"])
    for field in case.get("unset", ()):
        form.pop(field, None)
    for field in case.get("for_authority_unset", ()):
        for_authority.pop(field, None)
    tables = [table(each) for each in case.get("tables", base["tables"])]
    return Example(
        draft=Draft(
            instrument=instrument(name).id,
            form=form,
            for_authority=for_authority,
            sign_offs=tuple(
                SignOff(function=Function(each["function"]), validates=each["validates"])
                for each in case.get("sign_offs", draft["sign_offs"])
            ),
            channel=case.get("channel", draft["channel"]),
            channel_ground=case.get("channel_ground", draft["channel_ground"]),
            overrides=case.get("overrides", {}),
        ),
        sender=party(case.get("sender", base["sender"])),
        recipient=party(case.get("recipient", base["recipient"])),
        tables={each.state: each for each in tables},
        at=instant.parse(case.get("at", base["at"])),
    )
