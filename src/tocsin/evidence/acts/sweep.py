"""Sweeping: what processes left that died while they made a package is taken away."""

from tocsin.evidence import folders, reads
from tocsin.people.viewing.seen import somebody_looks


def sweep_folders() -> None:
    """Take away folders in the making that have no rows; nothing while somebody looks.

    Then the rows of packages that he may not see look absent, and their folders would be taken for leavings. A worker
    sweeps as well, and sees them all.
    """
    if not somebody_looks():
        folders.sweep(reads.is_known)
