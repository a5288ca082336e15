"""Who may do what, by role and by token; and four eyes. No database."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.offices import START
from tocsin.base.actor import Actor
from tocsin.base.ids import MemberId, PersonId, new_uuid
from tocsin.law.vocabulary import Function
from tocsin.people.errors import (
    OfficeMissingError,
    OwnConfirmationError,
    OwnSignOffError,
    RightMissingError,
    SignOffMissingError,
    TokenScopeError,
)
from tocsin.people.rules import four_eyes
from tocsin.people.rules.four_eyes import SignOff
from tocsin.people.rules.rights import Right, Role, check, rights_of

ROLES = st.frozensets(st.sampled_from([role.value for role in Role]))
RIGHTS = st.sampled_from(list(Right))


def actor(roles: frozenset[str], scopes: frozenset[str] | None = None) -> Actor:
    return Actor(MemberId("ro"), person=new_uuid(), name="Ioana Exemplu", roles=roles, scopes=scopes)


def may(by: Actor, right: Right) -> bool:
    try:
        check(by, right)
    except (RightMissingError, TokenScopeError):
        return False
    return True


def test_an_administrator_reads_no_request_and_an_auditor_no_content() -> None:
    content = {
        Right.READ_REQUESTS,
        Right.DRAFT,
        Right.SIGN_OFF,
        Right.SEND,
        Right.ANSWER,
        Right.OPEN_EVIDENCE,
        Right.TAKE_IN_EVIDENCE,
        Right.EXPORT_PROOF,
    }
    assert not rights_of(frozenset({"administrator"})) & content
    assert not rights_of(frozenset({"auditor"})) & content
    assert Right.READ_JOURNAL in rights_of(frozenset({"auditor"}))
    assert not rights_of(frozenset({"data-protection-officer"})) & content
    assert rights_of(frozenset({"counsel"})) == {Right.READ_DOSSIERS}


def test_nobody_alone_drafts_signs_off_and_sends() -> None:
    for role in Role:
        assert not {Right.DRAFT, Right.SIGN_OFF, Right.SEND} <= rights_of(frozenset({role.value})), role


def test_an_unknown_role_and_the_node_itself_carry_nothing() -> None:
    assert rights_of(frozenset({"king", "node"})) == frozenset()
    assert not any(may(Actor.node(MemberId("ro")), right) for right in Right)


@given(ROLES, RIGHTS, st.frozensets(RIGHTS))
def test_a_token_takes_rights_away_and_never_gives_one(
    roles: frozenset[str], right: Right, scopes: frozenset[Right]
) -> None:
    without, limited = actor(roles), actor(roles, frozenset(each.value for each in scopes))
    assert may(limited, right) == (may(without, right) and right in scopes)


@given(ROLES, ROLES, RIGHTS)
def test_rights_of_roles_add_up(some: frozenset[str], more: frozenset[str], right: Right) -> None:
    assert (right in rights_of(some | more)) == (right in rights_of(some) or right in rights_of(more))


# --- Four eyes ----------------------------------------------------------------------------------

SIGNED = SignOff(
    id="s1",
    person=PersonId("p1"),
    name="Ana Judecator",
    function="judge",
    validates=False,
    at=START,
    draft_sha256="a" * 64,
)
SCANNED = replace(SIGNED, document_sha256="b" * 64)


@pytest.mark.parametrize(
    ("sign_off", "counts"),
    [
        (SIGNED, True),
        (replace(SIGNED, draft_sha256="c" * 64), False),
        (SCANNED, False),
        (replace(SCANNED, confirmed_by=PersonId("p1")), False),
        (replace(SCANNED, confirmed_by=PersonId("p2")), True),
    ],
    ids=["signed", "under another draft", "a scan", "a scan confirmed by who entered it", "a scan that was confirmed"],
)
def test_what_counts_as_a_sign_off(sign_off: SignOff, counts: bool) -> None:  # noqa: FBT001 - a column of the table
    assert bool(four_eyes.good_ones([sign_off], draft_sha256="a" * 64)) is counts


def test_none_of_those_who_wrote_signs() -> None:
    four_eyes.check_writers(writers=["p2", "p3"], signer=PersonId("p1"), name="Ana")
    with pytest.raises(OwnSignOffError):
        four_eyes.check_writers(writers=["p2", "p1"], signer=PersonId("p1"), name="Ana")
    with pytest.raises(OwnConfirmationError):
        four_eyes.check_second_person(entered_by="p1", confirms="p1", name="Ana")


def test_a_signature_is_worth_the_office_of_its_signer() -> None:
    for function in Function:
        four_eyes.check_office(function.value, name="Ana")
    for nothing in ("", "provider-staff", "king"):
        with pytest.raises(OfficeMissingError):
            four_eyes.check_office(nothing, name="Ana")


def test_a_validation_alone_is_no_sign_off() -> None:
    four_eyes.check_signed([SIGNED], rule="Article 4")
    for too_little in ([], [replace(SIGNED, validates=True)]):
        with pytest.raises(SignOffMissingError):
            four_eyes.check_signed(too_little, rule="Article 4")
