"""The web server: granian, WSGI; for machines with TLS 1.3 and the home's own certificate."""

import multiprocessing
import os
from functools import partial
from typing import TYPE_CHECKING

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import Server

from tocsin.node.certificate import certificate_path, key_path
from tocsin.node.children import follow_parent
from tocsin.node.config import Config
from tocsin.node.entrances import WEB, Entrance

if TYPE_CHECKING:
    from django.core.handlers.wsgi import WSGIHandler

STOP_SECONDS = 5
"""How long requests may go on after the server was told to stop."""
HEADERS_WITHIN_MS = 10_000
"""A client that does not finish its headers in this time is let go."""

# granian's own lines go where ours go: node/logs.py.
_LOGGERS = {"_granian": {"handlers": [], "propagate": True}, "granian.access": {"handlers": [], "propagate": True}}


def run(config: Config, entrance: Entrance = WEB) -> None:
    """Answer at ``entrance`` until SIGTERM or SIGINT; one process beside this one answers, with a few threads."""
    if "fork" in multiprocessing.get_all_start_methods():
        multiprocessing.set_start_method("fork", force=True)  # what is loaded already is shared, not loaded again
    door = entrance.door(config)
    tls = door is None or door.tls
    Server(
        "tocsin.node.web",
        address=config.listen.host if door is None else door.host,
        port=config.listen.port if door is None else door.port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=config.web.threads,
        backpressure=16 * config.web.threads,
        http=HTTPModes.auto,
        http1_settings=HTTP1Settings(header_read_timeout=HEADERS_WITHIN_MS),
        websockets=False,
        log_level=LogLevels.warning,
        log_dictconfig={"loggers": _LOGGERS},
        ssl_cert=certificate_path(config.home) if tls else None,
        ssl_key=key_path(config.home) if tls else None,
        workers_kill_timeout=STOP_SECONDS,
    ).serve(target_loader=partial(_application, os.getpid(), config, entrance), wrap_loader=False)


def _application(parent: int, config: Config, entrance: Entrance) -> "WSGIHandler":
    """What answers, in the process that answers; it ends with ``parent``."""
    from django.core.handlers.wsgi import WSGIHandler  # noqa: PLC0415 - needs Django set up

    follow_parent(parent)
    entrance.open_here(config)
    return WSGIHandler()
