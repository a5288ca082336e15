"""The proof bundle of a request whose other side has no node: what it proves, and what it says that nobody signed."""

import json
from pathlib import Path

import pytest

from tests.evidence.test_bundle import checked, fingerprints
from tests.offices import Offices
from tests.requests.test_by_form import SCAN, Desk
from tests.requests.test_partner import partner_of
from tocsin.base.ids import RequestId
from tocsin.dossiers.viewing import seen_by
from tocsin.evidence.acts.bundle import write_bundle
from tocsin.law.provisions import Side
from tocsin.requests.acts.elsewhere import read_again, take_down
from tocsin.requests.acts.partner import answer_as_partner
from tocsin.requests.acts.take_in import identify_sender
from tocsin.requests.acts.write import write_letter
from tocsin.requests.rules import letters as say
from tocsin.requests.rules.marks import Whether
from tocsin.requests.rules.ways import Checked


@pytest.fixture
def desk(offices: Offices) -> Desk:
    return Desk(offices)


def written(desk: Desk, request: RequestId, folder: Path) -> tuple[Path, str]:
    made = write_bundle(request, folder / "bundle", by=desk.ines, at=desk.pair.later(minutes=1))
    code, said = checked(made.path, *fingerprints("pt"))
    assert code == 0, said
    return made.path, said


def test_an_answer_on_paper_is_in_it_and_no_signature_is_pretended(desk: Desk, tmp_path: Path) -> None:
    request = desk.sent()
    desk.pair.later(hours=9)
    take_down(request, desk.heard(say.Acknowledge(words="Received.")), by=desk.ines, at=desk.at)
    step = desk.now(request).beside.steps[0].step.sha256
    read_again(request, step, by=desk.rui, at=desk.at)
    bundle, said = written(desk, request, tmp_path)
    record = json.loads((bundle / "steps/001.json").read_bytes())
    assert (record["way"], record["said_by"], record["kind"]) == ("paper", "P. Primer", "acknowledge")
    assert "nobody signed it" in said
    assert "step-taken-down" in said
    assert "step-read-again" in said
    page = (bundle / "pages/index.html").read_text()
    assert "Nobody signed this" in page
    assert "read again by a second person" in page
    assert not list(bundle.glob("**/*fax*")), SCAN.name


def test_nobody_is_said_to_have_typed_in_what_a_partner_said(desk: Desk, tmp_path: Path) -> None:
    request = desk.sent()
    petya = partner_of(desk, desk.bulgaria)
    with seen_by(petya, at=desk.at):
        answer_as_partner(request, say.Acknowledge(words="Received."), by=petya, at=desk.at)
    bundle, _said = written(desk, request, tmp_path)
    page = (bundle / "pages/index.html").read_text()
    assert "signed in at this node under her own name" in page
    assert "typed in" not in page
    assert "not read by a second person" not in page


def test_our_letters_that_answer_a_fax_are_proved_to_have_seen_it(desk: Desk, tmp_path: Path) -> None:
    request = desk.taken().thread.line.id
    said = say.Indicate(whether=Whether.YES, form="by form", when=desk.at)
    write_letter(request, said, by=desk.ines, at=desk.at)
    bundle, told = written(desk, request, tmp_path)
    assert "pt wrote the letters 1 to 1" in told
    whole = (bundle / "steps/001.json").read_bytes()
    (bundle / "steps/001.json").write_bytes(whole.replace(b"2026-11-24", b"2026-11-23", 1))
    code, told = checked(bundle, *fingerprints("pt"))
    assert code == 1
    assert "steps/001.json" in told


def test_what_we_told_somebody_before_he_was_known_has_its_place_in_the_chain(desk: Desk, tmp_path: Path) -> None:
    request = desk.unknown().thread.line.id
    take_down(request, desk.heard(say.Acknowledge(), side=Side.ASKED, file=None), by=desk.ines, at=desk.at)
    found = {"checked": Checked.CALLED_BACK, "reason": "rang the listed number"}
    identify_sender(request, desk.bulgaria, by=desk.ines, at=desk.at, **found)  # type: ignore[arg-type]
    write_letter(request, say.Accept(), by=desk.ines, at=desk.at)
    _bundle, told = written(desk, request, tmp_path)
    assert "pt wrote the letters 1 to 2" in told
