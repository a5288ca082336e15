"""The directory at the desk: who fades and who is asked first, cards by file and voice, drills, one's own card."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from tests.desk.door import Officer, desk_open, signed_in
from tests.directory.cards import COUNTRIES
from tests.offices import Offices, entries, member_named
from tocsin.base import instant
from tocsin.base.ids import MemberId, new_uuid
from tocsin.desk import europe
from tocsin.directory import reads
from tocsin.directory.acts import drill
from tocsin.directory.entries import DrillCalled
from tocsin.directory.models import Drill
from tocsin.directory.rules import words
from tocsin.journal.acts import record

GR = MemberId("gr")


@pytest.fixture(autouse=True)
def quick_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same words by a hash that costs less: tests compare many cards."""
    monkeypatch.setattr(words, "_N", 2**4)


@pytest.fixture
def node(offices: Offices) -> Iterator[Offices]:
    with desk_open():
        offices.at = instant.true_now().replace(microsecond=0)
        offices.found("pt")
        offices.found("ro")
        yield offices


@pytest.fixture
def ioana(node: Offices) -> Officer:
    return signed_in(node, "ro", roles=["duty-officer"], name="Ioana Exemplu")


def shown(officer: Officer, path: str = "/directory/") -> str:
    answer = officer.client.get(path)
    assert answer.status_code == 200, answer.content[:800]
    return answer.content.decode()


def answered(officer: Officer, member: str, *, days_ago: float, after: timedelta = timedelta(seconds=75)) -> None:
    """A drill of ours that somebody answered so long ago."""
    called = instant.true_now() - timedelta(days=days_ago)
    number = new_uuid()
    with transaction.atomic():
        Drill.objects.create(
            id=number, member=member, ours=True, call="call", called=called, answered=called + after,
            answered_name="Inês Exemplo", answered_role="duty-officer", sent=True,
        )  # fmt: skip
        record(DrillCalled(drill=number, member=member), by=officer.actor, at=called)


# --- The map ------------------------------------------------------------------------------------

UNION = (
    *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU"),
    *("IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
)


def test_the_map_has_every_state_of_the_union_once_and_no_two_in_one_place() -> None:
    assert set(UNION) <= set(europe.TILES)
    assert len(set(europe.TILES.values())) == len(europe.TILES)
    assert europe.TILES["PT"][0] < europe.TILES["DE"][0] < europe.TILES["RO"][0]
    assert europe.TILES["FI"][1] < europe.TILES["DE"][1] < europe.TILES["GR"][1]


STATES = {
    "nobody": ([], "none"),
    "one": ([("PT", "answers", "/a")], "answers"),
    "the better of two": ([("PT", "fades", "/a"), ("PT", "answers", "/b")], "answers"),
    "ours before all": ([("PT", "answers", "/a"), ("PT", "own", "/o")], "own"),
    "elsewhere": ([("XX", "answers", "/a")], "none"),
}


@pytest.mark.parametrize("case", STATES)
def test_a_tile_tells_the_best_that_a_state_has(case: str) -> None:
    points, expected = STATES[case]
    (tile,) = (each for each in europe.tiles(points) if each.country == "PT")
    assert (tile.state, tile.sign) == (expected, europe.SIGNS[expected])


# --- The list -----------------------------------------------------------------------------------


def test_a_line_tells_the_zone_the_reaction_and_who_confirmed(ioana: Officer) -> None:
    answered(ioana, "pt", days_ago=2)
    page = shown(ioana)
    assert "Invented point pt" in page
    assert "Lisbon" in page
    assert "1m 15s" in page
    assert "voice" in page
    assert "is-answers" in page


def test_one_that_has_not_answered_for_a_hundred_days_is_grey_and_says_since_when(ioana: Officer) -> None:
    answered(ioana, "pt", days_ago=100)
    page = shown(ioana)
    assert re.search(r'<tr data-row class="is-fades">.*?not answered since', page, re.DOTALL)
    assert "have not answered since" in shown(ioana, "/directory/members/pt/")


def test_another_point_of_the_same_state_is_offered_first(
    node: Offices, ioana: Officer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(COUNTRIES, "pt-north", ("PT", "Europe/Lisbon"))
    node.found("pt-north")
    node.be("ro")
    for member, days in (("pt", 100), ("pt-north", 3)):
        answered(ioana, member, days_ago=days)
    page = shown(ioana)
    line = page[page.index("not answered since") :]
    assert line.index("Ask first:") < line.index('/directory/members/pt-north/">Invented point pt-north') < 500
    assert page.index("Invented point pt-north") < page.index("not answered since"), "who answers comes before"
    assert "/directory/?country=PT" in page, "two points of one State: the tile leads to both"
    assert "Invented point gr" not in shown(ioana, "/directory/?country=PT")


def test_a_member_that_nobody_knows_is_not_there(ioana: Officer) -> None:
    assert ioana.client.get("/directory/members/xx/").status_code == 404


# --- By file and voice --------------------------------------------------------------------------


def card_file(member: str) -> Any:
    return SimpleUploadedFile(f"{member}.card.json", member_named(member).card(at=instant.true_now()).file)


def test_a_card_from_a_file_lets_nothing_in_until_its_six_words_were_heard(ioana: Officer) -> None:
    taken = ioana.client.post("/directory/take/", {"card": card_file("gr")})
    assert (taken.status_code, taken["Location"]) == (302, "/directory/members/gr/")
    assert "not yet confirmed" in shown(ioana)
    card = reads.unconfirmed_card(GR).signed
    right = str(words.words_of(card.jws, member=GR))

    wrong = ioana.client.post("/directory/members/gr/", {"heard": "zoom zoom zoom zoom zoom zoom"})
    assert wrong.status_code == 422
    assert 'value="zoom zoom zoom zoom zoom zoom"' in wrong.content.decode()
    assert [e["member"] for e in entries() if e["kind"] == "card-not-confirmed"] == ["gr"]
    few = ioana.client.post("/directory/members/gr/", {"heard": "zoom"})
    assert few.status_code == 422
    assert right not in wrong.content.decode(), "the other side's words are heard and never shown"

    assert ioana.client.post("/directory/members/gr/", {"heard": right}).status_code == 302
    page = shown(ioana, "/directory/members/gr/")
    assert "Ioana Exemplu" in page
    assert "confirmed by voice" in page
    (told,) = [e for e in entries() if e["kind"] == "card-confirmed"]
    assert told["by"]["person"] == ioana.actor.person


def test_a_card_with_one_byte_changed_is_refused_with_the_reason(ioana: Officer) -> None:
    content = bytearray(member_named("gr").card(at=instant.true_now()).file)
    content[len(content) // 2] ^= 1
    answer = ioana.client.post("/directory/take/", {"card": SimpleUploadedFile("gr.card.json", bytes(content))})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()


def test_what_is_no_card_or_too_large_is_refused(ioana: Officer) -> None:
    for content in (b"nothing", b"x" * 70_000):
        answer = ioana.client.post("/directory/take/", {"card": SimpleUploadedFile("c", content)})
        assert answer.status_code == 422


# --- Drills -------------------------------------------------------------------------------------


def test_a_drill_begins_here_and_shows_as_not_answered(ioana: Officer) -> None:
    page = shown(ioana, "/directory/members/pt/")
    key = re.search(r'name="once" value="([^"]+)"', page)
    assert key
    for _ in range(2):  # a double click
        answer = ioana.client.post("/directory/call/", {"member": "pt", "once": key[1]})
        assert answer.status_code == 302
    assert len(reads.drill_results(MemberId("pt"))) == 1
    assert "not answered" in shown(ioana)
    assert ioana.client.post("/directory/call/", {"once": new_uuid()}).status_code == 302
    assert len(reads.drill_results()) == 2


def test_another_members_call_is_answered_here(node: Offices, ioana: Officer) -> None:
    node.be("pt")
    pt = signed_in(node, "pt", roles=["duty-officer"], name="Inês Exemplo")
    drill.call_drill(MemberId("ro"), by=pt.actor, at=node.at)
    (call,) = Drill.objects.filter(ours=True).values_list("call", flat=True)
    node.be("ro")
    number = drill.take_call(call.encode(), at=node.at)
    assert "calls since" in shown(ioana)
    assert ioana.client.post(f"/directory/calls/{number}/answer/").status_code == 302
    assert "calls since" not in shown(ioana)


# --- One's own card, and who may what -----------------------------------------------------------


def test_ones_own_card_shows_its_six_words_to_be_read_aloud(ioana: Officer) -> None:
    own = reads.own_card()
    assert own is not None
    page = shown(ioana, "/directory/own/")
    for word in words.words_of(own.jws, member=MemberId("ro")).words:
        assert f">{word}</li>" in page
    assert "Sign it anew" not in page
    file = ioana.client.get("/directory/own/file/")
    assert file.content == own.file
    assert "attachment" in file["Content-Disposition"]


def test_who_may_only_read_sees_no_way_to_act_and_has_none(node: Offices) -> None:
    trainer = signed_in(node, "ro", roles=["trainer"])
    page = shown(trainer)
    assert "Drill" not in page
    assert "Take a card" not in page
    assert "Read and" not in shown(trainer, "/directory/members/pt/")
    for path in ("/directory/call/", "/directory/take/", f"/directory/calls/{new_uuid()}/answer/"):
        assert trainer.client.post(path).status_code == 403, path
    assert trainer.client.post("/directory/members/pt/", {"heard": "a b c d e f"}).status_code == 403
    assert trainer.client.post("/directory/own/").status_code == 403


def test_counsel_sees_no_directory(node: Offices) -> None:
    counsel = signed_in(node, "ro", roles=["counsel"])
    for path in ("/directory/", "/directory/own/", "/directory/members/pt/", "/rota/", "/shift/"):
        assert counsel.client.get(path).status_code == 403, path


# --- What one's own card says ---------------------------------------------------------------------


def test_what_the_card_says_is_proposed_confirmed_by_another_and_signed(node: Offices) -> None:
    boss = signed_in(node, "ro", roles=["administrator"], name="Ion Exemplu")
    before = reads.own_card()
    assert before is not None
    page = shown(boss, "/directory/own/words/")
    assert f'value="{before.card.name}"' in page
    typed = {"name": "Another name", "hours": "always", "phone": "+40 21 555 0100", "languages": "ro, en"}
    typed |= {"zone": before.card.zone, "competences": list(before.card.competences)}  # type: ignore[dict-item]
    wrong = boss.client.post("/directory/own/words/", typed)
    assert wrong.status_code == 422
    assert "is 24/7 or spans like" in wrong.content.decode()
    assert 'value="Another name"' in wrong.content.decode()
    assert boss.client.post("/directory/own/words/", typed | {"hours": "24/7"}).status_code == 302
    waiting = reads.waiting_words()
    assert waiting is not None
    own = shown(boss, "/directory/own/")
    assert "<ins><bdi>Another name</bdi></ins>" in own
    assert "Confirm, and sign the card" not in own
    path = f"/directory/own/words/{waiting.id}/"
    refused = boss.client.post(path, {"confirm": "yes"}, follow=True)
    assert "a second person confirms it" in refused.content.decode()
    ioana = signed_in(node, "ro", roles=["duty-officer"], name="Ioana Exemplu")
    assert "Confirm, and sign the card" in shown(ioana, "/directory/own/")
    done = ioana.client.post(path, {"confirm": "yes"}, follow=True)
    assert f"as serial {before.card.serial + 1}" in done.content.decode()
    after = reads.own_card()
    assert after is not None
    assert (after.card.name, after.card.serial) == ("Another name", before.card.serial + 1)
    assert "Confirmed here, in the place of node.toml" in shown(ioana, "/directory/own/")


def test_without_a_directory_the_card_is_handed_to_nobody_and_the_page_says_so(node: Offices) -> None:
    boss = signed_in(node, "ro", roles=["administrator"], name="Ion Exemplu")
    answer = boss.client.post("/directory/own/hand-in/", follow=True)
    assert answer.status_code == 200
    assert 'class="word error"' in answer.content.decode()
