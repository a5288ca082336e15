"""Read where a rule stands: ``article``, ``source`` and ``confidence`` of a table.

``confidence = "page"`` needs a ``source`` that ``sources.toml`` names; what is from memory, or is a
choice of ours, has none. A table that says nothing takes over what the table around it says, so a
file that was read whole on one page says so once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources

from tocsin.law.errors import LawFileError
from tocsin.law.provisions import Basis
from tocsin.law.reading import FileFault, FileRule, Table, read_toml
from tocsin.law.vocabulary import Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A stored copy of a text, and when it was read."""

    key: str
    text: str
    copy: str
    read: date


@cache
def sources() -> Mapping[str, Source]:
    """The stored copies by key."""
    text = resources.files("tocsin.law.sources").joinpath("sources.toml").read_text("utf-8")
    top = read_toml(text, file="sources.toml")
    if isinstance(top, FileFault):
        raise LawFileError(count=1, first=top, faults=(top,))
    found = {key: _source(key, table) for key, table in top.named_tables()}
    if top.faults.found:
        raise LawFileError(count=len(top.faults.found), first=top.faults.found[0], faults=tuple(top.faults.found))
    return found


def read_basis(table: Table, *, act: str = "", around: Basis | None = None) -> Basis:
    """The basis that ``table`` states, taking from ``around`` what it does not say itself."""
    states_any = table.has("source") or table.has("confidence")
    confidence = table.word("confidence", Confidence, default=Confidence.PAGE) or Confidence.PAGE
    source = table.text("source", "")
    if not states_any and around is not None:
        confidence, source = around.confidence, around.source
    elif confidence is Confidence.PAGE and not source:
        table.fault(FileRule.BASIS, "a rule that was read on a page names its source")
    elif confidence is Confidence.MEMORY and source:
        table.fault(FileRule.BASIS, "what is from memory has no source", key="source")
    if source and source not in sources():
        table.fault(FileRule.SOURCE_UNKNOWN, f"sources.toml names no {source}", key="source")
    article = table.text("article", around.article if around else "")
    return Basis(act=act or (around.act if around else ""), article=article, source=source, confidence=confidence)


def _source(key: str, table: Table) -> Source:
    read = Source(key=key, text=table.text("text"), copy=table.text("copy"), read=table.day("read") or date.min)
    if read.read == date.min:
        table.fault(FileRule.KEY_MISSING, "read is missing")
    table.done()
    return read
