"""Letters between two nodes while processes of both are killed with SIGKILL at random instants, round after round.

``TOCSIN_KILL_ROUNDS`` says how many rounds, ``TOCSIN_SEED`` chooses the same victims and pauses again (which
instant of its work a process is killed in remains its own). The seed is printed, and stands in every failure.
"""

import contextlib
import os
import random
import secrets
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from tests.journeys.ledger import check_all_there, check_nothing_lost, waiting
from tests.journeys.pair import Country, Pair, listens, pair_of_nodes, wait_for
from tests.journeys.scribes import RACES, Scribe, Shelf

pytestmark = [
    pytest.mark.kill,
    pytest.mark.slow,
    pytest.mark.xdist_group("kill"),
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]

ROUNDS = int(os.environ.get("TOCSIN_KILL_ROUNDS", "40"))
SEED = int(os.environ.get("TOCSIN_SEED") or secrets.randbelow(2**32))
LONGEST_PAUSE = 0.4
"""Seconds into a round at most before somebody is killed; letters are written all the time."""
CHECK_EVERY = 10
MOST_ENDS = 4
"""After so many ends in a row a supervisor waits longer than a round; then it is killed itself, and begins anew."""
VICTIMS = {"answers": 26, "web": 20, "worker": 34, "supervisor": 10, "backend": 6, "postmaster": 4}
"""How often each is chosen, of a hundred."""
QUIET_SECONDS = 120


@dataclass
class Executioner:
    """Kills a random process of a random node, and starts again what nobody else does."""

    pair: Pair
    chance: random.Random
    ends: Counter[tuple[str, str]] = field(default_factory=Counter)
    killed: Counter[str] = field(default_factory=Counter)

    def strike(self) -> str:
        """Kill somebody now; who it was."""
        member = self.chance.choice(["ro", "pt"])
        what = self.chance.choices(list(VICTIMS), weights=list(VICTIMS.values()))[0]
        part = "web" if what == "answers" else what
        if self.ends[member, part] >= MOST_ENDS:
            what = "supervisor"
        done = self._kinds()[what](self.pair[member], what)
        self.killed[done] += 1
        return f"{done} of {member}"

    def _kinds(self) -> dict[str, Callable[[Country, str], str]]:
        return {
            "supervisor": self._supervisor,
            "web": self._child,
            "answers": self._child,
            "worker": self._child,
            "backend": self._backend,
            "postmaster": self._postmaster,
        }

    def _supervisor(self, country: Country, what: str) -> str:
        process = country.running.process
        process.kill()
        process.wait()
        for key in [key for key in self.ends if key[0] == country.member]:
            del self.ends[key]
        time.sleep(self.chance.uniform(0, LONGEST_PAUSE))
        country.start()
        return what

    def _child(self, country: Country, what: str) -> str:
        pid = country.children().get(what)
        if pid is None:  # it is just being started again: the one that starts it is there always
            return self._supervisor(country, "supervisor")
        _kill(pid)
        self.ends[country.member, "web" if what == "answers" else what] += 1
        return what

    def _backend(self, country: Country, what: str) -> str:
        """One process of PostgreSQL that serves a connection of this node: all connections of both nodes end."""
        with contextlib.suppress(psycopg.Error):
            found = country.rows(
                "select pid from pg_stat_activity where usename = current_user and pid <> pg_backend_pid()"
                " order by state_change desc"
            )
            if found:
                _kill(self.chance.choice(found)[0])
        return what

    def _postmaster(self, _country: Country, what: str) -> str:
        if self.pair.server.pid is not None:
            _kill(self.pair.server.pid)
            wait_for(self.pair.server.restart_if_dead, "the end of PostgreSQL")
        return what


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def test_no_receipted_letter_is_lost_doubled_or_unjournalled_whoever_is_killed_when(
    tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    with capsys.disabled():
        sys.stdout.write(f"\nkills: TOCSIN_KILL_ROUNDS={ROUNDS} TOCSIN_SEED={SEED}\n")
    folder = tmp_path_factory.mktemp("kill")
    try:
        said = _rounds(folder)
    except BaseException as failure:
        failure.add_note(f"TOCSIN_SEED={SEED} TOCSIN_KILL_ROUNDS={ROUNDS}; homes, logs and databases: {folder}")
        raise
    with capsys.disabled():
        sys.stdout.write(said)


def _rounds(folder: Path) -> str:
    """All rounds, and what has to hold after them; what happened, in a line."""
    chance = random.Random(SEED)  # noqa: S311 - chooses victims, keeps no secret
    with pair_of_nodes(folder) as pair:
        shelf = Shelf()
        scribes = [Scribe(each.desk, shelf, seed=chance.getrandbits(32)) for each in pair]
        executioner = Executioner(pair, chance)
        for each in scribes:
            each.start()
        try:
            for number in range(1, ROUNDS + 1):
                _round(pair, shelf, executioner, number)
        finally:
            for each in scribes:
                each.enough.set()
        for each in scribes:
            each.finish()
        _come_to_rest(pair)
        count = check_all_there(pair, shelf.accepted)
        for country in pair:
            audited = country.run("journal", "audit")
            assert audited.returncode == 0, f"{audited.stdout}{audited.stderr}"
        strange = set(shelf.refused) - RACES
        assert not strange, f"refused for {strange}"
        assert shelf.count >= ROUNDS, f"only {shelf.count} letters in {ROUNDS} rounds"
    killed = ", ".join(f"{what} {times}" for what, times in sorted(executioner.killed.items()))
    return f"{count} letters, {shelf.count} answered with 201, {shelf.cut_off} calls cut off; killed: {killed}\n"


def _round(pair: Pair, shelf: Shelf, executioner: Executioner, number: int) -> None:
    """Let letters be written, kill somebody in the middle of it, and see that writing goes on."""
    before = shelf.count
    time.sleep(executioner.chance.uniform(0, LONGEST_PAUSE))
    whom = executioner.strike()
    said = f"round {number}, after the kill of {whom}"
    wait_for(lambda: _up(pair), f"both nodes to listen again ({said})")
    wait_for(lambda: shelf.count > before, f"the next letter ({said})")
    if number % CHECK_EVERY == 0:
        try:
            check_nothing_lost(pair)
        except AssertionError as broken:
            raise AssertionError(f"{said}: {broken}") from broken


def _up(pair: Pair) -> bool:
    """Whether both nodes listen; one that would not start while PostgreSQL recovers is started again, as at boot."""
    for each in pair:
        if each.running.process.poll() is not None:
            each.start()
    return all(listens(each.port) for each in pair)


def _come_to_rest(pair: Pair) -> None:
    """Nobody is killed any more: all that was accepted arrives, and is receipted."""
    wait_for(lambda: _up(pair), "both nodes to listen")
    for each in pair:
        each.wait_until_ready()
    wait_for(lambda: not waiting(pair), "all letters to arrive", seconds=QUIET_SECONDS)
