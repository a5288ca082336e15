from datetime import timedelta

import pytest

from tests.wire.examples import EVE, NIGHT, PT, RO
from tocsin.base import jose
from tocsin.base.errors import TocsinError
from tocsin.base.jose import SignatureWrongError, Typ
from tocsin.proof.canonical import canonical, parse_strict
from tocsin.wire.errors import TicketFaultyError, TicketOutOfTimeError
from tocsin.wire.rules.ticket import Asked, Down, body_hash, new_ticket, ticket_in, verify_ticket

ASKED = Asked(method="POST", path="/wire/inbox", body=body_hash(b"{}"))


def a_ticket(**changes: object) -> bytes:
    jws = new_ticket(ASKED, sender=RO.member, to=PT.member, key=RO.signing_key, at=NIGHT)
    payload = parse_strict(jose.unverified_payload(jws))
    assert isinstance(payload, dict)
    return jose.sign(canonical(payload | changes), typ=Typ.TICKET, key=RO.signing_key)


def verify(jws: bytes, **changes: object) -> object:
    fields: dict[str, object] = {"key": RO.verifying_key, "asked": ASKED, "to": PT.member, "at": NIGHT} | changes
    return verify_ticket(jws, **fields)  # type: ignore[arg-type]


def test_a_ticket_is_good_for_the_request_it_was_made_for() -> None:
    down = Down(since=NIGHT - timedelta(hours=9), attempts=120, reason="connection refused")
    jws = new_ticket(ASKED, sender=RO.member, to=PT.member, key=RO.signing_key, at=NIGHT, down=down)
    ticket = verify_ticket(jws, key=RO.verifying_key, asked=ASKED, to=PT.member, at=NIGHT + timedelta(seconds=60))
    assert (ticket.sender, ticket.down, ticket.jws) == (RO.member, down, jws)


OTHER_REQUESTS: dict[str, dict[str, object]] = {
    "another path": {"asked": Asked(method="POST", path="/wire/receipts", body=ASKED.body)},
    "another query": {"asked": Asked(method="POST", path="/wire/inbox?all=1", body=ASKED.body)},
    "another method": {"asked": Asked(method="PATCH", path="/wire/inbox", body=ASKED.body)},
    "another body": {"asked": Asked(method="POST", path="/wire/inbox", body=body_hash(b"[]"))},
    "no body": {"asked": Asked(method="POST", path="/wire/inbox")},
    "another member": {"to": EVE.member},
}


@pytest.mark.parametrize("changes", OTHER_REQUESTS.values(), ids=OTHER_REQUESTS.keys())
def test_a_ticket_is_good_for_no_other_request(changes: dict[str, object]) -> None:
    with pytest.raises(TicketFaultyError):
        verify(a_ticket(), **changes)


@pytest.mark.parametrize("seconds", [-61, 61, -86400, 86400])
def test_a_ticket_is_good_for_a_minute(seconds: int) -> None:
    with pytest.raises(TicketOutOfTimeError) as raised:
        verify(a_ticket(), at=NIGHT + timedelta(seconds=seconds))
    assert raised.value.retryable


FAULTS: dict[str, tuple[dict[str, object], str]] = {
    "another version": ({"v": 2}, "v"),
    "true instead of one": ({"v": True}, "v"),
    "a letter": ({"type": "letter"}, "type"),
    "a sender that is a path": ({"from": "../ro"}, "from"),
    "no instant": ({"at": "yesterday"}, "at"),
    "an instant without an offset": ({"at": "2026-11-24T03:00:00"}, "at"),
    "a short nonce": ({"nonce": "00"}, "nonce"),
    "down as a text": ({"down": "long"}, "down"),
    "down with no attempts": ({"down": {"since": "2026-11-24T03:00:00.000Z", "attempts": 0, "reason": ""}}, "down"),
    "a reason with control characters": (
        {"down": {"since": "2026-11-24T03:00:00.000Z", "attempts": 1, "reason": "\x1b[2J"}},
        "down",
    ),
    "a member more": ({"scope": "all"}, "Authorization"),
}


@pytest.mark.parametrize(("changes", "field"), FAULTS.values(), ids=FAULTS.keys())
def test_a_faulty_ticket_is_refused_by_the_name_of_its_field(changes: dict[str, object], field: str) -> None:
    with pytest.raises(TicketFaultyError) as raised:
        verify(a_ticket(**changes))
    assert raised.value.fields["field"] == field


def test_a_ticket_by_another_key_is_refused() -> None:
    with pytest.raises(SignatureWrongError):
        verify(a_ticket(), key=EVE.verifying_key)


def test_a_letter_is_no_ticket() -> None:
    payload = jose.unverified_payload(a_ticket())
    with pytest.raises(TicketFaultyError):
        verify(jose.sign(payload, typ=Typ.LETTER, key=RO.signing_key))


@pytest.mark.parametrize("header", ["", "Tocsin", "Bearer abc", "Tocsin é", "Tocsin " + "a" * 5000])
def test_another_authorization_is_no_ticket(header: str) -> None:
    with pytest.raises(TocsinError):
        ticket_in(header)


def test_two_tickets_for_one_request_differ() -> None:
    one, two = (new_ticket(ASKED, sender=RO.member, to=PT.member, key=RO.signing_key, at=NIGHT) for _ in range(2))
    assert one != two
    assert ticket_in("tocsin " + one.decode()) == one
