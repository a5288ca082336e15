"""Need-to-know a second time: what row security shows when the application's own filter is left out."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import DatabaseError, ProgrammingError, connection, models, transaction

from tests.offices import Offices
from tests.security.scene import Closed
from tocsin.dossiers.acts.members import let_in, take_out
from tocsin.dossiers.models import Dossier, DossierNote, Member
from tocsin.dossiers.viewing import seen_by, seen_by_a_stranger
from tocsin.evidence.acts.withhold import lift_withholding, withhold
from tocsin.evidence.models import Withholding
from tocsin.node.demo import forms
from tocsin.requests import reads
from tocsin.requests.acts.dossier import put_in_dossier
from tocsin.requests.acts.look import look_at_request
from tocsin.requests.acts.send import send_request
from tocsin.requests.acts.sign_off import sign_off
from tocsin.requests.models import Draft, Look, Note, Request
from tocsin.wire.models import StoredLetter, StoredReceipt

PACKAGES = ("dossiers", "requests", "wire", "evidence", "retention", "forms", "mail", "bells", "duty")
OPEN = {
    "duty_turn": "who is on duty when: the house's",
    "duty_chain": "after how many minutes who is called: the house's",
    "forms_miss": "how often a code was tried in vain",
    "mail_mailbox": "how far a mailbox was read: nothing of a thread",
    "requests_clockshift": "how far an exercise's clock is moved: nobody's",
    "wire_line": "how lines are: nothing of a thread",
    "wire_attempt": "the same",
    "wire_downstatement": "the same",
    "wire_quarantinedletter": "bytes that could not be read as a thread's; shown by number and code alone",
    "wire_refusalcount": "counts",
    "wire_ratecount": "counts",
    "wire_usedticket": "nonces",
    "wire_upload": "sealed bytes on their way, by hash",
    "wire_storedattachment": "sealed bytes, by hash; no thread",
    "wire_outgoingfile": "sealed bytes, by hash; no thread",
    "wire_mailboxitem": "at a hub: sealed letters of others",
}
"""Tables of these packages that are not closed, and why. Every other one is."""


@pytest.fixture
def closed(offices: Offices) -> Closed:
    return Closed(offices)


def everything(model: type[models.Model]) -> set[str]:
    """The application's filter left out: every row there is, by its key."""
    return {str(key) for key in model._default_manager.values_list("pk", flat=True)}


def raw(statement: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


def change(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def closed_tables() -> set[str]:
    return {str(name) for (name,) in raw("SELECT relname FROM pg_class WHERE relrowsecurity")}


# --- The filter left out ------------------------------------------------------------------------


def test_with_the_filter_left_out_an_outsider_finds_nothing_of_the_dossier(closed: Closed) -> None:
    with seen_by(closed.mihai, at=closed.at):
        assert everything(Request) == {closed.shown}
        assert everything(Draft) & {closed.hidden_draft.id, closed.shown_draft.id} == {closed.shown_draft.id}
        for model in (Dossier, Member, DossierNote, Note):
            assert everything(model) == set()
        assert set(StoredLetter.objects.values_list("thread", flat=True).distinct()) == {Request.objects.get().id}
        assert StoredReceipt.objects.exists()
        assert not StoredReceipt.objects.exclude(letter__thread=closed.shown).exists()


def test_raw_sql_finds_no_more(closed: Closed) -> None:
    with seen_by(closed.mihai, at=closed.at):
        assert raw(f"SELECT id FROM requests_request WHERE id = '{closed.hidden}'") == []  # noqa: S608 - our own
        assert raw("SELECT count(*) FROM requests_request") == [(1,)]
        assert raw("SELECT count(*) FROM dossiers_dossier") == [(0,)]
        assert raw(f"SELECT count(*) FROM wire_storedletter WHERE thread = '{closed.hidden}'") == [(0,)]  # noqa: S608


def test_raw_sql_changes_no_more(closed: Closed) -> None:
    with seen_by(closed.mihai, at=closed.at), transaction.atomic():
        assert Request.objects.filter(id=closed.hidden).update(state="x") == 0
        assert Request.objects.filter(id=closed.hidden).delete()[0] == 0
    with pytest.raises(ProgrammingError, match="row-level security"), seen_by(closed.mihai, at=closed.at):
        Member.objects.create(
            id="8f2d0000-0000-4000-8000-000000000001",
            dossier_id=closed.dossier,
            person=closed.mihai.person,
            capacity="owner",
            since=closed.at,
            reason="curious",
            let_in_by=closed.mihai.person,
        )


@pytest.mark.parametrize("who", ["ioana", "radu"])
def test_who_was_let_in_sees_it_all(closed: Closed, who: str) -> None:
    person = {"ioana": closed.pair.ioana, "radu": closed.pair.radu}[who]
    with seen_by(person, at=closed.at):
        assert everything(Request) == {closed.hidden, closed.shown}
        assert everything(Dossier) == {closed.dossier}
        assert DossierNote.objects.count() == Note.objects.count() == 1
        assert closed.hidden_draft.id in everything(Draft)


def let_counsel_in(closed: Closed) -> None:
    until = closed.at + timedelta(days=30)
    who = "Carmen Aparare"
    let_in(closed.dossier, who, capacity="counsel", reason="defends", until=until, by=closed.ioana, at=closed.at)


def test_counsel_finds_the_letters_and_nothing_internal(closed: Closed) -> None:
    let_counsel_in(closed)
    with seen_by(closed.counsel, at=closed.at):
        assert everything(Request) == {closed.hidden}
        assert {str(each) for each in StoredLetter.objects.values_list("thread", flat=True)} == {closed.hidden}
        assert everything(Dossier) == {closed.dossier}
        for model in (Draft, DossierNote, Note, Look, Member):
            assert everything(model) == set(), model


def test_with_the_filter_left_out_counsel_finds_nothing_of_what_is_withheld(closed: Closed) -> None:
    let_counsel_in(closed)
    letter = StoredLetter.objects.filter(thread=closed.hidden).order_by("seq")[0].sha256
    named = {"what": "letter", "thing": letter, "told": "the request", "ground": "ongoing-investigation"}
    held = withhold(closed.dossier, **named, reason="another is at large", by=closed.pair.radu, at=closed.at)
    with seen_by(closed.counsel, at=closed.at):
        assert letter not in set(StoredLetter.objects.values_list("sha256", flat=True))
        assert not StoredReceipt.objects.filter(letter__sha256=letter).exists()
        assert everything(Withholding) == {held}, "that it is withheld he is told"
    for other in (closed.ioana, closed.pair.radu):
        with seen_by(other, at=closed.at):
            assert letter in set(StoredLetter.objects.values_list("sha256", flat=True))
    with seen_by(closed.mihai, at=closed.at):
        assert everything(Withholding) == set()
    lift_withholding(closed.dossier, held, reason="he was caught", by=closed.pair.radu, at=closed.at)
    with seen_by(closed.counsel, at=closed.at):
        assert letter in set(StoredLetter.objects.values_list("sha256", flat=True))


def test_what_is_withheld_in_one_dossier_is_not_in_another(closed: Closed) -> None:
    """Of two dossiers in which she defends, a decision holds in its own; who reads one whole is not held by it."""
    let_counsel_in(closed)
    letter = StoredLetter.objects.filter(thread=closed.hidden).order_by("seq")[0].sha256
    named = {"what": "letter", "thing": letter, "told": "the request", "ground": "ongoing-investigation"}
    withhold(closed.dossier, **named, reason="another is at large", by=closed.pair.radu, at=closed.at)
    other = closed.made()
    put_in_dossier(closed.hidden, other, reason="it belongs there", by=closed.ioana, at=closed.at)
    until = closed.at + timedelta(days=30)
    let_in(other, "Carmen Aparare", capacity="counsel", reason="defends", until=until, by=closed.ioana, at=closed.at)
    with seen_by(closed.counsel, at=closed.at):
        assert letter not in set(StoredLetter.objects.values_list("sha256", flat=True)), "she defends in both"
    take_out(closed.dossier, "Carmen Aparare", reason="over", by=closed.ioana, at=closed.pair.later(minutes=1))
    with seen_by(closed.counsel, at=closed.at):
        assert letter in set(StoredLetter.objects.values_list("sha256", flat=True))


def test_a_stranger_and_a_person_without_rights_find_no_row_at_all(closed: Closed) -> None:
    administrator = closed.offices.person("ro", "Andrei Model", "administrator")
    for looks in (seen_by_a_stranger(), seen_by(administrator, at=closed.at), seen_by(closed.protector, at=closed.at)):
        with looks:
            for table in closed_tables():
                if table not in {"evidence_stamp", "requests_look", "dossiers_look"}:
                    assert raw(f"SELECT count(*) FROM {table}") == [(0,)], table  # noqa: S608 - our own names


def test_who_is_told_looks_sees_looks_and_nothing_of_what_was_looked_at(closed: Closed) -> None:
    look_at_request(closed.hidden, reason="check", by=closed.ioana, at=closed.at)
    with seen_by(closed.protector, at=closed.at):
        assert [str(look.request_id) for look in Look.objects.all()] == [closed.hidden]
        assert everything(Request) == set()
    with seen_by(closed.mihai, at=closed.at):
        assert everything(Look) == set()


def test_a_look_is_taken_back_by_nobody_who_looks(closed: Closed) -> None:
    look_at_request(closed.shown, reason="check", by=closed.ioana, at=closed.at)
    with seen_by(closed.ioana, at=closed.at), transaction.atomic():
        assert Look.objects.update(reason="something else") == 0
        assert Look.objects.all().delete()[0] == 0
    assert Look.objects.get().reason == "check"


# --- In time ------------------------------------------------------------------------------------


def test_a_place_holds_until_its_end_and_no_instant_longer(closed: Closed) -> None:
    until = closed.at + timedelta(days=7)
    reason = "helps for a week"
    let_in(closed.dossier, "Rodica Model", capacity="reader", reason=reason, until=until, by=closed.ioana, at=closed.at)
    for at, sees in ((until - timedelta(milliseconds=1), True), (until, False)):
        with seen_by(closed.reader, at=at):
            assert (closed.hidden in everything(Request)) is sees
            assert (closed.hidden in {line.id for line in reads.watch(closed.reader)}) is sees


def test_who_was_taken_out_sees_nothing_any_more(closed: Closed) -> None:
    let_in(closed.dossier, "Rodica Model", capacity="reader", reason="helps", by=closed.ioana, at=closed.at)
    take_out(closed.dossier, "Rodica Model", reason="is done", by=closed.ioana, at=closed.pair.later(minutes=1))
    with seen_by(closed.reader, at=closed.at):
        assert everything(Request) == {closed.shown}
        assert everything(Member) == set()


# --- It does not leak ---------------------------------------------------------------------------


def test_nothing_of_a_viewer_is_left_on_the_connection(closed: Closed) -> None:
    before = raw("SELECT pg_backend_pid(), current_user")
    with seen_by(closed.mihai, at=closed.at):
        assert raw("SELECT current_setting('tocsin.viewer')") == [(closed.mihai.person,)]
        assert raw("SELECT current_user") != [before[0][1:]]
    assert raw("SELECT pg_backend_pid(), current_user") == before, "the same connection, as it was"
    assert raw("SELECT current_setting('tocsin.viewer', true)") == [("",)]
    assert raw("SELECT current_setting('tocsin.sees', true)") == [("",)]
    assert everything(Request) == {closed.hidden, closed.shown}, "the node's own work"
    with seen_by(closed.ioana, at=closed.at):
        assert everything(Request) == {closed.hidden, closed.shown}
    with seen_by(closed.mihai, at=closed.at):
        assert everything(Request) == {closed.shown}


def test_a_savepoint_that_is_taken_back_does_not_take_the_viewer_back(closed: Closed) -> None:
    with seen_by(closed.mihai, at=closed.at), transaction.atomic():
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            raise ZeroDivisionError
        assert everything(Request) == {closed.shown}


def test_a_transaction_that_fails_is_followed_by_one_that_knows_the_viewer(closed: Closed) -> None:
    with seen_by(closed.mihai, at=closed.at):
        with pytest.raises(ProgrammingError):
            raw("SELECT nothing FROM nowhere")
        assert everything(Request) == {closed.shown}


def test_within_a_longer_transaction_the_viewer_ends_with_his_part(closed: Closed) -> None:
    with transaction.atomic():
        with seen_by(closed.mihai, at=closed.at):
            assert everything(Request) == {closed.shown}
        assert everything(Request) == {closed.hidden, closed.shown}
        with pytest.raises(ZeroDivisionError), seen_by(closed.mihai, at=closed.at):
            raise ZeroDivisionError
        assert everything(Request) == {closed.hidden, closed.shown}


def test_nobody_looks_through_another(closed: Closed) -> None:
    with seen_by(closed.mihai, at=closed.at), pytest.raises(RuntimeError), seen_by(closed.ioana, at=closed.at):
        pass


def test_what_a_viewer_does_works_as_before(closed: Closed) -> None:
    """Writing under row security: a letter is posted, a draft is made and sent, a look gives its receipts."""
    write_and_look(closed)


def write_and_look(closed: Closed) -> None:
    with seen_by(closed.ioana, at=closed.at):
        draft = closed.pair.draft(forms.preservation(closed.at, reference="RO-2026-0077"))
    with seen_by(closed.pair.radu, at=closed.at):
        sign_off(draft.id, draft_sha256=draft.content.sha256, by=closed.pair.radu, at=closed.at)
    with seen_by(closed.ioana, at=closed.at):
        sent = send_request(draft.id, by=closed.ioana, at=closed.at)
    assert closed.pair.carry() == []
    closed.pair.pt()
    with seen_by(closed.pair.ines, at=closed.at):
        look_at_request(sent.thread, reason="mine", by=closed.pair.ines, at=closed.at)
    assert closed.pair.carry() == []


# --- Where no role of viewers can be had ----------------------------------------------------------


@pytest.fixture
def without_role(closed: Closed) -> Iterator[Closed]:
    """The node's database as it is where the cluster gives its owner no second role: policies hold for the owner."""
    closed.pair.pt()
    change(_NO_ROLE)
    closed.pair.ro()
    change(_NO_ROLE)
    yield closed
    for member in ("ro", "pt"):
        closed.offices.be(member)
        assert raw("SELECT viewing_settle()") == [(f"{settings_of_owner()}_viewers",)]
        assert raw("SELECT count(*) FROM pg_class WHERE relforcerowsecurity") == [(0,)]


_NO_ROLE = """
DO $$ BEGIN
    CREATE OR REPLACE FUNCTION viewing_role() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $f$ SELECT 'none' $f$;
    PERFORM viewing_close(oid::regclass) FROM pg_class WHERE relrowsecurity;
END $$
"""


def settings_of_owner() -> str:
    return str(connection.settings_dict["USER"])


def test_without_a_role_the_owner_himself_is_held_while_somebody_looks(without_role: Closed) -> None:
    closed = without_role
    with seen_by(closed.mihai, at=closed.at):
        assert raw("SELECT current_user") == [(settings_of_owner(),)]
        assert everything(Request) == {closed.shown}
        assert raw(f"SELECT count(*) FROM wire_storedletter WHERE thread = '{closed.hidden}'") == [(0,)]  # noqa: S608
        assert Request.objects.filter(id=closed.hidden).update(state="x") == 0
    with seen_by_a_stranger():
        assert everything(Request) == set()
    assert everything(Request) == {closed.hidden, closed.shown}, "the node's own work"
    write_and_look(closed)


def test_a_role_that_was_lost_stops_everything_instead_of_opening_everything(closed: Closed) -> None:
    change("CREATE OR REPLACE FUNCTION viewing_role() RETURNS text LANGUAGE sql STABLE AS $$ SELECT 'gone' $$")
    try:
        with pytest.raises(DatabaseError), seen_by(closed.mihai, at=closed.at):
            everything(Request)
        assert connection.get_autocommit(), "the connection is fit for the next"
        with transaction.atomic(), pytest.raises(DatabaseError), seen_by(closed.mihai, at=closed.at):
            everything(Request)
    finally:
        change("SELECT viewing_settle()")
    with seen_by(closed.mihai, at=closed.at):
        assert everything(Request) == {closed.shown}


# --- Every table has chosen -----------------------------------------------------------------------


def test_every_table_of_what_is_confidential_is_closed_or_says_why_not(closed: Closed) -> None:
    tables = {
        model._meta.db_table
        for config in apps.get_app_configs()
        if config.label in PACKAGES
        for model in config.get_models()
    }
    assert tables - closed_tables() == tables & set(OPEN)
    with seen_by(closed.ioana, at=closed.at):
        for table in closed_tables():
            assert raw(f"SELECT row_security_active('{table}')") == [(True,)], table
