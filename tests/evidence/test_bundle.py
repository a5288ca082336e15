"""Proof bundles as the acts write them, checked by ``tocsin.proof`` alone."""

import hashlib
import io
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

import tests.offices
from tests.directory.hubs import found, hub_with_keys
from tests.directory.simulator import MemoryFetcher
from tests.evidence.scene import Scene
from tests.offices import Offices, console, entries, member_named
from tocsin.base import instant
from tocsin.base.actor import Actor
from tocsin.base.instant import Instant
from tocsin.base.this_node import this_node
from tocsin.directory import reads as directory
from tocsin.directory.acts.cards import confirm_card, take_card
from tocsin.directory.acts.refresh import join_directory, refresh_directory
from tocsin.directory.rules.card import SignedCard
from tocsin.directory.rules.words import words_of
from tocsin.evidence import folders, reads
from tocsin.evidence.acts.bundle import EvidenceIn, write_bundle
from tocsin.evidence.acts.convert import convert
from tocsin.evidence.acts.open import open_package
from tocsin.evidence.errors import FileSealError, FolderTakenError
from tocsin.evidence.rules.pages import ClockTold, FileTold, LetterTold, PackageTold, Story, pages_of
from tocsin.journal import acts as journal
from tocsin.proof.__main__ import main
from tocsin.proof.note import VerifierKey, cosign_text, parse_note


def checked(bundle: Path, *anchors: str) -> tuple[int, str]:
    said = io.StringIO()
    code = main([str(bundle), *(part for anchor in anchors for part in ("--anchor", anchor))], out=said)
    return code, said.getvalue()


def fingerprints(*members: str) -> list[str]:
    return [member_named(member).cards[-1].sha256 for member in members]


@pytest.mark.parametrize("evidence", EvidenceIn)
@pytest.mark.parametrize("name", ["bundle", "bundle.zip"])
def test_a_bundle_is_found_good_by_the_verifier(scene: Scene, tmp_path: Path, evidence: EvidenceIn, name: str) -> None:
    scene.held_by_ro()
    made = write_bundle(scene.hand_over, tmp_path / name, by=scene.ioana, at=scene.later(), evidence=evidence)
    code, said = checked(made.path, *fingerprints("ro", "pt", "example-mail"))
    assert code == 0, said
    assert "The chain of custody is complete: " in said
    assert ("byte for byte (SHA-256" in said) is (evidence is EvidenceIn.CLEAR)
    assert ("The sealed file is, byte for byte" in said) is (evidence is EvidenceIn.SEALED)


def test_a_bundle_among_members_that_know_each_other_by_voice_needs_one_fingerprint(
    offices: Offices, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tests.offices, "know", confirmed_by_voice)
    scene = Scene.set(offices, at=instant.true_now())
    scene.held_by_ro()
    made = write_bundle(scene.hand_over, tmp_path / "bundle", by=scene.ioana, at=scene.later())
    assert (made.root_sha256, made.card_sha256) == (None, *fingerprints("ro"))
    code, said = checked(made.path, *fingerprints("ro"))
    assert code == 0, said
    assert said.count("confirmed it by voice") == 2
    code, said = checked(made.path, *fingerprints("pt"))
    assert code == 1, "pt confirmed nobody here: its card vouches for none of the others"


def test_a_bundle_leads_back_to_the_directorys_first_root(scene: Scene, tmp_path: Path) -> None:
    root = founded_directory(scene.offices, tmp_path)
    scene.at = max(scene.at, instant.true_now())
    held = scene.held_by_ro()
    made = write_bundle(
        scene.hand_over,
        tmp_path / "bundle.zip",
        by=scene.ioana,
        at=scene.later(),
        evidence=EvidenceIn.CLEAR,
    )
    (tmp_path / "1.root.json").write_bytes(root)
    code, said = checked(made.path, str(tmp_path / "1.root.json"))
    assert code == 0, said
    for role in ("state-ro", "state-pt", "private"):
        assert f"the directory's role {role} stated it" in said
    assert made.root_sha256 == hashlib.sha256(root).hexdigest()
    assert held.manifest_sha256 in said
    assert "The journal of ro (Invented point ro) (ro.example/journal) records" in said


def test_the_verifier_by_itself_checks_the_bundle(scene: Scene, tmp_path: Path) -> None:
    scene.held_by_ro()
    made = write_bundle(scene.hand_over, tmp_path / "bundle.zip", by=scene.ioana, at=scene.later())
    anchors = [part for print_ in fingerprints("ro", "pt", "example-mail") for part in ("--anchor", print_)]
    source = Path(__file__).parents[2] / "src"
    found = subprocess.run(
        [sys.executable, "-I", "-c", _ALONE, str(source), str(made.path), *anchors],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr


_ALONE = """
import runpy, sys
sys.path.insert(0, sys.argv.pop(1))
sys.argv[0] = "python -m tocsin.proof"
runpy.run_module("tocsin.proof", run_name="__main__")
"""


@pytest.mark.parametrize("kind", ["letters", "receipts", "journal", "evidence", "directory"])
def test_a_flipped_byte_of_any_file_of_a_real_bundle_is_accused(scene: Scene, tmp_path: Path, kind: str) -> None:
    scene.held_by_ro()
    made = write_bundle(
        scene.hand_over, tmp_path / "bundle", by=scene.ioana, at=scene.later(), evidence=EvidenceIn.CLEAR
    )
    for path in sorted(path for path in (made.path / kind).rglob("*") if path.is_file() and path.stat().st_size):
        kept = path.read_bytes()
        spoilt = bytearray(kept)
        spoilt[len(kept) // 2] ^= 4
        path.write_bytes(spoilt)
        code, said = checked(made.path, *fingerprints("ro", "pt", "example-mail"))
        assert code == 1, path
        assert str(path.relative_to(made.path)) in said.splitlines()[-1], said
        path.write_bytes(kept)


def test_the_pages_tell_everything_and_load_nothing(scene: Scene, tmp_path: Path) -> None:
    held = scene.held_by_ro()
    convert(held.id, name="sessions.csv", by=scene.ioana, at=scene.later())
    made = write_bundle(
        scene.hand_over, tmp_path / "bundle", by=scene.ioana, at=scene.later(), evidence=EvidenceIn.CLEAR
    )
    page = (made.path / "pages/index.html").read_text()
    read = Page()
    read.feed(page)
    assert read.loads == []
    assert {"script", "link", "img", "iframe"} & read.tags == set()
    for href in read.links:
        assert href.startswith("#") or (made.path / "pages" / href).resolve().is_file(), href
    for file in held.manifest.files:
        assert file.name in page
        assert file.sha256 in page
        assert file.sha512 in page
    for told in ("handed it over to", "tocsin csv-to-table 1", "2 records before, 2 after", "Time limits", "Withheld"):
        assert told in page
    assert read.open == []
    code, said = checked(made.path, *fingerprints("ro", "pt", "example-mail"))
    assert code == 0, said


def test_what_somebody_wrote_into_a_letter_cannot_become_a_page_of_its_own() -> None:
    evil = "<script>alert(1)</script>\"'&"
    letter = LetterTold(
        seq=1, kind=evil, sender=evil, addressee=evil, written=evil, by=evil, sha256=evil, path=evil,
        said=[(evil, evil)], withheld=[evil], receipts=[evil],
    )  # fmt: skip
    clock = ClockTold(name=evil, article=evil, side=evil, due=evil, verdict=evil, missed=True)
    file = FileTold(name=evil, size=1, sha256=evil, sha512=evil, origin=evil, path=evil, lost_rows=True)
    package = PackageTold(
        title=evil, package=evil, manifest_sha256=evil, path=evil, made=evil, files=[file], hands=[evil], stamps=[evil]
    )
    story = Story(
        request=evil, title=evil, reference=evil, asker=evil, asked=evil, state=evil, exercise=True, letters=[letter],
        clocks=[clock], packages=[package], lost_entries=1, made_by=evil, made_at=evil, anchors=[evil],
    )  # fmt: skip
    page = pages_of(story)["pages/index.html"].decode()
    read = Page()
    read.feed(page)
    assert "script" not in read.tags
    assert read.open == []
    assert '<span class="bad">✗ rows were lost:</span>' in page


def test_a_bundle_that_cannot_be_finished_leaves_nothing(scene: Scene, tmp_path: Path) -> None:
    held = scene.held_by_ro()
    path = folders.sealed_path(held.id, "ro", 2)
    path.write_bytes(path.read_bytes()[:-1])
    for name in ("bundle", "bundle.zip"):
        with pytest.raises(FileSealError):
            write_bundle(scene.hand_over, tmp_path / name, by=scene.ioana, at=scene.later(), evidence=EvidenceIn.CLEAR)
    assert [path for path in tmp_path.iterdir() if "bundle" in path.name] == []
    (tmp_path / "taken.zip").touch()
    with pytest.raises(FolderTakenError):
        write_bundle(scene.hand_over, tmp_path / "taken.zip", by=scene.ioana, at=scene.later())
    assert entries("bundle-written") == []


class Page(HTMLParser):
    """What is in a page: tags that stay open, links, and whatever it would load."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]
        self.loads += [value or "" for name, value in attrs if name in ("src", "srcset", "action", "data")]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "style":
            assert "url(" not in data
            assert "@import" not in data


def confirmed_by_voice(card: SignedCard, *, since: Instant) -> None:
    """Take a card from a file and confirm it by its six words, as somebody does on the telephone."""
    del since
    officer = Actor(this_node().member, person="p1", name="Ana Exemplo", roles=frozenset({"duty-officer"}))
    at = instant.true_now()
    take_card(card.file, by=officer, at=at)
    confirm_card(card.card.member, heard=str(words_of(card.jws, member=card.card.member)), by=officer, at=at)


def founded_directory(offices: Offices, folder: Path) -> bytes:
    """A hub's directory with every office's card, which all have joined; its first root."""
    offices.found("hub")
    offices.be("hub")
    hub = hub_with_keys(folder / "keys")
    found(hub)
    roles = {"ro": "state-ro", "pt": "state-pt", "hub": "hub", "example-mail": "private"}
    for member, role in roles.items():
        hub.take(role, {f"cards/{member}.json": member_named(member).cards[-1].file})
    hub.publish()
    served = directory.published_files()
    root, hub_card = served["metadata/1.root.json"], member_named("hub").cards[-1].file
    for member in ("ro", "pt", "example-mail"):
        offices.be(member)
        join_directory(root, hub_card=hub_card, by=console(), at=instant.true_now())
        refresh_directory(at=instant.true_now(), fetcher=MemoryFetcher(served))
    return root


def test_what_a_witness_has_seen_of_the_journal_is_in_the_bundle(scene: Scene, tmp_path: Path) -> None:
    scene.held_by_ro()
    signed = journal.checkpoint_to_cosign(at=scene.later())
    pt = member_named("pt")
    witness = VerifierKey.parse(pt.cards[-1].card.witness.vkey)
    text = parse_note(signed.note).text
    seconds = int(scene.at.timestamp())
    line = cosign_text(text, name=witness.name, key=pt.keys.witness, seconds=seconds).line()
    journal.keep_cosignature(signed, line.encode(), witness=witness, at=scene.at)
    for more in (False, True):
        if more:  # events after the witness's last look need a later state, which continues the cosigned one
            open_package(
                reads.packages_for(scene.ioana, scene.hand_over)[0].id,
                into=tmp_path / "out",
                reason="reading",
                by=scene.ioana,
                at=scene.later(),
            )
        made = write_bundle(scene.hand_over, tmp_path / f"bundle-{more}", by=scene.ioana, at=scene.later())
        code, said = checked(made.path, *fingerprints("ro", "pt", "example-mail"))
        assert code == 0, said
        assert f"{signed.size} entries, was seen by the witness of pt" in said
        assert ("begins with what it held when it had " in said) or not more
