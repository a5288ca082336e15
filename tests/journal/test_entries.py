"""Every entry of the product has a kind of its own and says how it is erased."""

import importlib
import pkgutil
from dataclasses import dataclass, fields, is_dataclass
from typing import ClassVar

import pytest

import tocsin
from tests.journal.examples import NIGHT, OFFICER, FileLookedAt
from tocsin.journal.entries import KIND, RESERVED, Entry
from tocsin.journal.rules.event import batch_of
from tocsin.proof.canonical import canonical
from tocsin.proof.commitment import commitment
from tocsin.proof.errors import CanonicalError


def all_entries() -> list[type[Entry]]:
    for module in pkgutil.walk_packages(tocsin.__path__, "tocsin."):
        if module.name.endswith(".entries"):
            importlib.import_module(module.name)
    found, waiting = [], [Entry]
    while waiting:
        subclasses = waiting.pop().__subclasses__()
        waiting += subclasses
        found += subclasses
    # With slots a dataclass is made twice, and the first one is nobody's.
    ours = {f"{entry.__module__}.{entry.__qualname__}": entry for entry in found if "__slots__" in entry.__dict__}
    return [entry for name, entry in sorted(ours.items()) if name.startswith("tocsin.")]


@pytest.mark.parametrize("entry", all_entries(), ids=lambda entry: entry.__qualname__)
def test_an_entry_says_what_it_is_and_how_it_is_erased(entry: type[Entry]) -> None:
    assert is_dataclass(entry)
    assert KIND.fullmatch(entry.kind)
    assert len(entry.erasure.split()) > 2, "a sentence for the records officer"
    names = {field.name for field in fields(entry)}
    assert not names & RESERVED
    assert entry.about_field in names | {""}


def test_a_kind_belongs_to_one_entry() -> None:
    kinds = [entry.kind for entry in all_entries()]
    assert sorted(kinds) == sorted(set(kinds))


def test_the_journal_has_entries_of_its_own() -> None:
    kinds = {entry.kind for entry in all_entries()}
    assert {"entries-erased", "journal-alarm-raised", "journal-alarm-seen", "origin-begun"} <= kinds


def test_an_entry_without_a_word_on_its_erasure_is_not_accepted() -> None:
    with pytest.raises(TypeError, match="does not say how it is erased"):

        @dataclass(frozen=True, slots=True)
        class _Silent(Entry):
            kind: ClassVar[str] = "test-silent"


def test_an_entry_without_a_kind_is_not_accepted() -> None:
    with pytest.raises(TypeError, match="names no kind"):

        @dataclass(frozen=True, slots=True)
        class _Nameless(Entry):
            kind: ClassVar[str] = "Not A Kind"
            erasure: ClassVar[str] = "never: it is not there"


@pytest.mark.parametrize("name", sorted(RESERVED - {"kind"}))
def test_a_field_cannot_take_the_place_of_a_member_that_every_event_has(name: str) -> None:
    body = {"kind": "test-greedy", "erasure": "never: it is not there", "__annotations__": {name: str}}
    with pytest.raises(TypeError, match=f"reserved name {name}"):
        type("Greedy", (Entry,), body)


# --- From entry to commitment -------------------------------------------------------------------


def test_an_event_tells_who_what_and_when_in_canonical_form() -> None:
    batch = batch_of([FileLookedAt(file="a", reason="duty")], by=OFFICER, at=NIGHT)
    by = f'{{"member":"ro","person":"{OFFICER.person}","roles":["duty-officer"]}}'
    told = '"file":"a","kind":"test-file-looked-at","reason":"duty","v":1'
    assert batch.written == [f'{{"at":"2026-11-24T03:00:00.123Z","by":{by},{told}}}']
    assert batch.written[0].encode() == canonical(batch.events[0])


def test_the_column_beside_the_event_tells_the_same_instant() -> None:
    batch = batch_of([FileLookedAt(file="a")], by=OFFICER, at=NIGHT)
    assert batch.at == NIGHT.replace(microsecond=123000)


def test_a_commitment_is_to_the_event_with_a_salt_of_its_own() -> None:
    batch = batch_of([FileLookedAt(file="a")] * 3, by=OFFICER, at=NIGHT)
    assert len(set(batch.salts)) == len(set(batch.commitments)) == 3
    for salt, event, made in zip(batch.salts, batch.events, batch.commitments, strict=True):
        assert made == commitment(salt, event)


@dataclass(frozen=True, slots=True)
class Mixed(Entry):
    """Holds what is not JSON by itself."""

    kind: ClassVar[str] = "test-mixed"
    erasure: ClassVar[str] = "never: it is an example"

    since: object
    roles: object
    nested: object


def test_instants_sets_and_tuples_have_one_form_in_an_event() -> None:
    entry = Mixed(since=NIGHT, roles=frozenset({"b", "a"}), nested=({"x": (NIGHT, None)},))
    event = batch_of([entry], by=OFFICER, at=NIGHT).events[0]
    instant = "2026-11-24T03:00:00.123Z"
    assert event["since"] == instant
    assert event["roles"] == ["a", "b"]
    assert event["nested"] == [{"x": [instant, None]}]


@pytest.mark.parametrize("value", [1.5, b"bytes", object(), {1: "a"}, "\ud800"], ids=lambda value: type(value).__name__)
def test_what_has_no_canonical_form_is_not_recorded(value: object) -> None:
    with pytest.raises(CanonicalError):
        batch_of([Mixed(since=value, roles=(), nested=None)], by=OFFICER, at=NIGHT)
