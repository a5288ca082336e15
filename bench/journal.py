"""What the journal costs: appending, the guard, a checkpoint, a proof in a short and a long log, the audit.

    PYTHONPATH=src:. python -m bench.journal [--large]

On an embedded PostgreSQL that keeps what it says. Without ``--large`` the long log has one million
entries, with it ten million (a few minutes and 4 GB of disk). Nothing here fails: it prints ratios to
what was asked for, medians, the spread between the quartiles, and the load of the machine.
"""

import math
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import ClassVar
from urllib.parse import unquote, urlsplit

from tocsin.node.database import Server

ASKED_ENTRIES = 20_000
"""Appended entries a second, in batches."""
ASKED_PROOF = 2.0
"""A proof in the long log costs at most so many times one in the short log."""
SHORT, LONG, LARGE = 10_000, 1_000_000, 10_000_000
GROWTH = (15_000, 30_000, 60_000, 120_000)
CHUNK = 1 << 18

_INSERT = """
INSERT INTO journal_storedentry ("index", log_id, commitment, salt, event, kind, at, changes_rows)
SELECT n, 1, sha256(int8send(n)), sha256(int8send(-n)), '{}', 'bench-filled', now(), false
  FROM generate_series(%s, %s) AS n
"""


@dataclass(frozen=True, slots=True)
class Spread:
    """A median with its quartiles."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """The spread of at least two values."""
        low, median, high = statistics.quantiles(values, n=4)
        return cls(low, median, high)

    def said(self, unit: str, scale: float = 1.0) -> str:
        """As it is printed."""
        return f"{self.median * scale:,.0f} {unit} ({self.low * scale:,.0f} to {self.high * scale:,.0f})"


def timed(work: Callable[[], object], *, rounds: int) -> list[float]:
    """Seconds of each round."""
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return taken


def say(what: str, value: str) -> None:
    """One line of the report."""
    sys.stdout.write(f"{what:52} {value}\n")
    sys.stdout.flush()


# --- A journal to measure -----------------------------------------------------------------------


def use(url: str) -> None:
    """Turn Django to this database."""
    from django.db import connection  # noqa: PLC0415 - Django has to be set up

    connection.close()
    place = urlsplit(url)
    connection.settings_dict.update(
        NAME=place.path.lstrip("/"),
        USER=unquote(place.username or ""),
        PASSWORD=unquote(place.password or ""),
        HOST=place.hostname or "",
        PORT=str(place.port or ""),
    )


def be_a_node(url: str) -> None:
    """Set Django up with this database, and be a node with fresh keys."""
    os.environ["DATABASE_URL"] = url
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tocsin.node.settings")
    import django  # noqa: PLC0415 - after its settings are named

    django.setup()
    from tests.conftest import fresh_keys  # noqa: PLC0415 - Django has to be set up

    from tocsin.base.ids import MemberId  # noqa: PLC0415 - Django has to be set up
    from tocsin.base.this_node import ThisNode, become  # noqa: PLC0415 - Django has to be set up

    become(ThisNode(MemberId("ro"), Path(tempfile.gettempdir()), fresh_keys(), "ro.example/journal"))


def migrate() -> None:
    """The tables of the journal in the database in use."""
    from django.core.management import call_command  # noqa: PLC0415 - Django has to be set up

    call_command("migrate", "journal", verbosity=0)


def fill(size: int) -> None:
    """Let the journal grow to ``size`` entries that PostgreSQL makes, with their tiles, and sign it."""
    from django.db import connection, transaction  # noqa: PLC0415 - Django has to be set up

    from tocsin.base.instant import true_now  # noqa: PLC0415 - Django has to be set up
    from tocsin.journal import acts, reads  # noqa: PLC0415 - Django has to be set up
    from tocsin.journal.acts.append import _complete_tiles  # noqa: PLC0415 - a bench may look inside

    with transaction.atomic():
        append(1)
    for low in range(1, size, CHUNK):
        high = min(low + CHUNK, size)
        with transaction.atomic(), connection.cursor() as cursor:
            head = reads.head()
            assert head is not None
            cursor.execute(_INSERT, [low, high - 1])
            _complete_tiles(head, [sha256(n.to_bytes(8, "big")).digest() for n in range(low, high)])
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE journal_storedentry")
        cursor.execute("VACUUM ANALYZE journal_tile")
    acts.checkpoint(at=true_now())


def append(count: int, *, changes: bool = False) -> None:
    """Append so many entries such as a node makes."""
    from tocsin.base.actor import Actor  # noqa: PLC0415 - Django has to be set up
    from tocsin.base.ids import MemberId  # noqa: PLC0415 - Django has to be set up
    from tocsin.base.instant import true_now  # noqa: PLC0415 - Django has to be set up
    from tocsin.journal import acts  # noqa: PLC0415 - Django has to be set up

    stored, changed = _entries()
    entry = changed if changes else stored
    made = [
        entry(letter=f"{n:032x}", thread="5f0c8f0e-6d3b-4c39-8b3c-0d5a1f2e7c11", sha256="0" * 64) for n in range(count)
    ]
    acts.record_all(made, by=Actor.node(MemberId("ro")), at=true_now())


def _entries() -> tuple[type, type]:
    return _made[0], _made[1]


_made: list[type] = []


def _declare_entries() -> None:
    from tocsin.journal.entries import NOT_ERASED, Entry  # noqa: PLC0415 - Django has to be set up

    @dataclass(frozen=True, slots=True)
    class LetterSeen(Entry):
        kind: ClassVar[str] = "bench-letter-seen"
        erasure: ClassVar[str] = NOT_ERASED
        about_field: ClassVar[str] = "thread"
        changes_rows: ClassVar[bool] = False

        letter: str
        thread: str
        sha256: str

    @dataclass(frozen=True, slots=True)
    class LetterKept(Entry):
        kind: ClassVar[str] = "bench-letter-kept"
        erasure: ClassVar[str] = NOT_ERASED
        about_field: ClassVar[str] = "thread"

        letter: str
        thread: str
        sha256: str

    _made[:] = [LetterSeen, LetterKept]


# --- What is measured ---------------------------------------------------------------------------


def measure_append() -> None:
    """Entries a second in batches, and one alone; and the CPU they take, which other load does not change."""
    backend = _backend()
    for width, rounds in ((1, 300), (50, 100), (1000, 40), (10_000, 6)):
        own, theirs = time.process_time(), cpu_of(backend)
        rates = Spread.of([width / seconds for seconds in timed(partial(_append_in_transaction, width), rounds=rounds)])
        own, theirs = (time.process_time() - own) / width / rounds, (cpu_of(backend) - theirs) / width / rounds
        cpu = f"CPU of {own * 1e6:.0f} µs here and {theirs * 1e6:.0f} µs in the database each"
        say(f"append, {width:,} entries a transaction", f"{rates.said('entries/s')}; {cpu}")
        if width >= 1000:
            unloaded = 1 / (own + theirs)
            ratio = f"{rates.median / ASKED_ENTRIES:.2f} times, {unloaded / ASKED_ENTRIES:.2f} times by CPU alone"
            say(f"  to the {ASKED_ENTRIES:,} asked for", ratio)


def _append_in_transaction(width: int) -> None:
    from django.db import transaction  # noqa: PLC0415 - Django has to be set up

    with transaction.atomic():
        append(width)


def _backend() -> int:
    """The process that serves our connection."""
    from django.db import connection  # noqa: PLC0415 - Django has to be set up

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def cpu_of(pid: int) -> float:
    """Seconds of CPU that a process of this machine has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure_receipts() -> None:
    """What the receipts of a batch of letters cost: entries, a checkpoint, a proof each."""
    from django.db import transaction  # noqa: PLC0415 - Django has to be set up

    from tocsin.base.actor import Actor  # noqa: PLC0415 - Django has to be set up
    from tocsin.base.ids import MemberId  # noqa: PLC0415 - Django has to be set up
    from tocsin.base.instant import true_now  # noqa: PLC0415 - Django has to be set up
    from tocsin.journal import acts, reads  # noqa: PLC0415 - Django has to be set up

    def receipts(count: int) -> None:
        at, (seen, _) = true_now(), _entries()
        with transaction.atomic():
            entries = [seen(letter="a", thread="b", sha256="c") for _ in range(count)]
            places = acts.record_all(entries, by=Actor.node(MemberId("ro")), at=at)
            signed = acts.checkpoint(at=at)
            reads.tlog_proofs([place.index for place in places], checkpoint=signed)

    for count in (1, 50):
        taken = Spread.of([seconds / count for seconds in timed(partial(receipts, count), rounds=100)])
        say(f"entry, checkpoint and proof, {count} at once", taken.said("µs each", 1e6))


def measure_guard() -> None:
    """What it costs that the database demands an entry of an act, and an act of an entry."""
    from django.db import connection, transaction  # noqa: PLC0415 - Django has to be set up

    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")  # the disk's time would hide what is measured
        for table in ("bench_guarded", "bench_free"):
            cursor.execute(f"CREATE TABLE {table} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, state text)")
        cursor.execute("SELECT journal_guard('bench_guarded')")

    def act(table: str, rows: int) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO {table} (state) SELECT 'new' FROM generate_series(1, %s)", [rows])
            append(1, changes=table == "bench_guarded")

    backend = _backend()
    for rows in (1, 50):
        clock: dict[str, list[float]] = {"bench_guarded": [], "bench_free": []}
        cpu = {"bench_guarded": 0.0, "bench_free": 0.0}
        for _ in range(10):
            for table in clock:
                before = cpu_of(backend)
                clock[table] += timed(partial(act, table, rows), rounds=100)
                cpu[table] += (cpu_of(backend) - before) / 1000
        guarded, free = (Spread.of(taken) for taken in clock.values())
        ratio = f"{guarded.median / free.median:.2f} times {free.said('µs', 1e6)} unguarded"
        say(f"act of {rows} rows with its entry, guarded", f"{guarded.said('µs', 1e6)}; {ratio}")
        difference = cpu["bench_guarded"] - cpu["bench_free"]
        say("  in the database's CPU", f"{difference * 1e6:.0f} µs more than {cpu['bench_free'] * 1e6:.0f} µs")


def measure_proofs(short: str, long: str, *, size: int) -> None:
    """A proof for a random entry of a short and of a long log, turn by turn."""
    from tocsin.journal import reads  # noqa: PLC0415 - Django has to be set up

    choose = random.Random(20261124)
    taken: dict[str, list[float]] = {short: [], long: []}
    for turn in range(10):
        for url, entries in ((short, SHORT), (long, size)):
            use(url)
            reads.proof_of(choose.randrange(entries))
            again = timed(partial(_prove_one_of, entries, choose), rounds=60)
            taken[url] += again if turn else []  # the first turn warms the caches
    small, large = Spread.of(taken[short]), Spread.of(taken[long])
    say(f"inclusion proof among {SHORT:,}", small.said("µs", 1e6))
    ratio = f"{large.median / small.median:.2f} times, where {ASKED_PROOF} is the most asked for"
    say(f"inclusion proof among {size:,}", f"{large.said('µs', 1e6)}; {ratio}")


def _prove_one_of(entries: int, choose: random.Random) -> None:
    from tocsin.journal import reads  # noqa: PLC0415 - Django has to be set up

    reads.proof_of(choose.randrange(entries))


def measure_growth(url: str) -> None:
    """What reads a whole journal, at four sizes, and the exponent with which its time grows."""
    from tocsin.base.actor import Actor  # noqa: PLC0415 - Django has to be set up
    from tocsin.base.ids import MemberId  # noqa: PLC0415 - Django has to be set up
    from tocsin.base.instant import true_now  # noqa: PLC0415 - Django has to be set up
    from tocsin.journal import acts, reads  # noqa: PLC0415 - Django has to be set up

    use(url)
    migrate()
    auditor = Actor(MemberId("ro"), roles=frozenset({"auditor"}))

    def export() -> None:
        with tempfile.TemporaryDirectory() as folder:
            acts.export(Path(folder))

    works: dict[str, Callable[[], object]] = {
        "audit": lambda: list(reads.findings(reads.audits())),
        "list of all entries": lambda: sum(1 for _ in reads.entries(auditor)),
        "export as static files": export,
    }
    taken: dict[str, list[float]] = {name: [] for name in works}
    have = 0
    for size in GROWTH:
        _append_in_transaction(size - have)
        acts.checkpoint(at=true_now())
        have = size
        for name, work in works.items():
            taken[name].append(statistics.median(timed(work, rounds=3)))
    for name, seconds in taken.items():
        rate = f"{GROWTH[-1] / seconds[-1]:,.0f} entries/s among {GROWTH[-1]:,}"
        say(
            name,
            f"{rate}; time grows with size to the {exponent(GROWTH, seconds):.2f}, where 1.1 is the most asked for",
        )


def exponent(sizes: Sequence[int], seconds: Sequence[float]) -> float:
    """The slope of seconds over sizes, both in logarithms."""
    return statistics.linear_regression([math.log(n) for n in sizes], [math.log(s) for s in seconds]).slope


@contextmanager
def server() -> Iterator[Server]:
    """A PostgreSQL in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder, Server(Path(folder) / "database") as started:
        yield started


def main(*, large: bool) -> None:
    """Measure everything once."""
    size = LARGE if large else LONG
    load = os.getloadavg()[0]
    with server() as database:
        short, long, third = (database.ensure_database(f"bench_{name}") for name in ("short", "long", "third"))
        be_a_node(short)
        _declare_entries()
        for url, entries in ((short, SHORT), (long, size)):
            use(url)
            migrate()
            began = time.perf_counter()
            fill(entries)
            say(f"(filled with {entries:,} entries)", f"{time.perf_counter() - began:,.0f} s")
        measure_proofs(short, long, size=size)
        use(long)
        measure_append()
        measure_receipts()
        measure_guard()
        measure_growth(third)
        use(third)
        _leave()
    say("load of the machine, before and after", f"{load:.1f} and {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


def _leave() -> None:
    from django.db import connections  # noqa: PLC0415 - Django has to be set up

    connections.close_all()


if __name__ == "__main__":
    main(large="--large" in sys.argv[1:])
