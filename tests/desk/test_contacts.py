"""Contacts by hearsay at the desk: a list is looked at before it counts, and who does not answer is offered last."""

from collections.abc import Iterator

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.desk.door import Officer, desk_open, signed_in
from tests.offices import Offices, entries
from tocsin.base import instant
from tocsin.directory import reads
from tocsin.directory.acts import contacts
from tocsin.directory.rules.hearsay import Outcome

LIST = "Страна;Орган;Телефон;Имейл\nPT;Старо звено;+351 21 555 0100;\nPT;Ново звено;;point@pt.example\n"


@pytest.fixture
def ioana(offices: Offices) -> Iterator[Officer]:
    with desk_open():
        offices.found("ro")
        yield signed_in(offices, "ro", roles=["duty-officer"], name="Ioana Exemplu")


def laid(officer: Officer, text: str = LIST, name: str = "<b>list.csv") -> str:
    answer = officer.client.post("/directory/contacts/", {"file": SimpleUploadedFile(name, text.encode())})
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    return str(answer["Location"])


def take(officer: Officer, path: str, **said: str) -> str:
    answer = officer.client.post(
        path, {"source": "Министерство", "source_date": "2026-11-01", "take": "yes"} | said, follow=True
    )
    return answer.content.decode()


def test_a_list_is_looked_at_mended_and_taken_in(ioana: Officer) -> None:
    path = laid(ioana)
    page = ioana.client.get(path).content.decode()
    assert "&lt;b&gt;list.csv" in page
    assert "2 new, 0 changed, 0 as they are." in page
    assert "Старо звено" in page
    assert reads.hearsay_for() == []
    refused = take(ioana, path, source="")
    assert "say whose list it is" in refused
    assert reads.hearsay_for() == []
    assert "2 contacts are new, 0 changed." in take(ioana, path)
    shown = ioana.client.get("/directory/").content.decode()
    assert "Министерство" in shown
    assert "of 2026-11-01" in shown
    # the list was taken in, so it waits no more
    assert "waits no more" in ioana.client.get(path, follow=True).content.decode()


def test_a_faulty_list_names_row_column_and_rule_and_other_columns_can_be_chosen(ioana: Officer) -> None:
    path = laid(ioana, LIST.replace("+351 21 555 0100", "abc"))
    page = ioana.client.get(path).content.decode()
    assert "1 fault: nothing of the list is taken in" in page
    assert "is a telephone number, like" in page
    assert "Nothing was taken in" in take(ioana, path)
    assert reads.hearsay_for() == []
    answer = ioana.client.post(path, {"look": "yes", "of-phone": "-", "of-email": "2"})
    assert answer.status_code == 302
    again = ioana.client.get(answer["Location"]).content.decode()
    assert "is one e-mail address" in again


def test_who_does_not_answer_is_grey_and_another_is_offered_first(ioana: Officer) -> None:
    take(ioana, laid(ioana))
    new, old = reads.hearsay_for(country="PT")
    answer = ioana.client.post(
        f"/directory/contacts/{old.member}/tried/", {"outcome": "not-answered", "note": "rang out"}, follow=True
    )
    page = answer.content.decode()
    assert "not answered" in page
    assert "rang out" in page
    assert f'Ask first: <a href="/directory/contacts/{new.member}/">' in page
    assert 'class="is-fades"' in ioana.client.get("/directory/contacts/").content.decode()
    assert [entry["kind"] for entry in entries()[-2:]] == ["contacts-imported", "contact-tried"]


def test_one_is_written_down_changed_and_the_second_officer_learns_what_the_first_did(ioana: Officer) -> None:
    said = {"name": "Example Mail", "kind": "provider", "country": "Irland", "source": "their page"}
    faulty = ioana.client.post("/directory/contacts/new/", said | {"source_date": "2026-11-01", "email": "nobody"})
    assert faulty.status_code == 422
    assert "is one e-mail address" in faulty.content.decode()
    assert 'value="Irland"' in faulty.content.decode()
    said |= {"email": "orders@mail.example", "source_date": "2026-11-01"}
    ioana.client.post("/directory/contacts/new/", said)
    seen = reads.hearsay_for()[0]
    path = f"/directory/contacts/{seen.member}/"
    assert "IE" in ioana.client.get(path).content.decode()
    later = said | {"seen": str(seen.version), "hours": "24/7"}
    assert ioana.client.post(path, later).status_code == 302
    late = ioana.client.post(path, later | {"hours": "8-16"})
    assert late.status_code == 422
    assert "Meanwhile somebody changed" in late.content.decode()
    assert reads.contact(seen.member).hours == "24/7"
    ioana.client.post(f"{path}give-up/", {"reason": "has a node"})
    assert reads.hearsay_for() == []
    assert "taken off the list" in ioana.client.get(path).content.decode()


def test_what_is_no_list_is_refused_at_the_field(ioana: Officer) -> None:
    answer = ioana.client.post("/directory/contacts/", {"file": SimpleUploadedFile("a.xlsx", b"PK\x03\x04nonsense")})
    assert answer.status_code == 422
    assert "begins like XLSX and is none" in answer.content.decode()


def test_who_may_not_confirm_reads_and_changes_nothing(ioana: Officer, offices: Offices) -> None:
    take(ioana, laid(ioana))
    seen = reads.hearsay_for()[0]
    contacts.try_contact(seen.member, outcome=Outcome.ANSWERED, by=ioana.actor, at=offices.at)
    analyst = signed_in(offices, "ro", roles=["analyst"], name="Andrei Exemplu")
    page = analyst.client.get(f"/directory/contacts/{seen.member}/").content.decode()
    assert "By hearsay, from" in page
    assert "<form" not in page.partition("<main")[2].partition("</main>")[0]
    assert analyst.client.post(f"/directory/contacts/{seen.member}/tried/", {"outcome": "answered"}).status_code == 403


def test_compose_offers_contacts_by_hearsay_and_for_a_silent_one_another_first(ioana: Officer) -> None:
    take(ioana, laid(ioana))
    new, old = reads.hearsay_for(country="PT")
    contacts.try_contact(old.member, outcome=Outcome.NOT_ANSWERED, by=ioana.actor, at=instant.now())
    page = ioana.client.get("/compose/").content.decode()
    assert "Ново звено · contact point (by hearsay, no node)" in page
    assert "Старо звено · contact point (by hearsay, no node, does not answer)" in page
    assert page.index("Ново звено") < page.index("Старо звено")
    chosen = ioana.client.get(f"/compose/?need=keep&to={old.member}").content.decode()
    assert "Whom you chose has never answered yet." in chosen
    assert f'name="to" value="{new.member}"' in chosen
    assert (
        "does not answer"
        not in ioana.client.get(f"/compose/?need=keep&to={new.member}").content.decode().partition('id="ways"')[2]
    )
