"""People and their tokens on a real database: who comes, who leaves, and what a token is worth."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from tests.offices import START, Offices, console, entries
from tocsin.base.ids import PersonId, new_uuid
from tocsin.people import reads
from tocsin.people.acts.people import add_person, end_person, issue_token, withdraw_token
from tocsin.people.errors import PersonFieldError, UnknownPersonError, UnknownTokenError, UnknownTokenIdError
from tocsin.people.models import Person, Token
from tocsin.people.rules.rights import rights_of

OFFICER = frozenset({"duty-officer"})


@pytest.fixture
def ioana(offices: Offices) -> PersonId:
    offices.found("ro")
    return add_person(name="Ioana Exemplu", roles=OFFICER, function="police", by=console(), at=START)


def token_of(person: PersonId, *scopes: str) -> str:
    return issue_token(person, scopes=frozenset(scopes), by=console(), at=START)


def test_every_act_leaves_its_entry_and_no_token_stands_in_one(ioana: PersonId) -> None:
    token = token_of(ioana)
    withdraw_token(entries("token-issued")[0]["token_id"], by=console(), at=START)
    end_person(ioana, by=console(), at=START)
    kinds = [each["kind"] for each in entries()]
    assert kinds[-4:] == ["person-added", "token-issued", "token-withdrawn", "person-left"]
    assert token not in str(entries())
    assert not any(token in str(value) for row in Token.objects.values() for value in row.values())


def test_the_database_refuses_a_person_or_a_token_without_an_entry(ioana: PersonId) -> None:
    token_of(ioana)
    with pytest.raises(IntegrityError, match="without an entry"), transaction.atomic():
        Person.objects.filter(id=ioana).update(roles=["administrator"])
    with pytest.raises(IntegrityError, match="without an entry"), transaction.atomic():
        Token.objects.update(scopes=["node:run"])


def test_a_token_stands_for_its_person_until_its_time_is_over(ioana: PersonId) -> None:
    token = token_of(ioana)
    holder = reads.holder_of(token, at=START)
    assert (holder.actor.person, holder.actor.roles) == (ioana, OFFICER)
    assert holder.scopes == holder.actor.scopes == rights_of(OFFICER)
    last = START + timedelta(days=90)
    reads.holder_of(token, at=last - timedelta(seconds=1))
    with pytest.raises(UnknownTokenError):
        reads.holder_of(token, at=last)


def test_whoever_leaves_takes_his_tokens_along(ioana: PersonId) -> None:
    token = token_of(ioana)
    end_person(ioana, by=console(), at=START)
    with pytest.raises(UnknownTokenError):
        reads.holder_of(token, at=START)
    with pytest.raises(UnknownPersonError):
        token_of(ioana)
    with pytest.raises(UnknownPersonError):
        end_person(ioana, by=console(), at=START)


def test_one_token_is_withdrawn_and_the_other_stays(ioana: PersonId) -> None:
    first, second = token_of(ioana), token_of(ioana)
    withdraw_token(entries("token-issued")[0]["token_id"], by=console(), at=START)
    with pytest.raises(UnknownTokenError):
        reads.holder_of(first, at=START)
    assert reads.holder_of(second, at=START).actor.person == ioana
    for nothing in ("x", new_uuid(), entries("token-issued")[0]["token_id"]):
        with pytest.raises(UnknownTokenIdError):
            withdraw_token(nothing, by=console(), at=START)


def test_a_token_is_never_given_a_scope_that_its_person_has_not(ioana: PersonId) -> None:
    with pytest.raises(PersonFieldError):
        token_of(ioana, "requests:read", "node:run")
    assert not Token.objects.exists()


@pytest.mark.parametrize(
    ("name", "roles", "function", "field"),
    [
        ("", OFFICER, "", "name"),
        (" Ana", OFFICER, "", "name"),
        ("Ana\nPop", OFFICER, "", "name"),
        ("A" * 201, OFFICER, "", "name"),
        ("Ioana Exemplu", OFFICER, "", "name"),
        ("Ana", frozenset(), "", "roles"),
        ("Ana", frozenset({"king"}), "", "roles"),
        ("Ana", OFFICER, "poet", "function"),
    ],
)
def test_a_person_that_cannot_be_is_refused_with_the_field(
    ioana: PersonId, name: str, roles: frozenset[str], function: str, field: str
) -> None:
    with pytest.raises(PersonFieldError) as refused:
        add_person(name=name, roles=roles, function=function, by=console(), at=START)
    assert refused.value.fields["field"] == field
    assert [each.id for each in reads.people()] == [ioana]


def test_a_person_is_found_by_id_and_by_name(ioana: PersonId) -> None:
    assert reads.person("Ioana Exemplu") == reads.person(ioana)
    for nothing in ("", "ioana exemplu", new_uuid(), "not-an-id"):
        with pytest.raises(UnknownPersonError):
            reads.person(nothing)
