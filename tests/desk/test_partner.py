"""Partners at the desk: their own page, their own requests, answers under their name, and nothing else of the house."""

from collections.abc import Iterator

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.desk.door import Officer, desk_open, signed_in
from tests.offices import Offices, entries
from tests.requests.test_by_form import Desk
from tocsin.base import instant
from tocsin.base.ids import RequestId, new_uuid
from tocsin.requests.models import BroughtFile, Request


@pytest.fixture
def house(offices: Offices) -> Iterator[Desk]:
    offices.at = instant.true_now().replace(microsecond=0)
    with desk_open():
        yield Desk(offices)


def petya(house: Desk, request: RequestId | None = None, *, organisation: str = "") -> Officer:
    del request
    return signed_in(
        house.pair.offices, "pt", roles=["partner"], name="Petya Primer", organisation=organisation or house.bulgaria
    )


def test_a_partner_lands_on_what_is_asked_of_her_and_answers_with_a_file(house: Desk) -> None:
    request = house.sent()
    officer = petya(house)
    landed = officer.client.get("/", follow=True).content.decode()
    assert "Asked of Example point of Bulgaria" in landed
    path = f"/partner/requests/{request}/"
    assert path in landed
    page = officer.client.get(path).content.decode()
    assert "Acknowledgement" in page
    assert entries()[-1]["kind"] in {"letter-receipt-recorded", "signed-in"}
    wrong = officer.client.post(f"{path}say/refuse/", {"ground": "", "reason": ""})
    assert wrong.status_code == 422
    said = {"reference": "BG-1", "words": "It came.", "file": SimpleUploadedFile("../a.pdf", b"%PDF-1.7 x")}
    answer = officer.client.post(f"{path}say/acknowledge/", said, follow=True)
    assert "Said: those who asked see it now." in answer.content.decode()
    assert BroughtFile.objects.get().name == "a.pdf"
    assert Request.objects.get(id=request).state == "acknowledged"
    again = officer.client.post(f"{path}say/acknowledge/", {"words": "twice"})
    assert again.status_code == 422


def test_nothing_else_of_the_house_is_there_for_a_partner(house: Desk) -> None:
    request = house.sent()
    officer = petya(house)
    for path in (f"/requests/{request}/", "/drafts/", "/shift/", "/people/", "/reports/"):
        assert officer.client.get(path).status_code in {403, 404}, path
    assert "Directory" not in officer.client.get("/partner/").content.decode()
    assert officer.client.get("/directory/").status_code == 403
    assert officer.client.get("/directory/contacts/").status_code == 403


def test_another_partner_and_the_house_itself_do_not_find_it_there(house: Desk) -> None:
    request = house.sent()
    other = signed_in(house.pair.offices, "pt", roles=["partner"], name="Nikos Paradeigma", organisation="Example Bank")
    page = other.client.get("/partner/").content.decode()
    assert request not in page
    assert "names no organisation that is known here" in page
    for path in (f"/partner/requests/{request}/", f"/partner/requests/{new_uuid()}/"):
        assert other.client.get(path).status_code == 404
        assert other.client.post(f"{path}say/acknowledge/", {}).status_code == 404
    officer = signed_in(house.pair.offices, "pt", roles=["duty-officer"], name="Inês Exemplo")
    assert officer.client.get(f"/partner/requests/{request}/").status_code == 403
    # the house sees who said it, on which way
    petya(house).client.post(f"/partner/requests/{request}/say/acknowledge/", {"words": "It came."})
    seen = officer.client.get(f"/requests/{request}/?reason=duty", follow=True).content.decode()
    assert seen
