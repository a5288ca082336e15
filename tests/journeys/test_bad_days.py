"""What may happen to a machine under a running node: its database goes away, its clock jumps, its disk is full."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.ledger import directions
from tests.journeys.pair import Country, Pair, pair_of_nodes, wait_for, with_clock
from tests.journeys.scribes import urgent
from tests.node.running import serve
from tocsin.node.demo.desk import Desk, RefusedError

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("bad-days"),
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]

HOUR = 3600
DISK = "160m"


def sent(desk: Desk, reference: str) -> Any:
    return desk.send(desk.draft(urgent(desk.member, reference))["draft"])


def arrived_once(pair: Pair, *letters: Any) -> None:
    """These letters stand once at both sides, and both records are whole."""
    for letter in letters:
        places = [row for way in directions(pair) for row in (*way.sent, *way.received) if row[0] == letter["sha256"]]
        assert len(places) == 2
    for each in pair:
        audited = each.run("journal", "audit")
        assert audited.returncode == 0, audited.stdout + audited.stderr


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path | None]:
    """A small disk of its own, where this machine lets somebody mount one."""
    place = tmp_path_factory.mktemp("disk")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", place], check=False)
    yield place if mounted.returncode == 0 else None
    if mounted.returncode == 0:
        subprocess.run(["umount", place], check=True)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, disk: Path | None) -> Iterator[Pair]:
    """Two nodes that met two hours ago, so that no clock that jumps an hour goes back behind their cards."""
    folder = disk or tmp_path_factory.mktemp("bad-days")
    with pair_of_nodes(folder, exercise=False, met=2 * HOUR) as nodes:
        yield nodes


# --- The database -------------------------------------------------------------------------------


def test_a_database_that_goes_away_is_said_to_be_away_and_what_was_accepted_arrives(pair: Pair) -> None:
    desk = pair["ro"].desk()
    draft = desk.draft(urgent("ro", "before"))
    accepted = sent(desk, "accepted")
    assert pair.server.pid is not None
    os.kill(pair.server.pid, signal.SIGKILL)
    with pytest.raises(RefusedError) as refused:
        desk.send(draft["draft"])
    assert (refused.value.problem["status"], refused.value.problem["code"]) == (503, "api.away")
    wait_for(pair.server.restart_if_dead, "the end of PostgreSQL")
    for each in pair:
        each.wait_until_ready()
    desk.wait_receipt(accepted["request"], accepted["sha256"])
    again = desk.send(draft["draft"])  # nothing was half done: the draft is as it was
    desk.wait_receipt(again["request"], again["sha256"])
    arrived_once(pair, accepted, again)


# --- The disk -----------------------------------------------------------------------------------


def test_a_full_disk_takes_nothing_says_so_and_loses_nothing(pair: Pair, disk: Path | None) -> None:
    if disk is None:
        pytest.skip("this machine lets nobody mount a small disk")
    desk = pair["ro"].desk()
    before = sent(desk, "before the disk is full")
    desk.wait_receipt(before["request"], before["sha256"])
    accepted, refused = [], None
    with full(disk):
        for number in range(2000):
            try:
                accepted.append(sent(desk, f"on a disk that fills {number}"))
            except RefusedError as error:
                refused = error.problem
                break
    assert refused is not None, "two thousand requests went onto a full disk"
    assert (refused["status"], refused["code"]) == (507, "api.disk-full"), (refused, pair["ro"].events()[-8:])
    if pair.server.restart_if_dead():  # it ends when it cannot write its own log
        pass
    for each in pair:
        each.wait_until_ready()
    after = sent(desk, "after room was made")
    for letter in [*accepted, after]:
        desk.wait_receipt(letter["request"], letter["sha256"])
    arrived_once(pair, before, *accepted, after)


@contextlib.contextmanager
def full(disk: Path) -> Iterator[None]:
    """Leave no byte free on a disk, for a while."""
    ballast = disk / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            with contextlib.suppress(OSError):
                while file.write(bytes(size)) == size:
                    pass
    try:
        yield
    finally:
        ballast.unlink()


# --- The clock ----------------------------------------------------------------------------------


@pytest.fixture
def jumping(pair: Pair, tmp_path: Path) -> Iterator[Path]:
    """State A's machine has a clock that can be put forward and back: by this file."""
    file, country = tmp_path / "clock", pair["ro"]
    file.write_text("0")
    country.stop()
    country.node = serve(country.home, port=country.port, more=country.told | with_clock(file), anew=True)
    country.wait_until_ready()
    yield file
    country.stop()
    country.start()
    country.wait_until_ready()


@pytest.mark.parametrize("seconds", [-HOUR, HOUR], ids=["back", "ahead"])
def test_a_clock_that_jumps_and_is_put_right_loses_and_doubles_nothing(pair: Pair, jumping: Path, seconds: int) -> None:
    ro, pt = pair["ro"], pair["pt"]
    before = sent(ro.desk(), f"before {seconds}")
    ro.desk().wait_receipt(before["request"], before["sha256"])
    jumping.write_text(str(seconds))
    wrong = sent(ro.desk(), f"in the wrong hour {seconds}")
    reason = wait_for(lambda: why_not(ro), "the other side to say why it takes nothing")
    assert "clock" in reason.lower()
    assert not pt.rows("select 1 from wire_storedletter where sha256 = %s", wrong["sha256"])
    jumping.write_text("0")
    answer = sent(pt.desk(), f"the other way {seconds}")
    pt.desk().wait_receipt(answer["request"], answer["sha256"])
    if seconds < 0:  # what was written in an hour that is over now is taken
        ro.desk().wait_receipt(wrong["request"], wrong["sha256"])
        arrived_once(pair, before, wrong, answer)
        return
    # What says that it was written in an hour's time waits for that hour, and says so; it holds up no other request.
    told = wait_for(lambda: told_of(ro, wrong["sha256"]), "the other side to refuse it for now")
    assert (told["code"], set(told["fields"])) == ("wire.letter-from-the-future", {"written", "now"})
    after = sent(ro.desk(), "in the right hour again")
    ro.desk().wait_receipt(after["request"], after["sha256"])
    arrived_once(pair, before, answer, after)


def why_not(country: Country) -> str:
    """Why the line failed the last time."""
    found = country.rows(
        "select reason from wire_attempt where peer = %s and reason like 'answered 4%%' order by id desc limit 1",
        country.other,
    )
    return str(found[0][0]) if found else ""


def told_of(country: Country, sha256: str) -> Any:
    """What the other side answered for a letter of ours last."""
    found = country.rows(
        "select o.problem from wire_outgoing o join wire_storedletter l on l.id = o.letter_id where l.sha256 = %s",
        sha256,
    )
    return found[0][0] if found else None
