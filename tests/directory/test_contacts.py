"""Contacts by hearsay: a list comes in whole or not at all, lets nobody in, and says who told and who was reached."""

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection

from tests.base.test_sheet import xlsx
from tests.directory.cards import Member, certificate
from tests.directory.conftest import BecomeNode, Node
from tocsin.base import instant
from tocsin.base.actor import Actor
from tocsin.base.ids import MemberId
from tocsin.base.sheet import read_sheet
from tocsin.directory import reads
from tocsin.directory.acts import cards, contacts
from tocsin.directory.errors import (
    CardFaultyError,
    ContactKnownError,
    ContactMovedError,
    ListFaultyError,
    ListGoneError,
    UnknownMemberError,
)
from tocsin.directory.models import ListedContact
from tocsin.directory.rules.card import CardKind, sign_card
from tocsin.directory.rules.columns import Column, guess
from tocsin.directory.rules.hearsay import Defaults, Listed, Outcome
from tocsin.directory.rules.sight import Known
from tocsin.journal.models import StoredEntry
from tocsin.people.errors import RightMissingError

pytestmark = pytest.mark.django_db
LIST = """Kontaktstellen, Stand 1. November;;;;;
;;;;;
Land;Behörde;Telefon (24 h);E-Mail;Sprachen;Zuständigkeiten
Bulgarien;Example point of Bulgaria;+359 2 555 0100;desk@point.bg.example;bg, Englisch;budapest-29-preserve
GR;Παράδειγμα;+30 21 0555 0100;;el;
"""
DAY = date(2026, 11, 1)


@pytest.fixture(autouse=True)
def guarded(db: None) -> Iterator[None]:  # noqa: ARG001 - what is watched at the end is its transaction
    """What changed a row without an entry is refused, as it is when a transaction ends."""
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def laid(node: Node, text: str | bytes, name: str = "list.csv") -> str:
    content = text.encode() if isinstance(text, str) else text
    return contacts.lay_list(content, file_name=name, by=node.officer, at=node.at)


def taken_in(node: Node, text: str | bytes, *, day: date = DAY) -> contacts.Preview:
    waiting = laid(node, text)
    shown = contacts.preview_list(waiting, by=node.officer)
    return contacts.import_list(
        waiting,
        mapping=shown.mapping,
        defaults=Defaults(),
        source="Ministry of Examples",
        source_date=day,
        by=node.officer,
        at=node.at,
    )


def typed_in(texts: dict[Column, str]) -> Listed:
    listed, faults = contacts.typed_contact(texts)
    assert listed is not None, faults
    return listed


def kinds() -> list[str]:
    return list(StoredEntry.objects.order_by("index").values_list("kind", flat=True))


def test_a_list_comes_in_as_hearsay_with_its_source(become: BecomeNode) -> None:
    node = become("ro")
    done = taken_in(node, LIST)
    assert (len(done.new), len(done.changed), done.same) == (2, 0, 0)
    bulgaria, greece = reads.hearsay_for()
    assert bulgaria.known is Known.HEARSAY
    assert not bulgaria.has_node
    assert (bulgaria.country, bulgaria.zone, bulgaria.kind) == ("BG", "Europe/Sofia", CardKind.STATE)
    assert (bulgaria.languages, bulgaria.phone) == (("bg", "en"), "+359 2 555 0100")
    assert (bulgaria.source, bulgaria.source_date, bulgaria.tried) == ("Ministry of Examples", DAY, None)
    assert greece.name == "Παράδειγμα"
    assert reads.contact(bulgaria.member) == bulgaria
    assert kinds() == ["contacts-imported"]


def test_the_same_list_again_changes_nothing_and_a_later_one_is_shown_with_its_difference(become: BecomeNode) -> None:
    node = become("ro")
    taken_in(node, LIST)
    before = reads.hearsay_for()
    assert taken_in(node, LIST).same == 2
    assert reads.hearsay_for() == before
    assert kinds() == ["contacts-imported"]
    later = LIST.replace("+359 2 555 0100", "+359 2 555 0199")
    shown = contacts.preview_list(laid(node, later), by=node.officer)
    assert [(each.row, each.changed) for each in shown.changed] == [(4, ("phone",))]
    taken_in(node, later, day=date(2026, 11, 20))
    bulgaria = next(each for each in reads.hearsay_for(country="BG"))
    assert bulgaria.member == before[0].member
    assert (bulgaria.phone, bulgaria.source_date) == ("+359 2 555 0199", date(2026, 11, 20))
    assert [each.listed.phone for each in reads.past_hearsay(bulgaria.member)] == ["+359 2 555 0199", "+359 2 555 0100"]


def test_each_faulty_row_is_named_and_nothing_is_half_taken_in(become: BecomeNode) -> None:
    node = become("ro")
    faulty = LIST + "Nowhere;X;12;no mail;xx;never-heard-of\nGR;Παράδειγμα;+30 21 0555 0111;;el;\n"
    waiting = laid(node, faulty)
    shown = contacts.preview_list(waiting, by=node.officer)
    assert {(each.row, each.column) for each in shown.faults} == {
        (6, "Land"),
        (6, "Telefon (24 h)"),
        (6, "E-Mail"),
        (6, "Sprachen"),
        (6, "Zuständigkeiten"),
        (7, "key"),
    }
    with pytest.raises(ListFaultyError, match="row 6, Land: is a country"):
        taken_in(node, faulty)
    assert not ListedContact.objects.exists()
    assert kinds() == []


def test_a_hearsay_contact_lets_no_letter_in_and_no_card_takes_such_an_id(become: BecomeNode) -> None:
    node = become("ro")
    taken_in(node, LIST)
    member = reads.hearsay_for()[0].member
    with pytest.raises(UnknownMemberError):
        reads.card_of(member)
    with pytest.raises(UnknownMemberError):
        reads.point(member)
    mail = Member("example-mail")
    with pytest.raises(CardFaultyError, match="does not begin with hearsay-"):
        sign_card(replace(mail.draft(), member=member), key=mail.keys.signing)
    with pytest.raises(UnknownMemberError):
        reads.contact(MemberId("hearsay-nobody"))


def test_a_try_is_written_down_and_a_contact_that_does_not_answer_fades(become: BecomeNode) -> None:
    node = become("ro")
    more = LIST + "BG;Second point;+359 2 555 0102;;bg;\n"
    taken_in(node, more)
    first, second = (each.member for each in reads.hearsay_for(country="BG"))
    contacts.try_contact(first, outcome=Outcome.NOT_ANSWERED, note="rang out\n", by=node.officer, at=node.at)
    answers, faded = reads.hearsay_for(country="BG")
    assert (answers.member, faded.member, faded.fades, faded.instead) == (second, first, True, (second,))
    assert faded.tried is not None
    assert (faded.tried.outcome, faded.tried.note, faded.tried.by_name) == (
        Outcome.NOT_ANSWERED,
        "rang out",
        "Ana Exemplu",
    )
    contacts.try_contact(first, outcome=Outcome.ANSWERED, by=node.officer, at=node.at)
    assert not reads.contact(first).fades
    long_ago = instant.true_now() - timedelta(days=100)
    contacts.try_contact(second, outcome=Outcome.ANSWERED, when=long_ago, by=node.officer, at=node.at)
    silent = reads.contact(second)
    assert (silent.fades, silent.last_answer, silent.instead) == (True, long_ago, (first,))
    assert kinds()[1:] == ["contact-tried"] * 3


def test_a_point_with_a_node_is_offered_before_others_by_hearsay(become: BecomeNode) -> None:
    node, pt = become("ro"), Member("pt")
    cards.take_card(pt.card(at=instant.true_now() - timedelta(hours=1)).file, by=node.officer, at=node.at)
    taken_in(node, "country;name;phone\nPT;Old point;+351 21 555 0100\n")
    shown = reads.contacts(country="PT")
    assert [(each.known, each.has_node) for each in shown] == [(Known.UNCONFIRMED, False), (Known.HEARSAY, False)]
    assert reads.contacts_named([each.member for each in shown]) == {each.member: each.name for each in shown}


def test_one_contact_is_written_down_by_hand_and_the_second_writer_learns_of_the_first(become: BecomeNode) -> None:
    node = become("ro")
    typed = {
        Column.NAME: "Example Mail",
        Column.COUNTRY: "IE",
        Column.KIND: "provider",
        Column.PHONE: "+353 20 912 0100",
        Column.SMIME: certificate("pt")[0],
    }
    listed = typed_in(typed)

    def write(what: Listed, *, by: Actor = node.officer, **known: Any) -> MemberId:
        return contacts.write_contact(what, source="their page", source_date=DAY, by=by, at=node.at, **known)

    member = write(listed)
    seen = reads.contact(member).version
    changed = typed_in({**typed, Column.HOURS: "24 / 7"})
    assert changed.hours == "24/7"
    write(changed, member=member, seen=seen)
    with pytest.raises(ContactMovedError):
        write(listed, member=member, seen=seen)
    with pytest.raises(ContactKnownError):
        write(listed)
    contacts.give_up_contact(member, reason="it has a node now", by=node.officer, at=node.at)
    assert reads.hearsay_for() == []
    assert (reads.contact(member).name, reads.contact(member).given_up) == ("Example Mail", True)
    with pytest.raises(RightMissingError):
        write(listed, by=Actor(node.member, person="p9", name="X", roles=frozenset({"auditor"})))


def test_a_list_waits_for_the_person_who_laid_it_down_alone(become: BecomeNode) -> None:
    node = become("ro")
    waiting = laid(node, LIST, "..\\..\\etc/pass\u202ewd\x1b[31m.csv")
    assert contacts.preview_list(waiting, by=node.officer).file_name == "passwd[31m.csv"
    with pytest.raises(ListGoneError):
        contacts.preview_list(waiting, by=node.administrator)
    laid(node, LIST)
    with pytest.raises(ListGoneError):
        contacts.preview_list(waiting, by=node.officer)


# --- Sheets -------------------------------------------------------------------------------------


def test_a_workbook_reads_as_its_text_reads_and_a_formula_is_never_a_value(become: BecomeNode) -> None:
    node = become("ro")
    rows: list[list[object]] = [["Country", "Name", "Phone"], ["BG", "=HYPERLINK(1)", 35925550100], ["GR", "A", None]]
    sheet = read_sheet(xlsx(rows))
    assert sheet.header == ("Country", "Name", "Phone")
    assert [(row.number, row.cells, row.formulas) for row in sheet.rows] == [
        (2, ("BG", "", "35925550100"), (1,)),
        (3, ("GR", "A", ""), ()),
    ]
    shown = contacts.preview_list(laid(node, xlsx(rows), "list.xlsx"), by=node.officer)
    assert [str(each) for each in shown.faults] == [
        "row 2, Name: holds a formula; a value is needed",
        "row 3, Phone: a telephone number or an e-mail address is needed",
    ]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (["Χώρα", "Αρχή", "Τηλ."], [Column.COUNTRY, Column.NAME, Column.PHONE]),
        (["Държава", "Орган", "Телефон", "Работно време"], [Column.COUNTRY, Column.NAME, Column.PHONE, Column.HOURS]),
        (["Kraj", "Nazwa", "Numer telefonu", "Języki"], [Column.COUNTRY, Column.NAME, Column.PHONE, Column.LANGUAGES]),
        (["Pays", "Autorité", "Courriel", "Fuseau horaire"], [Column.COUNTRY, Column.NAME, Column.EMAIL, Column.ZONE]),
        (["Maa", "Viranomainen", "Sähköposti"], [Column.COUNTRY, Column.NAME, Column.EMAIL]),
        (["Tír", "Údarás", "Guthán"], [Column.COUNTRY, Column.NAME, Column.PHONE]),
        (["Remarks", "Telephone number of the desk"], [None, Column.PHONE]),
    ],
)
def test_a_column_is_guessed_from_its_header_in_many_languages(
    header: list[str], expected: list[Column | None]
) -> None:
    found = {place: column for column, place in guess(header).items()}
    assert [found.get(place) for place in range(len(header))] == expected


def test_fields_of_a_contact_are_those_that_a_change_names() -> None:
    assert {each.name for each in fields(Listed)} == set(contacts._ALL)
