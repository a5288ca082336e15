"""Logs for machines: one JSON object a line on stderr, without personal data.

A line holds the fields in ``KNOWN`` and nothing else; a field that is not in the list is dropped and
its name, not its value, is kept in ``dropped``. Of other libraries' messages only the template is
written, and of an error its class, its code and the places it passed, never its text: all of these
can hold what somebody wrote in a letter.
"""

import contextlib
import logging
import sys
import traceback
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, TextIO

import structlog

from tocsin.base import instant
from tocsin.base.errors import TocsinError

KNOWN = frozenset(
    {
        *("at", "level", "event", "logger", "dropped", "error", "code", "trace"),
        *("member", "peer", "letter", "request", "entry", "kind", "stage", "instrument", "package", "attachment"),
        *("method", "route", "status", "seconds", "bytes", "count", "size", "attempt", "retry_seconds"),
        *("job", "task", "queue", "child", "pid", "port", "host", "version", "signal", "exit_code", "origin"),
    }
)
"""The fields that may be logged: ids, counts, instants, and words from our own lists."""

_LONGEST = 300
_FRAMES = 12
_Event = MutableMapping[str, Any]


def configure(level: str = "info", *, stream: TextIO | None = None) -> None:
    """Send structlog's events and every library's records to ``stream`` (stderr), as lines of JSON."""
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            _say_when,
            _say_error,
            keep_known,
            structlog.processors.JSONRenderer(sort_keys=True, ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=_to(stream),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers[:] = [_Foreign()]
    # A library says at "info" that it lives; we want to hear when something is wrong.
    root.setLevel(max(number, logging.WARNING) if number > logging.DEBUG else number)


def _to(stream: TextIO | None) -> Callable[..., structlog.WriteLogger]:
    """Write to ``stream``, or to what stderr is when a line is written: a process may have been given another."""
    return lambda *_: _Bearing(stream or sys.stderr)


class _Bearing(structlog.WriteLogger):
    """A line that cannot be written is lost; what was being done is not: a log on a full disk refuses no letter."""

    def msg(self, message: str) -> None:
        with contextlib.suppress(OSError, ValueError):  # a full disk, a reader that left, a stream that is closed
            super().msg(message)

    log = debug = info = warn = warning = msg
    fatal = failure = err = error = critical = exception = msg


def keep_known(_logger: object, _method: str, event: _Event) -> _Event:
    """Drop what is not in ``KNOWN``, keep only plain values, and say which fields were dropped."""
    kept: dict[str, Any] = {name: _plain(value) for name, value in event.items() if name in KNOWN}
    dropped = sorted(name for name in event if name not in KNOWN)
    return kept | ({"dropped": dropped} if dropped else {})


def error_fields(error: BaseException) -> dict[str, object]:
    """What may be said of an error: class, code and where it passed."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    trace = [f"{frame.filename.rpartition('site-packages/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
    code = {"code": error.code} if isinstance(error, TocsinError) else {}
    return {"error": type(error).__qualname__, "trace": trace, **code}


class _Foreign(logging.Handler):
    """Other libraries' records, without the values that were put into their messages."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        fields: Mapping[str, object] = error_fields(error) if error is not None else {}
        template = record.msg if isinstance(record.msg, str) and record.args else _bare(record.msg)
        structlog.get_logger().log(record.levelno, template, logger=record.name, **fields)


def _bare(message: object) -> str:
    """A message that was put together before it came to us may hold anything: its first word will do."""
    return str(message).partition(" ")[0][:40] + " …" if isinstance(message, str) else type(message).__qualname__


def _say_when(_logger: object, _method: str, event: _Event) -> _Event:
    event["at"] = instant.text(instant.true_now())
    return event


def _say_error(_logger: object, _method: str, event: _Event) -> _Event:
    told = event.pop("exc_info", None)
    error = sys.exc_info()[1] if told is True else told
    if isinstance(error, BaseException):
        event.update(error_fields(error))
    return event


def _plain(value: object) -> object:
    if isinstance(value, str):
        return value[:_LONGEST]
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return type(value).__qualname__
