"""An entry stands for its event and tells nothing of it."""

import pytest

from tocsin.proof.canonical import MAX_INT
from tocsin.proof.commitment import commitment, leaf_of, new_salt
from tocsin.proof.errors import CanonicalError

EVENT = {"v": 1, "kind": "letter-stored"}


def test_the_worked_example_holds() -> None:
    assert commitment(bytes(32), EVENT).hex() == "d0069a19f71da87d939b74052f58dbc6d1fe9e61521812526df3d2ec809a746d"
    assert leaf_of(bytes(32), EVENT).hex() == "0b3b0b42fb063200f05620d303d5c51c3b19bea49012c5e69830bf3f0bfdb5df"


def test_another_salt_or_another_event_is_another_entry() -> None:
    salt, other = new_salt(), new_salt()
    assert len({commitment(salt, EVENT), commitment(other, EVENT), commitment(salt, EVENT | {"v": 2})}) == 3


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_a_salt_of_another_size_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        commitment(bytes(size), EVENT)


def test_an_event_without_one_form_is_refused() -> None:
    with pytest.raises(CanonicalError):
        commitment(new_salt(), {"v": MAX_INT + 1})
