"""Where the lawful way is another system: the export, its receipt, and what is said there."""

import hashlib
import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from tests.law import cases
from tests.offices import Offices, entries
from tests.requests.desk import Pair, preservation
from tests.requests.said import EARLY, LATER, ask
from tocsin.base.ids import MemberId, RequestId, new_uuid
from tocsin.base.instant import Instant, text
from tocsin.journal.acts import record
from tocsin.law.instrument import instrument
from tocsin.law.provisions import Side
from tocsin.law.running import Phase
from tocsin.people.errors import RightMissingError, SignOffMissingError
from tocsin.requests import reads
from tocsin.requests.acts.elsewhere import export_request, record_channel_receipt, record_step_elsewhere
from tocsin.requests.acts.erase import erase_request
from tocsin.requests.acts.ring import ring_clocks
from tocsin.requests.acts.send import send_request
from tocsin.requests.acts.sign_off import sign_off
from tocsin.requests.acts.write import write_letter
from tocsin.requests.entries import RequestTaken
from tocsin.requests.errors import (
    ChannelNotOursError,
    ChannelOursError,
    DraftFaultsError,
    ElsewhereFieldError,
    LetterKindError,
    NotElsewhereError,
    NotYourMoveError,
    RequestElsewhereError,
    UnknownDraftError,
    UnknownRequestError,
)
from tocsin.requests.models import ChannelExport, Draft, Request, StepElsewhere
from tocsin.requests.reads import DraftView
from tocsin.requests.rules import letters as say
from tocsin.requests.rules.export import SUMS, Export, export_sha256, files_of
from tocsin.requests.rules.letters import OtherWay
from tocsin.requests.shown import shown_line, shown_standing

PROVIDER = MemberId("example-mail")
PORTAL = "decentralised-it-system"
Act = Callable[[], Any]
WAITS = "eev.10.2.produce_notified"
PRODUCE = "eev.10.3.produce"


class Portal:
    """An EPOC whose lawful way is the decentralised IT system (2023/1543, Article 19(1))."""

    def __init__(self, pair: Pair) -> None:
        self.pair = pair
        pair.offices.found(PROVIDER)
        self.judge = pair.offices.person("ro", "Ana Judecator", "issuing-authority", function="judge")
        pair.ro()

    def draft(self, **changes: Any) -> DraftView:
        filled = cases.filled("eev-epoc").draft
        content = {
            "instrument": "eev-epoc",
            "to": PROVIDER,
            "case_reference": "RO-2026-0050",
            "channel": PORTAL,
            "form": {**filled.form, **filled.for_authority},
            **changes,
        }
        return self.pair.draft(content)

    def signed(self, **changes: Any) -> DraftView:
        draft = self.draft(**changes)
        return sign_off(draft.id, draft_sha256=draft.content.sha256, by=self.judge, at=self.pair.at)

    def exported(self) -> RequestId:
        return export_request(self.signed().id, by=self.pair.ioana, at=self.pair.at).request

    def receipt(self, request: RequestId, at: Instant, reference: str = "EV-7/2026") -> None:
        record_channel_receipt(request, reference=reference, received_at=at, by=self.pair.ioana, at=self.pair.at)

    def phases(self, request: RequestId) -> dict[str, Phase]:
        return {each.clock.id: each.state.phase for each in self.pair.at_ro(request).clocks}


@pytest.fixture
def portal(offices: Offices) -> Portal:
    return Portal(Pair(offices))


# --- The files ----------------------------------------------------------------------------------


def whole(**changes: Any) -> Export:
    law = instrument("eev-epoc")
    filled = cases.filled("eev-epoc").draft
    plain = Export(
        request=RequestId("51c0a7de-7f0a-4f63-8c8b-0d6c4f0f4c9e"),
        law=law,
        channel=law.channels[0],
        sender=MemberId("ro"),
        addressee=PROVIDER,
        exercise=False,
        ask=ask(form={**filled.form, **filled.for_authority}),
        made_at=EARLY,
    )
    return replace(plain, **changes)


def test_the_same_export_has_the_same_bytes_and_another_has_others() -> None:
    assert files_of(whole()) == files_of(whole())
    assert export_sha256(files_of(whole())) != export_sha256(files_of(whole(made_at=LATER)))


def test_what_the_addressee_may_not_read_stands_in_files_of_its_own() -> None:
    files = files_of(whole())
    kept = cases.filled("eev-epoc").draft.for_authority
    assert set(files) == {"request.json", "request.txt", "for-authority.json", "for-authority.txt", SUMS}
    for name in ("request.json", "request.txt"):
        assert str(kept["necessity"]) not in files[name]
        assert str(kept["case_summary"]) not in files[name]
    assert str(kept["necessity"]) in files["for-authority.txt"]
    assert files["for-authority.txt"].startswith("ONLY FOR THE NOTIFIED ENFORCING AUTHORITY")
    assert json.loads(files["for-authority.json"])["ask"]["form"] == kept
    form = {name: each for name, each in whole().ask.form.items() if name not in kept}
    assert set(files_of(whole(ask=ask(form=form)))) == {"request.json", "request.txt", SUMS}


def test_every_file_says_for_which_system_under_which_article_and_that_its_wording_is_ours() -> None:
    files = files_of(whole())
    for name in ("request", "for-authority"):
        written = json.loads(files[f"{name}.json"])
        assert written["wording"] == "unofficial"
        assert written["instrument"]["id"] == "eev-epoc"
        assert written["channel"]["id"] == PORTAL
        assert "UNOFFICIAL WORDING" in files[f"{name}.txt"]
        assert "Decentralised IT system" in files[f"{name}.txt"]
        assert "Regulation (EU) 2023/1543" in files[f"{name}.txt"]


def test_a_field_from_memory_says_so() -> None:
    law = instrument("budapest2-7-subscriber")
    form = dict(cases.filled(law.id).draft.form)
    files = files_of(whole(law=law, channel=law.channels[1], ask=ask(form=form)))
    written = json.loads(files["request.json"])
    assert set(written["from_memory"]) == set(form)
    assert files["request.txt"].count("(from memory)") >= len(form)


def test_an_export_of_an_exercise_says_so_first() -> None:
    files = files_of(whole(exercise=True))
    assert files["request.txt"].startswith("EXERCISE")
    assert json.loads(files["request.json"])["exercise"] is True


def test_options_are_told_by_their_labels_and_every_value_is_there() -> None:
    words = files_of(whole())["request.txt"]
    assert "copy of the mailbox" in words
    assert "example.user" in words
    assert "max penalty months: 60" in words
    assert "SECTION A" in words


def test_a_stranger_checks_the_sums_with_a_tool_of_his_own(tmp_path: Path) -> None:
    files = files_of(whole())
    for name, written in files.items():
        (tmp_path / name).write_bytes(written.encode())
    told = subprocess.run(["sha256sum", "-c", SUMS], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout
    assert told.stdout.count(": OK") == len(files) - 1
    assert export_sha256(files) == hashlib.sha256((tmp_path / SUMS).read_bytes()).hexdigest()


# --- The export ---------------------------------------------------------------------------------


def test_an_export_begins_a_request_that_nobody_here_sent(portal: Portal) -> None:
    draft = portal.signed()
    made = export_request(draft.id, by=portal.pair.ioana, at=portal.pair.at)
    assert made.sha256 == export_sha256(made.files)
    assert (made.channel, made.received_at, made.reference) == (PORTAL, None, "")
    assert json.loads(made.files["request.json"])["ask"]["signed_off"][0]["name"] == "Ana Judecator"
    standing = portal.pair.at_ro(made.request)
    line = standing.thread.line
    assert (line.state, line.channel, line.channel_received_at) == ("exported", PORTAL, None)
    assert shown_line(line)["channel"] == PORTAL
    assert standing.may_write == ()
    assert standing.thread.letters == ()
    assert portal.pair.carry() == []
    portal.pair.offices.be(PROVIDER)
    assert not Request.objects.exists(), "no letter went out"
    portal.pair.ro()
    told = [each["kind"] for each in entries() if each.get("request") == made.request][-2:]
    assert told == ["request-opened", "request-exported"]
    (entry,) = entries("request-exported")
    assert (entry["export_sha256"], entry["channel"]) == (made.sha256, PORTAL)


def test_the_export_can_be_had_again_as_it_was(portal: Portal) -> None:
    draft = portal.signed()
    made = export_request(draft.id, by=portal.pair.ioana, at=portal.pair.at)
    portal.pair.later(days=1)
    assert reads.elsewhere_for(portal.pair.ioana, made.request).files == made.files
    assert reads.elsewhere_for(portal.pair.ioana, draft.id).files == made.files
    with pytest.raises(UnknownDraftError):
        export_request(draft.id, by=portal.pair.ioana, at=portal.pair.at)


def test_it_is_checked_and_signed_off_exactly_as_a_letter_is(portal: Portal) -> None:
    with pytest.raises(DraftFaultsError, match="sign_offs"):
        export_request(portal.draft().id, by=portal.pair.ioana, at=portal.pair.at)
    prosecutor = portal.draft()
    sign_off(prosecutor.id, draft_sha256=prosecutor.content.sha256, by=portal.pair.radu, at=portal.pair.at)
    with pytest.raises(DraftFaultsError, match="CONTENT"):
        export_request(prosecutor.id, by=portal.pair.ioana, at=portal.pair.at)
    unsigned = portal.pair.draft({**preservation(portal.pair.at), "channel": "email-form"})
    with pytest.raises(SignOffMissingError):
        export_request(unsigned.id, by=portal.pair.ioana, at=portal.pair.at)
    assert not ChannelExport.objects.exists()


def test_each_way_has_its_own_act(portal: Portal) -> None:
    with pytest.raises(ChannelNotOursError, match="request export"):
        send_request(portal.signed().id, by=portal.pair.ioana, at=portal.pair.at)
    ours = portal.signed(channel="tocsin", other_way={"ground": "disruption", "words": "The portal is down."})
    with pytest.raises(ChannelOursError):
        export_request(ours.id, by=portal.pair.ioana, at=portal.pair.at)


def test_another_way_needs_a_ground_of_the_article_that_the_receiver_sees(portal: Portal) -> None:
    for way in (None, {"ground": "it-is-faster", "words": "It is faster."}):
        draft = portal.signed(channel="tocsin", other_way=way)
        with pytest.raises(DraftFaultsError, match=r"Article 19\(5\)"):
            send_request(draft.id, by=portal.pair.ioana, at=portal.pair.at)
    way = {"ground": "disruption", "words": "The portal is down since 01:00."}
    letter = send_request(portal.signed(channel="tocsin", other_way=way).id, by=portal.pair.ioana, at=portal.pair.at)
    assert portal.pair.carry() == []
    clerk = portal.pair.offices.person(PROVIDER, "Pat Example", "duty-officer")
    portal.pair.offices.be(PROVIDER)
    seen = shown_standing(reads.standing_for(clerk, letter.thread, at=portal.pair.at))["letters"][0]
    assert seen["body"]["other_way"] == way
    assert reads.thread_for(clerk, letter.thread).ask_said.other_way == OtherWay(**way)


# --- The receipt --------------------------------------------------------------------------------


def test_no_clock_that_starts_on_receipt_runs_before_the_receipt_is_recorded(portal: Portal) -> None:
    request = portal.exported()
    assert portal.phases(request) == {}
    received = portal.pair.later(hours=3)
    portal.pair.later(hours=5)
    portal.receipt(request, received)
    standing = portal.pair.at_ro(request)
    assert standing.thread.line.state == "asked"
    assert standing.thread.line.channel_received_at == received
    waits = next(each for each in standing.clocks if each.clock.id == WAITS)
    assert waits.clock.running.since == received, "from when that system received it, not from when it was typed in"
    assert waits.clock.running.place.country == "PT"
    assert waits.state.phase is Phase.WAITING
    assert standing.thread.line.due_clock in {each.clock.id for each in standing.clocks}
    (entry,) = entries("channel-receipt-recorded")
    assert (entry["reference"], entry["received_at"]) == ("EV-7/2026", text(received))
    assert entry["by"]["person"] == portal.pair.ioana.person


def test_a_slip_is_mended_by_recording_again_and_both_stand_in_the_journal(portal: Portal) -> None:
    request = portal.exported()
    first = portal.pair.later(hours=1)
    second = portal.pair.later(hours=1)
    portal.receipt(request, first, reference="EV-7/2025")
    portal.receipt(request, second)
    (waits,) = [each for each in portal.pair.at_ro(request).clocks if each.clock.id == WAITS]
    assert waits.clock.running.since == second
    assert [each["reference"] for each in entries("channel-receipt-recorded")] == ["EV-7/2025", "EV-7/2026"]


@pytest.mark.parametrize(
    ("reference", "hours", "field"),
    [(" ", 0, "reference"), ("x" * 201, 0, "reference"), ("a\nb", 0, "reference"), ("x", 2, "at"), ("x", -2, "at")],
    ids=["none", "too long", "two lines", "in the future", "before the export"],
)
def test_a_receipt_that_cannot_be_is_refused(portal: Portal, reference: str, hours: int, field: str) -> None:
    request = portal.exported()
    portal.pair.later(hours=1)
    with pytest.raises(ElsewhereFieldError) as refused:
        portal.receipt(request, portal.pair.at + timedelta(hours=hours), reference=reference)
    assert refused.value.fields["field"] == field
    assert not entries("channel-receipt-recorded")


def test_an_exported_request_rings_its_alarms_as_any_other(portal: Portal) -> None:
    request = portal.exported()
    portal.receipt(request, portal.pair.at)
    portal.pair.later(days=20)
    assert ring_clocks(at=portal.pair.at) > 0
    assert WAITS in {each.clock for each in reads.alarms_for(portal.pair.ioana, request)}


# --- What is said there -------------------------------------------------------------------------


def test_what_the_other_side_says_there_is_written_down_as_its_step(portal: Portal) -> None:
    request = portal.exported()
    portal.receipt(request, portal.pair.at)
    queried = portal.pair.later(days=1)
    portal.pair.later(hours=2)
    query = say.Query(fields=(say.FieldQuery(field="period", why=say.Why.UNCLEAR),))
    record_step_elsewhere(
        request, query, side=Side.ASKED, received_at=queried, reference="EV-8", by=portal.pair.ioana, at=portal.pair.at
    )
    assert portal.pair.at_ro(request).thread.line.state == "queried"
    assert portal.phases(request)[WAITS] is Phase.STOPPED
    answered = portal.pair.later(hours=1)
    given = say.Supplement(fields={"period": {"from": "x"}}, cannot={})
    record_step_elsewhere(
        request, given, side=Side.ASKER, received_at=answered, by=portal.pair.ioana, at=portal.pair.at
    )
    assert portal.phases(request)[WAITS] is Phase.WAITING
    delivered = portal.pair.later(days=15)
    record_step_elsewhere(
        request,
        say.Deliver(package="ab" * 32),
        side=Side.ASKED,
        received_at=delivered,
        by=portal.pair.ioana,
        at=portal.pair.at,
    )
    standing = portal.pair.at_ro(request)
    assert standing.thread.line.state == "delivered"
    shown = shown_standing(standing)
    assert [each["kind"] for each in shown["elsewhere"]["steps"]] == ["query", "supplement", "deliver"]
    assert shown["elsewhere"]["steps"][0]["by_channel"] == PORTAL
    assert shown["letters"] == []
    told = entries("step-elsewhere-recorded")
    assert [each["side"] for each in told] == ["asked", "asker", "asked"]
    records = reads.elsewhere_for(portal.pair.ioana, request).steps
    assert [each.step.sha256 for each in records] == [each["step_sha256"] for each in told]


WRONG: dict[str, tuple[say.Body, Side, type[Exception]]] = {
    "a letter that its instrument does not know": (say.Accept(), Side.ASKED, NotYourMoveError),
    "a word of the other side": (say.Deliver(package="ab" * 32), Side.ASKER, NotYourMoveError),
    "a second ask": (ask(), Side.ASKER, LetterKindError),
}


@pytest.mark.parametrize("what", WRONG)
def test_only_what_a_letter_may_say_now_is_written_down(portal: Portal, what: str) -> None:
    body, side, error = WRONG[what]
    request = portal.exported()
    portal.receipt(request, portal.pair.at)
    with pytest.raises(error):
        record_step_elsewhere(
            request, body, side=side, received_at=portal.pair.at, by=portal.pair.ioana, at=portal.pair.at
        )
    assert not StepElsewhere.objects.exists()


def test_nothing_is_said_there_before_the_ask_is_known_to_be_there(portal: Portal) -> None:
    request = portal.exported()
    with pytest.raises(ElsewhereFieldError, match="receipt"):
        record_step_elsewhere(
            request,
            say.Acknowledge(),
            side=Side.ASKED,
            received_at=portal.pair.at,
            by=portal.pair.ioana,
            at=portal.pair.at,
        )


def test_no_letter_of_ours_is_written_in_a_request_that_runs_elsewhere(portal: Portal) -> None:
    request = portal.exported()
    with pytest.raises(RequestElsewhereError, match=PORTAL):
        write_letter(request, say.Withdraw(reason="The suspect was found."), by=portal.pair.ioana, at=portal.pair.at)


def test_what_ran_elsewhere_is_erased_and_its_state_and_clocks_hold(portal: Portal) -> None:
    request = portal.exported()
    portal.receipt(request, portal.pair.at)
    withdrawn = say.Withdraw(reason="The suspect was found.")
    portal.pair.later(hours=1)
    record_step_elsewhere(
        request, withdrawn, side=Side.ASKER, received_at=portal.pair.at, by=portal.pair.ioana, at=portal.pair.at
    )
    before = portal.pair.at_ro(request)
    assert before.thread.line.state == "withdrawn"
    with transaction.atomic():
        erase_request(request, [], at=portal.pair.at)
        record(RequestTaken(request=request, person=""), by=portal.pair.ioana, at=portal.pair.at)
    after = portal.pair.at_ro(request)
    assert after.thread.state == before.thread.state
    assert [each.state for each in after.clocks] == [each.state for each in before.clocks]
    kept = json.dumps(shown_standing(after)) + str(list(ChannelExport.objects.values()))
    for word in ("example.user", "EV-7/2026", "suspect", portal.pair.ioana.person):
        assert word not in kept
    assert Draft.objects.count() == 0


# --- Refusals -----------------------------------------------------------------------------------


def test_of_a_request_in_our_own_letters_nothing_is_recorded(portal: Portal) -> None:
    request = portal.pair.sent()
    portal.pair.ro()
    with pytest.raises(NotElsewhereError):
        portal.receipt(request, portal.pair.at)
    with pytest.raises(UnknownRequestError):
        reads.elsewhere_for(portal.pair.ioana, request)


def test_each_act_needs_its_right_whether_or_not_its_object_exists(portal: Portal) -> None:
    request, draft, at = portal.exported(), portal.signed().id, portal.pair.at
    auditor = portal.pair.offices.person("ro", "Aurel Auditor", "auditor")
    for one, two in ((request, draft), (new_uuid(), new_uuid())):
        acts: list[Act] = [
            lambda two=two: export_request(two, by=auditor, at=at),  # type: ignore[misc]
            lambda one=one: record_channel_receipt(one, reference="x", received_at=at, by=auditor, at=at),  # type: ignore[misc]
            lambda one=one: record_step_elsewhere(  # type: ignore[misc]
                one, say.Acknowledge(), side=Side.ASKED, received_at=at, by=auditor, at=at
            ),
            lambda one=one: reads.elsewhere_for(auditor, one),  # type: ignore[misc]
            lambda one=one: reads.overlaps_for(auditor, one),  # type: ignore[misc]
            lambda one=one: reads.notification_for(auditor, one),  # type: ignore[misc]
            lambda one=one: reads.word_for(auditor, one),  # type: ignore[misc]
        ]
        for act in acts:
            with pytest.raises(RightMissingError):
                act()


def test_the_database_refuses_an_export_or_a_receipt_without_its_entry(portal: Portal) -> None:
    request = portal.exported()
    changes: list[Act] = [
        lambda: ChannelExport.objects.filter(request_id=request).update(reference="X"),
        lambda: Request.objects.filter(id=request).update(channel=""),
        lambda: Request.objects.filter(id=request).update(channel_received_at=portal.pair.at),
    ]
    for change in changes:
        with pytest.raises(IntegrityError, match="without an entry"), transaction.atomic():
            change()
