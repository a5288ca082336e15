"""UUIDs and instants have one written form on the wire: a pattern tells it, and it is what the library would write."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tocsin.base import instant
from tocsin.base.ids import is_uuid


@given(some.uuids())
def test_a_uuid_as_the_library_writes_it_is_one(uuid: UUID) -> None:
    assert is_uuid(str(uuid))
    assert not is_uuid(uuid.hex)
    assert not is_uuid(f"{{{uuid}}}")
    assert not is_uuid(f"{uuid}\n")


@given(some.uuids().filter(lambda uuid: str(uuid) != str(uuid).upper()))
def test_a_uuid_in_upper_case_is_none(uuid: UUID) -> None:
    assert not is_uuid(str(uuid).upper())


@pytest.mark.parametrize(
    "text", ["", None, 1, "8f2d1a4e4b1f4d559d0e000000000001", "٨f2d1a4e-4b1f-4d55-9d0e-000000000001"]
)
def test_what_is_no_uuid(text: object) -> None:
    assert not is_uuid(text)


@given(some.datetimes(timezones=some.just(UTC)))
def test_an_instant_is_read_as_it_was_told(at: datetime) -> None:
    assert instant.parse_told(instant.text(at)) == instant.as_told(at)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "2026-11-24T03:00:00Z",
        "2026-11-24T03:00:00.000000Z",
        "2026-11-24T03:00:00.000+00:00",
        "2026-11-24 03:00:00.000Z",
        "2026-11-24T03:00:00.000z",
        "2026-11-24T03:00:00.000Z\n",
        "2026-11-24T24:00:00.000Z",
        "2026-11-24T03:00:60.000Z",
        "2026-02-30T03:00:00.000Z",
        "0000-01-01T00:00:00.000Z",
        "٢026-11-24T03:00:00.000Z",
    ],
)
def test_another_form_is_no_instant(written: str) -> None:
    assert instant.parse_told(written) is None


@pytest.mark.parametrize("written", ["0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59-01:00", "2026-11-24T03:00:00"])
def test_what_lies_beyond_all_years_or_has_no_offset_is_a_value_error_like_any_other(written: str) -> None:
    with pytest.raises(ValueError, match="UTC"):
        instant.parse(written)
