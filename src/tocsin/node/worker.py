"""The worker: does the jobs that wait in the database, and takes its turns of the schedule.

Any number of workers may run, on any number of machines; the database gives each job to one of them.
"""

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import structlog
from django.db import close_old_connections
from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.psycopg_connector import PsycopgConnector

from tocsin.node.config import Config
from tocsin.node.schedule import AT_START, register, turns_of

if TYPE_CHECKING:
    from procrastinate import App, JobContext
    from procrastinate.worker import Worker

STOP_SECONDS = 5.0
"""How long a job may go on after the worker was told to stop; then it is given back."""
POLL_SECONDS = 1.0
"""A job that is queued wakes a worker at once; one for later, like the next attempt at a line, is looked for."""
ABORT_POLL_SECONDS = 30.0

_log = structlog.get_logger()


def run(config: Config) -> None:
    """Work until SIGTERM or SIGINT."""
    register(app, turns_of(config))
    _ask_for_what_waited()
    asyncio.run(_work(config))


def _ask_for_what_waited() -> None:
    for task in AT_START:
        with contextlib.suppress(AlreadyEnqueued):
            app.configure_task(task, queueing_lock=task).defer(timestamp=0)


async def _work(config: Config) -> None:
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(config.worker.concurrency))
    async with _app_of_the_worker().open_async() as own:
        await own.run_worker_async(
            name=config.member,
            concurrency=config.worker.concurrency,
            fetch_job_polling_interval=POLL_SECONDS,
            abort_job_polling_interval=ABORT_POLL_SECONDS,
            shutdown_graceful_timeout=STOP_SECONDS,
            delete_jobs="successful",
            task_middleware=[_with_a_live_connection],
        )


def _app_of_the_worker() -> "App":
    """An app that fetches jobs over its own connections.

    Tasks stay with the app that they were made for, so a job asked for inside a job joins Django's
    transaction, as everywhere else.
    """
    return app.with_connector(PsycopgConnector(kwargs=connector_params(), min_size=1, max_size=3))


def _with_a_live_connection(call_next: Callable[[], Any], context: "JobContext", worker: "Worker") -> Any:
    """Drop a connection that died or is old, before and after each job, as Django does for requests."""
    del worker
    close_old_connections()
    try:
        return call_next()
    except Exception:
        _log.exception("job failed", task=context.job.task_name, job=context.job.id, attempt=context.job.attempts)
        raise
    finally:
        close_old_connections()
