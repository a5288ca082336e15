"""A bundle as files: what a directory or a .zip may hold, and what a hostile one gets."""

import os
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.proof.bundles import Bundle, sha, story
from tests.proof.test_verify import accused, texts
from tocsin.proof import bundle as bundle_module
from tocsin.proof.bundle import Index, ListedFile, is_bundle_path, parse_index
from tocsin.proof.canonical import Json, canonical, parse_strict
from tocsin.proof.errors import AlteredError, UnreadableError
from tocsin.proof.findings import Finding, Kind
from tocsin.proof.verify import is_good, verify


def checked(place: Path) -> list[Finding]:
    return verify(place, anchors=[story().bundle.anchor])


def zipped_with(path: Path, *extra: tuple[zipfile.ZipInfo | str, bytes]) -> Path:
    story().bundle.zipped(path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, content in extra:
            archive.writestr(name, content)
    return path


# --- Names --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["bundle.json", "directory/1.root.json", "evidence/1/files/001", "a-b_c.d", "/".join("abcdefgh")]
)
def test_a_plain_path_may_be_in_a_bundle(path: str) -> None:
    assert is_bundle_path(path)


SLIPPERY = [
    "../evil", "letters/../../evil", "/etc/passwd", "letters//001.jws", "letters/.hidden", "letters/", ".", "..",
    "c:\\evil", "letters\\001.jws", "c:evil", "Letters/001.jws", "l\u00e9ttre", "a b", "a\nb", "a\0b", "a" * 201,
    "/".join("abcdefghi"), "a..b", "con\u202ejws",
]  # fmt: skip


@pytest.mark.parametrize("path", SLIPPERY)
def test_a_path_that_could_lead_elsewhere_may_not(path: str) -> None:
    assert not is_bundle_path(path)
    with pytest.raises(AlteredError, match="could lead outside"):
        parse_index(with_listed(path))


def with_listed(path: str) -> bytes:
    index = parse_strict(story().bundle.index.written())
    assert isinstance(index, dict)
    assert isinstance(index["files"], list)
    return canonical({**index, "files": [*index["files"], dict[str, Json](path=path, size=0, sha256="0" * 64)]})


@pytest.mark.parametrize("name", ["../evil.txt", "/evil.txt", "letters/../evil.txt", "..\\evil.txt", "C:/evil.txt"])
def test_a_name_in_a_zip_file_that_leads_elsewhere_is_accused_and_nothing_is_written(name: str, tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    findings = checked(zipped_with(inside / "bundle.zip", (name, b"evil")))
    assert not is_good(findings)
    assert "no part of any bundle" in texts(findings, Kind.ALTERED)
    assert [found.name for found in tmp_path.rglob("*")] == ["inside", "bundle.zip"]


def test_a_name_that_stands_twice_in_a_zip_file_is_accused(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        place = zipped_with(tmp_path / "bundle.zip", ("letters/001.jws", b"another letter"))
    assert accused(checked(place)) == {"letters/001.jws"}


def test_folders_in_a_zip_file_are_passed_over(tmp_path: Path) -> None:
    assert is_good(checked(zipped_with(tmp_path / "bundle.zip", ("letters/", b""), ("empty/", b""))))


# --- Links, locked and growing files ------------------------------------------------------------


def test_links_are_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"of this machine")
    bundle = story().bundle.write(tmp_path / "bundle")
    letter = bundle / "letters/001.jws"
    content = letter.read_bytes()
    letter.unlink()
    (tmp_path / "moved.jws").write_bytes(content)
    letter.symlink_to(tmp_path / "moved.jws")
    (bundle / "folder").symlink_to(tmp_path)
    assert {"letters/001.jws", "folder"} == accused(checked(bundle))


def test_a_pipe_does_not_hold_the_check_up(tmp_path: Path) -> None:
    bundle = story().bundle.write(tmp_path / "bundle")
    os.mkfifo(bundle / "letters/009.jws")
    assert accused(checked(bundle)) == {"letters/009.jws"}


def test_a_file_that_grows_beyond_measure_is_not_unpacked(tmp_path: Path) -> None:
    place = zipped_with(tmp_path / "bundle.zip", ("evidence/1/files/009", bytes(50_000_000)))
    assert place.stat().st_size < 200_000
    findings = checked(place)
    assert accused(findings) == {"evidence/1/files/009"}
    assert "no part of any bundle" in texts(findings, Kind.ALTERED)


def test_a_small_file_may_be_packed_well(tmp_path: Path) -> None:
    bundle = story().bundle
    files = bundle.files | {"pages/index.html": bytes(500_000)}
    assert is_good(checked(replace(bundle, files=files).reindexed().zipped(tmp_path / "bundle.zip")))


def test_a_locked_file_is_accused(tmp_path: Path) -> None:
    place = story().bundle.zipped(tmp_path / "bundle.zip")
    content = bytearray(place.read_bytes())
    entry = content.index(b"PK\x01\x02")
    content[entry + 8] |= 1  # the flag that says: encrypted
    place.write_bytes(bytes(content))
    assert not is_good(checked(place))


def test_a_file_packed_in_a_rare_way_is_accused(tmp_path: Path) -> None:
    bundle = story().bundle
    assert not is_good(checked_or_unreadable(bundle.zipped(tmp_path / "bundle.zip", zipfile.ZIP_LZMA)))


def checked_or_unreadable(place: Path) -> list[Finding]:
    try:
        return checked(place)
    except UnreadableError as error:
        return [Finding(Kind.ALTERED, "bundle", str(error))]


def test_too_many_files_are_not_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle_module, "MOST_FILES", 20)
    with pytest.raises(UnreadableError, match="more than 20 files"):
        checked(story().bundle.write(tmp_path))


def test_a_signed_thing_of_absurd_size_is_accused_and_not_held_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = story().bundle
    monkeypatch.setattr(bundle_module, "MOST_READ", 100_000)
    large = replace(bundle, files=bundle.files | {"letters/001.jws": b"a" * 100_001}).reindexed()
    findings = checked(large.write(tmp_path))
    assert accused(findings) == {"letters/001.jws"}
    assert "larger than 100000 bytes" in texts(findings, Kind.ALTERED)


def test_evidence_of_any_size_is_only_streamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle_module, "MOST_READ", 4_000)
    assert len(story().bundle.files["evidence/1/files/001"]) > 4_000
    assert is_good(checked(story().bundle.write(tmp_path)))


# --- No bundle at all ---------------------------------------------------------------------------


def test_what_is_no_bundle_gets_no_verdict(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.zip").write_text("not a zip file")
    for name, rule in (("nothing", "neither"), ("empty", "no bundle.json"), ("text.zip", "neither")):
        with pytest.raises(UnreadableError, match=rule):
            checked(tmp_path / name)


def test_a_zip_file_cut_short_gets_no_verdict(tmp_path: Path) -> None:
    place = story().bundle.zipped(tmp_path / "bundle.zip")
    content = place.read_bytes()
    for length in (0, 10, len(content) // 2, len(content) - 1):
        place.write_bytes(content[:length])
        with pytest.raises(UnreadableError, match=r"whole \.zip file"):
            checked(place)


def test_a_zip_file_with_a_damaged_part_accuses_that_part(tmp_path: Path) -> None:
    place = story().bundle.zipped(tmp_path / "bundle.zip", zipfile.ZIP_STORED)
    content = place.read_bytes()
    letter = story().bundle.files["letters/002.jws"]
    at = content.index(letter) + 100
    place.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
    findings = checked(place)
    assert accused(findings) == {"letters/002.jws"}
    assert "damaged" in texts(findings, Kind.ALTERED)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(0, 1, exclude_max=True), st.integers(0, 7))
def test_a_zip_file_with_any_bit_flipped_never_ends_the_check_in_disorder(
    tmp_path: Path, where: float, bit: int
) -> None:
    place = story().bundle.zipped(tmp_path / "bundle.zip")
    content = bytearray(place.read_bytes())
    content[int(where * len(content))] ^= 1 << bit
    place.write_bytes(bytes(content))
    checked_or_unreadable(place)


# --- The index ----------------------------------------------------------------------------------


def test_the_index_is_read_back() -> None:
    index = story().bundle.index
    assert parse_index(index.written()) == index


def test_an_empty_index_is_an_index() -> None:
    index = Index(thread="t", made_at="2026-11-24T03:00:00.000Z", made_by="ro")
    assert parse_index(index.written()) == index


INDEX_FAULTS: dict[str, tuple[dict[str, object], str]] = {
    "another type": ({"type": "package"}, "type is not"),
    "another version": ({"v": 2}, "v is not 1"),
    "no files": ({"files": None}, "files is not a list"),
    "files that are no objects": ({"files": ["a"]}, "not a JSON object"),
    "letters that are no paths": ({"letters": [1]}, "letters is not a list of texts"),
    "a letter that is not listed": ({"letters": ["letters/999.jws"]}, "not listed with its hash"),
    "no maker": ({"made": {}}, "at is not a text"),
}


@pytest.mark.parametrize(("change", "rule"), INDEX_FAULTS.values(), ids=INDEX_FAULTS.keys())
def test_a_faulty_index_is_accused_by_field_and_rule(change: dict[str, object], rule: str) -> None:
    index = parse_strict(story().bundle.index.written())
    assert isinstance(index, dict)
    with pytest.raises(AlteredError, match=rule):
        parse_index(canonical(index | change))


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff", b'{"v": 1}', b'{"v":1,"v":1}', b"[" * 100_000])
def test_an_index_that_is_none_is_accused(content: bytes, tmp_path: Path) -> None:
    story().bundle.write(tmp_path)
    (tmp_path / "bundle.json").write_bytes(content)
    assert accused(checked(tmp_path)) == {"bundle.json"}


def test_an_index_that_could_not_be_read_is_not_written() -> None:
    twice = (ListedFile("a", 0, sha(b"")), ListedFile("a", 0, sha(b"")))
    with pytest.raises(ValueError, match="listed twice"):
        replace(story().bundle.index, files=twice).written()


def test_the_bundle_of_the_story_lists_every_file_that_it_holds() -> None:
    made: Bundle = story().bundle
    assert {file.path for file in made.index.files} == set(made.files) == made.index.mentioned()
