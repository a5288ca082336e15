"""What is altered is accused and set apart; what fails leaves nothing half done."""

import contextlib
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.evidence.scene import Scene
from tests.offices import entries
from tocsin.base.errors import ProofError
from tocsin.base.this_node import this_node
from tocsin.evidence import folders, reads
from tocsin.evidence.acts.deliver import deliver, pass_on
from tocsin.evidence.acts.open import open_package
from tocsin.evidence.acts.pack import pack
from tocsin.evidence.acts.take_in import deliveries_waiting, take_in
from tocsin.evidence.errors import (
    FileSealError,
    FilesOnTheWayError,
    FolderTakenError,
    ManifestError,
    NothingToTakeInError,
    PackageStateError,
    ReasonMissingError,
    SourceFileError,
    StorageError,
    UnknownPackageError,
)
from tocsin.evidence.rules.custody import chain_lines, sign_event
from tocsin.people.errors import RightMissingError
from tocsin.wire.folders import whole_path


def all_files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# --- Altered ------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", [10, 100, 250, 70_000, -1], ids=["header", "stanza", "mac", "middle", "end"])
def test_a_flipped_byte_of_a_file_is_accused_and_nothing_is_written(scene: Scene, tmp_path: Path, where: int) -> None:
    held = scene.held_by_ro()
    path = folders.sealed_path(held.id, "ro", 2)
    content = bytearray(path.read_bytes())
    content[where] ^= 1
    path.write_bytes(content)
    with pytest.raises(FileSealError, match=r"mailbox\.mbox"):
        open_package(held.id, into=tmp_path / "out", reason="reading", by=scene.ioana, at=scene.later())
    assert list(tmp_path.glob("*out*")) == []
    after = reads.package_for(scene.ioana, held.id)
    assert after.state == "quarantined"
    assert entries("package-quarantined")[-1]["thing"] == "mailbox.mbox"
    assert entries("package-opened")[-1]["reason"] == "reading"
    for again in (
        lambda: open_package(held.id, into=tmp_path / "out", reason="again", by=scene.ioana, at=scene.later()),
        lambda: pass_on(held.id, request=scene.hand_over, by=scene.ioana, at=scene.later()),
    ):
        with pytest.raises((PackageStateError, RightMissingError)):
            again()


def test_another_file_under_the_right_name_is_accused_by_its_hash(scene: Scene, tmp_path: Path) -> None:
    held = scene.held_by_ro()
    one, other = (folders.sealed_path(held.id, "ro", number) for number in (2, 3))
    kept = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(kept)
    with pytest.raises(ProofError, match=r"mailbox\.mbox has .* bytes|SHA-256") as accused:
        open_package(held.id, into=tmp_path / "out", reason="reading", by=scene.ioana, at=scene.later())
    assert accused.value.code == "evidence.file-size"
    assert not (tmp_path / "out").exists()


def test_a_state_does_not_pass_on_what_was_altered(scene: Scene) -> None:
    held = scene.held_by_pt()
    path = folders.sealed_path(held.id, "pt", 2)
    path.write_bytes(path.read_bytes()[:-20])
    before = all_files(folders.evidence_folder())
    with pytest.raises(FileSealError):
        pass_on(held.id, request=scene.hand_over, by=scene.ines, at=scene.later())
    assert all_files(folders.evidence_folder()) == before
    assert reads.package_for(scene.ines, held.id).state == "quarantined"


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda chain: chain[1:], "evidence.custody-chain"),
        (lambda chain: chain[:-1], "evidence.custody-chain"),
        (lambda chain: [chain[0], chain[0], chain[1]], "evidence.custody-chain"),
    ],
    ids=["no beginning", "no hand-over", "twice"],
)
def test_a_broken_chain_of_custody_is_not_taken_in(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Any], Any], code: str
) -> None:
    made = scene.packed()
    from tocsin.evidence.acts import deliver as delivering  # noqa: PLC0415 - to spoil what it sends

    monkeypatch.setattr(delivering, "chain_lines", lambda chain: chain_lines(spoil(list(chain))))
    deliver(made.id, by=scene.sofia, at=scene.later())
    scene.carry()
    scene.offices.be("pt")
    with pytest.raises(ProofError) as accused:
        take_in(scene.produce, by=scene.ines, at=scene.later())
    assert accused.value.code == code
    assert entries("package-quarantined")[-1]["code"] == code
    assert reads.packages_for(scene.ines, scene.produce) == []
    with pytest.raises(NothingToTakeInError):
        take_in(scene.produce, by=scene.ines, at=scene.later())


def test_a_signature_by_a_key_that_no_card_names_breaks_the_chain(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - a thief's key

    from tocsin.base import jose  # noqa: PLC0415 - to sign with it
    from tocsin.evidence.acts import custody  # noqa: PLC0415 - to spoil what it signs

    thief = jose.signing_key(Ed25519PrivateKey.generate())
    monkeypatch.setattr(custody, "sign_event", lambda event, **_: sign_event(event, key=thief))
    made = scene.packed()
    deliver(made.id, by=scene.sofia, at=scene.later())
    scene.carry()
    scene.offices.be("pt")
    with pytest.raises(ProofError, match="the key of example-mail is not known"):
        take_in(scene.produce, by=scene.ines, at=scene.later())


# --- In its time and by whom --------------------------------------------------------------------


def test_a_package_is_taken_in_when_all_its_files_are_here_and_once(scene: Scene) -> None:
    made = scene.packed()
    letter = deliver(made.id, by=scene.sofia, at=scene.later())
    scene.offices.carry(at=scene.at)
    scene.offices.be("pt")
    with pytest.raises(FilesOnTheWayError, match=r"Of the 5 files .* 0 are here"):
        take_in(scene.produce, by=scene.ines, at=scene.later())
    scene.carry()
    scene.offices.be("pt")
    assert [each.id for each in deliveries_waiting(scene.ines, scene.produce)] == [letter.id]
    (taken,) = take_in(scene.produce, by=scene.ines, at=scene.later())
    assert [event.event.value for event in taken.chain] == ["made", "handed-over", "received"]
    with pytest.raises(NothingToTakeInError):
        take_in(scene.produce, by=scene.ines, at=scene.later())
    assert not any(whole_path(one.age_sha256).exists() for one in letter.attachments)


def test_who_has_no_right_does_nothing_and_a_stranger_finds_nothing(scene: Scene, tmp_path: Path) -> None:
    held = scene.held_by_ro()
    judge = scene.offices.person("ro", "Ana Judecată", "validating-authority", function="judge")
    with pytest.raises(RightMissingError):
        open_package(held.id, into=tmp_path / "out", reason="x", by=judge, at=scene.later())
    with pytest.raises(RightMissingError):
        take_in(scene.hand_over, by=judge, at=scene.later())
    with pytest.raises(ReasonMissingError):
        open_package(held.id, into=tmp_path / "out", reason=" ", by=scene.ioana, at=scene.later())
    with pytest.raises(UnknownPackageError):
        reads.package_for(scene.ioana, "8f2d0000-0000-4000-8000-000000000001")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").touch()
    with pytest.raises(FolderTakenError):
        open_package(held.id, into=tmp_path / "out", reason="x", by=scene.ioana, at=scene.later())
    assert entries("package-opened") == []


def test_a_package_goes_to_one_addressee_alone(scene: Scene) -> None:
    made = scene.packed()
    with pytest.raises(PackageStateError, match="encrypted to this node"):
        open_package(made.id, into=this_node().home / "out", reason="x", by=scene.sofia, at=scene.later())


def _a_pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe")
    return folder / "pipe"


def _an_empty_folder(folder: Path) -> Path:
    (folder / "empty").mkdir()
    return folder / "empty"


def _a_faulty_name(folder: Path) -> Path:
    (folder / "a:b").touch()
    return folder / "a:b"


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda folder: folder / "nothing", SourceFileError),
        (_a_pipe, SourceFileError),
        (_a_faulty_name, ManifestError),
        (_an_empty_folder, SourceFileError),
    ],
    ids=["missing", "no plain file", "a name that is none", "an empty folder"],
)
def test_what_is_no_file_is_not_packed(
    scene: Scene, tmp_path: Path, make: Callable[[Path], Path], error: type[Exception]
) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    with pytest.raises(error):
        scene.packed(make(folder))
    assert all_files(folders.evidence_folder()) == {}


# --- Disk full, killed --------------------------------------------------------------------------


@contextlib.contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_told_and_leaves_nothing_packed(scene: Scene) -> None:
    scene.offices.be("example-mail")
    with no_file_larger_than(100_000), pytest.raises(StorageError, match=r"mailbox\.mbox could not be written"):
        scene.packed()
    assert all_files(folders.evidence_folder()) == {}
    assert reads.packages_for(scene.sofia, scene.produce) == []
    assert entries("package-made") == []
    assert len(scene.packed().manifest.files) == 3


def test_a_full_disk_leaves_nothing_opened_and_no_quarantine(scene: Scene, tmp_path: Path) -> None:
    held = scene.held_by_ro()
    with no_file_larger_than(100_000), pytest.raises(StorageError):
        open_package(held.id, into=tmp_path / "out", reason="reading", by=scene.ioana, at=scene.later())
    assert list(tmp_path.glob("*out*")) == []
    assert reads.package_for(scene.ioana, held.id).state == "held"


_PACKER = """
import sys, time
from pathlib import Path
sys.path[:0] = [{src!r}, {root!r}]
from tocsin.evidence import folders, streams
from tocsin.base import this_node
from types import SimpleNamespace
this_node.become(SimpleNamespace(home=Path({home!r}), member="example-mail"))
with folders.making({package!r}, "pt") as made, folders.new_file(made.folder / "0001.age") as target:
    def slowly(_):
        Path({home!r}, "began").touch()
        time.sleep(0.05)
    with open("/dev/zero", "rb", 0) as endless:
        streams.seal(endless, target, recipient={recipient!r}, progress=slowly)
"""


@pytest.mark.kill
def test_what_a_killed_process_left_half_packed_is_gone_before_the_next_package(scene: Scene) -> None:
    home = scene.offices.be("example-mail").node.home
    package = "8f2d0000-0000-4000-8000-000000000007"
    from tocsin.evidence.acts.keys import recipient_of  # noqa: PLC0415 - for the other process

    root = Path(__file__).parents[2]
    program = _PACKER.format(
        src=str(root / "src"),
        root=str(root),
        home=str(home),
        package=package,
        recipient=recipient_of("pt", at=scene.at),
    )
    process = subprocess.Popen([sys.executable, "-c", program])
    until = time.monotonic() + 60
    while not (home / "began").exists() and time.monotonic() < until:
        time.sleep(0.02)
    left = folders.evidence_folder() / "making" / f"{package}.pt"
    assert left.is_dir()
    assert folders.sweep(reads.is_known) == []  # it is still at work
    assert left.is_dir()
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert left.is_dir()
    made = scene.packed()
    assert {path.parent.parent.name for path in folders.evidence_folder().rglob("*.age")} == {made.id}
    assert not left.exists()


def test_a_folder_in_its_place_whose_transaction_died_is_swept(scene: Scene) -> None:
    scene.offices.be("example-mail")
    package = "8f2d0000-0000-4000-8000-000000000008"
    place = folders.private_folder(folders.package_folder(package, "pt"))
    (place / "0001.age").write_bytes(b"kept on disk, and then the power went")
    folders.private_folder(folders.evidence_folder() / "making")
    (folders.evidence_folder() / "making" / f"{package}.pt.lock").touch()
    kept = scene.packed()
    assert not place.exists()
    assert folders.package_folder(kept.id, "pt").is_dir()


def test_a_transaction_that_fails_takes_the_files_with_it(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    from tocsin.evidence.folders import Making  # noqa: PLC0415 - to spoil it

    keep = Making.keep

    def keep_and_fail(made: Making) -> None:
        keep(made)
        raise RuntimeError("the database went away")

    monkeypatch.setattr(Making, "keep", keep_and_fail)
    scene.offices.be("example-mail")
    with pytest.raises(RuntimeError, match="went away"):
        pack(scene.produce, title="x", files=scene.files, by=scene.sofia, at=scene.later())
    assert all_files(folders.evidence_folder()) == {}
    assert entries("package-made") == []
