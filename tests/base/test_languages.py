"""The names of languages are those of CLDR."""

import pytest
from babel import Locale

from tocsin.base.languages import OFFICIAL


def test_there_are_twenty_four() -> None:
    assert len(OFFICIAL) == 24


@pytest.mark.parametrize("code", OFFICIAL)
def test_a_language_is_called_as_its_speakers_call_it(code: str) -> None:
    assert Locale.parse(code).get_display_name() == OFFICIAL[code]
