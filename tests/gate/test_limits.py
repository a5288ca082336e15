"""Entrances that ask nobody who he is answer so many calls a minute, by address and together."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from tests.conftest import AsNode
from tests.directory.cards import Member
from tests.journal.examples import OFFICER, OtherLog
from tocsin.base import instant, jose, this_node
from tocsin.base.calls import Counts, caller_of
from tocsin.base.this_node import Limits
from tocsin.directory.acts import cards
from tocsin.directory.rules.words import words_of
from tocsin.gate import limits
from tocsin.wire.models import RefusalCount
from tocsin.wire.rules.ticket import SCHEME, Asked, body_hash, new_ticket

pytestmark = pytest.mark.django_db(transaction=True)

OPEN = (
    "/witness/add-checkpoint",
    "/directory/submissions",
    "/directory/cards",
    "/directory/alive",
    "/directory/drills",
    "/directory/drills/answers",
)
AT = datetime(2026, 11, 24, 3, 0, 20, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _ro(as_node: AsNode, monkeypatch: pytest.MonkeyPatch) -> None:
    as_node("ro", limits=Limits(open_calls_per_address=3, open_calls=5))
    monkeypatch.setattr(limits, "_counts", Counts())
    monkeypatch.setattr(instant, "true_now", lambda: AT)


def post(path: str, *, address: str = "192.0.2.1", body: bytes = b"{}", **headers: str) -> Any:
    return Client().post(path, data=body, content_type="application/json", REMOTE_ADDR=address, headers=headers)


@pytest.mark.parametrize("path", OPEN)
def test_one_address_is_answered_so_often_and_then_told_when_to_come_back(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert all(post(path).status_code != 429 for _ in range(3))
    counted = RefusalCount.objects.count()
    refused = post(path)
    assert (refused.status_code, refused["Content-Type"]) == (429, "application/problem+json")
    assert (refused.json()["code"], refused.json()["retryable"]) == ("gate.too-many-calls", True)
    assert refused["Retry-After"] == "40", "the minute has so many seconds left"
    assert RefusalCount.objects.count() == counted, "a flood writes no rows"
    assert post(path, address="192.0.2.2").status_code != 429, "another is not touched"
    monkeypatch.setattr(instant, "true_now", lambda: AT + timedelta(seconds=40))
    assert post(path).status_code != 429, "the next minute begins anew"


def test_all_together_are_answered_so_often_from_however_many_addresses() -> None:
    answers = [post("/directory/alive", address=f"192.0.2.{n}").status_code for n in range(1, 8)]
    assert [status == 429 for status in answers] == [False] * 5 + [True] * 2
    assert "Everybody together" in post("/directory/alive", address="192.0.2.99").json()["detail"]


def test_a_clock_that_was_put_back_begins_a_new_count(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(4):
        post("/directory/alive")
    monkeypatch.setattr(instant, "true_now", lambda: AT - timedelta(hours=1))
    assert post("/directory/alive").status_code != 429


@pytest.mark.parametrize(
    ("addresses", "names"),
    [
        (("2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"), 2),
        (("192.0.2.1", "::ffff:192.0.2.1"), 1),
        (("not an address", ""), 1),
    ],
)
def test_an_address_is_what_one_subscriber_has(addresses: tuple[str, ...], names: int) -> None:
    assert len({caller_of(address) for address in addresses}) == names


def test_a_table_that_is_full_takes_no_more_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tocsin.base.calls.MOST_ADDRESSES", 10)
    counts = Counts()
    for n in range(100):
        counts.add(f"address {n}", at=AT)
    assert len(counts._counts) == 11
    assert counts.add("address 3", at=AT) == 2


def test_a_member_with_a_ticket_is_heard_through_a_flood_of_strangers() -> None:
    pt, officer = Member("pt"), replace(OFFICER, name="Ana Exemplu")
    card = pt.card(at=AT - timedelta(hours=1))
    cards.take_card(card.file, by=officer, at=AT)
    cards.confirm_card(pt.member, heard=str(words_of(card.jws, member=pt.member)), by=officer, at=AT)
    log = OtherLog(entries=[bytes(32)])
    log.key = pt.keys.journal
    for n in range(20):
        post(OPEN[0], address=f"192.0.2.{n}")
    assert post(OPEN[0], body=log.submission(old=0)).status_code == 429
    body = log.submission(old=0)
    forged = ticket(Member("pt"), body)
    assert post(OPEN[0], body=body, Authorization=forged).status_code == 429
    answers = [post(OPEN[0], body=body, Authorization=ticket(pt, body)).status_code for _ in range(4)]
    assert answers == [200, 409, 409, 429], "and is counted by itself"


def ticket(member: Member, body: bytes) -> str:
    asked = Asked(method="POST", path=OPEN[0], body=body_hash(body))
    key = jose.signing_key(member.keys.signing)
    made = new_ticket(asked, sender=member.member, to=this_node.this_node().member, key=key, at=AT)
    return f"{SCHEME} {made.decode('ascii')}"
