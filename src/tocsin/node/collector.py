"""Python's collector of cycles, set up for a process that is loaded once and then works in batches."""

import gc

_BATCH = 25_000
"""New objects before the collector looks at them: more than a batch of letters keeps alive while it is worked on.

Nearly all of them die by themselves when their batch is done; a collector that comes earlier only finds them alive.
"""


def settle() -> None:
    """Leave what is loaded alone from now on, and look at what is new less often than Python does by itself.

    Called once, when everything is loaded. Pages that children share stay shared, since nobody writes into them.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_BATCH)
