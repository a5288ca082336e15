"""Between an exercise and the real world: no card is taken, no letter written, whichever way."""

import pytest

from tests.offices import Offices
from tocsin.directory.acts.cards import take_card
from tocsin.directory.errors import CardOfExerciseError
from tocsin.directory.reads import own_card
from tocsin.directory.rules.card import payload_of, read_card


@pytest.mark.parametrize("of_exercise", ["ro", "pt"])
def test_a_card_of_an_exercise_is_not_taken_by_a_real_node_nor_a_real_one_by_an_exercise(
    offices: Offices, of_exercise: str
) -> None:
    offices.found("pt", exercise=of_exercise == "pt")
    card = own_card()
    assert card is not None
    offices.found("ro", exercise=of_exercise == "ro")
    ioana = offices.person("ro", "Ioana Exemplu", "duty-officer")
    with pytest.raises(CardOfExerciseError) as refused:
        take_card(card.file, by=ioana, at=offices.at)
    assert refused.value.fields["member"] == "pt"


def test_the_card_of_an_exercise_says_so_and_a_real_one_has_no_such_field(offices: Offices) -> None:
    for member, exercise in (("ro", True), ("pt", False)):
        offices.found(member, exercise=exercise)
        signed = own_card()
        assert signed is not None
        assert read_card(signed.jws).card.exercise is exercise
        assert ("exercise" in payload_of(signed.card)) is exercise
