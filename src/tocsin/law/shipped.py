"""Read the whole law as data once, at start-up, so that a faulty file is found before anybody relies on it."""

from collections.abc import Callable

from tocsin.law.basis import sources
from tocsin.law.errors import LawFileError
from tocsin.law.grounds import grounds
from tocsin.law.instrument import instruments, other_clocks
from tocsin.law.reading import FileFault
from tocsin.law.treaty import cells, reservation_cells, states

_PARTS: tuple[Callable[[], object], ...] = (
    sources,
    grounds,
    states,
    cells,
    reservation_cells,
    other_clocks,
    instruments,
)


def check_law() -> None:
    """Read every file that is shipped.

    Raises `LawFileError` with all faults of all files, each with its line and the rule that it breaks.
    """
    faults = tuple(sorted({each for part in _PARTS for each in _faults(part)}))
    if faults:
        raise LawFileError(count=len(faults), first=faults[0], faults=faults)


def _faults(part: Callable[[], object]) -> tuple[FileFault, ...]:
    try:
        part()
    except LawFileError as error:
        return error.faults
    return ()
