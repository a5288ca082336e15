"""What stands on a form, without a database."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.law import cases
from tocsin.base.ids import RequestId
from tocsin.forms.rules.said import Words, drawable
from tocsin.forms.rules.sheet import End, Sheet, What, is_arranged, shown
from tocsin.forms.typeset import typeset
from tocsin.law.instrument import instrument, instruments
from tocsin.law.rendering import fields_kept_from_addressee, for_addressee
from tocsin.requests.rules.letters import Ask

AT = datetime(2026, 11, 24, 2, tzinfo=UTC)
GREEK = {"Who asks": "Ποιος ζητεί", "end of {day}": "τέλος της {day}"}


def words(language: str = "en", *, reviewed: bool = False, zone: str = "UTC") -> Words:
    catalogue = GREEK if language == "el" else {}
    return Words(language=language, find=lambda text: catalogue.get(text, ""), reviewed=reviewed, zone=zone)


def sheet(name: str, **form: Any) -> Sheet:
    law = instrument(name)
    filled: Any = cases.filled(name).draft.form
    seen = {each: filled[each] for each in for_addressee(law, filled).values}
    return Sheet(
        what=What.DRAFT,
        request=RequestId("5d0c2f30-0000-4000-8000-000000000000"),
        law=law,
        ask=Ask(form={**seen, **form}, case_reference="RO-1"),
        sender=End(member="ro", name="Example point of Romania", country="RO"),
        addressee=End(member="pt", name="Example point of Portugal", country="PT"),
        exercise=False,
    )


@pytest.mark.parametrize("name", cases.IDS)
def test_every_instrument_makes_a_form_of_every_field_that_is_filled_in(name: str) -> None:
    made = sheet(name)
    data: Any = shown(made, words())
    assert sum(len(each["fields"]) for each in data["sections"]) == len(made.ask.form)
    assert typeset(data, attached=None, at=AT).startswith(b"%PDF-1.7")


def test_what_its_addressee_must_not_see_is_never_laid_out() -> None:
    kept = sorted(fields_kept_from_addressee(instrument("eev-epoc")))
    assert kept
    with pytest.raises(ValueError, match="not for the addressee"):
        shown(sheet("eev-epoc", **{kept[0]: "the case"}), words())


def test_a_text_stands_in_the_readers_language_with_the_english_beside_it() -> None:
    told = words("el")
    assert told.said("Who asks") == {"t": "Ποιος ζητεί", "en": "Who asks", "x": False}
    assert told.bilingual


def test_a_reviewed_language_stands_alone() -> None:
    told = words("el", reviewed=True)
    assert told.said("Who asks") == {"t": "Ποιος ζητεί", "en": None, "x": False}
    assert not told.bilingual


def test_what_lacks_a_translation_stands_in_english_is_marked_and_counted() -> None:
    told = words("el")
    assert told.said("Who is asked") == {"t": "Who is asked", "en": None, "x": True}
    told.said("Who is asked")
    assert told.missing == {"Who is asked"}


def test_an_exclusive_midnight_is_the_end_of_its_day() -> None:
    due: Any = words(zone="Europe/Lisbon").due(datetime(2026, 12, 4, tzinfo=UTC))
    assert due["t"] == "end of December 3, 2026 UTC"


def test_an_instant_is_told_in_the_readers_zone_with_its_offset() -> None:
    told: Any = words(zone="Europe/Bucharest").at(AT)
    assert told["t"] == "November 24, 2026, 04:00 UTC+02:00"


def test_every_shipped_instrument_says_whether_its_form_is_from_memory() -> None:
    arranged = {name for name, law in instruments().items() if is_arranged(law, [each.id for each in law.form.fields])}
    assert "budapest-29-preserve" in arranged


def test_what_hides_or_turns_is_shown_by_its_number() -> None:
    assert drawable("a\u202eb\u0000c\u2066d") == "a⟨U+202E⟩b⟨U+0000⟩c⟨U+2066⟩d"
    assert drawable("Ελλάδα, България, Łódź, Ħal, ½ €") == "Ελλάδα, България, Łódź, Ħal, ½ €"


@settings(max_examples=25)
@given(st.text(max_size=300))
def test_whatever_is_typed_can_be_printed(typed: str) -> None:
    data = shown(sheet("budapest-29-preserve", facts=typed, holder=typed[::-1]), words())
    assert typeset(data, attached=None, at=AT).startswith(b"%PDF-1.7")
