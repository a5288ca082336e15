"""What a letter costs between two real nodes, against the floor; and how long a single one takes.

Two processes with a database each on one embedded PostgreSQL that keeps what it says: this one writes
and delivers, the other one answers behind granian and TLS. First the wire alone: the handler takes every
letter and does nothing with it, as the floor does nothing either. Then with the product's own handlers and
asks as an officer sends them, with the six clocks of an ask under Article 29 between two Member States: each
opens a request at the receiver, and each receipt starts the clocks of the sender's. The sender's rows are
there before: opening them is the officer's act, which writes one letter and not fifty.

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
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from tests.tables import SHARED_VARIABLE, drop_tables, tables
from tests.wire.node_process import become, prepare, take_letters
from tests.wire.processes import NodeProcess

from bench.floor import BATCH, Floor, a_payload
from tocsin.base.actor import Actor
from tocsin.base.ids import MemberId, RequestId, new_uuid
from tocsin.base.instant import true_now
from tocsin.node import collector
from tocsin.node.database import Server, ensure_database

_TICK = os.sysconf("SC_CLK_TCK")
SINGLES = 100
ASKED_RATIO, ASKED_MS = 3, 60
PRESERVE = "budapest-29-preserve"
Bodies = Callable[[int], dict[str, Any]]
"""What the letter of this number says."""


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
    """The process and all below it; of one that is gone meanwhile nothing more."""
    yield pid
    with suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
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
        return meter.cost(lambda: floor.run(batches), letters=letters)
    finally:
        floor.close()


@contextmanager
def two_nodes(server: Server, folder: Path) -> Iterator[NodeProcess]:
    """Two nodes: ro in this process and pt in another one, each with its own database and the other's card."""
    url = ensure_database(server.url, "bench", password="for one run")
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("alter role bench createdb")
    os.environ[SHARED_VARIABLE] = str(folder)
    template = tables(url)
    ro, pt = (NodeProcess(MemberId(name), folder / name, url, template) for name in ("ro", "pt"))
    ro.cards.append(pt.card)
    pt.cards.append(ro.card)
    try:
        pt.start()
        become(ro.told())
        prepare(ro.told())
        yield pt
    finally:
        from django.db import connections  # noqa: PLC0415

        connections.close_all()
        pt.close()
        ro.close()
        drop_tables(url)


def post_letters(count: int, bodies: Bodies) -> None:
    """Write letters, each in a thread of its own, one commit for a batch."""
    write_to([new_uuid() for _ in range(count)], list(map(bodies, range(count))))


def write_to(threads: Sequence[str], said: Sequence[dict[str, Any]]) -> None:
    """Write the first letter of each thread, which says this, one commit for a batch."""
    from django.db import transaction  # noqa: PLC0415 - needs Django set up
    from tests.wire.letters import write_many  # noqa: PLC0415

    for at in range(0, len(threads), BATCH):
        batch = [RequestId(thread) for thread in threads[at : at + BATCH]]
        with transaction.atomic():
            write_many(said[at : at + BATCH], threads=batch)


def open_requests(count: int) -> list[str]:
    """Rows for so many requests of this node, as the acts of its officers would have left them."""
    from django.db import transaction  # noqa: PLC0415

    from tocsin.journal import acts as journal  # noqa: PLC0415
    from tocsin.requests.entries import RequestOpened  # noqa: PLC0415
    from tocsin.requests.models import Request, add_requests  # noqa: PLC0415

    at, ids = true_now(), [new_uuid() for _ in range(count)]
    row = {"side": "asker", "counterpart": "pt", "instrument": PRESERVE}
    with transaction.atomic():
        add_requests(
            [Request(id=each, opened_at=at, changed_at=at, next_look=at, state="asked", **row) for each in ids]
        )
        entries = [RequestOpened(request=each, parent="", validation_follows=False, **row) for each in ids]
        journal.record_all(entries, by=Actor.node(MemberId("ro")), at=at)
    return ids


def plain_body(number: int) -> dict[str, Any]:
    """What the floor's letters say."""
    body: dict[str, Any] = json.loads(a_payload(number))["body"]
    return body


def asked_body(number: int) -> dict[str, Any]:
    """A request for preservation that requests take: of the same kind, with more in it."""
    from tests.requests.said import ask  # noqa: PLC0415

    from tocsin.law.instrument import instrument  # noqa: PLC0415
    from tocsin.requests.rules.letters import body_payload  # noqa: PLC0415
    from tocsin.requests.rules.marks import CarriedClock  # noqa: PLC0415

    said, law = json.loads(a_payload(number))["body"], instrument(PRESERVE)
    own = [CarriedClock(id=each.id, of=law.id) for each in law.clocks]
    also = [CarriedClock(id=each.clock, of=each.of) for each in law.also]
    form = {
        "facts": said["case"],
        "identifiers": [{"type": "account", "value": said["account"], "service": "mail.example"}],
    }
    return dict(body_payload(ask(form=form, case_reference=f"RO {number}/2026", clocks=(*own, *also))))


def deliver_all() -> None:
    """Send until nothing waits; what was not delivered is not measured."""
    from tocsin.wire.acts.deliver import deliver  # noqa: PLC0415
    from tocsin.wire.models import Line, Outgoing  # noqa: PLC0415

    while deliver(MemberId("pt"), at=true_now()):
        pass
    if Outgoing.objects.exists():
        reasons = [
            *Outgoing.objects.values_list("problem", flat=True)[:1],
            *Line.objects.values_list("reason", flat=True),
        ]
        raise SystemExit(f"letters were not delivered: {reasons}")


def exchange(threads: Sequence[str], said: Sequence[dict[str, Any]]) -> None:
    """Write the letters that open these threads and send them; what they say is there before, as at the floor."""
    write_to(threads, said)
    deliver_all()


def check_clocks(pt: NodeProcess, letters: int) -> None:
    """See that what is measured was done: both sides have every request, with the eight hours running."""
    from django.db import connection  # noqa: PLC0415

    asked = (
        "select count(*) from requests_request where due_clock = 'dir2013_40.13.1.urgent' and due_strict is not null"
    )
    with connection.cursor() as cursor:
        cursor.execute(asked)
        ours = cursor.fetchone()[0]
    theirs = pt.rows(asked)[0][0]
    if min(ours, theirs) < letters:
        raise SystemExit(f"{letters} requests should have their clocks: {ours} have at the sender, {theirs} beyond")


def round_trips(count: int, bodies: Bodies) -> list[float]:
    """Milliseconds from the writing of one letter to its verified receipt in our database."""
    times = []
    for _ in range(count):
        began = time.perf_counter()
        post_letters(1, bodies)
        deliver_all()
        times.append((time.perf_counter() - began) * 1000)
    return times


def main(letters: int) -> None:
    """Measure floor and product in one run and print both."""
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder, Server(Path(folder) / "database") as server:
        measure(server, Path(folder), letters=letters)


def measure(server: Server, folder: Path, *, letters: int) -> None:
    """The floor, then the wire alone, then with requests on both sides."""
    if server.pid is None:
        raise SystemExit("the database is not ours to measure")
    with two_nodes(server, folder) as pt:
        meter = Meter(postmaster=server.pid, others=lambda: [pt.pid])
        collector.settle()  # as a node does when it has loaded everything; good for the floor as well
        floor = floor_cost(server.url, meter, letters=letters)
        say("floor", floor, floor)
        post_letters(2 * BATCH, plain_body)
        deliver_all()
        plain = list(map(plain_body, range(letters)))
        real = meter.cost(lambda: exchange([new_uuid() for _ in plain], plain), letters=letters)
        say("wire", real, floor)
        say_times("single", round_trips(SINGLES, plain_body))
        pt.kill()
        pt.requests = True
        pt.start()
        take_letters({"requests": True})
        collector.settle()
        post_letters(2 * BATCH, asked_body)
        deliver_all()
        threads, asked = open_requests(letters), list(map(asked_body, range(letters)))
        floor = floor_cost(server.url, meter, letters=letters)  # again: the machine may have more to do by now
        say("floor", floor, floor)
        whole = meter.cost(lambda: exchange(threads, asked), letters=letters)
        check_clocks(pt, letters)
        say("wire and requests", whole, floor)
        say_times("single, with requests", round_trips(SINGLES, asked_body))


def say(name: str, cost: Cost, floor: Cost) -> None:
    """Print what a letter costs, and how many times the floor that is."""
    print(
        f"{name:<22}{cost.programs:6.0f} µs of CPU a letter, with the database {cost.whole:6.0f};"
        f" {cost.clock:6.0f} by the clock; {cost.programs / floor.programs:.2f} times the floor"
        f" (with the database {cost.whole / floor.whole:.2f}); asked: at most {ASKED_RATIO}"
        f" [load {os.getloadavg()[0]:.2f}]",
        flush=True,
    )


def say_times(name: str, times: list[float]) -> None:
    """Print how long one letter takes there and back."""
    low, middle, high = (statistics.quantiles(times, n=20)[n] for n in (0, 9, 18))
    print(
        f"{name:<22}{middle:6.1f} ms median, {low:.1f} to {high:.1f} for nine in ten; asked: under {ASKED_MS}",
        flush=True,
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
