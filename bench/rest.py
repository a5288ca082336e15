"""What a node costs when nothing happens, and how its lists grow.

    python -m bench.rest

1. A node at rest, with its database: PSS summed over all its processes (asked: under 300 MiB).
2. A second look at an unchanged directory: requests and bytes on the wire (asked: at most 3 and 10 kB).
3. Lists and imports at four sizes: the exponent of the fitted growth (asked: at most 1.1).
"""

import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.node.running import free_port, init, pss_kib, running
from tests.tables import SHARED_VARIABLE

from tocsin.node.demo.town import Town

SIZES = (2_000, 4_000, 8_000, 16_000)
REST_SECONDS = 20.0
ROUNDS = 7

# --- 1. At rest -----------------------------------------------------------------------------------


def measure_rest(folder: Path) -> None:
    """A node alone, after it has gone quiet; what it takes is shared with nobody."""
    home, port = folder / "ro", free_port()
    init(home, port=port)
    with running(home, port=port, anew=True) as node:
        time.sleep(REST_SECONDS)
        pids = node.family()
        mebibytes = pss_kib(pids) / 1024
    print(f"at rest  {mebibytes:6.0f} MiB PSS over {len(pids)} processes (under 300)")


# --- 2. An unchanged peer -------------------------------------------------------------------------

_COUNTED = """
import json, os, sys
from pathlib import Path
from tocsin.node import wiring
from tocsin.base import instant
wiring.start(Path(os.environ["TOCSIN_HOME"]))
import httpx
from tocsin.directory.acts.refresh import refresh_directory
counted = {"requests": 0, "bytes": 0}
send = httpx.Client.send
def counting(self, request, **more):
    answer = send(self, request, **more)
    counted["requests"] += 1
    counted["bytes"] += len(request.content or b"") + int(answer.headers.get("content-length") or 0)
    counted["bytes"] += sum(len(k) + len(v) + 4 for k, v in [*request.headers.raw, *answer.headers.raw])
    return answer
httpx.Client.send = counting
refresh_directory(at=instant.now())
counted.update(requests=0, bytes=0)
refresh_directory(at=instant.now())
print(json.dumps(counted))
"""


def measure_unchanged_peer(folder: Path) -> None:
    """The demo's town, and one more look at its directory."""
    town = Town(folder / "town")
    try:
        town.build(lambda _: None)
        counted = _in_node(town.houses["ro"].environment, _COUNTED)
    finally:
        town.close()
    print(
        f"unchanged directory: {counted['requests']} requests, {counted['bytes']} bytes with headers (at most 3, 10000)"
    )


def _in_node(environment: dict[str, str], program: str) -> Any:
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return json.loads(done.stdout.splitlines()[-1])


# --- 3. Growth ------------------------------------------------------------------------------------

_LISTS = """
import json, os, statistics, sys, time
from pathlib import Path
from tocsin.node import wiring
from tocsin.base import instant
started = wiring.start(Path(os.environ["TOCSIN_HOME"]))
from django.db import connection
from tocsin.base.actor import Actor
from tocsin.requests import reads
from tocsin.requests.acts.ring import ring_clocks
officer = Actor("ro", person="0d8e6c1e-3a55-4b7e-9d1f-6a2b7c3d4e5f", name="n", roles=frozenset({"duty-officer"}))
sizes, rounds = json.loads(sys.argv[1]), int(sys.argv[2])

def fill(count):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE requests_request DISABLE TRIGGER USER")
        cursor.execute('''INSERT INTO requests_request (id, side, counterpart, instrument, case_reference, urgent,
            exercise, opened_at, changed_at, state, due_clock, due_strict, due_latest, due_by, waits_for, next_look,
            earlier)
            SELECT gen_random_uuid(), 'asker', 'pt', 'budapest-29-preserve', 'bench-' || n, n %% 10 = 0, true,
                   now(), now(), 'asked', 'dir2013_40.13.1.urgent', now() + n * interval '1 minute',
                   now() + n * interval '1 minute', 'asked', 'asked', '9999-01-01Z', '[]'
            FROM generate_series(1, %s) AS n''', [count])
        cursor.execute("ALTER TABLE requests_request ENABLE TRIGGER USER")
        cursor.execute("ANALYZE requests_request")

def timed(work):
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return statistics.median(times)

found, have = {"watch": [], "ring_clocks": []}, 0
for size in sizes:
    fill(size - have)
    have = size
    found["watch"].append(timed(lambda: reads.watch(officer)))
    found["ring_clocks"].append(timed(lambda: ring_clocks(at=instant.now())))
print(json.dumps(found))
"""


def measure_growth(folder: Path) -> None:
    """The watch and the turn of the alarms, with more and more open requests."""
    home, port = folder / "growing", free_port()
    init(home, port=port)
    with running(home, port=port):
        environment = {**os.environ, "TOCSIN_HOME": str(home), "PYTHONPATH": os.pathsep.join(sys.path)}
        environment.pop("DATABASE_URL", None)
        program = _LISTS.replace("sys.argv[1]", repr(json.dumps(SIZES))).replace("sys.argv[2]", repr(str(ROUNDS)))
        found = _in_node(environment, program)
    for name, seconds in found.items():
        shown = ", ".join(f"{each * 1000:.1f}" for each in seconds)
        print(f"growth   {name:12} {exponent(SIZES, seconds):5.2f} (at most 1.1): {shown} ms at {SIZES} open requests")


def exponent(sizes: tuple[int, ...], seconds: list[float]) -> float:
    """The slope of the straight line through the logarithms."""
    return statistics.linear_regression([math.log(n) for n in sizes], [math.log(s) for s in seconds]).slope


def main() -> None:
    """Measure all three and print them."""
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as name:
        folder = Path(name)
        os.environ[SHARED_VARIABLE] = name
        for measure in (measure_rest, measure_unchanged_peer, measure_growth):
            _try(measure, folder)
    print(f"load     {os.getloadavg()[0]:.2f}")


def _try(measure: Callable[[Path], None], folder: Path) -> None:
    try:
        measure(folder)
    except (RuntimeError, OSError, AssertionError) as error:
        print(f"{measure.__name__} did not come through: {error}")


if __name__ == "__main__":
    main()
