"""The rota and the shift at the desk: planned, read, handed over by name, acknowledged by name, on one page."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.browser.scene import Night
from tests.desk.door import Officer, desk_open, signed_in
from tests.offices import Offices, entries
from tocsin.base import instant
from tocsin.base.ids import new_uuid
from tocsin.base.instant import Instant
from tocsin.desk.words import zone_of
from tocsin.dossiers.acts.dossiers import make_dossier
from tocsin.dossiers.acts.members import let_in
from tocsin.duty import reads
from tocsin.duty.acts.rota import plan_turn
from tocsin.requests.acts.dossier import put_in_dossier
from tocsin.requests.acts.ring import ring_clocks

ZONE = "Europe/Lisbon"


@pytest.fixture
def night(offices: Offices) -> Iterator[Night]:
    with desk_open():
        night = Night(offices)
        night.pt()
        yield night


@pytest.fixture
def ines(night: Night) -> Officer:
    return signed_in(night.offices, "pt", roles=["duty-officer"], name="Inês Exemplo")


@pytest.fixture
def rui(night: Night) -> Officer:
    return signed_in(night.offices, "pt", roles=["duty-officer"], name="Rui Exemplo")


def shown(officer: Officer, path: str) -> str:
    answer = officer.client.get(path)
    assert answer.status_code == 200, answer.content[:800]
    return answer.content.decode()


def typed(at: Instant) -> str:
    return at.astimezone(zone_of(ZONE)).strftime("%Y-%m-%dT%H:%M")


def turn(officer: Officer, **changed: object) -> dict[str, object]:
    now = instant.true_now()
    return {
        "once": new_uuid(),
        "person": officer.actor.person,
        "place": "first",
        "begins": typed(now - timedelta(hours=1)),
        "ends": typed(now + timedelta(hours=11)),
        "weeks": "1",
        **changed,
    }


# --- The rota -----------------------------------------------------------------------------------


def test_a_turn_is_planned_shown_and_taken_off_again(ines: Officer, rui: Officer) -> None:
    assert "Nothing was planned yet" in shown(ines, "/rota/")
    assert ines.client.post("/rota/", turn(rui)).status_code == 302
    page = shown(ines, "/rota/")
    assert "<b>Rui Exemplo</b>" in page
    assert "nobody is first" in page, "after his turn"
    (planned,) = reads.turns(since=instant.true_now(), until=instant.true_now() + timedelta(hours=1))
    assert ines.client.post(f"/rota/{planned.id}/withdraw/").status_code == 302
    assert "<b>Rui Exemplo</b>" not in shown(ines, "/rota/")
    again = ines.client.post(f"/rota/{planned.id}/withdraw/", follow=True)
    assert "There is no turn" in again.content.decode()


def test_a_double_click_plans_once(ines: Officer, rui: Officer) -> None:
    same = turn(rui, weeks="3")
    for _ in range(2):
        assert ines.client.post("/rota/", same).status_code == 302
    assert [entry["kind"] for entry in entries()].count("turn-planned") == 3


WRONG = {
    "ends": {"ends": "2026-11-24T00:00"},
    "begins": {"begins": "soon"},
    "weeks": {"weeks": "99"},
    "person": {"person": new_uuid()},
    "place": {"place": "second"},
}


@pytest.mark.parametrize("field", WRONG)
def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_is_kept(ines: Officer, rui: Officer, field: str) -> None:
    told = turn(rui, **WRONG[field])
    answer = ines.client.post("/rota/", told)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert re.search(rf'<(input|select)[^>]*name="{field}"[^>]*aria-invalid="true"', page)
    assert f'value="{told["begins"]}"' in page
    assert not reads.is_planned()


def test_the_minutes_of_the_chain_are_set_here(ines: Officer, rui: Officer) -> None:
    ines.client.post("/rota/", turn(rui))
    assert ines.client.post("/rota/minutes/", {"minutes": "25"}).status_code == 302
    assert "after 25 minutes" in shown(ines, "/rota/")
    assert ines.client.post("/rota/minutes/", {"minutes": "0"}).status_code == 422


def test_who_may_not_plan_sees_the_rota_and_cannot_change_it(night: Night, rui: Officer) -> None:
    reader = signed_in(night.offices, "pt", roles=["validating-authority"])
    assert "Put somebody on duty" not in shown(reader, "/rota/")
    assert reader.client.post("/rota/", turn(rui)).status_code in {403, 422}
    assert reader.client.post("/rota/minutes/", {"minutes": "5"}).status_code == 403
    assert not reads.is_planned()


# --- Called -------------------------------------------------------------------------------------


def test_the_timeline_and_the_shift_name_who_was_called(night: Night, ines: Officer) -> None:
    plan_turn(
        ines.actor.person,
        place="first",
        begins=night.at,
        ends=night.at + timedelta(days=2),
        zone=ZONE,
        by=ines.actor,
        at=night.at,
    )
    found = night.many()
    night.pt()
    ring_clocks(at=instant.true_now())
    assert "You were called" in shown(ines, "/shift/")
    page = shown(ines, f"/requests/{found['urgent']}/")
    assert "an urgent letter came" in page
    assert re.search(r"told:\s*Inês Exemplo", page)


# --- Shifts -------------------------------------------------------------------------------------


def test_the_note_tells_what_is_due_unread_promised_and_decided(night: Night, ines: Officer) -> None:
    found = night.many()
    night.pt()
    page = shown(ines, "/shift/")
    due, unread, promised, decided = (
        page[page.index(f'id="{part}"') : page.index("</section>", page.index(f'id="{part}"'))]
        for part in ("h-due", "h-unread", "h-promised", "h-decided")
    )
    assert str(found["urgent"]) in due
    assert str(found["fresh"]) in unread
    assert str(found["kept"]) not in unread
    assert str(found["promised"]) in promised
    assert "confirmation of preservation" in promised
    assert str(found["refused"]) in decided
    assert "Refusal" in decided
    assert "Inês Exemplo" in decided


def test_a_shift_goes_to_somebody_by_name_and_she_acknowledges_it(night: Night, ines: Officer, rui: Officer) -> None:
    night.many()
    night.pt()
    told = {"to": rui.actor.person, "words": "<script>alert(1)</script> call back at 8", "once": new_uuid()}
    for _ in range(2):
        answer = ines.client.post("/shift/", told)
    (note,) = reads.waiting_for(rui.actor)
    assert answer["Location"] == f"/shift/{note.id}/"
    assert "hands the shift over to you" in shown(rui, "/shift/")
    page = shown(rui, f"/shift/{note.id}/")
    assert "&lt;script&gt;alert(1)" in page
    assert "I have read it" in page
    assert "I have read it" not in shown(ines, f"/shift/{note.id}/")
    assert ines.client.post(f"/shift/{note.id}/acknowledge/").status_code == 403
    assert rui.client.post(f"/shift/{note.id}/acknowledge/").status_code == 302
    assert "Acknowledged by Rui Exemplo" in shown(ines, f"/shift/{note.id}/")
    (told_of,) = [entry for entry in entries() if entry["kind"] == "shift-acknowledged"]
    assert told_of["by"]["person"] == rui.actor.person


def test_what_lies_in_a_dossier_of_others_is_counted_and_not_shown(night: Night, ines: Officer, rui: Officer) -> None:
    found = night.many()
    night.pt()
    dossier = make_dossier("Lighthouse", members_only=True, by=ines.actor, at=night.at)
    marta = signed_in(night.offices, "pt", roles=["case-officer"], name="Marta Exemplo").actor
    let_in(dossier, marta.person, capacity="member", reason="deputy", by=ines.actor, at=night.at)
    put_in_dossier(found["urgent"], dossier, reason="the case", by=ines.actor, at=night.at)
    assert str(found["urgent"]) not in shown(rui, "/shift/")
    ines.client.post("/shift/", {"to": rui.actor.person, "words": "", "once": new_uuid()})
    (note,) = reads.waiting_for(rui.actor)
    assert str(found["urgent"]) in shown(ines, f"/shift/{note.id}/")
    page = shown(rui, f"/shift/{note.id}/")
    assert str(found["urgent"]) not in page
    assert "1 request more lies in a dossier" in page


def test_who_does_not_work_at_the_desk_sees_no_shift(night: Night) -> None:
    for role in ("administrator", "partner", "auditor"):
        other = signed_in(night.offices, "pt", roles=[role])
        assert other.client.get("/shift/").status_code == 403
        assert other.client.get(f"/shift/{new_uuid()}/").status_code == 403
    assert signed_in(night.offices, "pt", roles=["administrator"]).client.get("/rota/").status_code == 200
