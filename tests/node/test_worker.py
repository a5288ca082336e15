"""The worker on a real database: jobs are done, and those of a killed worker are given back."""

import asyncio
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.db import connection, transaction
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from tocsin.node import tasks, worker
from tocsin.node.schedule import Turn, register, schedule

pytestmark = pytest.mark.django_db(transaction=True)

RETRY = "tocsin.node.retry_stalled_jobs"
FORGET = "tocsin.node.forget_old_jobs"


def work_until_nothing_waits() -> None:
    """One worker, in this process, over connections of its own."""

    async def work() -> None:
        async with worker._app_of_the_worker().open_async() as own:
            await own.run_worker_async(
                wait=False, delete_jobs="successful", install_signal_handlers=False, listen_notify=False
            )

    asyncio.run(work())


def jobs() -> dict[str, str]:
    return dict(ProcrastinateJob.objects.values_list("task_name", "status"))


def test_a_job_that_was_asked_for_in_a_transaction_that_failed_was_never_asked_for() -> None:
    with transaction.atomic():
        app.configure_task(FORGET).defer(timestamp=0)
        assert jobs() == {FORGET: "todo"}
        transaction.set_rollback(True)
    assert jobs() == {}


def test_a_job_is_done_and_leaves_nothing_behind() -> None:
    app.configure_task(FORGET).defer(timestamp=0)
    assert jobs() == {FORGET: "todo"}
    work_until_nothing_waits()
    assert jobs() == {}


def test_the_job_of_a_killed_worker_is_given_back_and_done() -> None:
    app.configure_task(FORGET).defer(timestamp=0)
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into procrastinate_workers (last_heartbeat) values (now() - interval '5 minutes') returning id"
        )
        (killed,) = cursor.fetchone() or (0,)
        cursor.execute("update procrastinate_jobs set status = 'doing', worker_id = %s", [killed])
    work_until_nothing_waits()
    assert jobs() == {FORGET: "doing"}  # as if somebody still did it
    app.configure_task(RETRY).defer(timestamp=0)
    work_until_nothing_waits()
    work_until_nothing_waits()
    assert jobs() == {}


def test_jobs_that_failed_are_forgotten_only_when_they_are_old() -> None:
    for _ in range(2):
        app.configure_task(FORGET).defer(timestamp=0)
    old, young = ProcrastinateJob.objects.order_by("id").values_list("id", flat=True)
    with connection.cursor() as cursor:
        cursor.execute("update procrastinate_jobs set status = 'failed'")
        age = str(tasks.FORGET_AFTER + timedelta(days=1))
        cursor.execute("update procrastinate_events set at = now() - %s::interval where job_id = %s", [age, old])
    app.configure_task(FORGET).defer(timestamp=0)
    work_until_nothing_waits()
    assert list(ProcrastinateJob.objects.values_list("id", flat=True)) == [young]


def test_the_schedule_names_tasks_that_exist() -> None:
    known = [turn for turn in schedule() if turn.task in app.tasks]
    assert [turn.task for turn in schedule() if turn not in known] == []


def test_a_turn_is_taken_once_however_many_workers_there_are() -> None:
    before = dict(app.periodic_registry.periodic_tasks)
    app.periodic_registry.periodic_tasks.clear()
    try:
        register(app, [Turn(FORGET, every=timedelta(seconds=1))])
        (turn,) = app.periodic_registry.periodic_tasks.values()
        job = turn.task.configure(queueing_lock=FORGET, task_kwargs={"timestamp": 7}).job
        ask = async_to_sync(app.job_manager.defer_periodic_job)
        asked = [ask(job=job, periodic_id="", defer_timestamp=7) for _ in range(3)]
    finally:
        app.periodic_registry.periodic_tasks.clear()
        app.periodic_registry.periodic_tasks.update(before)
    assert [number is None for number in asked] == [False, True, True]
    assert len(jobs()) == 1
