"""At the desk: who issued it stands above the text, an emergency is called back by two, a forgery warns everybody."""

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.browser.scene import Night
from tests.desk.door import Officer, desk_open, hidden, signed_in
from tests.desk.test_requests import page
from tests.notices.postman import carry, forgery
from tests.offices import Offices
from tests.requests.desk import urgent
from tocsin.base import instant
from tocsin.base.ids import RequestId
from tocsin.notices import reads as notices
from tocsin.notices.acts.issue import warn
from tocsin.notices.models import StoredNotice
from tocsin.requests.acts.call_back import record_call_back
from tocsin.requests.acts.forgery import mark_forged
from tocsin.requests.models import CallBack, Forgery
from tocsin.requests.rules.call_back import Outcome

NUMBER = "+44 20 7946 0123"


@pytest.fixture
def night(offices: Offices) -> Iterator[Night]:
    with desk_open():
        yield Night(offices, ago=timedelta(minutes=40))


@pytest.fixture
def ines(night: Night) -> Officer:
    return signed_in(night.offices, "pt", roles=["duty-officer"], name="Inês Exemplo")


@pytest.fixture
def rui(night: Night) -> Officer:
    return signed_in(night.offices, "pt", roles=["duty-officer"], name="Rui Inventado")


def emergency(night: Night) -> RequestId:
    night.ro()
    content = urgent(night.at)
    content["form"]["urgency"] = {"ground": "life", "reasons": "A person is in danger."}
    return night.sent(content)


def record(officer: Officer, request: RequestId, outcome: str, **typed: str) -> str:
    shown = page(officer, f"/requests/{request}/call-back/")
    told = {
        "do": "record",
        "once": hidden(shown, "once"),
        "number": NUMBER,
        "outcome": outcome,
        "answered_by": "Radu Model, prosecutor on duty",
        "words": "Yes, it is ours.",
        **typed,
    }
    answer = officer.client.post(f"/requests/{request}/call-back/", told, follow=True)
    return answer.content.decode()


def test_who_issued_it_stands_above_the_text_with_what_is_unusual(night: Night, ines: Officer) -> None:
    request = emergency(night)
    night.pt()
    shown = page(ines, f"/requests/{request}/")
    assert shown.index("who really issued it") < shown.index("What was said and done")
    for fact in ("first request from this member", "less than 30 days", "a threat to life", NUMBER):
        assert fact in shown, fact
    assert re.search(r'class="code">[0-9a-f]{16}<', shown)
    assert "Call back first" in shown
    assert f"/requests/{request}/write/deliver/" not in shown


def test_an_emergency_is_called_back_by_two_at_the_desk(night: Night, ines: Officer, rui: Officer) -> None:
    request = emergency(night)
    night.pt()
    shown = page(ines, f"/requests/{request}/call-back/")
    assert f'class="big num" dir="ltr">{NUMBER}<' in shown
    assert "Ask for somebody else than Ioana Exemplu" in shown
    assert "Somebody else of this house has to confirm it." in record(ines, request, "confirmed")
    shown = page(rui, f"/requests/{request}/call-back/")
    sent = {"do": "confirm", "call": hidden(shown, "call"), "once": hidden(shown, "once")}
    for _twice in range(2):
        told = rui.client.post(f"/requests/{request}/call-back/", sent, follow=True).content.decode()
    assert "confirmed by Rui Inventado" in told
    assert f"/requests/{request}/write/deliver/" in page(ines, f"/requests/{request}/")


def test_another_number_and_the_one_who_signed_are_refused_at_the_field(night: Night, ines: Officer) -> None:
    request = emergency(night)
    night.pt()
    told = record(ines, request, "confirmed", answered_by="Ioana Exemplu")
    assert 'id="f-answered_by_error"' in told
    assert "Yes, it is ours." in told, "what was typed is kept"
    assert "as it stands in the directory" in record(ines, request, "confirmed", number="+44 20 7946 0999")
    assert not CallBack.objects.exists()


def test_when_nobody_answers_the_officer_decides_in_writing_after_the_set_minutes(night: Night, ines: Officer) -> None:
    request = emergency(night)
    night.pt()
    shown = record(ines, request, "no-answer", answered_by="", words="")
    assert "you may decide in writing to go without" in shown
    record_call_back(  # forty minutes ago already
        request,
        number_from_card=NUMBER,
        answered_by="",
        words="",
        outcome=Outcome.NO_ANSWER,
        by=night.ines,
        at=night.at,
    )
    shown = page(ines, f"/requests/{request}/call-back/")
    sent = {"do": "without", "once": hidden(shown, "once"), "reason": "short"}
    answer = ines.client.post(f"/requests/{request}/call-back/", sent)
    assert answer.status_code == 422
    reason = "A child is missing, and the address is the only trace that there is."
    told = ines.client.post(f"/requests/{request}/call-back/", {**sent, "reason": reason}, follow=True)
    assert "decided to go without a call-back" in told.content.decode()
    assert f"/requests/{request}/write/deliver/" in page(ines, f"/requests/{request}/")


def test_a_forgery_said_by_two_warns_everybody_and_is_shown_beside_what_reminds_of_it(
    night: Night, ines: Officer, rui: Officer
) -> None:
    request = emergency(night)
    night.pt()
    shown = page(ines, f"/requests/{request}/forged/")
    kid = re.search(r'name="keys"[^>]*>\s*([0-9a-f]{16})<', shown)
    assert kid, "the key that signed it is filled in"
    typed = {
        "once": hidden(shown, "once"),
        "channel": "node",
        "member": "ro",
        "keys": kid[1],
        "wording": ["life-in-danger"],
        "seen": hidden(shown, "seen"),
        "words": "They deny it.",
    }
    wrong = ines.client.post(f"/requests/{request}/forged/", {**typed, "phones": "112"})
    assert wrong.status_code == 422
    assert "112: is no telephone number" in wrong.content.decode()
    told = ines.client.post(f"/requests/{request}/forged/", typed, follow=True).content.decode()
    assert "a second person has to confirm it" in told
    assert "warn everybody" not in told, "who marked it does not confirm it"
    mark = Forgery.objects.get()
    shown = page(rui, f"/requests/{request}/")
    sent = {"do": "confirm", "once": hidden(shown, "once")}
    told = rui.client.post(f"/forgeries/{mark.id}/", sent, follow=True).content.decode()
    assert "It is forged, two persons say." in told
    assert carry(night.offices, at=instant.true_now()) == []
    night.ro()
    (view,) = notices.warnings(night.ioana, at=instant.true_now())
    assert view.warned.features.keys == (kid[1],)
    night.pt()
    assert "Warning by this house" in page(ines, f"/warnings/{view.id}/")
    other = night.sent(urgent(night.at))
    night.pt()
    assert "It reminds of forgeries" in page(ines, f"/requests/{other}/")


def test_a_voice_on_the_telephone_is_marked_from_the_warnings(night: Night, ines: Officer, rui: Officer) -> None:
    night.pt()
    shown = page(ines, "/warnings/new/")
    typed = {
        "once": hidden(shown, "once"),
        "channel": "telephone",
        "phones": "+44 20 7946 0999",
        "seen": hidden(shown, "seen"),
    }
    assert (
        "a second person has to confirm it" in ines.client.post("/warnings/new/", typed, follow=True).content.decode()
    )
    shown = page(rui, "/warnings/")
    mark = Forgery.objects.get()
    rui.client.post(f"/forgeries/{mark.id}/", {"do": "confirm", "once": hidden(shown, "once")})
    assert "+442079460999" in page(rui, "/warnings/")
    shown = page(ines, f"/warnings/{StoredNotice.objects.get().notice}/")
    sent = {"do": "take-back", "why": "mistaken", "once": hidden(shown, "once")}
    ines.client.post(f"/forgeries/{mark.id}/", sent)
    assert "Nobody warns of anything now." in page(ines, "/warnings/")
    assert "withdrawn" in page(ines, "/warnings/?all=1")


def test_a_warning_of_others_is_read_and_not_withdrawn_here(night: Night, ines: Officer) -> None:
    night.ro()
    warning = warn(forgery(night.at), by=night.ioana, at=night.at)
    carry(night.offices, at=night.at)
    night.pt()
    shown = page(ines, f"/warnings/{warning}/")
    assert "police-pt.example" in shown
    assert "Withdraw it" not in shown
    page(ines, "/warnings/8f2d4c1e-5f0c-4a8e-9d3b-2b1a6c7d8e9f/", status=404)


def test_who_only_reads_marks_nothing(night: Night) -> None:
    request = emergency(night)
    night.pt()
    mark_forged(request, forgery(night.at), by=night.ines, at=night.at)
    reader = signed_in(night.offices, "pt", roles=["validating-authority"], name="Ana Juíza")
    assert reader.client.get("/warnings/new/").status_code == 403
    assert reader.client.post(f"/forgeries/{Forgery.objects.get().id}/", {"do": "confirm"}).status_code in {302, 403}
    assert Forgery.objects.get().confirmed_at is None


MAIL = b"""From: Duty officer <duty@police-pt.example>
Subject: Threat to life, disclose within one hour

Call +44 20 7946 0998 and no other number.
"""


def test_beside_a_mail_stands_of_which_warnings_it_reminds(night: Night, ines: Officer) -> None:
    night.ro()
    warn(forgery(night.at, domains=(), phones=("+442079460998",), addresses=(), files=()), by=night.ioana, at=night.at)
    carry(night.offices, at=night.at)
    night.pt()
    answer = ines.client.post("/mail/", {"file": SimpleUploadedFile("a.eml", MAIL, "message/rfc822")}, follow=True)
    shown = answer.content.decode()
    assert "It reminds of forgeries" in shown
    assert "+442079460998" in shown
    found = re.search(r'href="(/warnings/new/[^"]*)"', shown)
    assert found
    begun = page(ines, unescape(found[1]))
    assert "duty@police-pt.example" in begun
    assert re.search(r'name="hashes"[^>]*>\s*[0-9a-f]{64}', begun)
