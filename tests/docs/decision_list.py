"""The list of decisions in the index, made from the pages.

``python -m tests.docs.decision_list`` writes it anew between its two marks.
"""

import re
from pathlib import Path

from tests.architecture.source import ROOT
from tests.docs.pages import read

INDEX = ROOT / "docs" / "README.md"
BEGIN, END = "<!-- decisions: begin -->", "<!-- decisions: end -->"


def decisions() -> list[Path]:
    """Every decision, in the order of its number."""
    return sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))


def line_of(page: Path) -> str:
    """How a decision stands in the list: its number and its title."""
    number = page.name[:4]
    title = re.sub(r"^#\s*(?:\d{4}\s*[:.]\s*)?", "", read(page).splitlines()[0]).strip()
    return f"- [{number}](decisions/{page.name}) {title.rstrip('.')}"


def index_with_list() -> str:
    """The index with the list as it has to be."""
    before, _, rest = read(INDEX).partition(BEGIN)
    _, _, after = rest.partition(END)
    return "\n".join([before + BEGIN, *map(line_of, decisions()), END + after])


if __name__ == "__main__":
    INDEX.write_text(index_with_list(), encoding="utf-8")
