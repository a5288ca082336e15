"""Durations are said in every official language with a word for the unit."""

import pytest
from babel.units import get_unit_name

from tocsin.base.durations import many
from tocsin.base.languages import OFFICIAL

UNITS = ("second", "minute", "hour", "day", "week", "month", "year")


@pytest.mark.parametrize("language", sorted(OFFICIAL))
@pytest.mark.parametrize("length", ["narrow", "short", "long"])
def test_every_language_has_words_for_every_unit(language: str, length: str) -> None:
    for unit in UNITS:
        for count in (0, 1, 2, 5, 11, 48, 400):
            said = many(count, unit, locale=language, length=length)  # type: ignore[arg-type]
            assert str(count) in said, (unit, count, said)
            assert "duration" not in said, (unit, count, said)
            assert said.strip() != str(count), (unit, count, said)


def test_a_unit_is_not_turned_into_another() -> None:
    assert get_unit_name("duration-minute", length="long", locale="en") == "minutes"
    assert many(90, "minute", locale="en") == "90 minutes"
    assert many(26, "month", locale="de") == "26 Monate"
    assert many(48, "minute", locale="de", length="narrow") == "48 Min."
    with pytest.raises(KeyError):
        many(1, "fortnight", locale="en")
