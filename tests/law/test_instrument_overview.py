"""The page about the law is the one that the data make."""

from pathlib import Path

from tocsin.law.instrument import instruments
from tocsin.law.overview import overview

PAGE = Path(__file__).parents[2] / "docs" / "law" / "README.md"


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == overview(), "run: python -m tocsin.law.overview > docs/law/README.md"


def test_the_page_names_every_instrument_and_every_clock_and_says_what_is_from_memory() -> None:
    page = overview()
    for name, each in instruments().items():
        assert f"### {name}\n" in page
        for clock in each.clocks:
            confidence = "page" if clock.rule.confirmed else "from memory"
            (row,) = [line for line in page.splitlines() if line.startswith(f"| `{clock.id}` |")]
            assert row.endswith(f"| {confidence} |")
