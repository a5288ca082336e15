"""When sessions end, what was shown, how accounts are called, what partners see. No database."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.offices import START
from tocsin.people.errors import PersonFieldError
from tocsin.people.rules.partners import check_organisation, is_for
from tocsin.people.rules.sign_in import (
    SessionLimits,
    Way,
    check_sign_in_name,
    device_of,
    ends_at,
    provider_id,
    shown_by,
    sign_in_name_of,
)

MINUTES = st.integers(min_value=0, max_value=24 * 60)


@given(MINUTES, st.integers(min_value=1, max_value=24), st.integers(min_value=1, max_value=24 * 60))
def test_a_session_never_outlives_its_shift_nor_its_idleness(seen: int, hours: int, idle: int) -> None:
    limits = SessionLimits(hours=hours, idle_minutes=idle)
    end = ends_at(since=START, seen=START + timedelta(minutes=seen), limits=limits)
    assert end <= START + timedelta(hours=hours)
    assert end <= START + timedelta(minutes=seen + idle)
    assert end in {START + timedelta(hours=hours), START + timedelta(minutes=seen + idle)}


PASSWORD = {"method": "password", "at": 1.0}
THEIRS = {"method": "socialaccount", "at": 1.0, "provider": "oidc", "uid": "u"}
INVITED = {"method": "invitation", "at": 1.0}


def factor(kind: str, number: int, **more: object) -> dict[str, object]:
    return {"method": "mfa", "at": 2.0, "type": kind, "id": number, **more}


@pytest.mark.parametrize(
    ("records", "way", "whole", "device"),
    [
        ([INVITED], Way.INVITATION, False, None),
        ([PASSWORD], Way.PASSWORD, False, None),
        ([PASSWORD, factor("totp", 7)], Way.APP, True, 7),
        ([PASSWORD, factor("webauthn", 8)], Way.KEY, True, 8),
        ([PASSWORD, factor("recovery_codes", 9)], Way.RECOVERY, True, 9),
        ([factor("webauthn", 8, passwordless=True)], Way.PASSKEY, True, 8),
        ([THEIRS], Way.ORGANISATION, False, None),
        ([THEIRS, factor("totp", 7)], Way.APP, True, 7),
        ([], Way.INVITATION, False, None),
    ],
    ids=str,
)
def test_what_somebody_showed(
    records: list[dict[str, object]],
    way: Way,
    whole: bool,  # noqa: FBT001 - a column of the table
    device: int | None,
) -> None:
    shown = shown_by(records, trusts_organisation=False)
    assert (shown.way, shown.whole, shown.device) == (way, whole, device)


def test_the_organisations_word_is_enough_where_the_administrator_says_so() -> None:
    assert shown_by([THEIRS], trusts_organisation=True).whole
    assert not shown_by([PASSWORD], trusts_organisation=True).whole


@pytest.mark.parametrize(
    ("name", "taken", "sign_in_name"),
    [
        ("Ioana Exemplu", set(), "ioana.exemplu"),
        ("Ioana Exemplu", {"ioana.exemplu"}, "ioana.exemplu2"),
        ("Șerban Ștefănescu-Ionescu", set(), "serban.stefanescu.ionescu"),
        ("Ελένη Παράδειγμα", set(), "person"),
        ("Ελένη Παράδειγμα", {"person", "person2"}, "person3"),
    ],
)
def test_an_account_is_called_after_its_person(name: str, taken: set[str], sign_in_name: str) -> None:
    assert sign_in_name_of(name, taken=taken) == sign_in_name


@given(st.text(max_size=200), st.sets(st.sampled_from(["person", "a", "b", "a.b"])))
def test_whatever_a_person_is_called_her_account_can_be_typed_and_is_hers_alone(name: str, taken: set[str]) -> None:
    found = sign_in_name_of(name, taken=taken)
    check_sign_in_name(found)
    assert found not in taken


@pytest.mark.parametrize("name", ["", "Ioana", "ioana exemplu", ".ioana", "ioana.", "ioană", "a" * 61, "a\n"])
def test_a_sign_in_name_that_a_foreign_keyboard_cannot_type_is_refused(name: str) -> None:
    with pytest.raises(PersonFieldError):
        check_sign_in_name(name)


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36", "Chromium, Linux"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari, iOS"),
        ("Mozilla/5.0 (Android 15; Mobile) Gecko/140.0 Firefox/140.0", "Firefox, Android"),
        ("<script>", ""),
    ],
)
def test_a_browser_is_named_short(agent: str, device: str) -> None:
    assert device_of(agent) == device


def test_another_issuer_is_another_provider() -> None:
    assert provider_id("https://id.example") == provider_id("https://id.example")
    assert provider_id("https://id.example") != provider_id("https://id.example/")


# -- partners --------------------------------------------------------------------------------------

PARTNER, OFFICER = frozenset({"partner"}), frozenset({"duty-officer"})


@pytest.mark.parametrize(
    ("roles", "organisation", "addressees", "sees"),
    [
        (PARTNER, "Example Bank", {"Example Bank"}, True),
        (PARTNER, "Example Bank", {"Example Bank", "Other"}, True),
        (PARTNER, "Example Bank", {"Other"}, False),
        (PARTNER, "Example Bank", set(), False),
        (PARTNER, "", {""}, False),
        (PARTNER | OFFICER, "Example Bank", {"Other"}, False),
        (OFFICER, "", {"Other"}, True),
    ],
)
def test_a_partner_sees_what_is_addressed_to_it_and_nothing_else(
    roles: frozenset[str],
    organisation: str,
    addressees: set[str],
    sees: bool,  # noqa: FBT001 - a column of the table
) -> None:
    assert is_for(roles=roles, organisation=organisation, addressees=addressees) is sees


@pytest.mark.parametrize(
    ("roles", "organisation"), [(PARTNER, ""), (OFFICER, "Example Bank"), (PARTNER | OFFICER, "Example Bank")]
)
def test_a_partner_has_an_organisation_and_no_role_of_the_house(roles: frozenset[str], organisation: str) -> None:
    with pytest.raises(PersonFieldError):
        check_organisation(roles, organisation=organisation)
    check_organisation(PARTNER, organisation="Example Bank")
    check_organisation(OFFICER, organisation="")
