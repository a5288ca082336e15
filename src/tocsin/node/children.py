"""Child processes that do not outlive their parent."""

import ctypes
import os
import signal
import sys
import threading
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1  # linux/prctl.h

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(signum: signal.Signals) -> Callable[[], None] | None:
    """What a child runs between fork and exec to get ``signum`` when its parent dies, however it dies.

    ``None`` where the system has no such thing. Linux sends the signal when the *thread* that
    started the child ends, so only the main thread may ask for it; elsewhere ``None`` as well.
    """
    if _libc is None or threading.current_thread() is not threading.main_thread():
        return None
    parent = os.getpid()
    prctl = _libc.prctl

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, int(signum), 0, 0, 0)
        if os.getppid() != parent:  # the parent died before we could ask
            os._exit(1)

    return ask


def follow_parent(parent: int) -> None:
    """Called in a forked child's main thread: be killed when ``parent`` dies, however it dies."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)
