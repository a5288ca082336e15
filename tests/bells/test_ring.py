"""Bells in a real node: who is rung for what, what leaves, and what happens when nobody takes it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.bells.scene import ALL, Browser, House
from tests.offices import console, entries
from tests.requests.desk import preservation, urgent
from tocsin.bells import house as bells_house
from tocsin.bells import reads, sending
from tocsin.bells.acts.hang import MOST_BELLS, hang_bell, take_down, try_bell
from tocsin.bells.acts.ring import ring_bells
from tocsin.bells.errors import BellFieldError, BellFilesError, BellsOffError, TooManyBellsError, UnknownBellError
from tocsin.bells.models import Bell, Ring
from tocsin.bells.rules.settings import BellSettings
from tocsin.people.acts.accounts import open_account
from tocsin.people.models import Account
from tocsin.requests.acts.look import hand_over_request, look_at_request
from tocsin.requests.acts.shift_note import hand_shift_over
from tocsin.requests.errors import PersonNeededError

INES, RUI, MARTA = "+351215550101", "+351215550102", "+351215550103"
NAMES = ("Planted-Person", "planted@mail.example", "PLANTED-CASE-77")


def hung(house: House) -> None:
    house.planned()
    for who, to in ((house.ines, INES), (house.rui, RUI), (house.marta, MARTA)):
        house.bell(who, to)


def to_whom(house: House) -> list[str]:
    return [to for to, _, _ in house.heard.said]


# --- Who is rung --------------------------------------------------------------------------------


def test_an_urgent_request_rings_the_first_then_the_deputy_then_the_chief(house: House) -> None:
    hung(house)
    request = house.sent(urgent(house.at))
    assert house.rings() == 1
    assert house.heard.said == [(INES, "An urgent request came", f"Request {request[:8]}: open it at the desk now.")]
    assert house.rings() == 0, "once for each alarm"
    house.later(minutes=15)
    house.rings()
    house.later(minutes=15)
    house.rings()
    assert to_whom(house) == [INES, RUI, MARTA]
    assert house.heard.said[1][1] == "An urgent request that nobody has opened"


def test_an_opened_request_rings_nobody_any_more(house: House) -> None:
    hung(house)
    request = house.sent(urgent(house.at))
    house.rings()
    look_at_request(request, reason="on duty", by=house.ines, at=house.at)
    house.later(minutes=31)
    house.rings()
    assert to_whom(house) == [INES]


def test_a_bell_rings_only_for_what_its_owner_chose(house: House) -> None:
    house.planned()
    house.bell(house.ines, INES, "missed")
    house.bell(house.rui, RUI, "unopened")
    house.sent(urgent(house.at))
    house.rings()
    assert to_whom(house) == []
    house.later(minutes=15)
    house.rings()
    assert to_whom(house) == [RUI]


def test_a_clock_that_runs_out_rings_who_is_on_duty_in_that_place_and_else_every_duty_officer(house: House) -> None:
    house.bell(house.ines, INES, "soon", "missed")
    house.bell(house.rui, RUI, "soon", "missed")
    request = house.sent(urgent(house.at))
    look_at_request(request, reason="on duty", by=house.ines, at=house.at)
    house.later(hours=6, minutes=1)
    house.rings()
    assert sorted(to_whom(house)) == [INES, RUI], "nobody is on the rota: all duty officers"
    house.heard.clear()
    house.on(house.rui, "first", 0, 12)
    house.later(hours=2)
    house.rings()
    assert RUI in to_whom(house)
    assert "A time limit has passed" in [title for _, title, _ in house.heard.said]


def test_a_request_and_a_shift_that_are_handed_over_ring_who_gets_them(house: House) -> None:
    hung(house)
    request = house.sent(preservation(house.at))
    house.pt()
    hand_over_request(request, to=house.rui.person, words="yours", by=house.ines, at=house.at)
    hand_shift_over(to=house.marta.person, words="", since=house.at - timedelta(hours=4), by=house.ines, at=house.at)
    ring_bells(at=house.at)
    assert sorted(house.heard.said) == sorted(
        [
            (RUI, "Something was handed over to you", f"Request {request[:8]}: it is yours now."),
            (
                MARTA,
                "Something was handed over to you",
                "A shift waits for you: read its note at the desk and take it over.",
            ),
        ]
    )


def test_what_rang_before_a_bell_was_hung_and_what_is_old_rings_no_bell(house: House) -> None:
    house.planned()
    house.sent(urgent(house.at))
    house.rings()
    house.later(minutes=1)
    house.bell(house.ines, INES)
    house.rings()
    assert to_whom(house) == []


# --- What leaves --------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "bg", "de", "el"])
def test_nothing_that_leaves_for_any_occasion_holds_a_word_of_a_case_or_a_person(house: House, language: str) -> None:
    hung(house)
    browser = Browser(f"http://127.0.0.1:{house.heard.port}/push/1")
    hang_bell("push", to=browser.subscription, label="browser", occasions=ALL, by=house.rui, at=house.at)
    spoken(house, language)
    planted: dict[str, Any] = {**urgent(house.at)}
    planted["form"] = {**planted["form"], "facts": f"{NAMES[0]} wrote from {NAMES[1]}", "reference": NAMES[2]}
    request = house.sent(planted)
    house.rings()
    house.later(minutes=15)
    house.rings()
    house.later(minutes=15)
    house.rings()
    house.pt()
    look_at_request(request, reason=NAMES[0], by=house.ines, at=house.at)
    hand_over_request(request, to=house.rui.person, words=NAMES[0], by=house.ines, at=house.at)
    hand_shift_over(
        to=house.rui.person, words=NAMES[0], since=house.at - timedelta(hours=4), by=house.ines, at=house.at
    )
    house.rings()
    for hours in (5.6, 0.5, 2.5, 30):
        house.later(hours=hours)
        house.rings()
    occasions = set(Ring.objects.filter(state="rung").values_list("occasion", flat=True))
    assert occasions == {"urgent", "unopened", "soon", "missed", "hand-over"}
    opened = [browser.read(body) for path, _, body in house.heard.calls if path.startswith("/push/")]
    assert opened
    words = f"{house.heard.words}\n{opened}".casefold()
    people = ("Ioana", "Inês", "Exemplo", "Exemplu", "Rui ", "Marta")
    assert not [each for each in (*NAMES, *people, "RO-2026", "Romania") if each.casefold() in words]


def spoken(house: House, language: str) -> None:
    for who in (house.ines, house.rui, house.marta):
        open_account(who.person, by=console(), at=house.at, language=language)  # type: ignore[arg-type]
    assert Account.objects.filter(language=language).count() == 3


def test_a_browser_gets_what_it_alone_reads_with_the_way_to_the_request(house: House) -> None:
    house.planned()
    browser = Browser(f"http://127.0.0.1:{house.heard.port}/push/1")
    hang_bell("push", to=browser.subscription, label="browser", occasions=ALL, by=house.ines, at=house.at)
    request = house.sent(urgent(house.at))
    house.rings()
    ((path, head, body),) = house.heard.calls
    assert path == "/push/1"
    assert head["Content-Encoding"] == "aes128gcm"
    assert head["Authorization"].startswith("vapid t=")
    read = browser.read(body)
    assert read["path"] == f"/requests/{request}/"
    assert read["title"] == "An urgent request came"


# --- When nobody takes it -----------------------------------------------------------------------


def test_a_gateway_that_is_away_is_tried_again_and_then_said_to_have_failed(house: House) -> None:
    hung(house)
    house.sent(urgent(house.at))
    house.heard.answers += [500] * 4
    for seconds in (0, 20, 60, 240):
        house.later(seconds=seconds)
        house.rings()
    (bell,) = reads.bells_of(house.ines)
    assert bell.failed == "the gateway did not take it"
    with CaptureQueriesContext(connection) as asked:
        assert reads.faults_of(house.ines) == 1
    assert len(asked) == 1, "every page of the desk asks it"
    assert Ring.objects.get(bell_id=bell.id).tries == 4
    house.later(seconds=1)
    try_bell(bell.id, by=house.ines, at=house.at)
    assert ring_bells(at=house.at) == 1
    assert reads.faults_of(house.ines) == 0
    assert house.heard.said[-1][2] == "This is a trial: your bell works."


def test_a_file_of_gateways_that_is_broken_keeps_no_browser_still(house: House) -> None:
    house.planned()
    house.bell(house.ines, INES)
    browser = Browser(f"http://127.0.0.1:{house.heard.port}/push/1")
    hang_bell("push", to=browser.subscription, label="browser", occasions=ALL, by=house.ines, at=house.at)
    house.sent(urgent(house.at))
    house.file.chmod(0o644)
    assert house.rings() == 1
    assert [path for path, _, _ in house.heard.calls] == ["/push/1"]
    assert "chmod 600" in Ring.objects.get(bell__way="sms").said
    house.file.chmod(0o600)
    house.later(seconds=20)
    assert house.rings() == 1
    assert to_whom(house) == [INES]


def test_a_browser_that_is_gone_is_taken_down_and_forgotten(house: House) -> None:
    house.planned()
    browser = Browser(f"http://127.0.0.1:{house.heard.port}/push/1")
    hang_bell("push", to=browser.subscription, label="browser", occasions=ALL, by=house.ines, at=house.at)
    house.sent(urgent(house.at))
    house.heard.answers.append(410)
    house.rings()
    assert reads.bells_of(house.ines) == []
    assert Bell.objects.get().target == ""
    assert entries("bell-taken-down")[0]["why"] == "gone"


def test_a_bell_rings_so_often_in_an_hour_then_says_that_there_is_more_and_is_still(house: House) -> None:
    house.setting(most_an_hour=2)
    bell = house.bell(house.ines, INES)
    for seconds in range(5):
        try_bell(bell, by=house.ines, at=house.at + timedelta(seconds=seconds))
    house.later(seconds=10)
    assert ring_bells(at=house.at) == 3
    assert [text for _, _, text in house.heard.said][-1] == "There is more than a bell can say: look at the desk."
    assert Ring.objects.filter(state="held").count() == 2
    house.later(hours=1, minutes=1)
    try_bell(bell, by=house.ines, at=house.at)
    assert ring_bells(at=house.at) == 1


def test_a_worker_that_dies_between_ring_and_row_rings_once_more_and_not_never(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    hung(house)
    house.sent(urgent(house.at))
    true = sending.through

    class Killed(BaseException):
        pass

    def dies(*given: Any, **traits: Any) -> Any:
        true(*given, **traits)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(sending, "through", dies)
        with pytest.raises(Killed):
            house.rings()
    house.rings()
    assert to_whom(house) == [INES, INES]


# --- Off until it is chosen ---------------------------------------------------------------------


def test_nothing_can_be_hung_or_rings_until_the_administrator_chooses(house: House) -> None:
    hung(house)
    house.sent(urgent(house.at))
    bells_house.use(BellSettings())
    assert reads.choices() == reads.Choices(gateways=(), push_key="")
    for way in ("sms", "push"):
        with pytest.raises(BellsOffError):
            hang_bell(way, to=INES, label="x", occasions=ALL, by=house.ines, at=house.at)
    assert house.rings() == 0
    assert house.heard.calls == []


def test_a_bell_is_ones_own_and_what_is_wrong_with_it_is_said_at_its_field(house: House) -> None:
    bell = house.bell(house.ines, INES)
    assert reads.bells_of(house.rui) == []
    for act in (take_down, try_bell):
        with pytest.raises(UnknownBellError):
            act(bell, by=house.rui, at=house.at)
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"to": "call me"}, "to"),
        ({"label": ""}, "label"),
        ({"occasions": ()}, "occasions"),
        ({"occasions": ("gossip",)}, "occasions"),
    ]
    usual: dict[str, Any] = {"to": INES, "label": "x", "occasions": ALL}
    for given, field in wrong:
        with pytest.raises(BellFieldError) as error:
            hang_bell("sms", **{**usual, **given}, by=house.ines, at=house.at)
        assert error.value.fields["field"] == field
    for _ in range(MOST_BELLS - 1):
        house.bell(house.ines, INES)
    with pytest.raises(TooManyBellsError):
        house.bell(house.ines, INES)
    with pytest.raises(PersonNeededError):
        hang_bell("sms", **usual, by=console(), at=house.at)


def test_where_a_bell_rings_is_no_text_in_the_database_and_none_in_the_journal(house: House) -> None:
    bell = house.bell(house.ines, INES)
    assert "351215550101" not in str(list(Bell.objects.values()))
    take_down(bell, by=house.ines, at=house.at)
    assert Bell.objects.get().target == ""
    told = [*entries("bell-hung"), *entries("bell-taken-down")]
    assert len(told) == 2
    assert "351215550101" not in str(told)


def test_a_file_of_gateways_that_is_open_or_faulty_is_named(house: House) -> None:
    house.file.chmod(0o644)
    with pytest.raises(BellFilesError, match="chmod 600"):
        bells_house.gateways()
    house.told("[sms]\n")
    with pytest.raises(BellFilesError, match=r"\[sms\] takes"):
        bells_house.gateways()
    house.file.unlink()
    with pytest.raises(BellFilesError, match="cannot be read"):
        bells_house.gateways()
