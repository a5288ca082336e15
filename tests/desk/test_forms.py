"""The page where a request is printed as a form, and who asked for it."""

import hashlib
from collections.abc import Iterator

import pytest

from tests.desk.door import Officer, desk_open, signed_in
from tests.forms.pdfs import text_of
from tests.offices import Offices
from tests.requests.desk import Pair
from tocsin.base import instant
from tocsin.forms.acts.check import check_by_code, check_file
from tocsin.forms.models import PublishedForm


@pytest.fixture
def pair(offices: Offices) -> Iterator[Pair]:
    offices.at = instant.true_now()
    with desk_open():
        yield Pair(offices)


def officer(pair: Pair, member: str) -> Officer:
    return signed_in(pair.offices, member, roles=("duty-officer",), function="police", name="Olga Exemplu")


def test_a_form_leaves_as_a_file_without_a_word_of_the_case_in_its_name(pair: Pair) -> None:
    request = pair.sent()
    client = officer(pair, "ro").client
    assert client.get(f"/requests/{request}/form/").status_code == 200
    answer = client.post(f"/requests/{request}/form/", {"language": "en"})
    row = PublishedForm.objects.get()
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer["Content-Disposition"] == f'attachment; filename="{row.number}.pdf"'
    assert hashlib.sha256(answer.content).hexdigest() == row.pdf_sha256
    assert row.number in text_of(answer.content)[0]


def test_each_check_by_a_stranger_stands_beside_its_form(pair: Pair) -> None:
    request = pair.sent()
    client = officer(pair, "ro").client
    made = client.post(f"/requests/{request}/form/", {"language": "en"}).content
    assert "not yet" in client.get(f"/requests/{request}/form/").content.decode()
    check_file([made], at=pair.at)
    check_by_code(PublishedForm.objects.get().number, "wrong", at=pair.at)
    page = client.get(f"/requests/{request}/form/").content.decode()
    assert "with the file" in page
    assert "wrong code" in page


def test_what_came_in_is_printed_as_a_copy(pair: Pair) -> None:
    request = pair.sent()
    client = officer(pair, "pt").client
    answer = client.post(f"/requests/{request}/form/", {"language": "en"})
    assert "COPY" in text_of(answer.content)[0]


def test_a_language_that_is_none_is_a_fault_at_its_field(pair: Pair) -> None:
    request = pair.sent()
    answer = officer(pair, "ro").client.post(f"/requests/{request}/form/", {"language": "tlh"})
    assert answer.status_code == 422
    assert "data-error-summary" in answer.content.decode()
