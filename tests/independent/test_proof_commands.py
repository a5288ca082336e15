"""The commands that the verifier prints for what it does not check itself do check it."""

import hashlib
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tests.independent.tools import need
from tests.proof.bundles import Bundle, sha, story
from tests.proof.test_verify_attacks import last_letter, payload, with_files
from tocsin.proof.findings import Kind
from tocsin.proof.verify import is_good, verify

pytestmark = pytest.mark.tools

CONFIGURATION = """
[tsa]
default_tsa = here
[here]
serial = {place}/serial
crypto_device = builtin
signer_cert = {place}/tsa.pem
signer_key = {place}/tsa.key
certs = {place}/authority.pem
default_policy = 1.3.6.1.4.1.55555.1
signer_digest = sha256
digests = sha256
accuracy = secs:1
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
[stamping]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
"""


def run(*command: str | Path, stdin: bytes = b"") -> bytes:
    return subprocess.run(command, input=stdin, capture_output=True, check=True).stdout


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A time-stamping authority of our own, with its certificate in ``authority.pem``."""
    openssl, place = need("openssl"), tmp_path_factory.mktemp("authority")
    (place / "tsa.cnf").write_text(CONFIGURATION.format(place=place))
    (place / "serial").write_text("01\n")
    new = ("-newkey", "ed25519", "-nodes")
    run(openssl, "req", "-x509", *new, "-keyout", place / "authority.key", "-out", place / "authority.pem",
        "-subj", "/CN=Example authority", "-days", "2")  # fmt: skip
    run(openssl, "req", "-newkey", "rsa:2048", "-nodes", "-keyout", place / "tsa.key", "-out", place / "tsa.csr",
        "-subj", "/CN=Example stamps")  # fmt: skip
    run(openssl, "x509", "-req", "-in", place / "tsa.csr", "-CA", place / "authority.pem", "-CAkey",
        place / "authority.key", "-CAcreateserial", "-days", "2", "-extfile", place / "tsa.cnf", "-extensions",
        "stamping", "-out", place / "tsa.pem")  # fmt: skip
    return place


def stamped(authority: Path, content: bytes, *, bare: bool) -> bytes:
    openssl, over = need("openssl"), authority / "over"
    over.write_bytes(content)
    run(openssl, "ts", "-query", "-data", over, "-sha256", "-cert", "-out", authority / "query.tsq")
    token = ("-token_out",) if bare else ()
    reply = ("-queryfile", authority / "query.tsq", "-out", authority / "reply.tsr", *token)
    run(openssl, "ts", "-reply", "-config", authority / "tsa.cnf", *reply)
    return (authority / "reply.tsr").read_bytes()


def with_stamp(authority: Path, *, bare: bool) -> Bundle:
    bundle = story().bundle
    path = "time/001.tst" if bare else "time/001.tsr"
    stamp = replace(bundle.index.stamps[0], path=path, authority="time/authority.pem")
    files = {
        path: stamped(authority, bundle.files[stamp.over], bare=bare),
        "time/authority.pem": (authority / "authority.pem").read_bytes(),
    }
    return with_files(bundle, files, stamps=(stamp,))


def printed(bundle: Bundle, directory: Path, thing: str) -> str:
    """The command that is printed for ``thing`` when all is well."""
    findings = verify(bundle.write(directory), anchors=[bundle.anchor])
    assert is_good(findings)
    (command,) = [one.command for one in findings if one.kind is Kind.NOT_CHECKED and one.thing == thing]
    return command


def shell(command: str, directory: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["sh", "-c", command], cwd=directory, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("bare", [False, True], ids=["an answer", "a bare token"])
def test_openssl_checks_a_time_stamp_by_the_printed_command(authority: Path, tmp_path: Path, *, bare: bool) -> None:
    bundle = with_stamp(authority, bare=bare)
    command = printed(bundle, tmp_path, bundle.index.stamps[0].path)
    answer = shell(command, tmp_path)
    assert (answer.returncode, answer.stdout) == (0, "Verification: OK\n"), answer.stderr
    (tmp_path / bundle.index.stamps[0].over).write_bytes(b"something else")
    assert shell(command, tmp_path).returncode != 0


def test_age_opens_a_sealed_file_by_the_printed_command(tmp_path: Path) -> None:
    age, keys = need("age"), need("age-keygen")
    identity, inside = tmp_path / "key.txt", b"what is inside " * 1000
    run(keys, "-o", identity)
    sealed = run(age, "-r", run(keys, "-y", identity).decode().strip(), stdin=inside)
    attachment = payload(story().bundle.files["letters/005.jws"])["attachments"][0] | {
        "size": len(inside),
        "sha256": sha(inside),
        "sha512": hashlib.sha512(inside).hexdigest(),
        "age_size": len(sealed),
        "age_sha256": sha(sealed),
    }
    bundle = with_files(last_letter(attachments=[attachment])(story().bundle), {"evidence/1/sealed/001.age": sealed})
    directory = tmp_path / "bundle"
    command = printed(bundle, directory, "evidence/1/sealed/001.age").replace("KEY_FILE", str(identity))
    answer = shell(command, directory)
    shown, _, expected = command.rpartition("must show ")
    assert shown.endswith("# ")
    assert answer.stdout == f"{expected}  -\n" == f"{sha(inside)}  -\n"


def test_sha256sum_gives_a_letters_hash_as_the_next_letter_names_it(tmp_path: Path) -> None:
    bundle = story().bundle
    bundle.write(tmp_path)
    answer = shell("sha256sum letters/001.jws", tmp_path)
    assert answer.stdout.split()[0] == payload(bundle.files["letters/004.jws"])["prev"]
