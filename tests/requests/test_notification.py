"""An order and the enforcing authority that is notified of it: 2023/1543, Articles 8, 10(2) and 12."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.law import cases
from tests.offices import Offices, entries
from tests.requests.desk import Pair
from tocsin.base.ids import MemberId, RequestId
from tocsin.law.instrument import instrument, instruments
from tocsin.law.provisions import Side
from tocsin.law.running import Phase
from tocsin.law.vocabulary import LetterKind
from tocsin.people.errors import RightMissingError
from tocsin.requests import reads
from tocsin.requests.acts.draft import write_draft
from tocsin.requests.acts.look import look_at_request
from tocsin.requests.acts.notify import notify_authority, tell_addressee
from tocsin.requests.acts.send import send_request
from tocsin.requests.acts.sign_off import sign_off
from tocsin.requests.acts.write import write_letter
from tocsin.requests.errors import (
    DraftFaultsError,
    NoNotificationError,
    NothingToTellError,
    NotificationError,
    NotYourMoveError,
)
from tocsin.requests.reads import Standing
from tocsin.requests.rules import letters as say
from tocsin.requests.rules.letters import Body, Condition, ConditionKind
from tocsin.requests.rules.notification import Said, confirmed_by, stopped_by
from tocsin.requests.rules.permits import permits_of
from tocsin.requests.rules.rendering import FOR_AUTHORITY
from tocsin.requests.shown import shown_standing

PROVIDER, AUTHORITY = MemberId("example-mail"), MemberId("pt")
WAITS, PRODUCE_FAST = "eev.10.2.produce_notified", "eev.10.4.emergency"
TEN_DAYS, FOUR_DAYS = "eev.12.1.objection", "eev.10.4.objection_emergency"
GROUND = "EEV_FUND_RIGHTS"
LIFE = {"ground": "life", "reasons": "A threat to the life of a child."}


class Order:
    """An EPOC of ro to a provider in Portugal, and the contact point of Portugal."""

    def __init__(self, pair: Pair) -> None:
        self.pair = pair
        pair.offices.found(PROVIDER)
        self.judge = pair.offices.person("ro", "Ana Judecator", "issuing-authority", function="judge")
        self.clerk = pair.offices.person(PROVIDER, "Pat Example", "duty-officer")
        pair.ro()

    def sent(self, **changes: Any) -> RequestId:
        filled = cases.filled("eev-epoc").draft
        form = {**filled.form, **filled.for_authority, **changes}
        content = {
            "instrument": "eev-epoc",
            "to": PROVIDER,
            "case_reference": "RO-2026-0050",
            "form": {name: value for name, value in form.items() if value is not None},
            "other_way": {"ground": "disruption", "words": "The portal is down."},
        }
        draft = self.pair.draft(content)
        sign_off(draft.id, draft_sha256=draft.content.sha256, by=self.judge, at=self.pair.at)
        letter = send_request(draft.id, by=self.pair.ioana, at=self.pair.at)
        assert self.pair.carry() == []
        return letter.thread

    def notified(self, order: RequestId) -> RequestId:
        self.pair.ro()
        letter = notify_authority(order, to=AUTHORITY, by=self.pair.ioana, at=self.pair.at)
        assert self.pair.carry() == []
        return letter.thread

    def at_provider(self, order: RequestId) -> Standing:
        self.pair.offices.be(PROVIDER)
        return reads.standing_for(self.clerk, order, at=self.pair.at)

    def tell(self, order: RequestId) -> None:
        self.pair.ro()
        tell_addressee(order, by=self.pair.ioana, at=self.pair.at)
        assert self.pair.carry() == []


@pytest.fixture
def order(offices: Offices) -> Order:
    return Order(Pair(offices))


def phase(standing: Standing, clock: str) -> Phase:
    return next(each.state.phase for each in standing.clocks if each.clock.id == clock)


# --- The law ------------------------------------------------------------------------------------


def test_the_notification_is_made_from_the_orders_own_file() -> None:
    epoc = instrument("eev-epoc")
    told = instrument("eev-epoc-notification")
    assert epoc.notification == told
    assert told.form == epoc.form
    assert {each.id: each.by for each in told.clocks} == {TEN_DAYS: Side.ASKED, FOUR_DAYS: Side.ASKED}
    assert told.id not in instruments(), "nobody asks for anything by it alone"


def test_the_authority_raises_a_ground_or_says_none_and_delivers_nothing() -> None:
    permits = permits_of(instrument("eev-epoc-notification"))
    assert {LetterKind.REFUSE, LetterKind.ACCEPT, LetterKind.QUERY} <= permits.asked
    assert not {LetterKind.DELIVER, LetterKind.PRESERVED, LetterKind.DISCLOSE, LetterKind.EXTEND} & permits.asked
    assert {each.code for each in permits.grounds} == {
        "EEV_IMMUNITY_PRESS",
        "EEV_FUND_RIGHTS",
        "EEV_NE_BIS",
        "EEV_DUAL_CRIM",
    }, "the four of Article 12(1) and no other"


@pytest.mark.parametrize(
    ("said", "confirms", "stops"),
    [
        (Said.NONE, {WAITS}, set()),
        (Said.GROUND, set(), {WAITS}),
        (Said.GROUND_IN_PART, set(), set()),
        (Said.CONDITIONS, set(), set()),
        (None, set(), set()),
    ],
    ids=str,
)
def test_what_the_authority_says_moves_the_orders_clocks_so(
    said: Said | None, confirms: set[str], stops: set[str], offices: Offices
) -> None:
    from tocsin.requests.rules.notification import Answer  # noqa: PLC0415 - one test's value

    answer = said and Answer(said=said, at=offices.at, letter_sha256="ab" * 32)
    law = instrument("eev-epoc")
    assert set(confirmed_by(law, answer or None)) == confirms
    assert set(stopped_by(law, answer or None)) == stops


# --- Two renderings -----------------------------------------------------------------------------


def test_one_order_goes_in_two_renderings_with_one_commitment(order: Order) -> None:
    request = order.sent()
    order.pair.ro()
    assert reads.notification_missing(order.pair.ioana, request)
    thread = order.notified(request)
    order.pair.ro()
    assert not reads.notification_missing(order.pair.ioana, request)
    theirs = order.at_provider(request).thread.ask
    mine = order.pair.at_pt(thread).thread.ask
    assert mine.body["form"] == theirs.body["form"]
    assert [each.commitment for each in mine.parts] == [each.commitment for each in theirs.parts]
    assert theirs.parts[0].sealed is None
    kept = cases.filled("eev-epoc").draft.for_authority
    order.pair.pt()
    assert reads.parts_for(mine) == {FOR_AUTHORITY: kept}
    assert mine.body["earlier"] == [request]
    assert mine.body["signed_off"] == theirs.body["signed_off"]
    assert mine.body["other_way"] == {"ground": "disruption", "words": "The portal is down."}
    for value in kept.values():
        assert str(value) not in mine.jws.decode()


def test_the_authoritys_own_part_is_shown_to_who_looks_with_a_reason(order: Order) -> None:
    thread = order.notified(order.sent())
    order.pair.pt()
    standing = look_at_request(thread, reason="is a ground to be raised?", by=order.pair.ines, at=order.pair.at)
    (letter,) = shown_standing(standing)["letters"]
    assert letter["parts"] == {FOR_AUTHORITY: cases.filled("eev-epoc").draft.for_authority}


def test_the_clocks_of_the_notification_are_the_authoritys_alone(order: Order) -> None:
    request = order.sent()
    thread = order.notified(request)
    ours, theirs = order.pair.at_ro(thread), order.pair.at_pt(thread)
    assert [each.clock.id for each in theirs.clocks] == [TEN_DAYS]
    assert [each.state for each in ours.clocks] == [each.state for each in theirs.clocks]
    assert theirs.clocks[0].clock.running.place.country == "PT"
    assert WAITS in {each.clock.id for each in order.at_provider(request).clocks}


def test_in_an_emergency_the_authority_has_ninety_six_hours_and_the_order_does_not_wait(order: Order) -> None:
    request = order.sent(emergency=LIFE)
    thread = order.notified(request)
    (line,) = order.pair.at_pt(thread).clocks
    assert line.clock.id == FOUR_DAYS
    assert line.strict == order.pair.at + timedelta(hours=96)
    assert phase(order.at_provider(request), PRODUCE_FAST) is Phase.RUNNING


# --- What it answers ----------------------------------------------------------------------------


def test_a_ground_stops_the_order_here_and_the_addressee_is_told_by_a_person(order: Order) -> None:
    request = order.sent()
    thread = order.notified(request)
    order.pair.later(days=2)
    order.pair.pt_writes(thread, say.Refuse(ground=GROUND, reason="The person is a source of a newspaper."))
    ours = order.pair.at_ro(request)
    assert phase(ours, WAITS) is Phase.STOPPED
    assert ours.thread.line.due_clock != WAITS
    assert phase(order.at_provider(request), WAITS) is not Phase.STOPPED, "nothing was told by itself"
    order.pair.ro()
    word = reads.word_for(order.pair.ioana, request)
    assert isinstance(word, say.Withdraw)
    assert GROUND in word.reason
    assert "Article 12(2)" in word.reason
    order.pair.later(hours=1)
    order.tell(request)
    assert phase(order.at_provider(request), WAITS) is Phase.LIFTED
    assert phase(order.pair.at_ro(request), WAITS) is Phase.LIFTED
    assert order.at_provider(request).thread.line.state == "withdrawn"
    order.pair.ro()
    assert reads.word_for(order.pair.ioana, request) is None
    with pytest.raises(NothingToTellError):
        tell_addressee(request, by=order.pair.ioana, at=order.pair.at)


def test_no_ground_frees_the_addressee_once_he_is_told_and_both_sides_then_agree(order: Order) -> None:
    request = order.sent()
    thread = order.notified(request)
    order.pair.later(days=1)
    letter = order.pair.pt_writes(thread, say.Accept())
    order.pair.ro()
    found = reads.notification_for(order.pair.ioana, request)
    assert found is not None
    assert found.answer is not None
    assert (found.answer.said, found.answer.letter_sha256) == (Said.NONE, letter.sha256)
    assert phase(order.pair.at_ro(request), WAITS) in {Phase.RUNNING, Phase.MAY_ACT, Phase.WARNING}
    assert phase(order.at_provider(request), WAITS) is Phase.WAITING
    order.pair.later(hours=1)
    order.tell(request)
    ours, theirs = order.pair.at_ro(request), order.at_provider(request)
    assert phase(theirs, WAITS) is not Phase.WAITING
    assert [each.state for each in ours.clocks] == [each.state for each in theirs.clocks]
    order.pair.later(hours=1)
    write_letter(request, say.Deliver(package="ab" * 32), by=order.clerk, at=order.pair.at)
    assert order.pair.carry() == []
    assert phase(order.pair.at_ro(request), WAITS) is Phase.MET, "and not too early"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (say.Refuse(ground=GROUND, reason="Only as to the messages.", part="messages"), Said.GROUND_IN_PART),
        (say.Accept(conditions=(Condition(kind=ConditionKind.USE, words="Not against the source."),)), Said.CONDITIONS),
    ],
    ids=str,
)
def test_what_is_neither_yes_nor_no_moves_nothing_by_itself(order: Order, answer: Body, said: Said) -> None:
    request = order.sent()
    thread = order.notified(request)
    before = [each.state.phase for each in order.pair.at_ro(request).clocks]
    order.pair.pt_writes(thread, answer)
    assert [each.state.phase for each in order.pair.at_ro(request).clocks] == before
    found = reads.notification_for(order.pair.ioana, request)
    assert found is not None
    assert found.answer is not None
    assert found.answer.said is said
    assert reads.word_for(order.pair.ioana, request) is None
    with pytest.raises(NothingToTellError):
        tell_addressee(request, by=order.pair.ioana, at=order.pair.at)


def test_silence_frees_nobody_before_the_end_of_the_tenth_day(order: Order) -> None:
    request = order.sent()
    thread = order.notified(request)
    order.pair.later(days=9)
    assert phase(order.at_provider(request), WAITS) is Phase.WAITING
    order.pair.later(days=3)
    assert phase(order.pair.at_pt(thread), TEN_DAYS) is Phase.LAPSED
    assert phase(order.at_provider(request), WAITS) in {Phase.DUE_NOW, Phase.MISSED}


def test_the_authority_delivers_nothing_and_invokes_no_ground_of_an_addressee(order: Order) -> None:
    thread = order.notified(order.sent())
    order.pair.pt()
    for body in (say.Deliver(package="ab" * 32), say.Refuse(ground="EEV_ENF_NOT_STORED", reason="x")):
        with pytest.raises(NotYourMoveError):
            write_letter(thread, body, by=order.pair.ines, at=order.pair.at)


# --- What is refused ----------------------------------------------------------------------------


def test_an_order_is_notified_of_once_and_each_time_is_journalled(order: Order) -> None:
    request = order.sent()
    thread = order.notified(request)
    order.pair.ro()
    opened = [each for each in entries("request-opened") if each["request"] == thread]
    assert [(each["parent"], each["instrument"]) for each in opened] == [(request, "eev-epoc-notification")]
    with pytest.raises(NotificationError, match="already"):
        notify_authority(request, to=AUTHORITY, by=order.pair.ioana, at=order.pair.at)


def _of_no_notification(order: Order) -> RequestId:
    waiver = ["offence-in-issuing-state", "person-resides-in-issuing-state"]
    return order.sent(notification="not-needed", notification_waiver=waiver, notified_authority=None)


REFUSED: dict[str, tuple[Callable[[Order], RequestId], str, type[Exception]]] = {
    "an order that needs none": (_of_no_notification, "pt", NotificationError),
    "a contact point of another State": (lambda order: order.sent(), "gr", NotificationError),
    "the provider itself": (lambda order: order.sent(), "example-mail", NotificationError),
    "a preservation of the Convention": (lambda order: order.pair.sent(), "pt", NoNotificationError),
}


@pytest.mark.parametrize("what", REFUSED)
def test_it_is_refused_to_notify(order: Order, what: str) -> None:
    make, to, error = REFUSED[what]
    if to == "gr":
        order.pair.offices.found("gr")
    request = make(order)
    order.pair.ro()
    with pytest.raises(error):
        notify_authority(request, to=MemberId(to), by=order.pair.ioana, at=order.pair.at)


def test_only_who_may_send_notifies(order: Order) -> None:
    request = order.sent()
    nobody = order.pair.offices.person("ro", "Aurel Auditor", "auditor")
    with pytest.raises(RightMissingError):
        notify_authority(request, to=AUTHORITY, by=nobody, at=order.pair.at)
    with pytest.raises(RightMissingError):
        tell_addressee(request, by=nobody, at=order.pair.at)


def test_nobody_drafts_a_notification_by_itself(order: Order) -> None:
    filled = cases.filled("eev-epoc").draft
    content = {
        "instrument": "eev-epoc-notification",
        "to": "pt",
        "case_reference": "RO-2026-0050",
        "form": {**filled.form, **filled.for_authority},
        "other_way": {"ground": "disruption", "words": "The portal is down."},
    }
    draft = write_draft(content, by=order.pair.ioana, at=order.pair.at)
    sign_off(draft.id, draft_sha256=draft.content.sha256, by=order.judge, at=order.pair.at)
    with pytest.raises(DraftFaultsError, match="goes with an order"):
        send_request(draft.id, by=order.pair.ioana, at=order.pair.at)
