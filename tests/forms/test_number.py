"""The number and the code of a form."""

from hypothesis import given
from hypothesis import strategies as st

from tocsin.base.ids import MemberId
from tocsin.forms.rules.number import CODE_BYTES, NUMBER_BYTES, check_sha256, new_check, plain

NUMBERS = st.binary(min_size=NUMBER_BYTES, max_size=NUMBER_BYTES)
CODES = st.binary(min_size=CODE_BYTES, max_size=CODE_BYTES)


def test_the_zeros_of_all_bytes_are_written_as_zeros() -> None:
    made = new_check(MemberId("ro"), number=bytes(NUMBER_BYTES), code=b"\xff" * CODE_BYTES)
    assert (made.number, made.code) == ("RO-0000-0000", "ZZZZ-ZZZZ-ZZZZ")


@given(NUMBERS, CODES)
def test_however_it_is_typed_it_is_the_same(number: bytes, code: bytes) -> None:
    made = new_check(MemberId("example-mail"), number=number, code=code)
    for typed in (
        str.lower,
        lambda each: each.replace("-", " "),
        lambda each: each.replace("0", "O").replace("1", "l"),
    ):
        assert check_sha256(typed(made.number), typed(made.code)) == made.sha256


@given(NUMBERS, CODES, CODES)
def test_another_code_is_another_hash(number: bytes, code: bytes, other: bytes) -> None:
    one, two = (new_check(MemberId("ro"), number=number, code=each) for each in (code, other))
    assert (one.sha256 == two.sha256) == (one.code == two.code)


@given(st.text(max_size=200), st.text(max_size=200))
def test_anything_that_is_typed_has_a_hash(number: str, code: str) -> None:
    assert len(check_sha256(number, code)) == 64
    assert len(plain(number)) <= 320
