"""Dossiers, evidence, the defence, looks and the journal at the desk: what each role reads and does, as pages."""

import csv
import hashlib
import io
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.desk.door import Officer, desk_open, signed_in
from tests.evidence.scene import Scene
from tests.offices import Offices, entries
from tocsin.base import instant
from tocsin.base.ids import DossierId, new_uuid
from tocsin.base.instant import Instant
from tocsin.desk.journal_words import SENTENCES, sentence
from tocsin.desk.words import zone_of
from tocsin.dossiers.acts.dossiers import make_dossier
from tocsin.dossiers.acts.members import let_in
from tocsin.evidence.acts.convert import convert
from tocsin.journal import acts as journal
from tocsin.journal.entries import Entry
from tocsin.journal.models import StoredEntry
from tocsin.requests.acts.dossier import put_in_dossier


class Case:
    """Ro's dossier with a request and its package; its owner, an authority, counsel, and those who watch over them."""

    def __init__(self, offices: Offices) -> None:
        self.offices = offices
        self.scene = Scene.set(offices, at=instant.true_now())
        self.package = self.scene.held_by_ro()
        offices.at = instant.true_now()
        self.request = self.scene.hand_over
        self.ioana = signed_in(offices, "ro", roles=["duty-officer"], name="Ioana Exemplu")
        self.radu = signed_in(offices, "ro", roles=["issuing-authority"], name="Radu Model")
        self.ana = signed_in(offices, "ro", roles=["validating-authority"], name="Ana Judecator")
        self.counsel = signed_in(offices, "ro", roles=["counsel"], name="Carmen Aparare")
        at, by = self.at, self.ioana.actor
        self.dossier: DossierId = make_dossier("Operation Lighthouse", members_only=True, by=by, at=at)
        for who, capacity in (("Radu Model", "member"), ("Ana Judecator", "member")):
            let_in(self.dossier, who, capacity=capacity, reason="decides in it", by=by, at=at)
        until = at + timedelta(days=30)
        let_in(self.dossier, "Carmen Aparare", capacity="counsel", reason="defends", until=until, by=by, at=at)
        put_in_dossier(self.request, self.dossier, reason="the case", by=by, at=at)

    @property
    def at(self) -> Instant:
        return instant.true_now()

    def officer(self, role: str, name: str = "") -> Officer:
        return signed_in(self.offices, "ro", roles=[role], name=name)


@pytest.fixture
def case(offices: Offices) -> Iterator[Case]:
    with desk_open():
        yield Case(offices)


def shown(officer: Officer, path: str, status: int = 200) -> str:
    answer = officer.client.get(path)
    assert answer.status_code == status, answer.content[:1500]
    return str(answer.content.decode())


def done(officer: Officer, path: str, **typed: object) -> str:
    answer = officer.client.post(path, {"once": new_uuid(), **typed})
    assert answer.status_code == 302, answer.content.decode()[:2500]
    return str(answer["Location"])


def refused(officer: Officer, path: str, **typed: object) -> str:
    answer = officer.client.post(path, {"once": new_uuid(), **typed})
    assert answer.status_code == 422
    return str(answer.content.decode())


def kinds() -> list[str]:
    return [str(each["kind"]) for each in entries()]


# --- Dossiers -----------------------------------------------------------------------------------


def test_a_dossier_is_opened_worked_in_and_given_away_from_its_page(case: Case) -> None:
    where = done(case.ioana, "/dossiers/", title="Harbour", reference="D-7", access="desk")
    page = shown(case.ioana, where)
    assert "Harbour" in page
    assert "open to the desk" in page
    assert "Operation Lighthouse" in shown(case.ioana, "/dossiers/")
    until = (case.at + timedelta(days=3)).astimezone(zone_of("Europe/Bucharest")).strftime("%Y-%m-%dT%H:%M")
    done(
        case.ioana, where + "do/let-in/", person=case.radu.actor.person, capacity="reader", reason="reads", until=until
    )
    page = shown(case.ioana, where)
    assert re.search(r"<b>Radu Model</b>.*?reader.*?reads.*?until", page, re.DOTALL)
    done(case.ioana, where + "do/note/", words="Only ours.\r\nTwo lines.")
    assert "Only ours.\nTwo lines." in shown(case.ioana, where)
    done(case.ioana, where + "do/take-out/", person=case.radu.actor.person, reason="done")
    assert "Places that ended" in shown(case.ioana, where)
    done(case.ioana, where + "do/close/", reason="over")
    assert "Harbour" in shown(case.ioana, "/dossiers/?ended")


def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_is_kept(case: Case) -> None:
    acts = f"/dossiers/{case.dossier}/do/"
    page = refused(case.ioana, acts + "let-in/", person=case.counsel.actor.person, capacity="counsel", reason="again")
    assert re.search(r'id="id_until_error"[^>]*>.*counsel is let in until an instant', page, re.DOTALL)
    assert 'value="again"' in page
    page = refused(case.ioana, acts + "hold/", request=case.request, reason="")
    assert 'id="id_reason_error"' in page
    assert kinds().count("legal-hold-set") == 0
    assert refused(case.ioana, "/dossiers/", title="", access="desk")


def test_a_double_click_does_nothing_twice(case: Case) -> None:
    same = {"once": new_uuid(), "words": "once"}
    for _ in range(2):
        assert case.ioana.client.post(f"/dossiers/{case.dossier}/do/note/", same).status_code == 302
    assert kinds().count("dossier-note-written") == 1


def test_a_hold_is_set_asked_to_end_and_ended_by_another(case: Case) -> None:
    acts = f"/dossiers/{case.dossier}/do/"
    done(case.ioana, acts + "hold/", request="all", reason="the court ordered it")
    page = shown(case.ioana, f"/dossiers/{case.dossier}/")
    assert "the court ordered it" in page
    (hold,) = re.findall(r"end-hold/\?hold=([0-9a-f-]+)", page)
    done(case.ioana, acts + "end-hold/", hold=hold, reason="appealed")
    assert (
        "own" not in refused(case.ioana, acts + "agree-hold/", hold=hold) or kinds().count("legal-hold-released") == 0
    )
    done(case.radu, acts + "agree-hold/", hold=hold)
    assert kinds()[-1] == "legal-hold-released"


def test_who_works_in_a_dossier_is_not_asked_why_and_the_desk_is(case: Case) -> None:
    shown(case.ioana, f"/dossiers/{case.dossier}/")
    shown(case.ioana, f"/dossiers/{case.dossier}/")
    assert kinds().count("thing-looked-at") == 1, "once a session"
    open_one = make_dossier("Harbour", members_only=False, by=case.ioana.actor, at=case.at)
    mihai = case.officer("duty-officer", "Mihai Exemplu")
    page = shown(mihai, f"/dossiers/{open_one}/")
    assert "Why do you open this dossier?" in page
    assert refused(mihai, f"/dossiers/{open_one}/", reason=" ")
    done(mihai, f"/dossiers/{open_one}/", reason="check")
    assert "Who sees it" in shown(mihai, f"/dossiers/{open_one}/")


def test_to_an_outsider_a_dossier_and_all_its_acts_are_not_there(case: Case) -> None:
    mihai = case.officer("duty-officer", "Mihai Exemplu")
    before = len(entries())
    for path in ("", "do/note/", "do/let-in/", "do/withhold/"):
        shown(mihai, f"/dossiers/{case.dossier}/{path}", status=404)
        assert mihai.client.post(f"/dossiers/{case.dossier}/{path}", {"reason": "x"}).status_code == 404
    assert "Lighthouse" not in shown(mihai, "/dossiers/")
    assert len(entries()) == before


# --- Evidence -----------------------------------------------------------------------------------


def test_a_package_shows_its_files_their_hashes_and_every_hand(case: Case) -> None:
    page = shown(case.ioana, f"/evidence/{case.package.id}/")
    if "Why do you open" in page:
        done(case.ioana, f"/evidence/{case.package.id}/", reason="case RO-55")
        page = shown(case.ioana, f"/evidence/{case.package.id}/")
    for file in case.package.manifest.files:
        assert file.name in page
        assert file.sha256 in page
        assert file.sha512 in page
    told = re.findall(r'class="hand at-([a-z-]+)', page)
    assert told == ["made", "handed-over", "received", "handed-over", "received"]
    assert page.count(" UTC</span>") == 5
    event = shown(case.ioana, f"/evidence/{case.package.id}/custody/5/")
    assert "What was signed" in event
    assert "That it stands in our journal" in event
    assert "It stands in the journal of" in shown(case.ioana, f"/evidence/{case.package.id}/custody/1/")
    shown(case.ioana, f"/evidence/{case.package.id}/custody/6/", status=404)
    assert case.package.manifest.title in shown(case.ioana, "/evidence/")


def test_verifying_says_line_by_line_what_it_established_and_what_not(case: Case) -> None:
    where = done(case.ioana, f"/evidence/{case.package.id}/verify/")
    assert where.endswith("#check")
    done(case.ioana, f"/evidence/{case.package.id}/", reason="case RO-55")
    page = shown(case.ioana, f"/evidence/{case.package.id}/")
    assert "nothing was found altered" in page
    for file in case.package.manifest.files:
        assert f"The file {file.name} has {file.size} bytes" in page
    assert "of-not_proved" in page, "what no such check can prove is said"
    assert kinds()[-2] == "package-verified" or "package-verified" in kinds()


def test_an_altered_file_is_named_and_the_package_set_apart(case: Case) -> None:
    path = next(case.offices.be("ro").node.home.glob("evidence/packages/*/ro/0002.age"))
    content = bytearray(path.read_bytes())
    content[-9] ^= 1
    path.write_bytes(content)
    done(case.ioana, f"/evidence/{case.package.id}/", reason="case RO-55")
    done(case.ioana, f"/evidence/{case.package.id}/verify/")
    page = shown(case.ioana, f"/evidence/{case.package.id}/")
    assert "Something was altered" in page
    assert "It is in quarantine" in page
    answer = case.ioana.client.post(f"/evidence/{case.package.id}/files/1/", {"reason": "case RO-55"})
    assert answer.status_code == 302, "nothing of it leaves"


def test_a_download_takes_a_reason_which_is_journalled_before_the_bytes_leave(case: Case) -> None:
    where = f"/evidence/{case.package.id}/files/1/"
    before = len(entries())
    page = refused(case.ioana, where, reason="")
    assert 'id="why-1-error"' in page
    assert [each for each in kinds()[before:] if each == "package-opened"] == []
    answer = case.ioana.client.post(where, {"reason": "the court asks for it"})
    assert "package-opened" in kinds()[before:], "before the first byte"
    assert "thing-looked-at" in kinds()[before:]
    content = b"".join(getattr(answer, "streaming_content"))  # noqa: B009 - the stubs know no streaming answer
    file = case.package.manifest.files[0]
    assert hashlib.sha256(content).hexdigest() == file.sha256
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"].startswith("sandbox")
    assert answer["Content-Length"] == str(file.size)
    opened = [each for each in entries() if each["kind"] == "package-opened"]
    assert opened[-1]["reason"] == f"{file.name}: the court asks for it"


def test_a_conversion_lies_beside_the_raw_file_with_its_counts(case: Case) -> None:
    done(case.ioana, f"/evidence/{case.package.id}/", reason="case RO-55")
    where = done(case.ioana, f"/evidence/{case.package.id}/convert/", name="sessions.csv", delimiter=",")
    done(case.ioana, where, reason="case RO-55")
    page = shown(case.ioana, where)
    assert "made of sessions.csv by tocsin csv-to-table 1: 2 records before, 2 after" in page
    assert "Something was lost" not in page
    assert done(case.ioana, where + "rerun/") == where
    made = case.ioana.client.post(where + "case/")
    assert made["Content-Disposition"].endswith('.case.jsonld"')
    assert "no time-stamping authority" in page


def test_a_package_of_anothers_dossier_is_not_there(case: Case) -> None:
    mihai = case.officer("duty-officer", "Mihai Exemplu")
    for path in ("", "custody/1/"):
        shown(mihai, f"/evidence/{case.package.id}/{path}", status=404)
    for path in ("verify/", "files/1/", "convert/", "case/", "stamp/", "rerun/"):
        assert mihai.client.post(f"/evidence/{case.package.id}/{path}", {"reason": "x"}).status_code == 404
    assert case.package.manifest.title not in shown(mihai, "/evidence/")


# --- The defence --------------------------------------------------------------------------------


def test_counsel_lands_in_her_dossier_and_sees_nothing_else(case: Case) -> None:
    mihai = case.officer("duty-officer", "Mihai Exemplu")
    let_in(case.dossier, "Mihai Exemplu", capacity="reader", reason="helps", by=case.ioana.actor, at=case.at)
    done(mihai, f"/evidence/{case.package.id}/", reason="curious")
    done(case.ioana, f"/dossiers/{case.dossier}/do/note/", words="the third desk from the window")
    assert case.counsel.client.get("/")["Location"] == "/dossiers/"
    assert case.counsel.client.get("/dossiers/")["Location"] == "/defence/"
    assert "Operation Lighthouse" in shown(case.counsel, "/defence/")
    assert case.counsel.client.get(f"/dossiers/{case.dossier}/")["Location"] == f"/defence/{case.dossier}/"
    page = shown(case.counsel, f"/defence/{case.dossier}/")
    assert "RO-55" in page
    assert "Mailbox of example.user" in page
    assert "Nothing is withheld" in page
    for hidden in ("the third desk from the window", "Mihai Exemplu", "Ana Judecator"):
        assert hidden not in page
    package = shown(case.counsel, f"/defence/{case.dossier}/packages/{case.package.id}/")
    assert case.package.manifest.files[0].sha256 in package
    looks = [each for each in entries() if each["kind"] == "thing-looked-at" and each["reason"] == "defends"]
    assert len(looks) == 1
    for path in (f"/requests/{case.request}/", f"/evidence/{case.package.id}/", "/looks/", "/journal/", "/evidence/"):
        assert case.counsel.client.get(path).status_code in {403, 404}, path
    assert case.counsel.client.get(f"/dossiers/{case.dossier}/do/note/").status_code in {403, 404}


def test_counsel_downloads_a_raw_file_and_the_custody_says_that_not_why(case: Case) -> None:
    where = f"/defence/{case.dossier}/packages/{case.package.id}/files/1/"
    assert 'id="why-1-error"' in refused(case.counsel, where, reason="")
    answer = case.counsel.client.post(where, {"reason": "an alibi"})
    content = b"".join(getattr(answer, "streaming_content"))  # noqa: B009 - as above
    assert hashlib.sha256(content).hexdigest() == case.package.manifest.files[0].sha256
    opened = [each for each in entries() if each["kind"] == "package-opened"]
    assert "an alibi" not in str(opened)
    assert [each["reason"] for each in entries() if each["kind"] == "thing-looked-at"][-1] == "an alibi"
    assert case.ioana.client.post(where, {"reason": "by her way"}).status_code == 302
    assert len([each for each in entries() if each["kind"] == "package-opened"]) == len(opened), "counsel's way alone"


def test_what_is_withheld_is_hidden_and_whose_decision_it_is_is_shown(case: Case) -> None:
    raw = next(file for file in case.package.manifest.files if file.name == "sessions.csv")
    table = convert(case.package.id, name="sessions.csv", by=case.ioana.actor, at=case.at)
    acts = f"/dossiers/{case.dossier}/do/"
    typed = {
        "item": f"file:{raw.sha256}",
        "ground": "threat-to-another",
        "told": "session records of another person",
        "reason": "A witness would be found.",
    }
    assert case.ioana.client.post(acts + "withhold/", typed).status_code == 403, "an authority decides"
    done(case.radu, acts + "withhold/", **typed)
    assert kinds()[-1] == "item-withheld"
    page = shown(case.counsel, f"/defence/{case.dossier}/")
    for told in ("session records of another person", "Radu Model", "serious threat"):
        assert told in page
    assert "A witness would be found." not in page
    for package in (case.package, table):
        inside = shown(case.counsel, f"/defence/{case.dossier}/packages/{package.id}/")
        assert "sessions.csv" not in inside, "in no title, note or name"
        assert raw.sha256 in inside
    number = case.package.manifest.files.index(raw) + 1
    for package, which in ((case.package, number), (table, 1), (table, 2)):
        where = f"/defence/{case.dossier}/packages/{package.id}/files/{which}/"
        answer = case.counsel.client.post(where, {"reason": "an alibi"})
        assert answer.status_code == 302, "neither the raw file nor the table that was made of it"
    assert "package-opened" not in kinds()
    review_and_lift(case)
    assert "sessions.csv" in shown(case.counsel, f"/defence/{case.dossier}/packages/{case.package.id}/")


def review_and_lift(case: Case) -> None:
    acts = f"/dossiers/{case.dossier}/do/"
    page = shown(case.ana, f"/dossiers/{case.dossier}/")
    (held,) = set(re.findall(r"\?withholding=([0-9a-f-]+)", page))
    assert "You decided this yourself" in refused(case.radu, acts + "review/", withholding=held, reason="still")
    assert case.ioana.client.get(acts + "review/").status_code == 403
    done(case.ana, acts + "review/", withholding=held, reason="The witness is still in danger.")
    assert "Ana Judecator" in shown(case.counsel, f"/defence/{case.dossier}/")
    done(case.ana, acts + "lift/", withholding=held, reason="The witness was moved.")
    assert "lifted" in shown(case.counsel, f"/defence/{case.dossier}/")


def test_a_withheld_letter_and_package_are_gone_from_counsels_pages(case: Case) -> None:
    acts = f"/dossiers/{case.dossier}/do/"
    page = shown(case.radu, acts + "withhold/")
    letters = re.findall(r'value="(letter:[0-9a-f]{64})"', page)
    common = {"ground": "ongoing-investigation", "reason": "Another suspect is at large."}
    done(case.radu, acts + "withhold/", item=letters[0], told="the request itself", **common)
    done(case.radu, acts + "withhold/", item=f"package:{case.package.id}", told="a mailbox", **common)
    page = shown(case.counsel, f"/defence/{case.dossier}/")
    assert letters[0].partition(":")[2] not in page
    assert "Mailbox of example.user" not in page
    shown(case.counsel, f"/defence/{case.dossier}/packages/{case.package.id}/", status=404)


def test_when_her_time_is_over_the_dossier_does_not_exist_for_counsel(case: Case) -> None:
    done(case.ioana, f"/dossiers/{case.dossier}/do/take-out/", person=case.counsel.actor.person, reason="verdict")
    assert "Nobody has let you" in shown(case.counsel, "/defence/")
    shown(case.counsel, f"/defence/{case.dossier}/", status=404)


# --- Looks --------------------------------------------------------------------------------------


def test_the_curious_colleague_stands_in_the_list_of_owner_and_protector(case: Case) -> None:
    mihai = case.officer("duty-officer", "Mihai Exemplu")
    let_in(case.dossier, "Mihai Exemplu", capacity="reader", reason="helps", by=case.ioana.actor, at=case.at)
    done(mihai, f"/evidence/{case.package.id}/", reason="check")
    protector = case.officer("data-protection-officer")
    assert protector.client.get("/")["Location"] == "/looks/"
    page = shown(protector, "/looks/")
    assert re.search(r"Mihai Exemplu.*?a package.*?check", page, re.DOTALL)
    assert "Mihai Exemplu" in shown(case.ioana, f"/looks/?dossier={case.dossier}")
    assert mihai.client.get("/looks/").status_code == 403


def test_who_looked_at_what_about_a_request_leaves_as_csv(case: Case) -> None:
    done(case.ioana, f"/evidence/{case.package.id}/", reason="=HYPERLINK(1)")
    shown(case.ioana, f"/requests/{case.request}/")
    protector = case.officer("data-protection-officer")
    assert "a package" in shown(protector, f"/looks/?request={case.request}")
    answer = protector.client.post("/looks/file/", {"request": case.request})
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert {row["what"] for row in rows} >= {"package"}
    assert "'=HYPERLINK(1)" in {row["reason"] for row in rows}, "no formula for whoever opens it"
    assert answer["Content-Disposition"] == f'attachment; filename="looks-{case.request}.csv"'
    assert entries()[-1]["kind"] == "looks-exported"
    assert case.officer("auditor").client.post("/looks/file/", {"request": case.request}).status_code == 403


# --- The journal --------------------------------------------------------------------------------


def test_the_auditor_reads_the_journal_in_words_and_filters_it(case: Case) -> None:
    auditor = case.officer("auditor")
    assert auditor.client.get("/")["Location"] == "/journal/"
    page = shown(auditor, "/journal/")
    assert "was put into the dossier" in page
    assert "Ioana Exemplu" in page
    assert "Operation Lighthouse" not in page, "no word of what is in it"
    page = shown(auditor, "/journal/?kind=member-let-in")
    assert page.count("<tr data-row") == 3
    assert "counsel for the defence" in page
    page = shown(auditor, f"/journal/?about={case.dossier}&person={case.radu.actor.person}")
    assert "No entry is like that." in page
    assert "No entry is like that." in shown(auditor, "/journal/?until=2020-01-01T00:00")
    assert shown(auditor, "/journal/?since=yesterday", status=422)


def test_pages_of_the_journal_go_back_to_its_first_entry(case: Case) -> None:
    auditor = case.officer("auditor")
    seen: list[int] = []
    path = "/journal/"
    while path:
        page = shown(auditor, path)
        seen += [int(each) for each in re.findall(r'href="/journal/(\d+)/" data-open', page)]
        onward = re.search(r'href="\?(before=\d+)"[^>]*data-key="\."', page)
        path = f"/journal/?{onward[1]}" if onward else ""
    assert seen == sorted(seen, reverse=True)
    assert seen[-1] == 0


def test_an_entry_opens_its_proof_and_a_stranger_gets_the_command_and_the_file(case: Case) -> None:
    auditor = case.officer("auditor")
    journal.checkpoint(at=case.at)
    index = StoredEntry.objects.filter(kind="dossier-made").get().index
    page = shown(auditor, f"/journal/{index}/")
    assert "checked just now" in page
    assert f"python -m tocsin.proof.place entry-{index}.tlog-proof --leaf" in page
    answer = auditor.client.get(f"/journal/{index}/proof/")
    assert answer.content.startswith(b"c2sp.org/tlog-proof@v1\n")
    shown(auditor, "/journal/999999/", status=404)
    latest = StoredEntry.objects.order_by("-index").first()
    assert latest is not None


def test_an_erased_entry_is_a_tombstone_that_is_proved_all_the_same(case: Case) -> None:
    auditor = case.officer("auditor")
    index = StoredEntry.objects.filter(kind="member-let-in").order_by("index")[0].index
    journal.erase_all([index], rule="retention of tests", by=case.ioana.actor, at=case.at)
    journal.checkpoint(at=case.at)
    page = shown(auditor, "/journal/?kind=member-let-in")
    assert re.search(r"Erased <time.*under: retention of tests", page)
    page = shown(auditor, f"/journal/{index}/")
    assert "A tombstone" in page
    assert "checked just now" in page


def test_an_audit_is_asked_for_here_and_its_result_stays(case: Case) -> None:
    auditor = case.officer("auditor")
    done(auditor, "/journal/audit/")
    assert "waits for a worker" in shown(auditor, "/journal/")
    journal.audit_as_asked(at=case.at)
    assert "nothing altered" in shown(auditor, "/journal/")


def test_an_alarm_stands_on_the_page_until_somebody_has_seen_it(case: Case) -> None:
    auditor = case.officer("auditor")
    journal.raise_alarm(
        "journal.fork", origin="pt.example/journal", mark="x", sentence="Two histories.", evidence="{}", at=case.at
    )
    page = shown(auditor, "/journal/")
    assert "Two histories." in page
    (number,) = re.findall(r"/journal/alarms/(\d+)/seen/", page)
    done(auditor, f"/journal/alarms/{number}/seen/")
    assert "No alarm waits" in shown(auditor, "/journal/")


def test_every_kind_of_entry_has_a_sentence_that_names_only_its_fields() -> None:
    from dataclasses import fields  # noqa: PLC0415 - this test alone

    known: dict[str, set[str]] = {}
    waiting: list[type[Entry]] = [Entry]
    while waiting:
        for each in waiting.pop().__subclasses__():
            waiting.append(each)
            if each.__module__.startswith("tocsin."):
                known[each.kind] = {field.name for field in fields(each)}
    assert known.keys() - SENTENCES.keys() == set(), "each kind is said in words: desk/journal_words.py"
    for kind, has in known.items():
        named = set(re.findall(r"{(\w+)}", SENTENCES[kind]))
        assert named <= has, kind
        assert sentence(kind, dict.fromkeys(named, "x"), names={}, zone="UTC")
