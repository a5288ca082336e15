"""What the users' scenarios S03 to S07 ask of requests, between two nodes."""

import json
from base64 import b64decode
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.law import cases
from tests.offices import Offices, entries
from tests.requests.desk import Pair, preservation, stored, urgent
from tocsin.base.ids import MemberId, RequestId
from tocsin.base.instant import Instant, parse, text
from tocsin.law.instrument import instrument
from tocsin.law.running import Phase
from tocsin.people.errors import RightMissingError
from tocsin.requests import reads
from tocsin.requests.acts.draft import change_draft, write_draft
from tocsin.requests.acts.look import look_at_request
from tocsin.requests.acts.release import decide_release
from tocsin.requests.acts.ring import ring_clocks
from tocsin.requests.acts.send import send_request
from tocsin.requests.acts.sign_off import sign_off
from tocsin.requests.errors import DraftFaultsError, NotYourMoveError
from tocsin.requests.models import Draft, ReleaseDraft
from tocsin.requests.reads import DraftView
from tocsin.requests.rules import letters as say
from tocsin.requests.rules.marks import Stage, Whether
from tocsin.requests.rules.rendering import FOR_AUTHORITY, order_of, render_for_provider
from tocsin.requests.shown import shown_standing

EIGHT_HOURS = "dir2013_40.13.1.urgent"
SIXTY_DAYS = "ets185.29.7.preserve_min"


@pytest.fixture
def pair(offices: Offices) -> Pair:
    return Pair(offices)


def ring(pair: Pair) -> list[tuple[str, str, str]]:
    """Ring at both nodes, as their workers would; which alarms each has, oldest first."""
    found = []
    for member, person in (("ro", pair.ioana), ("pt", pair.ines)):
        pair.offices.be(member)
        ring_clocks(at=pair.at)
        found += [(member, each.clock, each.kind) for each in reversed(reads.alarms_for(person))]
    return found


def stopping(draft: DraftView, at: Instant) -> list[tuple[str, str]]:
    return [
        (each.field, each.sentence)
        for each in reads.faults_of_draft(draft, at=at)
        if each.severity == "stops" and each.field != "sign_offs"
    ]


# --- S03 ----------------------------------------------------------------------------------------


def test_an_address_with_a_time_without_offset_asks_for_offset_and_port_and_nothing_else(pair: Pair) -> None:
    pasted = {"type": "ip", "value": "203.0.113.7", "at": "2026-11-20T21:14"}
    draft = pair.draft(preservation(pair.at, identifiers=[pasted]))
    sign_off(draft.id, draft_sha256=draft.content.sha256, by=pair.radu, at=pair.at)
    asked = stopping(draft, pair.at)
    assert [field for field, _ in asked] == ["identifiers[0].at", "identifiers[0].port"]
    assert "UTC offset missing" in asked[0][1]
    with pytest.raises(DraftFaultsError, match="UTC offset missing"):
        send_request(draft.id, by=pair.ioana, at=pair.at)

    whole = {**pasted, "at": "2026-11-20T21:14:00+02:00", "port": 51413}
    draft = change_draft(draft.id, {"form": {"identifiers": [whole]}}, by=pair.ioana, at=pair.at)
    assert stopping(draft, pair.at) == []
    sign_off(draft.id, draft_sha256=draft.content.sha256, by=pair.radu, at=pair.at)
    letter = send_request(draft.id, by=pair.ioana, at=pair.at)
    pair.carry()
    clock = pair.at_pt(letter.thread).nearest
    assert clock is not None
    assert (clock.clock.id, clock.strict) == (EIGHT_HOURS, pair.at + timedelta(hours=8))


# --- S04 ----------------------------------------------------------------------------------------


def phases(standing: reads.Standing) -> dict[str, Phase]:
    return {each.clock.id: each.state.phase for each in standing.clocks}


def test_an_indication_stops_the_eight_hours_and_starts_what_was_promised_on_both_sides(pair: Pair) -> None:
    request = pair.sent(urgent(pair.at))
    assert phases(pair.at_ro(request))[EIGHT_HOURS] is phases(pair.at_pt(request))[EIGHT_HOURS] is Phase.RUNNING
    thursday = parse("2026-11-26T12:00:00.000Z")
    pair.later(hours=2)
    pair.pt_writes(request, say.Indicate(whether=Whether.YES, form="confirmation of the preservation", when=thursday))
    for standing in (pair.at_ro(request), pair.at_pt(request)):
        assert phases(standing)[EIGHT_HOURS] is Phase.MET
        assert standing.nearest is not None
        assert standing.nearest.strict == thursday
        assert not standing.nearest.clock.running.rule.article  # a promise is a target, no deadline of the law
    pair.at = thursday + timedelta(minutes=1)
    assert ("pt", pair.at_pt(request).thread.line.due_clock, "target-passed") in ring(pair)


def test_silence_tells_the_deputy_at_six_hours_and_is_missed_on_both_sides(pair: Pair) -> None:
    request = pair.sent(urgent(pair.at))
    sent_at = pair.at
    for hours, expected in (
        (5.99, []),
        (6, [("pt", "deputy")]),
        (7.99, [("pt", "deputy")]),
        (8, [("pt", "deputy"), ("pt", "strict-passed")]),
        (8.99, [("pt", "deputy"), ("pt", "strict-passed")]),
        (9, [("ro", "missed-by-them"), ("pt", "deputy"), ("pt", "strict-passed"), ("pt", "missed")]),
        (9.02, [("ro", "missed-by-them"), ("pt", "deputy"), ("pt", "strict-passed"), ("pt", "missed")]),
    ):
        pair.at = sent_at + timedelta(hours=hours)
        assert [(member, kind) for member, clock, kind in ring(pair) if clock == EIGHT_HOURS] == expected, hours
    assert phases(pair.at_ro(request))[EIGHT_HOURS] is phases(pair.at_pt(request))[EIGHT_HOURS] is Phase.MISSED
    for member, kinds in (("ro", ["missed-by-them"]), ("pt", ["deputy", "strict-passed", "missed"])):
        pair.offices.be(member)
        told = entries("alarm-raised")
        assert [each["alarm"] for each in told] == kinds
        assert all(each["clock"] == EIGHT_HOURS and each["told"] for each in told)


# --- S05 ----------------------------------------------------------------------------------------


def preserved(pair: Pair) -> RequestId:
    """A preservation that pt confirmed as held since now."""
    request = pair.sent(preservation(pair.at))
    pair.pt_writes(request, say.Accept(reference="PT-2026-0099"))
    pair.pt_writes(request, say.Preserved(effected_at=pair.at, scope="account example.user"))
    return request


def lapse_alarms(pair: Pair) -> list[tuple[str, str]]:
    return [(member, kind) for member, clock, kind in ring(pair) if clock == SIXTY_DAYS]


def test_a_preservation_warns_with_both_choices_and_on_lapse_a_release_is_drafted_and_not_done(pair: Pair) -> None:
    request, since = preserved(pair), pair.at
    ours: list[tuple[str, str]] = []
    for day, kind in (
        (45.9, None),
        (46.1, "lapses-in-14-days"),
        (53.1, "lapses-in-7-days"),
        (58.1, "lapses-in-2-days"),
    ):
        pair.at = since + timedelta(days=day)
        ours += [("ro", kind)] if kind else []
        assert lapse_alarms(pair) == ours, day
        pair.pt()
        assert reads.release_draft_for(pair.ines, request) == ""
    pair.ro()
    warnings = [each for each in reads.alarms_for(pair.ioana, request) if each.clock == SIXTY_DAYS]
    assert all(each.choices == ("extend", "follow-up") and each.told == ("duty-officer",) for each in warnings)
    assert [text(each.at) for each in reversed(warnings)] == [
        text(since + timedelta(days=day)) for day in (46.1, 53.1, 58.1)
    ]

    pair.at = since + timedelta(days=61.1)
    assert ("pt", "lapsed") in lapse_alarms(pair)
    pair.pt()
    assert reads.release_draft_for(pair.ines, request) != ""
    assert [each.kind.value for each in pair.at_pt(request).thread.letters] == ["ask", "accept", "preserved"]
    decide_release(request, release=True, scope="account example.user", by=pair.ines, at=pair.at)
    assert entries("release-decided")[0]["decision"] == "release"
    pair.carry()
    assert pair.at_ro(request).thread.line.state == "released"


def test_a_person_may_decide_to_keep_what_lapsed(pair: Pair) -> None:
    request, since = preserved(pair), pair.at
    pair.at = since + timedelta(days=61.1)
    ring(pair)
    pair.pt()
    decide_release(request, release=False, scope="", by=pair.ines, at=pair.at)
    ring(pair)
    pair.pt()
    assert [each.decision for each in ReleaseDraft.objects.all()] == ["keep"]
    assert pair.at_pt(request).thread.letters[-1].kind.value == "preserved"


def test_no_release_is_drafted_while_a_follow_up_is_recorded(pair: Pair) -> None:
    request, since = preserved(pair), pair.at
    pair.at = since + timedelta(days=50)
    follow_up = say.FollowUp(stage=Stage.ISSUED, reference="RO-2026-0055", at=pair.at)
    pair.ro_writes(request, follow_up)
    pair.at = since + timedelta(days=75)
    ring(pair)
    pair.pt()
    assert not ReleaseDraft.objects.exists()


def test_no_release_is_drafted_while_a_request_that_names_the_preservation_is_open(pair: Pair) -> None:
    """The follow-up request came; the letter that tells of it in the first thread did not."""
    request, since = preserved(pair), pair.at
    pair.at = since + timedelta(days=50)
    data = pair.sent(stored(pair.at, earlier=request))
    pair.at = since + timedelta(days=75)
    ring(pair)
    pair.pt()
    assert not ReleaseDraft.objects.exists()
    pair.pt_writes(data, say.Refuse(ground="ETS185_ORDRE_PUBLIC", reason="It would prejudice essential interests."))
    pair.later(hours=1)
    ring(pair)
    pair.pt()
    assert ReleaseDraft.objects.count() == 1


def test_a_follow_up_that_arrives_after_the_draft_keeps_the_data(pair: Pair) -> None:
    request, since = preserved(pair), pair.at
    pair.at = since + timedelta(days=61.1)
    ring(pair)
    pair.ro_writes(request, say.FollowUp(stage=Stage.ISSUED, reference="RO-2026-0055", at=pair.at))
    pair.pt()
    with pytest.raises(NotYourMoveError):
        decide_release(request, release=True, scope="all", by=pair.ines, at=pair.at)
    assert ReleaseDraft.objects.get().decision == ""


# --- S06 ----------------------------------------------------------------------------------------


@pytest.fixture
def provider(pair: Pair) -> str:
    pair.offices.found("example-mail")
    pair.ro()
    return "example-mail"


def epoc(provider: str, **changes: Any) -> dict[str, Any]:
    filled = cases.filled("eev-epoc").draft
    return {
        "instrument": "eev-epoc",
        "to": provider,
        "case_reference": "RO-2026-0050",
        "form": {**filled.form, **filled.for_authority, **changes},
        "other_way": {"ground": "disruption", "words": "The portal is down."},
    }


def signature_faults(draft: DraftView, at: Instant) -> list[Any]:
    return [
        each for each in reads.faults_of_draft(draft, at=at) if each.field == "sign_offs" and each.severity == "stops"
    ]


def test_content_data_with_a_police_signature_is_blocked_and_says_who_must_sign(pair: Pair, provider: str) -> None:
    officer = pair.offices.person("ro", "Paul Politist", "issuing-authority", function="police")
    draft = pair.draft(epoc(provider, categories=["CONTENT"]))
    signed = sign_off(draft.id, draft_sha256=draft.content.sha256, by=officer, at=pair.at)
    (found,) = signature_faults(signed, pair.at)
    assert "CONTENT" in found.sentence
    assert "police" in found.sentence
    assert "judge" in found.sentence
    assert "Article 4(2)" in found.rule
    assert not found.overridable
    reason = [{"rule": found.code.value, "reason": "We are in a hurry."}]
    pushed = change_draft(draft.id, {"overrides": reason}, by=pair.ioana, at=pair.at)
    signed = sign_off(draft.id, draft_sha256=pushed.content.sha256, by=officer, at=pair.at)
    assert len(signature_faults(signed, pair.at)) == 1
    with pytest.raises(DraftFaultsError, match="CONTENT"):
        send_request(draft.id, by=pair.ioana, at=pair.at)


def test_changing_to_subscriber_data_clears_what_a_prosecutor_may_not_order(pair: Pair, provider: str) -> None:
    """S06: content and traffic data need a judge (Article 4(2)); for subscriber data a prosecutor will do (4(1))."""
    for categories in (["CONTENT"], ["TRAFFIC"]):
        draft = pair.draft(epoc(provider, categories=categories, traffic_elements=["internet"]))
        signed = sign_off(draft.id, draft_sha256=draft.content.sha256, by=pair.radu, at=pair.at)
        (found,) = signature_faults(signed, pair.at)
        assert (found.code, "Article 4(2)" in found.rule) == ("validation-missing", True)
        assert categories[0] in found.sentence
        form = {
            "categories": ["SUBSCRIBER"],
            "subscriber_elements": ["identity"],
            "content_elements": None,
            "traffic_elements": None,
        }
        changed = change_draft(draft.id, {"form": form}, by=pair.ioana, at=pair.at)
        signed = sign_off(draft.id, draft_sha256=changed.content.sha256, by=pair.radu, at=pair.at)
        assert signature_faults(signed, pair.at) == []
        letter = send_request(draft.id, by=pair.ioana, at=pair.at)
        assert letter.body["categories"] == ["SUBSCRIBER"]
    assert pair.carry() == []


def test_what_only_a_judge_may_order_a_judge_may_order(pair: Pair, provider: str) -> None:
    judge = pair.offices.person("ro", "Ana Judecator", "issuing-authority", function="judge")
    draft = pair.draft(epoc(provider, categories=["CONTENT"]))
    signed = sign_off(draft.id, draft_sha256=draft.content.sha256, by=judge, at=pair.at)
    assert signature_faults(signed, pair.at) == []


# --- S07 ----------------------------------------------------------------------------------------


def overlaps(draft: DraftView, pair: Pair, viewer: Any) -> list[str]:
    found = reads.faults_of_draft(draft, at=pair.at, viewer=viewer)
    assert all(each.severity == "warns" for each in found if each.code == "already-asked")
    return [each.sentence for each in found if each.code == "already-asked"]


def test_a_second_officer_sees_that_her_office_has_asked_already(pair: Pair) -> None:
    request = pair.sent(preservation(pair.at))
    pair.later(days=3)
    second = pair.offices.person("ro", "Dan Exemplu", "case-officer")
    account = {"type": "account", "value": " example.user ", "service": "MAIL.example"}
    draft = pair.draft({**preservation(pair.at, identifiers=[account])}, by=second)
    (sentence,) = overlaps(draft, pair, second)
    assert sentence.startswith("Already asked by your office on 2026-11-24:")
    assert request in sentence
    other = pair.draft(preservation(pair.at, identifiers=[{**account, "value": "another.user"}]), by=second)
    assert overlaps(other, pair, second) == []


def test_a_request_that_names_the_first_as_earlier_is_no_double_work(pair: Pair) -> None:
    request = pair.sent(preservation(pair.at))
    draft = pair.draft(stored(pair.at, earlier=request))
    assert overlaps(draft, pair, pair.ioana) == []


def test_nobody_finds_out_by_drafting_what_he_may_not_see(pair: Pair) -> None:
    pair.sent(preservation(pair.at))
    draft = pair.draft(preservation(pair.at))
    outsider = replace(pair.ioana, roles=frozenset({"analyst"}))
    assert overlaps(draft, pair, outsider) == []
    assert overlaps(draft, pair, None) == []
    with pytest.raises(RightMissingError):
        reads.draft_for(outsider, draft.id)


def test_the_side_that_is_asked_does_not_tell_its_own_drafts_what_others_asked(pair: Pair) -> None:
    pair.sent(preservation(pair.at))
    pair.pt()
    draft = write_draft({**preservation(pair.at), "to": "ro"}, by=pair.ines, at=pair.at)
    assert overlaps(draft, pair, pair.ines) == []


def greece_asks(pair: Pair, **fields: Any) -> str:
    """A request of Greece to Portugal for the same account, that has arrived."""
    pair.offices.found("gr")
    asker = pair.offices.person("gr", "Giorgos Deigma", "duty-officer", function="police")
    signer = pair.offices.person("gr", "Eleni Deigma", "issuing-authority", function="prosecutor")
    pair.offices.be("gr")
    draft = write_draft({**preservation(pair.at, **fields), "case_reference": "GR-9"}, by=asker, at=pair.at)
    sign_off(draft.id, draft_sha256=draft.content.sha256, by=signer, at=pair.at)
    letter = send_request(draft.id, by=asker, at=pair.at)
    assert pair.carry() == []
    return letter.thread


def test_the_desk_that_two_states_ask_sees_it_and_neither_of_them_does(pair: Pair) -> None:
    romanian = pair.sent(preservation(pair.at))
    pair.later(days=1)
    greek = greece_asks(pair)
    pair.pt()
    (other,) = reads.overlaps_for(pair.ines, greek)
    assert (other.id, other.counterpart) == (romanian, "ro")
    (other,) = reads.overlaps_for(pair.ines, romanian)
    assert (other.id, other.counterpart) == (greek, "gr")
    counted = reads.overlapping(pair.ines, reads.watch(pair.ines))
    assert counted == {romanian: 1, greek: 1}
    standing = look_at_request(greek, reason="who else asked?", by=pair.ines, at=pair.at)
    shown = shown_standing(standing, same_person=reads.overlaps_for(pair.ines, greek))
    assert [each["id"] for each in shown["same_person"]] == [romanian]
    assert pair.carry() == []
    pair.ro()
    assert reads.overlaps_for(pair.ioana, romanian) == []
    assert reads.overlapping(pair.ioana, reads.watch(pair.ioana)) == {}
    assert greek not in json.dumps(shown_standing(pair.at_ro(romanian)))


def test_another_person_is_no_overlap_and_who_may_not_read_sees_none(pair: Pair) -> None:
    romanian = pair.sent(preservation(pair.at))
    other = [{"type": "account", "value": "another.user", "service": "mail.example"}]
    greece_asks(pair, identifiers=other)
    pair.pt()
    assert reads.overlaps_for(pair.ines, romanian) == []
    assert reads.overlapping(pair.ines, reads.watch(pair.ines)) == {}
    with pytest.raises(RightMissingError):
        reads.overlaps_for(replace(pair.ines, roles=frozenset({"analyst"})), romanian)


# --- One order, two renderings ------------------------------------------------------------------


def test_what_a_provider_must_not_read_stays_here_and_its_commitment_can_be_proved(pair: Pair, provider: str) -> None:
    judge = pair.offices.person("ro", "Ana Judecator", "issuing-authority", function="judge")
    draft = pair.draft(epoc(provider))
    sign_off(draft.id, draft_sha256=draft.content.sha256, by=judge, at=pair.at)
    letter = send_request(draft.id, by=pair.ioana, at=pair.at)
    kept = cases.filled("eev-epoc").draft.for_authority
    assert kept
    for name, value in kept.items():
        assert name not in str(letter.body["form"])
        assert str(value) not in letter.jws.decode()
    (part,) = letter.parts
    assert (part.name, part.sealed) == (FOR_AUTHORITY, None)
    row = Draft.objects.get(id=draft.id)
    order = order_of(instrument("eev-epoc"), row.content["form"], salt=b64decode(row.part_salt))
    assert render_for_provider(order, reader=MemberId(provider)).parts == letter.parts
    assert pair.carry() == []
