"""Making a node, also when it is killed on the way."""

import os
import random
import signal
import ssl
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from cryptography import x509

from tests.node import warm
from tocsin.node import certificate, keys
from tocsin.node.config import FILE, Config, load
from tocsin.node.database import Server
from tocsin.node.errors import ConfigFaultyError, DatabaseUnreachableError, HomeTakenError, KeyFileError
from tocsin.node.home import initialise

AT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def make(home: Path, *, member: str = "ro", endpoint: str = "https://node.ro.example:8443", **more: object) -> Config:
    told = {
        "member": member,
        "kind": "state",
        "country": "RO",
        "zone": "Europe/Bucharest",
        "endpoint": endpoint,
        "at": AT,
    }
    return initialise(home, **{**told, **more})  # type: ignore[arg-type]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return tmp_path / "home"


def test_a_node_is_made_closed_to_others_with_all_that_it_needs(home: Path) -> None:
    config = make(home, competences=["budapest-29-preserve"], exercise=True)
    assert load(home) == config
    assert home.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in keys.key_files(home)} == {0o600}
    keys.load_keys(home)
    with Server(home / "database") as server, psycopg.connect(server.ensure_database("ro")) as connection:
        assert connection.execute("select current_user").fetchone() == ("ro",)


def test_a_node_that_is_there_is_never_touched(home: Path) -> None:
    make(home)
    before = {path: path.read_bytes() for path in (*keys.key_files(home), home / "node.toml")}
    with pytest.raises(HomeTakenError, match="holds a node already"):
        make(home, member="pt")
    assert {path: path.read_bytes() for path in before} == before


def test_a_folder_with_something_else_in_it_is_left_alone(home: Path) -> None:
    home.mkdir()
    (home / "thesis.txt").write_text("mine")
    with pytest.raises(HomeTakenError, match=r"thesis\.txt"):
        make(home)
    assert [path.name for path in home.iterdir()] == ["thesis.txt"]


def test_a_fault_is_found_before_anything_is_made(home: Path) -> None:
    with pytest.raises(ConfigFaultyError, match="zone"):
        make(home, zone="Europe/Atlantis")
    assert not home.exists()


def test_a_database_that_does_not_answer_leaves_no_node(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://ro:secret@127.0.0.1:1/ro")
    with pytest.raises(DatabaseUnreachableError):
        make(home)
    assert not (home / "node.toml").exists()


@pytest.mark.kill
def test_an_init_killed_at_any_moment_is_completed_by_the_same_command(tmp_path: Path) -> None:
    seed = random.randrange(2**32)  # noqa: S311 - chooses moments, keeps no secret
    print(f"seed {seed}")  # noqa: T201 - so that a failure can be played again
    chance = random.Random(seed)  # noqa: S311 - the same
    env = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    for round_number in range(3):
        home = tmp_path / str(round_number)
        for kills_left in (2, 1, 0):
            making = warm.begin("tests.node.lines:initialise", str(home), told=env, log=tmp_path / "init.log")
            try:
                making.wait(chance.uniform(0, 1.0) if kills_left else 60)
                break
            except subprocess.TimeoutExpired:
                making.send_signal(signal.SIGKILL)
                making.wait()
                if (home / FILE).exists():  # killed after the last step: the node is made
                    break
        assert making.returncode == 0 or (home / FILE).exists(), (tmp_path / "init.log").read_text()
        assert load(home).member == "ro"
        keys.load_keys(home)
        certificate.load_certificate(home)
        with Server(home / "database").start(wait=10) as server:
            assert server.answers()


def test_a_key_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    keys.make_keys(tmp_path)
    (tmp_path / "keys" / "sealing.pem").chmod(0o640)
    with pytest.raises(KeyFileError, match=r"sealing\.pem is open to other users \(mode 0640\)"):
        keys.load_keys(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [
        ("signing.pem", "no key", "is no private key in PEM"),
        ("signing.pem", None, "cannot be read"),
        ("age.txt", "# nothing", "holds no age identity"),
    ],
)
def test_a_key_file_that_holds_no_key_is_named(tmp_path: Path, name: str, content: str | None, rule: str) -> None:
    keys.make_keys(tmp_path)
    path = tmp_path / "keys" / name
    path.unlink()
    if content is not None:
        path.write_text(content)
        path.chmod(0o600)
    with pytest.raises(KeyFileError, match=f"{name} {rule}"):
        keys.load_keys(tmp_path)


def test_keys_of_two_kinds_are_not_confused(tmp_path: Path) -> None:
    keys.make_keys(tmp_path)
    folder = tmp_path / "keys"
    (folder / "signing.pem").write_bytes((folder / "sealing.pem").read_bytes())
    with pytest.raises(KeyFileError, match="is no Ed25519 key"):
        keys.load_keys(tmp_path)


def test_a_rotated_sealing_key_still_opens_and_a_second_rotation_keeps_both(tmp_path: Path) -> None:
    keys.make_keys(tmp_path)
    rings = [keys.load_keys(tmp_path)]
    for _ in range(2):
        time.sleep(0.01)  # the order of the older keys is that of their files
        keys.rotate_key(tmp_path, "sealing")
        rings.append(keys.load_keys(tmp_path))
    assert [key.private_bytes_raw() for key in rings[2].older_sealing] == [
        rings[1].sealing.private_bytes_raw(),
        rings[0].sealing.private_bytes_raw(),
    ]
    assert rings[2].signing.private_bytes_raw() == rings[0].signing.private_bytes_raw()


def test_the_certificate_is_for_the_endpoint_and_passes_a_strict_reader_that_pins_it(tmp_path: Path) -> None:
    certificate.make_certificate(tmp_path, endpoint="https://node.ro.example:8443", at=AT)
    made = certificate.load_certificate(tmp_path)
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["node.ro.example", "localhost"]
    assert certificate.key_path(tmp_path).stat().st_mode & 0o777 == 0o600
    pinned = ssl.create_default_context(cadata=certificate.pem_of(tmp_path))
    pinned.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    assert pinned.cert_store_stats()["x509"] == 1


def test_an_authority_signs_and_a_certificate_without_its_key_is_refused(tmp_path: Path) -> None:
    authority = certificate.make_authority(tmp_path / "authority", name="Example authority", at=AT)
    again = certificate.make_authority(tmp_path / "authority", name="Other", at=AT)
    assert again.certificate == authority.certificate
    certificate.make_certificate(tmp_path, endpoint="https://192.0.2.7", at=AT, authority=authority)
    made = certificate.load_certificate(tmp_path)
    made.verify_directly_issued_by(authority.certificate)
    (tmp_path / "other").mkdir()
    certificate.make_certificate(tmp_path / "other", endpoint="https://192.0.2.8", at=AT)
    certificate.key_path(tmp_path).write_bytes(certificate.key_path(tmp_path / "other").read_bytes())
    with pytest.raises(KeyFileError, match="does not belong to"):
        certificate.load_certificate(tmp_path)
