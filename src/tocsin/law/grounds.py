"""The catalogue of grounds on which a request may be refused, and who may invoke which.

Silence is no ground, and a ground that another side owns is none either: the addressee of a
European order may object on all grounds of 2023/1543, Article 16(4), but that of point (g).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from tocsin.law.basis import read_basis
from tocsin.law.errors import LawFileError
from tocsin.law.provisions import Basis
from tocsin.law.reading import FileFault, Table, read_toml
from tocsin.law.vocabulary import InvokedBy


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """One line of the catalogue."""

    code: str
    text: str
    invoked_by: frozenset[InvokedBy]
    postpones: bool
    """It puts the answer off and does not refuse it."""
    basis: Basis


def ground(code: str) -> Ground:
    """The ground of that code; raises ``KeyError`` when the catalogue has none."""
    return grounds()[code]


@cache
def grounds() -> Mapping[str, Ground]:
    """The catalogue by code."""
    text = resources.files("tocsin.law.sources").joinpath("grounds.toml").read_text("utf-8")
    found, faults = read_grounds(text, file="grounds.toml")
    if faults:
        raise LawFileError(count=len(faults), first=faults[0], faults=faults)
    return found


def read_grounds(text: str, *, file: str) -> tuple[dict[str, Ground], tuple[FileFault, ...]]:
    """The grounds in ``text`` and every fault of it."""
    top = read_toml(text, file=file)
    if isinstance(top, FileFault):
        return {}, (top,)
    found = {code: _ground(code, table) for code, table in top.named_tables()}
    return found, tuple(sorted(top.faults.found))


def _ground(code: str, table: Table) -> Ground:
    read = Ground(
        code=code,
        text=table.text("text"),
        invoked_by=frozenset(table.words("by", InvokedBy, needed=True)),
        postpones=table.truth("postpones", default=False),
        basis=read_basis(table, act=table.text("act")),
    )
    table.done()
    return read
