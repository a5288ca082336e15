"""Between an exercise and the real world: no card is taken, no letter written, whichever way."""

import pytest
from django.apps import apps

from tests.offices import Offices
from tocsin.directory.acts.cards import take_card
from tocsin.directory.errors import CardOfExerciseError
from tocsin.directory.reads import own_card
from tocsin.directory.rules.card import payload_of, read_card
from tocsin.exercise.acts import wipe as wiping
from tocsin.exercise.acts.wipe import EMPTIED, wiped_models


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


STAYS = {
    "base": "no rows",
    "journal": "its tree, with tombstones",
    "people": "who works here",
    "directory": "who answers for what",
    "exercise": "marks, and what was wiped",
    "desk": "no rows",
    "public": "no rows",
}
"""Packages that a wipe leaves as they are, and why."""


def test_every_package_with_rows_is_wiped_or_says_why_not() -> None:
    ours = {each.label for each in apps.get_app_configs() if each.name.startswith("tocsin.")}
    assert ours <= set(EMPTIED) | set(STAYS), "a new package: is it an exercise's work?"
    known = {
        model._meta.label for label in EMPTIED if label in ours for model in apps.get_app_config(label).get_models()
    }
    assert set(wiping.STAYS) <= known
    assert {model._meta.label for model in wiped_models()} == known - set(wiping.STAYS)
