"""The inbox over HTTP: what is refused before it is read, and what happens when the database goes away."""

import json
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import psycopg
import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.db import connection
from django.http import HttpResponse
from django.test import Client, RequestFactory

from tests.conftest import AsNode
from tests.wire.conftest import Taken
from tests.wire.desks import Desk, sealed_to_this_node
from tocsin.base.ids import MemberId
from tocsin.base.instant import true_now
from tocsin.base.this_node import Limits
from tocsin.gate.inbox import inbox
from tocsin.wire.models import RefusalCount, StoredLetter, UsedTicket
from tocsin.wire.rules.letter import Letter
from tocsin.wire.rules.ticket import Asked, body_hash

PT = MemberId("pt")
INBOX = "/wire/inbox"


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


def batch(*letters: Letter, to: str = "pt") -> bytes:
    return json.dumps({"to": to, "letters": [sealed_to_this_node(one).jwe.decode() for one in letters]}).encode()


def posted(client: Client, desk: Desk, body: bytes, *, path: str = INBOX, **changes: Any) -> Any:
    """Post a body with a ticket for it; ``changes`` go to the request."""
    asked = Asked(method="POST", path=path, body=body_hash(body) if body else None)
    headers = {"Authorization": desk.ticket(asked=asked, at=true_now())} | changes.pop("headers", {})
    return client.post(path, data=body, content_type="application/json", headers=headers, **changes)


def test_letters_posted_with_a_ticket_are_answered_by_receipts(client: Client, ro: Desk) -> None:
    answer = posted(client, ro, batch(ro.write(PT), ro.write(PT)))
    assert answer.status_code == 200
    assert [list(result) for result in answer.json()["results"]] == [["receipt"], ["receipt"]]
    assert answer["Cache-Control"] == "no-store"


REFUSED: dict[str, tuple[bytes, int, str, str]] = {
    "nothing": (b"", 400, "wire.body-faulty", ""),
    "no JSON": (b"letters", 400, "wire.body-faulty", ""),
    "a list": (b"[]", 400, "wire.body-faulty", ""),
    "no letters": (b'{"to":"pt"}', 400, "wire.body-faulty", "letters"),
    "letters that are a text": (b'{"to":"pt","letters":"x"}', 400, "wire.body-faulty", "letters"),
    "an empty batch": (b'{"to":"pt","letters":[]}', 400, "wire.body-faulty", "letters"),
    "a letter that is a number": (b'{"to":"pt","letters":["x",7]}', 400, "wire.body-faulty", "letters.1"),
    "a member more": (b'{"to":"pt","letters":["x"],"cc":"gr"}', 400, "wire.body-faulty", "cc"),
    "a batch for somebody else": (b'{"to":"gr","letters":["x"]}', 421, "wire.letter-not-for-us", "gr"),
    "more letters than a batch holds": (
        json.dumps({"to": "pt", "letters": ["x"] * 51}).encode(),
        400,
        "wire.body-faulty",
        "letters",
    ),
}


@pytest.mark.parametrize(("body", "status", "code", "field"), REFUSED.values(), ids=REFUSED.keys())
def test_a_faulty_body_is_refused_by_the_name_of_its_field(  # a case and what it should get
    client: Client, ro: Desk, body: bytes, status: int, code: str, field: str
) -> None:
    answer = posted(client, ro, body)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    problem = answer.json()
    assert problem["code"] == code
    assert field in problem["fields"].values()
    assert problem["type"] == f"urn:tocsin:problem:{code}"
    assert not StoredLetter.objects.exists()


def test_a_body_above_the_limit_is_refused_by_its_announced_length(client: Client, ro: Desk, as_node: AsNode) -> None:
    as_node("pt", limits=Limits(batch_bytes=1000))
    answer = posted(client, ro, batch(ro.write(PT)))
    assert (answer.status_code, answer.json()["code"]) == (413, "wire.body-too-large")
    assert answer.json()["fields"]["most"] == "1000"


def test_a_body_cut_short_on_its_way_is_refused(ro: Desk) -> None:
    body = batch(ro.write(PT))
    environ = RequestFactory().post(INBOX, data=body, content_type="application/json").environ
    environ |= {"CONTENT_LENGTH": str(len(body)), "wsgi.input": BytesIO(body[:-100])}
    answer = inbox(WSGIRequest(environ))
    assert isinstance(answer, HttpResponse)
    assert (answer.status_code, json.loads(answer.content)["code"]) == (400, "wire.body-faulty")


def test_a_request_without_a_ticket_or_with_anothers_is_turned_away(client: Client, ro: Desk) -> None:
    body = batch(ro.write(PT))
    bare = client.post(INBOX, data=body, content_type="application/json")
    assert (bare.status_code, bare.json()["code"]) == (401, "wire.ticket-faulty")
    assert bare["WWW-Authenticate"] == "Tocsin"
    stranger = posted(client, Desk.of("eve"), body)
    assert (stranger.status_code, stranger.json()["code"]) == (403, "wire.sender-unknown")
    assert dict(RefusalCount.objects.values_list("code", "count")) == {
        "wire.ticket-faulty": 1,
        "wire.sender-unknown": 1,
    }


def test_a_request_caught_and_sent_again_is_turned_away(client: Client, ro: Desk) -> None:
    body = batch(ro.write(PT))
    header = ro.ticket(asked=Asked(method="POST", path=INBOX, body=body_hash(body)), at=true_now())
    answers = [
        client.post(INBOX, data=body, content_type="application/json", headers={"Authorization": header})
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [200, 401]
    assert answers[1].json()["code"] == "wire.ticket-used"


def test_too_many_letters_are_told_when_to_come_back(client: Client, ro: Desk, as_node: AsNode) -> None:
    as_node("pt", limits=Limits(letters_per_minute=1))
    answer = posted(client, ro, batch(ro.write(PT), ro.write(PT)))
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 60


def test_only_posts_are_taken(client: Client) -> None:
    assert client.get(INBOX).status_code == 405


@pytest.fixture
def lost_connection(taken: Taken) -> Iterator[None]:
    """While a letter is handed over, somebody ends this process's connection to the database."""

    def end_it(_: Letter) -> None:
        with connection.cursor() as cursor:
            cursor.execute("select pg_backend_pid()")
            (pid,) = cursor.fetchone()
        settings = connection.get_connection_params()
        names = ("host", "port", "user", "password", "dbname")
        with psycopg.connect(**{name: settings[name] for name in names if settings.get(name)}) as other:
            other.execute("select pg_terminate_backend(%s)", [pid])
        with connection.cursor() as cursor:
            cursor.execute("select 1")

    taken.refuse = end_it
    yield
    connection.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("lost_connection")
def test_a_database_that_goes_away_in_mid_letter_leaves_nothing_and_the_letter_can_come_again(
    client: Client, ro: Desk, taken: Taken
) -> None:
    letter = ro.write(PT)
    answer = posted(client, ro, batch(letter))
    assert answer.status_code == 503
    assert (answer.json()["code"], answer.json()["retryable"]) == ("wire.store-away", True)
    connection.close()
    assert not StoredLetter.objects.exists()
    assert not UsedTicket.objects.exists()
    taken.refuse = lambda _: None
    assert "receipt" in posted(client, ro, batch(letter)).json()["results"][0]
    assert taken.letters == [letter]
