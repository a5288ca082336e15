"""The documents as their tests see them: pages, their links, their fenced blocks and the commands that they name."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.architecture.source import ROOT

PROTOCOL = ROOT / "docs" / "reference" / "protocol.md"
FORMATS = ROOT / "docs" / "formats"

_FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\[[^\]\n]+\]\(([^)\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`")
_NO_COMMAND = re.compile(r"\\0")
"""What shows that something in code is a string of bytes and no command line."""


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language and words after it (``json schema=card``), and what stands in it."""

    language: str
    told: dict[str, str]
    text: str


@cache
def pages() -> tuple[Path, ...]:
    """Every page that we wrote for people, in the root and below ``docs``."""
    return (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")))


def read(page: Path) -> str:
    """A page."""
    return page.read_text(encoding="utf-8")


def blocks(text: str) -> list[Block]:
    """Every fenced block of a page."""
    return [_block(found[1], found[2]) for found in _FENCE.finditer(text)]


def without_blocks(text: str) -> str:
    """A page's own words."""
    return _FENCE.sub("", text)


def links(text: str) -> list[str]:
    """Where a page's links lead, those outside of the repository left out."""
    found = _LINK.findall(_CODE.sub("", without_blocks(text)))
    return [link for link in found if not re.match(r"[a-z]+:", link)]


def commands(text: str, program: str) -> list[str]:
    """Every command line of ``program`` that a page shows: in its shell blocks, and in running words."""
    shown = [line for block in blocks(text) if block.language in {"sh", "console"} for line in _lines(block.text)]
    lines = [line for line in (*shown, *_CODE.findall(without_blocks(text))) if not _NO_COMMAND.search(line)]
    pattern = re.compile(rf"(?:^|[;&|] *)(?:\w+=\S* +)*{program} +([^;&|#]+)")
    return [found.strip() for line in lines for found in pattern.findall(line)]


def anchors(text: str) -> set[str]:
    """The names by which a page's headings can be linked to, as GitHub and GitLab make them."""
    headings = re.findall(r"^#+ +(.+)$", without_blocks(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def _block(told: str, text: str) -> Block:
    language, *words = told.split() or [""]
    return Block(language, dict(word.split("=", 1) for word in words if "=" in word), text)


def _lines(text: str) -> list[str]:
    return [line.removeprefix("$ ") for line in text.replace("\\\n", " ").splitlines()]
