"""An emergency is called back: data leave only after it, both heads are told, and a forged one warns everybody."""

from dataclasses import replace
from typing import Any

import pytest

from tests.evidence.scene import Scene
from tests.notices.postman import carry, forgery, waiting
from tests.offices import Offices, entries
from tests.requests.desk import Pair, urgent
from tests.requests.test_by_form import Desk
from tocsin.base.ids import MemberId, RequestId
from tocsin.law.vocabulary import LetterKind
from tocsin.notices import reads as notices
from tocsin.notices.errors import FeaturesFaultyError
from tocsin.notices.models import StoredNotice
from tocsin.notices.rules.features import Trait, Typed, features_of
from tocsin.notices.rules.notice import Said, Why
from tocsin.people.errors import RightMissingError
from tocsin.requests import reads
from tocsin.requests.acts.call_back import confirm_call_back, go_without_call_back, record_call_back
from tocsin.requests.acts.forgery import confirm_forgery, mark_forged, take_back_forgery
from tocsin.requests.errors import (
    CallBackFieldError,
    CallBackNeededError,
    CallBackNotNeededError,
    ForgeryStandsError,
    GoWithoutError,
    UnknownCallBackError,
    UnknownForgeryError,
    UnknownRequestError,
)
from tocsin.requests.models import Alarm, CallBack, Forgery
from tocsin.requests.provenance import provenance_of
from tocsin.requests.rules import letters as say
from tocsin.requests.rules.call_back import CallState, Outcome
from tocsin.requests.rules.provenance import Unusual
from tocsin.requests.rules.ways import UNKNOWN, Checked

NUMBER = "+44 20 7946 0123"
REASON = "A child is missing since yesterday evening, and the address is the only trace."


class Night(Pair):
    """Romania asks Portugal in an emergency; at Portugal two people are awake."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.rui = self.offices.person("pt", "Rui Inventado", "duty-officer")

    def emergency(self, ground: str = "life") -> RequestId:
        self.ro()
        content = urgent(self.at)
        content["form"]["urgency"] = {"ground": ground, "reasons": "A person is in danger."}
        return self.sent(content)

    def call(self, request: RequestId, outcome: Outcome = Outcome.CONFIRMED, **changed: Any) -> str:
        self.pt()
        told = {
            "number_from_card": NUMBER,
            "answered_by": "" if outcome is Outcome.NO_ANSWER else "Radu Model",
            "words": "" if outcome is Outcome.NO_ANSWER else "The duty prosecutor says what the letter says.",
            "outcome": outcome,
            "by": self.ines,
            "at": self.at,
            **changed,
        }
        return record_call_back(request, **told)

    def gives(self, request: RequestId) -> None:
        """Portugal writes the letter that gives data."""
        self.pt_writes(request, say.Deliver(package="ab" * 32))

    def state(self, request: RequestId) -> CallState:
        return self.at_pt(request).call_back.standing.state

    def carry_notices(self) -> list[str]:
        return [problem.code for problem in carry(self.offices, at=self.at)]


@pytest.fixture
def night(offices: Offices) -> Night:
    return Night(offices)


# --- The rule -------------------------------------------------------------------------------------


def test_in_an_emergency_nothing_is_given_before_a_second_person_confirmed_the_call(night: Night) -> None:
    request = night.emergency()
    assert LetterKind.DELIVER not in night.at_pt(request).may_write
    with pytest.raises(CallBackNeededError):
        night.gives(request)
    call = night.call(request)
    with pytest.raises(CallBackNeededError, match="second person"):
        night.gives(request)
    night.pt()
    confirm_call_back(call, by=night.rui, at=night.at)
    assert LetterKind.DELIVER in night.at_pt(request).may_write
    night.gives(request)
    assert [entry["outcome"] for entry in entries("call-back-recorded")] == ["confirmed"]
    assert len(entries("call-back-confirmed")) == 1


def test_both_sides_compute_the_same_state_whatever_was_called_back(night: Night) -> None:
    request = night.emergency()
    night.call(request, Outcome.DENIED)
    night.carry_notices()
    here, there = (standing(request).thread.state for standing in (night.at_pt, night.at_ro))
    assert (here.phase, here.line) == (there.phase, there.line)


def test_an_ordinary_request_needs_no_call(night: Night) -> None:
    request = night.sent(urgent(night.at))
    assert night.state(request) is CallState.NOT_NEEDED
    night.gives(request)
    with pytest.raises(CallBackNotNeededError):
        night.call(request)


def test_the_side_that_asked_has_nobody_to_call(night: Night) -> None:
    request = night.emergency()
    night.ro()
    with pytest.raises(RightMissingError):
        record_call_back(
            request,
            number_from_card=NUMBER,
            answered_by="x",
            words="x",
            outcome=Outcome.CONFIRMED,
            by=night.radu,
            at=night.at,
        )
    with pytest.raises(CallBackNotNeededError):
        record_call_back(
            request,
            number_from_card=NUMBER,
            answered_by="x",
            words="x",
            outcome=Outcome.CONFIRMED,
            by=night.ioana,
            at=night.at,
        )


@pytest.mark.parametrize(
    "changed",
    [{"number_from_card": "+44 20 7946 0999"}, {"answered_by": "Ioana Exemplu"}, {"answered_by": ""}, {"words": " "}],
)
def test_another_number_or_the_one_who_signed_proves_nothing(night: Night, changed: dict[str, Any]) -> None:
    request = night.emergency()
    with pytest.raises(CallBackFieldError):
        night.call(request, **changed)
    night.pt()
    assert not CallBack.objects.exists()


def test_who_called_does_not_confirm_it_and_a_denial_is_confirmed_by_nobody(night: Night) -> None:
    request = night.emergency()
    call = night.call(request)
    with pytest.raises(Exception, match="Inês Exemplo"):
        confirm_call_back(call, by=night.ines, at=night.at)
    denied = night.call(request, Outcome.DENIED)
    with pytest.raises(UnknownCallBackError):
        confirm_call_back(denied, by=night.rui, at=night.at)
    with pytest.raises(UnknownCallBackError):
        confirm_call_back("not an id", by=night.rui, at=night.at)


def test_confirming_twice_changes_nothing(night: Night) -> None:
    call = night.call(night.emergency())
    for _ in range(2):
        confirm_call_back(call, by=night.rui, at=night.at)
    assert len(entries("call-back-confirmed")) == 1


def test_a_package_does_not_leave_either(offices: Offices) -> None:
    scene = Scene.set(offices)
    offices.be("pt")
    request = scene.hand_over
    mark_forged(request, forgery(offices.at), by=scene.ines, at=offices.at)
    with pytest.raises(CallBackNeededError):
        scene.held_by_ro()


# --- Nobody answers -------------------------------------------------------------------------------


def test_when_nobody_answers_the_officer_may_go_without_after_the_set_minutes(night: Night) -> None:
    request = night.emergency()
    night.call(request, Outcome.NO_ANSWER)
    with pytest.raises(GoWithoutError, match="30 minutes"):
        go_without_call_back(request, reason=REASON, by=night.ines, at=night.at)
    night.later(minutes=30)
    with pytest.raises(CallBackNeededError):
        night.gives(request)
    night.pt()
    with pytest.raises(CallBackFieldError):
        go_without_call_back(request, reason="life", by=night.ines, at=night.at)
    go_without_call_back(request, reason=REASON, by=night.ines, at=night.at)
    go_without_call_back(request, reason=REASON, by=night.ines, at=night.at)
    night.gives(request)
    night.pt()
    assert [entry["reason"] for entry in entries("went-without-call-back")] == [REASON]


def test_both_heads_are_told_at_once(night: Night) -> None:
    request = night.emergency()
    night.call(request, Outcome.NO_ANSWER)
    night.call(request, Outcome.NO_ANSWER)
    night.later(minutes=30)
    night.pt()
    go_without_call_back(request, reason=REASON, by=night.ines, at=night.at)
    assert [
        alarm.kind for alarm in Alarm.objects.filter(request_id=request, kind__startswith="call-back").order_by("id")
    ] == [
        "call-back-unanswered",
        "call-back-disclosed-unconfirmed",
    ]
    assert night.carry_notices() == []
    night.ro()
    rung = Alarm.objects.filter(request_id=request, kind__startswith="call-back").order_by("id")
    assert [(alarm.kind, alarm.told) for alarm in rung] == [
        ("call-back-heard-unanswered", ["chief"]),
        ("call-back-heard-disclosed-unconfirmed", ["chief"]),
    ]
    assert [word.said for word in night.at_ro(request).call_back.heard] == [Said.UNANSWERED, Said.DISCLOSED]


def test_without_danger_to_life_nobody_goes_without(night: Night) -> None:
    request = night.emergency("safety")
    night.call(request, Outcome.NO_ANSWER)
    night.later(days=1)
    night.pt()
    with pytest.raises(GoWithoutError, match="life is at risk"):
        go_without_call_back(request, reason=REASON, by=night.ines, at=night.at)


# --- Denied: a stolen account ---------------------------------------------------------------------


def test_a_denied_request_gives_nothing_and_its_authority_learns_of_it(night: Night) -> None:
    request = night.emergency()
    night.call(request, Outcome.DENIED)
    assert night.state(request) is CallState.DENIED
    with pytest.raises(CallBackNeededError, match="did not ask"):
        night.gives(request)
    night.carry_notices()
    (word,) = night.at_ro(request).call_back.heard
    assert (word.said, word.sender, word.thread, word.name) == (Said.DENIED, "pt", request, "Inês Exemplo")
    assert word.letter_sha256 == night.at_ro(request).thread.ask.sha256
    assert [entry["what"] for entry in entries("heads-told")] == ["heard-denied"]


def test_of_a_request_that_it_never_sent_the_authority_learns_too(night: Night) -> None:
    """A thief with the node's key asks from elsewhere: at home nobody knows the thread."""
    request = night.emergency()
    night.ro()
    night.pt()
    night.call(request, Outcome.DENIED)
    row = StoredNotice.objects.get(kind="call-back")
    assert row.thread is not None
    night.carry_notices()
    night.ro()
    assert [word.thread for word in notices.words_about_unknown([])] == [request]
    assert notices.words_about_unknown([request]) == []


# --- Forged ---------------------------------------------------------------------------------------


def test_a_forgery_that_a_second_person_confirms_warns_everybody(night: Night) -> None:
    request = night.emergency()
    night.pt()
    mark = mark_forged(request, forgery(night.at), by=night.ines, at=night.at, words="The letterhead is of 2019.")
    assert waiting() == 0
    assert night.state(request) is CallState.FORGED
    with pytest.raises(CallBackNeededError):
        night.gives(request)
    night.pt()
    with pytest.raises(Exception, match="Inês Exemplo"):
        confirm_forgery(mark, by=night.ines, at=night.at)
    warning = confirm_forgery(mark, by=night.rui, at=night.at)
    assert confirm_forgery(mark, by=night.rui, at=night.at) == warning
    assert night.carry_notices() == []
    night.ro()
    (view,) = notices.warnings(night.ioana, at=night.at)
    assert (view.id, view.warned.sender) == (warning, "pt")
    assert request not in StoredNotice.objects.get().jws


def test_a_voice_on_the_telephone_is_marked_without_a_request(night: Night) -> None:
    night.pt()
    mark = mark_forged(None, forgery(night.at), by=night.ines, at=night.at)
    assert confirm_forgery(mark, by=night.rui, at=night.at)


def test_taking_it_back_withdraws_the_warning_and_lets_the_request_go_on(night: Night) -> None:
    request = night.sent(urgent(night.at))
    night.pt()
    mark = mark_forged(request, forgery(night.at), by=night.ines, at=night.at)
    with pytest.raises(ForgeryStandsError):
        mark_forged(request, forgery(night.at), by=night.ines, at=night.at)
    confirm_forgery(mark, by=night.rui, at=night.at)
    take_back_forgery(mark, why=Why.MISTAKEN, by=night.ines, at=night.at)
    with pytest.raises(UnknownForgeryError):
        take_back_forgery(mark, why=Why.MISTAKEN, by=night.ines, at=night.at)
    night.carry_notices()
    night.ro()
    (view,) = notices.warnings(night.ioana, at=night.at, all_of_them=True)
    assert view.warned.withdrawn is not None
    night.gives(request)


def test_nothing_is_marked_by_who_may_not_answer_or_by_features_that_break_a_rule(night: Night) -> None:
    request = night.emergency()
    night.pt()
    reader = night.offices.person("pt", "Carla Caso", "case-officer")
    with pytest.raises(RightMissingError):
        mark_forged(request, forgery(night.at), by=reader, at=night.at)
    with pytest.raises(FeaturesFaultyError):
        mark_forged(request, replace(forgery(night.at), phones=("112",)), by=night.ines, at=night.at)
    with pytest.raises(UnknownRequestError):
        mark_forged("51c0a7d2-3b4e-4f6a-8c9d-0e1f2a3b4c5d", forgery(night.at), by=night.ines, at=night.at)
    assert not Forgery.objects.exists()


def test_a_second_delivery_of_a_stored_request_is_called_back_too(night: Night) -> None:
    """The call is about the request: what was confirmed before the ask for more counts for all that it asks."""
    request = night.emergency()
    confirm_call_back(night.call(request), by=night.rui, at=night.at)
    night.pt_writes(request, say.Deliver(package="ab" * 32, complete=False))
    night.later(minutes=5)
    night.call(request, Outcome.DENIED)
    with pytest.raises(CallBackNeededError):
        night.gives(request)


# --- What came without a node (S08) ---------------------------------------------------------------


def test_a_mail_of_nobody_known_gets_nothing_is_called_back_at_the_directorys_number_and_warns(
    offices: Offices,
) -> None:
    desk = Desk(offices)
    form = urgent(desk.at)["form"] | {"urgency": {"ground": "life", "reasons": "Disclose within the hour."}}
    told = {"sender": UNKNOWN, "country": "RO", "checked": Checked.NOT, "sender_address": "duty@police-ro.example"}
    request = desk.taken(form=form, **told).thread.line.id
    standing = reads.standing_for(desk.ines, request, at=desk.at)
    assert standing.may_write == ()
    issued = provenance_of(desk.ines, standing)
    assert issued is not None
    assert (issued.sender, issued.trusted, issued.number) == (None, None, "")
    assert [fact.what for fact in issued.unusual] == [Unusual.NOT_KNOWN]
    call: dict[str, Any] = {"answered_by": "Radu Model", "words": "Nobody here sent this.", "outcome": Outcome.DENIED}
    by: dict[str, Any] = {"by": desk.ines, "at": desk.at}
    with pytest.raises(CallBackFieldError):
        record_call_back(request, number_from_card="+44 20 7946 0999", **call, **by)
    record_call_back(request, number_from_card=NUMBER, claimed=MemberId("ro"), **call, **by)
    assert reads.standing_for(desk.ines, request, at=desk.at).call_back.standing.state is CallState.DENIED
    assert waiting() == 0, "to nobody known nothing is told"
    typed = Typed(channel="mail", seen=desk.at, addresses=("duty@police-ro.example",))
    mark = mark_forged(request, features_of(typed), **by)
    confirm_forgery(mark, by=desk.rui, at=desk.at)
    assert carry(offices, at=desk.at) == []
    again = desk.taken(form=form, **{**told, "sender_address": "other@police-ro.example"}).thread.line.id
    seen = provenance_of(desk.ines, reads.standing_for(desk.ines, again, at=desk.at))
    assert seen is not None
    assert [match.traits for match in seen.warnings] == [((Trait.DOMAIN, "police-ro.example"),)]
