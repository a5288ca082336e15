"""A step of the foundation in a process of its own that is one node.

The process is forked: what the demo has loaded, the step need not load again. No thread runs when it forks.
"""

import json
import os
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# Loaded here, once, for all the steps: what a node needs that does not ask Django for its apps.
import httpx
import joserfc.jwe
import joserfc.jws
import procrastinate
import pydantic
import tuf.api.metadata
import tuf.ngclient

from tocsin.law.instrument import instruments

LOADED = (httpx, joserfc.jwe, joserfc.jws, procrastinate, pydantic, tuf.api.metadata, tuf.ngclient)


class Forked:
    """One step, running."""

    def __init__(self, step: str, folder: Path, environment: Mapping[str, str]) -> None:
        instruments()
        self._step = step
        self._read, write = os.pipe()
        sys.stdout.flush()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(self._read)
            _be(step, folder, environment, write)
        os.close(write)

    def answer(self) -> Any:
        """What the step answered; raises ``RuntimeError`` when it failed."""
        with os.fdopen(self._read, "rb") as pipe:
            said = pipe.read()
        _, status = os.waitpid(self._pid, 0)
        if status:
            raise RuntimeError(f"the demo could not {self._step.replace('_', ' ')}")
        return json.loads(said)


def _be(step: str, folder: Path, environment: Mapping[str, str], write: int) -> None:
    code = 1
    try:
        os.environ.clear()
        os.environ.update(environment)
        from tocsin.node.demo.foundation import run  # noqa: PLC0415 - in the child alone

        with os.fdopen(write, "wb") as pipe:
            pipe.write(json.dumps(run(step, folder)).encode())
        code = 0
    except BaseException:  # noqa: BLE001 - the process ends here, whatever happened
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)
