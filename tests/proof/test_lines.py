"""Base64 and numbers with one spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.proof.errors import AlteredError
from tocsin.proof.lines import base64_of, bytes_of, hash_of, number_of


@given(st.binary())
def test_base64_is_read_back(raw: bytes) -> None:
    assert bytes_of(base64_of(raw), thing="x") == raw


@pytest.mark.parametrize("text", ["AB==", "AA=", "AA", "A A=", "AA==\n", "-_8=", "é", "AAA=AAA=", "=", "AAAA===="])
def test_base64_in_another_spelling_is_refused(text: str) -> None:
    with pytest.raises(AlteredError):
        bytes_of(text, thing="x")


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_hash_has_32_bytes(size: int) -> None:
    with pytest.raises(AlteredError, match="32 bytes"):
        hash_of(base64_of(bytes(size)), thing="x")


@pytest.mark.parametrize(
    "text", ["", "00", "01", "-1", "+1", " 1", "1 ", "1_0", "\u0661", "²", "1.0", "9223372036854775808"]
)
def test_a_number_in_another_spelling_is_refused(text: str) -> None:
    with pytest.raises(AlteredError):
        number_of(text, thing="x")


@given(st.integers(0, 2**63 - 1))
def test_a_number_is_read_back(number: int) -> None:
    assert number_of(str(number), thing="x") == number
