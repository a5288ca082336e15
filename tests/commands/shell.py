"""Running commands in this process, as the console script does once a node runs in it."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from tocsin.node import main


@dataclass(frozen=True)
class Said:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Shell:
    """The command line of the node that this process is, with somebody's token."""

    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch

    def act_as(self, token: str) -> None:
        self.monkeypatch.setenv("TOCSIN_TOKEN", token)

    def run(self, *words: str) -> Said:
        self.capsys.readouterr()
        try:
            code = main._call(main._all_commands(), list(words))
        except Exception as error:  # noqa: BLE001 - as the console script does
            code = main._say(error, as_json="--json" in words)
        told = self.capsys.readouterr()
        return Said(code, told.out, told.err)

    def done(self, *words: str) -> Said:
        """The same, for what has to work."""
        said = self.run(*words)
        assert said.code == 0, said.err
        return said
