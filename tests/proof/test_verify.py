"""The verifier against a whole bundle: what it says when all is well, and whom it accuses when not."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.proof.bundles import Bundle, sha, story
from tocsin.proof.errors import UnreadableError
from tocsin.proof.findings import Finding, Kind
from tocsin.proof.verify import is_good, verify


def checked(bundle: Bundle, directory: Path, *anchors: str) -> list[Finding]:
    return verify(bundle.write(directory), anchors=anchors or [bundle.anchor])


def accused(findings: list[Finding]) -> set[str]:
    return {finding.thing for finding in findings if finding.kind is Kind.ALTERED}


def texts(findings: list[Finding], kind: Kind) -> str:
    return "\n".join(finding.text for finding in findings if finding.kind is kind)


# --- All is well --------------------------------------------------------------------------------

SENTENCES = {
    "the files": "All 37 files are there and are those that bundle.json lists, by size and SHA-256.",
    "the anchor": "The directory's root 1 is the one that you brought (SHA-256 ",
    "the roots": "Root 2 is signed by enough keys of the root before it, and by enough of its own.",
    "whose card": "The card of ro (Example point of Romania, serial 1, issued 2026-10-25 03:00:00.000 UTC) is vouched",
    "a State's card": "the directory's role state-ro stated it (version 3, under root 2, good until 2027-11-24 03:00",
    "a private card": "the directory's role private stated it",
    "who signed a letter": "Letter 2 of ro (Example point of Romania) to pt (Example point of Portugal) (supplement)",
    "when and by whose clock": "unaltered; written at 2026-11-24 03:06:00.000 UTC by the sender's clock, by Ioana",
    "a chain": "pt wrote the letters 1 to 3: each names the one before it by its hash, so none was left out",
    "a receipt": "pt (Example point of Portugal) signed that letter 1 of ro (ask) was stored by the node, at 2026",
    "a receipt's place": "03:01:00.000 UTC by its clock; this stands in its journal pt.example/journal at place 0 of 1",
    "an opened entry": "records at place 5 of 6: package-opened, at 2026-11-24 03:20:00.000 UTC by its clock, by the",
    "a witness": "The journal ro.example/journal, with 6 entries, was seen by the witness of hub (hub.example/witness)",
    "when it saw": "at 2026-11-24 03:25:00 UTC by its clock, when it had 6 entries; the witness of pt",
    "a witness of a later state": "hub.example/witness) at 2026-11-24 03:26:00 UTC by its clock, when it had 9 entries",
    "a journal's growth": "The journal pt.example/journal with 9 entries begins with what it held when it had 6",
    "the manifest's letter": "This manifest is named in letter 3 of pt (deliver).",
    "a hand-over": "Custody 2: example-mail (Example Mail) signed that a person handed it over to pt (Example point of",
    "the chain of custody": "The chain of custody is complete: 6 events, each signed and each naming the one before it",
    "the last hands": "At its end the package was in the hands of ro (Example point of Romania).",
    "a file": "The file 'mailbox.mbox' is what the manifest states, byte for byte",
    "a sealed file": "byte for byte, the one that went with letter 3 of pt (deliver) under the name 'package.tar'.",
}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> list[Finding]:
    return checked(story().bundle, tmp_path_factory.mktemp("good"))


def test_a_whole_bundle_is_good(good: list[Finding]) -> None:
    assert is_good(good), accused(good)


@pytest.mark.parametrize("sentence", SENTENCES.values(), ids=SENTENCES.keys())
def test_what_is_established_is_said(good: list[Finding], sentence: str) -> None:
    assert sentence in texts(good, Kind.ESTABLISHED)


def test_nobody_is_his_own_witness(good: list[Finding]) -> None:
    assert "ro.example/witness" not in texts(good, Kind.ESTABLISHED)


def test_what_no_witness_saw_is_said(good: list[Finding]) -> None:
    assert "has seen the journal pt.example/journal as it was with 1, 4 entries" in texts(good, Kind.NOTE)


def test_what_was_not_checked_is_said_with_the_command_that_does(good: list[Finding]) -> None:
    commands = {finding.thing: finding.command for finding in good if finding.kind is Kind.NOT_CHECKED}
    assert commands == {
        "evidence/1/sealed/001.age": "age --decrypt --identity KEY_FILE evidence/1/sealed/001.age | sha256sum"
        f"   # must show {sha(b'what is inside')}",
        "letters/004.jws": "",
        "time/001.tsr": "openssl ts -verify -data journal/001.checkpoint -in time/001.tsr -CAfile AUTHORITY.pem",
    }


def test_what_no_check_can_prove_is_said(good: list[Finding]) -> None:
    said = texts(good, Kind.NOT_PROVED)
    for matter in ("anchor is the right one", "sat at the keyboard", "is true", "clock", "nothing else was said"):
        assert matter in said


def test_a_zip_file_is_as_good_as_a_directory(good: list[Finding], tmp_path: Path) -> None:
    bundle = story().bundle
    assert verify(bundle.zipped(tmp_path / "bundle.zip"), anchors=[bundle.anchor]) == good


# --- One byte -----------------------------------------------------------------------------------

PLACES = 5
"""How many bytes of each file are flipped, one at a time."""

ELSEWHERE: dict[str, list[set[str]]] = {
    "directory/1.root.json": [{"anchor"}, {"anchor", "directory/1.root.json"}],
    "pages/index.html": [set()],
}
"""Who is accused when a file was changed and the index made right again, where it is not the file itself.

A page is no part of the proof, and the first root is what the anchor is compared with.
"""

# Bytes that no signature covers: which key a surplus signature says it is by. Changed, the signature is
# one of a stranger and does not count; here enough others are left.
UNCOVERED = re.compile(rb'"keyid": ?"[0-9a-f]{64}"|(?:pt|hub|ro)\.example/witness .{6}')


def flipped(content: bytes, at: int) -> bytes:
    changed = bytearray(content)
    changed[at] ^= 1 << at % 8
    return bytes(changed)


def places(path: str, content: bytes) -> Iterator[int]:
    if path.startswith("time/"):  # the rest of a token is for openssl to check
        yield from range(2, 34)
        return
    covered = bytearray(b"\1" * len(content))
    for found in UNCOVERED.finditer(content) if path.startswith(("directory/2", "journal/")) else ():
        covered[found.start() : found.end()] = bytes(found.end() - found.start())
    yield from [at for at in range(0, len(content), max(1, len(content) // PLACES)) if covered[at]]


PATHS = sorted(story().bundle.files)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return story().bundle.write(tmp_path_factory.mktemp("written"))


def accused_after(written: Path, path: str, at: int, *, index_made_right: bool) -> set[str]:
    bundle = story().bundle
    changed = replace(bundle, files=bundle.files | {path: flipped(bundle.files[path], at)})
    index = changed.reindexed().index if index_made_right else bundle.index
    (written / path).write_bytes(changed.files[path])
    (written / "bundle.json").write_bytes(index.written())
    try:
        return accused(verify(written, anchors=[bundle.anchor]))
    finally:
        (written / path).write_bytes(bundle.files[path])


@pytest.mark.parametrize("path", PATHS)
def test_a_careful_forger_is_told_what_he_changed(path: str, written: Path) -> None:
    for at in places(path, story().bundle.files[path]):
        found = accused_after(written, path, at, index_made_right=True)
        assert found in ELSEWHERE.get(path, [{path}]), f"byte {at} of {path}"


@pytest.mark.parametrize("path", PATHS)
def test_a_file_changed_under_an_honest_index_is_accused(path: str, written: Path) -> None:
    for at in places(path, story().bundle.files[path]):
        assert path in accused_after(written, path, at, index_made_right=False), f"byte {at} of {path}"


def test_any_byte_of_the_index_but_who_made_it_counts(tmp_path: Path) -> None:
    bundle = story().bundle
    written = bundle.write(tmp_path) / "bundle.json"
    content = written.read_bytes()
    made = re.search(rb'"made":\{[^}]*\}', content)
    assert made
    for at in range(0, len(content), 37):
        if not made.start() <= at < made.end():
            written.write_bytes(flipped(content, at))
            assert not is_good(verify(tmp_path, anchors=[bundle.anchor])), f"byte {at}: {content[at - 30 : at + 30]!r}"


def test_an_index_that_lists_another_hash_for_a_good_file_is_accused_itself(tmp_path: Path) -> None:
    bundle = story().bundle
    wrong = tuple(
        replace(file, sha256="0" * 64) if file.path == "letters/002.jws" else file for file in bundle.index.files
    )
    changed = replace(bundle, index=replace(bundle.index, files=wrong))
    assert accused(checked(changed, tmp_path)) == {"bundle.json"}


# --- The anchor ---------------------------------------------------------------------------------


def test_another_anchor_vouches_for_nothing(tmp_path: Path) -> None:
    findings = checked(story().bundle, tmp_path, "0" * 64)
    assert accused(findings) == {"anchor"}
    assert "Letter" not in texts(findings, Kind.ESTABLISHED)
    assert "without an anchor no key has an owner" in texts(findings, Kind.NOT_CHECKED)


def test_one_anchor_that_is_not_there_is_accused_beside_one_that_is(tmp_path: Path) -> None:
    bundle = story().bundle
    assert accused(checked(bundle, tmp_path, bundle.anchor, "0" * 64)) == {"anchor"}


def test_the_root_may_be_brought_as_a_file(tmp_path: Path) -> None:
    bundle = story().bundle
    root = tmp_path / "my.root.json"
    root.write_bytes(bundle.files["directory/1.root.json"])
    assert is_good(checked(bundle, tmp_path / "bundle", str(root)))


def test_a_root_file_that_the_bundle_lacks_still_leads_to_the_next_one(tmp_path: Path) -> None:
    bundle = story().bundle
    root = tmp_path / "my.root.json"
    root.write_bytes(bundle.files["directory/1.root.json"])
    without = bundle.reindexed(roots=("directory/2.root.json",))
    assert is_good(checked(without, tmp_path / "bundle", str(root)))


def test_a_root_that_is_not_the_one_brought_as_a_file_is_accused(tmp_path: Path) -> None:
    bundle, root = story().bundle, tmp_path / "my.root.json"
    root.write_bytes(bundle.files["directory/1.root.json"])
    forged = bundle.changed("directory/1.root.json", lambda content: flipped(content, 300)).reindexed()
    assert "directory/1.root.json" in accused(checked(forged, tmp_path / "bundle", str(root)))


def test_a_later_root_is_an_anchor_too(tmp_path: Path) -> None:
    bundle = story().bundle
    assert is_good(checked(bundle, tmp_path, sha(bundle.files["directory/2.root.json"])))


@pytest.mark.parametrize(
    ("content", "rule"),
    [(None, "neither"), (b"", "neither"), (b"\xff", "neither"), (b"{}", "neither a TUF root nor a card")],
)
def test_an_anchor_that_cannot_be_read_is_no_verdict(content: bytes | None, rule: str, tmp_path: Path) -> None:
    anchor = tmp_path / "anchor.json"
    if content is not None:
        anchor.write_bytes(content)
    with pytest.raises(UnreadableError, match=rule):
        checked(story().bundle, tmp_path / "bundle", str(anchor))


def test_without_an_anchor_there_is_no_verdict(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="anchor is needed"):
        verify(story().bundle.write(tmp_path), anchors=[])


# --- Left out, put in, changed places -----------------------------------------------------------


def without(bundle: Bundle, path: str) -> Bundle:
    lists = {
        name: tuple(one for one in getattr(bundle.index, name) if one != path)
        for name in ("roots", "letters", "receipts", "openings", "checkpoints", "consistency", "pages")
    }
    packages = tuple(
        replace(package, custody=tuple(one for one in package.custody if one != path))
        for package in bundle.index.packages
    )
    return bundle.reindexed(**lists, packages=packages)


def put(bundle: Bundle, path: str, other: str) -> Bundle:
    """``other``'s content in the place of ``path``."""
    return bundle.changed(path, lambda _content: bundle.files[other]).reindexed()


LEFT_OUT: dict[str, tuple[Callable[[Bundle], Bundle], set[str]]] = {
    "the first letter of ro": (lambda bundle: without(bundle, "letters/001.jws"), {"letters"}),
    "a letter in the middle": (lambda bundle: without(bundle, "letters/002.jws"), {"letters"}),
    "the last letter, which a receipt names": (lambda bundle: without(bundle, "letters/005.jws"), {"letters"}),
    "a custody event": (lambda bundle: without(bundle, "evidence/1/custody/03.jws"), {"evidence/1/custody/04.jws"}),
    "the first custody event": (
        lambda bundle: without(bundle, "evidence/1/custody/01.jws"),
        {"evidence/1/custody/02.jws"},
    ),
    "the root between": (
        lambda bundle: without(bundle, "directory/2.root.json"),
        {f"directory/cards/{member}.1.json" for member in ("ro", "pt", "hub", "example-mail")},
    ),
    "one letter in another's place": (lambda bundle: put(bundle, "letters/003.jws", "letters/002.jws"), {"letters"}),
    "a receipt in a letter's place": (
        lambda bundle: put(bundle, "letters/003.jws", "receipts/001.jws"),
        {"letters/003.jws"},
    ),
    "a letter in a receipt's place": (
        lambda bundle: put(bundle, "receipts/001.jws", "letters/001.jws"),
        {"receipts/001.jws"},
    ),
    "a custody event in a letter's place": (
        lambda bundle: put(bundle, "letters/003.jws", "evidence/1/custody/01.jws"),
        {"letters/003.jws"},
    ),
    "one file of evidence in another's place": (
        lambda bundle: put(bundle, "evidence/1/files/001", "evidence/1/files/002"),
        {"evidence/1/files/001"},
    ),
    "one card in another's place": (
        lambda bundle: put(bundle, "directory/cards/pt.1.json", "directory/cards/ro.1.json"),
        {"directory/cards/pt.1.json"},
    ),
    "one role's metadata in another's place": (
        lambda bundle: put(bundle, "directory/3.state-pt.json", "directory/3.state-ro.json"),
        {"directory/3.state-pt.json"},
    ),
}


@pytest.mark.parametrize(("change", "expected"), LEFT_OUT.values(), ids=LEFT_OUT.keys())
def test_what_was_left_out_or_exchanged_is_noticed(
    change: Callable[[Bundle], Bundle], expected: set[str], tmp_path: Path
) -> None:
    findings = checked(change(story().bundle), tmp_path)
    assert accused(findings) == expected


def test_letters_whose_files_changed_names_are_the_same_letters(tmp_path: Path) -> None:
    bundle = story().bundle
    two, three = bundle.files["letters/002.jws"], bundle.files["letters/003.jws"]
    renamed = replace(bundle, files=bundle.files | {"letters/002.jws": three, "letters/003.jws": two})
    assert is_good(checked(renamed.reindexed(), tmp_path / "renamed"))
    assert {"letters/002.jws", "letters/003.jws", "bundle.json"} & accused(checked(renamed, tmp_path / "not-indexed"))


def test_a_file_that_is_missing_is_accused(tmp_path: Path) -> None:
    bundle = story().bundle
    bundle.write(tmp_path)
    (tmp_path / "letters/002.jws").unlink()
    (tmp_path / "pages/index.html").unlink()
    assert accused(verify(tmp_path, anchors=[bundle.anchor])) == {"letters/002.jws", "pages/index.html"}


def test_a_file_cut_short_is_accused(tmp_path: Path) -> None:
    bundle = story().bundle
    for path in ("letters/001.jws", "evidence/1/files/001", "pages/index.html", "journal/001.opening.json"):
        cut = bundle.changed(path, lambda content: content[:-1])
        assert path in accused(checked(cut, tmp_path)), path


def test_a_file_that_was_added_is_accused(tmp_path: Path) -> None:
    bundle = story().bundle
    added = replace(bundle, files=bundle.files | {"letters/009.jws": bundle.files["letters/001.jws"]})
    assert accused(checked(added, tmp_path)) == {"letters/009.jws"}


def test_what_a_file_manager_leaves_behind_is_passed_over(tmp_path: Path) -> None:
    bundle = story().bundle
    bundle.write(tmp_path)
    for name in (".DS_Store", "pages/Thumbs.db", "desktop.ini"):
        (tmp_path / name).write_bytes(b"seen")
    assert is_good(verify(tmp_path, anchors=[bundle.anchor]))
