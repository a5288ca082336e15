"""What requests' rows say to sort and find by: as the letters have it, whatever comes when."""

from datetime import timedelta

import pytest
from django.db import transaction

from tests.offices import Offices
from tests.requests.desk import Pair, urgent
from tocsin.base.ids import MemberId
from tocsin.requests.acts.receive import note_receipts
from tocsin.requests.acts.write import write_letter
from tocsin.requests.models import Request
from tocsin.requests.rules import letters as say
from tocsin.requests.rules.marks import Whether
from tocsin.wire.rules.receipt import Receipt, Stage


@pytest.fixture
def pair(offices: Offices) -> Pair:
    return Pair(offices)


@pytest.mark.parametrize(("ahead", "clock"), [(2, "promised"), (3600, "dir2013_40.13.1.urgent")])
def test_a_receipt_that_was_given_after_the_act_began_meets_the_clock_at_once(
    pair: Pair, ahead: int, clock: str
) -> None:
    request = pair.sent(urgent(pair.at))
    pair.later(hours=1)
    pair.pt()
    body = say.Indicate(whether=Whether.YES, form="by letter", when=pair.at + timedelta(hours=30))
    letter = write_letter(request, body, by=pair.ines, at=pair.at)
    assert Request.objects.get(id=request).due_clock == "dir2013_40.13.1.urgent"
    receipt = Receipt(
        stage=Stage.STORED,
        letter=letter.id,
        letter_sha256=letter.sha256,
        sender=MemberId("ro"),
        at=pair.at + timedelta(seconds=ahead),
        origin="ro.example/journal",
        index=0,
        size=1,
        jws=b"",
    )
    with transaction.atomic():
        note_receipts([(request, receipt)], pair.at)
    assert Request.objects.get(id=request).due_clock == clock


def test_the_copies_say_whose_move_it_is_whose_clock_runs_and_what_is_unread(pair: Pair) -> None:
    request = pair.sent(urgent(pair.at))
    pair.pt()
    row = Request.objects.get(id=request)
    assert (row.waits_for, row.due_by, row.unread_since) == ("asked", "asked", pair.at)
    pair.ro()
    assert Request.objects.get(id=request).unread_since is None
    pair.pt_writes(request, say.Query(fields=(say.FieldQuery(field="identifiers", why=say.Why.UNCLEAR),)))
    for member in ("ro", "pt"):
        pair.offices.be(member)
        assert Request.objects.get(id=request).waits_for == "asker"
    pair.ro()
    assert Request.objects.get(id=request).unread_since == pair.at
