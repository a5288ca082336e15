"""RFC 3161 time stamps from an authority that is not ours."""

import subprocess
from pathlib import Path

import pytest

from tests.evidence.authority import made_authority, serving
from tests.evidence.scene import Scene
from tests.evidence.test_bundle import checked, fingerprints
from tests.independent.tools import need
from tocsin.base.this_node import this_node
from tocsin.evidence import reads
from tocsin.evidence.acts.bundle import write_bundle
from tocsin.evidence.acts.stamp import (
    Authority,
    authority_of_home,
    time_stamp_checkpoint,
    time_stamp_manifest,
)
from tocsin.evidence.errors import TimestampError

pytestmark = pytest.mark.tools


def test_a_stamp_over_a_manifest_is_verified_by_openssl_from_the_bundle(scene: Scene, tmp_path: Path) -> None:
    held = scene.held_by_ro()
    with serving(tmp_path / "tsa") as authority:
        stamp = time_stamp_manifest(held.id, authority=authority, by=scene.ioana, at=scene.later())
        time_stamp_checkpoint(authority=authority, by=scene.ioana, at=scene.later())
    assert stamp.over == held.manifest_bytes
    assert reads.package_for(scene.ioana, held.id).chain[-1].event.value == "time-stamped"
    bundle = write_bundle(scene.hand_over, tmp_path / "bundle", by=scene.ioana, at=scene.later())
    code, said = checked(bundle.path, *fingerprints("ro", "pt", "example-mail"))
    assert code == 0, said
    commands = [line.strip() for line in said.splitlines() if line.strip().startswith("openssl ts -verify")]
    assert commands
    for command in commands:
        found = subprocess.run(
            [need("openssl"), *command.split()[1:]], cwd=bundle.path, capture_output=True, text=True, check=False
        )
        assert found.returncode == 0, f"{command}: {found.stderr}"


@pytest.mark.parametrize("spoil", ["away", "kind", "bytes", "flip"])
def test_an_authority_that_fails_is_told_and_the_package_stays_good(scene: Scene, tmp_path: Path, spoil: str) -> None:
    made = scene.packed()
    with serving(tmp_path / "tsa", spoil=spoil) as authority, pytest.raises(TimestampError, match=r"127\.0\.0\.1"):
        time_stamp_manifest(made.id, authority=authority, by=scene.sofia, at=scene.later())
    after = reads.package_for(scene.sofia, made.id)
    assert (after.stamps, len(after.chain), after.state) == ((), 1, "made")


def test_a_reply_to_another_question_or_under_another_root_is_refused(scene: Scene, tmp_path: Path) -> None:
    made = scene.packed()
    with serving(tmp_path / "tsa", spoil="old") as authority:
        time_stamp_manifest(made.id, authority=authority, by=scene.sofia, at=scene.later())
        with pytest.raises(TimestampError, match="verify"):  # the same reply again: its nonce is that of the first
            time_stamp_manifest(made.id, authority=authority, by=scene.sofia, at=scene.later())
    other = made_authority(tmp_path / "other").read_text()
    with serving(tmp_path / "third") as third, pytest.raises(TimestampError, match="verify"):
        time_stamp_manifest(made.id, authority=Authority(third.url, other), by=scene.sofia, at=scene.later())
    assert len(reads.package_for(scene.sofia, made.id).stamps) == 1


def test_the_authority_is_named_in_the_nodes_home(scene: Scene) -> None:
    scene.offices.be("ro")
    with pytest.raises(TimestampError, match="none is named") as raised:
        authority_of_home()
    assert str(this_node().home) not in str(raised.value), "it is said over the API"
    (this_node().home / "root.pem").write_text("a root")
    (this_node().home / "time-authority.toml").write_text('url = "https://time.example/tsa"\nroot = "root.pem"\n')
    assert authority_of_home() == Authority("https://time.example/tsa", "a root")
