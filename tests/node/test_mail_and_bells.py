"""What a node is told about mail and bells: faults by their key, and checks of what its files hold."""

from pathlib import Path
from typing import Any

import pytest

from tests.mail.scene import FROM, certified
from tests.node.test_checks import GOOD, found, ids
from tocsin.base import instant
from tocsin.mail import post
from tocsin.node import certificate, doctor, keys
from tocsin.node.config import Config, config_of, load, save
from tocsin.node.errors import ConfigFaultyError

MAIL = {"address": FROM, "smtp_host": "mail.authority.example"}
GATEWAY = '[sms]\nlabel = "Text"\nurl = "json://gateway.example/{to}"\ntakes = "phone"\n'


@pytest.fixture
def home(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    keys.make_keys(tmp_path)
    certificate.make_certificate(tmp_path, endpoint=GOOD["endpoint"], at=instant.true_now())
    return tmp_path


def told(home: Path, **sections: Any) -> Config:
    return config_of({**GOOD, **sections}, home=home)


def test_both_are_off_until_they_are_told_and_what_is_told_is_written_and_read_again(home: Path) -> None:
    usual = told(home)
    assert [usual.mail.sends, usual.mail.reads, usual.bells.gateways, usual.bells.push] == [False] * 4
    config = told(
        home,
        mail={**MAIL, "smtp_port": 465, "smtp_security": "tls", "imap_mark_read": True},
        bells={"push": True, "push_contact": f"mailto:{FROM}", "push_hosts": ["*.notify.windows.com"]},
    )
    save(config)
    assert load(home) == config


@pytest.mark.parametrize(
    ("sections", "fault"),
    [
        ({"mail": {"smtp_host": "mail.authority.example"}}, "mail.address is needed where mail is sent"),
        ({"mail": {**MAIL, "smtp_security": "none"}}, "mail.smtp_security is tls or starttls"),
        ({"mail": {**MAIL, "address": "a@x.example\nBcc: b@y.example"}}, "mail.address is one mail address"),
        ({"mail": MAIL, "exercise": True}, "mail.smtp_host is on this machine at a node for exercises"),
        ({"mail": {"imap_host": "imap.example", "imap_security": "none"}}, "mail.imap_security is tls or starttls"),
        ({"mail": {"pop_host": "x"}}, "mail.pop_host is no key of this file"),
        ({"bells": {"push": True}}, "bells.push_contact is needed for push"),
        ({"bells": {"push_hosts": ["https://x"]}}, "bells.push_hosts is a list in which each is the name"),
    ],
)
def test_a_fault_is_named_by_its_key(home: Path, sections: dict[str, Any], fault: str) -> None:
    with pytest.raises(ConfigFaultyError) as error:
        told(home, **sections)
    assert fault in str(error.value)


def signs_with(home: Path, made_in: Path, *, days: int, mode: int = 0o600) -> None:
    made = certified(made_in, f"of-{days}-days", FROM, days=days)
    (home / "keys" / post.KEY).write_bytes(made.key.read_bytes())
    (home / "keys" / post.KEY).chmod(mode)
    (home / "keys" / post.CERTIFICATE).write_bytes(made.certificate.read_bytes())


def test_a_node_that_is_to_send_without_what_signs_does_not_start(home: Path, tmp_path_factory: Any) -> None:
    config, made_in = told(home, mail=MAIL), tmp_path_factory.mktemp("signs")
    assert ids(found(config)) == ["tocsin.E016"]
    signs_with(home, made_in, days=400, mode=0o644)
    assert ids(found(config)) == ["tocsin.E002", "tocsin.E016"] or ids(found(config)) == ["tocsin.E016"]
    signs_with(home, made_in, days=400)
    assert found(config) == []
    signs_with(home, made_in, days=20)
    assert ids(found(config)) == ["tocsin.W017"]
    other = certified(made_in, "another", FROM)
    (home / "keys" / post.CERTIFICATE).write_bytes(other.certificate.read_bytes())
    assert ids(found(config)) == ["tocsin.E016"]
    (home / "keys" / "smtp").write_text("secret")
    (home / "keys" / "smtp").chmod(0o644)
    signs_with(home, made_in, days=400)
    assert "tocsin.E016" in ids(found(config))


def test_bells_without_a_file_that_can_be_read_are_found_and_the_key_for_push_is_made_once(home: Path) -> None:
    config = told(home, bells={"gateways": True, "push": True, "push_contact": f"mailto:{FROM}"})
    assert ids(found(config)) == ["tocsin.E018"]
    file = home / "keys" / "bells.toml"
    file.write_text(GATEWAY)
    file.chmod(0o600)
    assert found(config) == []
    made = (home / "keys" / "vapid.pem").read_bytes()
    assert found(config) == []
    assert (home / "keys" / "vapid.pem").read_bytes() == made
    assert (home / "keys" / "vapid.pem").stat().st_mode & 0o777 == 0o600
    file.write_text(GATEWAY.replace("phone", "anything"))
    assert ids(found(config)) == ["tocsin.E018"]


def test_the_doctor_says_whether_mail_is_off_or_its_server_is_away(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_IMAP_SECRET", "not a secret")
    assert [each.said for each in doctor._mail(told(home))] == ["off: no mail is sent or read"]
    config = told(home, mail={"address": FROM, "imap_host": "127.0.0.1", "imap_port": 1, "imap_security": "none"})
    post.use(config.mail)
    try:
        (finding,) = doctor._mail(config)
    finally:
        post.use(told(home).mail)
    assert (finding.about, finding.state.value) == ("mailbox", "bad")
    assert "refused" in finding.said
