"""The watch: what stands where on it, its filters and views, the search, and the rows that come again and again."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from tests.browser.scene import HOSTILE, Night
from tests.desk.door import Officer, desk_open, signed_in
from tests.offices import Offices
from tocsin.base.instant import parse
from tocsin.desk.templatetags.desk import WAYS
from tocsin.desk.words import due_in_zone, in_zone, lasting, said
from tocsin.requests import reads
from tocsin.requests.acts.note import write_note
from tocsin.requests.errors import NotYourMoveError
from tocsin.requests.models import Request
from tocsin.requests.reads import WatchFilter
from tocsin.requests.rules import letters as say


@pytest.fixture
def night(offices: Offices) -> Iterator[Night]:
    with desk_open():
        yield Night(offices)


@pytest.fixture
def ines(night: Night) -> Officer:
    return signed_in(night.offices, "pt", roles=["duty-officer"], name="Inês Exemplo")


def page(officer: Officer, path: str = "/") -> str:
    answer = officer.client.get(path)
    assert answer.status_code == 200, answer.content[:500]
    return answer.content.decode()


def test_what_is_refused_names_its_rule_in_the_readers_language_too() -> None:
    rule = "the whole request"  # any text that the catalogues have
    error = NotYourMoveError(kind="close", rule=rule)
    with translation.override("de"):
        there = translation.gettext(rule)
        assert there != rule
        assert there in said(error)
    assert rule in said(error)


def test_no_two_ways_through_the_desk_have_the_same_key() -> None:
    keys = [key for _name, _icon, _word, key, _right in WAYS]
    assert len(keys) == len(set(keys))


def test_an_empty_watch_says_that_all_is_quiet(night: Night, ines: Officer) -> None:
    night.pt()
    assert "All quiet" in page(ines)


def test_overdue_stands_apart_then_by_time_left(night: Night, ines: Officer) -> None:
    found = night.many()
    night.pt()
    shown = page(ines)
    order = [shown.index(str(found[name])) for name in ("late", "hostile", "urgent", "promised", "kept", "followed")]
    assert order == sorted(order)
    overdue = shown[shown.index("Overdue") : shown.index("Within eight hours")]
    assert str(found["late"]) in overdue
    assert str(found["hostile"]) not in overdue


def test_a_line_tells_both_zones_whose_move_it_is_and_who_has_it(night: Night, ines: Officer) -> None:
    found = night.many()
    night.pt()
    shown = page(ines, "/?held=me")
    assert str(found["kept"]) in shown
    assert str(found["late"]) not in shown
    assert "Bucharest" in shown
    assert "follow up, or let go" in shown
    assert "unread" not in shown[shown.index("<tbody") :]


FILTERED = {
    "side=asked": ("late", ""),
    "side=asker": ("", "late"),
    "with=ro": ("late", ""),
    "with=example-mail": ("", "late"),
    "under=dir2013-40-13-urgent": ("urgent", "kept"),
    "state=queried": ("queried", "late"),
    "held=nobody": ("late", "kept"),
    "held=me": ("kept", "late"),
    "unread=yes": ("fresh", "kept"),
    "ours=yes": ("fresh", "queried"),
    "ended=yes": ("refused", "late"),
    "overdue=yes": ("late", "fresh"),
    "side=nonsense&with=%3Cscript%3E&state=x": ("", "late"),
}


def test_each_filter_shows_what_it_names_and_nothing_else(night: Night, ines: Officer) -> None:
    found = night.many()
    night.pt()
    for query, (there, not_there) in FILTERED.items():
        shown = page(ines, f"/?{query}")
        assert not there or str(found[there]) in shown, query
        assert not not_there or str(found[not_there]) not in shown, query


def test_opening_makes_a_request_read_and_a_new_letter_unread_again(night: Night, ines: Officer) -> None:
    request = night.sent()
    night.pt()
    assert Request.objects.get(id=request).unread_since is not None
    page(ines, f"/requests/{request}/")
    assert Request.objects.get(id=request).unread_since is None
    night.ro_writes(request, say.Withdraw(reason="found elsewhere"))
    night.pt()
    assert Request.objects.get(id=request).unread_since is not None


def test_rows_that_did_not_change_are_not_sent_again(
    night: Night, ines: Officer, monkeypatch: pytest.MonkeyPatch
) -> None:
    night.sent()
    night.pt()
    instant = night.later(hours=1).replace(second=20)
    monkeypatch.setattr("tocsin.base.instant.now", lambda: instant)
    first = ines.client.get("/watch/rows/")
    assert first.status_code == 200
    again = ines.client.get("/watch/rows/", HTTP_IF_NONE_MATCH=first["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    night.sent()
    night.pt()
    assert ines.client.get("/watch/rows/", HTTP_IF_NONE_MATCH=first["ETag"]).status_code == 200


def test_a_page_takes_the_same_questions_whatever_stands_on_it(night: Night, ines: Officer) -> None:
    night.many()
    night.pt()
    page(ines)
    with CaptureQueriesContext(connection) as few:
        page(ines)
    for _ in range(5):
        night.sent()
    night.pt()
    with CaptureQueriesContext(connection) as many:
        page(ines)
    assert len(many) == len(few)


def test_pages_follow_one_another_and_leave_nothing_out(night: Night) -> None:
    found = night.many()
    night.pt()
    at, after, seen = night.later(hours=13), "", list[str]()
    for _ in range(20):
        shown = reads.watch_page(night.ines, WatchFilter(), at=at, after=after, size=2)
        seen += [line.id for line in shown.all]
        after = shown.after
        if not after:
            break
    open_ones = {str(row) for row in Request.objects.filter(ended_at=None).values_list("id", flat=True)}
    assert len(seen) == len(set(seen))
    assert set(seen) == open_ones
    assert str(found["refused"]) not in seen


def test_a_view_is_kept_under_its_name_and_only_for_its_owner(night: Night, ines: Officer) -> None:
    night.pt()
    ines.client.post("/watch/views/", {"name": "  Night   urgent ", "filters": "urgent=yes&held=me&evil=1"})
    assert "Night urgent" in page(ines)
    (kept,) = reads.views_for(ines.actor)
    assert kept.filters == {"urgent": "yes", "held": "me"}
    other = signed_in(night.offices, "pt", roles=["duty-officer"], name="Rui Exemplo")
    assert "Night urgent" not in page(other)
    other.client.post(f"/watch/views/{kept.id}/forget/")
    assert reads.views_for(ines.actor)
    ines.client.post(f"/watch/views/{kept.id}/forget/")
    assert not reads.views_for(ines.actor)


def test_a_view_without_a_name_is_refused_and_said_so(night: Night, ines: Officer) -> None:
    night.pt()
    shown = ines.client.post("/watch/views/", {"name": " ", "filters": "urgent=yes"}, follow=True).content.decode()
    assert "name: 1 to 60 characters" in shown
    assert not reads.views_for(ines.actor)


# --- Search -------------------------------------------------------------------------------------


FOUND = {
    "invoices": "fresh",  # the letter says "invoice"
    "RO-2026-0036": "fresh",
    "2026-0036": "fresh",
    "0036": "fresh",
    "frozen": "kept",  # a note
    "ministers": "refused",
    '"mail provider"': "kept",
}


def test_a_search_finds_references_letters_and_notes(night: Night, ines: Officer) -> None:
    found = night.many()
    night.pt()
    for words, name in FOUND.items():
        assert str(found[name]) in page(ines, f"/?q={words}"), words
    assert str(found["fresh"]) not in page(ines, "/?q=invoice -somebody")


def test_a_search_reads_words_in_the_language_of_the_text(night: Night, ines: Officer) -> None:
    portuguese = night.sent(night.named("RO-2026-0101", facts="Alguém alterou as faturas da empresa.", language="pt"))
    polish = night.sent(night.named("RO-2026-0102"))
    night.pt()
    write_note(polish, "Ktoś zmienił rachunki spółki.", language="pl", by=ines.actor, at=night.at)
    assert str(portuguese) in page(ines, "/?q=fatura")
    assert str(portuguese) in page(ines, "/?q=alguem")  # whatever the accents
    assert str(polish) in page(ines, "/?q=rachun")  # a part of a word, for there is no dictionary
    assert str(polish) in page(ines, "/?q=spolki")


def test_what_a_search_shows_of_a_text_is_text(night: Night, ines: Officer) -> None:
    night.sent(night.named("RO-2026-0103", facts=f"needle {HOSTILE}"))
    night.pt()
    shown = page(ines, "/?q=needle")
    assert "<mark>needle</mark>" in shown
    assert "<script>alert" not in shown
    assert "<img src=x" not in shown


def test_a_search_for_anything_answers(night: Night, ines: Officer) -> None:
    night.sent()
    night.pt()
    for words in ("'", '"', "-", "&|!", "\\", "%", "_", "a" * 500, "  ", "<b>", "\0", "\U0001f514"):
        assert ines.client.get("/", {"q": words}).status_code == 200, words


def test_who_may_not_read_requests_sees_no_watch_and_begins_at_what_is_hers(night: Night) -> None:
    night.sent()
    auditor = signed_in(night.offices, "pt", roles=["auditor"], name="Ana Exemplo")
    assert auditor.client.get("/").headers["Location"] == "/journal/"
    assert auditor.client.get("/", {"q": "account"}).status_code in {302, 403}
    assert auditor.client.get("/watch/rows/").status_code == 403


def test_a_far_day_has_its_day_and_a_midnight_is_the_end_of_its_day() -> None:
    now = parse("2026-11-24T10:00:00Z")
    assert due_in_zone(parse("2026-12-03T23:00:00Z"), "Europe/Paris", now=now) == "end of Thu 3 Dec"
    assert due_in_zone(parse("2026-11-24T23:00:00Z"), "Europe/Paris", now=now) == "end of today"
    assert due_in_zone(parse("2026-11-25T08:30:00Z"), "Europe/Lisbon", now=now) == "tomorrow 08:30"
    assert in_zone(parse("2026-11-26T10:00:00Z"), "Europe/Lisbon") == "Thu 26 Nov, 10:00"
    assert lasting(timedelta(hours=3, minutes=12, seconds=59)) == "3h 12m"
    assert lasting(-timedelta(days=2, hours=4)) == "2d 4h"
