"""Every benchmark, one after the other: ``python -m bench [--large]``.

Each runs in a process of its own, so that none warms up for another. Nothing here fails: each prints medians, spread
and the load of the machine, and what it was asked to reach beside it. A benchmark that ends with an error says so.
"""

import os
import subprocess
import sys
import time

BENCHMARKS = {
    "wire": "a letter between two nodes against a loop of the libraries alone",
    "journal": "appending, proofs in a short and a long log, the audit",
    "evidence": "packing a file against sha256sum and age",
    "rest": "a node at rest, an unchanged peer, lists at four sizes",
    "volume": "the desk's pages over many requests against the same over ten thousand",
}


def main(arguments: list[str]) -> int:
    """Run those that are named, or all; how many ended with an error."""
    large = [word for word in arguments if word == "--large"]
    named = [word for word in arguments if not word.startswith("-")] or list(BENCHMARKS)
    failed = 0
    for name in named:
        print(f"\n== {name}: {BENCHMARKS[name]} (load {os.getloadavg()[0]:.2f})", flush=True)
        began = time.perf_counter()
        words = [sys.executable, "-m", f"bench.{name}", *(large if name in {"journal", "evidence", "volume"} else [])]
        ended = subprocess.run(words, check=False)
        failed += ended.returncode != 0
        print(
            f"   took {time.perf_counter() - began:.0f} s" + (", with an error" if ended.returncode else ""), flush=True
        )
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
