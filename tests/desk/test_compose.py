"""Composing: from the need to the letter; every fault at its field, what was typed stays, nothing leaves unsaid."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest

from tests.browser.scene import HOSTILE, Night
from tests.desk.door import ROLES, Officer, desk_open, hidden, signed_in
from tests.offices import Offices, entries
from tocsin.base import instant
from tocsin.desk import drafting
from tocsin.node.demo import forms
from tocsin.people.rules.rights import Right, rights_of
from tocsin.requests import reads
from tocsin.requests.acts.draft import change_draft, write_draft
from tocsin.requests.models import Draft, Request

PASTED = "203.0.113.7 2026-11-20 21:14"


@pytest.fixture
def night(offices: Offices) -> Iterator[Night]:
    with desk_open():
        yield Night(offices)


@pytest.fixture
def ioana(night: Night) -> Officer:
    return signed_in(night.offices, "ro", roles=["duty-officer"], name="Ioana Exemplu", function="police")


@pytest.fixture
def radu(night: Night) -> Officer:
    return signed_in(night.offices, "ro", roles=["issuing-authority"], name="Radu Model", function="prosecutor")


def page(officer: Officer, path: str, *, status: int = 200) -> str:
    answer = officer.client.get(path)
    assert answer.status_code == status, answer.content.decode()[:2000]
    return unescape(answer.content.decode())


def begin(officer: Officer, **said: str) -> str:
    """The path of a draft that was begun at the start page."""
    shown = page(officer, "/compose/")
    sent = {"need": "keep", "to": "pt", "pasted": PASTED, "case_reference": "RO-2026-0042"}
    chosen = {"instrument": "budapest-29-preserve", "once": hidden(shown, "once")}
    answer = officer.client.post("/compose/", {**sent, **chosen, **said})
    assert answer.status_code == 302, answer.content.decode()[:3000]
    return str(answer["Location"])


def inputs(shown: str) -> dict[str, Any]:
    """What a browser would send of the page's form as it stands."""
    found: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", shown):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name is None or ('type="checkbox"' in tag and " checked" not in tag):
            continue
        text = unescape(value[1]) if value else ""
        found[name[1]] = [*found.get(name[1], []), text] if 'type="checkbox"' in tag else text
    for name, text in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>\n?(.*?)</textarea>', shown, re.DOTALL):
        found[name] = unescape(text)
    for name, options in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', shown, re.DOTALL):
        chosen = re.search(r"<option([^>]*) selected>([^<]*)", options) or re.search(r"<option([^>]*)>([^<]*)", options)
        assert chosen, name
        value = re.search(r'value="([^"]*)"', chosen[1])
        found[name] = unescape(value[1] if value else chosen[2])
    found.pop("csrfmiddlewaretoken", None)
    return found


def raw(officer: Officer, path: str) -> str:
    return str(officer.client.get(path).content.decode())


WHOLE = {
    "legal_basis": "Article 154 of the Code of Criminal Procedure (invented)",
    "offence.qualification": "Illegal access to an information system",
    "offence.provisions": "Article 360 (invented)",
    "facts": "Somebody entered the mailbox of an invented company.",
    "data_link": "The address signed in to the mailbox.",
    "holder": "Example Mail, Lisbon",
    "necessity": "Records are erased after seven days.",
    "follow_up": "mla-will-follow",
    "period.from": "2026-11-20 00:00",
    "period.until": "2026-11-21 00:00",
    "period.zone": "Europe/Bucharest",
    "identifiers.0.zone": "Europe/Bucharest",
    "identifiers.0.port": "51413",
}


def filled(officer: Officer, path: str, **more: str) -> str:
    """Fill in what the law asks for and keep it; the path it leads to."""
    sent = {**inputs(raw(officer, path)), **WHOLE, "do": "letter", **more}
    answer = officer.client.post(path, sent)
    assert answer.status_code == 302, answer.content.decode()[:3000]
    return str(answer["Location"])


def stopping(night: Night) -> list[tuple[str, str]]:
    night.ro()
    (view,) = reads.drafts_for(night.ioana)
    found = reads.faults_of_draft(view, at=night.at, viewer=night.ioana)
    return [(each.field, each.code.value) for each in found if each.severity.value == "stops"]


# --- The need and the ways ----------------------------------------------------------------------


def test_the_ways_between_two_are_shown_with_time_signature_and_doubt(ioana: Officer) -> None:
    answer = ioana.client.post("/compose/", {"need": "keep", "to": "pt"})
    shown = unescape(answer.content.decode())
    assert "Request for expedited preservation of stored computer data" in shown
    assert "ETS 185, Article 29" in shown
    assert "60 days" in shown
    assert "ational law of Romania: not recorded" in shown
    assert re.search(r"\d+ ways? (is|are) closed", shown)
    assert "hand over" not in shown.split('id="ways"')[1].split("<details")[0].lower()


def test_a_country_without_a_contact_point_shows_its_ways_and_offers_no_draft(ioana: Officer) -> None:
    answer = ioana.client.post("/compose/", {"need": "keep", "to": "BG"})
    shown = answer.content.decode()
    assert "You chose a country" in shown
    assert 'name="instrument"' not in shown


def test_what_was_not_said_is_told_at_its_place_and_what_was_said_stays(ioana: Officer) -> None:
    answer = ioana.client.post("/compose/", {"pasted": PASTED, "case_reference": "RO-1"})
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert 'href="#f-need"' in shown
    assert 'href="#f-to"' in shown
    assert PASTED in shown
    assert 'value="RO-1"' in shown


def test_what_is_pasted_is_recognised_before_anything_is_kept(ioana: Officer) -> None:
    answer = ioana.client.post("/compose/", {"need": "keep", "to": "pt", "pasted": PASTED})
    shown = answer.content.decode()
    assert "still asked:</span>" not in shown
    assert "the time zone, the source port" in shown
    assert not Draft.objects.exists()


def test_what_nobody_recognises_is_said_and_hostile_text_is_text(ioana: Officer) -> None:
    answer = ioana.client.post("/compose/", {"need": "keep", "to": "pt", "pasted": HOSTILE, "case_reference": HOSTILE})
    shown = answer.content.decode()
    assert "Nothing in it was recognised" in shown
    assert "<script>alert" not in shown
    assert "<img src=x" not in shown


def test_choosing_a_way_twice_makes_one_draft(night: Night, ioana: Officer) -> None:
    shown = page(ioana, "/compose/")
    sent = {"need": "keep", "to": "pt", "instrument": "budapest-29-preserve", "once": hidden(shown, "once")}
    first, second = (ioana.client.post("/compose/", sent) for _ in range(2))
    assert first["Location"] == second["Location"]
    night.ro()
    assert Draft.objects.count() == 1


# --- Scenario S03 -------------------------------------------------------------------------------


def test_s03_asks_for_zone_and_port_of_the_address_and_for_nothing_else_of_it(night: Night, ioana: Officer) -> None:
    path = begin(ioana)
    of_address = [each for each in stopping(night) if each[0].startswith("identifiers")]
    assert of_address == [("identifiers[0].at", "utc-offset-missing"), ("identifiers[0].port", "ip-port-question")]
    shown = raw(ioana, path)
    assert re.search(r'id="f-identifiers-0-zone-e"><svg[^>]*>.*?</svg><span>Identifier: UTC offset missing', shown)
    assert inputs(shown)["identifiers.0.value"] == "203.0.113.7"
    assert inputs(shown)["identifiers.0.at"] == "2026-11-20 21:14"
    assert inputs(shown)["requesting_authority.person"] == "Ioana Exemplu"
    assert inputs(shown)["categories"] == ["TRAFFIC"]


def test_s03_from_the_pasted_line_to_the_other_desk(night: Night, ioana: Officer, radu: Officer) -> None:
    onward = filled(ioana, begin(ioana))
    letter = raw(ioana, onward)
    assert "disabled" in letter.split("Sign and send it")[0].rpartition("<button")[2]
    signing = raw(radu, onward.replace("/letter/", "/sign/"))
    assert "2026-11-20T21:14:00+02:00" in unescape(signing)
    signed = radu.client.post(
        onward.replace("/letter/", "/sign/"), {"once": hidden(signing, "once"), "seen": hidden(signing, "seen")}
    )
    assert signed.status_code == 302
    letter = raw(ioana, onward)
    sent = ioana.client.post(onward, {"once": hidden(letter, "once"), "seen": hidden(letter, "seen")})
    assert sent.status_code == 302, sent.content.decode()[:3000]
    assert re.fullmatch(r"/requests/[0-9a-f-]{36}/", sent["Location"])
    assert "is signed and on its way" in page(ioana, sent["Location"])
    night.at = instant.true_now()
    assert night.carry() == []
    night.pt()
    (arrived,) = Request.objects.all()
    assert arrived.case_reference == "RO-2026-0042"


def test_a_letter_that_is_sent_twice_leaves_once(night: Night, ioana: Officer, radu: Officer) -> None:
    onward = filled(ioana, begin(ioana))
    signing = raw(radu, onward.replace("/letter/", "/sign/"))
    radu.client.post(onward.replace("/letter/", "/sign/"), {"seen": hidden(signing, "seen")})
    letter = raw(ioana, onward)
    sent = {"once": hidden(letter, "once"), "seen": hidden(letter, "seen")}
    first, second = (ioana.client.post(onward, sent) for _ in range(2))
    assert (first.status_code, second.status_code) == (302, 302)
    assert first["Location"] == second["Location"]
    night.ro()
    assert Request.objects.count() == 1


# --- The form -----------------------------------------------------------------------------------


def test_checking_keeps_what_was_typed_and_keeps_nothing(night: Night, ioana: Officer) -> None:
    path = begin(ioana)
    typed = {**inputs(raw(ioana, path)), "identifiers.0.port": "many", "facts": "Half a sent", "do": "check"}
    answer = ioana.client.post(path, typed)
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert inputs(shown)["identifiers.0.port"] == "many"
    assert inputs(shown)["facts"] == "Half a sent"
    assert 'aria-invalid="true"' in shown
    assert "data-error-summary" in shown
    night.ro()
    (row,) = Draft.objects.all()
    assert "facts" not in row.content["form"]


def test_the_check_as_she_types_is_a_part_of_the_page_and_keeps_nothing(ioana: Officer) -> None:
    path = begin(ioana)
    typed = {**inputs(raw(ioana, path)), "period.from": "2026-11-21 00:00", "period.until": "2026-11-20 00:00"}
    answer = ioana.client.post(f"{path}check/", typed)
    shown = unescape(answer.content.decode())
    assert answer.status_code == 200
    assert "<html" not in shown
    assert "ends before it begins" in shown
    assert 'data-at="f-period"' in shown
    assert len(entries("draft-written")) == 1


def test_a_field_is_asked_only_where_its_condition_holds(ioana: Officer) -> None:
    path = begin(ioana)
    shown = raw(ioana, path)
    assert re.search(r'data-field="dual_criminality" hidden', shown)
    assert re.search(r'data-field="facts">', shown)
    asked = hidden_word(shown, "data-needs")
    assert "period" in asked
    assert "earlier_request" not in asked
    typed = {**inputs(shown), "status": "extension", "categories": ["SUBSCRIBER"]}
    asked = hidden_word(ioana.client.post(f"{path}check/", typed).content.decode(), "data-needs")
    assert "period" not in asked
    assert "earlier_request" in asked


def hidden_word(shown: str, name: str) -> list[str]:
    found = re.search(rf'{name}="([^"]*)"', shown)
    assert found
    return found[1].split()


def test_an_input_for_one_more_identifier_is_always_there(night: Night, ioana: Officer) -> None:
    path = begin(ioana)
    sent = {**inputs(raw(ioana, path)), "identifiers.1.type": "account", "identifiers.1.value": "example.user"}
    ioana.client.post(path, {**sent, "identifiers.1.service": "mail.example", "do": "keep"})
    night.ro()
    (row,) = Draft.objects.all()
    assert row.content["form"]["identifiers"][1] == forms.ACCOUNT
    assert 'name="identifiers.2.value"' in raw(ioana, path)


def test_keeping_a_page_that_was_not_touched_changes_nothing(night: Night, ioana: Officer) -> None:
    """What an API wrote in parts for which the desk has no input stays."""
    night.ro()
    for content in (
        forms.preservation(night.at, reference="RO-1"),
        forms.urgent(night.at, reference="RO-2"),
        forms.without_period(forms.preservation(night.at, reference="RO-3")),
    ):
        made = write_draft(content, by=night.ioana, at=night.at)
        path = f"/drafts/{made.id}/"
        answer = ioana.client.post(path, {**inputs(raw(ioana, path)), "do": "keep"})
        assert answer.status_code == 302, answer.content.decode()[:3000]
        night.ro()
        assert Draft.objects.get(id=made.id).content["form"] == content["form"]
    assert len(entries("draft-written")) == 3


def test_hostile_text_in_a_draft_is_text(night: Night, ioana: Officer) -> None:
    content = forms.preservation(night.at, reference="RO-1")
    content["form"] |= {"facts": HOSTILE, "identifiers": [{"type": "account", "value": HOSTILE, "service": HOSTILE}]}
    night.ro()
    made = write_draft(content, by=night.ioana, at=night.at)
    for path in (f"/drafts/{made.id}/", f"/drafts/{made.id}/letter/", "/drafts/"):
        shown = raw(ioana, path)
        assert "<script>alert" not in shown, path
        assert "<img src=x" not in shown, path


def test_two_who_change_a_draft_at_once_learn_of_each_other(night: Night, ioana: Officer) -> None:
    path = begin(ioana)
    mine = inputs(raw(ioana, path))
    night.ro()
    draft = path.split("/")[2]
    change_draft(draft, {"form": {"facts": "Written by another."}}, by=night.ioana, at=night.at)
    answer = ioana.client.post(path, {**mine, "facts": "Written by me.", "do": "keep"})
    shown = answer.content.decode()
    assert answer.status_code == 409
    assert "changed the draft meanwhile" in shown
    assert inputs(shown)["facts"] == "Written by me."
    night.ro()
    assert Draft.objects.get().content["form"]["facts"] == "Written by another."


def test_s07_what_the_office_asked_already_is_said_before_sending_and_may_be_referred_to(
    night: Night, ioana: Officer
) -> None:
    earlier = night.sent()
    night.ro()
    made = write_draft(forms.preservation(night.at, reference="RO-2026-0050"), by=night.ioana, at=night.at)
    path = f"/drafts/{made.id}/"
    shown = raw(ioana, path)
    assert "Your office asked this already" in shown
    assert f"/requests/{earlier}/" in shown
    ioana.client.post(path, {**inputs(shown), "earlier": earlier, "do": "keep"})
    night.ro()
    assert Draft.objects.get(id=made.id).content["earlier"] == [earlier]
    assert "an earlier request" in raw(ioana, path)


def test_what_may_be_overruled_takes_a_reason_that_the_receiver_sees(night: Night, ioana: Officer) -> None:
    content = forms.preservation(night.at, reference="RO-1")
    content["form"] |= {"period": {"from": "2024-01-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"}}
    night.ro()
    made = write_draft(content, by=night.ioana, at=night.at)
    path = f"/drafts/{made.id}/"
    shown = raw(ioana, path)
    assert "Too broad" in shown
    assert 'name="override.period-too-long"' in shown
    reason = "The account was used for two years."
    answer = ioana.client.post(path, {**inputs(shown), "override.period-too-long": reason, "do": "letter"})
    letter = raw(ioana, answer["Location"])
    assert reason in letter
    assert "Too broad" not in letter


def test_s06_data_that_the_form_does_not_cover_block_it_with_article_and_cure_and_nothing_overrules_that(
    night: Night, ioana: Officer
) -> None:
    content = {**forms.preservation(night.at, reference="RO-1"), "instrument": "budapest-30-disclose"}
    content["form"] = {**content["form"], "categories": ["CONTENT"]}
    night.ro()
    made = write_draft(content, by=night.ioana, at=night.at)
    path = f"/drafts/{made.id}/"
    shown = page(ioana, path)
    assert re.search(r"does not cover content( data)? data|does not cover content", shown)
    assert "ETS 185, Article 30" in shown
    assert "override.category-not-covered" not in shown
    forced = {**inputs(raw(ioana, path)), "override.category-not-covered": "We want it.", "do": "letter"}
    answer = ioana.client.post(path, forced)
    letter = raw(ioana, answer["Location"])
    sent = ioana.client.post(answer["Location"], {"seen": hidden(letter, "seen")})
    assert sent.status_code >= 400
    assert "does not cover" in unescape(sent.content.decode())
    night.ro()
    assert not Request.objects.exists()


# --- The letter and the signature ---------------------------------------------------------------


def test_the_letter_is_shown_in_the_language_of_who_receives_it(ioana: Officer) -> None:
    letter = raw(ioana, filled(ioana, begin(ioana)))
    assert '<h2 id="letter-title" lang="pt">' in letter
    assert 'lang="en"' in letter


def test_nobody_signs_what_she_wrote(night: Night) -> None:
    both = signed_in(night.offices, "ro", roles=["duty-officer", "issuing-authority"], name="Dana", function="judge")
    path = begin(both)
    signing = raw(both, f"{path}sign/")
    answer = both.client.post(f"{path}sign/", {"seen": hidden(signing, "seen")})
    assert answer.status_code >= 400
    assert "data-error-summary" in answer.content.decode()


def test_who_signs_learns_that_the_text_changed_since_she_read_it(night: Night, ioana: Officer, radu: Officer) -> None:
    path = begin(ioana)
    signing = raw(radu, f"{path}sign/")
    night.ro()
    change_draft(path.split("/")[2], {"form": {"facts": "Another text."}}, by=night.ioana, at=night.at)
    answer = radu.client.post(f"{path}sign/", {"seen": hidden(signing, "seen")})
    assert answer.status_code == 409
    assert "changed since you read it" in answer.content.decode()
    night.ro()
    assert reads.drafts_for(night.ioana)[0].sign_offs == ()


def test_what_was_changed_after_it_was_shown_is_not_sent(night: Night, ioana: Officer) -> None:
    path = filled(ioana, begin(ioana))
    letter = raw(ioana, path)
    night.ro()
    change_draft(path.split("/")[2], {"form": {"facts": "Another text."}}, by=night.ioana, at=night.at)
    answer = ioana.client.post(path, {"once": hidden(letter, "once"), "seen": hidden(letter, "seen")})
    assert answer.status_code == 409
    assert "changed the draft meanwhile" in answer.content.decode()


def test_a_draft_is_given_up_and_is_there_no_more(ioana: Officer) -> None:
    path = begin(ioana)
    assert ioana.client.post(f"{path}discard/").status_code == 302
    assert page(ioana, path, status=404)
    assert "No draft is open." in page(ioana, "/drafts/")


# --- Roles --------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ROLES)
def test_each_role_sees_what_its_rights_give(night: Night, ioana: Officer, role: str) -> None:
    path = begin(ioana)
    officer = signed_in(night.offices, "ro", roles=[role], name=f"Somebody {role}", function="prosecutor")
    held = rights_of(frozenset({role}))
    assert (officer.client.get("/compose/").status_code == 200) is (Right.DRAFT in held)
    assert (officer.client.get("/drafts/").status_code == 200) is (Right.READ_REQUESTS in held)
    signs = Right.SIGN_OFF in held
    assert (officer.client.get(f"{path}sign/").status_code == 200) is signs
    if Right.SEND not in held:
        assert officer.client.post(f"{path}letter/", {"seen": "x"}).status_code >= 400
    if Right.DRAFT not in held:
        assert officer.client.post(path, {"do": "keep", "facts": "x"}).status_code >= 400
        assert officer.client.post(f"{path}discard/").status_code >= 400
    night.ro()
    assert Draft.objects.filter(discarded_at=None, sent_at=None).count() == 1


# --- Instants -----------------------------------------------------------------------------------

ZONES = ("Europe/Bucharest", "Europe/Lisbon")


@pytest.mark.parametrize(
    ("local", "zone", "whole"),
    [
        ("2026-11-20 21:14", "Europe/Bucharest", "2026-11-20T21:14:00+02:00"),
        ("2026-07-20 21:14", "Europe/Bucharest", "2026-07-20T21:14:00+03:00"),
        ("2026-11-20T21:14:05Z", "Europe/Bucharest", "2026-11-20T21:14:05Z"),
        ("2026-11-20 9:14", "-05:00", "2026-11-20T09:14:00-05:00"),
        ("2026-11-20 21:14", "", "2026-11-20T21:14:00"),
        ("2026-10-25 03:30", "Europe/Bucharest", "2026-10-25T03:30:00"),  # the clock shows it twice
        ("yesterday", "UTC", "yesterday"),
    ],
)
def test_a_time_and_its_zone_become_one_instant(local: str, zone: str, whole: str) -> None:
    assert drafting.join_instant(local, zone) == whole


@pytest.mark.parametrize(
    ("whole", "local", "zone"),
    [
        ("2026-11-20T21:14:00+02:00", "2026-11-20 21:14", "Europe/Bucharest"),
        ("2026-11-20T21:14:05Z", "2026-11-20 21:14:05", "UTC"),
        ("2026-11-20T21:14:00+05:30", "2026-11-20 21:14", "+05:30"),
        ("2026-11-20T21:14:00", "2026-11-20 21:14", ""),
        ("yesterday", "yesterday", ""),
    ],
)
def test_an_instant_is_shown_as_it_was_typed(whole: str, local: str, zone: str) -> None:
    assert drafting.split_instant(whole, ZONES) == (local, zone)
