"""What runs again and again."""

from procrastinate.contrib.django import app

from tocsin.evidence.acts.sweep import sweep_folders


@app.task(name="tocsin.evidence.sweep")
def sweep(timestamp: int = 0) -> None:
    """Take away what processes left that died while they made a package."""
    del timestamp
    sweep_folders()
