"""``python -m tocsin.proof BUNDLE --anchor ANCHOR``: check a proof bundle offline.

Prints one line for each finding. Leaves with 0 when nothing was found altered, 1 when something was,
2 when there was nothing to check.
"""

import argparse
import io
import json
import sys
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from tocsin.proof.errors import UnreadableError
from tocsin.proof.findings import Finding, Kind
from tocsin.proof.verify import is_good, verify

GOOD, ALTERED, UNREADABLE = 0, 1, 2

_ORDER = (Kind.ESTABLISHED, Kind.NOTE, Kind.NOT_CHECKED, Kind.NOT_PROVED, Kind.ALTERED)

_HELP = """
ANCHOR is what you know from elsewhere and trust: the file 1.root.json of the directory or its SHA-256,
or a contact point's card as a file or its fingerprint. Give --anchor again for a further one.

example: python -m tocsin.proof bundle.zip --anchor 1.root.json
"""


def main(arguments: Sequence[str] | None = None, *, out: TextIO | None = None) -> int:
    """Run the check; gives the exit code."""
    options = _parser().parse_args(arguments)
    stream = out or _standard_output()
    try:
        findings = verify(options.bundle, anchors=options.anchor)
    except UnreadableError as error:
        sys.stderr.write(printable(f"cannot be checked: {error}") + "\n")
        return UNREADABLE
    for line in _as_json(findings) if options.json else as_lines(findings):
        stream.write(line + "\n")
    return GOOD if is_good(findings) else ALTERED


def as_lines(findings: Sequence[Finding]) -> list[str]:
    """The findings as they are printed: kind by kind, what is altered last, and then the result."""
    in_order = sorted(findings, key=lambda finding: _ORDER.index(finding.kind))
    lines = [line for finding in in_order for line in _lines(finding)]
    altered = sorted({finding.thing for finding in findings if finding.kind is Kind.ALTERED})
    if altered:
        lines.append(printable(f"RESULT: ALTERED or not vouched for: {', '.join(altered)}"))
    else:
        lines.append("RESULT: nothing was found altered")
    return lines


def printable(text: str) -> str:
    """The text without anything that could make a screen show another line than this one.

    Names and notes in a bundle are chosen by whoever wrote them.
    """
    return "".join("\ufffd" if unicodedata.category(c)[0] in "CZ" and c != " " else c for c in text)


def _lines(finding: Finding) -> list[str]:
    accused = f"{finding.thing}: " if finding.kind is Kind.ALTERED else ""
    lines = [printable(f"{finding.kind.value}: {accused}{finding.text}")]
    if finding.command:
        lines.append(printable(f"    {finding.command}"))
    return lines


def _standard_output() -> TextIO:
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # an old terminal must not end the check
    return sys.stdout


def _as_json(findings: Sequence[Finding]) -> list[str]:
    listed = [
        {"kind": finding.kind.value, "thing": finding.thing, "text": finding.text, "command": finding.command}
        for finding in findings
    ]
    return [json.dumps({"good": is_good(findings), "findings": listed}, indent=1)]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tocsin.proof",
        description="Check a proof bundle offline.",
        epilog=_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("bundle", type=Path, help="the bundle: a directory or a .zip file")
    parser.add_argument("--anchor", action="append", required=True, help="a root or card that you trust")
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main())
