"""Administration at the desk: how the node stands, in numbers alone; tokens are one's own, and stopped at once."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

import pytest

from tests.desk.door import Officer, desk_open, signed_in
from tests.offices import Offices, entries
from tests.requests.desk import Pair, preservation
from tocsin.base import instant
from tocsin.base.instant import Instant
from tocsin.desk import house
from tocsin.desk.house import Found, Setting
from tocsin.people import reads as people


class Told:
    """A node that says what it is told to say."""

    def found(self) -> Sequence[Found]:
        return [
            Found("disk", "bad", "0.1 GiB free", "Make room: a full disk refuses letters."),
            Found("tocsin.W004", "warn", "The certificate ends soon.", "Rotate it."),
            Found("python", "ok", "CPython 3.11", ""),
        ]

    def settings(self) -> Sequence[Setting]:
        return [Setting("", "member", "pt", False), Setting("limits", "mask_below", "3", True)]

    def settings_file(self) -> str:
        return "/srv/example/node.toml"

    def jobs(self) -> Mapping[str, int]:
        return {"todo": 3, "doing": 1, "failed": 0}

    def certificate_ends(self) -> Instant:
        return instant.true_now() + timedelta(days=20)

    def archived(self) -> Instant | None:
        return None


@pytest.fixture
def boss(offices: Offices, monkeypatch: pytest.MonkeyPatch) -> Iterator[Officer]:
    offices.at = instant.true_now().replace(microsecond=0)
    pair = Pair(offices)
    pair.sent(preservation(pair.at))
    pair.pt()
    monkeypatch.setattr(house._known, "house", Told())
    with desk_open():
        yield signed_in(offices, "pt", roles=["administrator"], name="Ion Exemplo")


def shown(officer: Officer, path: str = "/administration/") -> str:
    answer = officer.client.get(path)
    assert answer.status_code == 200, answer.content.decode()[:600]
    return answer.content.decode()


def test_how_the_node_stands_is_told_with_the_cure_and_without_a_word_of_a_request(boss: Officer) -> None:
    page = shown(boss)
    for said in (
        "0.1 GiB free",
        "Make room: a full disk refuses letters.",
        "CPython 3.11",
        "3 wait, 1 run, 0 failed",
        "/srv/example/node.toml",
        "mask_below",
        "no other sign of a backup can be seen",
        "signs letters",
    ):
        assert said in page, said
    assert page.index("0.1 GiB free") < page.index("The certificate ends soon.") < page.index("CPython 3.11")
    assert "български" in page
    assert "RO-2026" not in page
    assert "/requests/" not in page


def test_a_token_is_shown_once_reaches_no_further_than_its_maker_and_stops(boss: Officer, offices: Offices) -> None:
    ana = signed_in(offices, "pt", roles=["duty-officer"], name="Ana Exemplo")
    refused = ana.client.post("/account/tokens/", {"scopes": ["node:run"], "days": "30"})
    assert refused.status_code == 422
    assert ana.client.post("/account/tokens/", {"scopes": ["requests:read"], "days": "30"}).status_code == 302
    page = shown(ana, "/account/tokens/")
    token = page.partition("tocsin_")[2].partition("<")[0]
    assert token
    assert f"tocsin_{token}" not in shown(ana, "/account/tokens/")
    holder = people.holder_of(f"tocsin_{token}", at=offices.at + timedelta(minutes=1))
    assert (holder.actor.name, holder.scopes) == ("Ana Exemplo", frozenset({"requests:read"}))
    (made,) = people.tokens(at=instant.now())
    stranger = signed_in(offices, "pt", roles=["analyst"], name="Rui Exemplo")
    assert stranger.client.post(f"/account/tokens/{made.id}/withdraw/").status_code == 403
    assert "Ana Exemplo" in shown(boss)
    boss.client.post(f"/account/tokens/{made.id}/withdraw/")
    assert people.tokens(at=instant.now()) == []
    assert [entry["kind"] for entry in entries() if entry["kind"].startswith("token")] == [
        "token-issued",
        "token-withdrawn",
    ]


def test_the_page_is_for_those_who_run_the_node(boss: Officer, offices: Offices) -> None:
    assert boss
    for role in ("duty-officer", "auditor", "partner"):
        officer = signed_in(offices, "pt", roles=[role], name=f"Someone {role}")
        assert officer.client.get("/administration/").status_code == 403
