"""S14: an entry shows when it last answered. Signs of life of nodes, drills of people."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import Client

from tests.directory.cards import Member, profile
from tests.directory.conftest import BecomeNode, Node
from tests.directory.simulator import Repository, true_now
from tests.directory.web import served
from tocsin.base import instant
from tocsin.base.actor import Actor
from tocsin.base.ids import MemberId, new_uuid
from tocsin.base.instant import Instant
from tocsin.base.jose import SignatureWrongError, Typ
from tocsin.directory import reads
from tocsin.directory.acts import alive, cards, drill
from tocsin.directory.acts.refresh import join_directory, refresh_directory
from tocsin.directory.errors import (
    AliveRefusedError,
    DrillRefusedError,
    EndpointUnreachableError,
    KeyNotInForceError,
    PersonNeededError,
    SignedFormError,
    UnknownMemberError,
)
from tocsin.directory.models import Drill, SignOfLife
from tocsin.directory.rules import signed
from tocsin.directory.rules.life import (
    FADES_AFTER,
    Alive,
    DrillAnswer,
    DrillCall,
    claim_alive,
    claim_answer,
    claim_call,
    fades,
    sign_alive,
    sign_answer,
    sign_call,
)
from tocsin.directory.rules.words import words_of
from tocsin.journal.models import StoredEntry

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_words")]

PT, RO = MemberId("pt"), MemberId("ro")


def now() -> Instant:
    return instant.parse(instant.text(true_now()))


def kinds() -> list[str]:
    return list(StoredEntry.objects.order_by("index").values_list("kind", flat=True))


class World:
    """A directory with a hub and members, joined by the node that this process is."""

    def __init__(self, node: Node, *members: Member, hub: Member | None = None) -> None:
        self.node, self.hub = node, hub or Member("hub")
        for member in (*members, self.hub):
            member.card(at=now() - timedelta(days=10))
        self.repository = Repository.with_members(*members, self.hub)
        join_directory(self.repository.root, hub_card=self.hub.cards[0].file, by=node.administrator, at=node.at)
        refresh_directory(at=node.at, fetcher=self.repository.fetcher())


def alive_of(member: Member, *, at: Instant | None = None) -> bytes:
    return sign_alive(Alive(member.member, at or now()), key=member.keys.signing).encode()


# --- Signs of life ------------------------------------------------------------------------------


@pytest.fixture
def hub(become: BecomeNode) -> tuple[World, Member]:
    node, pt = become("hub"), Member("pt")
    return World(node, pt, hub=node.as_member()), pt


def test_the_hub_takes_a_sign_of_life_and_publishes_it(hub: tuple[World, Member]) -> None:
    _, pt = hub
    before = kinds()
    sent = alive_of(pt)
    answer = Client().post("/directory/alive", data=sent, content_type="application/json")
    assert answer.status_code == 200
    published = json.loads(Client().get("/directory/alive").content)
    assert published == {"alive": [sent.decode()], "type": "alive-list", "v": 1}
    assert reads.last_sign_of_life(PT) == claim_alive(sent.decode())[1].at
    assert kinds() == before, "an observation, not an act"


def test_a_sign_of_life_that_is_not_of_now_is_refused(hub: tuple[World, Member]) -> None:
    _, pt = hub
    for minutes in (-6, 6):
        with pytest.raises(AliveRefusedError, match="not now"):
            alive.take_sign_of_life(alive_of(pt, at=now() + timedelta(minutes=minutes)))


def test_an_older_sign_of_life_does_not_replace_a_later_one(hub: tuple[World, Member]) -> None:
    _, pt = hub
    later = now()
    alive.take_sign_of_life(alive_of(pt, at=later))
    alive.take_sign_of_life(alive_of(pt, at=later - timedelta(minutes=1)))
    assert reads.last_sign_of_life(PT) == later


def test_a_sign_of_life_by_another_key_or_of_a_stranger_is_refused(hub: tuple[World, Member]) -> None:
    _, pt = hub
    thief = Member("pt")
    with pytest.raises(KeyNotInForceError):
        alive.take_sign_of_life(alive_of(thief))
    with pytest.raises(UnknownMemberError):
        alive.take_sign_of_life(alive_of(Member("gr")))
    tampered = bytearray(alive_of(pt))
    tampered[-3] ^= 1
    with pytest.raises((SignatureWrongError, SignedFormError)):
        alive.take_sign_of_life(bytes(tampered))
    assert SignOfLife.objects.count() == 0


def test_a_letter_of_the_same_key_is_no_sign_of_life(hub: tuple[World, Member]) -> None:
    _, pt = hub
    payload = claim_alive(alive_of(pt).decode())[0].payload
    for typ in (Typ.RECEIPT, Typ.DRILL):
        with pytest.raises(SignedFormError, match="names the type"):
            alive.take_sign_of_life(signed.sign(payload, typ=typ, key=pt.keys.signing).encode())


@contextmanager
def a_hub_that_serves(become: BecomeNode, content: bytes) -> Iterator[tuple[World, Member, list[bytes]]]:
    """RO's node, a hub over TLS that answers the list of signs with ``content``, and what was posted to it."""
    posted: list[bytes] = []

    def take(_: str, body: bytes) -> tuple[int, bytes]:
        posted.append(body)
        return 200, b"{}"

    files: dict[str, bytes] = {"alive": content}
    with served(files, take=take) as origin:
        node, pt, hub = become("ro", private_endpoints=True), Member("pt"), Member("hub")
        hub.profile = profile("hub", endpoint=origin)
        cards.sign_own_card(by=node.administrator, at=node.at)
        world = World(node, pt, hub=hub)
        files["alive"] = content or _alive_list(alive_of(pt).decode())
        yield world, pt, posted


def _alive_list(*signs: str) -> bytes:
    return json.dumps({"alive": list(signs), "type": "alive-list", "v": 1}, separators=(",", ":")).encode()


def test_a_node_tells_the_hub_that_it_runs_and_learns_who_else_does(become: BecomeNode) -> None:
    with a_hub_that_serves(become, b"") as (world, _, posted):
        at = alive.send_sign_of_life()
        assert claim_alive(posted[0].decode())[1] == Alive(world.node.member, at)
        assert alive.collect_signs_of_life() == [PT]
        assert alive.collect_signs_of_life() == []
        assert reads.point(PT).alive is not None


INVENTED = {
    "a list of nothing": b"[]",
    "no JSON": b"<html>",
    "no signature": _alive_list("x.y.z"),
    "another key's": _alive_list(alive_of(Member("pt")).decode()),
    "a stranger's": _alive_list(alive_of(Member("gr")).decode()),
}


@pytest.mark.parametrize("case", INVENTED)
def test_what_the_hub_invents_proves_no_life(become: BecomeNode, case: str) -> None:
    with a_hub_that_serves(become, INVENTED[case]):
        assert alive.collect_signs_of_life() == []
        assert SignOfLife.objects.count() == 0


def test_a_sign_of_life_from_the_future_proves_nothing_yet(become: BecomeNode) -> None:
    with a_hub_that_serves(become, b"") as (_, pt, _posted), pytest.MonkeyPatch.context() as patch:
        earlier = true_now() - timedelta(hours=1)
        patch.setattr(instant, "true_now", lambda: earlier)
        assert alive.collect_signs_of_life() == []
        patch.undo()
        assert alive.collect_signs_of_life() == [pt.member]


def test_a_hub_that_does_not_answer_is_told(become: BecomeNode) -> None:
    with a_hub_that_serves(become, b""):
        pass
    with pytest.raises(EndpointUnreachableError):
        alive.send_sign_of_life()


def test_the_hub_says_of_itself_that_it_runs(become: BecomeNode) -> None:
    node = become("hub")
    cards.sign_own_card(by=node.administrator, at=node.at)
    World(node, hub=node.as_member())
    at = alive.send_sign_of_life()
    assert reads.last_sign_of_life(MemberId("hub")) == at


# --- Drills -------------------------------------------------------------------------------------


@contextmanager
def with_pt(become: BecomeNode, *, status: int = 200) -> Iterator[tuple[Node, Member, list[tuple[str, str]]]]:
    """RO's node, which trusts PT by voice, and PT's node over TLS, with what was posted to it."""
    posted: list[tuple[str, str]] = []

    def take(path: str, body: bytes) -> tuple[int, bytes]:
        posted.append((path, body.decode()))
        return status, b"{}"

    with served({}, name="pt", take=take) as origin:
        node, pt = become("ro", private_endpoints=True), Member("pt")
        pt.profile = profile("pt", endpoint=origin)
        trust(node, pt)
        yield node, pt, posted


def trust(node: Node, member: Member, *, days: int = 10) -> None:
    card = member.card(at=now() - timedelta(days=days))
    cards.take_card(card.file, by=node.officer, at=node.at)
    cards.confirm_card(member.member, heard=str(words_of(card.jws, member=member.member)), by=node.officer, at=node.at)


def answer_by(member: Member, call: str, *, key: Ed25519PrivateKey | None = None, **changes: str) -> bytes:
    """The answer of a person of ``member`` to a call."""
    _, called = claim_call(call)
    answer = DrillAnswer(
        id=called.id,
        sender=member.member,
        addressee=called.sender,
        call_sha256=sha256(call.encode()).hexdigest(),
        at=now(),
        by_name="Rui Inventado",
        by_role="duty-officer",
    )
    return sign_answer(replace(answer, **changes), key=key or member.keys.signing).encode()  # type: ignore[arg-type]


def test_a_drill_measures_how_soon_a_person_answers(become: BecomeNode, monkeypatch: pytest.MonkeyPatch) -> None:
    with with_pt(become) as (node, pt, posted):
        drill.call_drill(PT, by=node.officer, at=node.at)
        ((path, call),) = posted
        assert path == "/directory/drills"
        assert reads.drill_results(PT)[0].seconds is None
        later = true_now() + timedelta(seconds=90)
        monkeypatch.setattr(instant, "true_now", lambda: later)
        drill.take_answer(answer_by(pt, call), at=node.at)
        (result,) = reads.drill_results(PT)
        assert result.seconds is not None
        assert 89 <= result.seconds <= 91
        assert (result.by_name, result.by_role) == ("Rui Inventado", "duty-officer")
        contact = reads.point(PT)
        assert (contact.last_answer, contact.drill, contact.fades) == (result.answered, result, False)
        assert kinds()[-2:] == ["drill-called", "drill-answered"]


def test_the_same_answer_again_changes_nothing(become: BecomeNode) -> None:
    with with_pt(become) as (node, pt, posted):
        drill.call_drill(PT, by=node.officer, at=node.at)
        answer = answer_by(pt, posted[0][1])
        drill.take_answer(answer, at=node.at)
        first, entries = reads.drill_results(PT), kinds()
        drill.take_answer(answer, at=node.at)
        assert (reads.drill_results(PT), kinds()) == (first, entries)


def test_an_answer_that_is_not_to_this_call_is_refused(become: BecomeNode) -> None:
    with with_pt(become) as (node, pt, posted):
        drill.call_drill(PT, by=node.officer, at=node.at)
        call = posted[0][1]
        changed: dict[str, str]
        for changed, rule in (
            ({"id": new_uuid()}, "no such call"),
            ({"addressee": "gr"}, "no such call"),
            ({"call_sha256": "0" * 64}, "answers another call"),
        ):
            with pytest.raises(DrillRefusedError, match=rule):
                drill.take_answer(answer_by(pt, call, key=pt.keys.signing, **changed), at=node.at)
        with pytest.raises(KeyNotInForceError):
            drill.take_answer(answer_by(pt, call, key=Ed25519PrivateKey.generate()), at=node.at)
        assert reads.drill_results(PT)[0].seconds is None


def test_a_call_that_could_not_be_delivered_waits_and_goes_out_later(become: BecomeNode) -> None:
    with with_pt(become, status=503) as (node, _, posted):
        drill.call_drill(PT, by=node.officer, at=node.at)
        assert len(posted) == 1
        assert drill.post_drills() == 1
        assert Drill.objects.get().sent is False


def call_from(member: Member, *, to: str = "ro", at: Instant | None = None) -> bytes:
    call = DrillCall(id=new_uuid(), sender=member.member, addressee=MemberId(to), at=at or now())
    return sign_call(call, key=member.keys.signing).encode()


def test_a_call_waits_for_a_person_who_answers_it_to_the_caller(become: BecomeNode) -> None:
    with with_pt(become) as (node, pt, posted):
        call = call_from(pt)
        web = Client().post("/directory/drills", data=call, content_type="application/json")
        assert web.status_code == 200
        (waiting,) = reads.waiting_drills()
        assert waiting.member == PT
        with pytest.raises(PersonNeededError):
            drill.answer_drill(waiting.id, by=Actor.node(node.member), at=node.at)
        drill.answer_drill(waiting.id, by=node.officer, at=node.at)
        ((path, answer),) = posted
        _, answered = claim_answer(answer)
        assert path == "/directory/drills/answers"
        assert (answered.by_name, answered.call_sha256) == ("Ana Exemplu", sha256(call).hexdigest())
        assert reads.waiting_drills() == []
        drill.answer_drill(waiting.id, by=node.officer, at=node.at)
        assert kinds()[-2:] == ["drill-taken", "drill-answered"]
        assert len(posted) == 1


def test_a_call_that_is_not_for_us_or_not_of_now_is_refused(become: BecomeNode) -> None:
    with with_pt(become) as (node, pt, _):
        for call, rule in (
            (call_from(pt, to="gr"), "it calls gr"),
            (call_from(pt, at=now() - timedelta(days=4)), "too long ago"),
            (call_from(pt, at=now() + timedelta(hours=1)), "to come"),
        ):
            with pytest.raises(DrillRefusedError, match=rule):
                drill.take_call(call, at=node.at)
        with pytest.raises(UnknownMemberError):
            drill.take_call(call_from(Member("gr")), at=node.at)
        call = call_from(pt)
        assert drill.take_call(call, at=node.at) == drill.take_call(call, at=node.at)
        with pytest.raises(DrillRefusedError, match="no such call"):
            drill.answer_drill(new_uuid(), by=node.officer, at=node.at)


def test_nobody_fills_a_desk_with_drills(become: BecomeNode) -> None:
    with with_pt(become) as (node, pt, _):
        for _call in range(drill.MOST_WAITING):
            drill.take_call(call_from(pt), at=node.at)
        with pytest.raises(DrillRefusedError, match="are waiting already"):
            drill.take_call(call_from(pt), at=node.at)
        assert len(reads.waiting_drills()) == drill.MOST_WAITING


def test_the_monthly_drill_calls_everybody_but_the_hub_and_oneself(become: BecomeNode) -> None:
    with with_pt(become) as (node, _, posted):
        trust(node, Member("hub"))
        assert len(drill.call_all(by=node.officer, at=node.at)) == 1
        assert len(posted) == 1


def test_a_contact_point_is_called_once_a_month_by_the_node_itself(
    become: BecomeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    with with_pt(become) as (node, _, posted):
        calls = []
        for days in (0, 29, 31, 32, 60, 62):
            later = true_now() + timedelta(days=days)
            monkeypatch.setattr(instant, "true_now", lambda later=later: later)
            calls.append(len(drill.call_those_due(at=node.at)))
        assert calls == [0, 0, 1, 0, 0, 1]
        assert len(posted) == 2


# --- Entries that fade --------------------------------------------------------------------------


def test_an_entry_whose_people_do_not_answer_fades_and_another_is_offered_first(become: BecomeNode) -> None:
    with with_pt(become) as (node, pt, posted):
        police = Member("pt-police")
        police.profile = replace(profile("pt"), name="Police of Portugal, invented")
        trust(node, police)
        drill.call_drill(PT, by=node.officer, at=node.at)
        drill.take_answer(answer_by(pt, posted[0][1]), at=node.at)
        in_89_days, in_100_days = (true_now() + timedelta(days=days) for days in (89, 100))
        assert not any(contact.fades for contact in reads.points(as_of=in_89_days))
        faded = reads.point(PT, as_of=in_100_days)
        assert (faded.fades, faded.last_answer) == (True, reads.drill_results(PT)[0].answered)
        call = DrillCall(id=new_uuid(), sender=RO, addressee=police.member, at=now())
        Drill.objects.create(id=call.id, member=police.member, ours=True, call="x", called=call.at, answered=in_89_days)
        assert reads.point(PT, as_of=in_100_days).instead == ("pt-police",)
        assert [contact.member for contact in reads.points(as_of=in_100_days)] == ["pt-police", "pt"]


def test_fading_begins_after_ninety_days() -> None:
    answered = now()
    assert not fades(answered, at=answered + FADES_AFTER)
    assert fades(answered, at=answered + FADES_AFTER + timedelta(milliseconds=1))
    assert fades(None, at=answered)


@pytest.mark.parametrize(
    ("claim", "spoil"),
    [
        (claim_alive, {"v": 2}),
        (claim_alive, {"type": "drill"}),
        (claim_alive, {"member": "RO!"}),
        (claim_alive, {"at": "yesterday"}),
        (claim_alive, {"at": 1}),
        (claim_alive, {"at": "2026-11-24T05:00:00.000+02:00"}),
        (claim_alive, {"more": 1}),
    ],
)
def test_a_sign_of_life_of_another_form_is_refused(claim: object, spoil: dict[str, object]) -> None:
    assert claim is claim_alive
    payload = {"v": 1, "type": "alive", "member": "pt", "at": instant.text(now())} | spoil
    jws = signed.sign(payload, typ=Typ.ALIVE, key=Ed25519PrivateKey.generate())  # type: ignore[arg-type]
    with pytest.raises(SignedFormError):
        claim_alive(jws)


@pytest.mark.parametrize(
    "spoil",
    [{"id": "1"}, {"call_sha256": "a\nb"}, {"by": "Rui"}, {"by": {"name": "Rui"}}, {"by": {"name": "", "role": "x"}}],
)
def test_a_drill_answer_of_another_form_is_refused(spoil: dict[str, object]) -> None:
    payload = {
        "v": 1,
        "type": "drill-answer",
        "id": new_uuid(),
        "from": "pt",
        "to": "ro",
        "call_sha256": "0" * 64,
        "at": instant.text(now()),
        "by": {"name": "Rui Inventado", "role": "duty-officer"},
    } | spoil
    jws = signed.sign(payload, typ=Typ.DRILL, key=Ed25519PrivateKey.generate())  # type: ignore[arg-type]
    with pytest.raises(SignedFormError):
        claim_answer(jws)
