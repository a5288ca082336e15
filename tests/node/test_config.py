"""The file of settings: every fault by its key and rule, and what is written is read again."""

import os
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.base.ids import InstrumentId, MemberId
from tocsin.base.this_node import Limits
from tocsin.node.config import (
    FILE,
    Config,
    Listen,
    Logs,
    Web,
    Worker,
    config_of,
    home_named,
    in_force,
    load,
    save,
    written,
)
from tocsin.node.errors import ConfigFaultyError, HomeMissingError
from tocsin.retention.rules.policy import Policy, Rule

GOOD: dict[str, Any] = {
    "member": "ro",
    "name": "Example point of Romania",
    "kind": "state",
    "country": "RO",
    "zone": "Europe/Bucharest",
    "endpoint": "https://node.ro.example:8443",
    "origin": "node.ro.example/ro/journal",
}
HOME = Path("/nowhere")


def test_the_least_that_must_be_told_is_enough() -> None:
    config = config_of(GOOD, home=HOME)
    assert config.listen == Listen(host="0.0.0.0", port=8443)  # noqa: S104 - the usual one
    assert (config.exercise, config.private_endpoints, config.hub) == (False, False, None)
    assert config.limits == Limits()


@pytest.mark.parametrize(
    ("key", "value", "rule"),
    [
        ("member", "RO", "member is 1 to 40 small letters"),
        ("member", None, "member is missing"),
        ("member", 7, "member is 1 to 40 small letters"),
        ("name", "two\nlines", "name is one line"),
        ("kind", "ministry", "kind is one of state, provider, hub, private"),
        ("country", "Romania", "country is the ISO 3166-1 code"),
        ("country", "QQ", "zone, country, subdivision name a place and its holidays"),
        ("zone", "Europe/Atlantis", "zone is a time zone"),
        ("subdivision", "ZZ", "zone, country, subdivision name a place"),
        ("endpoint", "http://node.ro.example", "endpoint is an address like https"),
        ("endpoint", "https://node.ro.example/path", "endpoint is https, a host in small letters"),
        ("origin", "with space", "origin is 1 to 180 printable characters"),
        ("languages", "ro", "languages is a list"),
        ("languages", ["Romanian"], "languages is a list in which each is the ISO 639 code"),
        ("phone", "112", "phone is empty or an international number"),
        ("competences", ["Budapest 29"], "competences is a list in which each is an instrument"),
        ("exercise", "yes", "exercise is true or false"),
        ("listen", {"port": 0}, "listen.port is a whole number from 1 to 65535"),
        ("listen", {"port": True}, "listen.port is a whole number"),
        ("listen", {"host": "node.example"}, "listen.host is an address of this machine"),
        ("listen", "0.0.0.0:8443", "listen is a table"),
        ("database", {"url": "mysql://x/y"}, "database.url is an address like postgresql"),
        ("limits", {"letter_bytes": 1}, "limits.letter_bytes is a whole number from 16384"),
        ("limits", {"letter_bytes": 4194304, "batch_bytes": 65536}, "limits.batch_bytes is no less than"),
        ("web", {"metrics_from": ["everywhere"]}, "web.metrics_from is a list in which each is a network"),
        ("retention", {"erase": "never"}, "retention.erase is one of automatically, by-decision"),
        ("retention", {"rules": [{"name": "x"}]}, "retention.rules rule 1: each has name, instruments, days, source"),
        ("retention", {"days": -1}, "retention.days is a whole number from 0"),
        ("logs", {"level": "loud"}, "logs.level is one of debug, info, warning, error"),
        ("memeber", "ro", "memeber is no key of this file (did you mean member?)"),
        ("limits", {"leter_bytes": 1}, "limits.leter_bytes is no key of this file (did you mean limits.letter_bytes?)"),
    ],
)
def test_a_fault_is_named_by_its_key_and_rule(key: str, value: object, rule: str) -> None:
    table = {name: told for name, told in {**GOOD, key: value}.items() if told is not None}
    with pytest.raises(ConfigFaultyError) as raised:
        config_of(table, home=HOME)
    assert rule in str(raised.value)


def test_every_fault_is_named_at_once() -> None:
    with pytest.raises(ConfigFaultyError) as raised:
        config_of({**GOOD, "member": "RO", "zone": "x", "web": {"threads": 0}, "extra": 1}, home=HOME)
    said = str(raised.value)
    assert all(key in said for key in ("member", "zone", "web.threads", "extra"))


def test_a_hub_has_no_other_hub() -> None:
    with pytest.raises(ConfigFaultyError, match="hub is this member itself"):
        config_of({**GOOD, "kind": "hub", "hub": "other"}, home=HOME)


_line = st.text(
    st.characters(min_codepoint=32, exclude_characters="\x7f", exclude_categories=["Cs"]), min_size=1, max_size=40
)


@given(
    name=_line,
    exercise=st.booleans(),
    hub=st.sampled_from([None, MemberId("hub")]),
    competences=st.lists(st.sampled_from(["budapest-29-preserve", "eev-epoc"]), unique=True),
    threads=st.integers(1, 64),
    level=st.sampled_from(["debug", "info", "warning", "error"]),
    letter_bytes=st.integers(16384, 65536),
    url=st.sampled_from([None, "postgresql://a:b@db.example/ro"]),
)
def test_what_is_written_is_read_again(
    name: str,
    exercise: bool,  # noqa: FBT001 - Hypothesis passes it by name
    hub: MemberId | None,
    competences: list[str],
    threads: int,
    level: str,
    letter_bytes: int,
    url: str | None,
) -> None:
    config = Config(
        home=HOME,
        **{key: value for key, value in GOOD.items() if key not in {"name", "member"}},
        member=MemberId("ro"),
        name=name,
        listen=Listen("127.0.0.1", 8443),
        exercise=exercise,
        hub=hub,
        competences=tuple(map(InstrumentId, competences)),
        database_url=url,
        limits=Limits(letter_bytes=letter_bytes),
        web=Web(threads=threads, metrics_from=("10.0.0.0/8",)),
        worker=Worker(concurrency=3),
        logs=Logs(level=level),
        retention=Policy(days=threads, rules=(Rule("orders", 30, 'Law "1/2026"', (InstrumentId("eev-epoc"),)),)),
    )
    assert config_of(tomllib.loads(written(config)), home=HOME) == config


def test_a_home_without_a_node_and_a_broken_file_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(HomeMissingError, match="tocsin init"):
        load(tmp_path)
    (tmp_path / FILE).write_text("member = ")
    with pytest.raises(ConfigFaultyError, match="it is not TOML"):
        load(tmp_path)


def test_a_saved_config_is_closed_to_others_and_loads(tmp_path: Path) -> None:
    config = config_of(GOOD, home=tmp_path)
    save(config)
    assert load(tmp_path) == config
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


def test_the_home_is_told_or_named_or_usual(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_HOME", str(tmp_path))
    assert home_named() == tmp_path
    assert home_named(Path("/told")) == Path("/told")
    assert in_force() is None
    monkeypatch.delenv("TOCSIN_HOME")
    monkeypatch.setitem(os.environ, "HOME", "/usual")
    assert home_named() == Path("/usual/.tocsin")
