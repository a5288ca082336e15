"""Partners: people of an organisation without a node see what is asked of it, answer it, and see nothing else."""

import pytest
from django.apps import apps
from django.db import connection

from tests.offices import Offices, console, entries
from tests.requests.desk import preservation
from tests.requests.test_by_form import SCAN, Desk
from tocsin.base.actor import Actor
from tocsin.dossiers.acts.dossiers import make_dossier
from tocsin.dossiers.acts.members import let_in
from tocsin.dossiers.viewing import seen_by
from tocsin.law.provisions import Side
from tocsin.law.vocabulary import LetterKind
from tocsin.people import reads as people
from tocsin.people.acts.people import add_person
from tocsin.people.errors import RightMissingError
from tocsin.requests.acts.dossier import put_in_dossier
from tocsin.requests.acts.note import write_note
from tocsin.requests.acts.partner import answer_as_partner, look_as_partner
from tocsin.requests.addressed import addressed_standing, addressed_to
from tocsin.requests.errors import LetterKindError, NotYourMoveError, ThreadMovedError, UnknownRequestError
from tocsin.requests.models import BroughtFile, Note, Request, StepElsewhere
from tocsin.requests.rules import letters as say
from tocsin.requests.rules.ways import Way
from tocsin.wire.models import StoredLetter


@pytest.fixture
def desk(offices: Offices) -> Desk:
    return Desk(offices)


def partner_of(desk: Desk, organisation: str, name: str = "Petya Primer") -> Actor:
    desk.pair.pt()
    person = add_person(
        name=name, roles=frozenset({"partner"}), function="", organisation=organisation, by=console(), at=desk.at
    )
    return people.actor_of(person)


def test_a_partner_sees_what_is_asked_of_her_organisation_and_answers_it(desk: Desk) -> None:
    request = desk.sent()
    petya = partner_of(desk, desk.bulgaria)
    with seen_by(petya, at=desk.at):
        assert [line.id for line in addressed_to(petya)] == [request]
        standing = look_as_partner(request, by=petya, at=desk.at)
        assert standing.thread.ask_said.form["holder"]
        answer_as_partner(
            request, say.Acknowledge(reference="BG-1"), by=petya, at=desk.at, expects=standing.thread.head
        )
        after = addressed_standing(petya, request, at=desk.at)
    assert [each.step.kind for each in after.thread.taken_down] == [LetterKind.ACKNOWLEDGE]
    ours = desk.now(request)
    (step,) = ours.thread.taken_down
    assert (step.way, step.said_by, step.unread, step.recorded_by) == (Way.PARTNER, "Petya Primer", False, petya.person)
    assert ours.thread.line.unread_since == desk.at
    (receipt,) = ours.beside.receipts
    assert (receipt.way, receipt.said_by) == (Way.PARTNER, "Petya Primer")
    told = [entry["kind"] for entry in entries()[-3:]]
    assert told == ["partner-looked", "letter-receipt-recorded", "step-taken-down"]
    assert entries()[-1]["by"]["person"] == petya.person


def test_impossible_because_and_a_file_that_only_this_house_takes_out(desk: Desk) -> None:
    request = desk.sent()
    petya = partner_of(desk, desk.bulgaria)
    with seen_by(petya, at=desk.at):
        impossible = say.Refuse(ground="ETS185_POLITICAL", reason="The matter is political.")
        answer_as_partner(request, impossible, by=petya, at=desk.at, file=SCAN)
        assert not BroughtFile.objects.exists()
        with pytest.raises(NotYourMoveError):
            answer_as_partner(request, say.Accept(reference="x"), by=petya, at=desk.at)
    assert desk.now(request).thread.line.state == "refused"
    assert BroughtFile.objects.get().name == SCAN.name


def test_another_partner_and_one_of_no_contact_see_nothing(desk: Desk) -> None:
    request = desk.sent()
    for number, organisation in enumerate(("hearsay-gr-other-00000000", "Example Bank", "pt")):
        other = partner_of(desk, organisation, f"Nobody {number}")
        with seen_by(other, at=desk.at):
            assert addressed_to(other) == []
            assert not Request.objects.exists()
            with pytest.raises(UnknownRequestError):
                look_as_partner(request, by=other, at=desk.at)
            with pytest.raises(UnknownRequestError):
                addressed_standing(other, request, at=desk.at)
            with pytest.raises(UnknownRequestError):
                answer_as_partner(request, say.Acknowledge(), by=other, at=desk.at)


def test_with_the_filter_left_out_a_partner_finds_her_thread_and_nothing_internal(desk: Desk) -> None:
    request, other = desk.sent(), desk.pair.sent(preservation(desk.at))
    desk.pair.pt()
    mine = make_dossier("Lighthouse", members_only=True, by=desk.ines, at=desk.at)
    let_in(mine, "Rui Leitor", capacity="member", reason="works in it", by=desk.ines, at=desk.at)
    put_in_dossier(request, mine, reason="the case", by=desk.ines, at=desk.at)
    write_note(request, "They are slow.", language="en", by=desk.ines, at=desk.at)
    petya = partner_of(desk, desk.bulgaria)
    with seen_by(petya, at=desk.at):
        answer_as_partner(request, say.Acknowledge(), by=petya, at=desk.at, file=SCAN)
        assert {str(each) for each in Request.objects.values_list("id", flat=True)} == {request}
        assert {str(each) for each in StoredLetter.objects.values_list("thread", flat=True)} == {request}
        assert StepElsewhere.objects.count() == 1
        seen = set()
        with connection.cursor() as cursor:
            for model in apps.get_models():
                table = model._meta.db_table
                if not table.startswith(("requests_", "dossiers_", "evidence_", "retention_", "forms_", "mail_")):
                    continue
                cursor.execute("SELECT relrowsecurity FROM pg_class WHERE relname = %s", [table])
                (closed,) = cursor.fetchone() or (False,)
                if closed and model._default_manager.exists():
                    seen.add(table)
        assert seen == {"requests_request", "requests_stepelsewhere"}
        assert not Note.objects.exists()
        # she changes no row by herself
        assert Request.objects.filter(id=request).update(state="closed") == 0
        assert StepElsewhere.objects.all().update(reference="x") == 0
    assert other


def test_what_a_partner_does_not_say_and_what_the_house_does_not_say_as_one(desk: Desk) -> None:
    request = desk.sent()
    petya = partner_of(desk, desk.bulgaria)
    with seen_by(petya, at=desk.at), pytest.raises(LetterKindError):
        answer_as_partner(request, say.Withdraw(reason="no"), by=petya, at=desk.at)
    with pytest.raises(RightMissingError):
        answer_as_partner(request, say.Acknowledge(), by=desk.ines, at=desk.at)


def test_the_second_of_two_partners_learns_what_the_first_said(desk: Desk) -> None:
    request = desk.sent()
    petya = partner_of(desk, desk.bulgaria)
    boris = partner_of(desk, desk.bulgaria, "Boris Primer")
    desk.pair.later(minutes=1)
    desk.pair.pt()
    with seen_by(petya, at=desk.at):
        head = look_as_partner(request, by=petya, at=desk.at).thread.head
        answer_as_partner(request, say.Acknowledge(), by=petya, at=desk.at, expects=head)
    with seen_by(boris, at=desk.at), pytest.raises(ThreadMovedError):
        answer_as_partner(request, say.Acknowledge(), by=boris, at=desk.at, expects=head)
    assert desk.now(request).thread.line.side is Side.ASKER
