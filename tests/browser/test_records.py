"""Dossiers, evidence, the defence, looks and the journal in a real browser: what axe finds, and a file that leaves."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Response, expect
from pytest_django import DjangoDbBlocker

from tests.browser.desks import alone, served
from tests.browser.test_watch_and_request import MOST_BYTES, faults, overflow
from tests.desk.door import Officer
from tests.desk.test_records import Case, done
from tests.offices import offices_open
from tocsin.evidence.acts.convert import convert
from tocsin.journal import acts as journal
from tocsin.journal.models import StoredEntry

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("records")]


@dataclass
class Records:
    """Ro's desk with a dossier in which something is withheld, and who looks at it."""

    case: Case
    at: str
    browser: Browser
    auditor: Officer
    protector: Officer
    table: str

    def page(self, officer: Officer, path: str, *, answers: list[Response] | None = None, **traits: object) -> Page:
        """A page as somebody sees it; ``answers`` gets all that it loads."""
        context = self.browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **traits})  # type: ignore[arg-type]
        cookies = officer.client.cookies
        context.add_cookies([{"name": name, "value": cookies[name].value, "url": self.at} for name in cookies])
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("response", partial(keep, [] if answers is None else answers))
        page.goto(self.at + path, wait_until="networkidle")
        return page

    @property
    def paths(self) -> dict[str, tuple[Officer, str]]:
        """Every page of these, and who looks at it."""
        case, dossier, package = self.case, self.case.dossier, self.case.package.id
        entry = StoredEntry.objects.filter(kind="dossier-made").get().index
        return {
            "dossiers": (case.ioana, "/dossiers/"),
            "dossier": (case.ioana, f"/dossiers/{dossier}/"),
            "let somebody in": (case.ioana, f"/dossiers/{dossier}/do/let-in/"),
            "withhold": (case.radu, f"/dossiers/{dossier}/do/withhold/"),
            "evidence": (case.ioana, "/evidence/"),
            "package": (case.ioana, f"/evidence/{package}/"),
            "table": (case.ioana, f"/evidence/{self.table}/"),
            "event of custody": (case.ioana, f"/evidence/{package}/custody/5/"),
            "defence": (case.counsel, "/defence/"),
            "dossier of the defence": (case.counsel, f"/defence/{dossier}/"),
            "package of the defence": (case.counsel, f"/defence/{dossier}/packages/{package}/"),
            "looks": (self.protector, "/looks/"),
            "journal": (self.auditor, "/journal/"),
            "entry": (self.auditor, f"/journal/{entry}/"),
        }


@pytest.fixture(scope="module")
def records(
    browser: Browser,
    office_template: str,
    django_db_blocker: DjangoDbBlocker,
    database_server: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Records]:
    """The desk of ro after a case was worked on."""
    root = tmp_path_factory.mktemp("records")

    def home(member: str) -> Path:
        folder = root / member
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    patch = pytest.MonkeyPatch()
    patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "yes")  # Playwright's loop runs in this thread, and none of ours is in it
    with (
        django_db_blocker.unblock(),
        offices_open(server=database_server, template=office_template, homes=home) as opened,
        served(opened, "ro") as at,
    ):
        yield furnished(Case(opened), at["ro"], browser)
        for context in browser.contexts:
            context.close()
    patch.undo()


def furnished(case: Case, at: str, browser: Browser) -> Records:
    """What is done in the case: a table is made, a file withheld and reviewed, a package verified, entries erased."""
    acts = f"/dossiers/{case.dossier}/do/"
    table = convert(case.package.id, name="sessions.csv", by=case.ioana.actor, at=case.at)
    raw = next(each for each in case.package.manifest.files if each.name == "mailbox.mbox")
    why = {"ground": "threat-to-another", "reason": "A witness would be found."}
    done(case.radu, acts + "withhold/", item=f"file:{raw.sha256}", told="letters of another person", **why)
    done(case.ioana, acts + "note/", words="The provider called back at 03:10.")
    done(case.ioana, acts + "hold/", request="all", reason="the court ordered it")
    for package in (case.package.id, table.id):
        done(case.ioana, f"/evidence/{package}/", reason="case RO-55")
    done(case.ioana, f"/evidence/{case.package.id}/verify/")
    index = StoredEntry.objects.filter(kind="member-let-in").order_by("index")[0].index
    journal.erase_all([index], rule="retention of an example", by=case.ioana.actor, at=case.at)
    journal.ask_audit(by=case.ioana.actor, at=case.at)
    journal.audit_as_asked(at=case.at)
    journal.checkpoint(at=case.at)
    auditor, protector = (
        case.officer("auditor", "Vlad Auditor"),
        case.officer("data-protection-officer", "Dana Exemplu"),
    )
    return Records(case=case, at=at, browser=browser, auditor=auditor, protector=protector, table=table.id)


def test_no_page_has_a_finding_of_axe_is_too_heavy_or_wider_than_its_window(records: Records) -> None:
    for name, (officer, path) in records.paths.items():
        answers: list[Response] = []
        page = records.page(officer, path, answers=answers, viewport={"width": 360, "height": 740})
        expect(page.locator("h1")).to_have_count(1)
        assert sum(len(each.body()) for each in answers) < MOST_BYTES, name
        assert overflow(page) <= 0, name
        assert faults(page) == [], name
        page.context.close()


def keep(answers: list[Response], answer: Response) -> None:
    answers.append(answer)


def test_a_file_leaves_by_its_form_with_its_reason_and_every_byte(records: Records, tmp_path: Path) -> None:
    case = records.case
    page = records.page(case.ioana, f"/evidence/{case.package.id}/")
    file = next(each for each in case.package.manifest.files if each.name == "mailbox.mbox")
    article = page.locator("article", has=page.get_by_role("heading", name=file.name))
    article.get_by_text("Download it").click()
    article.get_by_role("button", name="Download").click()
    expect(page.locator("[aria-invalid=true]")).to_have_count(1)  # it says what is missing, and nothing left
    article.get_by_label("Reason").fill("the court asks for it")
    with page.expect_download() as coming:
        article.get_by_role("button", name="Download").click()
    coming.value.save_as(tmp_path / "mailbox.mbox")
    assert hashlib.sha256((tmp_path / "mailbox.mbox").read_bytes()).hexdigest() == file.sha256
    with alone():
        case.offices.be("ro")
        opened = StoredEntry.objects.filter(kind="package-opened").order_by("-index")[0]
    assert "the court asks for it" in str(opened.event)
