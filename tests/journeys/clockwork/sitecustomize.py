"""A machine whose clock somebody can put forward and back while a node runs on it.

Python loads this before the node: the clock then reads as many seconds more as the file says that
``TOCSIN_TEST_CLOCK`` names. The product knows nothing of it.
"""

import contextlib
import os
from datetime import datetime, timedelta
from pathlib import Path

from tocsin.base import instant

_FILE = Path(os.environ["TOCSIN_TEST_CLOCK"])
_reads = instant.true_now


def _reads_wrongly() -> datetime:
    off = 0.0
    with contextlib.suppress(OSError, ValueError):
        off = float(_FILE.read_text())
    return _reads() + timedelta(seconds=off)


instant.true_now = _reads_wrongly
