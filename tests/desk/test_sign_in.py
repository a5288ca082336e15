"""The door of the desk: who comes in by what, what fails, and what ends."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.sessions.backends.base import UpdateError
from django.db import IntegrityError, transaction
from django.test import Client

from tests.desk.door import PASSWORD, ROLES, account_with_app, code_of, desk_open, enter, signed_in
from tests.offices import Offices, console, entries
from tocsin.base import instant
from tocsin.people import reads
from tocsin.people.acts import accounts, sign_ins
from tocsin.people.acts.accounts import invite, withdraw_devices
from tocsin.people.acts.people import add_person, change_person, end_person
from tocsin.people.acts.sweep import take_away_what_ended
from tocsin.people.errors import DevicesInForceError, OwnRolesError, UnknownInvitationError
from tocsin.people.models import Account, FailedSignIns, Invitation, Person, Remembered, Session


@pytest.fixture
def desk(offices: Offices) -> Iterator[Offices]:
    offices.found("ro")
    with desk_open():
        yield offices


@pytest.fixture
def secret(desk: Offices) -> str:
    return account_with_app(desk, "ro")


def first_step(client: Client, *, name: str = "ioana.exemplu", password: str = PASSWORD, **more: str) -> str:
    """Where name and password lead; the status where they lead nowhere."""
    answer = client.post("/sign-in/", {"login": name, "password": password, **more})
    return str(answer.headers.get("Location", answer.status_code))


def second_step(client: Client, code: str) -> str:
    answer = client.post("/sign-in/second-step/", {"code": code})
    return str(answer.headers.get("Location", answer.status_code))


def come_in(client: Client, secret: str, *, steps: int = 0) -> str:
    first_step(client)
    return second_step(client, code_of(secret, steps=steps))


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


# -- coming in -------------------------------------------------------------------------------------


@pytest.mark.usefixtures("desk")
def test_who_is_not_signed_in_is_led_to_the_door_and_back() -> None:
    answer = Client().get("/account/")
    assert answer.headers["Location"] == "/sign-in/?next=/account/"
    page = Client().get("/sign-in/").content.decode()
    assert "Sign in" in page
    assert 'lang="en"' in page


@pytest.mark.usefixtures("secret")
def test_a_password_alone_opens_nothing() -> None:
    client = Client()
    assert first_step(client) == "/sign-in/second-step/"
    assert not is_in(client)
    assert client.get("/").status_code in {302, 404}
    assert entries("signed-in") == []


def test_password_and_code_open_the_desk_and_the_journal_knows(secret: str) -> None:
    client = Client(HTTP_USER_AGENT="Mozilla/5.0 (Windows) Firefox/140.0")
    assert come_in(client, secret) == "/"
    assert is_in(client)
    (entry,) = entries("signed-in")
    assert (entry["way"], entry["address"]) == ("password-and-app", "127.0.0.1")
    assert entry["by"]["person"] == entry["person"] == str(Person.objects.get().id)
    (session,) = reads.sessions_of(str(Account.objects.get().id))
    assert (session.id, session.device) == (entry["session"], "Firefox, Windows")


def test_she_comes_back_to_where_she_wanted_to_go_and_to_no_other_host(secret: str) -> None:
    client = Client()
    client.post("/sign-in/?next=/account/", {"login": "ioana.exemplu", "password": PASSWORD})
    assert second_step(client, code_of(secret)) == "/account/"
    other = Client()
    first_step(other, next="https://evil.example/")
    assert second_step(other, code_of(secret, steps=1)) == "/"


def test_a_code_counts_once(secret: str) -> None:
    one, other = Client(), Client()
    assert come_in(one, secret) == "/"
    assert come_in(other, secret) == "422"
    assert not is_in(other)


def test_a_code_of_two_minutes_ago_is_none(secret: str) -> None:
    assert come_in(Client(), secret, steps=-4) == "422"


@pytest.mark.usefixtures("secret")
def test_the_name_does_not_tell_whether_somebody_has_it() -> None:
    known = Client().post("/sign-in/", {"login": "ioana.exemplu", "password": "wrong"}).content.decode()
    unknown = Client().post("/sign-in/", {"login": "nobody.here12", "password": "wrong"}).content.decode()
    token = re.compile(r'name="csrfmiddlewaretoken" value="[^"]+"')
    assert token.sub("", known) == token.sub("", unknown).replace("nobody.here12", "ioana.exemplu")


@pytest.mark.usefixtures("secret")
def test_a_recovery_code_stands_in_for_the_app_once(desk: Offices) -> None:
    account = Account.objects.get()
    accounts.renew_codes(str(account.id), by=console(), at=desk.at)
    code, *_others = accounts.show_codes(str(account.id), by=console(), at=desk.at)
    client = Client()
    first_step(client)
    assert second_step(client, code) == "/"
    assert [each["left"] for each in entries("recovery-code-used")] == [9]
    assert entries("signed-in")[-1]["way"] == "recovery-code"
    again = Client()
    first_step(again)
    assert second_step(again, code) == "422"


def test_recovery_codes_are_shown_once(secret: str) -> None:
    client = Client()
    come_in(client, secret)
    assert client.post("/sign-in/set-up/codes/").status_code == 302
    first, second = (client.get("/sign-in/set-up/codes/").content.decode() for _ in range(2))
    assert len(re.findall(r'<li class="code">\d{8}</li>', first)) == 10
    assert '<li class="code">' not in second
    assert [each["kind"] for each in entries()][-2:] == ["factor-added", "recovery-codes-shown"]


@pytest.mark.usefixtures("desk")
def test_nobody_registers() -> None:
    for path in ("/sign-in/signup/", "/signup/", "/accounts/signup/", "/sign-in/password/reset/", "/3rdparty/signup/"):
        assert Client().get(path).status_code in {302, 404}
    assert not Account.objects.exists()


# -- what fails ------------------------------------------------------------------------------------


@pytest.mark.usefixtures("secret")
def test_after_five_wrong_passwords_even_the_right_one_waits() -> None:
    assert [first_step(Client(), password="wrong") for _ in range(5)] == ["422"] * 5  # noqa: S106
    assert first_step(Client()) == "422"
    Remembered.objects.all().update(until=instant.true_now())  # five minutes later
    assert first_step(Client()) == "/sign-in/second-step/"


def test_wrong_codes_are_limited_for_the_account_whatever_the_browser(secret: str) -> None:
    for _ in range(5):
        client = Client()
        first_step(client)
        assert second_step(client, "000000") == "422"
    client = Client()
    first_step(client)
    assert second_step(client, code_of(secret)) == "422"


@pytest.mark.usefixtures("desk")
def test_one_address_does_not_try_name_after_name() -> None:
    answers = [first_step(Client(), name=f"somebody{number}", password="wrong") for number in range(31)]  # noqa: S106
    assert answers[-1] == "429"
    assert "422" in answers


@pytest.mark.usefixtures("secret")
def test_a_flood_of_failures_makes_two_entries_a_minute_and_no_more() -> None:
    for _ in range(12):
        first_step(Client(), password="wrong")  # noqa: S106
    entry, *more = entries("sign-in-failed")
    assert len(more) <= 1  # the minute may have changed meanwhile
    assert (entry["step"], entry["address"]) == ("password", "127.0.0.1")
    assert entry["person"] == str(Person.objects.get().id)
    later = instant.now() + timedelta(minutes=3)
    sign_ins.tell_failures(at=later)
    told = entries("sign-ins-failed")
    assert 11 <= sum(each["count"] for each in told) <= 12  # over two minutes it may be one, which needs no word more
    assert sign_ins.tell_failures(at=later) == 0
    sign_ins.tell_failures(at=later + timedelta(days=2))
    assert not FailedSignIns.objects.exists()


@pytest.mark.usefixtures("secret")
def test_what_is_typed_into_the_name_field_is_kept_nowhere() -> None:
    first_step(Client(), name="my-Secret-Password", password="x")  # noqa: S106
    assert "ecret-" not in str(entries())
    assert entries("sign-in-failed")[0]["person"] == ""


# -- what ends -------------------------------------------------------------------------------------


def test_a_session_ends_when_nobody_does_anything(desk: Offices, monkeypatch: pytest.MonkeyPatch) -> None:
    officer = signed_in(desk, "ro", roles=["duty-officer"])
    began = instant.true_now()
    monkeypatch.setattr(instant, "true_now", lambda: began + timedelta(minutes=29))
    assert is_in(officer.client)
    monkeypatch.setattr(instant, "true_now", lambda: began + timedelta(minutes=58))
    assert is_in(officer.client)
    monkeypatch.setattr(instant, "true_now", lambda: began + timedelta(minutes=89))
    assert not is_in(officer.client)


def test_a_session_ends_after_a_shift_however_much_she_does(desk: Offices, monkeypatch: pytest.MonkeyPatch) -> None:
    officer = signed_in(desk, "ro", roles=["duty-officer"])
    began = instant.true_now()
    for minutes in range(20, 12 * 60, 20):
        monkeypatch.setattr(instant, "true_now", lambda at=began + timedelta(minutes=minutes): at)
        assert is_in(officer.client), minutes
    monkeypatch.setattr(instant, "true_now", lambda: began + timedelta(hours=12, seconds=1))
    assert not is_in(officer.client)
    take_away_what_ended(at=instant.true_now())
    assert not Session.objects.exists()


def test_a_page_that_looks_for_news_by_itself_keeps_nobody_signed_in(
    desk: Offices, monkeypatch: pytest.MonkeyPatch
) -> None:
    officer = signed_in(desk, "ro", roles=["duty-officer"])
    began = instant.true_now()
    for minutes in (10, 20, 29):
        monkeypatch.setattr(instant, "true_now", lambda at=began + timedelta(minutes=minutes): at)
        assert officer.client.get("/account/", headers={"Tocsin-Unattended": "1"}).status_code == 200
    monkeypatch.setattr(instant, "true_now", lambda: began + timedelta(minutes=31))
    assert not is_in(officer.client)


def test_signing_out_ends_the_session_and_nothing_else(secret: str) -> None:
    here, there = Client(), Client()
    come_in(here, secret)
    come_in(there, secret, steps=1)
    assert here.get("/sign-in/leave/").status_code == 405
    here.post("/sign-in/leave/")
    assert (is_in(here), is_in(there)) == (False, True)
    assert len(entries("signed-out")) == 1


def test_a_session_is_ended_from_elsewhere_at_once(secret: str) -> None:
    here, there = Client(), Client()
    come_in(here, secret)
    come_in(there, secret, steps=1)
    lost = entries("signed-in")[-1]["session"]
    assert here.post(f"/account/sessions/{lost}/end/").status_code == 302
    assert (is_in(here), is_in(there)) == (True, False)
    assert entries("signed-out")[-1]["session"] == lost


def test_nobody_ends_the_session_of_somebody_else(desk: Offices, secret: str) -> None:
    ioana = Client()
    come_in(ioana, secret)
    hers = entries("signed-in")[-1]["session"]
    other = signed_in(desk, "ro", roles=["duty-officer"])
    other.client.post(f"/account/sessions/{hers}/end/")
    assert is_in(ioana)


def test_signing_out_everywhere_leaves_the_browser_in_which_it_is_done(secret: str) -> None:
    here, there = Client(), Client()
    come_in(here, secret)
    come_in(there, secret, steps=1)
    here.post("/account/sessions/others/end/")
    assert (is_in(here), is_in(there)) == (True, False)


def test_what_a_process_still_holds_does_not_bring_an_ended_session_back(secret: str) -> None:
    client = Client()
    come_in(client, secret)
    session = client.session
    session["late"] = "write"
    Session.objects.all().delete()
    with pytest.raises(UpdateError):
        session.save()
    assert not Session.objects.exists()


def test_a_new_password_signs_her_out_everywhere_else(secret: str) -> None:
    here, there = Client(), Client()
    come_in(here, secret)
    come_in(there, secret, steps=1)
    told = {"password": "another wind, another harbour", "again": "another wind, another harbour"}
    assert here.post("/sign-in/set-up/password/", told).status_code == 302
    assert (is_in(here), is_in(there)) == (True, False)


@pytest.mark.parametrize(
    ("password", "again"),
    [("short", "short"), ("password1234", "password1234"), ("ioana.exemplu", "ioana.exemplu"), ("a" * 20, "b" * 20)],
)
def test_a_weak_or_mistyped_password_is_refused_at_the_field(secret: str, password: str, again: str) -> None:
    client = Client()
    come_in(client, secret)
    answer = client.post("/sign-in/set-up/password/", {"password": password, "again": again})
    assert answer.status_code == 422
    assert b'aria-invalid="true"' in answer.content


def test_what_changes_how_she_signs_in_asks_again_who_she_is(secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client()
    come_in(client, secret)
    assert client.get("/sign-in/set-up/passkey/").status_code == 200
    began = instant.true_now()
    monkeypatch.setattr(instant, "true_now", lambda: began + timedelta(minutes=6))
    answer = client.get("/sign-in/set-up/passkey/")
    assert answer.headers["Location"].startswith("/sign-in/again/password/")
    page = client.get(answer.headers["Location"])
    assert page.status_code == 200
    refused = client.post(answer.headers["Location"], {"password": "wrong"})
    assert refused.status_code == 422
    assert entries("sign-in-failed")[-1]["step"] == "again"


# -- invitations -----------------------------------------------------------------------------------


@pytest.mark.usefixtures("desk")
def invited(name: str = "Ana Judecător", role: str = "issuing-authority") -> accounts.Invited:
    person = add_person(name=name, roles=frozenset({role}), function="judge", by=console(), at=instant.now())
    return invite(person, by=console(), at=instant.now())


@pytest.mark.usefixtures("desk")
def test_an_invitation_leads_through_password_and_app_to_the_desk() -> None:
    made = invited()
    assert made.sign_in_name == "ana.judecator"
    client = Client()
    page = client.get(f"/sign-in/invited/{made.token}/")
    assert "Ana Judecător" in page.content.decode()
    assert client.post(f"/sign-in/invited/{made.token}/").headers["Location"] == "/sign-in/set-up/"
    assert client.get("/").headers["Location"] == "/sign-in/set-up/"
    assert client.get("/sign-in/set-up/app/").headers["Location"] == "/sign-in/set-up/password/"
    client.post("/sign-in/set-up/password/", {"password": PASSWORD, "again": PASSWORD})
    assert client.get("/account/").headers["Location"] == "/sign-in/set-up/"
    offered = client.get("/sign-in/set-up/app/").content.decode()
    (key,) = re.findall(r'<p class="code">([A-Z2-7=]+)</p>', offered)
    assert client.post("/sign-in/set-up/app/", {"code": "000000"}).status_code == 422
    assert client.post("/sign-in/set-up/app/", {"code": code_of(key)}).headers["Location"] == "/sign-in/set-up/codes/"
    assert is_in(client)
    assert Client().get(f"/sign-in/invited/{made.token}/").status_code == 404
    assert [each["factor"] for each in entries("factor-added")] == ["password", "app", "recovery-codes"]
    assert entries()[-1]["kind"] == "invitation-taken"


@pytest.mark.usefixtures("desk")
def test_a_link_is_good_for_three_days_and_until_another_is_made() -> None:
    made = invited()
    reads.invited(made.token, at=made.until - timedelta(seconds=1))
    for late in (made.until, made.until + timedelta(days=1)):
        with pytest.raises(UnknownInvitationError):
            reads.invited(made.token, at=late)
    account = Account.objects.get()
    another = invite(reads.person(str(account.person_id)).id, by=console(), at=instant.now())
    assert Client().post(f"/sign-in/invited/{made.token}/").status_code == 404
    assert Client().get(f"/sign-in/invited/{another.token}/").status_code == 200
    assert not any(another.token in str(row) for row in Invitation.objects.values())
    assert another.token not in str(entries())


@pytest.mark.usefixtures("desk")
def test_a_look_at_a_link_takes_nothing_up() -> None:
    made = invited()
    for _ in range(3):  # a mail program, a scanner, she
        assert Client().get(f"/sign-in/invited/{made.token}/").status_code == 200
    assert entries("signed-in") == []


@pytest.mark.usefixtures("secret")
def test_nobody_is_invited_beside_devices_that_work() -> None:
    person = Account.objects.get().person_id
    with pytest.raises(DevicesInForceError):
        invite(reads.person(str(person)).id, by=console(), at=instant.now())
    withdraw_devices(reads.person(str(person)).id, by=console(), at=instant.now())
    invite(reads.person(str(person)).id, by=console(), at=instant.now())


# -- devices and places ------------------------------------------------------------------------------


def test_withdrawn_devices_open_nothing_and_end_what_they_opened(secret: str) -> None:
    client = Client()
    come_in(client, secret)
    person = reads.person("Ioana Exemplu").id
    withdraw_devices(person, by=console(), at=instant.now())
    assert not is_in(client)
    assert first_step(Client()) == "422"
    (entry,) = entries("devices-withdrawn")
    assert (entry["devices"], entry["sessions"]) == (1, 1)


def test_whoever_leaves_is_out_at_once(secret: str) -> None:
    client = Client()
    come_in(client, secret)
    end_person(reads.person("Ioana Exemplu").id, by=console(), at=instant.now())
    assert not is_in(client)
    assert first_step(Client()) == "422"


def test_the_last_device_stays_and_another_takes_its_sessions_along(secret: str) -> None:
    client = Client()
    come_in(client, secret)
    (app,) = reads.devices_of(str(Account.objects.get().id))
    client.post(f"/account/devices/{app.id}/remove/")
    assert Authenticator.objects.filter(pk=app.id).exists()
    account = Account.objects.get()
    accounts.add_passkey(str(account.id), name="lost", credential={}, by=console(), at=instant.now())
    passkey = reads.devices_of(str(account.id))[-1]
    thief = Client()
    enter(thief, account, records=[{"method": "mfa", "type": "webauthn", "id": passkey.id, "passwordless": True}])
    assert is_in(thief)
    client.post(f"/account/devices/{passkey.id}/remove/")
    assert (is_in(client), is_in(thief)) == (True, False)
    assert entries("factor-removed")[-1]["name"] == "lost"


def test_new_roles_hold_at_once(desk: Offices) -> None:
    officer = signed_in(desk, "ro", roles=["administrator"])
    assert officer.client.get("/people/").status_code == 200
    change_person(
        reads.person(officer.actor.person).id, roles=frozenset({"auditor"}), function="", by=console(), at=instant.now()
    )
    assert officer.client.get("/people/").status_code == 404


def test_nobody_gives_herself_roles(desk: Offices) -> None:
    officer = signed_in(desk, "ro", roles=["administrator"])
    mine = reads.person(officer.actor.person).id
    with pytest.raises(OwnRolesError):
        change_person(mine, roles=frozenset({"issuing-authority"}), function="", by=officer.actor, at=instant.now())
    answer = officer.client.post(f"/people/{mine}/", {"roles": ["issuing-authority", "administrator"]})
    assert answer.status_code == 422
    assert reads.person(mine).roles == ("administrator",)


# -- rows ------------------------------------------------------------------------------------------


def test_a_copy_of_the_database_lets_nobody_in(secret: str) -> None:
    client = Client()
    come_in(client, secret)
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    account = Account.objects.get()
    held = str([*Session.objects.values(), *Authenticator.objects.values(), *Account.objects.values()])
    for told in (key, secret, PASSWORD):
        assert told not in held
    assert str(account.id) not in str(list(Session.objects.values_list("session_data", flat=True)))


@pytest.mark.usefixtures("secret")
def test_the_database_refuses_a_way_in_without_an_entry() -> None:
    account = Account.objects.get()
    with pytest.raises(IntegrityError, match="without an entry"), transaction.atomic():
        Authenticator.objects.create(user=account, type="webauthn", data={})
    with pytest.raises(IntegrityError, match="without an entry"), transaction.atomic():
        Account.objects.update(password="x")  # noqa: S106
    with pytest.raises(IntegrityError, match="without an entry"), transaction.atomic():
        Authenticator.objects.all().delete()


# -- language --------------------------------------------------------------------------------------


def test_her_language_decides_and_not_what_the_browser_guesses(desk: Offices) -> None:
    officer = signed_in(desk, "ro", roles=["duty-officer"])
    bulgarian = {"Accept-Language": "bg"}
    assert b'<html lang="en"' in officer.client.get("/account/", headers=bulgarian).content
    officer.client.post("/account/preferences/", {"language": "el", "zone": "Europe/Athens"})
    page = officer.client.get("/account/", headers=bulgarian)
    assert b'<html lang="el"' in page.content
    assert page.headers["Content-Language"] == "el"
    assert b'data-zone="Europe/Athens"' in page.content
    assert b'<html lang="bg"' in Client().get("/sign-in/", headers=bulgarian).content


def test_a_language_or_zone_that_is_none_is_refused(desk: Offices) -> None:
    officer = signed_in(desk, "ro", roles=["duty-officer"])
    for told in ({"language": "xx", "zone": ""}, {"language": "en", "zone": "Mars/Olympus"}):
        assert officer.client.post("/account/preferences/", told).status_code == 302
    assert Account.objects.get().language == "en"
    assert Account.objects.get().zone == ""


# -- administration --------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ROLES)
def test_only_administrators_find_the_page_of_people(desk: Offices, role: str) -> None:
    officer = signed_in(desk, "ro", roles=[role])
    assert is_in(officer.client)
    wanted = 200 if role == "administrator" else 404
    assert officer.client.get("/people/").status_code == wanted
    other = add_person(name="Other", roles=frozenset({"auditor"}), function="", by=console(), at=instant.now())
    assert officer.client.get(f"/people/{other}/").status_code == wanted
    for act in ("invite", "withdraw", "end", "link"):
        answer = officer.client.post(f"/people/{other}/{act}/")
        assert (answer.status_code == 404) is (role != "administrator"), act


def test_an_administrator_adds_invites_and_ends(desk: Offices) -> None:
    client = signed_in(desk, "ro", roles=["administrator"]).client
    faulty = client.post("/people/", {"name": " ", "roles": ["partner"]})
    assert faulty.status_code == 422
    told = {"name": "Petru Partener", "roles": ["partner"], "organisation": "Example Bank"}
    where = client.post("/people/", told).headers["Location"]
    assert reads.person("Petru Partener").organisation == "Example Bank"
    client.post(f"{where}invite/")
    page = client.get(where).content.decode()
    (token,) = re.findall(r"/sign-in/invited/([\w-]+)/", page)
    assert reads.invited(token, at=instant.now()).person.name == "Petru Partener"
    assert token not in client.get(where).content.decode()
    assert client.post(f"{where}end/").headers["Location"] == "/people/"
    assert Client().get(f"/sign-in/invited/{token}/").status_code == 404
