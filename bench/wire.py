"""What a letter costs between two real nodes, against the floor; and how long a single one takes.

Two processes with a database each on one embedded PostgreSQL that keeps what it says: this one writes
and delivers, the other one answers behind granian and TLS. The handler takes every letter and does
nothing with it, as the floor does nothing either; what requests do with a letter is theirs to measure.

    PYTHONPATH=src:. python -m bench.wire [letters]

CPU is that of all processes of both nodes; with the database's it stands beside it.
"""

import json
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from tests.wire.node_process import become
from tests.wire.processes import NodeProcess, drop_template, make_template

from bench.floor import BATCH, Floor, a_payload
from tocsin.base.ids import MemberId
from tocsin.base.instant import true_now
from tocsin.node.database import Server, ensure_database

_TICK = os.sysconf("SC_CLK_TCK")
SINGLES = 100


@dataclass(frozen=True, slots=True)
class Cost:
    """Microseconds a letter."""

    programs: float
    database: float
    clock: float

    @property
    def whole(self) -> float:
        """CPU of the programs and of the database together."""
        return self.programs + self.database


def cpu_of(pid: int) -> float:
    """Seconds of CPU that a process has used; 0 when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICK


def children_of(pid: int) -> Iterator[int]:
    """The process and all below it."""
    yield pid
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for child in listed:
        yield from children_of(int(child))


def own_cpu() -> float:
    """Seconds of CPU of this process, all threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


class Meter:
    """CPU of this process, of others, and of a PostgreSQL, around something."""

    def __init__(self, *, postmaster: int, others: Callable[[], list[int]]) -> None:
        self._postmaster, self._others = postmaster, others

    def cost(self, run: Callable[[], object], *, letters: int) -> Cost:
        """What ``run`` costs for each of ``letters``."""
        before = self._read()
        began = time.perf_counter()
        run()
        clock = time.perf_counter() - began
        after = self._read()
        programs, database = (after[n] - before[n] for n in range(2))
        return Cost(*(seconds / letters * 1e6 for seconds in (programs, database, clock)))

    def _read(self) -> tuple[float, float]:
        others = sum(cpu_of(pid) for root in self._others() for pid in children_of(root))
        return own_cpu() + others, sum(cpu_of(pid) for pid in children_of(self._postmaster))


def floor_cost(url: str, meter: Meter, *, letters: int) -> Cost:
    """What a letter costs at the floor."""
    floor = Floor(url)
    try:
        floor.batch([a_payload(n) for n in range(BATCH)])
        batches = [[a_payload(n) for n in range(at, at + BATCH)] for at in range(0, letters, BATCH)]
        return meter.cost(lambda: [floor.batch(batch) for batch in batches], letters=letters)
    finally:
        floor.close()


@contextmanager
def two_nodes(server: Server, folder: Path) -> Iterator[NodeProcess]:
    """This process as ro and another one as pt, each with its own database and the other's card."""
    url = ensure_database(server.url, "bench", password="for one run")
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("alter role bench createdb")
    template = make_template(url)
    ro, pt = (NodeProcess(MemberId(name), folder / name, url, template) for name in ("ro", "pt"))
    ro.cards.append(pt.card)
    pt.cards.append(ro.card)
    try:
        pt.start()
        become(ro.told())
        from tests.wire.desks import know  # noqa: PLC0415 - needs Django set up

        know(pt.card, since=pt.card.card.issued)
        yield pt
    finally:
        from django.db import connections  # noqa: PLC0415

        connections.close_all()
        pt.close()
        ro.close()
        drop_template(url, template)


def post_letters(count: int) -> None:
    """Write letters as large as the floor's, each in a thread of its own, one commit for a batch."""
    from django.db import transaction  # noqa: PLC0415 - needs Django set up
    from tests.wire.letters import write_many  # noqa: PLC0415

    bodies = [json.loads(a_payload(n))["body"] for n in range(count)]
    for at in range(0, count, BATCH):
        with transaction.atomic():
            write_many(bodies[at : at + BATCH])


def deliver_all() -> None:
    """Send until nothing waits."""
    from tocsin.wire.acts.deliver import deliver  # noqa: PLC0415

    while deliver(MemberId("pt"), at=true_now()):
        pass


def round_trips(count: int) -> list[float]:
    """Milliseconds from the writing of one letter to its verified receipt in our database."""
    times = []
    for _ in range(count):
        began = time.perf_counter()
        post_letters(1)
        deliver_all()
        times.append((time.perf_counter() - began) * 1000)
    return times


def main(letters: int) -> None:
    """Measure floor and product in one run and print both."""
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder, Server(Path(folder) / "database") as server:
        pid = server.pid
        assert pid is not None
        with two_nodes(server, Path(folder)) as pt:
            meter = Meter(postmaster=pid, others=lambda: [pt.pid])
            floor = floor_cost(server.url, meter, letters=letters)
            post_letters(2 * BATCH)
            deliver_all()
            real = meter.cost(lambda: (post_letters(letters), deliver_all()), letters=letters)
            singles = round_trips(SINGLES)
    ratio = real.programs / floor.programs
    print(
        f"floor    {floor.programs:6.0f} µs of CPU a letter, with the database {floor.whole:6.0f}; {floor.clock:6.0f} by the clock"
    )
    print(
        f"product  {real.programs:6.0f} µs of CPU a letter, with the database {real.whole:6.0f}; {real.clock:6.0f} by the clock"
    )
    print(f"ratio    {ratio:6.2f} (at most 3), with the database {real.whole / floor.whole:6.2f}")
    low, middle, high = (statistics.quantiles(singles, n=20)[n] for n in (0, 9, 18))
    print(f"single   {middle:6.1f} ms median (under 60), {low:.1f} to {high:.1f} for nine in ten")
    print(f"load     {os.getloadavg()[0]:.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
