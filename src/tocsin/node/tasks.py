"""The jobs about jobs."""

from datetime import timedelta

from procrastinate import JobContext
from procrastinate.contrib.django import app

FORGET_AFTER = timedelta(days=14)
"""How long a job that failed stays, for whoever looks into it."""


@app.task(name="tocsin.node.retry_stalled_jobs", pass_context=True)
async def retry_stalled_jobs(context: JobContext, timestamp: int) -> None:
    """Give back the jobs of workers that were killed."""
    del timestamp
    for job in await context.app.job_manager.get_stalled_jobs():
        await context.app.job_manager.retry_job(job)


@app.task(name="tocsin.node.forget_old_jobs", pass_context=True)
async def forget_old_jobs(context: JobContext, timestamp: int) -> None:
    """Delete what failed long ago; what succeeded is deleted at once."""
    del timestamp
    await context.app.job_manager.delete_old_jobs(
        nb_hours=int(FORGET_AFTER.total_seconds() // 3600),
        include_failed=True,
        include_cancelled=True,
        include_aborted=True,
    )
