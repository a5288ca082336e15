"""Many letters at once: as one by one, and with no more statements for more of them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.offices import Offices
from tests.requests.desk import Pair, urgent
from tocsin.base import jose
from tocsin.base.ids import MemberId, RequestId
from tocsin.base.this_node import this_node
from tocsin.law.vocabulary import LetterKind
from tocsin.requests.acts.draft import write_draft
from tocsin.requests.acts.send import send_request
from tocsin.requests.models import Request
from tocsin.wire import peers
from tocsin.wire.acts.admit import admit
from tocsin.wire.acts.deliver import sealed_for
from tocsin.wire.acts.receipts import take_opened_receipts
from tocsin.wire.acts.receive import receive
from tocsin.wire.models import Outgoing
from tocsin.wire.rules.batch import Given
from tocsin.wire.rules.seal import SealedLetter
from tocsin.wire.rules.ticket import Asked, new_ticket

ASKED = Asked(method="POST", path="/wire/inbox")
CLOCK = "dir2013_40.13.1.urgent"


@pytest.fixture
def pair(offices: Offices) -> Pair:
    return Pair(offices)


def send_many(pair: Pair, count: int) -> list[RequestId]:
    """Urgent asks of ro that wait to leave."""
    pair.ro()
    drafts = [write_draft(urgent(pair.at), by=pair.ioana, at=pair.at) for _ in range(count)]
    return [send_request(each.id, by=pair.ioana, at=pair.at).thread for each in drafts]


def carry_as_one_batch(pair: Pair) -> tuple[int, int]:
    """Bring all that waits to pt, and its receipts back; how many statements that was at pt, and at ro."""
    pair.ro()
    peer = peers.peer_of(MemberId("pt"), at=pair.at)
    sealed = [SealedLetter(sealed_for(peer, jws.encode())) for jws in outgoing()]
    key = jose.signing_key(this_node().keys.signing)
    ticket = new_ticket(ASKED, sender=MemberId("ro"), to=peer.member, key=key, at=pair.at, down=None)
    pair.pt()
    caller = admit(f"Tocsin {ticket.decode()}", asked=ASKED, at=pair.at)
    with CaptureQueriesContext(connection) as taken:
        answers = receive(sealed, caller=caller, at=pair.at)
    at_pt = len(taken)
    pair.ro()
    receipts = [answer.jws for answer in answers if isinstance(answer, Given)]
    assert len(receipts) == len(sealed)
    with CaptureQueriesContext(connection) as told:
        take_opened_receipts(receipts, peer=peer, at=pair.at)
    return at_pt, len(told)


def outgoing() -> list[str]:
    """The asks that wait, in their order."""
    rows = Outgoing.objects.filter(letter__kind=LetterKind.ASK.value).order_by("id")
    return [str(jws) for jws in rows.values_list("letter__jws", flat=True)]


def test_twelve_asks_in_a_batch_take_as_many_statements_as_two(pair: Pair) -> None:
    send_many(pair, 2)
    few = carry_as_one_batch(pair)
    send_many(pair, 12)
    assert carry_as_one_batch(pair) == few


def test_a_batch_of_asks_starts_the_clock_of_each_at_one_instant_on_both_sides(pair: Pair) -> None:
    requests = send_many(pair, 5)
    carry_as_one_batch(pair)
    ends = []
    for member in ("ro", "pt"):
        pair.offices.be(member)
        rows = Request.objects.filter(id__in=list(requests)).order_by("id")
        ends.append([(str(row.id), row.state, row.due_clock, row.due_strict, row.clocks.count()) for row in rows])
    assert ends[0] == ends[1]
    assert [clock for _, _, clock, *_ in ends[0]] == [CLOCK] * 5
