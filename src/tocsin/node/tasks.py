"""The jobs about jobs, and the one that needs what two packages know."""

from datetime import timedelta

from procrastinate import JobContext
from procrastinate.contrib.django import app

from tocsin.base import instant
from tocsin.directory import reads as directory
from tocsin.directory.rules.card import Use
from tocsin.journal import acts as journal

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


@app.task(name="tocsin.node.audit_journal", queueing_lock="tocsin.node.audit_journal")
def audit_journal(timestamp: int) -> None:
    """Look whether all of the journal is still what it was; what is not raises an alarm."""
    del timestamp
    journal.audit_journal(at=instant.now(), ours=directory.own_keys(Use.JOURNAL))


@app.task(name="tocsin.node.audit_as_asked", queueing_lock="tocsin.node.audit_as_asked")
def audit_as_asked(timestamp: int) -> None:
    """Do the audits that somebody asked for at the desk, and keep their results."""
    del timestamp
    journal.audit_as_asked(at=instant.now(), ours=directory.own_keys(Use.JOURNAL))
